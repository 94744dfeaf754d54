"""One pass as text for people, and as CloudWatch metrics."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from remediate.core.drift import DriftedResource, DriftKind, DriftPass, DriftStatus
from remediate.core.plan import Edit
from remediate.render.terminal import Line
from remediate.render.text import edit_texts

STYLES = {
    DriftStatus.CORRECTED: "green",
    DriftStatus.PARTLY: "yellow",
    DriftStatus.LEFT: "yellow",
    DriftStatus.HELD: "yellow",
    DriftStatus.FAILED: "red",
    DriftStatus.NOTED: "cyan",
}
WANTED_SHOWN = 8
"""Lines of what the plan wants and nobody touched: `remediate plan` shows it all."""
NAMESPACE = "Remediate"


def pass_lines(one: DriftPass, *, verbose: bool = False) -> Iterator[Line]:
    """What was found and what became of it, the counts last."""
    mode = "correcting" if one.correct else "only looking"
    yield Line(f"{one.plan}  account {one.account}  {one.when}  {mode}", "bold")
    yield Line()
    if one.skipped:
        yield Line(f"Nothing was looked at: {one.skipped}", "yellow")
        return
    told: list[tuple[str, tuple[Edit, ...]]] = []
    for sighting in one.sightings:
        change = (sighting.address, sighting.changed)
        yield from _sighting_lines(sighting, again=change in told, verbose=verbose)
        yield Line()
        told.append(change)
    for address in one.resolved:
        yield Line(f"resolved  {address}", "green")
    yield from (Line(f"note: {note}", "dim", 6) for note in one.notes)
    yield from _summary(one)


def metrics(one: DriftPass) -> str:
    """One line in CloudWatch's Embedded Metric Format; dimension `Plan`.

    Source: CloudWatch user guide, "Specification: Embedded metric format".
    """
    values = {
        "DriftFound": one.count(DriftKind.DRIFT) + one.count(DriftKind.OUTSIDE),
        "DriftLeft": len(one.left),
        "Corrected": one.summary["corrected"],
        "Unreadable": one.count(DriftKind.UNREADABLE),
        "Errors": int(one.exit_code not in {0, 2} or one.undelivered > 0),
    }
    if one.skipped:
        values = {"Errors": 1}  # of the rest nothing is known
    return _embedded(one.plan, datetime.fromisoformat(one.when), {"Account": one.account, **values})


def failure_metrics(plan: str, now: datetime) -> str:
    """The line of a pass that could not be made."""
    return _embedded(plan, now, {"Errors": 1})


def _embedded(plan: str, now: datetime, values: Mapping[str, Any]) -> str:
    counts = [{"Name": name, "Unit": "Count"} for name, value in values.items() if isinstance(value, int)]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Plan"]], "Metrics": counts}
    aws = {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": aws, "Plan": plan, **values}, ensure_ascii=False)


def _sighting_lines(one: DriftedResource, *, again: bool, verbose: bool) -> Iterator[Line]:
    label = f" ({one.label})" if one.label else ""
    yield Line(f"{one.kind}  {one.address}{label}  {one.region}  {one.status}".rstrip(), STYLES[one.status])
    if one.changed and again:
        yield Line("  changed as above", "", 4)
    elif one.changed:
        known = f"after {one.since}" if one.since else "at a time that is not known"
        who = f", by {one.who}" if one.who else ""
        yield Line(f"  changed {known}{who}:", "", 4)
        yield from (Line(f"    {text}", "", 8) for text in edit_texts(one.changed))
    elif one.wanted:
        yield Line("  the plan wants:", "", 4)
        texts = list(edit_texts(one.wanted))
        shown = texts if verbose else texts[:WANTED_SHOWN]
        yield from (Line(f"    {text}", "", 8) for text in shown)
        if len(texts) > len(shown):
            yield Line(f"    … and {len(texts) - len(shown)} more lines", "dim")
    if one.codes and one.kind is not DriftKind.UNREADABLE:
        yield Line(f"  {', '.join(one.codes)}", "", 4)
    yield from (Line(f"  {part}", "", 4) for part in one.because.splitlines())
    if one.is_open and one.look:
        yield Line(f"  → {one.look}", "", 6)


def _summary(one: DriftPass) -> Iterator[Line]:
    counts = one.summary
    if not any(sighting.kind is not DriftKind.WARNING for sighting in one.sightings):
        yield Line(f"No drift. {counts['unchanged']} looked at, all as the plan wants.", "bold")
    else:
        words = ("drift", "pending", "outside", "unreadable", "corrected", "partly", "left")
        said = {"partly": "corrected in part"}
        told = ", ".join(f"{counts[word]} {said.get(word, word)}" for word in words if counts[word])
        run = f" Run {one.run}: `remediate undo {one.run}` takes it back." if one.run else ""
        yield Line(f"Drift: {told}; {counts['unchanged']} unchanged.{run}", "bold")
    calls = sum(one.api_calls.values())
    sent = f" {one.notified} notices sent." if one.notified else ""
    yield Line(f"{calls} API call{'' if calls == 1 else 's'}.{sent}", "dim")
