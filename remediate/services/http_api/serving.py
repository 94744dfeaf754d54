"""Tells where an HTTP API is reached, and what can be asked there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from remediate.core.document import Document
from remediate.core.request_path import after_first_segment, first_segment
from remediate.core.state import State
from remediate.services.http_api.facts import facts_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
DEFAULT = "$default"


_MAPPED = re.compile(r"/\{(?P<stage>[^{}/]*)\}(?P<path>.*)", re.DOTALL)


def mapped(stage: str) -> str:
    """Return what begins a path for which a custom domain name chose the stage; no URL's path has braces."""
    return f"/{{{stage}}}"


def path_within(state: State, host: str, path: str) -> str | None:
    """The path that routes are matched with: without the stage, unless it is the stage `$default`.

    None too where the stages are known and none of them is meant: such a request is answered 404.
    """
    if not state.is_named(host):
        return None
    if match := _MAPPED.fullmatch(path):
        return match["path"] or "/"
    names = stages(state)
    if first_segment(path) in names - {DEFAULT}:
        return after_first_segment(path)
    return path if "stages" not in facts_of(state) or DEFAULT in names else None


def sample_requests(state: State, methods: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A path per route, where the routes are known; CORS settings themselves do not look at it."""
    sent = METHODS if "*" in methods else [method for method in methods if method != "OPTIONS"]
    names = stages(state)
    base = "" if not names or DEFAULT in names else f"/{min(names)}"
    requests: dict[tuple[str, str], None] = {}
    for route in facts_of(state).get("routes") or [{"RouteKey": DEFAULT}]:
        method, _, path = str(route.get("RouteKey", DEFAULT)).partition(" ")
        sample = re.sub(r"\{[^}]*\}", "x", path) or "/"
        for verb in sent if method in {DEFAULT, "ANY"} else [method]:
            if verb != "OPTIONS":
                requests[f"{base}{sample}", verb] = None
    yield from requests


def answer_config(state: State) -> Document | None:
    """The settings with the routes, which may turn a preflight away before the settings answer it."""
    if "routes" not in facts_of(state):
        return state.config
    return {"CorsConfiguration": None, **(state.config or {}), "routes": facts_of(state)["routes"]}


def stages(state: State) -> set[str]:
    """The names of its stages; empty too where they were not read."""
    return {str(stage.get("StageName")) for stage in facts_of(state).get("stages") or ()}
