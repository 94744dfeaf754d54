"""A near miss: what a refused request lacks of the setting that comes nearest to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from remediate.text import similar

NEAREST = 3
"""Paths that are listed where the one that was asked for does not exist."""


class NearMiss(NamedTuple):
    """`missing` are the header names, methods, origins or paths that are not there; `message` says where."""

    missing: tuple[str, ...]
    message: str


NO_REQUEST_METHOD = NearMiss(
    ("access-control-request-method",),
    "The preflight arrives without Access-Control-Request-Method: what stands in front does not forward it.",
)


def nearest_paths(path: str, existing: Iterable[str]) -> list[str]:
    """The existing paths that are spelled most like the one that was asked for, the best first."""
    paths = list(dict.fromkeys(existing))
    close = similar(path, paths, most=NEAREST, cutoff=0.4)
    return [*close, *(rest for rest in sorted(paths) if rest not in close)][:NEAREST]


def other_scheme(origin: str, listed: Iterable[str]) -> str | None:
    """The listed origin that differs from `origin` in its scheme alone; None where there is none."""
    scheme, _, rest = origin.partition("://")
    for entry in listed:
        entry_scheme, separator, entry_rest = entry.partition("://")
        if separator and entry_rest == rest and entry_scheme != scheme:
            return entry
    return None


def and_list(words: Iterable[str]) -> str:
    """The words as a sentence lists them: `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
