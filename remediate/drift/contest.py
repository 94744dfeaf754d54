"""End fights: a resource that is corrected again and again is contested, and left to a person.

Two plans, or a plan and another tool, can undo each other's settings for ever. Passes remember each
correction with the settings that it made. Once there are too many of the same (`guards: contested`),
the resource is reported as contested and no pass corrects it until a person runs `apply`, or
`drift --accept`. A plan file that asks for other settings ends it too: that is a person's doing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from remediate.core.address import service_of
from remediate.core.change_result import ApplyStatus, ChangeResult
from remediate.core.common_rules import CONTESTED
from remediate.core.contest import LONGEST, MOST_CORRECTIONS, ContestLimit
from remediate.core.document import digest
from remediate.core.drift import CORRECTABLE, DriftedResource, DriftKind, DriftStatus
from remediate.drift.memory import Contest, Correction, DriftState
from remediate.drift.options import note_name
from remediate.engine.baseline import LastApplied
from remediate.engine.plan import PlanResult
from remediate.journal import JournalError, Store
from remediate.planfile import PlanFile

_TRIES = 5
_COUNTED = frozenset({ApplyStatus.WRITTEN, ApplyStatus.NOT_TAKEN})


def with_contests(
    memory: DriftState,
    sightings: Sequence[DriftedResource],
    planned: PlanResult,
    files: Sequence[PlanFile],
    now: datetime,
) -> tuple[DriftState, tuple[DriftedResource, ...]]:
    """Return the memory with what is contested from now on, and the drifted resources. Pure."""
    wanted = {change.address: digest(change.after) for change in planned.plan.changes}
    contests = dict(memory.contests)
    judged: list[DriftedResource] = []
    for sighting in sightings:
        address = sighting.address
        is_open = sighting.kind in CORRECTABLE and sighting.status is DriftStatus.LEFT
        if not is_open or address not in wanted:
            judged.append(sighting)
            continue
        contest = contests.get(address)
        if contest is None or contest.settings != wanted[address]:
            contest = _new_contest(memory, address, wanted[address], _limits(sighting, files), now)
        if contest is None:
            contests.pop(address, None)
            judged.append(sighting)
        else:
            contests[address] = contest
            judged.append(_contested(memory, sighting, contest, planned.baseline.left.get(address)))
    return replace(memory, contests=contests), tuple(judged)


def with_corrections(memory: DriftState, results: Iterable[ChangeResult], when: datetime) -> DriftState:
    """Return the memory with the corrections of this pass, and without those of long ago. Pure."""
    corrections = {
        address: kept
        for address, several in memory.corrections.items()
        if (kept := _since(several, when - timedelta(seconds=LONGEST)))
    }
    for result in results:
        if result.status in _COUNTED:
            correction = Correction(when.isoformat(timespec="seconds"), digest(result.change.after))
            before = corrections.get(result.change.address, ())
            corrections[result.change.address] = (*before, correction)[-MOST_CORRECTIONS:]
    return replace(memory, corrections=corrections)


def without_contests(memory: DriftState, ends: Callable[[str], bool]) -> DriftState:
    """Return the memory in which nothing of the addresses that `ends` names is contested or counted. Pure."""
    return replace(
        memory,
        contests={address: contest for address, contest in memory.contests.items() if not ends(address)},
        corrections={
            address: several for address, several in memory.corrections.items() if not ends(address)
        },
    )


def without_ended(
    memory: DriftState, planned: PlanResult, agreed: Callable[[str], bool], *, whole: bool
) -> DriftState:
    """Return the memory without contests that a person ended, or whose resource no plan means any more. Pure.

    Only a `whole` pass knows the latter, and of services that could be read wholly.
    """
    unread = {failure.service for failure in planned.seen.unreadable}

    def is_ended(address: str) -> bool:
        is_gone = whole and address not in planned.policies and service_of(address) not in unread
        return is_gone or agreed(address)

    return without_contests(memory, is_ended)


def end_contests(store: Store, account: str, addresses: Collection[str]) -> None:
    """Take up what a person applied: passes correct it again, and count anew. I/O. Raises `JournalError`."""
    name = note_name(account)
    for _ in range(_TRIES):
        content, version = store.versioned(name)
        memory = DriftState.from_json(content)
        after = without_contests(memory, lambda address: address in addresses)
        if after == memory or store.replace(name, after.as_json(), version):
            return
    raise JournalError(
        f"What passes count cannot be noted in {store.where}: others write the same note all the time.",
        hint="Apply again, or run `remediate drift --accept ADDRESS`, if a resource is contested.",
    )


def still_contested(store: Store, name: str, memory: DriftState, kept: DriftState) -> DriftState:
    """Return the memory without what a person ended since `kept` was written down. I/O.

    A pass writes the note whole, and a person may run `apply` meanwhile. Raises `JournalError`.
    """
    if not kept.contests:
        return memory
    ended = kept.contests.keys() - DriftState.from_json(store.note(name)).contests.keys()
    return without_contests(memory, lambda address: address in ended)


def _new_contest(
    memory: DriftState, address: str, settings: str, limits: Sequence[ContestLimit], now: datetime
) -> Contest | None:
    same = [item for item in memory.corrections.get(address, ()) if item.settings == settings]
    for limit in limits:
        recent = _since(same, now - timedelta(seconds=limit.within))
        if len(recent) >= limit.corrections:
            return Contest(recent[0].when, settings, len(recent))
    return None


def _limits(sighting: DriftedResource, files: Sequence[PlanFile]) -> list[ContestLimit]:
    return [file.guards.contested for file in files if file.name in sighting.plan_names]


def _since(corrections: Iterable[Correction], instant: datetime) -> tuple[Correction, ...]:
    return tuple(item for item in corrections if datetime.fromisoformat(item.when) > instant)


def _contested(
    memory: DriftState, sighting: DriftedResource, contest: Contest, last: LastApplied | None
) -> DriftedResource:
    """Return the drifted resource as contested, with what was known of it when that was new.

    It is the same drift at every pass, however the other side changes the resource meanwhile.
    """
    by_run = ""
    if sighting.kind is DriftKind.PENDING and last is not None:
        by_run = f" Run {last.run} of plan {', '.join(last.plan_names)} left it as it is now."
    because = (
        f"It was corrected {contest.count} times to the same settings since {contest.since}, and changed "
        f"again each time.{by_run} Passes no longer correct it until a person runs `remediate apply`, or "
        f"`remediate drift --accept {sighting.address}`."
    )
    contested = replace(
        sighting,
        kind=DriftKind.DRIFT,
        status=DriftStatus.CONTESTED,
        codes=(CONTESTED.code,),
        because=because,
        same_as=[CONTESTED.code, contest.since, contest.settings],
    )
    entry = memory.entries.get(contested.key)
    if entry is None or entry.mark != contested.mark:
        return contested
    return replace(contested, since=entry.notice.since, seen=entry.notice.seen, who=entry.notice.who)
