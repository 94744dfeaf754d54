"""Watches what a template does with the caller's origin while it runs: compares it, or looks into it.

A template that only compares the origin with whole texts treats every origin alike but those texts, so
a few runs tell what it answers to all of them. One that looks into the origin (a pattern, a prefix, its
length) is `loose`: runs prove nothing about origins that were not tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from remediate.services.rest_api.velocity.regex import literal_of

_HARMLESS = frozenset({"add", "isEmpty", "put", "size", "toString", "keySet", "values"})


@dataclass(slots=True)
class Watch:
    """A watch records what was seen of `origin`, a text that occurs nowhere in the template."""

    origin: str
    compared: dict[str, None] = field(default_factory=dict)
    """The texts that the origin was compared with, in the order of the first comparison."""
    loose: bool = False
    """The origin was looked into, so that other origins may be treated otherwise."""

    def equal(self, left: Any, right: Any) -> None:
        """A comparison."""
        if not (self._has(left) or self._has(right)):
            return
        compared_with = right if left == self.origin else left
        if self.origin not in (left, right) or (compared_with != self.origin and self._has(compared_with)):
            self.loose = True
        elif isinstance(compared_with, str):
            self.compared[compared_with] = None

    def call(self, value: Any, name: str, arguments: Sequence[Any]) -> None:
        """A method's call."""
        if not any(self._has(operand) for operand in (value, *arguments)) or name in _HARMLESS:
            return
        argument = arguments[0] if len(arguments) == 1 else None
        if name == "equals":
            self.equal(value, argument)
        elif name == "matches" and value == self.origin and isinstance(argument, str):
            literal = literal_of(argument)
            self.loose = self.loose or literal is None or self.origin in argument
            self.compared[literal or ""] = None
        elif isinstance(value, list | dict):
            self._search(value, argument)
        else:
            self.loose = True

    def _search(self, collection: Sequence[Any] | dict[Any, Any], sought: Any) -> None:
        """A list or map that holds the origin, or is searched for it."""
        if any(self._has(item) and item != self.origin for item in (*collection, sought)):
            self.loose = True
        elif sought == self.origin:
            self.compared |= {item: None for item in collection if isinstance(item, str)}
        elif isinstance(sought, str):
            self.compared[sought] = None

    def _has(self, value: Any) -> bool:
        """Whether the value is, or may be made of, the origin; what lists hold in lists is not looked at."""
        if isinstance(value, list | dict):
            return any(
                self._has(element) if isinstance(element, str) else not isinstance(element, int)
                for element in value
            )
        return isinstance(value, str) and self.origin in value
