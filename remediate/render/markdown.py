"""A plan as Markdown, for a comment on a pull request: the answer first, details folded away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from remediate.core.finding import Finding, Topic
from remediate.core.plan import Access, Change, Plan
from remediate.core.wording import listing
from remediate.render.access import sent_with
from remediate.render.diff import alike, change_lines
from remediate.render.findings import about, label
from remediate.render.plan import change_words, head_lines, summary_lines
from remediate.text import printable

LARGEST = 65_000
"""Characters: a comment on GitHub holds 65,536."""
_ROWS_SHOWN = 40


def plan_markdown(plan: Plan) -> str:
    """The whole plan; text from AWS is fenced or escaped, so that it cannot pose as markup.

    Details that would make it longer than `LARGEST` are left out, and a last line says so.
    """
    text = "\n".join(_answer(plan)) + "\n"
    end = f"<sub>checksum {plan.checksum}</sub>\n"
    left = "<sub>Details are left out: `remediate plan --diff` shows them.</sub>\n\n"
    for block in _details(plan):
        if len(text) + len(block) + len(left) + len(end) > LARGEST:
            return text[: LARGEST - len(left) - len(end) - 1].rstrip() + "\n\n" + left + end
        text += block
    return text + end


def _answer(plan: Plan) -> Iterator[str]:
    title, answer = (line.text for line in head_lines(plan))
    yield f"### CORS plan: {answer}"
    yield ""
    yield _cell(title)
    yield ""
    yield from _access(plan.access)
    if plan.changes:
        yield "| resource | what changes |"
        yield "| --- | --- |"
        rows = list(alike(plan.changes))
        for change, others in rows[:_ROWS_SHOWN]:
            more = f" and {len(others)} more" if others else ""
            yield f"| `{_cell(change.title)}`{more} | {_cell(change_words(change))} |"
        if len(rows) > _ROWS_SHOWN:
            yield f"| {len(rows) - _ROWS_SHOWN} more | |"
        yield ""
    for heading, findings in (
        ("Could not look", about(plan.findings, Topic.FAILURE)),
        ("Refused", plan.refusals),
        ("Warnings", about(plan.findings, Topic.ACCESS)),
        ("To do yourself", about(plan.findings, Topic.TODO)),
    ):
        if findings:
            yield f"**{heading}**"
            yield ""
            for finding in findings:
                yield from _finding(finding)
            yield ""
    yield f"**{next(iter(summary_lines(plan))).text}**"
    yield ""


def _access(access: Sequence[Access]) -> Iterator[str]:
    if not access:
        return
    rows: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for row in access:
        key = (f"{row.to}{sent_with(row)}", row.before, row.after)
        rows.setdefault(key, {}).setdefault(row.origin, []).append(row.method)
    yield "| browser access | methods | from | now | after |"
    yield "| --- | --- | --- | --- | --- |"
    for (target, before, after), origins in list(rows.items())[:_ROWS_SHOWN]:
        methods = ", ".join(dict.fromkeys(method for each in origins.values() for method in each))
        names = ", ".join(f"`{_cell(origin)}`" for origin in list(origins)[:4])
        more = f" and {len(origins) - 4} more" if len(origins) > 4 else ""
        yield f"| `{_cell(target)}` | {_cell(methods)} | {names}{more} | {before} | **{after}** |"
    if len(rows) > _ROWS_SHOWN:
        yield f"| {len(rows) - _ROWS_SHOWN} more | | | | |"
    yield ""


def _finding(finding: Finding) -> Iterator[str]:
    yield f"- **{label(finding)}** `{finding.code}` `{_cell(finding.address)}`: {_cell(finding.message)}"
    hint, *code = finding.hint.splitlines() or [""]
    if hint:
        yield f"  {_cell(hint)}"
    if code:
        yield from (f"  {line}" for line in ["", *_fenced(code)])


def _details(plan: Plan) -> Iterator[str]:
    """Blocks that are folded away: the notes, then every field of every change."""
    notes = about(plan.findings, Topic.NOTE)
    if notes:
        yield _folded("Notes", [line for finding in notes for line in _finding(finding)])
    for change, others in alike(plan.changes):
        lines = [printable(line.text) for line in change_lines(change, others, verbose=True)]
        yield _folded(f"<code>{_cell(_all_titles(change, others))}</code>", list(_fenced(lines, "diff")))


def _all_titles(change: Change, others: Sequence[Change]) -> str:
    return listing([change.title, *(other.title for other in others)])


def _folded(summary: str, lines: Iterable[str]) -> str:
    return "\n".join([f"<details><summary>{summary}</summary>", "", *lines, "", "</details>", "", ""])


def _fenced(lines: Sequence[str], language: str = "") -> Iterator[str]:
    fence = "`" * max(3, max(map(_longest_run, lines), default=0) + 1)
    yield fence + language
    yield from map(printable, lines)
    yield fence


def _cell(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace("|", "\\|").replace("`", "'")
    return escaped.replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
