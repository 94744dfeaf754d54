"""A rule: one code that an output can hold, with everything that is to be said about it.

Code that reports something names the rule object and never its code as text:
`MAX_AGE_KEPT.finding(address, message, hint)`. The guards stand in `guard_table`, what several rooms
report in `common_rules`, and the findings of a service in the `rules` module of its own folder, which
imports nothing but the core. `remediate.services.rules` is the registry of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from remediate.core.finding import Finding, Level, Topic
from remediate.text import printable_line


class RuleKind(StrEnum):
    """The value tells what a code does in a plan."""

    GUARD = "guard"
    """A plan file may set its level; where that is `refuse`, it holds an apply back."""
    FINDING = "finding"
    """It tells something, and holds nothing back."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A code, and what a reader who meets it wants to know."""

    code: str
    level: Level
    """The level of its findings, unless a plan file or the code that reports it says otherwise."""
    summary: str
    """One sentence."""
    meaning: str
    """Why it matters, in a few sentences."""
    example: str
    """A setting, what the plan or a request does to it, and the result: a line each, 76 columns at most."""
    fix: str
    """What a person can do about it."""
    kind: RuleKind = RuleKind.FINDING
    liftable: bool = True
    """Whether `--allow CODE` lifts it, where it is a guard."""
    opens: bool = False
    """It says that callers are let in who are not let in today."""
    narrows: bool = False
    """It says that callers are turned away who are let in today."""
    local: bool = False
    """Its resource stays as it is, and nothing is said about other resources."""

    topic: Topic = Topic.NOTE
    """Where its findings stand in the output; those of a guard are about access, unless they only inform."""
    is_fixed_by_code: bool = False
    """Whether a function has to send the headers: its page shows the code for that."""

    def finding(
        self,
        address: str,
        message: str,
        hint: str = "",
        where: str = "",
        *,
        level: Level | None = None,
        snippet: str = "",
    ) -> Finding:
        """Return what was found at one address, at the rule's own level unless one is given.

        The hint is one line, whatever names stand in it; the lines of the `snippet` follow it.
        """
        level = level or self.level
        is_warning = self.kind is RuleKind.GUARD and level is not Level.INFO
        topic = Topic.ACCESS if is_warning else self.topic
        lines = "\n".join([printable_line(hint), *([snippet] if snippet else [])])
        return Finding(level, self.code, address, message, lines, where, topic)

    def as_json(self) -> dict[str, str]:
        """An entry of the rules document."""
        return {
            "code": self.code,
            "kind": str(self.kind),
            "level": str(self.level),
            "summary": self.summary,
            "meaning": self.meaning,
            "example": self.example,
            "fix": self.fix,
        }


def by_code(rules: Iterable[Rule]) -> dict[str, Rule]:
    """The rules by their codes. Raises `ValueError` where two rules share a code."""
    registered: dict[str, Rule] = {}
    for rule in rules:
        if registered.setdefault(rule.code, rule) != rule:
            raise ValueError(f"two rules have the code {rule.code}")
    return registered


def rules_in(names: Mapping[str, object]) -> tuple[Rule, ...]:
    """The rules among a module's names, in the order in which the module defines them."""
    return tuple(value for value in names.values() if isinstance(value, Rule))
