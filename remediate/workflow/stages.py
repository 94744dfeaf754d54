"""The stages in order, for the commands: make a plan; carry it out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from remediate.aws import Aws
from remediate.core.finding import Finding
from remediate.core.names import name_matches, target_matches
from remediate.core.outcome import Outcome, Status
from remediate.core.plan import Change, Plan
from remediate.core.policy import Policy
from remediate.core.snapshot import Snapshot
from remediate.core.state import State, Unreadable
from remediate.errors import AwsFailure, RemediateError, Stale, UsageError
from remediate.journal import Store
from remediate.planfile import Expectation, PlanFile, digest_of
from remediate.wire import ConnectTo, send
from remediate.workflow.access import access, turns
from remediate.workflow.alone import LeftOut, Spoilt
from remediate.workflow.chain import Chain
from remediate.workflow.claiming import Claims, kept_for_others
from remediate.workflow.discovery import beyond, discover
from remediate.workflow.expecting import expectations, unknown_way
from remediate.workflow.given_up import given_up, with_former_names
from remediate.workflow.guarding import expired_origins, guarded, same_account
from remediate.workflow.known import Known, recall
from remediate.workflow.narrowing import meant, narrowed
from remediate.workflow.orphans import check_former_names, orphans
from remediate.workflow.owners import owners
from remediate.workflow.owning import asked_by, asked_by_plan
from remediate.workflow.planning import Wish, compare, policies_for
from remediate.workflow.probing import Probe, Result, document, probes, verify
from remediate.workflow.proving import unproven
from remediate.workflow.reading import snapshot
from remediate.workflow.recording import recorded
from remediate.workflow.widening import widened, with_gains
from remediate.workflow.writing import Report, prove, settle, write


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, what was seen, and the policies it came from, by address; a saved plan has but itself."""

    plan: Plan
    policies: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)
    seen: Snapshot = field(default_factory=Snapshot)
    expected: tuple[Expectation, ...] = ()
    known: Known = field(default_factory=Known)
    """What the journal told of earlier runs."""
    told: tuple[Finding, ...] = ()
    """The findings without those of the guards."""
    behind: tuple[State, ...] = ()
    """What the changes depend on besides what was seen: no target means it."""


def make_plan(
    aws: Aws,
    files: Sequence[PlanFile],
    *,
    only: Sequence[str] = (),
    store: Store | None = None,
    near: tuple[str, str] | None = None,
) -> Planned:
    """Read the live settings that the plan files speak of, and compare. I/O, but no write.

    `only` are addresses, names or globs of either; everything else is left out of the plan. `store` is the
    journal, which tells what earlier runs brought. `near` is a service and an id: only that one
    resource is read, where a target means it, and nothing is listed; without an id, all that the
    targets of the service mean. What the plans gave up is not looked for then: a resource that was
    renamed cannot be told from one that was given up, unless all targets are read. Raises
    `Refused` for credentials of another account, `AwsFailure` where AWS cannot be asked at all.
    """
    account = aws.account()
    for file in files:
        same_account(file.account, account, str(file.path))
    check_former_names(files)
    wishes = [Wish(target.selector, target.policy) for file in files for target in file.targets]
    if only:
        wishes = _of_services(wishes, only)
    if near:
        pairs = narrowed(wishes, *near)
        seen, wishes = meant(snapshot(aws, [wish.selector for _, wish in pairs]), pairs)
    else:
        seen = snapshot(aws, [wish.selector for wish in wishes])
    known = recall(store) if store else Known()
    selection = _Selection(account, files, wishes, known, store, only, is_near=near is not None)
    left_out = LeftOut()
    while True:
        try:
            return _planned(aws, selection, left_out.without(seen), left_out)
        except Spoilt as spoilt:
            left_out = left_out.adding(spoilt, seen.states)


@dataclass(frozen=True, slots=True)
class _Selection:
    """What a plan is made of besides the live settings; `is_near` where only one resource is looked at."""

    account: str
    files: Sequence[PlanFile]
    wishes: Sequence[Wish]
    known: Known
    store: Store | None
    only: Sequence[str]
    is_near: bool


