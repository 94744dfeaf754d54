"""Editing the origins of a plan file's text: one entry more, changed or less, and not a byte else.

Pure, text in and text out. Whatever the layout, the outcome is read again: it must mean the old file
with just that edit, or nothing is given back. So an edit can fail, but not go astray.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from remediate.errors import RemediateError
from remediate.planfile.edit.layout import (
    TextEdit,
    appended,
    apply_edits,
    changed,
    dashes_offset,
    inline,
    is_json,
    listed_below,
    removed,
    scalar,
)
from remediate.planfile.yaml.outline import Lines, ListSpan, MapSpan, Span, outline
from remediate.planfile.yaml.tree import Unreadable, compose, plain

KEY = "origins"
Place = int | None
"""Whose list: that of the target at this place in `targets`, or of the whole file."""


class CannotEdit(RemediateError):
    """The text is laid out so that nothing but a person should edit it there.

    `line` and `column` (both from 1, counted in characters) say where; whoever knows the file's name
    puts it before them.
    """

    def __init__(self, message: str, *, hint: str, line: int, column: int) -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.column = column


def add(text: str, place: Place, entry: Mapping[str, str]) -> str:
    """The entry (`origin`, `reason`, `expires`, as they are to be read) at the end of the list.

    Raises `CannotEdit`.
    """
    by_hand = f"Write it by hand: `- {inline(entry, scalar)}`."
    listed = _list(text, _holder(text, outline(text), place), by_hand)

    def append(data: Any) -> None:
        _owner(data, place)[KEY].append(dict(entry))

    return _edited(text, appended(text, listed, entry), append, by_hand)


def repeat(text: str, place: int) -> str:
    """The target with a list of its own that says what it inherits; from then on its own counts.

    Raises `CannotEdit`.
    """
    root = outline(text)
    inherited = _plain(text)[KEY]
    by_hand = "Give the target `origins` of its own by hand, with those of the file in them."

    def list_all(data: Any) -> None:
        data["targets"][place][KEY] = inherited

    offset = dashes_offset(text, _mapping(root), KEY)
    splices = listed_below(text, _holder(text, root, place), KEY, inherited, offset)
    return _edited(text, splices, list_all, by_hand)


def change(text: str, place: Place, at: int, values: Mapping[str, str]) -> str:
    """The entry at that place of the list with these values under its keys. Raises `CannotEdit`."""
    by_hand = "Write by hand there: " + ", ".join(f"`{key}: {value}`" for key, value in values.items()) + "."
    listed = _list(text, _holder(text, outline(text), place), by_hand)
    item = listed.items[at]
    if not isinstance(item, MapSpan) or any(value.named for _, value in item.entries.values()):
        raise _shared(text, item, by_hand)

    def update(data: Any) -> None:
        _owner(data, place)[KEY][at].update(values)

    splices = [splice for key, value in values.items() for splice in changed(text, item, key, value)]
    return _edited(text, splices, update, by_hand)


def remove(text: str, place: Place, at: int) -> str:
    """The list without that entry, and without comments on its lines. Raises `CannotEdit`."""
    holder = _holder(text, outline(text), place)
    by_hand = "Delete it by hand."
    listed = _list(text, holder, by_hand)
    owner, _ = holder.entries[KEY]

    def delete(data: Any) -> None:
        del _owner(data, place)[KEY][at]

    return _edited(text, removed(text, owner, listed, at), delete, by_hand)


def _holder(text: str, root: Span, place: Place) -> MapSpan:
    top = _mapping(root)
    if place is None:
        return top
    _, targets = top.entries["targets"]
    target = targets.items[place] if isinstance(targets, ListSpan) else targets
    if not isinstance(target, MapSpan):
        raise _shared(text, target, "Edit the target by hand.")
    return target


def _list(text: str, holder: MapSpan, by_hand: str) -> ListSpan:
    _, listed = holder.entries[KEY]
    if not isinstance(listed, ListSpan) or listed.named:
        raise _shared(text, listed, by_hand)
    return listed


def _mapping(part: Span) -> MapSpan:
    if not isinstance(part, MapSpan):
        raise TypeError("a valid plan file is a mapping")
    return part


def _shared(text: str, part: Span, by_hand: str) -> CannotEdit:
    line, column = _position(text, part.start)
    return CannotEdit(
        "an anchor (&…) or an alias (*…) is here, so an edit would change other places too.",
        hint=f"{by_hand} Or write the value out instead of the alias, and try again.",
        line=line,
        column=column,
    )


def _position(text: str, offset: int) -> tuple[int, int]:
    """The line and the column of an offset, both from 1."""
    lines = Lines(text)
    return lines.number(offset) + 1, lines.column(offset) + 1


def _edited(text: str, splices: Sequence[TextEdit], meaning: Callable[[Any], None], by_hand: str) -> str:
    """The new text, if it means what the old one means after `meaning` was done to its data.

    What was JSON is JSON then too.
    """
    expected = _plain(text)
    meaning(expected)
    new = apply_edits(text, splices)
    try:
        node, faults = compose(new)
    except Unreadable:
        node, faults = None, []
    spoilt = is_json(text) and not is_json(new)
    if node is None or faults or spoilt or plain(node) != expected:
        line, column = _position(text, min(start for start, _, _ in splices))
        raise CannotEdit(
            "the origins around here are laid out so that an edit would change more than them.",
            hint=by_hand,
            line=line,
            column=column,
        )
    return new


def _plain(text: str) -> Any:
    node, _ = compose(text)
    if node is None:
        raise TypeError("a valid plan file is not empty")
    return plain(node)


def _owner(data: Any, place: Place) -> Any:
    return data if place is None else data["targets"][place]
