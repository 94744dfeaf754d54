"""Split a plan by what the guards let pass when there is nobody to ask; the rest is blocked. Pure.

Where a pass corrects drift, what would newly open is judged against what is live, but what would be
taken away against what the last run left: access that somebody opened behind the plan's back is no
access that works because a person agreed to it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from remediate.core.finding import Finding, Level
from remediate.core.guard_table import GUARDS, WIDENS_OTHERS
from remediate.core.guards import Gain
from remediate.core.origins_in import origins_in
from remediate.core.plan import Change
from remediate.core.policy import Mode, Policy, Retired
from remediate.core.state import State
from remediate.engine.baseline import Baseline, LastApplied
from remediate.engine.compare import change_of, desired
from remediate.engine.guard import expired_origins, with_guards
from remediate.engine.plan import PlanResult
from remediate.engine.unproven_marks import unproven
from remediate.planfile import PlanFile
from remediate.reachability.access import access_changes
from remediate.reachability.widening import widened
from remediate.text import printable_line


@dataclass(frozen=True, slots=True)
class Blocked:
    """A blocked change has these codes and this reason."""

    codes: tuple[str, ...]
    because: str


def is_local(finding: Finding) -> bool:
    """True if its resource stays as it is and nothing is said about other resources."""
    guard = GUARDS.get(finding.code)
    return guard is not None and guard.local


def narrows(finding: Finding) -> bool:
    """True if it says that callers are turned away who are let in today."""
    guard = GUARDS.get(finding.code)
    return guard is not None and guard.narrows


def split_by_guards(
    files: Sequence[PlanFile], planned: PlanResult, changes: Sequence[Change], baseline: Baseline
) -> tuple[tuple[Change, ...], dict[str, Blocked]]:
    """Return the `changes` that no guard refuses, and why each of the others is blocked, by address.

    What is held may be what made another change harmless: so the rest is judged again without it.
    """
    groups = {change.address: change.group for change in changes}
    states = (*planned.seen.states, *planned.dependencies)
    earlier = {address: left.documents for address, left in baseline.left.items()}
    gains = widened(states, changes, planned.policies, earlier)
    rest = tuple(changes)
    blocked: dict[str, Blocked] = {}
    while rest:
        stopped = _blocked_changes(rest, groups, _refusals(files, planned, rest, baseline, gains))
        if not stopped:
            break
        blocked |= stopped
        rest = tuple(change for change in rest if change.address not in stopped)
    return rest, blocked


def expired_only_changes(
    files: Sequence[PlanFile],
    planned: PlanResult,
    addresses: Collection[str],
    baseline: Baseline,
) -> tuple[tuple[Change, ...], dict[str, tuple[Policy, ...]]]:
    """Return, for what is blocked, the changes that only take away what has ended, and their policies.

    An origin whose time is over goes, even while a guard holds back what else the plan wants there; and
    nothing else does, not even what the plan brought and lists no more. Where putting back the plan's
    methods and headers with it would give others more, the origin alone goes.
    """
    whole = _ending_changes(files, planned, addresses, _whole)
    ends, blocked = split_by_guards(files, planned, [change for change, _ in whole.values()], baseline)
    reduced = {address: policies for address, (_, policies) in whole.items()}
    for fewer in (_without_lists, _without_origins):
        blocked = {address: why for address, why in blocked.items() if WIDENS_OTHERS.code in why.codes}
        bare = _ending_changes(files, planned, blocked, fewer)
        exact = [
            change
            for change, policies in bare.values()
            if origins_in(change.after)
            == origins_in(change.before).difference(*(policy.retired.origins for policy in policies))
        ]
        more, _ = split_by_guards(files, planned, exact, baseline)
        ends += more
        for change in more:
            reduced[change.address] = bare[change.address][1]
            del blocked[change.address]
    return ends, reduced


def _ending_changes(
    files: Sequence[PlanFile],
    planned: PlanResult,
    addresses: Collection[str],
    fewer: Callable[[Policy], Policy],
) -> dict[str, tuple[Change, tuple[Policy, ...]]]:
    """Return by address the change that takes away what has ended, and its policies."""
    expired = expired_origins(files)
    ending_changes: dict[str, tuple[Change, tuple[Policy, ...]]] = {}
    for state in planned.seen.states:
        policies = planned.policies.get(state.address, ())
        if state.address not in addresses or not any(policy.retired.origins for policy in policies):
            continue
        live = origins_in(state.config)
        ending = tuple(
            fewer(_expired_only_policy(policy, expired.get(policy.plan, ()), live)) for policy in policies
        )
        after, _ = desired(state, ending, planned.seen.distributions_for(state))
        if after.config != state.config:
            ending_changes[state.address] = (change_of(state, after), ending)
    return ending_changes


def _whole(policy: Policy) -> Policy:
    return policy


def _without_lists(policy: Policy) -> Policy:
    """Return the policy as if the plan asked for its origins alone."""
    return replace(policy, methods=(), headers=(), expose=(), credentials=False)


def _without_origins(policy: Policy) -> Policy:
    """Return the policy without origins: a service that needs methods beside origins takes this one."""
    return replace(policy, origins=())


def _expired_only_policy(policy: Policy, expired: Collection[str], live: Collection[str]) -> Policy:
    """Return the policy as if only what has ended were to go: all else that it brought is still desired."""
    over = tuple(origin for origin in policy.retired.origins if origin in expired)
    staying = [
        origin
        for origin in (*policy.origins, *policy.retired.origins)
        if origin in live and origin not in over
    ]
    return replace(
        policy, mode=Mode.MERGE, origins=tuple(dict.fromkeys(staying)), retired=Retired(origins=over)
    )


def _refusals(
    files: Sequence[PlanFile],
    planned: PlanResult,
    changes: Sequence[Change],
    baseline: Baseline,
    gains: Sequence[Gain],
) -> list[Finding]:
    left = baseline.left
    states = (*planned.seen.states, *planned.dependencies)
    addresses = {change.address for change in changes}
    given = [gain for gain in gains if gain.address in addresses]
    changed_access = access_changes(states, changes, planned.policies)
    live = with_guards(
        files, changes, planned.policies, changed_access, planned.findings_without_guards, gains=given
    )
    before = [_as_last_applied(state, left) for state in states]
    earlier = [
        replace(change, before=left[change.address].documents[-1]) if change.address in left else change
        for change in changes
    ]
    unknown_marks = unproven(changes, planned.policies, baseline, expired_origins(files), edits_pass=True)
    changed_access = access_changes(before, earlier, planned.policies)
    ours = with_guards(files, earlier, planned.policies, changed_access, (), unproven=unknown_marks)
    refusals = [finding for finding in live if not narrows(finding)]
    refusals += [finding for finding in ours if narrows(finding)]
    return [finding for finding in refusals if _holds(finding)]


def _holds(finding: Finding) -> bool:
    """True if nobody may go on past the finding unattended: a person is only warned of `widens-others`."""
    return finding.level is Level.REFUSE or (
        finding.code == WIDENS_OTHERS.code and finding.level is Level.WARN
    )


def _as_last_applied(state: State, left: Mapping[str, LastApplied]) -> State:
    last_applied = left.get(state.address)
    return replace(state, config=last_applied.documents[-1]) if last_applied else state


def _blocked_changes(
    changes: Sequence[Change], groups: Mapping[str, str], refused: Sequence[Finding]
) -> dict[str, Blocked]:
    """Return the changes that refusals stop: those at the address and written with it, else all.

    `groups` are of the changes that are held already, too: they stop no other.
    """
    by_address: dict[str, list[Finding]] = {}
    for finding in refused:
        group = groups.get(finding.address)
        for change in changes:
            if (group is None and not is_local(finding)) or change.group == group:
                by_address.setdefault(change.address, []).append(finding)
    return {
        address: Blocked(
            tuple(dict.fromkeys(finding.code for finding in findings)),
            " ".join(dict.fromkeys(printable_line(finding.message) for finding in findings)),
        )
        for address, findings in by_address.items()
    }
