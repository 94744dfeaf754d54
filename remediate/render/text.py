"""A plan as text for people: what differs, what it means, and one summary line last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from remediate.core.finding import Finding, Level
from remediate.core.plan import Access, Change, Edit, Plan
from remediate.render.terminal import Line

STYLES = {"+": "green", "-": "red", "~": "yellow"}
LEVELS = {Level.INFO: "cyan", Level.WARN: "yellow", Level.REFUSE: "bold red"}
EDITS_SHOWN = 24
VALUE_LINES = 16
NAMES_SHOWN = 4
ACCESS_SHOWN = 24


def plan_lines(plan: Plan, *, verbose: bool = False) -> Iterator[Line]:
    """The whole plan: legend, resources, access, findings, summary."""
    yield Line(f"{plan.name}  account {plan.account}", "bold")
    yield Line()
    if plan.changes:
        yield Line("+ add   - remove   ~ change", "dim")
        yield Line()
    for change, alike in _alike(plan.changes):
        yield from change_lines(change, alike, verbose=verbose)
        yield Line()
    yield from access_lines(plan.access, verbose=verbose)
    yield from finding_lines(plan.findings, verbose=verbose)
    yield from summary_lines(plan)


def change_lines(change: Change, alike: Sequence[Change] = (), *, verbose: bool) -> Iterator[Line]:
    """One resource, or several that become alike: names, edits, the calls that would be sent to each."""
    label = f" ({change.label})" if change.label else ""
    more = f", each of {len(alike) + 1} alike" if alike else ""
    yield Line(f"{change.address}{label}  {change.region}  {change.action}{more}", "bold")
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


def _alike(changes: Sequence[Change]) -> Iterator[tuple[Change, list[Change]]]:
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


def access_lines(access: Sequence[Access], *, verbose: bool) -> Iterator[Line]:
    """Who may newly do what, and who may no longer: callers that fare alike share a line."""
    if not access:
        return
    yield Line("What this means for a browser", "bold")
    rows_by_change: dict[tuple[str, str, str, str, str], list[Access]] = {}
    for row in access:
        rows_by_change.setdefault((row.origin, row.to, row.before, row.after, sent_with(row)), []).append(row)
    shared: dict[tuple[str, tuple[str, ...], str, str, str], list[Access]] = {}
    for (_, to, before, after, sent), several in rows_by_change.items():
        methods = tuple(dict.fromkeys(row.method for row in several))
        shared.setdefault((to, methods, before, after, sent), []).append(several[0])
    rows = list(shared.items())
    shown = rows if verbose else rows[:ACCESS_SHOWN]
    for (to, methods, before, after, sent), callers in shown:
        op = "+" if after == "allowed" else "-" if before == "allowed" else "~"
        origins = ", ".join(dict.fromkeys(row.origin for row in callers))
        yield Line(f"  {op} {', '.join(methods)} {to}{sent}: {before} → {after}", STYLES[op], 6)
        yield Line(f"      from {origins}", "", 11)
        lead = "before" if after == "allowed" else "because"
        yield Line(f"      {lead}: {callers[0].because}", "dim", 8)
    if len(rows) > len(shown):
        yield Line(f"    … and {len(rows) - len(shown)} more (--verbose shows all)", "dim")
    yield Line()


def sent_with(access: Access) -> str:
    """Return what the request sends that decides: ` with authorization, cookies`; empty if nothing does."""
    sent = [*access.headers, *(["cookies"] if access.credentials else [])]
    return f" with {', '.join(sent)}" if sent else ""


def finding_lines(findings: Sequence[Finding], *, verbose: bool) -> Iterator[Line]:
    """Yield what to know besides: the gravest first; what is said of several resources is said once."""
    if not findings:
        return
    order = [Level.REFUSE, Level.WARN, Level.INFO]
    groups: dict[Finding, list[str]] = {}
    for finding in findings:
        groups.setdefault(replace(finding, address=""), []).append(finding.address)
    yield Line("Findings", "bold")
    for finding, addresses in sorted(groups.items(), key=lambda item: order.index(item[0].level)):
        about = _some(addresses, verbose=verbose)
        yield Line(f"  {finding.level}  {finding.code}  {about}", LEVELS[finding.level], 4)
        yield from (Line(f"    {part}", "", 4) for part in finding.message.splitlines())
        for number, part in enumerate(finding.hint.splitlines()):
            yield Line(f"    {' ' if number else '→'} {part}", "", 6)
        if finding.where:
            yield Line(f"    {finding.where}", "dim", 4)
    yield Line()


def summary_lines(plan: Plan) -> Iterator[Line]:
    """The last lines: the counts, the calls that were sent, the checksum of what would be done."""
    counts = plan.summary
    looked = sum(counts.values()) - counts["unreadable"]
    unread = f" {counts['unreadable']} could not be read." if counts["unreadable"] else ""
    if plan.changes:
        yield Line(
            f"Plan: {counts['create']} to create, {counts['update']} to update, "
            f"{counts['delete']} to delete, {counts['unchanged']} unchanged.{unread}",
            "bold",
        )
    elif plan.refusals:
        yield Line(f"Nothing can be changed: see what is refused above.{unread}", "bold")
    elif plan.incomplete:
        yield Line(f"Incomplete: nothing differs in {_resources(looked)}; see the findings.{unread}", "bold")
    else:
        rest = "the findings tell what does not fit" if _unmet(plan) else "live settings match the plan"
        yield Line(f"No changes. {_resources(looked)} looked at, {rest}.", "bold")
    sent = sum(plan.api_calls.values())
    checksum = f"  checksum {plan.checksum}" if plan.changes else ""
    yield Line(f"{sent} API call{'' if sent == 1 else 's'}.{checksum}", "dim")


def _unmet(plan: Plan) -> bool:
    return any(finding.level is Level.WARN for finding in plan.findings)


def _resources(count: int) -> str:
    return f"{count} resource{'' if count == 1 else 's'}"


def _grouped(edits: Iterable[Edit]) -> Iterator[tuple[Edit, list[str]]]:
    """Edits that do the same to several named elements of one list, shown once with all the names."""
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