def _planned(aws: Aws, selection: _Selection, seen: Snapshot, left_out: LeftOut) -> Planned:
    """The plan for what was seen. Raises `Spoilt` where an error came up for one of the resources."""
    files, known, store, only = selection.files, selection.known, selection.store, selection.only
    every_name = [name for file in files for name in file.names]
    mine = with_former_names(known.retirable(every_name), files)
    others = known.others(every_name)
    left_over = given_up(
        aws,
        files,
        selection.wishes,
        seen,
        known,
        mine=mine,
        others=others,
        covers=lambda address: not selection.is_near and _covers(only, address),
    )
    # What goes comes first: a target of another plan file then brings what it needs in its place.
    seen, wishes = left_over.seen, [*left_over.wishes, *selection.wishes]
    if only:
        seen = _limited(seen, only, files)
        wishes = [wish for wish in wishes if wish.selector not in seen.unmatched([wish.selector])]
    found = compare(seen, wishes, mine, others)
    expected = [one for file in files for one in file.expect]
    policies = {state.address: policies_for(state, wishes, mine, others) for state in seen.states}
    behind, hidden = beyond(aws, seen, {change.address for change in found.changes})
    behind = left_out.of(behind)
    turned = turns((*seen.states, *behind), found.changes, policies)
    gains = widened((*seen.states, *behind), found.changes, policies)
    findings = [
        *found.findings,
        *(finding for finding in left_over.findings if finding.address in policies),
        *orphans(files, seen, known, policies),
        *kept_for_others(seen.states, policies, known),
        *hidden,
        *_expected(aws, seen, found.changes, expected),
        *owners(aws, seen.states, found.changes, policies),
    ]
    unknown_marks = unproven(found.changes, policies, known, expired_origins(files)) if store else ()
    plan = Plan(
        name=", ".join(file.name for file in files),
        account=selection.account,
        changes=found.changes,
        access=with_gains(access(turned), gains),
        findings=guarded(
            files, found.changes, policies, turned, findings, gains=gains, unproven=unknown_marks
        ),
        unchanged=found.unchanged,
        unreadable=len(seen.unreadable),
        api_calls=dict(aws.calls),
        state=store.where if store else "",
        sources={str(file.path): file.digest for file in files},
        never=tuple(sorted({code for file in files for code in file.guards.never})),
        asked={change.address: asked_by(policies[change.address]) for change in found.changes},
        asked_by=left_over.asked({address: asked_by_plan(asked) for address, asked in policies.items()}),
    )
    return Planned(plan, policies, seen, tuple(expected), known, tuple(findings), behind)


def take_saved(aws: Aws, plan: Plan, path: Path) -> Planned:
    """A saved plan, if it is of this account and its plan files still say what they said.

    Raises `Refused` for another account, `Stale` for a plan file that was edited since or is not there.
    """
    same_account(plan.account, aws.account(), str(path))
    for source, digest in plan.sources.items():
        try:
            now = digest_of(Path(source).read_bytes())
        except OSError as error:
            raise Stale(
                f"{source}, of which {path} was made, cannot be read here: {error.strerror}. "
                "Nothing was written.",
                hint="Run it in the folder where the plan was made: whether the plan file was edited since "
                "is looked up there, and its journal lies there too.",
            ) from error
        if now != digest:
            raise Stale(
                f"{source} was edited since {path} was saved from it. Nothing was written.",
                hint=f"Make the plan again: `remediate plan --out {path} {source}`.",
            )
    return Planned(plan)


def carry_out(
    aws: Aws,
    planned: Planned,
    store: Store,
    *,
    command: str,
    undoes: str = "",
    wait: bool,
    verify: bool,
    concurrency: int,
    report: Report,
    held: Collection[str] = (),
    began: Callable[[str], None] = lambda _run: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[Outcome, ...]:
    """Write, settle and prove under the journal; one outcome per change, on disk as it is known.

    `held` are addresses that the plan wants otherwise and that are not written, or not as it wants.
    `began` is called with the run's id once that is on disk.
    Raises `Locked` and `JournalError` before anything is written. A KeyboardInterrupt goes on
    after the journal has heard of every change.
    """
    changes = planned.plan.changes
    claims = Claims(planned.plan, held)
    if not changes:
        if not undoes:
            claims.note_alone(aws, store, planned.known, command=command, now=now())
        return ()
    outcomes: dict[str, Outcome] = {}
    with recorded(store, aws, planned.plan, command=command, undoes=undoes, now=now) as recorder:
        began(recorder.run.id)

        def ended(outcome: Outcome) -> None:
            outcomes[outcome.change.address] = recorder.tell(outcome)
            report(outcome.change.address, str(outcome.status))

        for outcome in write(aws, changes, concurrency=concurrency, report=report, check=recorder.check):
            ended(outcome)
        written = [
            outcome.change
            for outcome in outcomes.values()
            if outcome.status in {Status.WRITTEN, Status.UNCHANGED}
        ]

        def worsen(wrong: dict[str, RemediateError], status: Status) -> None:
            for address, error in wrong.items():
                ended(Outcome(outcomes[address].change, status, error))

        worsen(settle(aws, written, wait=wait, concurrency=concurrency, report=report), Status.FAILED)
        if verify:
            worsen(prove(aws, written, planned.policies), Status.NOT_TAKEN)
        result = tuple(outcomes[change.address] for change in changes)
        wrong = recorder.close(exit_code(planned.plan, result))
        if wrong is None and not undoes:
            try:
                claims.note(store, planned.known)
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
    left_out = LeftOut()
    while True:
        seen = left_out.without(planned.seen)
        try:
            questions = probes(seen, planned.policies, planned.expected, Chain(seen.states))
            break
        except Spoilt as spoilt:
            left_out = left_out.adding(spoilt, planned.seen.states)
    results = _probed(questions, connect_to, concurrency, report)
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
    questions: Sequence[Probe], connect_to: Sequence[ConnectTo], concurrency: int, report: Report
) -> list[Result]:
    return verify(
        questions,
        lambda url, request: send(url, request, connect_to),
        concurrency=concurrency,
        done=lambda result: report(f"{result.probe.request.method} {result.probe.request.url}", "probed"),
    )


