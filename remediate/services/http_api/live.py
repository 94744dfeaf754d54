"""Tells whom an HTTP API's CORS settings let in, in a plan's terms. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.core.live_access import LiveAccess
from remediate.services.http_api.cors import (
    CREDENTIALS,
    EXPOSE,
    HEADERS,
    MAX_AGE,
    METHODS,
    ORIGINS,
    configured,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remediate.core.state import State


def live_access(state: State) -> Iterator[LiveAccess]:
    """The one set of settings that all routes share."""
    cors = configured(state.config)
    if cors is None or not values(cors, ORIGINS):
        return
    yield LiveAccess(
        source="CorsConfiguration",
        origins=tuple(values(cors, ORIGINS)),
        methods=tuple(values(cors, METHODS)),
        headers=tuple(values(cors, HEADERS)),
        expose=tuple(values(cors, EXPOSE)),
        credentials=bool(cors.get(CREDENTIALS)),
        max_age=cors.get(MAX_AGE) or None,
    )
