"""The guard on what bears a plan's name and may be another plan's. Pure; `guard_table` lists its code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from remediate.core.finding import Finding
from remediate.core.guard_table import REMOVES_ACCESS
from remediate.core.guards import SHOWN, UNLISTED_ORIGIN, AccessChange
from remediate.core.policy import Policy
from remediate.web.origin import pattern_matches


@dataclass(frozen=True, slots=True)
class Unproven:
    """A rule or policy that would go, and bears the plan's name, but no known run of the plan wrote it.

    `label` is what a message calls it. `losing` are the origins that it lets in and that would certainly
    lose something; `given_up` are those that the plan itself is known to have brought, or lists with a
    date that has passed.
    """

    address: str
    plan: str
    label: str
    losing: tuple[str, ...]
    given_up: frozenset[str]


def unproven_losses(
    unproven: Sequence[Unproven],
    access_changes: Sequence[AccessChange],
    policies: Mapping[str, Sequence[Policy]],
) -> Iterator[Finding]:
    """A refusal for each that names who would lose access with it, by the settings or by a revoked verdict.

    A verdict alone does not do: behind a Lambda proxy it is unknown, and the loss is certain all the same.
    """
    for mark in unproven:
        revoked = [
            access_change.access.origin
            for access_change in access_changes
            if access_change.revokes and not access_change.credentials and mark.address in access_change.via
        ]
        lost = [
            origin
            for origin in dict.fromkeys([*mark.losing, *revoked])
            if origin != UNLISTED_ORIGIN
            and not any(pattern_matches(pattern, origin) for pattern in mark.given_up)
        ]
        if UNLISTED_ORIGIN in revoked:
            lost.append("pages of websites that no setting names")
        if lost:
            more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
            places = [policy.at("target") for policy in policies.get(mark.address, ())]
            yield REMOVES_ACCESS.finding(
                mark.address,
                f"{', '.join(lost[:SHOWN])}{more} would lose access: the {mark.label} bears the name of this "
                f"plan ({mark.plan}), but this journal has no run that wrote it as it is.",
                "If another plan has the same name, rename one of the two (`name:`). If the journal was lost "
                "or lies elsewhere, name it with `state:`. To agree to it: `--allow removes-access`.",
                next(iter(places), ""),
            )
