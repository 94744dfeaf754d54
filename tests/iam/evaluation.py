"""Whether policies allow a request, as IAM decides it: a Deny wins, then an Allow, else it is denied.

IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements"; only what identity policies
of one account need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One action on one ARN; `context` holds the condition keys of the request."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def allows(policies: Iterable[Mapping[str, Any]], asked: Asked) -> bool:
    effects = [
        statement["Effect"]
        for policy in policies
        for statement in _listed(policy["Statement"])
        if _applies(statement, asked)
    ]
    return "Deny" not in effects and "Allow" in effects


def _applies(statement: Mapping[str, Any], asked: Asked) -> bool:
    return (
        _meant(statement, "Action", asked.action.lower(), lower=True)
        and _meant(statement, "Resource", asked.resource)
        and all(
            _holds(operator, key, _listed(values), asked.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _meant(statement: Mapping[str, Any], element: str, value: str, *, lower: bool = False) -> bool:
    """Actions are compared without regard to case, resources with."""
    negated = f"Not{element}" in statement
    patterns = _listed(statement[f"Not{element}" if negated else element])
    return any(_matches(one.lower() if lower else one, value) for one in patterns) is not negated


def _holds(operator: str, key: str, values: list[str], context: Mapping[str, str]) -> bool:
    """A key that the request lacks does not match, unless the operator says `IfExists`."""
    base = operator.removesuffix("IfExists")
    if key not in context:
        return base != operator
    if base == "StringEquals":
        return context[key] in values
    if base == "StringLike":
        return any(_matches(value, context[key]) for value in values)
    raise NotImplementedError(operator)


def _matches(pattern: str, value: str) -> bool:
    """`*` and `?` are wildcards, `${*}`, `${?}` and `${$}` the characters themselves."""
    parts = re.split(r"(\$\{[*?$]\}|[*?])", pattern)
    wild = {"*": ".*", "?": "."}
    text = "".join(
        wild.get(part) or re.escape(part[2] if re.fullmatch(r"\$\{.\}", part) else part) for part in parts
    )
    return re.fullmatch(text, value, re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
