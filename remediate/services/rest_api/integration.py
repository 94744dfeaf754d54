"""Tells which function stands behind a method of a REST API."""

from __future__ import annotations

from remediate.aws import Aws
from remediate.core.integration import Integration
from remediate.core.state import State
from remediate.services.rest_api.facts import facts_of
from remediate.services.rest_api.routing import route
from remediate.web.http import Request


def integration(aws: Aws, state: State, request: Request) -> Integration | None:  # noqa: ARG001
    """Return the integration that answers the request; None where no setting names it."""
    met = route((state.config or {}).get("resources") or (), request.method, request.path)
    uri = str(((met[2].get("methodIntegration") or {}) if met else {}).get("uri") or "")
    return Integration.of(uri, variables=facts_of(state).get("variables") or {}) if uri else None
