"""What `init` found, for people: the files and what is in each, then what is in none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from remediate.render.terminal import Line

MOST = 10
"""Resources that are listed by name where only their number matters."""


def init_lines(document: dict[str, Any], *, verbose: bool = False) -> Iterator[Line]:
    """From the init document, so that text and JSON cannot disagree."""
    plans = document["plans"]
    count = sum(len(plan["targets"]) for plan in plans) + len(document["unsorted"])
    files = len(plans) + bool(document["unsorted"])
    yield Line(
        f"{_counted(count, 'resource')} with CORS in {_counted(files, 'plan file')} "
        f"(account {document['account']})",
        "bold",
    )
    for plan in plans:
        yield Line()
        origins = ", ".join(plan["origins"])
        yield Line(f"{plan['file']}" + (f"  {origins}" if origins else ""), "bold", 4)
        for target in plan["targets"]:
            mark = " " if target["active"] else "?"
            note = "" if target["active"] else "  (as a comment: a plan would change it)"
            yield Line(f"  {mark} {target['address']}  by {target['by']} {target['because']}{note}", "", 6)
    if document["unsorted"]:
        yield Line()
        yield Line("unsorted.yaml: nothing names an application for these", "bold")
        yield from (Line(f"    {address}") for address in document["unsorted"])
    for title, key, text in (
        ("Left out", "left_out", "because"),
        ("Unknown", "unknown", "because"),
        ("Could not be read", "unreadable", "message"),
    ):
        entries = document[key]
        if not entries:
            continue
        yield Line()
        yield Line(f"{title}: {_counted(len(entries), 'resource')}", "bold")
        for entry in entries if verbose or key == "unreadable" else entries[:MOST]:
            yield Line(f"    {entry['address']}: {entry[text]}", "", 6)
        if len(entries) > MOST and not verbose and key != "unreadable":
            yield Line(f"    and {len(entries) - MOST} more (-v shows them)")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