def probe_expected(
    planned: Planned, connect_to: Sequence[ConnectTo], *, concurrency: int, report: Report
) -> list[Result]:
    """What the plan file expects, asked of the real servers; nothing else."""
    stated = probes(Snapshot(), {}, planned.expected, Chain(()))
    return _probed(stated, connect_to, concurrency, report)


def exit_code(plan: Plan, outcomes: Sequence[Outcome], probed: Sequence[Result] = ()) -> int:
    """The gravest: 5 before 4 before 1; 0 when all was written and everything could be read."""
    codes = {outcome.error.exit_code for outcome in outcomes if outcome.error is not None}
    codes |= {5 if result.differs else 1 for result in probed if result.differs or result.error}
    if plan.incomplete:
        codes.add(1)
    return max(codes, default=0)


def _expected(
    aws: Aws, seen: Snapshot, changes: Sequence[Change], expected: Sequence[Expectation]
) -> list[Finding]:
    """The expectations, judged on the settings after the changes; unknown ways are looked for first."""
    chain = Chain(seen.states, {change.address: change.after for change in changes})
    findings: list[Finding] = []
    for one in expected:
        way = chain
        parts = urlsplit(one.url)
        if chain.serving(parts.netloc, parts.path or "/") is None:
            try:
                found = discover(aws, one.url)
            except AwsFailure as error:
                findings.append(unknown_way(one, error))
                continue
            way = replace(found, configs=chain.configs)
        findings += expectations(way, [one])
    return findings


def _covers(only: Sequence[str], address: str) -> bool:
    """Whether the run is about that address."""
    return not only or any(target_matches(pattern, address) for pattern in only)


def _of_services(wishes: list[Wish], only: Sequence[str]) -> list[Wish]:
    """The wishes for the services of the addresses in `only`; all, where one of them may be a bare name."""
    services = {wish.selector.service for wish in wishes}
    wanted: set[str] = set()
    for pattern in only:
        kind, slash, _ = pattern.partition("/")
        wanted |= {service for service in services if slash and name_matches(kind, service)} or services
    return [wish for wish in wishes if wish.selector.service in wanted]


def _limited(seen: Snapshot, only: Sequence[str], plans: Sequence[PlanFile]) -> Snapshot:
    """What `--target` leaves; a target that names nothing is a mistake, not an empty success."""

    def named(pattern: str) -> list[State | Unreadable]:
        readings: list[State | Unreadable] = [
            state
            for state in seen.states
            if target_matches(pattern, state.address, *state.names, state.label)
        ]
        for failure in seen.unreadable:
            names = [selector.pattern for selector in failure.selected_by]
            if target_matches(pattern, failure.address, *names):
                readings.append(failure)
        return readings or [failure for failure in seen.unreadable if _may_hide(failure, pattern)]

    chosen = {pattern: named(pattern) for pattern in only}
    for pattern, readings in chosen.items():
        if not readings:
            raise UsageError(
                f"--target {pattern} is no resource of {', '.join(str(file.path) for file in plans)}.",
                hint="An address looks like s3/BUCKET, rest_api/ID/STAGE or cloudfront/ID; the name of a "
                "resource, as outputs show it in brackets, and globs are allowed. `remediate plan` without "
                "--target shows them all.",
            )
    addresses = {reading.address for readings in chosen.values() for reading in readings}
    return Snapshot(
        tuple(state for state in seen.states if state.address in addresses),
        tuple(failure for failure in seen.unreadable if failure.address in addresses),
    )


def _may_hide(failure: Unreadable, pattern: str) -> bool:
    """Whether what `--target` names may be behind a listing that failed: a glob of the plan covers it."""
    kind, slash, rest = pattern.partition("/")
    name = rest if slash and name_matches(kind, failure.service) else pattern
    return any(selector.is_glob and selector.matches(name) for selector in failure.selected_by)
