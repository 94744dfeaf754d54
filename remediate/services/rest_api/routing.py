"""Finds the method that API Gateway runs for a request, as it was seen to route.

A literal segment wins over `{name}`, which wins over `{name+}`; a resource counts only if it has
the request's method or ANY, so an OPTIONS request falls through to a greedy sibling that has one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from remediate.core.document import Document

Found = tuple[str, str, Any]
"""Path of the resource, name of the method, the method's document."""


def route(resources: Iterable[Document], verb: str, path: str) -> Found | None:
    """The method that answers, None where API Gateway says "Missing Authentication Token"."""
    asked = segments(path)
    candidates: list[tuple[tuple[int, ...], Found]] = []
    for resource in resources:
        methods = resource.get("resourceMethods") or {}
        name = verb if verb in methods else "ANY"
        if name not in methods:
            continue
        template = str(resource.get("path", ""))
        rank = match(segments(template), asked)
        if rank is not None:
            candidates.append((rank, (template, name, methods[name])))
    return min(candidates, key=lambda candidate: candidate[0])[1] if candidates else None


def segments(path: str) -> list[str]:
    """The segments of a path, without its query."""
    plain = path.split("?", 1)[0].strip("/")
    return plain.split("/") if plain else []


def match(template: list[str], path: list[str]) -> tuple[int, ...] | None:
    """Return how specific a match is (smaller first, segment by segment), None where there is none."""
    rank: list[int] = []
    for position, part in enumerate(template):
        if part.startswith("{") and part.endswith("+}"):
            return (*rank, 2) if len(path) > position else None
        if position >= len(path):
            return None
        if part.startswith("{") and part.endswith("}"):
            rank.append(1)
        elif part == path[position]:
            rank.append(0)
        else:
            return None
    return tuple(rank) if len(template) == len(path) else None


def fallback(resources: Iterable[Document], path: str) -> Found | None:
    """Return what answers OPTIONS on a resource that has none of its own: its ANY, or a sibling.

    A resource's own path template stands for the requests to it: `{id}` matches only variables.
    """
    return route(resources, "OPTIONS", path)
