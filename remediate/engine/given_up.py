"""Find what a plan gave up: resources that it brought settings to and that no target of it means any more.

Each is read again as the run did that wrote to it, and compared under a policy of the plan that asks for
nothing: what differs is what the plan brought there, and a change of the plan like another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from remediate.aws import Aws
from remediate.core.address import service_of
from remediate.core.common_rules import NO_LONGER_IN_THE_PLAN
from remediate.core.finding import Finding
from remediate.core.isolation import isolated
from remediate.core.policy import Policy, Retired
from remediate.core.snapshot import Snapshot
from remediate.core.state import State, Unreadable
from remediate.engine.baseline import Baseline
from remediate.engine.compare import Others, desired, policies_for
from remediate.engine.ownership import KINDS, ManagedValues, Requested
from remediate.planfile import PlanFile, Target
from remediate.refresh import snapshot
from remediate.services import service

PATHS = "paths"
"""The option by which targets of several services mean a part of a resource."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The resources that the plans gave up, as they were read, with the targets and the findings for them.

    `seen` is the whole snapshot, with the resources in it at which something is to go.
    """

    seen: Snapshot
    targets: tuple[Target, ...] = ()
    findings: tuple[Finding, ...] = ()
    ended: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By address: the plans that ask for nothing there any more, whatever they asked for earlier."""

    def requested(self, by_address: Mapping[str, Requested]) -> dict[str, Requested]:
        """Return what plans ask for by address and plan, and nothing for those that gave it up."""
        nothing: dict[str, Sequence[str]] = dict.fromkeys(KINDS, ())
        return {
            address: {**dict.fromkeys(self.ended.get(address, ()), nothing), **by_address.get(address, {})}
            for address in dict.fromkeys((*by_address, *self.ended))
        }


def with_former_names(brought: ManagedValues, files: Sequence[PlanFile]) -> ManagedValues:
    """Return what each plan brought, with what it brought under an earlier name. Pure."""
    now = {former: file.name for file in files for former in file.formerly}
    if not now:
        return brought
    managed: dict[tuple[str, str], Retired] = {}
    for (plan, address), values in brought.items():
        key = (now.get(plan, plan), address)
        earlier = managed.get(key, Retired())
        managed[key] = Retired(
            **{
                kind: tuple(dict.fromkeys((*getattr(earlier, kind), *getattr(values, kind))))
                for kind in KINDS
            }
        )
    return managed


class Holdings:
    """The addresses where the journal knows values that plans brought, by the plan's name or mark. Pure.

    `brought` is what each plan may take away.
    """

    def __init__(self, baseline: Baseline, brought: ManagedValues) -> None:
        self._named: dict[str, set[str]] = {}
        self._marked: dict[tuple[str, str], set[str]] = {}
        for (plan, address), values in brought.items():
            if address in baseline.left and any(getattr(values, kind) for kind in KINDS):
                self._named.setdefault(plan, set()).add(address)
        for address, left in baseline.left.items():
            kind = service_of(address)
            for document in left.documents:
                for mark in service(kind).plan_marks(document):
                    self._marked.setdefault((kind, mark), set()).add(address)

    def of(self, names: Iterable[str]) -> set[str]:
        """Return the addresses where plans of these names hold something, as far as the journal knows."""
        addresses: set[str] = set()
        kinds = {kind for kind, _ in self._marked}
        for name in names:
            addresses |= self._named.get(name, set())
            for kind in kinds:
                addresses |= self._marked.get((kind, service(kind).mark_of(name)), set())
        return addresses


def reading(
    aws: Aws, account: str, baseline: Baseline, addresses: Iterable[str]
) -> tuple[dict[str, State], list[Unreadable]]:
    """Read the account's resources at these addresses as the last run that wrote there did; I/O.

    What does not exist any more is in neither: there is nothing of anybody's to take away.
    """
    sought = {address for address in addresses if baseline.reread[address].account == account}
    selectors = [selector for address in sorted(sought) for selector in baseline.reread[address].selectors]
    seen = snapshot(aws, selectors)
    return (
        {state.address: state for state in seen.states if state.address in sought},
        [failure for failure in seen.unreadable if not failure.gone],
    )


