"""What `explain` found: the verdict, the hops, the hop to blame and the fix, as one document. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from remediate.engine.scope import limited
from remediate.errors import UsageError
from remediate.explain.propose import Proposal
from remediate.explain.todo import Todo
from remediate.reachability.observe import Observation
from remediate.web.browser import BrowserRequest
from remediate.web.evaluate import Answer, Decision
from remediate.web.http import Unknown

FORMAT = "remediate.explain/1"


@dataclass(frozen=True, slots=True)
class Step:
    """One hop: what it answers to the preflight and to the request itself, None where it is not asked."""

    address: str
    label: str
    preflight: Answer | None
    actual: Answer | None
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    outcome: Decision = Decision.UNKNOWN
    """What a browser would conclude if it called this hop directly."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict of a browser, the hop to blame, why, and how to fix it."""

    request: BrowserRequest
    outcome: Decision
    because: str
    culprit: str = ""
    fix: str = ""
    steps: tuple[Step, ...] = ()
    basis: str = "settings"
    """What the verdict rests on: `settings`; `probe`, a real answer; `console`, the browser's own word."""
    contradiction: str = ""
    missing: tuple[str, ...] = ()
    proposal: Proposal | None = None
    todo: tuple[Todo, ...] = ()
    assumed: str = ""
    """What neither the user nor the browser said, and was assumed."""
    use_url: str = ""
    """The URL to call in place of the request's own, where that is what is wrong."""
    observation: Observation | None = None
    """What the server answered, where it was asked."""

    def as_json(self) -> dict[str, Any]:
        """Return the explain document."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "url": self.request.url,
            "origin": self.request.origin,
            "method": self.request.method,
            "verdict": str(self.outcome),
            "basis": self.basis,
            "culprit": self.culprit or None,
            "because": self.because,
            "missing": list(self.missing),
            "fix": self.fix or None,
            "plan": self.proposal.text if self.proposal else None,
            "todo": [todo.as_json() for todo in self.todo],
            "use_url": self.use_url or None,
            "hops": [
                {
                    "address": step.address,
                    "label": step.label,
                    "verdict": str(step.outcome),
                    "notes": list(step.notes),
                    "preflight": _answer_json(step.preflight),
                    "actual": _answer_json(step.actual),
                }
                for step in self.steps
            ],
        }
        if self.observation:
            document["observed"] = self.observation.as_json()
        if self.contradiction:
            document["contradiction"] = self.contradiction
        if self.assumed:
            document["assumed"] = self.assumed
        return document


def chosen(explanation: Explanation, only: Sequence[str]) -> Explanation:
    """Return the explanation with the hops of these addresses or names, globs allowed.

    Raises `UsageError` for a pattern that means none of them.
    """

    def unknown(pattern: str) -> UsageError:
        way = ", ".join(step.address for step in explanation.steps) or "nothing that is known"
        return UsageError(
            f"--target {pattern} matches no resource on the way of the request.",
            hint=f"The request meets {way}; globs are allowed.",
        )

    steps = limited(explanation.steps, only, lambda step: (step.address, *step.names, step.label), unknown)
    return replace(explanation, steps=tuple(steps))


def _answer_json(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    if isinstance(answer, Unknown):
        return {"status": None, "headers": [], "unknown": answer.reason}
    document: dict[str, Any] = {
        "status": answer.status,
        "headers": [[name.lower(), value] for name, value in answer.headers],
    }
    document |= {
        name: text
        for name, text in (("doubt", answer.doubt), ("cause", answer.cause), ("condition", answer.condition))
        if text
    }
    return document
