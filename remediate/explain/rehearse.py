"""Tell what `apply` would say to a proposed plan, read and judged as `plan` does it. I/O, no write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from remediate.aws import Aws
from remediate.core.explain_rules import PROPOSAL_NOT_CHECKED
from remediate.core.state import State
from remediate.engine.plan import make_plan
from remediate.errors import AwsFailure
from remediate.explain.explanation import Explanation
from remediate.explain.propose import meant
from remediate.explain.todo import Todo


def was_checked(explanation: Explanation) -> bool:
    """True if all that is proposed was also judged by the guards."""
    return all(todo.finding.code != PROPOSAL_NOT_CHECKED.code for todo in explanation.todo)


def rehearsed(aws: Aws, explanation: Explanation, states: Sequence[State]) -> Explanation:
    """Return the explanation with each guard that would refuse its plan, and with how to allow it.

    `states` were read to find the way: what the proposed targets mean is among them.
    """
    if explanation.proposal is None:
        return explanation
    try:
        file = explanation.proposal.file
        planned = make_plan(aws, [file], known=meant(states, file.targets))
    except AwsFailure as error:
        return _unchecked(explanation, f"{error.message} {error.hint}".strip())
    unread = [f"{each.address}: {each.message}" for each in planned.seen.unreadable]
    if unread:
        return _unchecked(explanation, " ".join(unread))
    refusals = planned.plan.refusals
    if not refusals:
        return explanation
    codes = sorted({finding.code for finding in refusals})
    allow = " ".join(f"--allow {code}" for code in codes)
    fix = f"{explanation.fix} `apply` refuses it with {', '.join(codes)} until it runs with `{allow}`."
    todo = [Todo(finding) for finding in refusals]
    return replace(explanation, fix=fix, todo=(*explanation.todo, *todo))


def _unchecked(explanation: Explanation, why: str) -> Explanation:
    message = f"Whether `apply` refuses the plan was not checked: {why}"
    todo = Todo(PROPOSAL_NOT_CHECKED.finding("", message))
    return replace(explanation, todo=(*explanation.todo, todo))
