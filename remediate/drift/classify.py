"""Classify what one pass read: each resource that moved, or that the plan wants otherwise. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from remediate.core.address import service_of
from remediate.core.common_rules import GONE, NO_MATCH, UNDONE
from remediate.core.diff import edits
from remediate.core.document import Document
from remediate.core.drift import DriftedResource, DriftKind, DriftStatus, key_of
from remediate.core.finding import Finding, Level
from remediate.core.globs import name_matches
from remediate.core.guards import GuardInput, newly_opened
from remediate.core.origins_in import origins_in
from remediate.core.plan import Change
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.drift.agreements import Accepted, Agreement
from remediate.drift.commands import Commands
from remediate.drift.gate import is_local
from remediate.drift.memory import DriftState, known_documents
from remediate.engine.baseline import Baseline
from remediate.engine.given_up import Holdings
from remediate.engine.plan import PlanResult
from remediate.public_suffix import is_public_suffix
from remediate.reachability.access import access_changes
from remediate.services import service
from remediate.text import printable_line

NEVER = "Nothing was applied here yet."
CHANGED = "The plan file changed, or an origin in it expired, since the last run."
GONE_BECAUSE = "Run {run} wrote to it; it was deleted since, or no target of the plan means it any more."
OTHERS = "The plan does not speak of it, and under `mode: merge` settings made outside remediate stay."
OPENS = (
    "It opens the resource to more than the plan wants, but under `mode: merge` settings made outside "
    "remediate stay: take it away by hand, set `mode: exact`, or agree to it with "
    "`{accept}`."
)


@dataclass(frozen=True, slots=True)
class Classification:
    """The drifted resources, and the memory with what counts as known from now on."""

    sightings: tuple[DriftedResource, ...]
    memory: DriftState


def classify(
    planned: PlanResult,
    baseline: Baseline,
    memory: DriftState,
    now: datetime,
    *,
    accept: Sequence[str] = (),
    commands: Commands | None = None,
    whole: Collection[str] = (),
    agreement: Agreement | None = None,
) -> Classification:
    """Sort what was read into drift, pending changes, others' changes and warnings.

    `accept` are addresses, or globs of them, whose other people's changes are agreed to. `commands`
    are how `remediate plan` shows it again. `whole` are the plans of which everything was
    looked at: what a run of theirs wrote to and is not there is gone. `agreement` is who agrees, and why.
    """
    classifier = _Classifier(
        planned, baseline, memory, now.isoformat(timespec="seconds"), commands or Commands()
    )
    changes = {change.address: change for change in planned.plan.changes}
    stopped = classifier.stopped()
    agreed = {
        state.address
        for state in planned.seen.states
        if any(name_matches(pattern, state.address) for pattern in accept)
    }
    alarms = classifier.alarms(agreed)
    drifted: list[DriftedResource] = [*alarms.values()]
    accepted = dict(memory.accepted)
    for state in planned.seen.states:
        moved = classifier.moved(state)
        if state.address in changes:
            drifted.append(classifier.differing(state, changes[state.address], moved=moved))
        elif state.address in stopped:
            drifted.append(classifier.refused(state, stopped[state.address], moved=moved))
        elif state.address not in alarms:
            accepted |= classifier.accepting(state)
            # An alarm that is over is reported as resolved.
            if (
                moved
                and state.address not in agreed
                and key_of(state.address, DriftKind.OUTSIDE) not in memory.entries
            ):
                drifted.append(classifier.others(state))
    drifted += [
        classifier.unread(finding)
        for finding in planned.findings_without_guards
        if classifier.is_unread(finding)
    ]
    drifted_addresses = {sighting.address for sighting in drifted if sighting.kind is DriftKind.DRIFT}
    warnings, warned = classifier.warnings(classifier.gone(whole), drifted_addresses)
    drifted += warnings
    sightings = tuple(
        classifier.remembered(sighting) for sighting in sorted(drifted, key=lambda sighting: sighting.key)
    )
    agreements = classifier.agreements(agreed, agreement)
    return Classification(sightings, replace(memory, accepted=accepted, warned=warned, agreements=agreements))


@dataclass(frozen=True)
class _Classifier:
    planned: PlanResult
    baseline: Baseline
    memory: DriftState
    now: str
    commands: Commands

    @cached_property
    def around(self) -> Snapshot:
        """What was seen, and what the changes depend on besides."""
        return Snapshot((*self.planned.seen.states, *self.planned.dependencies))

    def is_unread(self, finding: Finding) -> bool:
        """True if it tells that something could not be looked at, or is not there."""
        unreadable = self.planned.seen.unreadable
        return finding.code == NO_MATCH.code or any(
            failure.address == finding.address for failure in unreadable
        )

    def bases(self, address: str) -> tuple[Document | None, ...] | None:
        """Return what the resource is known to have been, None where nothing is known."""
        return known_documents(self.baseline, self.memory, address)

    def moved(self, state: State) -> bool:
        """True if it is otherwise than it is known to have been."""
        bases = self.bases(state.address)
        return bases is not None and state.config not in bases

    def accepting(self, state: State) -> dict[str, Accepted]:
        """Accept the live settings as known from now on, unless they are known already."""
        if self.bases(state.address) is not None and not self.moved(state):
            return {}
        left = self.baseline.left.get(state.address)
        return {state.address: Accepted(left.run if left else "", state.config)}

    def differing(self, state: State, change: Change, *, moved: bool) -> DriftedResource:
        left = self.baseline.left.get(state.address)
        sighting = replace(
            self._sighting(state, DriftKind.DRIFT if moved else DriftKind.PENDING),
            wanted=change.diff,
            same_as=state.config if moved else change.after,
        )
        if left is not None and left.undone:
            why = f"Run {left.run} undid it; `remediate apply` takes the plan up again."
            return replace(sighting, status=DriftStatus.HELD, codes=(UNDONE.code,), because=why)
        if moved:
            return sighting
        return replace(sighting, because=CHANGED if left is not None else NEVER)

    def stopped(self) -> dict[str, list[Finding]]:
        """Return what keeps a resource as it is though the plan wants it otherwise, by address."""
        unchanged = {state.address for state in self.planned.seen.states}
        unchanged -= {change.address for change in self.planned.plan.changes}
        findings: dict[str, list[Finding]] = {}
        for finding in self.planned.plan.findings:
            if finding.level is Level.REFUSE and is_local(finding) and finding.address in unchanged:
                findings.setdefault(finding.address, []).append(finding)
        return findings

    def refused(self, state: State, why: Sequence[Finding], *, moved: bool) -> DriftedResource:
        codes = tuple(dict.fromkeys(finding.code for finding in why))
        return replace(
            self._sighting(state, DriftKind.DRIFT if moved else DriftKind.PENDING),
            status=DriftStatus.HELD,
            codes=codes,
            because=" ".join(dict.fromkeys(finding.sentences for finding in why)),
            same_as=[*codes, state.config],
        )

    def others(self, state: State) -> DriftedResource:
        return replace(self._sighting(state, DriftKind.OUTSIDE), status=DriftStatus.NOTED, because=OTHERS)

    def alarms(self, agreed: Collection[str]) -> dict[str, DriftedResource]:
        """Return what no plan wants and opens something to everybody, as long as it does: by address.

        The measure is what the resource was before, also when a run has written to it since; and what
        the plan makes of it, if it changes it: what is taken away with that is no alarm.
        """
        will_be = {change.address: change.after for change in self.planned.plan.changes}
        alarms: dict[str, DriftedResource] = {}
        stopped = self.stopped()
        for state in self.planned.seen.states:
            entry = self.memory.entries.get(key_of(state.address, DriftKind.OUTSIDE))
            is_news = self.moved(state) and state.address not in stopped
            if state.address in agreed or (entry is None and not is_news):
                continue
            before = self._before(state)
            codes = self._opened(state, before, will_be.get(state.address, state.config))
            if codes:
                alarms[state.address] = self._alarm(state, before, codes)
        return alarms

    def agreements(self, agreed: Collection[str], agreement: Agreement | None) -> dict[str, Agreement]:
        """Return what is accepted after the pass: what was, as far as it still opens anything, and now."""
        agreements = dict(self.memory.agreements)
        for state in self.planned.seen.states:
            address = state.address
            earlier = agreements.get(address)
            if address in agreed and agreement is not None:
                base = earlier.base if earlier else self._before(state)
                new = replace(agreement, base=base)
            elif earlier is not None:
                new = earlier
            else:
                continue
            agreements.pop(address, None)
            if self._opened(state, new.base, state.config):
                agreements[address] = new
        return agreements

    def _before(self, state: State) -> Document | None:
        """Return what the resource was before others opened it."""
        entry = self.memory.entries.get(key_of(state.address, DriftKind.OUTSIDE))
        return entry.base if entry is not None else (self.bases(state.address) or (None,))[-1]

    def _opened(self, state: State, before: Document | None, after: Document | None) -> tuple[str, ...]:
        """Return what the one resource opens, its neighbours being as they are."""
        around, policies = self.around, self.planned.policies
        fronts = around.distributions_for(state)
        near = [
            neighbour
            for neighbour in around.states
            if neighbour.address in fronts or state.address in around.distributions_for(neighbour)
        ]
        change = Change(
            address=state.address,
            service=state.service,
            region=state.region,
            before=before,
            after=after,
            revision=state.revision,
            group=state.group,
        )
        changed_access = access_changes([replace(state, config=before), *near], [change], policies)
        guards = newly_opened(GuardInput([change], policies, changed_access), is_public_suffix).get(
            state.address, ()
        )
        return tuple(guard.code for guard in guards)

    def _alarm(self, state: State, before: Document | None, codes: tuple[str, ...]) -> DriftedResource:
        return replace(
            self._sighting(state, DriftKind.OUTSIDE),
            codes=codes,
            because=OPENS.format(accept=self.commands.accept(state.address)),
            changed=edits(before, state.config, service(state.service).IDENTITY),
            same_as=[*codes, *sorted(origins_in(state.config) - origins_in(before))],
            base=before,
        )

    def unread(self, finding: Finding) -> DriftedResource:
        return replace(
            self._warning(finding),
            kind=DriftKind.UNREADABLE,
            status=DriftStatus.FAILED,
            because=printable_line(finding.message),
        )

    def gone(self, whole: Collection[str]) -> list[Finding]:
        """Return what a run wrote to and no target finds any more."""
        seen = self.planned.seen
        live = {live_state.address for live_state in seen.states} | {
            failure.address for failure in seen.unreadable
        }
        unread = {failure.service for failure in seen.unreadable}
        # Where nothing of a plan is left, as after it gave a target up, nobody misses anything.
        holding = Holdings(self.baseline, self.baseline.retirable(whole)).of(whole)
        return [
            GONE.finding(address, GONE_BECAUSE.format(run=left.run))
            for address, left in self.baseline.left.items()
            if address in holding
            and address not in live
            and service_of(address) not in unread
            and set(left.plan_names) <= set(whole)
        ]

    def warnings(
        self, gone: Sequence[Finding], drifted: Collection[str]
    ) -> tuple[list[DriftedResource], dict[str, list[str]]]:
        """Findings that were not there before, and all that there are; at the first pass none is news.

        Of a resource in `drifted` they are reported with the drift. A pending change is made without a
        word, so what is found with it is reported by itself, but for what holds it back.
        """
        codes_by_address: dict[str, list[str]] = {
            address: list(codes)
            for address, codes in self.memory.warned.items()
            if address not in self.planned.policies
        }
        changed = {change.address for change in self.planned.plan.changes} | self.stopped().keys()
        news: list[DriftedResource] = []
        for finding in (*self.planned.findings_without_guards, *gone):
            if finding.level is Level.INFO or self.is_unread(finding):
                continue
            codes = codes_by_address.setdefault(finding.address, [])
            if finding.code in codes:
                continue
            codes.append(finding.code)
            if finding.address in drifted or (finding.address in changed and finding.level is Level.REFUSE):
                continue
            if self._looked(finding.address) and finding.code not in self.memory.warned.get(
                finding.address, ()
            ):
                news.append(self._warning(finding))
        return news, codes_by_address

    def remembered(self, sighting: DriftedResource) -> DriftedResource:
        """Return known drift with what was known of it when it was new."""
        entry = self.memory.entries.get(sighting.key)
        if entry is None or entry.mark != sighting.mark:
            return sighting
        return replace(sighting, since=entry.notice.since, seen=entry.notice.seen, who=entry.notice.who)

    def _sighting(self, state: State, kind: DriftKind) -> DriftedResource:
        left = self.baseline.left.get(state.address)
        bases = self.bases(state.address)
        moved = self.moved(state)
        since = max(left.when if left else "", self._looked(state.address))
        policies = self.planned.policies.get(state.address, ())
        return DriftedResource(
            address=state.address,
            service=state.service,
            region=state.region,
            label=state.label,
            plan_names=tuple(dict.fromkeys(policy.plan for policy in policies)),
            kind=kind,
            status=DriftStatus.LEFT,
            seen=self.now,
            since=since if moved else "",
            run=left.run if left else "",
            changed=edits(bases[-1], state.config, service(state.service).IDENTITY)
            if moved and bases
            else (),
            look=self.commands.look(state.address),
            same_as=state.config,
        )

    def _warning(self, finding: Finding) -> DriftedResource:
        policies = self.planned.policies.get(finding.address, ())
        return DriftedResource(
            address=finding.address,
            service=service_of(finding.address),
            region="",
            label="",
            plan_names=tuple(dict.fromkeys(policy.plan for policy in policies))
            or self.planned.plan.plan_names,
            kind=DriftKind.WARNING,
            status=DriftStatus.NOTED,
            seen=self.now,
            since=self._looked(finding.address),
            codes=(finding.code,),
            because=finding.sentences,
            look=self.commands.look(finding.address),
            same_as=finding.code,
        )

    def _looked(self, address: str) -> str:
        """Return when a pass last found it as it should be; empty where that is not known."""
        if key_of(address, DriftKind.UNREADABLE) in self.memory.entries:
            return ""
        plans = [policy.plan for policy in self.planned.policies.get(address, ())]
        names = plans or self.planned.plan.plan_names
        return min(self.memory.looked.get(plan, "") for plan in names)
