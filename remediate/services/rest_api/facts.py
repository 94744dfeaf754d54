"""The facts that the state of a REST API's stage holds besides its settings, by name and type. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict, cast

if TYPE_CHECKING:
    from remediate.core.document import Document
    from remediate.core.state import State


class RestApiFacts(TypedDict, total=False):
    """The facts of one stage, and of the API that it belongs to."""

    stage: str
    """The stage's name."""

    stages: tuple[str, ...]
    """The names of all stages of the API, sorted."""

    edited: Document
    """The API as it is edited, which the next deployment to any stage publishes."""

    unseen: str
    """What the stage's export cannot show; empty if it shows all that is compared."""

    canary: bool
    """Whether a canary of the stage serves a part of the requests."""

    deploymentId: str
    """The deployment that the stage serves; empty if AWS names none."""

    cached: bool
    """Whether the stage has a cache."""

    web_acl: str
    """The ARN of the stage's web ACL; empty without one."""

    policy: Mapping[str, Any] | None
    """The API's resource policy; None without one, or where it is no policy."""

    policy_unread: str
    """Why the resource policy is no policy; left out where it is one."""

    variables: Mapping[str, str]
    """The stage's variables, which templates read."""

    endpointTypes: tuple[str, ...]
    """The API's endpoint types, like `EDGE` or `PRIVATE`."""

    tags: Mapping[str, str]
    """The tags of the API and of the stage; the stage's take precedence."""


def facts_of(state: State) -> RestApiFacts:
    """Return the facts of a stage's state, which this service alone writes."""
    return cast("RestApiFacts", state.facts)
