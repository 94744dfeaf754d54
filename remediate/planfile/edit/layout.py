"""Where in a text a new list item, key or value goes, in the layout that is there; and what goes with it.

Gives splices, `(start, end, new text)`, and judges nothing: `edit` checks what the outcome means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

from remediate.planfile.yaml.outline import Lines, ListSpan, MapSpan, Span
from remediate.planfile.yaml.tree import Unreadable, compose, plain

TextEdit = tuple[int, int, str]
Item = str | Mapping[str, str]
"""An entry of a list as it is to be read: a text, or keys with texts."""
Spelling = Callable[[str], str]
"""How a key or a value is written: `scalar`, or `quoted` where the file is JSON."""

_INDENT = 2


def apply_edits(text: str, splices: Sequence[TextEdit]) -> str:
    """The text with all splices done; they do not overlap, and those at one place keep their order."""
    done, at = "", 0
    for start, end, new in sorted(splices, key=lambda splice: splice[0]):
        done += text[at:start] + new
        at = end
    return done + text[at:]


def quoted(value: str) -> str:
    """The value in double quotes, as JSON and YAML read it back."""
    return json.dumps(value, ensure_ascii=False)


def scalar(value: str) -> str:
    """The value as YAML reads it back: plain where that says the same, between brackets too."""
    try:
        node, faults = compose(f"a: {value}\nb: [{value}]")
    except Unreadable:
        return quoted(value)
    bare = node is not None and not faults and plain(node) == {"a": value, "b": [value]}
    return value if bare else quoted(value)


def is_json(text: str) -> bool:
    """Return whether JSON readers take the text; a plan file is YAML, and some YAML is JSON."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def spelling(text: str) -> Spelling:
    """Return how keys and values are written in that text: what is JSON stays JSON."""
    return quoted if is_json(text) else scalar


def inline(item: Item, spelt: Spelling) -> str:
    """An item on one line."""
    if isinstance(item, str):
        return spelt(item)
    return "{" + ", ".join(f"{spelt(key)}: {spelt(value)}" for key, value in item.items()) + "}"


def appended(text: str, listed: ListSpan, item: Item) -> list[TextEdit]:
    """The item behind the last one, laid out like the others."""
    lines = Lines(text)
    if not listed.items:
        return [(listed.start + 1, listed.start + 1, inline(item, spelling(text)))]
    last = listed.items[-1]
    if listed.flow:
        return _appended_inline(text, lines, listed, last, item)
    dash = _dash(text, lines, listed, last)
    column = lines.column(dash)
    same_line = lines.number(dash) == lines.number(last.start)
    gap = last.start - dash - 1 if same_line else 1
    braced = any(isinstance(entry, MapSpan) and entry.flow for entry in listed.items)
    new = [inline(item, scalar)] if braced else _below(item)
    end = lines.end(last.end)
    return [(end, end, _joined(lines, " " * column + "-" + " " * gap, new))]


def removed(text: str, owner: Span, listed: ListSpan, at: int) -> list[TextEdit]:
    """The item gone; `owner` is the list's key, where an empty list stays behind."""
    lines = Lines(text)
    item = listed.items[at]
    if listed.flow:
        return _removed_inline(text, lines, listed, at)
    start, end = lines.whole(_dash(text, lines, listed, item), item.end)
    if len(listed.items) > 1:
        return [(start, end, "")]
    colon = text.index(":", owner.end) + 1
    return [(colon, colon, " []"), (start, end, "")]


def listed_below(text: str, holder: MapSpan, key: str, items: Sequence[Item], offset: int) -> list[TextEdit]:
    """A new key with a list behind the last key of `holder`; `offset` is how far the dashes stand in."""
    end = max(value.end for _, value in holder.entries.values())
    if holder.flow:
        spelt = spelling(text)
        return [(end, end, f", {spelt(key)}: [{', '.join(inline(item, spelt) for item in items)}]")]
    lines = Lines(text)
    column = lines.column(next(iter(holder.entries.values()))[0].start)
    new = f"{lines.break_}{' ' * column}{key}:" + ("" if items else " []")
    for item in items:
        new += _joined(lines, " " * (column + offset) + "- ", _below(item))
    end = lines.end(end)
    return [(end, end, new)]


