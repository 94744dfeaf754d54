"""Plans that own settings here and have no plan file here: each is named at every resource looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from remediate.core.common_rules import ORPHANED_PLAN
from remediate.core.document import canonical
from remediate.core.finding import Finding
from remediate.core.policy import Policy
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.engine.baseline import Baseline
from remediate.engine.ownership import KINDS, ManagedValues, holds
from remediate.errors import UsageError
from remediate.planfile import PlanFile, names_beside
from remediate.services import service


def orphans(
    files: Sequence[PlanFile], seen: Snapshot, baseline: Baseline, policies: Mapping[str, Sequence[Policy]]
) -> list[Finding]:
    """Return a finding for each such plan at each resource read; I/O: looks at the files beside these.

    Where the settings say themselves whose they are, that counts; else what the journal knows that the
    plan brought, as far as no plan file wants it: `policies` are theirs, by address.
    """
    here = {name for file in files for name in file.names}
    brought = baseline.brought
    journaled: dict[str, list[str]] = {}
    for plan, address in brought:
        journaled.setdefault(address, []).append(plan)

    desired = {
        state.address: {
            (kind, value)
            for policy in policies.get(state.address, ())
            for kind in KINDS
            for value in getattr(policy, kind)
        }
        for state in seen.states
    }

    def strange(names: Collection[str]) -> list[tuple[State, str]]:
        return [
            (state, plan)
            for state in seen.states
            for plan in _owners(
                state, names, brought, journaled.get(state.address, ()), desired[state.address]
            )
        ]

    orphaned = strange(here)
    if orphaned:
        orphaned = strange({*here, *names_beside(file.path for file in files)})
    return [_finding(state, plan, is_known=(plan, state.address) in brought) for state, plan in orphaned]


def check_former_names(files: Sequence[PlanFile]) -> None:
    """Raises `UsageError` where a plan claims the name of one whose file lies beside it; I/O."""
    if not any(file.formerly for file in files):
        return
    beside = names_beside(file.path for file in files)
    for file in files:
        for name in file.formerly:
            if name in beside:
                raise UsageError(
                    f"{file.path} claims by `formerly:` what the plan {name} brought, but {beside[name]} has "
                    "that name too. Nothing was read or written.",
                    hint="What a plan of that name brought can be one plan's only: delete one of the two.",
                )


def _owners(
    state: State,
    ours: Collection[str],
    brought: ManagedValues,
    journaled: Sequence[str],
    desired: Collection[tuple[str, str]],
) -> list[str]:
    """Return the plans of other names that own a part of the settings. Pure."""
    aws_service = service(state.service)
    if not aws_service.MARKED:
        text = canonical(state.config)
        return sorted(
            plan
            for plan in journaled
            if plan not in ours
            and any(
                holds(text, value)
                for kind in KINDS
                for value in getattr(brought[plan, state.address], kind)
                if (kind, value) not in desired
            )
        )
    # A mark may be shorter than the name; where the journal knows the name, that is shown.
    names = {aws_service.mark_of(plan): plan for plan in journaled}
    marks = aws_service.plan_marks(state.config) - {aws_service.mark_of(name) for name in ours}
    return [names.get(mark, mark) for mark in sorted(marks)]


def _finding(state: State, plan: str, *, is_known: bool) -> Finding:
    if is_known:
        reason = f"The journal knows that a plan named {plan} brought settings here"
    else:
        reason = f"Settings here bear the name of a plan {plan}, which the journal does not know"
    return ORPHANED_PLAN.finding(
        state.address,
        f"{reason}, and no plan file here has that name: nothing takes them away when they are no longer "
        "wanted. It may be the plan of another team, which has its file elsewhere.",
        f"If nobody needs it any more, `remediate release {plan}` takes back what it brought. If a plan file "
        f"here had that name before, write `formerly: [{plan}]` into it. If it is another team's, leave it.",
    )
