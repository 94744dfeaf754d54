"""Tells whom the OPTIONS methods of a stage let in, in a plan's terms. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from remediate.core.live_access import LiveAccess
from remediate.services.rest_api import preflight
from remediate.services.rest_api.cors_access import CorsAccess
from remediate.services.rest_api.facts import facts_of
from remediate.services.rest_api.normal_form import methods_of
from remediate.services.rest_api.preflight import PreflightSource
from remediate.services.rest_api.settings import EVERY_TYPE

if TYPE_CHECKING:
    from remediate.core.state import State


def live_access(state: State) -> Iterator[LiveAccess]:
    """The paths whose OPTIONS methods grant the same, together; what a function answers is not known."""
    binary = EVERY_TYPE in ((state.config or {}).get("binaryMediaTypes") or ())
    paths: dict[CorsAccess, list[str]] = {}
    for (path, name), method in sorted(methods_of(state.config).items()):
        if name != "OPTIONS":
            continue
        answered = preflight.read(method, binary=binary)
        if answered.kind is PreflightSource.MOCK and answered.grants.origins:
            paths.setdefault(answered.grants, []).append(path)
    stage = str(facts_of(state).get("stage", state.address.rsplit("/", 1)[-1]))
    for grants, listed in paths.items():
        age = grants.max_age or ""
        yield LiveAccess(
            source=f"OPTIONS {', '.join(listed)}",
            origins=grants.origins,
            methods=grants.methods,
            headers=grants.headers,
            expose=grants.expose,
            credentials=bool(grants.credentialed),
            max_age=int(age) if age.isascii() and age.isdigit() else None,
            options={"stages": (stage,), "paths": tuple(listed), "error_responses": "leave"},
        )
