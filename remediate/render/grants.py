"""Temporary origins as lines: what was granted or revoked, what that does not do yet, and the list."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from remediate.render.spans import span
from remediate.render.terminal import Line

Document = Mapping[str, Any]


def revoking(origin: str, file: str, target: str = "") -> str:
    """The command that takes the origin out of that plan file."""
    return shlex.join(["remediate", "revoke", origin, file, *(["--target", target] if target else [])])


def granted_lines(document: Document, *, applied: bool) -> Iterator[Line]:
    """What is granted now, and what is still to do for it to come and to go; `applied`: that follows."""
    grant, was, path = document["grant"], document["was"], document["file"]
    word = "Granted" if was is None else "Extended" if document["changed"] else "Granted already"
    yield Line(f"{word}: {grant['origin']} until {grant['expires']}, {_left(grant)}", "bold")
    if was is not None and was != grant["expires"]:
        yield Line(f"  until now it was until {was}")
    yield Line(f"  {grant['where']}")
    if grant["target"]:
        yield Line(f"  for the target {grant['target']} only")
    elif document["not_for"]:
        yield Line(
            f"  not for {', '.join(document['not_for'])}: with origins of their own; see --target", "", 4
        )
    if codes := document["needs_allow"]:
        lifted = " ".join(f"--allow {code}" for code in codes)
        yield Line(
            f"  held back by {', '.join(codes)} where it is not live yet: `remediate apply` wants {lifted} "
            "for it, and an unattended `remediate drift --correct` leaves the change alone",
            "yellow",
            4,
        )
    yield Line()
    if not applied:
        yield _next(path)
    yield Line(
        f"From {grant['expires']} on the first `remediate apply` or `remediate drift --correct` takes it "
        "away; until one runs, it stays."
    )


def revoked_lines(document: Document, *, applied: bool) -> Iterator[Line]:
    """Yield what is gone from the file, and where it still is."""
    grant = document["revoked"]
    ended = "had expired" if grant["expired"] else "was granted until"
    yield Line(f"Revoked: {grant['origin']}; it {ended} {grant['expires']}", "bold")
    if grant["target"]:
        yield Line(f"  for the target {grant['target']} only")
    if document["origins_left"] == 0:
        yield Line("  origins: [] is left there, which means nobody", "yellow")
    for left in document["still_granted"]:
        command = revoking(left["origin"], document["file"], left["target"] or "")
        yield Line(f"  still granted at {left['where']}: `{command}`", "yellow", 4)
    if not applied:
        yield Line()
        yield _next(document["file"])


def grants_lines(document: Document) -> Iterator[Line]:
    """A table of what is granted; what has expired says so."""
    grants = document["grants"]
    if not grants:
        yield Line("No origin is granted for a time. `remediate grant ORIGIN --for 4h` grants one.")
        return
    head = ("ORIGIN", "TARGET", "EXPIRES", "", "REASON", "WHERE")
    rows = [
        (
            grant["origin"],
            grant["target"] or "all",
            grant["expires"],
            _left(grant),
            grant["reason"] or "-",
            grant["where"],
        )
        for grant in grants
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for style, row in [
        ("bold", head),
        *(("yellow" if grant["expired"] else "", row) for grant, row in zip(grants, rows, strict=True)),
    ]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield Line("  ".join(cells).rstrip(), style, 4)


def _next(path: str) -> Line:
    return Line(f"Nothing was written to AWS yet: `remediate apply {path}` does that.")


def _left(grant: Document) -> str:
    seconds = grant["seconds_left"]
    return f"expired {span(-seconds)} ago" if grant["expired"] else f"in {span(seconds)}"
