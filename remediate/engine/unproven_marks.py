"""Find what bears a plan's name and was, as far as the journal knows, never written by that plan. Pure.

Everybody copies a plan file, and many keep its name: a rule `remediate:webapp` may be another team's. So
where the journal has no run that wrote a rule or a policy as it is, taking it away is for a person to
agree to; the same where the journal was lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from remediate.core.marks import losing
from remediate.core.plan import Change
from remediate.core.policy import Policy, Retired
from remediate.core.unproven import Unproven
from remediate.engine.baseline import Baseline
from remediate.services import service


def unproven(
    changes: Sequence[Change],
    policies: Mapping[str, Sequence[Policy]],
    baseline: Baseline,
    expired: Mapping[str, Collection[str]],
    *,
    edits_pass: bool = False,
) -> tuple[Unproven, ...]:
    """Return what the changes take away that bears the name of a plan and is not known to be that plan's.

    `edits_pass`: a rule that a run wrote and that still lets in what the plan brought counts as this
    plan's, whatever somebody put into it since.
    """
    return tuple(
        mark
        for change in changes
        for name, plan in _names(policies.get(change.address, ())).items()
        for mark in _unproven(change, name, baseline, expired.get(plan, ()), edits_pass=edits_pass)
    )


def _names(policies: Sequence[Policy]) -> dict[str, str]:
    """Return the plans' names and their earlier ones, each with the name of the plan today."""
    return {name: policy.plan for policy in policies for name in policy.names}


def _unproven(
    change: Change, plan: str, baseline: Baseline, expired: Collection[str], *, edits_pass: bool
) -> Iterator[Unproven]:
    aws_service = service(change.service)
    after = tuple(aws_service.allowances(change.after, plan))
    staying = {(allowance.place, allowance.content) for allowance in after}
    written = baseline.marks.get((plan, change.address), frozenset())
    own = baseline.owned.get((plan, change.address), Retired())
    asked = baseline.claims.get((plan, change.address), Retired())
    for allowance in aws_service.allowances(change.before, plan):
        if (
            not allowance.mark
            or allowance.content in written
            or (allowance.place, allowance.content) in staying
        ):
            continue
        familiar = not {*own.origins, *asked.origins}.isdisjoint(allowance.origins)
        if edits_pass and allowance.mark in written and familiar:
            continue
        yield Unproven(
            change.address,
            plan,
            allowance.label,
            losing(allowance, after, own, expired),
            frozenset(own.origins) | frozenset(expired),
        )
