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
    without_key,
)
from remediate.planfile.yaml.compose import Unreadable, compose
from remediate.planfile.yaml.lines import Lines
from remediate.planfile.yaml.tree import Entry, MappingNode, Node, SequenceNode, plain

KEY = "origins"
ALSO = "also"
Place = int | None
"""The list of the target at this place in `targets`, or that of the whole file."""


class CannotEdit(RemediateError):
    """The text is laid out so that nothing but a person should edit it there.

    `line` and `column` (both from 1, counted in characters) say where; whoever knows the file's name
    puts it before them.
    """

    def __init__(self, message: str, *, hint: str, line: int, column: int) -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.column = column


def add(text: str, place: Place, entry: Mapping[str, str], *, key: str = KEY) -> str:
    """The entry (`origin`, `reason`, `expires`, as they are to be read) at the end of the list.

    A target that has no list `also` gets one. Raises `CannotEdit`.
    """
    by_hand = f"Write it by hand: `- {inline(entry, scalar)}`."
    root = _root(text)
    holder = _holder(text, root, place)

    def append(data: Any) -> None:
        _holder_data(data, place).setdefault(key, []).append(dict(entry))

    if key == ALSO and key not in holder.entries:
        edits = listed_below(text, holder, key, [entry], dashes_offset(text, root, KEY))
    else:
        edits = appended(text, _list(text, holder, by_hand, key)[1], entry)
    return _edited(text, root, edits, append, by_hand)


def change(text: str, place: Place, at: int, values: Mapping[str, str], *, key: str = KEY) -> str:
    """The entry at that place of the list with these values under its keys. Raises `CannotEdit`."""
    by_hand = (
        "Write by hand there: " + ", ".join(f"`{name}: {value}`" for name, value in values.items()) + "."
    )
    root = _root(text)
    _, listed = _list(text, _holder(text, root, place), by_hand, key)
    item = listed.items[at]
    if (
        not isinstance(item, MappingNode)
        or item.is_alias
        or any(entry.value.is_shared for entry in item.entries.values())
    ):
        raise _shared(text, item, by_hand)

    def update(data: Any) -> None:
        _holder_data(data, place)[key][at].update(values)

    edits = [edit for name, value in values.items() for edit in changed(text, item, name, value)]
    return _edited(text, root, edits, update, by_hand)


def remove(text: str, place: Place, at: int, *, key: str = KEY) -> str:
    """The list without that entry, and without comments on its lines. Raises `CannotEdit`.

    An empty list of origins means nobody, so it stays; an empty `also` means nothing, so its key goes too.
    """
    by_hand = "Delete it by hand."
    root = _root(text)
    holder = _holder(text, root, place)
    entry, listed = _list(text, holder, by_hand, key)
    is_last = key == ALSO and len(listed.items) == 1

    def delete(data: Any) -> None:
        if is_last:
            del _holder_data(data, place)[key]
        else:
            del _holder_data(data, place)[key][at]

    edits = without_key(text, holder, key) if is_last else removed(text, entry.key, listed, at)
    return _edited(text, root, edits, delete, by_hand)


def _root(text: str) -> MappingNode:
    root, _ = compose(text)
    if not isinstance(root, MappingNode):
        raise TypeError("a valid plan file is a mapping")
    return root


def _holder(text: str, root: MappingNode, place: Place) -> MappingNode:
    """The mapping that has the list: the file, or the target at this place."""
    if place is None:
        return root
    target = root.entries["targets"].value
    if isinstance(target, SequenceNode) and not target.is_alias:
        target = target.items[place]
    if not isinstance(target, MappingNode) or target.is_alias:
        raise _shared(text, target, "Edit the target by hand.")
    return target


def _list(text: str, holder: MappingNode, by_hand: str, key: str) -> tuple[Entry, SequenceNode]:
    """The key of the list and the list."""
    entry = holder.entries[key]
    listed = entry.value
    if not isinstance(listed, SequenceNode) or listed.is_shared:
        raise _shared(text, listed, by_hand)
    return entry, listed


def _shared(text: str, node: Node, by_hand: str) -> CannotEdit:
    line, column = Lines(text).position(node.span.start)
    return CannotEdit(
        "an anchor (&…) or an alias (*…) is here, so an edit would change other places too.",
        hint=f"{by_hand} Or write the value out instead of the alias, and try again.",
        line=line,
        column=column,
    )


def _edited(
    text: str, root: MappingNode, edits: Sequence[TextEdit], meaning: Callable[[Any], None], by_hand: str
) -> str:
    """The new text, if it means what the old one means after `meaning` was done to its data.

    Text that was JSON must still be JSON.
    """
    expected = plain(root)
    meaning(expected)
    new = apply_edits(text, edits)
    try:
        node, diagnostics = compose(new)
    except Unreadable:
        node, diagnostics = None, []
    lost_json = is_json(text) and not is_json(new)
    if node is None or diagnostics or lost_json or plain(node) != expected:
        line, column = Lines(text).position(min(edit.start for edit in edits))
        raise CannotEdit(
            "the origins around here are laid out so that an edit would change more than them.",
            hint=by_hand,
            line=line,
            column=column,
        )
    return new


def _holder_data(data: Any, place: Place) -> Any:
    return data if place is None else data["targets"][place]