def dashes_offset(text: str, holder: MapSpan, key: str) -> int:
    """Return how far the file's own list under the key stands in from the key; two where it does not tell."""
    owner, value = holder.entries.get(key, (None, None))
    if owner is None or not isinstance(value, ListSpan) or value.flow or value.named:
        return _INDENT
    lines = Lines(text)
    return lines.column(value.start) - lines.column(owner.start)


def changed(text: str, holder: MapSpan, key: str, value: str) -> list[TextEdit]:
    """Another value under the key, in the quotes that are there; or the key behind the last one."""
    if key in holder.entries:
        _, old = holder.entries[key]
        mark = text[old.start]
        single = "'" + value.replace("'", "''") + "'"
        new = {'"': quoted(value), "'": single}.get(mark, spelling(text)(value))
        return [(old.start, old.end, new)]
    end = max(part.end for _, part in holder.entries.values())
    if holder.flow:
        spelt = spelling(text)
        return [(end, end, f", {spelt(key)}: {spelt(value)}")]
    lines = Lines(text)
    column = lines.column(next(iter(holder.entries.values()))[0].start)
    end = lines.end(end)
    return [(end, end, f"{lines.break_}{' ' * column}{key}: {scalar(value)}")]


def _below(item: Item) -> list[str]:
    if isinstance(item, str):
        return [scalar(item)]
    return [f"{key}: {scalar(value)}" for key, value in item.items()]


def _joined(lines: Lines, first: str, parts: Sequence[str]) -> str:
    """Lines to put behind the end of a line: so a file without a last line break stays one."""
    heads = [first, *[" " * len(first)] * (len(parts) - 1)]
    return "".join(lines.break_ + head + part for head, part in zip(heads, parts, strict=True))


def _dash(text: str, lines: Lines, listed: ListSpan, item: Span) -> int:
    """The `-` of an item, which may stand some lines above it, with comments between."""
    column = lines.column(listed.start)
    at = lines.start(item.start)
    while at > listed.start and (text[at : at + column].strip(" ") or text[at + column] != "-"):
        at = lines.start(at - 1)
    return at + column


def _appended_inline(text: str, lines: Lines, listed: ListSpan, last: Span, item: Item) -> list[TextEdit]:
    spelt = spelling(text)
    comma = _comma(text, last.end, listed.end - 1)
    alone = not text[lines.start(last.start) : last.start].strip(" ")
    closed_below = lines.number(last.end) != lines.number(listed.end - 1)
    if alone and closed_below:
        # An item a line: the new one too, and a comment keeps to the item that it stands behind.
        end = lines.end(last.end)
        new = lines.break_ + " " * lines.column(last.start) + inline(item, spelt)
        if comma is not None:
            end = max(end, lines.end(comma))
            return [(end, end, new + ",")]
        return [(last.end, last.end, ","), (end, end, new)]
    return [(last.end, last.end, f", {inline(item, spelt)}")]


def _removed_inline(text: str, lines: Lines, listed: ListSpan, at: int) -> list[TextEdit]:
    item = listed.items[at]
    stop = listed.items[at + 1].start if at + 1 < len(listed.items) else listed.end - 1
    comma = _comma(text, item.end, stop)
    start, end = item.start, item.end if comma is None else comma + 1
    splices: list[TextEdit] = []
    if comma is None and at > 0:
        before = _comma(text, listed.items[at - 1].end, item.start)
        if before is not None:
            if text[before + 1 : start].strip(" ") == "":
                return [(before, end, "")]
            splices.append((before, before + 1, ""))
    alone = not text[lines.start(start) : start].strip(" ")
    if alone and re.fullmatch(r" *(#.*)?", text[end : lines.end(end)]):
        return [*splices, (*lines.whole(start, end), "")]
    while comma is not None and end < stop and text[end] == " ":
        end += 1
    return [*splices, (start, end, "")]


def _comma(text: str, start: int, stop: int) -> int | None:
    """The comma between two items, which may stand behind a comment that has commas too."""
    match = re.compile(r"(?>[^,#]|#[^\r\n]*+)*+,").match(text, start, stop)
    return match.end() - 1 if match else None
