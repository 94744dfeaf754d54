"""Tells whether a REST API's resource policy lets a browser's request in, as far as the policy tells. Pure.

Developer guide, "Controlling access to an API with resource policies" and "How API Gateway resource policies
affect authorization workflow": an explicit deny wins; what no statement allows is denied. Conditions speak of
the caller's address, VPC or time, which no setting tells. A caller without credentials is anonymous: only
statements for every principal mean it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from remediate.core.document import Document
from remediate.services.rest_api.facts import RestApiFacts

_INVOKE = "execute-api:Invoke"


class Decision(StrEnum):
    """The value tells what the policy does to a request."""

    ALLOWED = "allowed"
    DENIED = "denied"
    DEPENDS = "depends"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision, and the names of the conditions that it depends on."""

    decision: Decision
    conditions: tuple[str, ...] = ()
    is_explicit: bool = False
    """Whether a statement denies, and the request is not merely left out."""


def judge_policy(policy: Document | None, stage: str, method: str, path: str) -> Judgement:
    """Return what the policy does to an anonymous request; an API without a policy lets everybody in."""
    if not policy:
        return Judgement(Decision.ALLOWED)
    denying = list(_meant(policy, "Deny", stage, method, path))
    if any(not conditions for conditions in denying):
        return Judgement(Decision.DENIED, is_explicit=True)
    allowing = list(_meant(policy, "Allow", stage, method, path))
    if not allowing:
        return Judgement(Decision.DENIED)
    certain = any(not conditions for conditions in allowing)
    asked = [*denying, *([] if certain else allowing)]
    names = tuple(sorted({name for conditions in asked for name in conditions}))
    return Judgement(Decision.DEPENDS, names) if names else Judgement(Decision.ALLOWED)


def policy_document(text: Any) -> Document | None:
    """The policy as a document, which API Gateway gives as text; None where there is none.

    Raises `ValueError` for a text that is no policy.
    """
    if not text:
        return None
    document = _parsed(text) if isinstance(text, str) else text
    if not isinstance(document, Mapping):
        message = "the resource policy is no JSON object"
        raise ValueError(message)  # noqa: TRY004 - a document that cannot be read, whatever is wrong with it
    return document


def policy_facts(text: Any) -> RestApiFacts:
    """The policy as facts of a state: the document, or why it is none."""
    try:
        return {"policy": policy_document(text)}
    except ValueError as error:
        return {"policy": None, "policy_unread": str(error)}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        # `GetRestApi` escapes the quotes once more than JSON needs (AWS CLI and Terraform undo that too).
        return json.loads(text.replace('\\"', '"').replace("\\/", "/"))


def _meant(policy: Document, effect: str, stage: str, method: str, path: str) -> Iterator[tuple[str, ...]]:
    """The condition keys of every statement of that effect that means the request; empty for none."""
    for statement in _listed(policy.get("Statement")):
        if statement.get("Effect") == effect and _is_meant(statement, stage, method, path):
            yield tuple(
                str(key) for operator in (statement.get("Condition") or {}).values() for key in operator or {}
            )


def _is_meant(statement: Document, stage: str, method: str, path: str) -> bool:
    if not _is_everybody(statement):
        return False
    actions = _listed(statement.get("Action"))
    if actions and not any(_matches(str(action).lower(), _INVOKE.lower()) for action in actions):
        return False
    unmeant = _listed(statement.get("NotAction"))
    if any(_matches(str(action).lower(), _INVOKE.lower()) for action in unmeant):
        return False
    called = f"{stage}/{method}{path.partition('?')[0]}"
    if resources := _listed(statement.get("Resource")):
        return any(_is_on(str(resource), called) for resource in resources)
    excluded = _listed(statement.get("NotResource"))
    return all(not _is_on(str(resource), called) for resource in excluded)


def _is_everybody(statement: Document) -> bool:
    """Return whether the statement means a caller who has shown no credentials."""
    if "NotPrincipal" in statement:
        return not _is_star(statement["NotPrincipal"])
    return _is_star(statement.get("Principal"))


def _is_star(principal: Any) -> bool:
    named = principal.get("AWS") if isinstance(principal, Mapping) else principal
    return "*" in _listed(named)


def _is_on(resource: str, called: str) -> bool:
    """Return whether a resource means the call: `*`, `execute-api:/prod/GET/items`, or an ARN ending so."""
    if resource == "*":
        return True
    if resource.startswith("arn:"):
        api = resource.split(":", 5)[-1]
        return _matches(api.partition("/")[2], called) if "/" in api else _matches(api, f"x/{called}")
    return _matches(resource.removeprefix("execute-api:").removeprefix("/"), called)


def _matches(pattern: str, text: str) -> bool:
    marks = {"*": ".*", "?": "."}
    return bool(re.fullmatch("".join(marks.get(mark, re.escape(mark)) for mark in pattern), text, re.DOTALL))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
