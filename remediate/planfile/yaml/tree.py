"""The tree of a YAML text: every key and value with its position and the span of text that it takes.

Loading reads the values, diagnostics the lines and columns, edits the spans.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, frozen=True)
class Span:
    """A part of the text, from its first character to the one after its last."""

    start: int
    end: int


@dataclass(slots=True, eq=False)
class Node:
    """A value. Its span has no comment or blank line behind the value.

    Where an alias (`*name`) stands for the value, `line` and `column` are those of the value at its
    anchor, and `span` is the alias. `size` and `height` say how much is below; aliases count in full.
    """

    line: int
    column: int
    span: Span
    is_alias: bool = field(default=False, kw_only=True)
    is_anchored: bool = field(default=False, kw_only=True)
    size: int = field(default=1, kw_only=True)
    height: int = field(default=0, kw_only=True)

    @property
    def position(self) -> tuple[int, int]:
        """Line and column of the value; its aliases have the same position."""
        return self.line, self.column

    @property
    def is_shared(self) -> bool:
        """An edit of the value would change other places too."""
        return self.is_alias or self.is_anchored


@dataclass(slots=True, eq=False)
class Scalar(Node):
    """A single value; `text` is what the file says, `value` what it means."""

    text: str
    value: str | int | float | bool | None
    plain: bool


@dataclass(slots=True, eq=False)
class SequenceNode(Node):
    """A list: `[a, b]` where `is_flow`, else a line starting with `-` for each item."""

    is_flow: bool = False
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Entry:
    """One key of a mapping, where the key stands, and its value."""

    line: int
    column: int
    key: Span
    value: Node


@dataclass(slots=True, eq=False)
class MappingNode(Node):
    """A mapping: `{a: b}` where `is_flow`, else `a: b` lines; of a key that is there twice, the first."""

    is_flow: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        """The value under the key, if it is there."""
        entry = self.entries.get(key)
        return entry.value if entry else None


def plain(node: Node) -> Any:
    """The bare value, as a YAML reader without positions would give it."""
    if isinstance(node, MappingNode):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) else None
