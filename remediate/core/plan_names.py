"""The names of the plans that a value speaks of, and the one text that documents and records hold of them.

A plan's name is letters, digits, `-` and `_` (`planfile/schema/fields.py`), so the text can be split again.
"""

from __future__ import annotations

from collections.abc import Iterable

_SEPARATOR = ", "


def join_names(names: Iterable[str]) -> str:
    """Return the text of a document's or a record's `plan`."""
    return _SEPARATOR.join(names)


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in the text of a document's or a record's `plan`."""
    return tuple(text.split(_SEPARATOR)) if text else ()
