"""Globs over names (buckets, APIs, addresses) and over URL paths."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache


@lru_cache(maxsize=1024)
def _name_regex(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def name_matches(pattern: str, name: str) -> bool:
    """Shell-style and case-sensitive: `*` any run, `?` one character, `[ab]` a set."""
    if not any(mark in pattern for mark in "*?["):
        return pattern == name
    return _name_regex(pattern).match(name) is not None


@lru_cache(maxsize=1024)
def _path_regex(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(/\*\*|\*\*|\*|\?)", pattern)
    marks = {"/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(marks.get(part, re.escape(part)) for part in parts))


def path_matches(pattern: str, path: str) -> bool:
    """URL-path globs: `*` stays within a segment, `**` crosses `/`, `/items/**` covers `/items` too.

    `{proxy+}` and `{id}` in a resource path are ordinary text: `/items/*` matches `/items/{id}`.
    """
    return pattern == path or _path_regex(pattern).fullmatch(path) is not None
