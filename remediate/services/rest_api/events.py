"""Tells which CloudTrail records tell that a stage serves something else, and of which API.

An API's edits (`PutMethod`, `PutIntegrationResponse`, `PutRestApi`, …) are not among them: until
they are deployed nobody is served them, and a plan compares what is served. REST and HTTP APIs
share the event source and some names; the API's id has another key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediate.core.cloudtrail import part, text

EVENT_SOURCE = "apigateway.amazonaws.com"

EVENTS = frozenset({"CreateDeployment", "CreateStage", "UpdateStage"})
"""UpdateStage moves a stage to another deployment and promotes a canary."""


def resource_id(record: Mapping[str, Any]) -> str:
    """The API's id, of whatever stage. Empty where the record is none of these events; pure."""
    if text(record, "eventSource") != EVENT_SOURCE or text(record, "eventName") not in EVENTS:
        return ""
    return text(part(record, "requestParameters"), "restApiId")


def affects(record: Mapping[str, Any], address: str) -> bool:
    """Return whether the call may have changed what the stage at that address serves; pure.

    A record that names no stage may be about any of the API's.
    """
    api = resource_id(record)
    if not api:
        return False
    parameters = part(record, "requestParameters")
    # In the path of UpdateStage, and inside `createDeploymentInput` and `createStageInput`.
    places = (parameters, *(part(parameters, member) for member in parameters))
    stage = next(filter(None, (text(place, "stageName") for place in places)), "")
    return address == f"rest_api/{api}/{stage}" if stage else address.startswith(f"rest_api/{api}/")
