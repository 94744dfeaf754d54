"""A plan as text for people: the answer first, one line a resource, and the next command last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.common_rules import NO_MATCH
from remediate.core.finding import Level, Topic
from remediate.core.plan import Action, Change, Plan
from remediate.core.wording import counted
from remediate.render.access import access_lines
from remediate.render.diff import STYLES, alike, change_lines
from remediate.render.findings import about, note_count, section_lines, short_lines
from remediate.render.terminal import Line

RESOURCES_SHOWN = 24
_MARKS = {Action.CREATE: "~", Action.UPDATE: "~", Action.DELETE: "-"}


def plan_lines(plan: Plan, *, verbose: bool = False, diff: bool = False, command: str = "") -> Iterator[Line]:
    """The whole plan; `diff` shows every field that changes, `verbose` all notes and every row.

    `command` is what a person runs next to carry the plan out; empty where that is asked at once.
    """
    yield from head_lines(plan)
    yield Line()
    yield from section_lines("Could not look", about(plan.findings, Topic.FAILURE), verbose=verbose)
    yield from access_lines(plan.access, verbose=verbose)
    if plan.changes:
        yield Line("Changes", "bold")
        yield from _diff(plan, verbose=verbose) if diff else _changes(plan.changes, verbose=verbose)
        yield Line()
    yield from section_lines("Refused", plan.refusals, verbose=verbose)
    notes = about(plan.findings, Topic.NOTE)
    names = {change.address: change.title for change in plan.changes}
    for title, topic in (("Warnings", Topic.ACCESS), ("To do yourself", Topic.TODO)):
        findings = about(plan.findings, topic)
        if verbose:
            yield from section_lines(title, findings, verbose=True)
        else:
            yield from short_lines(title, findings, names)
    if verbose:
        yield from section_lines("Notes", notes, verbose=True)
    yield from summary_lines(plan, f" {note_count(notes)} (-v)." if notes and not verbose else "")
    if command:
        yield from _next(plan, command)


def change_line(change: Change, others: int = 0) -> Line:
    """One resource in plain words: `~ s3 uploads  add rule remediate:webapp: PUT from …`."""
    more = f" and {others} more" if others else ""
    mark = _MARKS[change.action]
    return Line(f"  {mark} {change.title}{more}  {change_words(change)}", STYLES[mark], 6)


def _unseen(plan: Plan) -> str:
    """How much of what the plan files mean was not looked at; empty where all of it was."""
    missing = sum(finding.code == NO_MATCH.code for finding in plan.findings)
    parts = [f"{plan.unreadable} could not be read"] if plan.unreadable else []
    return ", ".join([*parts, *([f"{counted(missing, 'target')} matched nothing"] if missing else [])])


def change_words(change: Change) -> str:
    """What a change does, in one sentence without a full stop."""
    return "; ".join(change.summary) or "change the settings of CORS"


def summary_lines(plan: Plan, besides: str = "") -> Iterator[Line]:
    """The counts, what is refused, and how many notes there are besides, in one line."""
    counts = plan.summary
    looked = sum(counts[key] for key in (*map(str, Action), "unchanged"))
    unread = f" {_unseen(plan)}." if _unseen(plan) else ""
    if plan.refusals:
        unread += f" Refused: {', '.join(dict.fromkeys(finding.code for finding in plan.refusals))}."
    unread += besides
    if plan.changes:
        deleted = f"{counts['delete']} of them loses all of it, " if counts["delete"] else ""
        yield Line(
            f"Plan: {counted(len(plan.changes), 'resource')} to change, {deleted}"
            f"{counts['unchanged']} unchanged.{unread}",
            "bold",
        )
    elif plan.refusals:
        yield Line(f"Nothing can be changed: see what is refused above.{unread}", "bold")
    elif plan.incomplete:
        yield Line(
            f"Incomplete: nothing differs in {counted(looked, 'resource')}, and not all could be looked at."
            f"{unread}",
            "bold",
        )
    else:
        unmet = any(finding.level is Level.WARN for finding in plan.findings)
        rest = "see the warnings and notes" if unmet else "live settings match the plan"
        yield Line(f"No changes. {counted(looked, 'resource')} looked at, {rest}.{unread}", "bold")


def head_lines(plan: Plan) -> Iterator[Line]:
    """Where it looked, and how many resources need a change: two lines."""
    files = ", ".join(plan.sources)
    yield Line(
        f"{', '.join(plan.plan_names)}: {f'{files}, ' if files else ''}account {plan.account}", "bold", 4
    )
    counts = plan.summary
    looked = len(plan.changes) + counts["unchanged"]
    unread = f"; {_unseen(plan)}" if _unseen(plan) else ""
    if plan.changes:
        verb = "needs" if len(plan.changes) == 1 else "need"
        refused = ", and `apply` is refused" if plan.refusals else ""
        yield Line(
            f"{len(plan.changes)} of {counted(looked, 'resource')} {verb} a change{refused}{unread}.", "", 4
        )
    else:
        yield Line(f"None of {counted(looked, 'resource')} needs a change{unread}.", "", 4)


def _changes(changes: Sequence[Change], *, verbose: bool) -> Iterator[Line]:
    groups: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.service, change.action, change.summary), []).append(change)
    for group in list(groups.values())[: None if verbose else RESOURCES_SHOWN]:
        if verbose:
            yield from (change_line(change) for change in group)
        else:
            yield change_line(group[0], len(group) - 1)
    if not verbose and len(groups) > RESOURCES_SHOWN:
        yield Line(f"  and {len(groups) - RESOURCES_SHOWN} more lines (-v shows them)", "dim")


def _diff(plan: Plan, *, verbose: bool) -> Iterator[Line]:
    yield Line("+ add   - remove   ~ change", "dim")
    for change, others in alike(plan.changes):
        yield from change_lines(change, others, verbose=verbose)
    yield Line(f"checksum {plan.checksum}", "dim")


def _next(plan: Plan, command: str) -> Iterator[Line]:
    if plan.refusals:
        codes = " ".join(f"--allow {code}" for code in dict.fromkeys(item.code for item in plan.refusals))
        yield Line(f"Next: correct the plan file, or allow what is refused: {command} {codes}", "", 4)
    elif plan.changes:
        yield Line(f"Next: {command}", verbatim=True)
