"""Tells where a stage is reached, and what can be asked there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.document import Document
from remediate.core.state import State
from remediate.services.rest_api.facts import facts_of
from remediate.services.rest_api.settings import with_stage

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def path_within(state: State, host: str, path: str) -> str | None:
    """The resource path: `/items` of `/prod/items` at the API's own host."""
    prefix = f"/{facts_of(state).get('stage', '')}"
    bare = path.partition("?")[0]
    if not state.is_named(host) or not f"{bare}/".startswith(f"{prefix}/"):
        return None
    return path.removeprefix(prefix) or "/"


def sample_requests(state: State, methods: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every method of every resource; a method ANY stands for the plan's methods."""
    stage = facts_of(state).get("stage", "")
    for resource in (state.config or {}).get("resources") or ():
        path = str(resource.get("path", "/"))
        own = resource.get("resourceMethods") or {}
        sent = METHODS if "*" in methods else [method for method in methods if method != "OPTIONS"]
        named = [method for method in own if method not in {"OPTIONS", "ANY"}]
        if "ANY" in own:
            named += [method for method in sent if method not in named]
        for method in named:
            yield f"/{stage}{path}" if path != "/" else f"/{stage}/", method


def answer_config(state: State) -> Document | None:
    """The settings, and what templates read of the stage: its name, its variables, its kind of endpoint."""
    return None if state.config is None else with_stage(state.config, facts_of(state))


def cache_warning(state: State, path: str) -> str:
    """A stage's cache answers GET without looking at `Origin`, unless it is a cache key parameter."""
    del path
    if not facts_of(state).get("cached"):
        return ""
    return (
        f"{state.address} has a cache, which keeps an answer for every caller unless the method has Origin "
        "among its cache keys: another origin's answer may come back."
    )
