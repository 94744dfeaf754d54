"""Release: take back what a plan brought whose file is gone. It is a run like any other; undo reverts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from remediate.aws import Aws
from remediate.core.origins_in import origins_in
from remediate.core.plan import Plan
from remediate.core.policy import Mode, Policy, Retired, Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import State, Unreadable
from remediate.engine.baseline import Baseline, load_baseline
from remediate.engine.compare import Others, change_of, desired, policies_for
from remediate.engine.given_up import Holdings, reading, with_former_names
from remediate.engine.guard import expired_origins, same_account, with_guards
from remediate.engine.managed_by import managed_by_findings
from remediate.engine.ownership import ManagedValues, requested_by, requested_by_plan, together
from remediate.engine.plan import PlanResult
from remediate.engine.scope import limited, names_of_reading
from remediate.engine.unproven_marks import unproven
from remediate.errors import UsageError
from remediate.journal import Store
from remediate.planfile import PlanFile, Target, names_beside
from remediate.reachability.access import access, access_changes
from remediate.reachability.discover import dependencies_of
from remediate.reachability.widening import widened
from remediate.refresh import snapshot
from remediate.services import service


def release_plan(
    aws: Aws, name: str, files: Sequence[PlanFile], store: Store, *, only: Sequence[str] = ()
) -> PlanResult:
    """Plan to take back all that the plan of that name brought; I/O, but no write.

    That is what the journal knows of, and what bears its name at the resources that `files` look at; what
    these want there stays. `only` are addresses, names or globs of either. Raises `UsageError` for a plan
    that has a file here, and for one of which nothing is known.
    """
    _refuse_with_file(name, files)
    account = aws.account()
    for file in files:
        same_account(file.account, account, str(file.path))
    baseline = load_baseline(store)
    targets = [Target(target.selector, target.policy) for file in files for target in file.targets]
    names = [name, *(each for file in files for each in file.names)]
    managed = with_former_names(baseline.retirable(names), files)
    other_plans = baseline.others(names)
    states, failures = _read(aws, account, name, baseline, targets, managed=managed)
    if not states and not failures:
        raise _unknown(name, store)
    around = Snapshot.of(
        limited(
            [*states, *failures],
            only,
            names_of_reading,
            lambda pattern: UsageError(
                f"--target {pattern} matches no resource to which the plan {name} brought settings.",
                hint=f"`remediate release {name}` without --target shows them all before it asks.",
            ),
        )
    )
    policies = {
        state.address: _policies(
            name, state, targets, managed=managed, others=other_plans, fronts=around.distributions_for(state)
        )
        for state in around.states
    }
    results = [
        (state, *desired(state, policies[state.address], around.distributions_for(state)))
        for state in around.states
    ]
    changes = [change_of(state, after) for state, after, _ in results if after.config != state.config]
    behind, hidden = dependencies_of(aws, around, {change.address for change in changes})
    changed_access = access_changes((*around.states, *behind), changes, policies)
    findings = [
        *(finding for _, _, notes in results for finding in notes),
        *(failure.finding() for failure in around.unreadable),
        *hidden,
        *managed_by_findings(aws, around.states, changes, policies),
    ]
    plan = Plan(
        plan_names=(name,),
        account=account,
        changes=tuple(changes),
        access=access(changed_access),
        findings=with_guards(
            files,
            changes,
            policies,
            changed_access,
            findings,
            gains=widened((*around.states, *behind), changes, policies),
            unproven=unproven(changes, policies, baseline, expired_origins(files)),
        ),
        unchanged=len(around.states) - len(changes),
        unreadable=len(around.unreadable),
        api_calls=dict(aws.calls),
        state=store.where,
        never=tuple(sorted({code for file in files for code in file.guards.never})),
        requested={change.address: requested_by(policies[change.address][:1]) for change in changes},
        requested_by_plan={
            state.address: requested_by_plan(policies[state.address][:1]) for state in around.states
        },
    )
    return PlanResult(
        plan,
        policies,
        around,
        baseline=baseline,
        findings_without_guards=tuple(findings),
        dependencies=behind,
    )


def _refuse_with_file(name: str, files: Sequence[PlanFile]) -> None:
    here = {own: file.path for file in files for own in file.names}
    path = {**names_beside(file.path for file in files), **here}.get(name)
    if path is not None:
        raise UsageError(
            f"{path} has the plan {name}, so it is not released: its next apply would bring it all back. "
            "Nothing was read or written.",
            hint="To take a part of it back, take the origins or the targets out of that file and apply it. "
            "To take all of it back, delete the file first.",
        )


def _read(
    aws: Aws,
    account: str,
    name: str,
    baseline: Baseline,
    targets: Sequence[Target],
    *,
    managed: ManagedValues,
) -> tuple[list[State], list[Unreadable]]:
    """Read the resources where the plan brought something; the second list is what could not be read.

    Each is selected by what the journal knows of it too, so that only it is read again afterwards.
    """
    seen = snapshot(aws, [target.selector for target in targets])
    asked = {address for plan, address in baseline.claims if plan == name and address in baseline.reread}
    holding = Holdings(baseline, managed).of([name]) | asked
    live = {state.address: state for state in seen.states}
    unread = {failure.address for failure in seen.unreadable}
    more, failures = reading(aws, account, baseline, holding - live.keys() - unread)
    states = [state for state in seen.states if state.address in holding or is_marked(state, name)]
    return [*states, *more.values()], [
        *(failure for failure in seen.unreadable if not failure.gone),
        *failures,
    ]


def is_marked(state: State, name: str) -> bool:
    """True if the settings say themselves that a part of them is of the plan of that name. Pure."""
    aws_service = service(state.service)
    return aws_service.mark_of(name) in aws_service.plan_marks(state.config)


def _policies(
    name: str,
    state: State,
    targets: Sequence[Target],
    *,
    managed: ManagedValues,
    others: Others,
    fronts: tuple[str, ...],
) -> tuple[Policy, ...]:
    """Return a policy by which nothing of the plan stays; then those that keep access plan files here want.

    These have their say only where their origins are let in today and would not be afterwards: what else
    they want is for an apply.
    """
    selector = Selector(state.service, state.names[0], state.region)
    chosen = replace(state, selected_by=(*state.selected_by, selector))
    nothing = Target(selector, Policy(plan=name, origins=(), methods=(), given_up=True))
    *standing, released = policies_for(chosen, [*targets, nothing], managed, others)
    # What plan files here ask for they keep by policies of their own names.
    released = replace(released, claimed=together(others.get(state.address, ())))
    after, _ = desired(state, [released], fronts)
    lost = origins_in(state.config) - origins_in(after.config)
    keeping = [
        replace(policy, mode=Mode.MERGE, retired=Retired(), origins=origins)
        for policy in standing
        if (origins := tuple(origin for origin in policy.origins if origin in lost))
    ]
    return (released, *keeping)


def _unknown(name: str, store: Store) -> UsageError:
    return UsageError(
        f"Nothing is known of a plan {name}: neither does the journal in {store.where} know what it brought, "
        "nor does anything bear its name at the resources that the plan files here look at.",
        hint="`remediate history` lists the runs with their plans. --state names another journal; name plan "
        "files whose targets mean the resources, where only a rule or a policy bears the name.",
    )
