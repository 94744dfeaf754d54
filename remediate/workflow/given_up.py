"""What a plan gave up: resources that it brought settings to and that no target of it means any more.

Each is read again as the run did that wrote to it, and compared under a policy of the plan that asks for
nothing: what differs is what the plan brought there, and a change of the plan like another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from remediate.aws import Aws
from remediate.core.finding import Finding, Level
from remediate.core.policy import Policy, Retired, Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import State, Unreadable
from remediate.planfile import PlanFile
from remediate.services import marked, service
from remediate.workflow.known import Known
from remediate.workflow.owning import KINDS, Brought
from remediate.workflow.planning import Wish, policies_for
from remediate.workflow.reading import snapshot

GIVEN_UP = "no-longer-in-the-plan"
"""The code of the finding that a change takes away what a plan brought to a target that it gave up."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What was read of what the plans gave up, what they want of it, and what to say about it.

    `seen` is the whole snapshot, with the resources in it at which something is to go.
    """

    seen: Snapshot
    wishes: tuple[Wish, ...] = ()
    findings: tuple[Finding, ...] = ()


def claimed(brought: Brought, files: Sequence[PlanFile]) -> Brought:
    """What each plan brought, with what it brought under an earlier name. Pure."""
    now = {former: file.name for file in files for former in file.formerly}
    if not now:
        return brought
    found: dict[tuple[str, str], Retired] = {}
    for (plan, address), values in brought.items():
        key = (now.get(plan, plan), address)
        earlier = found.get(key, Retired())
        found[key] = Retired(
            **{
                kind: tuple(dict.fromkeys((*getattr(earlier, kind), *getattr(values, kind))))
                for kind in KINDS
            }
        )
    return found


class Holdings:
    """Where the journal knows something that plans brought, by the plan's name or by its mark. Pure."""

    def __init__(self, known: Known) -> None:
        self._named: dict[str, set[str]] = {}
        self._marked: dict[tuple[str, str], set[str]] = {}
        for (plan, address), values in known.brought.items():
            if address in known.left and any(getattr(values, kind) for kind in KINDS):
                self._named.setdefault(plan, set()).add(address)
        for address, left in known.left.items():
            kind = address.partition("/")[0]
            module = marked(kind)
            for document in left.documents if module else ():
                for mark in module.marks(document) if module else ():
                    self._marked.setdefault((kind, mark), set()).add(address)

    def of(self, names: Iterable[str]) -> set[str]:
        """The addresses where plans of these names hold something, as far as the journal knows."""
        found: set[str] = set()
        kinds = {kind for kind, _ in self._marked}
        for name in names:
            found |= self._named.get(name, set())
            for kind in kinds:
                module = marked(kind)
                found |= self._marked.get((kind, module.mark_of(name)), set()) if module else set()
        return found


def reading(aws: Aws, known: Known, addresses: Iterable[str]) -> tuple[dict[str, State], list[Unreadable]]:
    """The resources at these addresses, read as the last run that wrote there did; I/O.

    What does not exist any more is in neither: there is nothing of anybody's to take away.
    """
    wanted = set(addresses)
    selectors = [selector for address in sorted(wanted) for selector in known.selectors.get(address, ())]
    found = snapshot(aws, selectors)
    return (
        {state.address: state for state in found.states if state.address in wanted},
        [failure for failure in found.unreadable if not failure.gone],
    )


