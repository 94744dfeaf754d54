"""Decide which channels are notified of a drift, and when it is over. Pure.

A channel is notified once when a drift is new and once when it is over, however many passes see it; a
channel that is named later is notified then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from remediate.core.address import service_of
from remediate.core.drift import DriftedResource, DriftKind, DriftStatus
from remediate.core.notice import Notice, NoticeStage
from remediate.drift.memory import DriftState, Entry, notice_of

OVER = "It is as the plan wants it again."
READ = "Nothing there fails to be looked at any more."
AGREED = "It was agreed to (`--accept`)."
LEFT_OUT = "The plans no longer cover it."


@dataclass(frozen=True, slots=True)
class Scope:
    """A pass looked at this: the plans' names, the addresses it read, services not wholly read.

    `whole`: everything that the plans speak of; `agreed` is whether an address was agreed to.
    """

    plans: frozenset[str]
    read: Collection[str]
    unread: Collection[str] = ()
    whole: bool = True
    agreed: Callable[[str], bool] = lambda _address: False

    def over(self, entry: Entry) -> str:
        """Say why an entry with no drift in this pass is over; empty where it may be there still."""
        notice = entry.notice
        if notice.kind == DriftKind.UNREADABLE:
            return READ if self.whole or notice.address in self.read else ""
        if notice.address in self.read:
            return AGREED if notice.kind == DriftKind.OUTSIDE and self.agreed(notice.address) else OVER
        if not self.whole or service_of(notice.address) in self.unread:
            return ""
        return LEFT_OUT if self.plans.issuperset(notice.plan_names) else ""


def close_pass(
    memory: DriftState, sightings: Sequence[DriftedResource], scope: Scope, seen: str
) -> tuple[DriftState, tuple[str, ...]]:
    """Return the state after the pass, with the waiting notices, and the addresses whose drift is over.

    `seen` is the instant of the pass. Applying a pending change that nothing holds back is what the
    job is for, and is not reported.
    """
    entries = dict(memory.entries)
    state = memory
    ids = {notice_of(sighting).id for sighting in sightings}
    for notice in memory.unnotified:
        if notice.id not in ids:
            state = state.with_notice(notice)
    resolved: list[str] = []
    open_keys: set[str] = set()
    for sighting in sightings:
        notice = notice_of(sighting)
        if sighting.status is DriftStatus.NOTED:
            state = state.with_notice(notice)
            continue
        open_keys.add(sighting.key)
        entry = entries[sighting.key]
        if sighting.status is DriftStatus.PARTLY:
            # What stays of others is known from now on, like all that they add beside a plan.
            del entries[sighting.key]
            state = state.with_notice(replace(notice, stage=NoticeStage.PARTLY, since=entry.notice.since))
            continue
        if sighting.status is DriftStatus.CORRECTED:
            del entries[sighting.key]
            state = _enqueue_end(state, entry, replace(notice, since=entry.notice.since))
            resolved += [sighting.address] if entry.stands else []
            continue
        is_routine = sighting.kind is DriftKind.PENDING and sighting.status is DriftStatus.LEFT
        new = [] if is_routine else [key for key in state.channels_for(notice) if key not in entry.notified]
        state = state.with_notice(notice, only=new)
        entries[sighting.key] = replace(entry, stands=True, notified=(*entry.notified, *new))
    for key in sorted(entries.keys() - open_keys):
        done = scope.over(entries[key])
        if not done:
            continue
        entry = entries.pop(key)
        state = _enqueue_end(state, entry, replace(entry.notice, seen=seen, done=done))
        resolved += [entry.notice.address] if entry.stands else []
    return replace(state, entries=entries, unnotified=()), tuple(dict.fromkeys(resolved))


def _enqueue_end(state: DriftState, entry: Entry, notice: Notice) -> DriftState:
    """Tell channels that knew of it that it is over; the others, that it was there and is no more."""
    ended_state = state.with_notice(replace(notice, stage=NoticeStage.RESOLVED), only=entry.notified)
    if entry.notice.kind == DriftKind.PENDING:
        return ended_state
    new_channels = [key for key in state.outboxes if key not in entry.notified]
    return ended_state.with_notice(replace(notice, stage=NoticeStage.CORRECTED), only=new_channels)
