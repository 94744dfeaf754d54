"""Tells which route of an HTTP API a request meets, and whether an authorizer stands before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Route = Mapping[str, Any]

DEFAULT = "$default"


def key(route: Route) -> str:
    """`GET /items`, `ANY /{proxy+}` or `$default`."""
    return str(route.get("RouteKey") or "")


def is_guarded(route: Route) -> bool:
    """Return whether it asks for credentials, which a browser's preflight never carries."""
    return str(route.get("AuthorizationType") or "NONE").upper() != "NONE"


def wants_token(route: Route) -> bool:
    """Return whether a JWT authorizer stands before it: it refuses by itself what comes without a token."""
    return str(route.get("AuthorizationType") or "").upper() == "JWT"


def find(routes: Iterable[Route], method: str, path: str) -> Route | None:
    """The route for a request: exact path before greedy path before $default; the method before ANY.

    Developer guide, "Create routes for HTTP APIs". `path` is without the stage.
    """
    ranked = ((_rank(route, method, path), route) for route in routes)
    fitting = [(rank, route) for rank, route in ranked if rank is not None]
    return min(fitting, key=lambda candidate: candidate[0])[1] if fitting else None


def _rank(route: Route, method: str, path: str) -> tuple[int, int, int] | None:
    if key(route) == DEFAULT:
        return (2, 0, 0)
    verb, _, pattern = key(route).partition(" ")
    if verb not in {method, "ANY"} or not _regex(pattern).fullmatch(path.partition("?")[0] or "/"):
        return None
    return (int("+}" in pattern), pattern.count("{") - len(pattern), int(verb == "ANY"))


def _regex(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^{}]*\+\}|\{[^{}]*\})", pattern)
    marks = (
        ".+" if part.endswith("+}") else "[^/]+" if part.startswith("{") else re.escape(part)
        for part in parts
    )
    return re.compile("".join(marks))


def guarded_preflights(routes: Sequence[Route]) -> list[str]:
    """Keys of $default and ANY routes whose authorizer would meet the preflight."""
    guarded = []
    for route in routes:
        if key(route) != DEFAULT and not key(route).startswith("ANY "):
            continue
        # A path that only this route can be meant by stands for all that reach it.
        path = "/no-route-of-its-own" if key(route) == DEFAULT else _sample(key(route)[4:])
        met = find(routes, "OPTIONS", path)
        if met is not None and key(met) == key(route) and is_guarded(route):
            guarded.append(key(route))
    return guarded


def _sample(pattern: str) -> str:
    return re.sub(r"\{[^{}]*\}", "no-route-of-its-own", pattern)
