"""Tell what is new in a pass, and when a person is to be reminded of what is not. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from remediate.core.drift import DriftedResource
from remediate.core.finding import Topic
from remediate.core.plan import Plan
from remediate.drift.holds import Holds
from remediate.drift.memory import DriftState
from remediate.engine.plan import PlanResult

REMIND = timedelta(hours=23, minutes=30)
"""Half an hour less than a day: a pass that starts some seconds early must not put it off to the next."""

T = TypeVar("T")


def is_new(sighting: DriftedResource, before: DriftState) -> bool:
    """True if no earlier pass ended with it."""
    entry = before.entries.get(sighting.key)
    return entry is None or not entry.stands or entry.mark != sighting.mark


def is_reminder_due(before: DriftState, sightings: Sequence[DriftedResource], now: datetime) -> bool:
    """True if something is open that no pass of `--once` has spoken of for a day."""
    if not any(sighting.is_open for sighting in sightings):
        return False
    return not before.reminded or now - datetime.fromisoformat(before.reminded) >= REMIND


def awake(new: Mapping[str, T], old: Mapping[str, T], is_left_alone: Callable[[str], bool]) -> dict[str, T]:
    """Return the new values by address, and the old ones of what was left alone."""
    return {
        **{key: value for key, value in new.items() if not is_left_alone(key)},
        **{key: value for key, value in old.items() if is_left_alone(key)},
    }


def awake_plan(planned: PlanResult, holds: Holds) -> Plan:
    """Return the plan in which a snoozed resource does not count as one that could not be read or found."""
    unreadable = sum(not holds.covers(failure.address) for failure in planned.seen.unreadable)
    findings = tuple(
        finding
        for finding in planned.plan.findings
        if finding.topic is not Topic.FAILURE or not holds.covers(finding.address)
    )
    return replace(planned.plan, unreadable=unreadable, findings=findings)
