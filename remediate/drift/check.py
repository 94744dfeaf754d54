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
from remediate.core.notice import Channel
from remediate.core.s3_url import is_s3_url
from remediate.drift.agreements import Agreement
from remediate.drift.attribution import Attribute, with_culprits
from remediate.drift.classify import Classification, classify
from remediate.drift.commands import Commands
from remediate.drift.contest import still_contested, with_contests, with_corrections, without_ended
from remediate.drift.delivery import Send, channels_of, deliver
from remediate.drift.gate import Blocked, expired_only_changes, split_by_guards
from remediate.drift.holds import Holds, holds_name
from remediate.drift.lapse import without_lapsed
from remediate.drift.memory import DriftState, known_documents
from remediate.drift.news import awake, awake_plan, is_new, is_reminder_due
from remediate.drift.notices import one_of_each
from remediate.drift.options import DriftOptions, note_name
from remediate.drift.outbox import Scope, close_pass
from remediate.drift.partly import as_ended, partly
from remediate.engine.baseline import Baseline, load_baseline, save_baseline
from remediate.engine.claims import Claims
from remediate.engine.ownership import requested_by_plan
from remediate.engine.plan import PlanResult, apply_plan, exit_code, make_plan
from remediate.engine.write import Report
from remediate.errors import UsageError
from remediate.journal import Lease, Locked, Store
from remediate.journal.user_state import person
from remediate.planfile import PlanFile

