"""Edits that add, change or remove a list item, a key or a value in the layout that the text has.

The functions return text edits and judge nothing: `entries` checks what the edited text means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from remediate.planfile.yaml.compose import Unreadable, compose
from remediate.planfile.yaml.lines import Lines
from remediate.planfile.yaml.tree import Entry, MappingNode, SequenceNode, Span, plain

Item = str | Mapping[str, str]
"""An entry of a list as it is to be read: a text, or keys with texts."""
Spelling = Callable[[str], str]
"""A function that writes a key or a value: `scalar`, or `quoted` where the file is JSON."""

_INDENT = 2


class TextEdit(NamedTuple):
    """The characters from `start` to before `end` become `new`; where both are equal, `new` is inserted."""

    start: int
    end: int
    new: str


def apply_edits(text: str, edits: Sequence[TextEdit]) -> str:
    """The text after all edits; they do not overlap, and those at one place keep their order."""
    edited, at = "", 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        edited += text[at : edit.start] + edit.new
        at = edit.end
    return edited + text[at:]


def quoted(value: str) -> str:
    """The value in double quotes, as JSON and YAML read it back."""
    return json.dumps(value, ensure_ascii=False)


def scalar(value: str) -> str:
    """The value as YAML reads it back: plain where that says the same, between brackets too."""
    try:
        node, diagnostics = compose(f"a: {value}\nb: [{value}]")
    except Unreadable:
        return quoted(value)
    bare = node is not None and not diagnostics and plain(node) == {"a": value, "b": [value]}
    return value if bare else quoted(value)


def is_json(text: str) -> bool:
    """True where the text is JSON; a plan file is YAML, and some YAML is JSON."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def spelling(text: str) -> Spelling:
    """The function that writes keys and values of that text: JSON stays JSON."""
    return quoted if is_json(text) else scalar


def inline(item: Item, spelt: Spelling) -> str:
    """An item on one line."""
    if isinstance(item, str):
        return spelt(item)
    return "{" + ", ".join(f"{spelt(key)}: {spelt(value)}" for key, value in item.items()) + "}"


def appended(text: str, listed: SequenceNode, item: Item) -> list[TextEdit]:
    """The item behind the last one, laid out like the others."""
    lines = Lines(text)
    if not listed.items:
        return [TextEdit(listed.span.start + 1, listed.span.start + 1, inline(item, spelling(text)))]
    last = listed.items[-1].span
    if listed.is_flow:
        return _appended_inline(text, lines, listed, last, item)
    dash = _dash(text, lines, listed, last)
    column = lines.column(dash)
    same_line = lines.number(dash) == lines.number(last.start)
    gap = last.start - dash - 1 if same_line else 1
    braced = any(
        isinstance(entry, MappingNode) and entry.is_flow and not entry.is_alias for entry in listed.items
    )
    new = [inline(item, scalar)] if braced else _below(item)
    end = lines.end(last.end)
    return [TextEdit(end, end, _joined(lines, " " * column + "-" + " " * gap, new))]


def removed(text: str, key: Span, listed: SequenceNode, at: int) -> list[TextEdit]:
    """The item gone; `key` is the list's key, where an empty list stays behind."""
    lines = Lines(text)
    if listed.is_flow:
        return _removed_inline(text, lines, listed, at)
    item = listed.items[at].span
    start, end = lines.whole(_dash(text, lines, listed, item), item.end)
    if len(listed.items) > 1:
        return [TextEdit(start, end, "")]
    colon = text.index(":", key.end) + 1
    return [TextEdit(colon, colon, " []"), TextEdit(start, end, "")]


def listed_below(
    text: str, holder: MappingNode, key: str, items: Sequence[Item], offset: int
) -> list[TextEdit]:
    """A new key with a list behind the last key of `holder`; `offset` is how far the dashes stand in."""
    end = _last_end(holder)
    if holder.is_flow:
        spelt = spelling(text)
        return [TextEdit(end, end, f", {spelt(key)}: [{', '.join(inline(item, spelt) for item in items)}]")]
    lines = Lines(text)
    column = lines.column(_first(holder).key.start)
    new = f"{lines.line_break}{' ' * column}{key}:" + ("" if items else " []")
    for item in items:
        new += _joined(lines, " " * (column + offset) + "- ", _below(item))
    end = lines.end(end)
    return [TextEdit(end, end, new)]


def without_key(text: str, holder: MappingNode, key: str) -> list[TextEdit]:
    """The mapping without the key and its list: what `listed_below` added, exactly."""
    entry = holder.entries[key]
    lines = Lines(text)
    before = [other.value.span.end for other in holder.entries.values() if other.key.start < entry.key.start]
    if not before:
        after = min(
            (other.key.start for other in holder.entries.values() if other is not entry),
            default=entry.value.span.end,
        )
        return [TextEdit(entry.key.start, after, "")]
    if holder.is_flow:
        return [TextEdit(max(before), entry.value.span.end, "")]
    above = lines.end(lines.start(entry.key.start) - 1)
    return [TextEdit(above, lines.end(entry.value.span.end), "")]


