"""Tells how an apply ended, resource by resource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from remediate.core.change_result import ApplyStatus, ChangeResult
from remediate.render.terminal import Line

WRITTEN_SHOWN = 20
"""More than these are counted, not listed; what went otherwise always is."""

STYLES = {ApplyStatus.WRITTEN: "green", ApplyStatus.UNCHANGED: "green", ApplyStatus.NOT_STARTED: "yellow"}


def change_result_lines(
    outcomes: Sequence[ChangeResult],
    *,
    proved: bool,
    again: bool,
    unreadable: int = 0,
    moved: Sequence[str] = (),
    undo: bool = False,
) -> Iterator[Line]:
    """One line a resource, the reason where it went wrong, and the count last.

    `proved`: the resources were read again; `again`: a new plan was computed from what was read.
    `unreadable` resources were left out, so nobody knows what a new plan would find in them; an
    `undo` left those alone that had `moved`.
    """
    if not outcomes and not moved:
        return
    yield Line()
    if outcomes:
        yield Line("Undone" if undo else "Applied", "bold")
    written = [outcome for outcome in outcomes if outcome.status is ApplyStatus.WRITTEN]
    few = len(written) <= WRITTEN_SHOWN
    for outcome in (
        outcomes
        if few
        else [outcome_left for outcome_left in outcomes if outcome_left.status is not ApplyStatus.WRITTEN]
    ):
        yield Line(f"  {outcome.change.title}: {outcome.status}", STYLES.get(outcome.status, "red"))
        if outcome.error is not None:
            yield from (Line(f"    {part}", "", 4) for part in outcome.error.lines)
            if outcome.error.hint:
                yield Line(f"    → {outcome.error.hint}", "", 6)
    if outcomes:
        yield Line()
    counts = Counter(outcome.status for outcome in outcomes)
    parts = [f"{count} {status}" for status, count in counts.items()]
    parts += [f"{len(moved)} left alone, changed since the run ({', '.join(moved)})"] if moved else []
    parts += [f"{unreadable} could not be read"] if unreadable else []
    proof = ""
    if proved and counts and set(counts) <= {ApplyStatus.WRITTEN, ApplyStatus.UNCHANGED}:
        if unreadable or moved:
            proof = " Read again: what was written is as planned."
        else:
            proof = " Read again: all as planned" + (", a new plan finds nothing to do." if again else ".")
    yield Line(f"{'Undo' if undo else 'Apply'}: {', '.join(parts)}.{proof}", "bold")


def change_results_json(outcomes: Sequence[ChangeResult], calls: Mapping[str, int]) -> dict[str, Any]:
    """Return what `apply --json` adds to the plan document: `applied`, and all the calls that were sent."""
    return {
        "applied": [
            {
                "address": outcome.change.address,
                "status": str(outcome.status),
                "message": outcome.error.message if outcome.error else "",
                "hint": outcome.error.hint if outcome.error else "",
            }
            for outcome in outcomes
        ],
        "api_calls": dict(sorted(calls.items())),
    }
