"""Tells what differs between two documents, line by line, for people; display never steers a write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from remediate.core.document import Document, canonical
from remediate.core.plan import Edit

if TYPE_CHECKING:
    from deepdiff import DeepDiff


def edits(
    before: Document | None, after: Document | None, identity: Mapping[str, str] | None = None
) -> tuple[Edit, ...]:
    """The edits that lead from `before` to `after`, sorted by path.

    Lists of plain values are compared as sets (AWS gives their order no meaning). `identity` maps
    a list's path (`resources`) to the member that names its elements (`path`): those are matched
    by name and shown as `resources[/items]`. All other lists are matched in their order, so that what
    is put before others does not make them look edited: a place is that of `after`, for what is
    removed that of `before`.
    """
    if before == after:
        return ()
    from deepdiff import DeepDiff  # noqa: PLC0415  # loaded only where something differs

    names = identity or {}
    old, new = _differing(_comparable(before or {}, "", names), _comparable(after or {}, "", names))
    try:
        tree = DeepDiff(old, new, view="tree", threshold_to_diff_deeper=0)
    except UnicodeEncodeError:
        # Half of a surrogate pair, which JSON may hold and DeepDiff cannot hash.
        return (Edit("~", "", before, after),)
    listed = sorted(_edits(tree, names), key=_order)
    if not listed and before != after:
        # Only an order that AWS may give a meaning to: show it as a whole rather than hide it.
        return (Edit("~", "", before, after),)
    return tuple(listed)


def _order(edit: Edit) -> tuple[str, str, str, str]:
    """What is removed has no `after`: `before` tells two of them apart, whatever order a set gave them."""
    return edit.path, edit.op, canonical(edit.after), canonical(edit.before)


def _comparable(value: Any, path: str, identity: Mapping[str, str]) -> Any:
    """The value with named lists as mappings and lists of plain values as sets."""
    if isinstance(value, Mapping):
        return {
            str(key): _comparable(item, f"{path}.{key}" if path else str(key), identity)
            for key, item in value.items()
        }
    if not isinstance(value, (list, tuple)):
        return value
    name = identity.get(path)
    if name is not None and all(isinstance(item, Mapping) and name in item for item in value):
        return {str(item[name]): _comparable(item, f"{path}[]", identity) for item in value}
    if all(isinstance(item, str) for item in value) and len(set(value)) == len(value):
        return frozenset(value)
    return [_comparable(item, f"{path}[]", identity) for item in value]


def _differing(old: Any, new: Any) -> tuple[Any, Any]:
    """Both without the members that are equal: DeepDiff takes seconds to walk a large API."""
    if _is_list_of_mappings(old) and _is_list_of_mappings(new) and (old or new):
        return _aligned(list(old), list(new))
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return old, new
    pairs = {key: _differing(old[key], new[key]) for key in old.keys() & new.keys() if old[key] != new[key]}
    return (
        {key: pairs[key][0] if key in pairs else old[key] for key in old if key in pairs or key not in new},
        {key: pairs[key][1] if key in pairs else new[key] for key in new if key in pairs or key not in old},
    )


def _is_list_of_mappings(value: Any) -> bool:
    """An empty list is comparable to any, and a set by now."""
    return value == frozenset() or (isinstance(value, list) and all(isinstance(item, dict) for item in value))


def _aligned(old: list[Any], new: list[Any]) -> tuple[dict[int, Any], dict[int, Any]]:
    """Return what differs by its place in `new`; what is only in `old` by the complement of its place there.

    Between two elements that stayed, one that is at least half the same counts as edited; what
    moved is removed and added.
    """
    texts, new_texts = ([canonical(_plain(item)) for item in items] for items in (old, new))
    before: dict[int, Any] = {}
    after: dict[int, Any] = {}
    steps = SequenceMatcher(None, texts, new_texts, autojunk=False).get_opcodes()
    for kind, start, end, new_start, new_end in steps:
        if kind == "equal":
            continue
        gone = list(range(start, end))
        for place in range(new_start, new_end):
            alike = [(_shared(old[at], new[place]), -at) for at in gone]
            share, twin = max(alike, default=(0.0, 0))
            if share < 0.5:
                after[place] = new[place]
                continue
            gone.remove(-twin)
            before[place], after[place] = _differing(old[-twin], new[place])
        before |= {~at: old[at] for at in gone}
    return before, after


def _shared(left: Mapping[str, Any], right: Mapping[str, Any]) -> float:
    """The share of members that are equal; all of it where a text is: an ID tells them for the same."""
    equal = [key for key in left.keys() & right.keys() if left[key] == right[key]]
    if any(isinstance(left[key], str) for key in equal):
        return 1.0
    return len(equal) / max(1, len(left.keys() | right.keys()))


def _edits(tree: DeepDiff, identity: Mapping[str, str]) -> Iterator[Edit]:
    for kind, levels in tree.items():
        for level in levels:
            path = level.path(output_format="list")
            if kind in {"set_item_added", "set_item_removed"}:
                path = level.up.path(output_format="list")
            op = "+" if kind.endswith("_added") else "-" if kind.endswith("_removed") else "~"
            yield Edit(
                op,
                _shown(path, identity),
                None if op == "+" else _plain(level.t1),
                None if op == "-" else _plain(level.t2),
            )


def _shown(path: list[str | int], identity: Mapping[str, str]) -> str:
    text = schema = ""
    for step in path:
        if isinstance(step, int) or schema in identity:
            text += f"[{~step if isinstance(step, int) and step < 0 else step}]"
            schema += "[]"
        else:
            text += f".{step}" if text else step
            schema += f".{step}" if schema else step
    return text


def _plain(value: Any) -> Any:
    """JSON again, from what was made comparable."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
