"""Every field that changes, line by line: `plan --diff`, the details of a comment, a notice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from remediate.core.plan import Action, Change, Edit
from remediate.render.terminal import Line

STYLES = {"+": "green", "-": "red", "~": "yellow"}
EDITS_SHOWN = 24
VALUE_LINES = 16
NAMES_SHOWN = 4


def change_lines(change: Change, alike: Sequence[Change] = (), *, verbose: bool) -> Iterator[Line]:
    """One resource, or several that become alike: names, edits, the calls that would be sent to each."""
    label = f" ({change.label})" if change.label else ""
    gone = "  delete" if change.action is Action.DELETE else ""
    more = f", each of {len(alike) + 1} alike" if alike else ""
    yield Line(f"{change.address}{label}  {change.region}{gone}{more}", "bold")
    if alike:
        yield Line(f"  and {_some([similar.address for similar in alike], verbose=verbose)}", "", 6)
    grouped = list(_grouped(change.diff))
    shown = grouped if verbose else grouped[:EDITS_SHOWN]
    for edit, names in shown:
        yield from _edit_lines(edit, names, verbose=verbose)
    if len(grouped) > len(shown):
        yield Line(f"    … and {len(grouped) - len(shown)} more edits (--verbose shows all)", "dim")
    yield Line(f"  calls: {', '.join(change.calls)}", "dim", 4)


def edit_texts(edits: Iterable[Edit]) -> Iterator[str]:
    """The edits as plain lines, for messages; what is long is cut."""
    grouped = list(_grouped(edits))
    for edit, names in grouped[:EDITS_SHOWN]:
        yield from (line.text.removeprefix("  ") for line in _edit_lines(edit, names, verbose=False))
    if len(grouped) > EDITS_SHOWN:
        yield f"… and {len(grouped) - EDITS_SHOWN} more edits"


def alike(changes: Sequence[Change]) -> Iterator[tuple[Change, list[Change]]]:
    """Changes that do the same to each of many resources: the first, and the others."""
    groups: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        key = (change.service, change.region, change.action, change.calls, repr(change.diff))
        groups.setdefault(key, []).append(change)
    for first, *similar in groups.values():
        yield first, similar


def _some(names: Sequence[str], *, verbose: bool) -> str:
    shown = names if verbose else names[:NAMES_SHOWN]
    rest = f", … {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + rest


def _grouped(edits: Iterable[Edit]) -> Iterator[tuple[Edit, list[str]]]:
    """Edits that do the same to several named elements of one list, told once with all the names."""
    groups: dict[tuple[str, str, str, str], tuple[Edit, list[str]]] = {}
    for edit in edits:
        names = re.findall(r"\[([^\]]*[^\]\d][^\]]*)\]", edit.path)
        shape = edit.path.replace(f"[{names[0]}]", "[\0]", 1) if names else edit.path
        key = (edit.op, shape, repr(edit.before), repr(edit.after))
        groups.setdefault(key, (edit, []))[1].extend(names[:1])
    yield from groups.values()


def _edit_lines(edit: Edit, names: list[str], *, verbose: bool) -> Iterator[Line]:
    style = STYLES[edit.op]
    path = edit.path
    if len(names) > 1:
        path = path.replace(f"[{names[0]}]", f"[{_some(names, verbose=verbose)}]", 1)
    if edit.op == "~" and not (_is_plain(edit.before) and _is_plain(edit.after)):
        yield Line(f"  ~ {path}", style, 6)
        yield from _value_lines("-", edit.before, verbose=verbose)
        yield from _value_lines("+", edit.after, verbose=verbose)
    elif edit.op == "~":
        yield Line(f"  ~ {path}: {_plain(edit.before)} → {_plain(edit.after)}", style, 6)
    else:
        value = edit.after if edit.op == "+" else edit.before
        if _is_plain(value):
            yield Line(f"  {edit.op} {path}: {_plain(value)}", style, 6)
        else:
            yield Line(f"  {edit.op} {path}", style, 6)
            yield from _value_lines(edit.op, value, verbose=verbose)


def _value_lines(op: str, value: Any, *, verbose: bool) -> Iterator[Line]:
    lines = list(_flat(value, ""))
    shown = lines if verbose else lines[:VALUE_LINES]
    for text in shown:
        yield Line(f"      {op} {text}", STYLES[op], 10)
    if len(lines) > len(shown):
        yield Line(f"        … {len(lines) - len(shown)} more lines (--verbose shows all)", "dim")


def _flat(value: Any, path: str) -> Iterator[str]:
    """`a.b: value` for every plain value inside, in the document's order."""
    if _is_plain(value):
        yield f"{path}: {_plain(value)}" if path else _plain(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else key)
    else:
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}[{index}]")


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(not isinstance(item, (dict, list)) for item in value)
    return not isinstance(value, dict) or not value


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value) or "(none)"
    if value is None or value == {}:
        return "(none)"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text.replace("\n", "⏎") if text else '""'
