"""What the guards let pass of a plan when there is nobody to ask: the rest is held, with its codes. Pure.

Where a pass corrects drift, what would newly open is judged against what is live, but what would be
taken away against what the last run left: access that somebody opened behind the plan's back is no
access that works because a person agreed to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from remediate.core.finding import Finding, Level
from remediate.core.mentioned import origins_in
from remediate.core.plan import Change
from remediate.core.policy import Mode, Policy, Retired
from remediate.core.state import State
from remediate.planfile import PlanFile
from remediate.workflow.access import turns
from remediate.workflow.guarding import expired_origins, guarded
from remediate.workflow.known import Known, Left
from remediate.workflow.planning import change_of, desired
from remediate.workflow.proving import unproven
from remediate.workflow.stages import Planned

ALONE = frozenset({"targets-disagree", "too-many-rules", "document-too-large"})
"""Refusals that leave their own resource as it is, and say nothing of the others."""
NARROWING = frozenset({"removes-access", "removes-all"})


@dataclass(frozen=True, slots=True)
class Held:
    """Why one change is held back."""

    codes: tuple[str, ...]
    because: str


def passing(
    files: Sequence[PlanFile], planned: Planned, changes: Sequence[Change], known: Known
) -> tuple[tuple[Change, ...], dict[str, Held]]:
    """Of `changes` those that no guard refuses, and why each of the others is held, by address.

    What is held may be what made another change harmless: so the rest is judged again without it.
    """
    groups = {change.address: change.group for change in changes}
    rest = tuple(changes)
    held: dict[str, Held] = {}
    while rest:
        stopped = _stopped(rest, groups, _refusals(files, planned, rest, known))
        if not stopped:
            break
        held |= stopped
        rest = tuple(change for change in rest if change.address not in stopped)
    return rest, held


def endings(
    files: Sequence[PlanFile], planned: Planned, addresses: Collection[str]
) -> tuple[tuple[Change, ...], dict[str, tuple[Policy, ...]]]:
    """For what is held back: the changes that only take away what has ended, and the policies they are of.

    An origin whose time is over goes, even while a guard holds back what else the plan wants there; and
    nothing else does, not even what the plan brought and lists no more.
    """
    expired = expired_origins(files)
    changes: list[Change] = []
    reduced: dict[str, tuple[Policy, ...]] = {}
    for state in planned.seen.states:
        policies = planned.policies.get(state.address, ())
        if state.address not in addresses or not any(policy.retired.origins for policy in policies):
            continue
        there = origins_in(state.config)
        fewer = tuple(_ending(policy, expired.get(policy.plan, ()), there) for policy in policies)
        after, _ = desired(state, fewer, planned.seen.fronts(state))
        if after.config != state.config:
            changes.append(change_of(state, after))
            reduced[state.address] = fewer
    return tuple(changes), reduced


def _ending(policy: Policy, expired: Collection[str], there: Collection[str]) -> Policy:
    """The policy as if only what has ended were to go: all else that it brought is wished for still."""
    over = tuple(one for one in policy.retired.origins if one in expired)
    kept = [one for one in (*policy.origins, *policy.retired.origins) if one in there and one not in over]
    return replace(policy, mode=Mode.MERGE, origins=tuple(dict.fromkeys(kept)), retired=Retired(origins=over))


def _refusals(
    files: Sequence[PlanFile], planned: Planned, changes: Sequence[Change], known: Known
) -> list[Finding]:
    left = known.left
    states = (*planned.seen.states, *planned.behind)
    live = guarded(files, changes, planned.policies, turns(states, changes, planned.policies), planned.told)
    before = [_as_left(state, left) for state in states]
    earlier = [
        replace(change, before=left[change.address].documents[-1]) if change.address in left else change
        for change in changes
    ]
    unknown_marks = unproven(changes, planned.policies, known, expired_origins(files), edits_pass=True)
    turned = turns(before, earlier, planned.policies)
    ours = guarded(files, earlier, planned.policies, turned, (), unproven=unknown_marks)
    found = [finding for finding in live if finding.code not in NARROWING]
    found += [finding for finding in ours if finding.code in NARROWING]
    return [finding for finding in found if finding.level is Level.REFUSE]


def _as_left(state: State, left: Mapping[str, Left]) -> State:
    known = left.get(state.address)
    return replace(state, config=known.documents[-1]) if known else state


def _stopped(
    changes: Sequence[Change], groups: Mapping[str, str], refused: Sequence[Finding]
) -> dict[str, Held]:
    """Which changes the refusals stop: those at the address with all that is written with it, else all.

    `groups` are of the changes that are held already, too: they stop no other.
    """
    told: dict[str, list[Finding]] = {}
    for finding in refused:
        group = groups.get(finding.address)
        for change in changes:
            if (group is None and finding.code not in ALONE) or change.group == group:
                told.setdefault(change.address, []).append(finding)
    return {
        address: Held(
            tuple(dict.fromkeys(finding.code for finding in findings)),
            " ".join(dict.fromkeys(finding.message for finding in findings)),
        )
        for address, findings in told.items()
    }
