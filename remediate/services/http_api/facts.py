"""The facts that an HTTP API's state holds besides its settings, by name and type. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Required, TypedDict, cast

if TYPE_CHECKING:
    from remediate.core.state import State
    from remediate.services.http_api.routes import Route


class StageFacts(TypedDict, total=False):
    """One stage, under the names of AWS where AWS has one."""

    StageName: Required[str]
    AutoDeploy: bool
    CorsPending: bool | None
    """Whether a deployment would publish CORS settings; left out with auto-deploy, None if not known."""

    OthersPending: bool | None
    """Whether a deployment would publish other edits; left out with auto-deploy, None if not known."""


class HttpApiFacts(TypedDict, total=False):
    """The facts of one API."""

    tags: Mapping[str, str]

    routes: Sequence[Route]
    """Every route; left out where the routes were not read."""

    stages: Sequence[StageFacts]
    """Every stage; left out where the stages were not read."""

    unlooked: str
    """Why routes and stages were not read, or not all of them; left out where they were."""


def facts_of(state: State) -> HttpApiFacts:
    """Return the facts of an HTTP API's state, which this service alone writes."""
    return cast("HttpApiFacts", state.facts)
