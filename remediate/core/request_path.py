"""Take the path of a request apart, and find paths that are spelled like it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from remediate.text import similar

SIMILAR = 0.8
"""How alike two paths are, as `difflib` measures it, of which one may be a slip for the other."""


def first_segment(path: str) -> str:
    """Return the first segment of a path, which may have a query; empty if there is none."""
    return path.lstrip("/").partition("/")[0].partition("?")[0]


def after_first_segment(path: str) -> str:
    """Return the path behind its first segment, the query included; `/` if nothing stands behind it."""
    return path.removeprefix(f"/{first_segment(path)}") or "/"


def similar_paths(path: str, existing: Iterable[str]) -> list[str]:
    """Return the existing paths without parameters that are spelled much like this one, the best first."""
    return similar(path, [entry for entry in existing if entry and "{" not in entry], cutoff=SIMILAR)
