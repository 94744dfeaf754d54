"""The facts that a distribution's state holds besides its settings, by name and type. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, cast

if TYPE_CHECKING:
    from remediate.core.state import State


class CloudFrontFacts(TypedDict, total=False):
    """The facts of one distribution, and of the account's policies."""

    arn: str | None

    staging: bool
    """Whether it is the staging distribution of a continuous deployment."""

    tenant_only: bool
    """Whether it serves tenants alone, whose settings differ."""

    enabled: bool
    """False for a distribution that takes no request."""

    signed: Mapping[str, str]
    """By path pattern, what makes a behavior serve signed requests only."""

    web_acl: str
    """The ARN of its web ACL; empty without one."""

    protocols: Mapping[str, str]
    """By the origin's id, how CloudFront calls it: `http-only`, `https-only` or `match-viewer`."""

    policies: Mapping[str, Mapping[str, Any]]
    """The account's policies of the kinds that were listed, by reference."""

    custom: Mapping[str, int]
    """By the kind's name, how many custom policies the account has."""

    edited: Sequence[str]
    """The names of policies of ours whose content somebody edited."""


def facts_of(state: State) -> CloudFrontFacts:
    """Return the facts of a distribution's state, which this service alone writes."""
    return cast("CloudFrontFacts", state.facts)
