"""Where an HTTP API is reached, and what can be asked there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.state import State

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def inside(state: State, host: str, path: str) -> str | None:
    """The path as it came: an API's CORS settings hold for every stage and route."""
    return path if host in state.hosts else None


def endpoints(state: State, methods: Sequence[str]) -> Iterator[tuple[str, str]]:
    """CORS settings do not look at the path: one shows them all."""
    del state
    wanted = METHODS if "*" in methods else [method for method in methods if method != "OPTIONS"]
    yield from (("/", method) for method in wanted)


def caution(state: State, path: str) -> str:
    """HTTP APIs have no cache."""
    del state, path
    return ""
