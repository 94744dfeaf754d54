"""One pass as text for people, and as CloudWatch metrics."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from remediate.core.drift import DriftedResource, DriftKind, DriftPass, DriftStatus
from remediate.core.plan import Edit
from remediate.render.diff import edit_texts
from remediate.render.spans import span
from remediate.render.terminal import Line

STYLES = {
    DriftStatus.CORRECTED: "green",
    DriftStatus.PARTLY: "yellow",
    DriftStatus.LEFT: "yellow",
    DriftStatus.CONTESTED: "red",
    DriftStatus.HELD: "yellow",
    DriftStatus.FAILED: "red",
    DriftStatus.NOTED: "cyan",
}
WANTED_SHOWN = 8
"""Lines of what the plan wants and nobody touched: `remediate plan` shows it all."""
NAMESPACE = "Remediate"


def pass_lines(drift_pass: DriftPass, *, verbose: bool = False) -> Iterator[Line]:
    """Yield the counts, then what was found and what became of it, and the next command."""
    mode = "correcting" if drift_pass.correct else "only looking"
    yield Line(f"{drift_pass.plan}  account {drift_pass.account}  {drift_pass.when}  {mode}", "bold", 2)
    if drift_pass.paused:
        yield Line(f"Nothing was looked at. {drift_pass.paused}", "yellow")
        yield Line("  → remediate pause --end", "", 6)
        return
    if drift_pass.is_reminder:
        yield from _reminder_lines(drift_pass)
    if drift_pass.skipped:
        yield Line(f"Nothing was looked at: {drift_pass.skipped}", "yellow", 2)
        return
    yield from _summary(drift_pass)
    yield Line()
    shown: list[tuple[str, tuple[Edit, ...]]] = []
    for sighting in drift_pass.sightings:
        change = (sighting.address, sighting.changed)
        yield from _sighting_lines(sighting, again=change in shown, verbose=verbose)
        yield Line()
        shown.append(change)
    for address in drift_pass.resolved:
        yield Line(f"resolved  {address}", "green")
    yield from (Line(f"snoozed  {address}", "yellow") for address in drift_pass.snoozed)
    yield from (Line(f"note: {note}", "dim", 6) for note in drift_pass.notes)
    yield from _end(drift_pass)


def metrics(drift_pass: DriftPass) -> str:
    """One line in CloudWatch's Embedded Metric Format; dimension `Plan`.

    Source: CloudWatch user guide, "Specification: Embedded metric format".
    """
    values = {
        "DriftFound": drift_pass.count(DriftKind.DRIFT) + drift_pass.count(DriftKind.OUTSIDE),
        "DriftLeft": len(drift_pass.left),
        "Corrected": drift_pass.summary["corrected"] + drift_pass.summary["partly"],
        "Unreadable": drift_pass.count(DriftKind.UNREADABLE),
        "Errors": int(drift_pass.exit_code not in {0, 2} or drift_pass.undelivered > 0),
    }
    if drift_pass.paused:
        values = {"Paused": 1}
    if drift_pass.skipped:
        values = {"Errors": 1}  # of the rest nothing is known
    return _embedded(
        drift_pass.plan, datetime.fromisoformat(drift_pass.when), {"Account": drift_pass.account, **values}
    )


def failure_metrics(plan: str, now: datetime) -> str:
    """The line of a pass that could not be made."""
    return _embedded(plan, now, {"Errors": 1})


def _embedded(plan: str, now: datetime, values: Mapping[str, Any]) -> str:
    counts = [{"Name": name, "Unit": "Count"} for name, value in values.items() if isinstance(value, int)]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Plan"]], "Metrics": counts}
    aws = {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": aws, "Plan": plan, **values}, ensure_ascii=False)


def _reminder_lines(drift_pass: DriftPass) -> Iterator[Line]:
    """Name how long each has been open: nothing is new, and it was not spoken of for a day."""
    yield Line("Nothing is new. This is the reminder of the day; still open:", "yellow")
    now = datetime.fromisoformat(drift_pass.when)
    for sighting in drift_pass.sightings:
        if sighting.is_open:
            seconds = int((now - datetime.fromisoformat(sighting.seen)).total_seconds())
            yield Line(f"  {sighting.address}: for {span(seconds)}, since {sighting.seen}", "yellow", 4)
    yield Line()


def _sighting_lines(drifted: DriftedResource, *, again: bool, verbose: bool) -> Iterator[Line]:
    label = f" ({drifted.label})" if drifted.label else ""
    yield Line(
        f"{drifted.kind}  {drifted.address}{label}  {drifted.region}  {drifted.status}".rstrip(),
        STYLES[drifted.status],
    )
    if drifted.changed and again:
        yield Line("  changed as above", "", 4)
    elif drifted.changed:
        since = f"after {drifted.since}" if drifted.since else "at a time that is not known"
        who = f", by {drifted.who}" if drifted.who else ""
        yield Line(f"  changed {since}{who}:", "", 4)
        yield from (Line(f"    {text}", "", 8) for text in edit_texts(drifted.changed))
    elif drifted.wanted:
        if drifted.who:
            yield Line(f"  changed by {drifted.who}", "", 4)
        yield Line("  the plan wants:", "", 4)
        texts = list(edit_texts(drifted.wanted))
        shown = texts if verbose else texts[:WANTED_SHOWN]
        yield from (Line(f"    {text}", "", 8) for text in shown)
        if len(texts) > len(shown):
            yield Line(f"    … and {len(texts) - len(shown)} more lines", "dim")
    if drifted.stays:
        yield Line("  still there (+), still gone (-) or still changed (~):", "", 4)
        yield from (Line(f"    {text}", "", 8) for text in edit_texts(drifted.stays))
    if drifted.codes and drifted.kind is not DriftKind.UNREADABLE:
        yield Line(f"  {', '.join(drifted.codes)}", "", 4)
    yield from (Line(f"  {part}", "", 4) for part in drifted.because.split("\n") if part)
    if drifted.is_open and drifted.look:
        yield Line(f"  → {drifted.look}", "", 6)


def _undo(drift_pass: DriftPass) -> str:
    commands = (sighting.undo for sighting in drift_pass.sightings if sighting.undo)
    return next(commands, f"remediate undo {drift_pass.run}")


def _summary(drift_pass: DriftPass) -> Iterator[Line]:
    counts = drift_pass.summary
    if not any(sighting.kind is not DriftKind.WARNING for sighting in drift_pass.sightings):
        yield Line(f"No drift. {counts['unchanged']} looked at, all as the plan wants.", "bold", 2)
    else:
        words = ("drift", "pending", "outside", "unreadable", "corrected", "partly", "contested", "left")
        said = {"partly": "corrected in part"}
        counted = ", ".join(f"{counts[word]} {said.get(word, word)}" for word in words if counts[word])
        yield Line(f"Drift: {counted}; {counts['unchanged']} unchanged.", "bold", 2)


def _end(drift_pass: DriftPass) -> Iterator[Line]:
    """Yield what the pass sent, and the command that takes its run back."""
    calls = sum(drift_pass.api_calls.values())
    sent = f" {drift_pass.notified} notices sent." if drift_pass.notified else ""
    yield Line(f"{calls} API call{'' if calls == 1 else 's'}.{sent}", "dim")
    if drift_pass.run:
        yield Line(f"Undo it: {_undo(drift_pass)}", verbatim=True)
