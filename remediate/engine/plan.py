"""Run the stages in order, for the commands: make a plan, and apply it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from remediate.aws import Aws
from remediate.core.change_result import ApplyStatus, ChangeResult
from remediate.core.finding import Finding
from remediate.core.isolation import Exclusions, ResourceError
from remediate.core.plan import Change, Plan
from remediate.core.policy import Policy
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.deadline import TIMEOUT
from remediate.engine.baseline import Baseline, load_baseline
from remediate.engine.claims import Claims, requested_by_others
from remediate.engine.compare import compare, policies_for
from remediate.engine.detached import detached_targets
from remediate.engine.given_up import given_up, with_former_names
from remediate.engine.guard import expired_origins, same_account, with_guards
from remediate.engine.managed_by import managed_by_findings
from remediate.engine.orphaned_plans import check_former_names, orphans
from remediate.engine.ownership import requested_by, requested_by_plan
from remediate.engine.record import record_run
from remediate.engine.scope import (
    covers,
    limited_snapshot,
    of_services,
    selected_by_targets,
    targets_for_resource,
)
from remediate.engine.suggest import with_suggestions
from remediate.engine.unproven_marks import unproven
from remediate.engine.write import Report, settle, verify_written, write
from remediate.errors import AwsFailure, RemediateError
from remediate.journal import Store
from remediate.planfile import Expectation, PlanFile, Target
from remediate.reachability.access import access, access_changes
from remediate.reachability.chain import Chain
from remediate.reachability.discover import dependencies_of, discover
from remediate.reachability.expect import expectation_findings, unknown_way
from remediate.reachability.probe import Probe, Result, document, probes, verify
from remediate.reachability.standing import standing_dangers
from remediate.reachability.transport import ConnectTo, send
from remediate.reachability.widening import widened, with_gains
from remediate.refresh import snapshot


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A plan, what was seen, and its policies by address."""

    plan: Plan
    policies: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)
    seen: Snapshot = field(default_factory=Snapshot)
    expected: tuple[Expectation, ...] = ()
    baseline: Baseline = field(default_factory=Baseline)
    """What the journal knows of earlier runs."""
    findings_without_guards: tuple[Finding, ...] = ()
    """The findings without those of the guards."""
    dependencies: tuple[State, ...] = ()
    """What the changes depend on besides what was seen: no target means it."""


def make_plan(
    aws: Aws,
    files: Sequence[PlanFile],
    *,
    only: Sequence[str] = (),
    store: Store | None = None,
    near: tuple[str, str] | None = None,
    baseline: Baseline | None = None,
    known: Snapshot | None = None,
) -> PlanResult:
    """Read the live settings that the plan files speak of, and compare. I/O, but no write.

    `only` are addresses, names or globs of either; everything else is left out of the plan. `store` is the
    journal, which tells what earlier runs brought. `near` is a service and an id: only that one
    resource is read, where a target means it, and nothing is listed; without an id, all that the
    targets of the service mean. What the plans gave up is not looked for then: a resource that was
    renamed cannot be distinguished from one that was given up, unless all targets are read. `known` is what
    the targets mean, where it was read a moment ago, and `baseline` what follows from the journal: what is
    given is not read again. Raises
    `Refused` for credentials of another account, `AwsFailure` where AWS cannot be asked at all.
    """
    account = aws.account()
    for file in files:
        same_account(file.account, account, str(file.path))
    check_former_names(files)
    targets = [target for file in files for target in file.targets]
    if only:
        targets = of_services(targets, only)
    if near:
        pairs = targets_for_resource(targets, *near)
        seen, targets = selected_by_targets(snapshot(aws, [target.selector for _, target in pairs]), pairs)
    else:
        seen = known or snapshot(aws, [target.selector for target in targets])
    if baseline is None:
        baseline = load_baseline(store) if store else Baseline()
    selection = _Selection(account, files, targets, baseline, store, only, is_near=near is not None)
    left_out = Exclusions()
    while True:
        try:
            return _planned(aws, selection, left_out.without(seen), left_out)
        except ResourceError as failure:
            left_out = left_out.adding(failure, seen.states)


@dataclass(frozen=True, slots=True)
class _Selection:
    """A plan is made of this besides the live settings; `is_near` where only one resource is read."""

    account: str
    files: Sequence[PlanFile]
    targets: Sequence[Target]
    baseline: Baseline
    store: Store | None
    only: Sequence[str]
    is_near: bool


