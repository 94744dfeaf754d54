"""Plan: policies over states give changes and findings. Pure: no call leaves from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from remediate.core.common_rules import AMBIGUOUS_NAME, NO_MATCH
from remediate.core.diff import edits
from remediate.core.finding import Finding
from remediate.core.guard_table import TARGETS_DISAGREE
from remediate.core.isolation import isolated
from remediate.core.plan import Change
from remediate.core.policy import Policy, Retired, Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.core.wording import listing
from remediate.engine.ownership import ManagedValues, together, with_retired
from remediate.planfile import Target
from remediate.reachability.before_cors import answers_first
from remediate.services import service

Others = Mapping[str, Sequence[Retired]]
"""What plans of other files ask for, by address."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison holds what differs, its findings, and how many resources are as the plan wants them."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    unchanged: int


def compare(
    snapshot: Snapshot,
    targets: Sequence[Target],
    managed: ManagedValues | None = None,
    others: Others | None = None,
) -> Comparison:
    """Compare every state with the targets for it, in the order of the plan files.

    `managed` is what earlier runs brought: what of it is asked for no more is taken away again. `others` is
    what plans of other files are known to ask for.
    """
    changes: list[Change] = []
    findings: list[Finding] = []
    for state in snapshot.states:
        with isolated(state.address):
            policies = policies_for(state, targets, managed, others)
            after, notes = desired(state, policies, snapshot.distributions_for(state))
            findings += notes
            if after.config != state.config:
                changes.append(change_of(state, after))
                findings += answers_first(state, policies)
    findings += [reading.finding(_where(reading.selected_by)) for reading in snapshot.unreadable]
    findings += [
        NO_MATCH.finding(
            f"{selector.service}/{selector.pattern}",
            f"The target `{selector}` matches nothing"
            + (f" in {selector.region}." if selector.region else "."),
            "Check the name, the region and the account; an id, a name or a glob may stand here.",
            selector.where,
        )
        for selector in snapshot.unmatched(target.selector for target in targets)
    ]
    findings += ambiguous_names(snapshot, [target.selector for target in targets])
    return Comparison(tuple(changes), tuple(dict.fromkeys(findings)), len(snapshot.states) - len(changes))


def ambiguous_names(snapshot: Snapshot, selectors: Sequence[Selector]) -> list[Finding]:
    """Return a finding for each name, which is no glob, that means several resources."""
    findings = []
    for selector in selectors:
        # Stages of one API share its group, and one id never means two resources.
        named = (state.group for state in snapshot.states if selector in state.selected_by)
        groups = list(dict.fromkeys(named))
        if len(groups) > 1 and not selector.is_glob:
            findings.append(
                AMBIGUOUS_NAME.finding(
                    f"{selector.service}/{selector.pattern}",
                    f"The name {selector.pattern} means {len(groups)} resources, and the plan is for all of "
                    f"them: {listing(groups)}.",
                    "Write the id of the one that is meant; a target for each id where all of them are.",
                    selector.where,
                )
            )
    return findings


def policies_for(
    state: State,
    targets: Sequence[Target],
    managed: ManagedValues | None = None,
    others: Others | None = None,
) -> tuple[Policy, ...]:
    """Return what the plan files ask of this resource, in their order."""
    asked = [target.policy for target in targets if target.selector in state.selected_by]
    elsewhere = (others or {}).get(state.address, ())
    return tuple(
        replace(
            with_retired(policy, state.address, managed or {}, _standing(policy, asked), elsewhere),
            companions=(
                *(
                    origin
                    for policy_beside in asked
                    if policy_beside is not policy
                    for origin in policy_beside.origins
                ),
                *(origin for retired in elsewhere for origin in retired.origins),
            ),
            claimed=together(
                [*(policy_beside for policy_beside in asked if policy_beside.plan != policy.plan), *elsewhere]
            ),
        )
        for policy in asked
    )


def _standing(policy: Policy, asked: Sequence[Policy]) -> list[Policy]:
    """Return policies whose values stay though the plan gives them up: not its own for other parts."""
    return [
        policy_beside for policy_beside in asked if not (policy.spares and policy_beside.plan == policy.plan)
    ]


def desired(state: State, policies: Sequence[Policy], fronts: tuple[str, ...]) -> tuple[State, list[Finding]]:
    """Apply the policies one after another; where one would undo what another asks for, it is refused."""
    aws_service = service(state.service)
    after = state
    findings: list[Finding] = []
    for policy in policies:
        after, notes = aws_service.desired(after, policy, distributions=fronts)
        findings += notes
    if len(policies) > 1 and any(policy.exact for policy in policies):
        # Merging targets only ever add; one that takes away may take what another wants.
        # The targets of one plan know of each other there, so that each is asked about its own part.
        settled = replace(state, config=after.config, facts=after.facts)
        for policy in policies:
            if aws_service.desired(settled, policy, distributions=fronts)[0].config == after.config:
                continue
            places = ", ".join(sorted({p.at("target") for p in policies if p is not policy}))
            findings.append(
                TARGETS_DISAGREE.finding(
                    state.address,
                    f"The targets at {policy.at('target')} and {places} want different settings here, "
                    "and each would undo the other.",
                    "Name the resource in one target only, or give the targets separate paths or stages.",
                    policy.at("target"),
                )
            )
            return state, findings
    return after, findings


def change_of(state: State, after: State) -> Change:
    """Return the change that turns the one state into the other."""
    aws_service = service(state.service)
    return Change(
        address=state.address,
        service=state.service,
        region=state.region,
        label=state.label,
        before=state.config,
        after=after.config,
        revision=state.revision,
        group=state.group,
        diff=edits(state.config, after.config, aws_service.IDENTITY),
        summary=aws_service.summary(state.config, after.config),
        calls=tuple(aws_service.calls(state, after.config)),
        context=aws_service.context(state, after.config),
        selectors=tuple(
            replace(selector, pattern=state.names[0], where="") for selector in state.selected_by
        ),
    )


def _where(selectors: Sequence[Selector]) -> str:
    return selectors[0].where if selectors else ""
