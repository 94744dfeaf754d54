"""The status of the job as lines: the last pass first, then what a person has to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from remediate.render.spans import span
from remediate.render.terminal import Line

Document = Mapping[str, Any]

_RESULTS = {
    0: "everything was as planned, or was corrected",
    1: "something could not be looked at",
    2: "something is open or held",
    4: "settings moved while they were being corrected",
    5: "something was written and did not take",
}


def status_lines(document: Document) -> Iterator[Line]:
    """Yield the last pass over each plan, what is open and held, and what people asked for."""
    yield Line(f"{document['plan']}  account {document['account']}  journal {document['state']}", "bold")
    for each in document["passes"]:
        yield _pass_line(each)
    if document["paused"]:
        yield Line(f"paused  {_until(document['paused'])}", "yellow", 4)
    for lock in document["locks"]:
        yield Line(f"locked  {lock['lock']}: held by {lock['holder']}", "yellow", 4)
    for word in ("open", "held"):
        for each in document[word]:
            yield from _entry_lines(word, each)
    for each in document["accepted"]:
        end = f"until {each['until']}" if each["until"] else "for good"
        reason = f": {each['reason']}" if each["reason"] else ""
        yield Line(f"accepted  {each['address']}  {end}, by {each['by']} at {each['when']}{reason}", "", 4)
        yield Line(f"  → remediate drift --unaccept {each['address']}", "", 6)
    for each in document["snoozed"]:
        yield Line(f"snoozed  {each['address']}  {_until(each)}", "yellow", 4)
        yield Line(f"  → remediate snooze --end {each['address']}", "", 6)
    yield Line()
    counts = ", ".join(
        f"{len(document[word])} {word}" for word in ("open", "held", "accepted", "snoozed") if document[word]
    )
    yield Line(f"Status: {counts}." if counts else "Status: nothing is open.", "bold")


def _pass_line(each: Document) -> Line:
    if each["when"] is None:
        return Line(f"{each['plan']}: no pass has looked at the whole plan yet", "yellow", 4)
    mode = {True: "correcting", False: "only looking"}.get(each["correct"], "")
    code = each["exit_code"]
    result = "" if code is None else f": {_RESULTS.get(code, 'it failed')} (exit code {code})"
    ago = f"{span(each['age_seconds'])} ago, at {each['when']}"
    run = f"; run {each['run']}" if each["run"] else ""
    style = "" if code in {0, None} else "yellow"
    return Line(f"{each['plan']}: last pass {ago}{f', {mode}' if mode else ''}{result}{run}", style, 4)


def _entry_lines(word: str, each: Document) -> Iterator[Line]:
    label = f" ({each['label']})" if each["label"] else ""
    snoozed = ", snoozed" if each["snoozed"] else ""
    yield Line(
        f"{word}  {each['address']}{label}  {each['kind']}, for {span(each['age_seconds'])}{snoozed}",
        "yellow",
        4,
    )
    if each["who"]:
        yield Line(f"  by {each['who']}", "", 4)
    yield Line(f"  {each['done']}", "", 4)
    yield Line(f"  → {each['look']}", "", 6)


def _until(hold: Document) -> str:
    left = span(hold["seconds_left"])
    return f"until {hold['until']}, for {left} more, by {hold['by']}: {hold['reason']}"