@dataclass
class _Search:
    """One look for what the plan files gave up; `states` grows with what is found."""

    files: Sequence[PlanFile]
    targets: Sequence[Target]
    seen: Snapshot
    baseline: Baseline
    managed: ManagedValues
    region: str | None
    states: dict[str, State] = field(default_factory=dict)
    incomplete: dict[tuple[str, str], bool] = field(default_factory=dict)

    def candidates(self, covers: Callable[[str], bool]) -> dict[str, list[PlanFile]]:
        """Return the files that may have given something up, by the address of the resource."""
        by_address: dict[str, list[PlanFile]] = {}
        holdings = Holdings(self.baseline, self.managed)
        for file in self.files:
            claims = {address for plan, address in self.baseline.claims if plan in file.names}
            for address in holdings.of(file.names) | claims:
                if covers(address) and address in self.baseline.reread:
                    by_address.setdefault(address, []).append(file)
        return by_address

    def of(self, file: PlanFile, state: State | None = None) -> list[Target]:
        """Return the file's targets; those that mean the resource."""
        return [
            target
            for target in self.targets
            if target.policy.plan == file.name and (state is None or target.selector in state.selected_by)
        ]

    def is_hidden(self, file: PlanFile, state: State) -> bool:
        """True if one of the file's targets may mean the resource all the same.

        It may where a target of its service names nothing, as after somebody renamed the resource, or could
        not be read; and where the region that a target leaves open is another one today.
        """
        selectors = [target.selector for target in self.of(file) if target.selector.service == state.service]
        key = (file.name, state.service)
        if key not in self.incomplete:
            unread = [selector for failure in self.seen.unreadable for selector in failure.selected_by]
            self.incomplete[key] = any(selector in unread for selector in selectors) or bool(
                self.seen.unmatched(selectors)
            )
        return self.incomplete[key] or any(
            selector.region is None and selector.matches(*state.names) and state.region != self.region
            for selector in selectors
            if selector not in state.selected_by
        )

    def given_up(self, file: PlanFile, state: State) -> list[Target]:
        """Return targets by which nothing of the plan stays at the resource, or at the parts they meant."""
        targets = self.of(file, state)
        if not targets:
            return [] if self.is_hidden(file, state) else [self._given_up_target(file, state, {}, ())]
        spares = tuple(target.policy.options for target in targets)
        if not all(options.get(PATHS) for options in spares):
            return []  # a target of the plan means all of it
        if service(state.service).MARKED:
            return [self._given_up_target(file, state, {}, spares)]
        last_plans = self.baseline.left[state.address].plan_names
        if len(last_plans) != 1 or last_plans[0] not in file.names:
            return []  # whose paths the last run's were is not known
        return [
            self._given_up_target(file, state, selector.options, spares)
            for selector in self.baseline.reread[state.address].selectors
        ]

    def _given_up_target(
        self,
        file: PlanFile,
        state: State,
        parts: Mapping[str, Any],
        spares: tuple[Mapping[str, Any], ...],
    ) -> Target:
        where = f"{file.path}:1:1"
        selector = replace(self.baseline.reread[state.address].selectors[0], where=where)
        policy = Policy(
            plan=file.name,
            origins=(),
            methods=(),
            options=parts,
            formerly=file.formerly,
            given_up=True,
            spares=spares,
            where={"target": where},
        )
        return Target(selector, policy)

    def chosen(self, state: State, target: Target) -> State:
        """Return the state as one that the target selects."""
        is_target = any(each_target.selector in state.selected_by for each_target in self.targets)
        beside = [state_beside for state_beside in self.seen.states if state_beside.group == state.group]
        return replace(
            state,
            selected_by=(*state.selected_by, target.selector),
            group_wanted=not is_target
            and any(state_beside.address != state.address for state_beside in beside),
        )


def given_up(
    aws: Aws,
    files: Sequence[PlanFile],
    targets: Sequence[Target],
    seen: Snapshot,
    baseline: Baseline,
    *,
    managed: ManagedValues,
    others: Others,
    covers: Callable[[str], bool],
) -> GivenUp:
    """Find what the plan files gave up, at the addresses that `covers` accepts; I/O, but no write.

    `managed` is what each plan may take away, `others` what plans of other files ask for.

    A resource that does not exist any more is passed over, one that cannot be read is unreadable.
    """
    search = _Search(
        files, targets, seen, baseline, managed, aws.region, {state.address: state for state in seen.states}
    )
    candidates = search.candidates(covers)
    missing = candidates.keys() - search.states.keys() - {failure.address for failure in seen.unreadable}
    reread, unreadable = reading(aws, aws.account(), baseline, missing)
    more: list[Target] = []
    findings: list[Finding] = []
    ended: dict[str, list[str]] = {}
    for address in sorted(candidates.keys() & {*reread, *search.states}):
        for file in candidates[address]:
            state = search.states.get(address) or reread[address]
            wanting_nothing = search.given_up(file, state)
            if wanting_nothing and not search.of(file, state):
                ended.setdefault(address, []).extend(file.names)
            for target in wanting_nothing:
                chosen = search.chosen(state, target)
                with isolated(address):
                    differs = _makes_a_difference(
                        chosen,
                        target,
                        targets,
                        managed=managed,
                        others=others,
                        fronts=seen.distributions_for(state),
                    )
                if differs:
                    state = search.states[address] = chosen
                    more.append(target)
                    findings.append(_finding(file, state, target))
    failures = [_explained(failure, candidates) for failure in unreadable]
    return GivenUp(
        Snapshot.of([*search.states.values(), *seen.unreadable, *failures]),
        tuple(more),
        tuple(dict.fromkeys(findings)),
        ended,
    )


def _makes_a_difference(
    state: State,
    target: Target,
    targets: Sequence[Target],
    *,
    managed: ManagedValues,
    others: Others,
    fronts: tuple[str, ...],
) -> bool:
    """True if the targets would lead to other settings without this one. Pure."""
    with_it = desired(state, policies_for(state, [target, *targets], managed, others), fronts)[0]
    without = desired(state, policies_for(state, targets, managed, others), fronts)[0]
    return with_it.config != without.config


def _finding(file: PlanFile, state: State, target: Target) -> Finding:
    named = f"{state.address} ({state.label})" if state.label else state.address
    what = f"A part of {named}" if target.policy.spares else named
    return NO_LONGER_IN_THE_PLAN.finding(
        state.address,
        f"{what} is no longer in the plan {file.name}; what the plan brought there goes.",
        f"To keep it, put {'its paths' if target.policy.spares else 'the target'} back into {file.path}.",
        target.policy.at("target"),
    )


def _explained(failure: Unreadable, candidates: Mapping[str, Sequence[PlanFile]]) -> Unreadable:
    names = {file.name for file in candidates.get(failure.address, ())}
    plans = f"the plan {', '.join(sorted(names))}" if names else "a plan"
    return replace(
        failure,
        message=f"{failure.message} No target means it any more, but {plans} brought settings there, "
        "which cannot be looked at.",
    )
