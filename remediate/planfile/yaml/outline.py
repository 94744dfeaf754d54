"""A YAML text as an outline: from where to where each key and value reaches, for edits in place.

`yaml_positions` says where a value starts, for messages; whoever edits must also know where it ends,
how it is laid out, and whether an alias stands there instead.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from remediate.planfile.yaml.tree import LOADER

_LINE_END = re.compile("\r\n|\r|\n")
_BLOCK_SCALARS = ("|", ">")


@dataclass(slots=True)
class Span:
    """A value from its first character to the one after its last: no comment or blank line behind it.

    `named` says that it has an anchor or is an alias: what is written there counts elsewhere too.
    """

    start: int
    end: int
    named: bool = False


@dataclass(slots=True)
class ListSpan(Span):
    """A list: `[a, b]` where `flow`, else a line starting with `-` for each item."""

    flow: bool = False
    items: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class MapSpan(Span):
    """A mapping: `{a: b}` where `flow`, else `a: b` lines; each key with its value."""

    flow: bool = False
    entries: dict[str, tuple[Span, Span]] = field(default_factory=dict)


def outline(text: str, *, loader: Any = LOADER) -> Span:
    """The outline of a text that `yaml_positions.compose` took without a fault."""
    events = yaml.parse(text, Loader=loader)
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            return _span(text, event, events)
    raise ValueError("an empty text has no outline")


class Lines:
    """Where the lines of a text begin and end."""

    def __init__(self, text: str) -> None:
        self._ends = [(end.start(), end.end()) for end in _LINE_END.finditer(text)]
        self._starts = [0, *(after for _, after in self._ends)]
        self._length = len(text)
        match = _LINE_END.search(text)
        self.break_ = match.group() if match else "\n"
        """How the file ends its lines."""

    def number(self, at: int) -> int:
        """The line of a character, from 0."""
        return bisect_right(self._starts, at) - 1

    def start(self, at: int) -> int:
        """The first character of the line."""
        return self._starts[self.number(at)]

    def column(self, at: int) -> int:
        """Return how many characters stand before it in its line."""
        return at - self.start(at)

    def end(self, at: int) -> int:
        """The end of the line, before its line break."""
        number = self.number(at)
        return self._ends[number][0] if number < len(self._ends) else self._length

    def whole(self, first: int, last: int) -> tuple[int, int]:
        """The lines of both characters and those between, so that what is left still joins."""
        start, number = self.start(first), self.number(last)
        if number < len(self._ends):
            return start, self._ends[number][1]
        # The last line has no break of its own: the one before it goes with it.
        above = self.number(first) - 1
        return (self._ends[above][0] if above >= 0 else 0), self._length


def _span(text: str, event: Any, events: Iterator[Any]) -> Span:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.AliasEvent):
        return Span(start, end, named=True)
    named = event.anchor is not None
    if isinstance(event, yaml.ScalarEvent):
        if event.style in _BLOCK_SCALARS:
            end = start + len(text[start:end].rstrip())
        return Span(start, end, named)
    if isinstance(event, yaml.SequenceStartEvent):
        listed = ListSpan(start, end, named, flow=bool(event.flow_style))
        for inner in events:
            if isinstance(inner, yaml.SequenceEndEvent):
                break
            listed.items.append(_span(text, inner, events))
        listed.end = _end(text, listed.flow, inner, listed.items)
        return listed
    mapped = MapSpan(start, end, named, flow=bool(event.flow_style))
    for inner in events:
        if isinstance(inner, yaml.MappingEndEvent):
            break
        key = _span(text, inner, events)
        mapped.entries[inner.value] = (key, _span(text, next(events), events))
    mapped.end = _end(text, mapped.flow, inner, [value for _, value in mapped.entries.values()])
    return mapped


def _end(text: str, flow: bool, last: Any, inside: list[Span]) -> int:
    # A block ends where the next thing begins, and so does the pair in `[a: b]`, as parsers tell it.
    end: int = last.end_mark.index
    closed = flow and text[end - 1] in "]}"
    return end if closed or not inside else inside[-1].end
