"""Tells which policies on a distribution's behaviors bear a plan's name, and whom they let in. Pure.

What a policy of ours is called tells what it was made with, so its name alone tells which run made it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from remediate.core.document import Document
from remediate.core.marks import Allowance
from remediate.services.cloudfront.documents import POLICY_TYPES, PolicyType, behaviors, items, pattern_of
from remediate.services.cloudfront.methods import SIMPLE
from remediate.services.cloudfront.owned_policies import content_of, is_of_plan


def allowances(config: Document | None, plan: str) -> Iterator[Allowance]:
    """Every policy on every behavior; those named for the plan bear its mark, edited ones too."""
    policies = (config or {}).get("policies") or {}
    for behavior in behaviors(config or {}):
        for kind in POLICY_TYPES:
            ref = behavior.get(kind.member)
            content = content_of(policies, kind, ref)
            if ref and content is not None:
                yield _allowance(kind, str(ref), content, plan, pattern_of(behavior))


def _allowance(kind: PolicyType, ref: str, content: Document, plan: str, place: str) -> Allowance:
    name = str(content.get("Name") or ref)
    section: dict[str, Any] = content.get("CorsConfig") or {}

    def names(member: str) -> tuple[str, ...]:
        return tuple(str(item) for item in items(section.get(member)))

    return Allowance(
        name if is_of_plan(kind, content, plan) else "",
        name,
        f"{kind.prose} {name}",
        names("AccessControlAllowOrigins"),
        (*names("AccessControlAllowMethods"), *SIMPLE) if section else (),
        names("AccessControlAllowHeaders"),
        credentials=bool(section.get("AccessControlAllowCredentials")),
        place=place,
    )