def dashes_offset(text: str, holder: MappingNode, key: str) -> int:
    """The indent of the list's dashes against its key; two where the list has none."""
    entry = holder.entries.get(key)
    listed = entry.value if entry else None
    if entry is None or not isinstance(listed, SequenceNode) or listed.is_flow or listed.is_shared:
        return _INDENT
    lines = Lines(text)
    return lines.column(listed.span.start) - lines.column(entry.key.start)


def changed(text: str, holder: MappingNode, key: str, value: str) -> list[TextEdit]:
    """Another value under the key, in the quotes that are there; or the key behind the last one."""
    if key in holder.entries:
        old = holder.entries[key].value.span
        mark = text[old.start]
        single = "'" + value.replace("'", "''") + "'"
        new = {'"': quoted(value), "'": single}.get(mark, spelling(text)(value))
        return [TextEdit(old.start, old.end, new)]
    end = _last_end(holder)
    if holder.is_flow:
        spelt = spelling(text)
        return [TextEdit(end, end, f", {spelt(key)}: {spelt(value)}")]
    lines = Lines(text)
    column = lines.column(_first(holder).key.start)
    end = lines.end(end)
    return [TextEdit(end, end, f"{lines.line_break}{' ' * column}{key}: {scalar(value)}")]


def _first(holder: MappingNode) -> Entry:
    return next(iter(holder.entries.values()))


def _last_end(holder: MappingNode) -> int:
    return max(entry.value.span.end for entry in holder.entries.values())


def _below(item: Item) -> list[str]:
    if isinstance(item, str):
        return [scalar(item)]
    return [f"{key}: {scalar(value)}" for key, value in item.items()]


def _joined(lines: Lines, first: str, parts: Sequence[str]) -> str:
    """Lines to put behind the end of a line: so a file without a last line break stays one."""
    heads = [first, *[" " * len(first)] * (len(parts) - 1)]
    return "".join(lines.line_break + head + part for head, part in zip(heads, parts, strict=True))


def _dash(text: str, lines: Lines, listed: SequenceNode, item: Span) -> int:
    """The `-` of an item, which may stand some lines above it, with comments between."""
    column = lines.column(listed.span.start)
    at = lines.start(item.start)
    while at > listed.span.start and (text[at : at + column].strip(" ") or text[at + column] != "-"):
        at = lines.start(at - 1)
    return at + column


def _appended_inline(text: str, lines: Lines, listed: SequenceNode, last: Span, item: Item) -> list[TextEdit]:
    spelt = spelling(text)
    comma = _comma(text, last.end, listed.span.end - 1)
    alone = not text[lines.start(last.start) : last.start].strip(" ")
    closed_below = lines.number(last.end) != lines.number(listed.span.end - 1)
    if alone and closed_below:
        # An item a line: the new one too, and a comment keeps to the item that it stands behind.
        end = lines.end(last.end)
        new = lines.line_break + " " * lines.column(last.start) + inline(item, spelt)
        if comma is not None:
            end = max(end, lines.end(comma))
            return [TextEdit(end, end, new + ",")]
        return [TextEdit(last.end, last.end, ","), TextEdit(end, end, new)]
    return [TextEdit(last.end, last.end, f", {inline(item, spelt)}")]


def _removed_inline(text: str, lines: Lines, listed: SequenceNode, at: int) -> list[TextEdit]:
    item = listed.items[at].span
    stop = listed.items[at + 1].span.start if at + 1 < len(listed.items) else listed.span.end - 1
    comma = _comma(text, item.end, stop)
    start, end = item.start, item.end if comma is None else comma + 1
    edits: list[TextEdit] = []
    if comma is None and at > 0:
        before = _comma(text, listed.items[at - 1].span.end, item.start)
        if before is not None:
            if text[before + 1 : start].strip(" ") == "":
                return [TextEdit(before, end, "")]
            edits.append(TextEdit(before, before + 1, ""))
    alone = not text[lines.start(start) : start].strip(" ")
    if alone and re.fullmatch(r" *(#.*)?", text[end : lines.end(end)]):
        return [*edits, TextEdit(*lines.whole(start, end), "")]
    while comma is not None and end < stop and text[end] == " ":
        end += 1
    return [*edits, TextEdit(start, end, "")]


def _comma(text: str, start: int, stop: int) -> int | None:
    """The comma between two items, which may stand behind a comment that has commas too."""
    match = re.compile(r"(?>[^,#]|#[^\r\n]*+)*+,").match(text, start, stop)
    return match.end() - 1 if match else None
