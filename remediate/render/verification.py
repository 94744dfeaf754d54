"""Tells what verify found: a matrix of origins by call, and the differences in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from remediate.render.terminal import Line

STYLES = {"allowed": "green", "blocked": "yellow", "unknown": "dim"}


def verification_lines(document: dict[str, Any], *, verbose: bool = False) -> Iterator[Line]:
    """From the verify document, so that text and JSON cannot disagree; `verbose` gives every reason."""
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    lost: dict[tuple[str, str], int] = {}
    for probe in document["probes"]:
        if probe["error"] and not verbose:
            # A server that is down answers no probe: one line says it for all of them.
            host = urlsplit(probe["url"]).netloc
            reason = probe["error"].removeprefix(f"{probe['url']}: ").removeprefix(f"{host}: ")
            lost[host, reason] = lost.get((host, reason), 0) + 1
            continue
        rows.setdefault((probe["method"], probe["url"]), []).append(probe)
    for (method, url), probes in rows.items():
        yield Line(f"{method} {url}", "bold")
        for probe in probes:
            mark = "DIFFERS" if probe["differs"] else "no answer" if probe["error"] else "ok"
            word = "expected" if probe["stated"] else "predicted"
            seen = f"{probe['seen']} ({word} {probe['predicted']})"
            style = "bold red" if mark != "ok" else STYLES[probe["seen"]]
            yield Line(f"  {mark:9} {probe['origin']}: {seen}", style, 12)
            if verbose or mark != "ok":
                yield Line(f"            {probe['because']}", "", 12)
    for (host, reason), count in lost.items():
        several = f"{count} probes" if count > 1 else "1 probe"
        yield Line(f"  no answer {host}: {reason} ({several})", "bold red", 12)
    for unread in document.get("unread", ()):
        yield Line(f"{unread['address']} could not be read, so nothing of it was probed", "bold red")
        yield Line(f"  {unread['message']}", "", 4)
        if unread["hint"]:
            yield Line(f"  → {unread['hint']}", "", 4)
    for skipped in document.get("skipped", ()):
        yield Line(f"{skipped['address']}: not probed. {skipped['because']}", "yellow", 2)
    counts = document["summary"]
    yield Line()
    yield Line(
        f"Verify: {counts['probes']} probes, {counts['differ']} differ from what was predicted, "
        f"{counts['unreachable']} without an answer.",
        "bold",
    )
