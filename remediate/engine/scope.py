"""Only one service's resources, or one of them of which the id is known: then nothing is listed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.planfile import Target


def targets_for_resource(wishes: Sequence[Target], kind: str, resource: str) -> list[tuple[Target, Target]]:
    """Each wish for that service, and the same as if it named the resource by its id, if there is one."""
    return [
        (
            wish,
            replace(wish, selector=replace(wish.selector, pattern=resource, where="")) if resource else wish,
        )
        for wish in wishes
        if wish.selector.service == kind
    ]


def selected_by_targets(
    seen: Snapshot, pairs: Sequence[tuple[Target, Target]]
) -> tuple[Snapshot, list[Target]]:
    """What of the resource a target means by one of its names, and the wishes for that.

    What could not be read has told no names: it counts where a target's pattern covers the id.
    """

    def wanted(state: State) -> list[Target]:
        return [
            near
            for wish, near in pairs
            if near.selector in state.selected_by and wish.selector.matches(*state.names)
        ]

    states = tuple(state for state in seen.states if wanted(state))
    unreadable = tuple(
        one
        for one in seen.unreadable
        if any(
            near.selector in one.selected_by
            and (near is wish or wish.selector.matches(near.selector.pattern))
            for wish, near in pairs
        )
    )
    wishes = [near for _, near in pairs if any(near in wanted(state) for state in states)]
    return Snapshot(states, unreadable), wishes
