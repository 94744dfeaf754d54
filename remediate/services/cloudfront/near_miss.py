"""Tells what a distribution refuses by itself: a method that the path's behavior does not allow. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from remediate.core.near_miss import NearMiss, and_list
from remediate.services.cloudfront.answer import behavior_for
from remediate.services.cloudfront.documents import pattern_of
from remediate.services.cloudfront.methods import allowed

if TYPE_CHECKING:
    from remediate.core.document import Document
    from remediate.core.state import State
    from remediate.web.http import Request


def near_miss(config: Document | None, request: Request) -> NearMiss | None:
    """The method that the behavior lacks; None where the behavior lets the request through."""
    if not config or not config.get("DefaultCacheBehavior"):
        return None
    behavior = behavior_for(config, request.path)
    if request.method in allowed(behavior):
        return None
    message = (
        f"The method {request.method} is not in behavior {pattern_of(behavior)}, which allows "
        f"{and_list(sorted(allowed(behavior)))}."
    )
    return NearMiss((request.method,), message)


def narrowest_options(state: State, request: Request) -> Mapping[str, Any] | None:
    """The path pattern of the behavior that serves the request."""
    if not state.config:
        return None
    return {"paths": [pattern_of(behavior_for(state.config, request.path))]}
