"""Tells whom each rule of a bucket lets in, in a plan's terms. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.core.live_access import LiveAccess
from remediate.services.s3.rule import rules, values
from remediate.web.origin import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remediate.core.state import State


def live_access(state: State) -> Iterator[LiveAccess]:
    """Every rule in its order; S3 allows credentials for all but a bare `*`."""
    for at, rule in enumerate(rules(state.config)):
        origins = values(rule, "AllowedOrigins")
        age = rule.get("MaxAgeSeconds")
        yield LiveAccess(
            source=f"CORSRules[{at}]",
            origins=origins,
            methods=values(rule, "AllowedMethods"),
            headers=values(rule, "AllowedHeaders"),
            expose=values(rule, "ExposeHeaders"),
            credentials=ANY not in origins,
            max_age=age if isinstance(age, int) else None,
        )
