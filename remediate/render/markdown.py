"""A plan as Markdown, for a comment on a pull request: the answer first, details folded away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from remediate.core.finding import Finding, Topic
from remediate.core.plan import Access, Change, Plan
from remediate.core.wording import listing
from remediate.render.access import sent_with
from remediate.render.diff import alike, change_lines
from remediate.render.escape import html_text, markdown_code, markdown_fenced, markdown_text
from remediate.render.findings import about, label
from remediate.render.plan import change_words, head_lines, summary_lines

LARGEST = 60_000
"""Bytes: a comment on GitHub holds 65,536 characters, and the recipe for it adds the errors of a run."""
_ROWS_SHOWN = 40


def plan_markdown(plan: Plan) -> str:
    """The whole plan; text of others stands in spans and blocks of code, so that it cannot pose as markup.

    Details that would make it longer than `LARGEST` are left out, and a last line says so.
    """
    text = "\n".join(_answer(plan)) + "\n"
    end = f"<sub>checksum {plan.checksum}</sub>\n"
    left = "<sub>Details are left out: `remediate plan --diff` shows them.</sub>\n\n"
    for block in _details(plan):
        if _size(text + block + left + end) > LARGEST:
            return _cut(text, LARGEST - _size(left + end) - 1) + "\n" + left + end
        text += block
    return _cut(text, LARGEST - _size(end)) + end


def _answer(plan: Plan) -> Iterator[str]:
    title, answer = (line.text for line in head_lines(plan))
    yield f"### CORS plan: {answer}"
    yield ""
    yield markdown_text(title)
    yield ""
    yield from _access(plan.access)
    if plan.changes:
        yield "| resource | what changes |"
        yield "| --- | --- |"
        rows = list(alike(plan.changes))
        for change, others in rows[:_ROWS_SHOWN]:
            more = f" and {len(others)} more" if others else ""
            yield f"| {markdown_code(change.title)}{more} | {markdown_text(change_words(change))} |"
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
    yield f"**{markdown_text(next(iter(summary_lines(plan))).text)}**"
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
        names = ", ".join(markdown_code(origin) for origin in list(origins)[:4])
        more = f" and {len(origins) - 4} more" if len(origins) > 4 else ""
        then = f"**{after}**" if after.isascii() and after.isalpha() else markdown_code(after)
        verdicts = f"{markdown_text(before)} | {then}"
        yield f"| {markdown_code(target)} | {markdown_text(methods)} | {names}{more} | {verdicts} |"
    if len(rows) > _ROWS_SHOWN:
        yield f"| {len(rows) - _ROWS_SHOWN} more | | | | |"
    yield ""


def _finding(finding: Finding) -> Iterator[str]:
    names = f"{markdown_code(finding.code)} {markdown_code(finding.address)}"
    yield f"- **{label(finding)}** {names}: {markdown_text(finding.message)}"
    hint, *code = finding.hint.split("\n")
    if hint:
        yield f"  {markdown_text(hint)}"
    if code:
        yield from (f"  {line}" for line in ["", *markdown_fenced(code)])


def _details(plan: Plan) -> Iterator[str]:
    """Blocks that are folded away: the notes, then every field of every change."""
    notes = about(plan.findings, Topic.NOTE)
    if notes:
        yield _folded("Notes", [line for finding in notes for line in _finding(finding)])
    for change, others in alike(plan.changes):
        lines = [line.text for line in change_lines(change, others, verbose=True)]
        title = html_text(_all_titles(change, others))
        yield _folded(f"<code>{title}</code>", markdown_fenced(lines, "diff"))


def _all_titles(change: Change, others: Sequence[Change]) -> str:
    return listing([change.title, *(other.title for other in others)])


def _folded(summary: str, lines: Iterable[str]) -> str:
    return "\n".join([f"<details><summary>{summary}</summary>", "", *lines, "", "</details>", "", ""])


def _size(text: str) -> int:
    return len(text.encode())


def _cut(text: str, size: int) -> str:
    """The whole lines that fit: a span of code or a tag that is cut in two would be none."""
    if _size(text) <= size:
        return text
    kept = text.encode()[:size].decode(errors="ignore")
    return kept[: kept.rfind("\n") + 1]
