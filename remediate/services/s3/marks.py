"""Tells which rules of a bucket bear a plan's ID, and what every rule allows. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.core.document import digest
from remediate.core.marks import Allowance
from remediate.services.s3.desired import is_ours
from remediate.services.s3.rule import meaning, name, rules, values
from remediate.web.origin import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remediate.core.document import Document


def allowances(config: Document | None, plan: str) -> Iterator[Allowance]:
    """Every rule as an allowance; those with the plan's ID bear its mark."""
    for number, rule in enumerate(rules(config), start=1):
        mark = str(rule["ID"]) if is_ours(rule, plan) else ""
        parts = [sorted(part) if isinstance(part, frozenset) else part for part in meaning(rule)]
        origins = values(rule, "AllowedOrigins")
        yield Allowance(
            mark,
            f"{mark} {digest(parts)[7:23]}",
            name(rule, number),
            origins,
            values(rule, "AllowedMethods"),
            values(rule, "AllowedHeaders"),
            # S3 user guide, "Elements of a CORS configuration": only a bare '*' answers without.
            credentials=ANY not in origins,
        )
