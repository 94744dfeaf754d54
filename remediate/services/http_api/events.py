"""Tells which CloudTrail records tell that an HTTP API's CORS settings changed, and of which API.

Deployments and routes are not among them: a plan compares the settings themselves. REST and HTTP
APIs share the event source and some names; the API's id has another key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediate.core.cloudtrail import part, text

EVENT_SOURCE = "apigateway.amazonaws.com"

_NEW = frozenset({"CreateApi", "ImportApi"})
"""An API comes with its settings, and only the answer knows its id."""

EVENTS = _NEW | {"DeleteCorsConfiguration", "ReimportApi", "UpdateApi"}


def resource_id(record: Mapping[str, Any]) -> str:
    """The API's id, WebSocket APIs' too. Empty where the record is none of these events; pure."""
    name = text(record, "eventName")
    if text(record, "eventSource") != EVENT_SOURCE or name not in EVENTS:
        return ""
    member = "responseElements" if name in _NEW else "requestParameters"
    return text(part(record, member), "apiId")


def affects(record: Mapping[str, Any], address: str) -> bool:
    """Return whether the call may have changed the API at that address; pure."""
    api = resource_id(record)
    return bool(api) and address == f"http_api/{api}"
