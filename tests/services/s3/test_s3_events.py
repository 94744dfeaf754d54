"""Which records name a bucket: names and keys as in the S3 user guide's CloudTrail pages."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.services import service
from remediate.services.s3.events import EVENTS, affects, resource_id


def record(name: str, /, **parts: Any) -> dict[str, Any]:
    return {
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "requestParameters": {"bucketName": "uploads", "Host": "s3.eu-west-1.amazonaws.com", "cors": ""},
        "responseElements": None,
        **parts,
    }


@pytest.mark.parametrize("name", ["PutBucketCors", "DeleteBucketCors", "CreateBucket"])
def test_a_change_names_its_bucket(name: str) -> None:
    assert name in EVENTS
    assert resource_id(record(name)) == "uploads"


@pytest.mark.parametrize(
    "other",
    [
        record("GetBucketCors"),
        record("PutBucketAcl"),
        record("PutBucketCors", eventSource="s3-outposts.amazonaws.com"),
        record("PutBucketCors", requestParameters=None),
        {},
    ],
    ids=["a read", "not of CORS", "another service", "refused early", "nothing"],
)
def test_nothing_else_names_one(other: dict[str, Any]) -> None:
    assert resource_id(other) == ""


def test_the_service_offers_it() -> None:
    assert service("s3").resource_id(record("PutBucketCors")) == "uploads"


def test_a_bucket_is_touched_by_calls_that_name_it() -> None:
    assert affects(record("PutBucketCors"), "s3/uploads")
    assert not affects(record("PutBucketCors"), "s3/uploads-2")
    assert not affects(record("PutBucketAcl"), "s3/uploads")
    assert not affects({}, "s3/")
