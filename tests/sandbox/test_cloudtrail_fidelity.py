"""The embedded event history: records in the documented shape, and LookupEvents as its reference says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.server import ThreadedMotoServer

from remediate.sandbox.patches import install

EVERYBODY = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    install()
    with mock_aws():
        yield boto3.Session("testing", "testing", region_name="eu-west-1")


def make(session: boto3.Session, *buckets: str) -> Any:
    s3 = session.client("s3", config=Config(user_agent="console.amazonaws.com"))
    for bucket in buckets:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


def looked_up(session: boto3.Session, region: str = "eu-west-1", **question: Any) -> list[dict[str, Any]]:
    return session.client("cloudtrail", region_name=region).lookup_events(**question)["Events"]


def named(name: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}]}


def test_a_write_to_a_bucket(session):
    make(session, "uploads").put_bucket_cors(Bucket="uploads", CORSConfiguration=EVERYBODY)
    [event] = looked_up(session, **named("PutBucketCors"))
    assert event["EventSource"] == "s3.amazonaws.com"
    assert event["ReadOnly"] == "false"
    assert event["Resources"] == [{"ResourceType": "AWS::S3::Bucket", "ResourceName": "uploads"}]
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventName"] == "PutBucketCors"
    assert record["awsRegion"] == "eu-west-1"
    assert record["requestParameters"]["bucketName"] == "uploads"
    assert record["responseElements"] is None
    assert record["userAgent"].startswith("[console.amazonaws.com ")
    assert record["userAgent"].endswith("]")
    assert record["userIdentity"]["type"] == "IAMUser"
    assert datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%S%z") == event["EventTime"]


def test_a_deployment_of_a_rest_api(session):
    rest = session.client("apigateway")
    api = rest.create_rest_api(name="pets")
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    rest.put_method(**where, authorizationType="NONE")
    rest.put_integration(**where, type="MOCK")
    rest.create_deployment(restApiId=api["id"], stageName="prod")
    [event] = looked_up(session, **named("CreateDeployment"))
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventSource"] == "apigateway.amazonaws.com"
    assert record["requestParameters"] == {
        "restApiId": api["id"],
        "createDeploymentInput": {"stageName": "prod"},
        "template": False,
    }


def test_an_http_api(session):
    http = session.client("apigatewayv2")
    api = http.create_api(Name="orders", ProtocolType="HTTP")["ApiId"]
    http.update_api(ApiId=api, CorsConfiguration={"AllowOrigins": ["*"]})
    updated, created = (json.loads(event["CloudTrailEvent"]) for event in looked_up(session))
    assert created["eventName"] == "CreateApi"
    assert created["responseElements"]["apiId"] == api
    assert updated["eventSource"] == "apigateway.amazonaws.com"
    assert updated["requestParameters"] == {"apiId": api, "corsConfiguration": {"allowOrigins": ["*"]}}


def test_a_distribution_is_in_north_virginia_alone(session):
    behavior = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "https-only",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    }
    origin = {
        "Id": "site",
        "DomainName": "site.example.com",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    config = {
        "CallerReference": "one",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behavior,
    }
    made = session.client("cloudfront").create_distribution(DistributionConfig=config)
    assert looked_up(session) == []
    [event] = looked_up(session, "us-east-1")
    record = json.loads(event["CloudTrailEvent"])
    assert record["awsRegion"] == "us-east-1"
    assert record["requestParameters"]["distributionConfig"]["origins"]["items"][0]["id"] == "site"
    assert record["responseElements"]["distribution"]["id"] == made["Distribution"]["Id"]
    assert record["responseElements"]["distribution"]["aRN"] == made["Distribution"]["ARN"]


def test_reads_objects_and_refusals_are_not_kept(session):
    s3 = make(session, "uploads")
    s3.put_object(Bucket="uploads", Key="a", Body=b"")
    s3.list_objects_v2(Bucket="uploads")
    with pytest.raises(ClientError):
        s3.put_bucket_cors(Bucket="uploads", CORSConfiguration={"CORSRules": []})
    assert [event["EventName"] for event in looked_up(session)] == ["CreateBucket"]


def test_who_called(session):
    iam = session.client("iam")
    iam.create_user(UserName="Alice")
    keys = iam.create_access_key(UserName="Alice")["AccessKey"]
    role = iam.create_role(RoleName="deploy", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    passed = session.client("sts").assume_role(RoleArn=role, RoleSessionName="bob")["Credentials"]
    make(boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], region_name="eu-west-1"), "of-alice")
    temporary = (passed["AccessKeyId"], passed["SecretAccessKey"], passed["SessionToken"])
    make(boto3.Session(*temporary, region_name="eu-west-1"), "of-bob")
    bob, alice = (json.loads(event["CloudTrailEvent"])["userIdentity"] for event in looked_up(session))
    assert (alice["type"], alice["userName"]) == ("IAMUser", "Alice")
    assert bob["type"] == "AssumedRole"
    assert bob["arn"] == "arn:aws:sts::123456789012:assumed-role/deploy/bob"
    assert bob["sessionContext"]["sessionIssuer"]["userName"] == "deploy"


def test_the_newest_first_in_pages(session):
    make(session, *(f"bucket-{n}" for n in range(5)))
    trail = session.client("cloudtrail")
    pages = trail.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 2})
    names = [[event["Resources"][0]["ResourceName"] for event in page["Events"]] for page in pages]
    assert names == [["bucket-4", "bucket-3"], ["bucket-2", "bucket-1"], ["bucket-0"]]


def test_only_what_was_asked_for(session):
    make(session, "uploads").put_bucket_cors(Bucket="uploads", CORSConfiguration=EVERYBODY)
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    assert len(looked_up(session, StartTime=now - hour, EndTime=now + hour)) == 2
    assert looked_up(session, StartTime=now + hour, EndTime=now + 2 * hour) == []
    assert looked_up(session, EndTime=now - hour) == []
    assert looked_up(session, "us-east-1") == []


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"LookupAttributes": named("a")["LookupAttributes"] * 2}, "InvalidLookupAttributesException"),
        (
            {"StartTime": datetime(2026, 2, 1, tzinfo=UTC), "EndTime": datetime(2026, 1, 1, tzinfo=UTC)},
            "InvalidTimeRangeException",
        ),
        ({"NextToken": "none of ours"}, "InvalidNextTokenException"),
    ],
)
def test_what_is_refused(session, question, code):
    with pytest.raises(ClientError) as refused:
        looked_up(session, **question)
    assert refused.value.response["Error"]["Code"] == code


def test_a_reset_forgets():
    install()
    for bucket in ("first", "second"):
        with mock_aws():
            session = boto3.Session("testing", "testing", region_name="eu-west-1")
            make(session, bucket)
            [event] = looked_up(session)
            assert event["Resources"][0]["ResourceName"] == bucket


def test_through_a_real_socket():
    install()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        where = {"endpoint_url": f"http://{host}:{port}", "region_name": "eu-central-1"}
        session = boto3.Session("testing", "testing")
        session.client("s3", **where).create_bucket(
            Bucket="by-socket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        events = session.client("cloudtrail", **where).lookup_events(**named("CreateBucket"))["Events"]
        assert "by-socket" in {
            json.loads(e["CloudTrailEvent"])["requestParameters"]["bucketName"] for e in events
        }
    finally:
        server.stop()
