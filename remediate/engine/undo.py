"""Undo: revert a run's changes where a resource is still as the run left it. It is a run like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from remediate.aws import Aws
from remediate.core.change_result import ApplyStatus
from remediate.core.common_rules import CHANGED_SINCE
from remediate.core.diff import edits
from remediate.core.finding import Finding, Level
from remediate.core.guard_table import GUARDS
from remediate.core.guards import AccessChange, GuardInput, guards
from remediate.core.isolation import Exclusions, ResourceError, isolated
from remediate.core.origins_in import origins_in
from remediate.core.plan import Change, Plan
from remediate.core.policy import Policy
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.engine.baseline import Baseline, all_requested
from remediate.engine.ownership import Requested
from remediate.engine.recent import newest_first, run_of_id
from remediate.engine.scope import limited
from remediate.engine.write import selectors_of
from remediate.errors import UsageError
from remediate.journal import Run, Store
from remediate.public_suffix import is_public_suffix
from remediate.reachability.access import access, access_changes
from remediate.reachability.discover import dependencies_of
from remediate.refresh import snapshot
from remediate.services import service


def choose_run(store: Store, run_id: str | None) -> Run:
    """Return the run of that id, else the last one that may have written. Raises `UsageError`."""
    if run_id is not None:
        run = run_of_id(store, run_id)
        if run is not None:
            return run
        raise UsageError(
            f"There is no run {run_id} in {store.where}.", hint="`remediate history` lists the runs."
        )
    for run in newest_first(store):
        if _touched(run):
            return run
    raise UsageError(
        f"No run in {store.where} has written anything.", hint="`remediate history` lists the runs."
    )


def undo_plan(aws: Aws, store: Store, run: Run, *, only: Sequence[str] = ()) -> Plan:
    """Plan to put back the settings that the run found. I/O, but no write.

    A resource changed since is left alone and named by a finding (`changed-since`). `only` are
    addresses, labels or globs of either. Raises `UsageError` for one that the run did not write.
    """
    touched = limited(
        _touched(run),
        only,
        lambda change: (change.address, change.label),
        lambda pattern: UsageError(
            f"--target {pattern} matches nothing that run {run.id} wrote.",
            hint="`remediate history --verbose` lists what each run wrote.",
        ),
    )
    seen = snapshot(aws, selectors_of(touched))
    left_out = Exclusions()
    while True:
        try:
            return _undoing(aws, store, run, touched, left_out.without(seen))
        except ResourceError as failure:
            left_out = left_out.adding(failure, seen.states)


def _undoing(aws: Aws, store: Store, run: Run, touched: Sequence[Change], seen: Snapshot) -> Plan:
    """Make the plan for what was seen. Raises `ResourceError` for an error with one of the resources."""
    states = {state.address: state for state in seen.states}
    changes: list[Change] = []
    findings = [failure.finding() for failure in seen.unreadable]
    unchanged = 0
    half_undone = False
    for later in store.read(run.id):
        if later.undoes == run.id:
            half_undone = later.interrupted
    for change in touched:
        state = states.get(change.address)
        if state is None:
            findings += [] if seen.unreadable else [_moved(change, "it is gone")]
        elif state.config not in (change.after, change.before):
            findings.append(_moved(change, "it was changed"))
        elif (
            state.config == change.before
            and run.statuses.get(change.address) is ApplyStatus.WRITTEN
            # The settings may be back, and what the run created beside them not yet deleted.
            and not half_undone
        ):
            unchanged += 1
        else:
            with isolated(change.address):
                changes.append(_back(state, change))
                findings += service(change.service).not_restored(changes[-1])
    asked = {change.address: run.requested.get(change.address, {}) for change in changes}
    # What the run took away and the undo brings back belongs to whom it belonged to before.
    earlier = _earlier(store, run)
    # Who called under the run's plan, with any method: more than it asked for may come back.
    callers = {address: (_policy(run, values),) for address, values in asked.items()}
    behind, hidden = dependencies_of(aws, seen, asked)
    changed_access = access_changes((*seen.states, *behind), changes, callers)
    return Plan(
        plan_names=run.plan_names,
        account=run.account,
        changes=tuple(changes),
        access=access(changed_access),
        findings=(*findings, *hidden, *_warnings(run, changes, changed_access)),
        unchanged=unchanged,
        unreadable=len(seen.unreadable),
        api_calls=dict(aws.calls),
        state=store.where,
        requested=asked,
        requested_by_plan={
            address: all_requested(run.requested_at(address), earlier.get(address, {})) for address in asked
        },
    )


def _earlier(store: Store, run: Run) -> Mapping[str, Requested]:
    """Return what plans had brought or asked for before the run, by address; the run recorded it.

    A run of an older version did not: then it follows from all earlier runs.
    """
    if run.earlier is not None:
        return run.earlier
    before = int(run.id) - 1
    baseline = Baseline()
    if before:
        baseline = baseline.with_runs(store.read("", f"{before:04d}"))
    return {change.address: baseline.with_requested(change.address, {}) for change in run.changes}


def _touched(run: Run) -> list[Change]:
    """Return what the run wrote, or may have written when it broke off."""
    harmless = {ApplyStatus.STALE, ApplyStatus.NOT_STARTED, ApplyStatus.UNCHANGED}
    return [
        change
        for change in run.changes
        if run.statuses.get(change.address) not in harmless
        and (run.interrupted or change.address in run.statuses)
    ]


def _back(state: State, change: Change) -> Change:
    aws_service = service(change.service)
    return replace(
        change,
        before=change.after,
        after=change.before,
        revision=state.revision,
        diff=edits(state.config, change.before, aws_service.IDENTITY),
        summary=aws_service.summary(state.config, change.before),
        calls=tuple(aws_service.calls(state, change.before)),
    )


def _policy(run: Run, asked: Mapping[str, Sequence[str]]) -> Policy:
    return Policy(run.plan, tuple(asked.get("origins", ())), ("*",), tuple(asked.get("headers", ())))


def _warnings(
    run: Run, changes: Sequence[Change], changed_access: Sequence[AccessChange]
) -> Iterator[Finding]:
    """Warn of what the undo opens again. It never refuses: who undoes on a bad day must not be held up."""
    back = {
        change.address: (
            Policy(run.plan, tuple(sorted(origins_in(change.after) - origins_in(change.before)))),
        )
        for change in changes
    }
    case = GuardInput(changes, back, changed_access, asker="Undo brings back")
    for finding in guards(case, is_public_suffix):
        # It takes away what the run brought, and that is what it is for: only what opens is warned of.
        if GUARDS[finding.code].opens:
            yield replace(
                finding,
                level=Level.WARN,
                hint="It was so before the run, so undo is not held back. To put back other resources "
                "only, name them with --target.",
            )


def _moved(change: Change, how: str) -> Finding:
    return CHANGED_SINCE.finding(
        change.address,
        f"Left alone: {how} since the run.",
        "`remediate history` tells whether a later run did; undo that one first. Else compare it with "
        "`remediate plan`, and put it back by hand if it should be.",
    )
