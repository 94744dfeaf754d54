"""Select one service's resources, or one of them by its id, so that nothing is listed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.planfile import Target


def targets_for_resource(targets: Sequence[Target], kind: str, resource: str) -> list[tuple[Target, Target]]:
    """Return each target of that service, and the same as if it named the resource by its id, if given."""
    return [
        (
            target,
            replace(target, selector=replace(target.selector, pattern=resource, where=""))
            if resource
            else target,
        )
        for target in targets
        if target.selector.service == kind
    ]


def selected_by_targets(
    seen: Snapshot, pairs: Sequence[tuple[Target, Target]]
) -> tuple[Snapshot, list[Target]]:
    """Return what of the resource a target means by one of its names, and the targets for that.

    What could not be read has told no names: it counts where a target's pattern covers the id.
    """

    def targets_of(state: State) -> list[Target]:
        return [
            near
            for target, near in pairs
            if near.selector in state.selected_by and target.selector.matches(*state.names)
        ]

    states = tuple(state for state in seen.states if targets_of(state))
    unreadable = tuple(
        failure
        for failure in seen.unreadable
        if any(
            near.selector in failure.selected_by
            and (near is target or target.selector.matches(near.selector.pattern))
            for target, near in pairs
        )
    )
    targets = [near for _, near in pairs if any(near in targets_of(state) for state in states)]
    return Snapshot(states, unreadable), targets
