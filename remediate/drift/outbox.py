"""Decide which channels are notified of a drift, and when it is over. Pure.

A channel is notified once when a drift is new and once when it is over, however many passes see it; a
channel that is named later is notified then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from remediate.core.address import service_of
from remediate.core.drift import DriftedResource, DriftKind, DriftStatus
from remediate.core.notice import Notice, NoticeOutcome, NoticeStage
from remediate.drift.memory import DriftState, Entry
from remediate.drift.notices import notice_of, with_alarm

OVER = "It is as the plan wants it again."
PART_OVER = "The plan's part is as the plan wants it again; what others opened beside it is still there."
READ = "It can be looked at again."
ACCEPTED = "{person} accepted it with `--accept`. It stays as it is, until somebody changes it again."
NOT_IN_PLAN = "The plans no longer cover it: its settings stay as they are, and are not watched any more."


@dataclass(frozen=True, slots=True)
class Scope:
    """A pass looked at this: the plans' names, the addresses it read, services not wholly read.

    `whole`: everything that the plans speak of; `agreed` is whether an address was agreed to, and
    `left_alone` whether it was not looked at because somebody snoozed it. A drift of a `contested` address is
    over only when a person decides.
    """

    plans: frozenset[str]
    read: Collection[str]
    unread: Collection[str] = ()
    whole: bool = True
    contested: Collection[str] = ()
    agreed: Callable[[str], bool] = lambda _address: False
    person: str = ""
    """Who runs this pass, and so accepts what it is told to accept."""
    left_alone: Callable[[str], bool] = lambda _address: False

    def over(self, entry: Entry) -> tuple[NoticeOutcome, str] | None:
        """Say why an entry with no drift in this pass is over; None where it may be there still."""
        notice = entry.notice
        if self.left_alone(notice.address):
            return None
        if notice.kind == DriftKind.UNREADABLE:
            looked = self.whole or notice.address in self.read
            return (NoticeOutcome.READABLE, READ) if looked else None
        is_looked_at = notice.address in self.read
        if is_looked_at and notice.outcome is NoticeOutcome.CONTESTED and notice.address in self.contested:
            return None
        if is_looked_at:
            if notice.kind == DriftKind.OUTSIDE and self.agreed(notice.address):
                return NoticeOutcome.ACCEPTED, ACCEPTED.format(person=self.person or "A person")
            return NoticeOutcome.AS_PLANNED, OVER
        if not self.whole or service_of(notice.address) in self.unread:
            return None
        is_left_out = self.plans.issuperset(notice.plan_names)
        return (NoticeOutcome.NOT_IN_PLAN, NOT_IN_PLAN) if is_left_out else None


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
    alarms = {each.address: each for each in sightings if each.kind is DriftKind.OUTSIDE and each.is_open}
    joined: dict[str, set[str]] = {}
    # The alarm comes after the drift beside it, whose notice tells of it too.
    for sighting in sorted(sightings, key=lambda sighting: sighting.kind is DriftKind.OUTSIDE):
        alarm = alarms.get(sighting.address)
        is_joined = alarm is not None and sighting.kind in {DriftKind.DRIFT, DriftKind.PENDING}
        notice = notice_of(sighting)
        if alarm is not None and is_joined:
            notice = replace(notice_of(with_alarm(sighting, alarm)), id=notice.id)
        if sighting.status is DriftStatus.NOTED:
            state = state.with_notice(notice)
            continue
        entry = entries[sighting.key]
        if sighting.status is DriftStatus.PARTLY or (
            is_joined and sighting.kind is DriftKind.DRIFT and sighting.status is DriftStatus.CORRECTED
        ):
            # What stays of others is known from now on, like all that they add beside a plan.
            del entries[sighting.key]
            state = state.with_notice(replace(notice, stage=NoticeStage.PARTLY, since=entry.notice.since))
            joined[sighting.address] = set(state.channels_for(notice))
            continue
        if sighting.status is DriftStatus.CORRECTED:
            del entries[sighting.key]
            state = _enqueue_end(state, entry, replace(notice, since=entry.notice.since))
            resolved += [sighting.address] if entry.stands else []
            continue
        is_routine = sighting.kind is DriftKind.PENDING and sighting.status is DriftStatus.LEFT
        new = [] if is_routine else [key for key in state.channels_for(notice) if key not in entry.notified]
        if sighting is alarm:
            state = state.with_notice(notice, only=set(new) - joined.get(sighting.address, set()))
        else:
            state = state.with_notice(notice, only=new)
            joined[sighting.address] = {*joined.get(sighting.address, ()), *new}
        entries[sighting.key] = replace(
            entry, stands=True, status=str(sighting.status), notified=(*entry.notified, *new)
        )
    open_keys = {
        sighting.key
        for sighting in sightings
        if sighting.status is not DriftStatus.NOTED and sighting.key in entries
    }
    open_addresses = {
        sighting.address
        for sighting in sightings
        if sighting.key in open_keys and sighting.kind is not DriftKind.UNREADABLE
    }
    for key in sorted(entries.keys() - open_keys):
        end = scope.over(entries[key])
        if end is None:
            continue
        outcome, done = end
        if outcome is NoticeOutcome.AS_PLANNED and entries[key].notice.address in open_addresses:
            if entries[key].notice.kind == DriftKind.OUTSIDE:
                continue  # The plan would take it away, and nobody has done that yet.
            outcome, done = NoticeOutcome.PARTLY, PART_OVER
        entry = entries.pop(key)
        state = _enqueue_end(state, entry, _ended(entry.notice, seen, outcome, done))
        resolved += [entry.notice.address] if entry.stands else []
    return replace(state, entries=entries, unnotified=()), tuple(dict.fromkeys(resolved))


def _ended(notice: Notice, seen: str, outcome: NoticeOutcome, done: str) -> Notice:
    """Return the notice that says how the drift ended: nothing is to be corrected any more."""
    return replace(notice, seen=seen, outcome=outcome, done=done, codes=(), wanted=(), undo="")


def _enqueue_end(state: DriftState, entry: Entry, notice: Notice) -> DriftState:
    """Tell channels that knew of it that it is over; the others, that it was there and is no more."""
    ended_state = state.with_notice(replace(notice, stage=NoticeStage.RESOLVED), only=entry.notified)
    if entry.notice.kind == DriftKind.PENDING:
        return ended_state
    new_channels = [key for key in state.outboxes if key not in entry.notified]
    return ended_state.with_notice(replace(notice, stage=NoticeStage.CORRECTED), only=new_channels)
