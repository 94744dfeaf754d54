"""A plan as Markdown, for a comment on a pull request: one table, details folded away."""

from __future__ import annotations

import json
from collections.abc import Iterator

from remediate.core.plan import Plan
from remediate.render.text import change_lines, sent_with, summary_lines
from remediate.text import printable


def plan_markdown(plan: Plan) -> str:
    """The whole plan; text from AWS is fenced or escaped, so that it cannot pose as markup."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield f"### CORS plan `{_cell(plan.name)}`"
    yield ""
    yield f"**{next(iter(summary_lines(plan))).text}**"
    yield ""
    if plan.changes:
        yield "| resource | action | calls |"
        yield "| --- | --- | --- |"
        for change in plan.changes:
            label = f" ({_cell(change.label)})" if change.label else ""
            yield f"| `{_cell(change.address)}`{label} | {change.action} | {', '.join(change.calls)} |"
        yield ""
    if plan.access:
        yield "| origin | may | before | after |"
        yield "| --- | --- | --- | --- |"
        for access in plan.access:
            yield (
                f"| `{_cell(access.origin)}` "
                f"| {access.method} `{_cell(access.to)}`{_cell(sent_with(access))} "
                f"| {access.before} | **{access.after}** |"
            )
        yield ""
    for finding in plan.findings:
        yield f"- **{finding.level}** `{finding.code}` `{_cell(finding.address)}`: {_cell(finding.message)}"
        hint, *code = finding.hint.splitlines() or [""]
        if hint:
            yield f"  {_cell(hint)}"
        if code:
            fence = "`" * max(3, _longest_run(finding.hint) + 1)
            yield from (f"  {line}" for line in ["", fence, *map(printable, code), fence])
    if plan.findings:
        yield ""
    for change in plan.changes:
        yield f"<details><summary><code>{_cell(change.address)}</code></summary>"
        yield ""
        text = "\n".join(printable(line.text) for line in change_lines(change, verbose=True))
        fence = "`" * max(3, _longest_run(text) + 1)
        yield f"{fence}diff"
        yield text
        yield fence
        yield ""
        yield "</details>"
        yield ""
    yield f"<sub>checksum {json.dumps(plan.checksum)[1:-1]}</sub>"


def _cell(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace("|", "\\|").replace("`", "'")
    return escaped.replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
