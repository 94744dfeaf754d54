"""Which records name a distribution: the developer guide's example of UpdateDistribution, shortened."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.services import service
from remediate.services.cloudfront.events import EVENTS, SHARED, affects, resource_id


def record(name: str, answer: dict[str, Any] | None = None, /, **parameters: Any) -> dict[str, Any]:
    return {
        "eventSource": "cloudfront.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "requestParameters": parameters,
        "responseElements": answer,
        "apiVersion": "2020_05_31",
    }


UPDATED = record(
    "UpdateDistribution",
    {"distribution": {"id": "EDFDVBD6EXAMPLE", "status": "InProgress"}, "eTag": "E1YHBLAB2BJY1G"},
    distributionConfig={"enabled": True, "comment": "HIDDEN_DUE_TO_SECURITY_REASONS"},
    id="EDFDVBD6EXAMPLE",
    ifMatch="E1RTLUR9YES76O",
)


@pytest.mark.parametrize(
    "change",
    [
        UPDATED,
        record(
            "UpdateDistributionWithStagingConfig",
            id="EDFDVBD6EXAMPLE",
            stagingDistributionId="ESTAGING6EXAMPLE",
        ),
        record("CreateDistribution", {"distribution": {"id": "EDFDVBD6EXAMPLE"}}, distributionConfig={}),
        record("CreateDistributionWithTags", {"distribution": {"id": "EDFDVBD6EXAMPLE"}}),
    ],
    ids=lambda change: str(change["eventName"]),
)
def test_a_change_names_its_distribution(change: dict[str, Any]) -> None:
    assert change["eventName"] in EVENTS
    assert resource_id(change) == "EDFDVBD6EXAMPLE"


@pytest.mark.parametrize(
    "other",
    [
        record("GetDistribution", id="EDFDVBD6EXAMPLE"),
        record("CreateInvalidation", distributionId="EDFDVBD6EXAMPLE"),
        record("UpdateResponseHeadersPolicy", id="67f7725c-6f97-4210-82d7-5512b31e9d03"),
        {**UPDATED, "eventSource": "edgekeyvaluestore.amazonaws.com"},
        record("CreateDistribution", distributionConfig={}),
        {},
    ],
    ids=["a read", "an invalidation", "a policy", "another service", "refused", "nothing"],
)
def test_nothing_else_names_one(other: dict[str, Any]) -> None:
    assert resource_id(other) == ""


def test_an_edited_policy_may_be_any_distributions() -> None:
    assert "UpdateResponseHeadersPolicy" in SHARED == service("cloudfront").SHARED_EVENTS
    assert not SHARED & EVENTS
    assert not service("s3").SHARED_EVENTS


def test_the_service_offers_it() -> None:
    assert service("cloudfront").resource_id(UPDATED) == "EDFDVBD6EXAMPLE"


def test_a_distribution_is_touched_by_calls_that_name_it() -> None:
    assert affects(UPDATED, "cloudfront/EDFDVBD6EXAMPLE")
    assert not affects(UPDATED, "cloudfront/E2ANOTHER")
    assert not affects({}, "cloudfront/")