@dataclass
class _Search:
    """One look for what the plan files gave up."""

    files: Sequence[PlanFile]
    wishes: Sequence[Wish]
    seen: Snapshot
    known: Known
    states: dict[str, State] = field(default_factory=dict)

    def candidates(self, covers: Callable[[str], bool]) -> dict[str, list[PlanFile]]:
        """The files that may have given something up, by the address of the resource."""
        found: dict[str, list[PlanFile]] = {}
        holdings = Holdings(self.known)
        for file in self.files:
            for address in holdings.of(file.names):
                if covers(address) and not self.is_target(file, address):
                    found.setdefault(address, []).append(file)
        return found

    def is_target(self, file: PlanFile, address: str) -> bool:
        state = self.states.get(address)
        return state is not None and any(
            wish.selector in state.selected_by for wish in self.wishes if wish.policy.plan == file.name
        )

    def is_hidden(self, file: PlanFile, state: State) -> bool:
        """Whether a target that could not be read may mean the resource."""
        mine = [wish.selector for wish in self.wishes if wish.policy.plan == file.name]
        return any(
            selector in mine and selector.service == state.service and selector.matches(*state.names)
            for failure in self.seen.unreadable
            for selector in failure.selected_by
        )

    def wish(self, file: PlanFile, state: State) -> Wish:
        """That nothing of the plan stays at the resource."""
        where = f"{file.path}:1:1"
        selector = Selector(state.service, state.names[0], state.region, where=where)
        read_again = self.known.selectors.get(state.address, ())
        if read_again:
            selector = replace(read_again[0], where=where)
        policy = Policy(
            plan=file.name,
            origins=(),
            methods=(),
            formerly=file.formerly,
            given_up=True,
            where={"target": where},
        )
        return Wish(selector, policy)

    def is_target_of_any(self, state: State) -> bool:
        return any(wish.selector in state.selected_by for wish in self.wishes)

    def is_group_wanted(self, state: State) -> bool:
        """Whether a target means another resource that is written together with this one."""
        return any(
            other.group == state.group and other.address != state.address and self.is_target_of_any(other)
            for other in self.seen.states
        )


def given_up(
    aws: Aws,
    files: Sequence[PlanFile],
    wishes: Sequence[Wish],
    seen: Snapshot,
    known: Known,
    *,
    covers: Callable[[str], bool] = lambda _address: True,
) -> GivenUp:
    """What the plan files gave up of what `covers` says of its address; I/O, but no write.

    A resource that does not exist any more is passed over, one that cannot be read is unreadable.
    """
    search = _Search(files, wishes, seen, known, {state.address: state for state in seen.states})
    candidates = search.candidates(covers)
    missing = candidates.keys() - search.states.keys() - {failure.address for failure in seen.unreadable}
    found, unreadable = reading(aws, known, missing)
    failures = [_explained(failure, candidates) for failure in unreadable]
    states = {**found, **search.states}
    mine = claimed(known.brought, files)
    more: list[Wish] = []
    findings: list[Finding] = []
    for address in sorted(candidates.keys() & states.keys()):
        for file in candidates[address]:
            state = states[address]
            if search.is_hidden(file, state):
                continue
            wish = search.wish(file, state)
            chosen = replace(
                state,
                selected_by=(*state.selected_by, wish.selector),
                group_wanted=not search.is_target_of_any(state) and search.is_group_wanted(state),
            )
            if takes_away(chosen, policies_for(chosen, [*wishes, *more, wish], mine)[-1], seen.fronts(state)):
                states[address] = search.states[address] = chosen
                more.append(wish)
                findings.append(_finding(file, state, wish))
    return GivenUp(
        Snapshot.of([*search.states.values(), *seen.unreadable, *failures]), tuple(more), tuple(findings)
    )


def takes_away(state: State, policy: Policy, fronts: tuple[str, ...]) -> bool:
    """Whether the policy alone would change anything. Pure."""
    after, _ = service(state.service).desired(state, policy, fronted_by=fronts)
    return after.config != state.config


def _finding(file: PlanFile, state: State, wish: Wish) -> Finding:
    named = f"{state.address} ({state.label})" if state.label else state.address
    return Finding(
        Level.INFO,
        GIVEN_UP,
        state.address,
        f"{named} is no longer in the plan {file.name}; what it brought there goes.",
        f"To keep it, put the target back into {file.path}.",
        wish.policy.at("target"),
    )


def _explained(failure: Unreadable, candidates: Mapping[str, Sequence[PlanFile]]) -> Unreadable:
    names = {file.name for file in candidates.get(failure.address, ())}
    plans = f"the plan {', '.join(sorted(names))}" if names else "a plan"
    return replace(
        failure,
        message=f"{failure.message} No target means it any more, but {plans} brought settings there, "
        "which cannot be looked at.",
    )
