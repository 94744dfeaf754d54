"""Tells where a distribution is reached, and what can be asked there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.document import Document
from remediate.core.state import State
from remediate.services.cloudfront.answer import CacheJudgement, CacheRisk, cache_verdict
from remediate.services.cloudfront.documents import DEFAULT, PROTOCOL, behaviors, items, listed, pattern_of
from remediate.services.cloudfront.facts import facts_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def path_within(state: State, host: str, path: str) -> str | None:
    """The path as it came, at the domain name and the aliases; `*.example.com` is an alias too."""
    for name in state.hosts:
        # An alias may have a wildcard for its first label (Developer Guide, "Alternate domain names").
        if host == name or (name.startswith("*.") and host.partition(".")[2] == name[2:]):
            return path
    return None


def sample_requests(state: State, methods: Sequence[str]) -> Iterator[tuple[str, str]]:
    """One path per behavior, with the plan's methods."""
    sent = METHODS if "*" in methods else [method for method in methods if method != "OPTIONS"]
    for behavior in behaviors(state.config or {}):
        pattern = pattern_of(behavior)
        path = "/" if pattern == DEFAULT else "/" + pattern.lstrip("/").replace("*", "x").replace("?", "x")
        yield from ((path, method) for method in sent)


def answer_config(state: State) -> Document | None:
    """The settings, and how each origin is called."""
    protocols = facts_of(state).get("protocols")
    if not state.config or not protocols:
        return state.config
    origins = [
        {**origin, PROTOCOL: protocols.get(str(origin.get("Id")), "")}
        for origin in items(state.config.get("Origins"))
    ]
    return {**state.config, "Origins": listed(origins)}


def cache_warning(state: State, path: str) -> str:
    """Return why an answer in the cache may be another caller's; empty where it cannot be."""
    verdict = cache_verdict(state.config or {}, path)
    return (
        verdict.reason
        if isinstance(verdict, CacheJudgement) and verdict.verdict is CacheRisk.POISONED
        else ""
    )
