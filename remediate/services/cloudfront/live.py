"""Tells whom the response headers policies of a distribution let in, in a plan's terms. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from remediate.core.live_access import LiveAccess
from remediate.services.cloudfront.documents import RESPONSE_HEADERS, behaviors, items, pattern_of
from remediate.services.cloudfront.methods import LARGEST
from remediate.services.cloudfront.owned_policies import content_of

if TYPE_CHECKING:
    from remediate.core.state import State


def live_access(state: State) -> Iterator[LiveAccess]:
    """Every behavior whose policy adds CORS headers; what an origin answers is the origin's."""
    policies = (state.config or {}).get("policies") or {}
    for behavior in behaviors(state.config or {}):
        content = content_of(policies, RESPONSE_HEADERS, behavior.get(RESPONSE_HEADERS.member)) or {}
        section = content.get("CorsConfig") or {}
        if not items(section.get("AccessControlAllowOrigins")):
            continue
        pattern = pattern_of(behavior)
        methods = [str(method) for method in items(section.get("AccessControlAllowMethods"))]
        age = section.get("AccessControlMaxAgeSec")
        yield LiveAccess(
            source=f"behavior {pattern}: {content.get('Name') or 'response headers policy'}",
            origins=tuple(str(origin) for origin in items(section.get("AccessControlAllowOrigins"))),
            methods=tuple(sorted(LARGEST) if "ALL" in methods else methods),
            headers=tuple(str(name) for name in items(section.get("AccessControlAllowHeaders"))),
            expose=tuple(str(name) for name in items(section.get("AccessControlExposeHeaders"))),
            credentials=bool(section.get("AccessControlAllowCredentials")),
            max_age=age if isinstance(age, int) else None,
            options={"paths": (pattern,), "answer": "edge"},
        )
