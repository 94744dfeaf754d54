"""What differs between two documents, line by line, for people; display never steers a write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    by name and shown as `resources[/items]`; all other lists are matched by index.
    """
    from deepdiff import DeepDiff  # noqa: PLC0415  # loaded only where something differs

    names = identity or {}
    old, new = _differing(_comparable(before or {}, "", names), _comparable(after or {}, "", names))
    try:
        tree = DeepDiff(old, new, view="tree", threshold_to_diff_deeper=0)
    except UnicodeEncodeError:
        # Half of a surrogate pair, which JSON may hold and DeepDiff cannot hash.
        return (Edit("~", "", before, after),)
    found = sorted(_edits(tree, names), key=lambda edit: (edit.path, edit.op, canonical(edit.after)))
    if not found and before != after:
        # Only an order that AWS may give a meaning to: show it as a whole rather than hide it.
        return (Edit("~", "", before, after),)
    return tuple(found)


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
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return old, new
    pairs = {key: _differing(old[key], new[key]) for key in old.keys() & new.keys() if old[key] != new[key]}
    return (
        {key: pairs[key][0] if key in pairs else old[key] for key in old if key in pairs or key not in new},
        {key: pairs[key][1] if key in pairs else new[key] for key in new if key in pairs or key not in old},
    )


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
            text += f"[{step}]"
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
