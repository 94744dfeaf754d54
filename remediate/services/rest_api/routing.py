"""Finds the method that API Gateway runs for a request, as it was seen to route.

A literal segment wins over `{name}`, which wins over `{name+}`; a resource counts only if it has
the request's method or ANY, so an OPTIONS request falls through to a greedy sibling that has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from remediate.core.document import Document

Found = tuple[str, str, Any]
"""Path of the resource, name of the method, the method's document."""


def route(resources: Sequence[Document], verb: str, path: str) -> Found | None:
    """The method that answers, None where API Gateway says "Missing Authentication Token"."""
    asked = segments(path)
    found: list[tuple[tuple[int, ...], Found]] = []
    for resource, template in _index(resources).reached_by(asked):
        methods = resource.get("resourceMethods") or {}
        name = verb if verb in methods else "ANY"
        rank = match(template, asked) if name in methods else None
        if rank is not None:
            found.append((rank, (str(resource.get("path", "")), name, methods[name])))
    return min(found, key=lambda candidate: candidate[0])[1] if found else None


class _Index:
    """The resources by the segments of their paths, so that a request looks at those alone that it may reach.

    An API may have hundreds of resources, and a plan asks about each with every origin: to look at all of
    them for each would grow with their square.
    """

    def __init__(self, resources: Sequence[Document]) -> None:
        self.resources = resources
        self.count = len(resources)
        self._root = _Level()
        for place, resource in enumerate(resources):
            level, template = self._root, segments(str(resource.get("path", "")))
            for part in template:
                level = level.below.setdefault("{}" if part.startswith("{") else part, _Level())
                if part.startswith("{") and part.endswith("+}"):
                    break
            level.here.append((place, resource, template))

    def reached_by(self, asked: list[str]) -> Iterator[tuple[Document, list[str]]]:
        """Every resource whose path may match, in the order of the list."""
        levels = [self._root]
        here = list(self._root.here)
        for part in asked:
            below = [level.below.get(key) for level in levels for key in dict.fromkeys((part, "{}"))]
            levels = [level for level in below if level is not None]
            here += [entry for level in levels for entry in level.here]
        for _, resource, template in sorted(here, key=lambda entry: entry[0]):
            yield resource, template


@dataclass(slots=True)
class _Level:
    """The resources whose paths end at one place, and the places below it."""

    here: list[tuple[int, Document, list[str]]] = field(default_factory=list)
    below: dict[str, _Level] = field(default_factory=dict)


MOST_INDEXES = 64
_indexes: dict[int, _Index] = {}


def _index(resources: Sequence[Document]) -> _Index:
    """The index of that very list, made once: documents are values, and nothing edits one in place."""
    index = _indexes.get(id(resources))
    # The index keeps its list alive, so another list cannot have the same id.
    if index is None or index.resources is not resources or index.count != len(resources):
        if len(_indexes) >= MOST_INDEXES:
            _indexes.clear()
        index = _indexes[id(resources)] = _Index(resources)
    return index


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


def fallback(resources: Sequence[Document], path: str) -> Found | None:
    """Return what answers OPTIONS on a resource that has none of its own: its ANY, or a sibling.

    A resource's own path template stands for the requests to it: `{id}` matches only variables.
    """
    return route(resources, "OPTIONS", path)
