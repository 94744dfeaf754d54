"""Which CloudTrail records tell that a stage serves something else, and of which API.

An API's edits (`PutMethod`, `PutIntegrationResponse`, `PutRestApi`, …) are not among them: until
they are deployed nobody is served them, and a plan compares what is served. REST and HTTP APIs
share the event source and some names; the API's id has another key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EVENT_SOURCE = "apigateway.amazonaws.com"

EVENTS = frozenset({"CreateDeployment", "CreateStage", "UpdateStage"})
"""UpdateStage moves a stage to another deployment and promotes a canary."""


def named(record: Mapping[str, Any]) -> str:
    """The API's id, of whatever stage. Empty where the record is none of these events; pure."""
    if record.get("eventSource") != EVENT_SOURCE or record.get("eventName") not in EVENTS:
        return ""
    return str((record.get("requestParameters") or {}).get("restApiId") or "")