def _planned(aws: Aws, selection: _Selection, seen: Snapshot, left_out: Exclusions) -> PlanResult:
    """Make the plan for what was seen. Raises `ResourceError` for an error with one of the resources."""
    files, baseline, store, only = selection.files, selection.baseline, selection.store, selection.only
    every_name = [name for file in files for name in file.names]
    managed = with_former_names(baseline.retirable(every_name), files)
    other_plans = baseline.others(every_name)
    left_over = given_up(
        aws,
        files,
        selection.targets,
        seen,
        baseline,
        managed=managed,
        others=other_plans,
        covers=lambda address: not selection.is_near and covers(only, address),
    )
    # What goes comes first: a target of another plan file then brings what it needs in its place.
    seen, targets = left_over.seen, [*left_over.targets, *selection.targets]
    if only:
        seen = limited_snapshot(seen, only, files)
        targets = [target for target in targets if target.selector not in seen.unmatched([target.selector])]
    comparison = compare(seen, targets, managed, other_plans)
    expected = [expectation for file in files for expectation in file.expect]
    policies = {state.address: policies_for(state, targets, managed, other_plans) for state in seen.states}
    behind, hidden = dependencies_of(aws, seen, {change.address for change in comparison.changes})
    behind = left_out.of(behind)
    changed_access = access_changes((*seen.states, *behind), comparison.changes, policies)
    gains = widened((*seen.states, *behind), comparison.changes, policies)
    missing = () if selection.is_near else with_suggestions(aws, seen, targets, comparison.findings)
    findings = [
        *(missing or comparison.findings),
        *(finding for finding in left_over.findings if finding.address in policies),
        *orphans(files, seen, baseline, policies),
        *detached_targets(files, selection.targets),
        *requested_by_others(seen.states, policies, baseline),
        *hidden,
        *_expected(aws, seen, comparison.changes, expected),
        *managed_by_findings(aws, seen.states, comparison.changes, policies),
    ]
    unknown_marks = unproven(comparison.changes, policies, baseline, expired_origins(files)) if store else ()
    plan = Plan(
        plan_names=tuple(file.name for file in files),
        account=selection.account,
        changes=comparison.changes,
        access=with_gains(access(changed_access), gains),
        findings=(
            *with_guards(
                files,
                comparison.changes,
                policies,
                changed_access,
                findings,
                gains=gains,
                unproven=unknown_marks,
            ),
            *standing_dangers((*seen.states, *behind), comparison.changes, policies),
        ),
        unchanged=comparison.unchanged,
        unreadable=len(seen.unreadable),
        api_calls=dict(aws.calls),
        state=store.where if store else "",
        sources={str(file.path): file.digest for file in files},
        never=tuple(sorted({code for file in files for code in file.guards.never})),
        requested={change.address: requested_by(policies[change.address]) for change in comparison.changes},
        requested_by_plan=left_over.requested(
            {address: requested_by_plan(asked) for address, asked in policies.items()}
        ),
        only=tuple(only),
    )
    return PlanResult(plan, policies, seen, tuple(expected), baseline, tuple(findings), behind)


