"""Run one unattended pass: classify, correct what no guard blocks, remember, notify.

Safe to run twice at once (the second one waits for the first), to be killed (what was found is on disk
before anything is corrected, and every correction is a run of the journal), and to miss an hour.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from remediate.aws import Aws
from remediate.core.change_result import ChangeResult
from remediate.core.common_rules import LOCKED
from remediate.core.drift import CORRECTABLE, DriftedResource, DriftKind, DriftPass, DriftStatus
from remediate.core.globs import name_matches
from remediate.core.notice import Channel, Message
from remediate.core.s3_url import is_s3_url
from remediate.drift.classify import Classification, classify
from remediate.drift.commands import Commands
from remediate.drift.contest import still_contested, with_contests, with_corrections, without_contests
from remediate.drift.gate import Blocked, expired_only_changes, split_by_guards
from remediate.drift.memory import DriftState, known_documents
from remediate.drift.notices import one_of_each
from remediate.drift.options import DriftOptions, note_name
from remediate.drift.outbox import Scope, channels_named, close_pass
from remediate.drift.partly import as_ended, partly
from remediate.engine.baseline import Baseline, load_baseline, save_baseline
from remediate.engine.claims import Claims
from remediate.engine.ownership import requested_by_plan
from remediate.engine.plan import PlanResult, apply_plan, exit_code, make_plan
from remediate.engine.write import Report
from remediate.errors import RemediateError, UsageError
from remediate.journal import Lease, Locked, Store
from remediate.journal.user_state import person
from remediate.planfile import PlanFile
from remediate.threads import thread_pool

PATIENCE = (1, 2, 4, 8, 15, 30)
"""Seconds between the tries to be the only pass: one takes seconds, unless there is much to correct."""
WRITTEN = frozenset({DriftStatus.CORRECTED, DriftStatus.PARTLY})
LEFT = 2
"""The exit code of drift that is still there."""

Send = Callable[[Aws, Channel, Message], None]
"""Delivers, or raises a `RemediateError`."""
Attribute = Callable[[Sequence[DriftedResource]], tuple[Mapping[str, str], Sequence[str]]]
"""Who changed what, by address, and what to say where nobody is found. Never raises."""


@dataclass
class PassRunner:
    """One pass over the plan files, by `run`. `now` gives the instant, with its time zone."""

    aws: Aws
    files: Sequence[PlanFile]
    store: Store
    options: DriftOptions
    now: Callable[[], datetime]
    report: Report
    send: Send
    blame: Attribute | None = None
    sleep: Callable[[float], None] = time.sleep
    notes: list[str] = field(default_factory=list)

    def run(self) -> DriftPass:
        """Classify, correct, remember, notify. I/O.

        Raises `Refused` for credentials of another account, `JournalError` where the journal cannot
        be used (nothing is corrected then), `AwsFailure` where AWS cannot be asked at all.
        """
        started = self.now()
        names = tuple(file.name for file in self.files)
        account = self.aws.account()
        empty = DriftPass(names, account, _text(started), self.options.correct, state=self.store.where)
        # Most passes find nothing to do: the lease is for those that write more than when they looked.
        planned = self._plan()
        memory, version = self._memory(note_name(account))
        quiet = self._quiet(empty, planned, (memory, version), started)
        if quiet is not None:
            return quiet
        with ExitStack() as leases:
            try:
                who = f"{person()}@{socket.gethostname()}"
                owner = f"{who}, a pass over {', '.join(names)}, since {empty.when}"
                lease = self._alone(leases, account, owner)
            except Locked as locked:
                holder = locked.message.partition(": ")[2]
                why = f"Another pass is under way, or was killed ({holder}); see `remediate unlock`."
                return replace(empty, skipped=why, exit_code=1, api_calls=dict(self.aws.calls))
            # The look came before the lease: another pass, or a run, may have written meanwhile.
            baseline = load_baseline(self.store)
            before, _ = self._memory(note_name(account))
            if self.options.near is None and (baseline, before) != (planned.baseline, memory):
                planned = self._plan()
                baseline = planned.baseline
            planned = replace(planned, baseline=baseline)
            return self._under(lease, empty, planned, before, started)

    def _memory(self, note: str) -> tuple[DriftState, str]:
        content, version = self.store.versioned(note)
        return DriftState.from_json(content), version

    def _alone(self, leases: ExitStack, account: str, owner: str) -> Lease:
        """Take the lease, which one pass has at a time; raises `Locked` where that takes long."""
        for pause in PATIENCE:
            try:
                return leases.enter_context(self.store.lease(note_name(account), owner))
            except Locked:
                self.sleep(pause)
        return leases.enter_context(self.store.lease(note_name(account), owner))

    def _plan(self) -> PlanResult:
        planned = make_plan(
            self.aws, self.files, only=self.options.only, store=self.store, near=self.options.near
        )
        for pattern in self.options.accept:
            if not any(name_matches(pattern, address) for address in planned.policies):
                raise UsageError(
                    f"--accept {pattern} matches no resource of the plans.",
                    hint="An address is s3/BUCKET, rest_api/ID/STAGE or cloudfront/ID; globs allowed.",
                )
        return planned

    def _quiet(
        self, empty: DriftPass, planned: PlanResult, known: tuple[DriftState, str], started: datetime
    ) -> DriftPass | None:
        """Return the pass that found nothing new and has nothing to send; None for every other.

        It writes down only when it looked, and not even that where another pass wrote meanwhile.
        """
        if not self._is_whole and self.options.near is None:
            return None
        memory, version = known
        if without_contests(memory, self._agreed) != memory:
            return None
        seen = self._classified(planned, planned.baseline, memory, started)
        open_ones = {entry.notice.address for entry in memory.entries.values()}
        if seen.sightings or open_ones & planned.policies.keys():
            return None
        if self.options.correct and Claims(planned.plan).after(planned.baseline) != planned.baseline.claims:
            return None
        if not self._is_whole:
            return replace(empty, unchanged=planned.plan.unchanged, api_calls=dict(self.aws.calls))
        channels = channels_named(self.files, self.options.channels)
        after = self._addressed(memory, seen.memory, channels, started)
        after, resolved = close_pass(after, (), self._scope(planned, after), _text(started))
        if resolved or any(after.outboxes[key].waiting for key in channels):
            return None
        after = self._looked(after, started)
        if not self.store.replace(note_name(empty.account), after.as_json(), version):
            return None
        if planned.baseline.later:
            save_baseline(self.store)
        return replace(
            empty,
            unchanged=len(planned.seen.states),
            exit_code=exit_code(planned.plan, ()),
            api_calls=dict(self.aws.calls),
        )

    @property
    def _is_whole(self) -> bool:
        return not self.options.only and self.options.near is None

    def _classified(
        self, planned: PlanResult, baseline: Baseline, memory: DriftState, started: datetime
    ) -> Classification:
        return classify(
            planned,
            baseline,
            memory,
            started,
            accept=self.options.accept,
            commands=self._commands,
            whole=self._names if self._is_whole else frozenset(),
        )

    @property
    def _commands(self) -> Commands:
        where = self.store.where
        state = where if is_s3_url(where) else str(Path(where).absolute())
        return Commands(self.options.places, state if self.options.lasts else "", self.options.connection)

    @property
    def _names(self) -> frozenset[str]:
        return frozenset(file.name for file in self.files)

    def _agreed(self, address: str) -> bool:
        return any(name_matches(pattern, address) for pattern in self.options.accept)

    def _scope(self, planned: PlanResult, memory: DriftState) -> Scope:
        return Scope(
            plans=self._names,
            read=planned.policies.keys(),
            unread={failure.service for failure in planned.seen.unreadable},
            whole=self._is_whole,
            contested=memory.contests.keys(),
            agreed=self._agreed,
            person=person(),
        )

    def _addressed(
        self,
        memory: DriftState,
        classified: DriftState,
        channels: Mapping[str, tuple[Channel, set[str]]],
        started: datetime,
    ) -> DriftState:
        """Return the memory with what was accepted and warned of in this pass, and with its channels."""
        plans = {key: names for key, (_, names) in channels.items()}
        return replace(memory, accepted=classified.accepted, warned=classified.warned).addressed(
            plans, started
        )

    def _looked(self, memory: DriftState, started: datetime) -> DriftState:
        return replace(memory, looked={**memory.looked, **dict.fromkeys(self._names, _text(started))})

    def _under(
        self,
        lease: Lease,
        empty: DriftPass,
        planned: PlanResult,
        before: DriftState,
        started: datetime,
    ) -> DriftPass:
        baseline = planned.baseline
        note = note_name(empty.account)
        whole = self._is_whole
        memory = without_contests(before, self._agreed)
        seen = self._classified(planned, baseline, memory, started)
        memory, sightings = with_contests(memory, seen.sightings, planned, self.files, started)
        sightings = self._blamed(sightings)
        kept = memory.found(sightings)
        if kept != before:
            kept = still_contested(self.store, note, kept, before)
            self.store.keep(note, kept.as_json())
        run = ""
        outcomes: tuple[ChangeResult, ...] = ()
        if self.options.correct:
            sightings, run, outcomes = self._corrected(planned, baseline, before, sightings)
        channels = channels_named(self.files, self.options.channels)
        memory = with_corrections(still_contested(self.store, note, kept, kept), outcomes, started)
        after = self._addressed(memory, seen.memory, channels, started)
        after, resolved = close_pass(after, sightings, self._scope(planned, after), _text(started))
        if whole:
            after = self._looked(after, started)
        after, notified = self._deliver(
            lease, note, after, {key: channel for key, (channel, _) in channels.items()}, empty
        )
        if after != kept:
            lease.check()
            self.store.keep(note, still_contested(self.store, note, after, kept).as_json())
        if whole:
            save_baseline(self.store)
        left = [each for each in sightings if each.is_open and each.kind is not DriftKind.UNREADABLE]
        differing = (sighting.address for sighting in sightings if sighting.kind is not DriftKind.WARNING)
        sighted = {*differing} & planned.policies.keys()
        return replace(
            empty,
            sightings=one_of_each(sightings),
            resolved=resolved,
            unchanged=len(planned.seen.states) - len(sighted),
            exit_code=max(exit_code(planned.plan, outcomes), LEFT if left else 0),
            run=run,
            notes=tuple(self.notes),
            notified=notified,
            undelivered=sum(len(after.outboxes[key].waiting) for key in channels),
            api_calls=dict(self.aws.calls),
        )

    def _blamed(self, sightings: Sequence[DriftedResource]) -> tuple[DriftedResource, ...]:
        """Add who changed what moved, where it is not known yet: an event names them, else CloudTrail."""
        fresh = [
            sighting
            for sighting in sightings
            if sighting.kind in {DriftKind.DRIFT, DriftKind.OUTSIDE} and not sighting.who
        ]
        if self.options.who:
            who: Mapping[str, str] = {sighting.address: self.options.who for sighting in fresh}
        elif fresh and self.blame is not None:
            who, notes = self.blame(fresh)
            self.notes += notes
        else:
            return tuple(sightings)
        return tuple(
            replace(sighting, who=who[sighting.address])
            if sighting in fresh and sighting.address in who
            else sighting
            for sighting in sightings
        )

    def _corrected(
        self,
        planned: PlanResult,
        baseline: Baseline,
        memory: DriftState,
        sightings: Sequence[DriftedResource],
    ) -> tuple[tuple[DriftedResource, ...], str, tuple[ChangeResult, ...]]:
        """Apply what no guard blocks; return what became of each."""
        addresses = {
            sighting.address
            for sighting in sightings
            if sighting.kind in CORRECTABLE and sighting.status is DriftStatus.LEFT
        }
        changes = [change for change in planned.plan.changes if change.address in addresses]
        rest, blocked = split_by_guards(self.files, planned, changes, baseline)
        ends, reduced = expired_only_changes(self.files, planned, blocked, baseline)
        policies = {**planned.policies, **reduced}
        asked = {change.address: requested_by_plan(reduced[change.address]) for change in ends}
        changes_now = (*rest, *ends)
        plan = replace(
            planned.plan, changes=changes_now, requested_by_plan={**planned.plan.requested_by_plan, **asked}
        )
        left = {change.address for change in planned.plan.changes} - {change.address for change in rest}
        run: list[str] = []
        outcomes: tuple[ChangeResult, ...] = ()
        try:
            outcomes = apply_plan(
                self.aws,
                replace(planned, plan=plan, policies=policies, baseline=baseline),
                self.store,
                command="drift --correct",
                wait=self.options.wait,
                verify=True,
                concurrency=self.options.concurrency,
                report=self.report,
                blocked=left,
                began=run.append,
                now=self.now,
            )
        except Locked as locked:
            blocked |= {change.address: Blocked((LOCKED.code,), locked.message) for change in rest}
        ended = {outcome.change.address: outcome for outcome in outcomes}
        done = [
            as_ended(sighting, blocked.get(sighting.address), ended.get(sighting.address))
            if sighting.kind in CORRECTABLE
            else sighting
            for sighting in sightings
        ]
        states = (*planned.seen.states, *planned.dependencies)
        after = {outcome.change.address: outcome.change for outcome in outcomes}
        known = partial(known_documents, baseline, memory)
        sighted = (
            partly(sighting, states, after[sighting.address], planned.policies, known(sighting.address))
            if sighting.status is DriftStatus.CORRECTED
            else sighting
            for sighting in done
            if sighting is not None
        )
        return tuple(self._undoable(sighting, "".join(run)) for sighting in sighted), "".join(run), outcomes

    def _undoable(self, sighting: DriftedResource, run: str) -> DriftedResource:
        return replace(sighting, undo=self._commands.undo(run)) if sighting.status in WRITTEN else sighting

    def _deliver(
        self, lease: Lease, note: str, memory: DriftState, channels: Mapping[str, Channel], empty: DriftPass
    ) -> tuple[DriftState, int]:
        """Send what waits, to all channels at once; what cannot be sent now stays for the next pass."""
        due = {key: memory.outboxes[key] for key in channels if memory.outboxes[key].waiting}
        if not due:
            return memory, 0
        # On disk first: a notice may come twice (its id and stage tell), but is never lost.
        lease.check()
        self.store.keep(note, memory.as_json())

        def sent(key: str) -> str:
            try:
                self.send(self.aws, channels[key], Message(empty.account, empty.when, due[key].waiting))
            except RemediateError as problem:
                return problem.message
            return ""

        with thread_pool(len(due), "notify") as threads:
            problems = dict(zip(due, threads.map(sent, due), strict=True))
        self.notes += [
            f"Not delivered, and tried again at the next pass: {p}" for p in problems.values() if p
        ]
        delivered = {key for key, problem in problems.items() if not problem}
        outboxes = {
            key: replace(outbox, waiting=()) if key in delivered else outbox
            for key, outbox in memory.outboxes.items()
        }
        sent_notices = {(notice.id, notice.stage) for key in delivered for notice in due[key].waiting}
        return replace(memory, outboxes=outboxes), len(sent_notices)


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