PATIENCE = (1, 2, 4, 8, 15, 30)
"""Seconds between the tries to be the only pass: one takes seconds, unless there is much to correct."""
WRITTEN = frozenset({DriftStatus.CORRECTED, DriftStatus.PARTLY})
LEFT = 2
"""The exit code of drift that is still there."""


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
    holds: Holds = field(default_factory=Holds)

    def run(self) -> DriftPass:
        """Classify, correct, remember, notify. I/O.

        Raises `Refused` for credentials of another account, `JournalError` where the journal cannot
        be used (nothing is corrected then), `AwsFailure` where AWS cannot be asked at all.
        """
        started = self.now()
        names = tuple(file.name for file in self.files)
        account = self.aws.account()
        empty = DriftPass(names, account, _text(started), self.options.correct, state=self.store.where)
        self.holds = Holds.from_json(self.store.note(holds_name(account))).at(started)
        if self.holds.paused is not None:
            return replace(empty, paused=f"The job is paused {self.holds.paused}")
        # Most passes find nothing to do: the lease is for those that write more than when they looked.
        # Both are read before the live settings: what another pass does meanwhile then shows as a change.
        known = load_baseline(self.store)
        memory, version = self._memory(note_name(account), known, started)
        planned = self._plan(known)
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
            before, _ = self._memory(note_name(account), baseline, started)
            if (baseline, before) != (known, memory):
                planned = self._plan(baseline)
            return self._under(lease, empty, planned, before, started)

    def _memory(self, note: str, baseline: Baseline, started: datetime) -> tuple[DriftState, str]:
        """Return what passes remember, without what is accepted no longer, and the note's version."""
        content, version = self.store.versioned(note)
        runs = {address: left.run for address, left in baseline.left.items()}
        kept = DriftState.from_json(content)
        return without_lapsed(kept, runs, started, self.options.unaccept), version

    def _alone(self, leases: ExitStack, account: str, owner: str) -> Lease:
        """Take the lease, which one pass has at a time; raises `Locked` where that takes long."""
        for pause in PATIENCE:
            try:
                return leases.enter_context(self.store.lease(note_name(account), owner))
            except Locked:
                self.sleep(pause)
        return leases.enter_context(self.store.lease(note_name(account), owner))

    def _plan(self, baseline: Baseline) -> PlanResult:
        options = self.options
        planned = make_plan(
            self.aws, self.files, only=options.only, store=self.store, near=options.near, baseline=baseline
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
        if self.options.accept or self.options.unaccept:
            return None  # what a person says is written under the lease, where no other pass overwrites it
        if without_ended(memory, planned, self._agreed, whole=self._is_whole) != memory:
            return None
        seen = self._classified(planned, planned.baseline, memory, started)
        open_ones = {entry.notice.address for entry in memory.entries.values()}
        if self._awake(seen.sightings) or (open_ones & planned.policies.keys()):
            return None
        if self.options.correct and Claims(planned.plan).after(planned.baseline) != planned.baseline.claims:
            return None
        if not self._is_whole:
            return replace(empty, unchanged=planned.plan.unchanged, api_calls=dict(self.aws.calls))
        channels = self._channels()
        after = self._addressed(memory, seen.memory, channels, started)
        after, resolved = close_pass(after, (), self._scope(planned, after), _text(started))
        if resolved or any(after.outboxes[key].waiting for key in channels):
            return None
        ended = exit_code(awake_plan(planned, self.holds), ())
        after = self._looked(after, started, ended)
        if not self.store.replace(note_name(empty.account), after.as_json(), version):
            return None
        if planned.baseline.later:
            save_baseline(self.store)
        return replace(
            empty,
            unchanged=len(planned.seen.states),
            exit_code=ended,
            snoozed=self._snoozed(planned, seen.sightings),
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
            agreement=Agreement(
                person(),
                _text(started),
                self.options.reason,
                _text(self.options.until) if self.options.until else "",
            ),
        )

    def _awake(self, sightings: Sequence[DriftedResource]) -> tuple[DriftedResource, ...]:
        return tuple(sighting for sighting in sightings if not self.holds.covers(sighting.address))

    def _snoozed(self, planned: PlanResult, sightings: Sequence[DriftedResource]) -> tuple[str, ...]:
        addresses = {*planned.policies, *(sighting.address for sighting in sightings)}
        return tuple(sorted(address for address in addresses if self.holds.covers(address)))

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
            read={address for address in planned.policies if not self.holds.covers(address)},
            left_alone=self.holds.covers,
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
        alone = self.holds.covers
        return replace(
            memory,
            accepted=awake(classified.accepted, memory.accepted, alone),
            warned=awake(classified.warned, memory.warned, alone),
            agreements=awake(classified.agreements, memory.agreements, alone),
        ).addressed(plans, started, {key: channel.only for key, (channel, _) in channels.items()})

    def _looked(self, memory: DriftState, started: datetime, ended: int, run: str = "") -> DriftState:
        when = _text(started)
        last = {"when": when, "exit_code": ended, "correct": self.options.correct, "run": run}
        return replace(
            memory,
            looked={**memory.looked, **dict.fromkeys(self._names, when)},
            last={**memory.last, **dict.fromkeys(self._names, last)},
        )

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
        memory = without_ended(before, planned, self._agreed, whole=self._is_whole)
        seen = self._classified(planned, baseline, memory, started)
        memory, judged = with_contests(memory, seen.sightings, planned, self.files, started)
        sightings, unknown = with_culprits(self._awake(judged), self.options.who, self.blame)
        self.notes += unknown
        has_news = any(is_new(sighting, before) for sighting in sightings)
        kept = memory.found(sightings)
        if kept != before:
            kept = still_contested(self.store, note, kept, before)
            self.store.keep(note, kept.as_json())
        run = ""
        outcomes: tuple[ChangeResult, ...] = ()
        if self.options.correct:
            sightings, run, outcomes = self._corrected(planned, baseline, before, sightings)
        channels = self._channels()
        memory = with_corrections(still_contested(self.store, note, kept, kept), outcomes, started)
        after = self._addressed(memory, seen.memory, channels, started)
        after, resolved = close_pass(after, sightings, self._scope(planned, after), _text(started))
        left = [each for each in sightings if each.is_open and each.kind is not DriftKind.UNREADABLE]
        ended = max(exit_code(awake_plan(planned, self.holds), outcomes), LEFT if left else 0)
        if whole:
            after = self._looked(after, started, ended, run)
        has_news = has_news or bool(resolved) or bool(outcomes)
        reminds = self.options.once and not has_news and is_reminder_due(before, sightings, started)
        if self.options.once and (has_news or reminds):
            after = replace(after, reminded=_text(started))

        def save(state: DriftState) -> None:
            lease.check()
            self.store.keep(note, still_contested(self.store, note, state, kept).as_json())

        to = {key: channel for key, (channel, _) in channels.items()}
        after, notified, undelivered = deliver(self.aws, self.send, after, to, empty=empty, save=save)
        self.notes += undelivered
        if after != kept or self.options.unaccept:
            save(after)
        if whole:
            save_baseline(self.store)
        differing = (sighting.address for sighting in sightings if sighting.kind is not DriftKind.WARNING)
        sighted = {*differing} & planned.policies.keys()
        return replace(
            empty,
            sightings=one_of_each(sightings),
            resolved=resolved,
            unchanged=len(planned.seen.states) - len(sighted),
            exit_code=ended,
            snoozed=self._snoozed(planned, seen.sightings),
            has_news=has_news,
            is_reminder=reminds,
            run=run,
            notes=tuple(self.notes),
            notified=notified,
            undelivered=sum(len(after.outboxes[key].waiting) for key in channels),
            api_calls=dict(self.aws.calls),
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

    def _channels(self) -> dict[str, tuple[Channel, set[str]]]:
        return channels_of(self.files, self.options.channels)


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