def apply_plan(
    aws: Aws,
    planned: PlanResult,
    store: Store,
    *,
    command: str,
    undoes: str = "",
    wait: bool,
    verify: bool,
    concurrency: int,
    report: Report,
    blocked: Collection[str] = (),
    began: Callable[[str], None] = lambda _run: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[ChangeResult, ...]:
    """Write, settle and prove under the journal; one outcome per change, on disk as it is known.

    `blocked` are addresses that the plan wants otherwise and that are not written, or not as it wants.
    `began` is called with the run's id once that is on disk.
    Raises `Locked` and `JournalError` before anything is written. A KeyboardInterrupt goes on
    after the journal has heard of every change.
    """
    changes = planned.plan.changes
    claims = Claims(planned.plan, blocked)
    if not changes:
        if not undoes:
            claims.note_alone(aws, store, planned.baseline, command=command, now=now())
        return ()
    outcomes: dict[str, ChangeResult] = {}
    with record_run(store, aws, planned.plan, command=command, undoes=undoes, now=now) as recorder:
        began(recorder.run.id)

        def ended(outcome: ChangeResult) -> None:
            outcomes[outcome.change.address] = recorder.tell(outcome)
            report(outcome.change.address, str(outcome.status))

        writing = write(aws, changes, concurrency=concurrency, report=report, check=recorder.check)
        try:
            for outcome in writing:
                ended(outcome)
        except KeyboardInterrupt as interrupt:
            # Where it came while an outcome was journaled, `write` does not know of it yet.
            outcome = writing.throw(interrupt)
            ended(outcome)
            for outcome in writing:
                ended(outcome)
            raise
        written = [
            outcome.change
            for outcome in outcomes.values()
            if outcome.status in {ApplyStatus.WRITTEN, ApplyStatus.UNCHANGED}
        ]

        def worsen(wrong: dict[str, RemediateError], status: ApplyStatus) -> None:
            for address, error in wrong.items():
                ended(ChangeResult(outcomes[address].change, status, error))

        worsen(settle(aws, written, wait=wait, concurrency=concurrency, report=report), ApplyStatus.FAILED)
        if verify:
            worsen(verify_written(aws, written, planned.policies), ApplyStatus.NOT_TAKEN)
        result = tuple(outcomes[change.address] for change in changes)
        wrong = recorder.close(exit_code(planned.plan, result))
        if recorder.not_gathered:
            word = f"run {recorder.run.id} is recorded, but not gathered: {recorder.not_gathered}"
            report(store.where, word)
        if wrong is None and not undoes:
            try:
                claims.note(store, planned.baseline)
            except RemediateError as error:
                wrong = error
        if wrong is not None:
            last = result[-1]
            result = (*result[:-1], replace(last, error=last.error or wrong))
    return result


def probe(
    aws: Aws,
    files: Sequence[PlanFile],
    *,
    only: Sequence[str],
    connect_to: Sequence[ConnectTo],
    concurrency: int,
    report: Report,
) -> dict[str, Any]:
    """Read the live settings, predict, ask the real servers, compare: the verify document."""
    planned = make_plan(aws, files, only=only)
    left_out = Exclusions()
    while True:
        seen = left_out.without(planned.seen)
        try:
            questions = probes(seen, planned.policies, planned.expected, Chain(seen.states))
            break
        except ResourceError as failure:
            left_out = left_out.adding(failure, planned.seen.states)
    results = _probed(questions, connect_to, concurrency, report, aws.timeout)
    return document(planned.plan.name, results) | {
        "unreadable": len(seen.unreadable),
        "unread": [
            {"address": each.address, "code": each.code, "message": each.message, "hint": each.hint}
            for each in seen.unreadable
        ],
        "skipped": [
            {"address": state.address, "because": f"Its endpoint {state.disabled_hosts[0]} is disabled."}
            for state in seen.states
            if state.disabled_hosts
        ],
    }


def _probed(
    questions: Sequence[Probe],
    connect_to: Sequence[ConnectTo],
    concurrency: int,
    report: Report,
    timeout: float,
) -> list[Result]:
    return verify(
        questions,
        lambda url, request: send(url, request, connect_to, timeout=timeout),
        concurrency=concurrency,
        done=lambda result: report(f"{result.probe.request.method} {result.probe.request.url}", "probed"),
    )


def probe_expected(
    planned: PlanResult,
    connect_to: Sequence[ConnectTo],
    *,
    concurrency: int,
    report: Report,
    timeout: float = TIMEOUT,
) -> list[Result]:
    """Return what the plan file expects, asked of the real servers; nothing else."""
    stated = probes(Snapshot(), {}, planned.expected, Chain(()))
    return _probed(stated, connect_to, concurrency, report, timeout)


def exit_code(plan: Plan, outcomes: Sequence[ChangeResult], probed: Sequence[Result] = ()) -> int:
    """Return the gravest code: 5 before 4 before 1; 0 when all was written and everything could be read."""
    codes = {outcome.error.exit_code for outcome in outcomes if outcome.error is not None}
    codes |= {5 if result.differs else 1 for result in probed if result.differs or result.error}
    if plan.incomplete:
        codes.add(1)
    return max(codes, default=0)


def _expected(
    aws: Aws, seen: Snapshot, changes: Sequence[Change], expected: Sequence[Expectation]
) -> list[Finding]:
    """Judge the expectations on the settings after the changes; unknown ways are looked for first."""
    chain = Chain(seen.states, {change.address: change.after for change in changes})
    findings: list[Finding] = []
    for expectation in expected:
        way = chain
        parts = urlsplit(expectation.url)
        if chain.serving(parts.netloc, parts.path or "/") is None:
            try:
                discovered = discover(aws, expectation.url)
            except AwsFailure as error:
                findings.append(unknown_way(expectation, error))
                continue
            way = replace(discovered, configs=chain.configs)
        findings += expectation_findings(way, [expectation])
    return findings
