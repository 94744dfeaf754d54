"""What verify found: how many probes differ, then each difference, and the command that explains one."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from remediate.core.wording import counted
from remediate.render.terminal import Line

STYLES = {"allowed": "green", "blocked": "yellow", "unknown": "dim"}
PROBES_SHOWN = 12
"""More differences than these are counted, unless all are asked for."""


def verification_lines(
    document: dict[str, Any], *, verbose: bool = False, connection: str = ""
) -> Iterator[Line]:
    """From the verify document, so that text and JSON cannot disagree; `verbose` gives every probe.

    `connection` are the options that make the next command reach the same account.
    """
    yield from _answer(document)
    yield Line()
    differing = [probe for probe in document["probes"] if probe["differs"]]
    if verbose:
        yield from (line for probe in document["probes"] for line in _probe_lines(probe, verbose=True))
    else:
        for probe in differing[:PROBES_SHOWN]:
            yield from _probe_lines(probe, verbose=False)
        if len(differing) > PROBES_SHOWN:
            yield Line(f"  and {len(differing) - PROBES_SHOWN} more that differ (-v shows them)", "dim")
        yield from _unanswered(document)
    for unread in document.get("unread", ()):
        yield Line(f"  error  {unread['address']} could not be read, so nothing of it was probed", "red", 4)
        yield Line(f"    {unread['message']}", "", 4)
        if unread["hint"]:
            yield Line(f"    → {unread['hint']}", "", 6)
    for skipped in document.get("skipped", ()):
        yield Line(f"  {skipped['address']}: not probed. {skipped['because']}", "yellow", 4)
    counts = document["summary"]
    yield Line(
        f"Verify: {counts['probes']} probes, {counts['differ']} differ from what was predicted, "
        f"{counts['unreachable']} without an answer.{'' if verbose else ' -v shows each.'}",
        "bold",
        2,
    )
    if differing:
        yield Line(f"Next: {_explain(differing[0], connection)}", verbatim=True)


def _answer(document: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the answer in one line: whether servers do what their settings predict."""
    counts = document["summary"]
    answered = counts["probes"] - counts["unreachable"]
    unread = len(document.get("unread", ()))
    rest = [f"{counted(counts['unreachable'], 'probe')} got no answer"] if counts["unreachable"] else []
    rest += [f"{counted(unread, 'resource')} could not be read"] if unread else []
    besides = f"; {' and '.join(rest)}" if rest else ""
    if counts["differ"]:
        verb = "differs" if counts["differ"] == 1 else "differ"
        sentence = (
            f"✘ {counts['differ']} of {counted(answered, 'answer')} {verb} from the prediction{besides}."
        )
        yield Line(sentence, "bold red", 2)
    elif answered:
        words = "The 1 answer is" if answered == 1 else f"All {answered} answers are"
        mark = "?" if rest else "✔"
        style = "bold yellow" if rest else "bold green"
        yield Line(f"{mark} {words} as predicted{besides}.", style, 2)
    else:
        yield Line(f"? No server answered{besides}.", "bold yellow", 2)


def _probe_lines(probe: Mapping[str, Any], *, verbose: bool) -> Iterator[Line]:
    word = "expected" if probe["stated"] else "predicted"
    mark = "✘ DIFFERS" if probe["differs"] else "? no answer" if probe["error"] else "✔ ok"
    seen = f"{probe['seen']} ({word} {probe['predicted']})"
    style = STYLES[probe["seen"]] if mark == "✔ ok" else "red"
    yield Line(f"  {mark}  {probe['origin']}  {probe['method']} {probe['url']}: {seen}", style, 6)
    if verbose or probe["differs"]:
        yield Line(f"      {probe['because']}", "", 6)


def _unanswered(document: Mapping[str, Any]) -> Iterator[Line]:
    """Yield one line for all probes that a host did not answer for the same reason."""
    lost: dict[tuple[str, str], int] = {}
    for probe in document["probes"]:
        if probe["error"]:
            host = urlsplit(probe["url"]).netloc
            reason = probe["error"].removeprefix(f"{probe['url']}: ").removeprefix(f"{host}: ")
            lost[host, reason] = lost.get((host, reason), 0) + 1
    for (host, reason), count in lost.items():
        yield Line(f"  ? no answer  {host}: {reason} ({counted(count, 'probe')})", "red", 6)


def _explain(probe: Mapping[str, Any], connection: str) -> str:
    words = [
        "remediate",
        "explain",
        probe["url"],
        "--origin",
        probe["origin"],
        "-X",
        probe["method"],
        "--probe",
    ]
    return " ".join(filter(None, (shlex.join(words), connection)))
