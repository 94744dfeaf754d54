"""Select what a command is about: what `--target` names, or the one resource of an event. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from remediate.core.address import pattern_within, target_matches
from remediate.core.snapshot import Snapshot
from remediate.core.state import Reading, State, Unreadable
from remediate.errors import UsageError
from remediate.planfile import PlanFile, Target
from remediate.text import similar

Resource = TypeVar("Resource")


def covers(only: Sequence[str], address: str) -> bool:
    """Return whether the patterns of `--target` name the address; without any, they name every one."""
    return not only or any(target_matches(pattern, address) for pattern in only)


def limited(
    resources: Iterable[Resource],
    only: Sequence[str],
    names_of: Callable[[Resource], Sequence[str]],
    error: Callable[[str], UsageError],
    *,
    hidden: Callable[[str], Sequence[Resource]] = lambda _pattern: (),
) -> list[Resource]:
    """Return the resources that a pattern of `only` names; all of them where there is no pattern.

    `names_of` gives a resource's address and its other names. A pattern that names none is a mistake, not
    an empty success: `hidden` may give the resources that stand for it, else its `error` is raised.
    """
    listed = list(resources)
    if not only:
        return listed
    chosen: set[int] = set()
    for pattern in only:
        matching = [each for each in listed if target_matches(pattern, *names_of(each))] or hidden(pattern)
        if not matching:
            raise error(pattern)
        chosen |= {id(resource) for resource in matching}
    return [resource for resource in listed if id(resource) in chosen]


def names_of_reading(reading: Reading) -> tuple[str, ...]:
    """Return the address and what else a `--target` may call it; of a failure, what the plan calls it."""
    if isinstance(reading, State):
        return (reading.address, *reading.names, reading.label)
    return (reading.address, *(selector.pattern for selector in reading.selected_by))


def limited_snapshot(seen: Snapshot, only: Sequence[str], plans: Sequence[PlanFile]) -> Snapshot:
    """Return what `--target` leaves. A listing that failed stands for a name that may be in it."""
    readings: list[Reading] = [*seen.states, *seen.unreadable]
    names = [name for reading in readings for name in names_of_reading(reading)]

    def unknown(pattern: str) -> UsageError:
        guess = next(iter(similar(pattern, names, most=1)), None)
        lead = f"Did you mean {guess}? " if guess else ""
        return UsageError(
            f"--target {pattern} matches no resource of {', '.join(str(file.path) for file in plans)}.",
            hint=f"{lead}An address looks like s3/BUCKET, rest_api/ID/STAGE or cloudfront/ID; the name of a "
            "resource, as outputs show it in brackets, and globs are allowed. `remediate plan` without "
            "--target shows them all.",
        )

    def hidden(pattern: str) -> list[Reading]:
        return [failure for failure in seen.unreadable if _may_hide(failure, pattern)]

    chosen = limited(readings, only, names_of_reading, unknown, hidden=hidden)
    addresses = {reading.address for reading in chosen}
    return Snapshot(
        tuple(state for state in seen.states if state.address in addresses),
        tuple(failure for failure in seen.unreadable if failure.address in addresses),
    )


def of_services(targets: Sequence[Target], only: Sequence[str]) -> list[Target]:
    """Return the targets of the services that `only` names; all, where a pattern may be a bare name."""
    services = {target.selector.service for target in targets}
    chosen: set[str] = set()
    for pattern in only:
        named = {service for service in services if pattern_within(pattern, service) is not None}
        chosen |= named or services
    return [target for target in targets if target.selector.service in chosen]


def _may_hide(failure: Unreadable, pattern: str) -> bool:
    """True if what `--target` names may be behind a listing that failed: a glob of the plan covers it."""
    within = pattern_within(pattern, failure.service)
    name = pattern if within is None else within
    return any(selector.is_glob and selector.matches(name) for selector in failure.selected_by)


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

    What could not be read has no known names: it counts where a target's pattern covers the id.
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
