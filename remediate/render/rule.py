"""Rules for people: a page that explains one code, and the list of all codes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from remediate.core.finding import Level
from remediate.core.guard_table import WIDENS_OTHERS
from remediate.core.rules import Rule, RuleKind
from remediate.render.terminal import Line
from remediate.snippets import NeededHeaders, usual_snippets

FORMAT = "remediate.rules/1"
WIDTH = 80
"""Columns of a page, wherever it is printed."""
_CODE = re.compile(r"`[^`]*`")
_SPACE = "\0"
_EXAMPLE = NeededHeaders(("https://app.example.com", "http://localhost:3000"))
_LISTS = {
    RuleKind.GUARD: "Guards: what holds an apply back until a person agrees to it by name",
    RuleKind.FINDING: "Findings: what a plan, an undo or a drift pass reports besides",
}


def rule_lines(rule: Rule) -> Iterator[Line]:
    """The page of one rule: what it means, an example, how to fix it and how to allow it."""
    yield Line(f"{rule.code}  ({rule.kind}, {rule.level})", "bold")
    yield from _prose(rule.summary)
    yield from _part("What it means", _prose(rule.meaning))
    yield from _part("Example", (Line(f"  {line}", "", 11) for line in rule.example.splitlines()))
    yield from _part("How to fix it", _prose(rule.fix))
    if rule.is_fixed_by_code:
        code = usual_snippets(_EXAMPLE).splitlines()
        yield from _part("Code for a function", (Line(f"  {line}" if line else "") for line in code))
    if rule.kind is RuleKind.GUARD:
        yield from _part("How to allow it", _allowing(rule))


def rule_list_lines(rules: Iterable[Rule]) -> Iterator[Line]:
    """Every code with its summary, by kind."""
    listed = list(rules)
    for kind, heading in _LISTS.items():
        yield Line(heading, "bold")
        for rule in listed:
            if rule.kind is kind:
                yield Line(f"  {rule.code}: {rule.summary}", "", 6)
        yield Line()
    yield Line("`remediate rule CODE` explains one of them.")


def rules_json(rules: Iterable[Rule]) -> dict[str, Any]:
    """The rules document."""
    return {"format": FORMAT, "rules": [rule.as_json() for rule in rules]}


def _part(title: str, lines: Iterable[Line]) -> Iterator[Line]:
    yield Line()
    yield Line(title, "bold")
    yield from lines


def _prose(text: str) -> Iterator[Line]:
    """Lines that fit a page; what stands between backticks stays in one piece."""
    whole = _CODE.sub(lambda code: code[0].replace(" ", _SPACE), text)
    for line in textwrap.wrap(whole, WIDTH - 2, break_long_words=False, break_on_hyphens=False):
        yield Line(f"  {line.replace(_SPACE, ' ')}", "", 2)


def _allowing(rule: Rule) -> Iterator[Line]:
    if not rule.liftable:
        yield from _prose("It cannot be allowed.")
        return
    if rule.level is not Level.REFUSE:
        yield from _prose("`remediate apply` shows it and goes on. A plan file may say otherwise.")
    ways = (
        [
            (f"remediate apply --allow {rule.code}", "for one run"),
            (f"guards: {{levels: {{{rule.code}: warn}}}}", "in a plan file: always"),
            (f"guards: {{never: [{rule.code}]}}", "in a plan file: never"),
        ]
        if rule.level is Level.REFUSE
        else [(f"guards: {{levels: {{{rule.code}: refuse}}}}", "in a plan file: apply refuses it")]
    )
    if rule is WIDENS_OTHERS:
        ways.append((f"guards: {{levels: {{{rule.code}: info}}}}", "in a plan file: the job writes it"))
    width = max(len(way) for way, _ in ways)
    for way, when in ways:
        yield Line(f"  {way.ljust(width)}  {when}", "", 2)
