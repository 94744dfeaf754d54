"""Who is blamed for drift: CloudTrail's history asked through the embedded AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

from moto import mock_aws

from remediate.aws import Aws
from remediate.drift.attribution import Attribution, Drifted, blame
from remediate.refresh import CLOUDTRAIL_RATES, published_rates
from remediate.sandbox.patches import cloudtrail, install
from remediate.services import service

SINCE = datetime(2026, 11, 22, 8, 0, 0, 500_000, tzinfo=UTC)
UNTIL = datetime(2026, 11, 22, 9, tzinfo=UTC)
UPLOADS = Drifted("s3/uploads", "s3", "eu-west-1")
ORDERS = Drifted("http_api/pxzfkfmjo7", "http_api", "eu-west-1")
PROD = Drifted("rest_api/3rb1a2b3c4/prod", "rest_api", "eu-west-1")
SITE = Drifted("cloudfront/EDFDVBD6EXAMPLE", "cloudfront", "us-east-1")
OWN = "[cors-remediate Boto3/1.44.5 md/Botocore#1.44.5]"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    install()
    with mock_aws():
        seen = Aws(region="eu-west-1", concurrency=4)
        yield seen
        seen.close()


def happened(name: str, minute: int, who: str, /, **parts: Any) -> None:
    """Put a call into the history: by the user `who`, so many minutes after eight."""
    record = {
        "userIdentity": {"type": "IAMUser", "userName": who, "accountId": "123456789012", "accessKeyId": "A"},
        "eventTime": f"2026-11-22T08:{minute:02}:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "[aws-cli/2.15.0]",
        "requestParameters": {"bucketName": "uploads"},
        "responseElements": None,
        "eventID": f"{name}-{minute}-{who}",
        "readOnly": False,
        "recipientAccountId": "123456789012",
        **parts,
    }
    cloudtrail.history("123456789012", record["awsRegion"]).append(record)


def gateway(**parameters: Any) -> dict[str, Any]:
    return {"eventSource": "apigateway.amazonaws.com", "requestParameters": parameters}


def deny(aws: Aws, region: str) -> None:
    """The client answers every lookup as AWS answers who lacks the permission, without sending it."""
    parsed = {"Error": {"Code": "AccessDeniedException", "Message": "said AWS"}}

    class Answer:
        status_code = 400

    events = aws.client("cloudtrail", region).meta.events
    events.register("before-call.cloudtrail.LookupEvents", lambda **_: (Answer(), parsed))


def culprit(aws: Aws, drifted: Drifted) -> Attribution:
    return blame(aws, [drifted], SINCE, UNTIL)[drifted.address]


def test_each_has_the_newest_call_that_named_it(aws: Aws) -> None:
    happened("PutBucketCors", 10, "Alice")
    happened("PutBucketCors", 12, "Carol", requestParameters={"bucketName": "other"})
    happened("DeleteBucketCors", 20, "Bob")
    happened("UpdateApi", 30, "Dave", **gateway(apiId="pxzfkfmjo7"))
    happened(
        "UpdateDistribution",
        40,
        "Erin",
        eventSource="cloudfront.amazonaws.com",
        awsRegion="us-east-1",
        requestParameters={"id": "EDFDVBD6EXAMPLE"},
    )
    found = blame(aws, [UPLOADS, ORDERS, SITE], SINCE, UNTIL)
    assert [str(found[each.address]) for each in (UPLOADS, ORDERS, SITE)] == [
        "user Bob (DeleteBucketCors at 2026-11-22T08:20:00Z from 203.0.113.7)",
        "user Dave (UpdateApi at 2026-11-22T08:30:00Z from 203.0.113.7)",
        "user Erin (UpdateDistribution at 2026-11-22T08:40:00Z from 203.0.113.7)",
    ]


def test_a_stage_is_not_blamed_on_who_deployed_another(aws: Aws) -> None:
    prod = {"createDeploymentInput": {"stageName": "prod"}}
    happened("CreateDeployment", 10, "Alice", **gateway(restApiId="3rb1a2b3c4", **prod))
    happened("UpdateStage", 20, "Bob", **gateway(restApiId="3rb1a2b3c4", stageName="dev"))
    happened("CreateDeployment", 30, "Carol", **gateway(restApiId="another", **prod))
    assert str(culprit(aws, PROD)).startswith("user Alice (CreateDeployment ")


def test_refused_calls_are_passed_over(aws: Aws) -> None:
    happened("PutBucketCors", 10, "Alice")
    happened("PutBucketCors", 20, "Mallory", errorCode="AccessDenied")
    assert str(culprit(aws, UPLOADS)).startswith("user Alice ")


def test_our_own_calls_are_passed_over(aws: Aws) -> None:
    happened("PutBucketCors", 10, "Alice")
    happened("PutBucketCors", 20, "ci", userAgent=OWN)
    assert str(culprit(aws, UPLOADS)).startswith("user Alice ")


def test_only_our_own_calls_hint_at_another_plan(aws: Aws) -> None:
    happened("PutBucketCors", 10, "ci", userAgent=OWN)
    found = culprit(aws, UPLOADS)
    assert found.call is None
    assert "PutBucketCors at 2026-11-22T08:10:00Z by user ci" in str(found)
    assert "another plan" in str(found)


def test_calls_outside_the_window_are_not_looked_at(aws: Aws) -> None:
    happened("PutBucketCors", 0, "Bob", eventTime="2026-11-22T07:59:59Z")
    happened("PutBucketCors", 0, "Carol", eventTime="2026-11-22T09:00:01Z")
    found = culprit(aws, UPLOADS)
    assert found.call is None
    assert "nobody between 2026-11-22T08:00:00+00:00 and 2026-11-22T09:00:00+00:00" in str(found)
    assert "15 minutes" in str(found)


def test_a_call_in_the_second_of_since_may_be_after_it(aws: Aws) -> None:
    happened("PutBucketCors", 0, "Alice")
    assert str(culprit(aws, UPLOADS)).startswith("user Alice ")


def test_many_resources_cost_no_more_calls_than_one(aws: Aws) -> None:
    buckets = [Drifted(f"s3/bucket-{n}", "s3", "eu-west-1") for n in range(40)]
    for n in range(40):
        happened("PutBucketCors", n, f"user-{n}", requestParameters={"bucketName": f"bucket-{n}"})
    found = blame(aws, buckets, SINCE, UNTIL)
    assert [str(found[f"s3/bucket-{n}"]).split(" (")[0] for n in range(40)] == [
        f"user user-{n}" for n in range(40)
    ]
    # CreateBucket, DeleteBucketCors, PutBucketCors.
    assert dict(aws.calls) == {"cloudtrail:LookupEvents": 3}


def test_no_page_is_read_after_all_are_found(aws: Aws) -> None:
    for n in range(120):
        happened("PutBucketCors", n // 3, f"user-{n}")
    assert str(culprit(aws, UPLOADS)).startswith("user user-119 ")
    assert dict(aws.calls) == {"cloudtrail:LookupEvents": 3}


def test_a_later_page_is_read_where_it_must_be(aws: Aws) -> None:
    happened("PutBucketCors", 1, "Alice")
    for n in range(120):
        happened("PutBucketCors", 2, f"user-{n}", requestParameters={"bucketName": "busy"})
    assert str(culprit(aws, UPLOADS)).startswith("user Alice ")


def test_a_crowd_is_not_read_to_its_end(aws: Aws) -> None:
    happened("PutBucketCors", 1, "Alice")
    happened("DeleteBucketCors", 0, "Bob")
    for n in range(250):
        happened("PutBucketCors", 2, f"user-{n}", requestParameters={"bucketName": "busy"})
    busy = Drifted("s3/busy", "s3", "eu-west-1")
    found = blame(aws, [UPLOADS, busy], SINCE, UNTIL)
    assert str(found["s3/uploads"]).startswith("user Bob (DeleteBucketCors ")
    assert str(found["s3/uploads"]).endswith("Of PutBucketCors only the newest 250 calls were looked at.")
    assert str(found["s3/busy"]).startswith("user user-249 ")
    assert found["s3/busy"].note == ""
    assert aws.calls["cloudtrail:LookupEvents"] == 1 + 1 + 5


def test_a_denied_lookup_is_told_and_stops_nothing(aws: Aws) -> None:
    happened(
        "UpdateDistribution",
        40,
        "Erin",
        eventSource="cloudfront.amazonaws.com",
        awsRegion="us-east-1",
        requestParameters={"id": "EDFDVBD6EXAMPLE"},
    )
    deny(aws, "eu-west-1")
    found = blame(aws, [UPLOADS, ORDERS, SITE], SINCE, UNTIL)
    assert found["s3/uploads"].call is None
    assert found["s3/uploads"] == found["http_api/pxzfkfmjo7"]
    assert "cloudtrail:LookupEvents in eu-west-1: AccessDeniedException" in str(found["s3/uploads"])
    assert "The credentials lack cloudtrail:LookupEvents" in str(found["s3/uploads"])
    assert "nobody" not in str(found["s3/uploads"])
    assert str(found["cloudfront/EDFDVBD6EXAMPLE"]).startswith("user Erin ")


def test_nothing_drifted_asks_nothing(aws: Aws) -> None:
    assert blame(aws, [], SINCE, UNTIL) == {}
    assert not aws.calls


def test_real_calls_of_a_person_and_of_ours(aws: Aws) -> None:
    """The history's own records: our agent is recognised as `Aws` sends it."""
    iam = boto3.client("iam")
    iam.create_user(UserName="Alice")
    keys = iam.create_access_key(UserName="Alice")["AccessKey"]
    alice = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], region_name="eu-west-1")
    made = alice.client("apigatewayv2").create_api(Name="orders", ProtocolType="HTTP")["ApiId"]
    aws.client("apigatewayv2").update_api(ApiId=made, CorsConfiguration={"AllowOrigins": ["*"]})
    aws.client("s3").create_bucket(
        Bucket="uploads", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    orders = Drifted(f"http_api/{made}", "http_api", "eu-west-1")
    found = blame(aws, [orders, UPLOADS], now - hour, now + hour)
    assert str(found[orders.address]).startswith("user Alice (CreateApi ")
    assert found["s3/uploads"].call is None
    assert "CreateBucket at" in str(found["s3/uploads"])


def test_lookups_keep_to_the_published_rate() -> None:
    rate = CLOUDTRAIL_RATES["cloudtrail:LookupEvents"]
    assert (rate.per_second, rate.burst) == (2, 1)
    assert published_rates()["cloudtrail:LookupEvents"] == rate
    assert published_rates().items() >= service("rest_api").RATES.items()


@pytest.mark.parametrize("record", ["", "null", "<html>", "[]"])
def test_an_event_without_a_record_is_not_nobody(aws: Aws, record: str) -> None:
    happened("PutBucketCors", 10, "Alice")

    def spoil(parsed: dict[str, Any], **_: Any) -> None:
        for event in parsed["Events"]:
            event["CloudTrailEvent"] = record

    aws.client("cloudtrail", "eu-west-1").meta.events.register("after-call.cloudtrail.LookupEvents", spoil)
    found = culprit(aws, UPLOADS)
    assert found.call is None
    assert "CloudTrail could not be asked" in found.note
    assert "holds no record" in found.note
