"""Which records name an HTTP API.

Source and key are those of recorded CreateStage and CreateIntegration events (`apiId`); members of
answers are spelled the same way, as everywhere in CloudTrail.
"""

from __future__ import annotations

from typing import Any

import pytest

from remediate.services import service
from remediate.services.http_api.events import EVENTS, affects, resource_id


def record(name: str, answer: dict[str, Any] | None = None, /, **parameters: Any) -> dict[str, Any]:
    return {
        "eventSource": "apigateway.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "requestParameters": parameters,
        "responseElements": answer,
    }


@pytest.mark.parametrize(
    "change",
    [
        record("UpdateApi", apiId="pxzfkfmjo7", corsConfiguration={"allowOrigins": ["*"]}),
        record("DeleteCorsConfiguration", apiId="pxzfkfmjo7"),
        record("ReimportApi", apiId="pxzfkfmjo7"),
        record("CreateApi", {"apiId": "pxzfkfmjo7", "name": "orders"}, name="orders", protocolType="HTTP"),
        record("ImportApi", {"apiId": "pxzfkfmjo7", "name": "orders"}),
    ],
    ids=lambda change: str(change["eventName"]),
)
def test_a_change_names_its_api(change: dict[str, Any]) -> None:
    assert change["eventName"] in EVENTS
    assert resource_id(change) == "pxzfkfmjo7"


@pytest.mark.parametrize(
    "other",
    [
        record("GetApi", apiId="pxzfkfmjo7"),
        record("CreateStage", apiId="pxzfkfmjo7", stageName="5587y0s9d5aed", autoDeploy=True),
        record("CreateDeployment", restApiId="3rb1a2b3c4"),
        {**record("UpdateApi", apiId="a1"), "eventSource": "appsync.amazonaws.com"},
        record("CreateApi", name="refused"),
        {},
    ],
    ids=["a read", "a stage", "a REST API", "another service", "refused", "nothing"],
)
def test_nothing_else_names_one(other: dict[str, Any]) -> None:
    assert resource_id(other) == ""


def test_the_service_offers_it() -> None:
    assert service("http_api").resource_id(record("UpdateApi", apiId="pxzfkfmjo7")) == "pxzfkfmjo7"


def test_an_api_is_touched_by_calls_that_name_it() -> None:
    assert affects(record("UpdateApi", apiId="pxzfkfmjo7"), "http_api/pxzfkfmjo7")
    assert not affects(record("UpdateApi", apiId="pxzfkfmjo7"), "http_api/another")
    assert not affects({}, "http_api/")
