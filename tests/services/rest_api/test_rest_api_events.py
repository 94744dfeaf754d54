"""Which records name a REST API.

The key `restApiId` is that of the developer guide's example, "Logging Amazon API Gateway API calls
using AWS CloudTrail"; that HTTP APIs have `apiId` instead is from a recorded CreateStage.
"""

from __future__ import annotations

from typing import Any

import pytest

from remediate.services import service
from remediate.services.rest_api.events import EVENTS, affects, resource_id


def record(name: str, /, **parameters: Any) -> dict[str, Any]:
    return {
        "eventSource": "apigateway.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "requestParameters": parameters,
        "responseElements": None,
    }


@pytest.mark.parametrize(
    "change",
    [
        record("CreateDeployment", restApiId="3rb1a2b3c4", createDeploymentInput={"stageName": "prod"}),
        record("UpdateStage", restApiId="3rb1a2b3c4", stageName="prod", template=False),
        record("CreateStage", restApiId="3rb1a2b3c4", createStageInput={"stageName": "prod"}),
    ],
    ids=lambda change: str(change["eventName"]),
)
def test_what_changes_what_is_served_names_its_api(change: dict[str, Any]) -> None:
    assert change["eventName"] in EVENTS
    assert resource_id(change) == "3rb1a2b3c4"


@pytest.mark.parametrize(
    "other",
    [
        record("GetResource", restApiId="3rb1a2b3c4", resourceId="5tf1a2b3c4", template=False),
        record("PutMethod", restApiId="3rb1a2b3c4", resourceId="5tf1a2b3c4", httpMethod="OPTIONS"),
        record("CreateStage", apiId="pxzfkfmjo7", stageName="$default", autoDeploy=True),
        {**record("CreateDeployment", applicationName="shop"), "eventSource": "codedeploy.amazonaws.com"},
        {**record("CreateDeployment"), "requestParameters": None},
        {},
    ],
    ids=["a read", "an edit", "an HTTP API", "another service", "refused early", "nothing"],
)
def test_nothing_else_names_one(other: dict[str, Any]) -> None:
    assert resource_id(other) == ""


def test_the_service_offers_it() -> None:
    assert service("rest_api").resource_id(record("CreateDeployment", restApiId="3rb1a2b3c4")) == "3rb1a2b3c4"


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        (record("UpdateStage", restApiId="a1", stageName="prod", template=False), {"prod"}),
        (record("CreateDeployment", restApiId="a1", createDeploymentInput={"stageName": "dev"}), {"dev"}),
        (record("CreateStage", restApiId="a1", createStageInput={"stageName": "dev"}), {"dev"}),
        (record("CreateDeployment", restApiId="a1", template=False), {"prod", "dev"}),
        (record("UpdateStage", restApiId="a10", stageName="prod"), set()),
        (record("PutMethod", restApiId="a1"), set()),
        ({}, set()),
    ],
)
def test_a_stage_is_touched_by_calls_that_name_it_or_none(change: dict[str, Any], stages: set[str]) -> None:
    assert {stage for stage in ("prod", "dev") if affects(change, f"rest_api/a1/{stage}")} == stages
