"""Buckets take CORS rules, list and locate as S3 documents it and conformance suites hold it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from remediate.sandbox.patches import s3

# One session for all tests: it is the session that keeps the service models once read.
SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
RULE = {"AllowedOrigins": ["https://a.example"], "AllowedMethods": ["GET"]}


@pytest.fixture
def client() -> Iterator[Any]:
    s3.install()
    with mock_aws():
        made = SESSION.client("s3", region_name="us-east-1")
        made.create_bucket(Bucket="assets")
        yield made


def put(client: Any, *rules: dict[str, Any]) -> None:
    client.put_bucket_cors(Bucket="assets", CORSConfiguration={"CORSRules": list(rules)})


def rules(client: Any) -> list[dict[str, Any]]:
    return client.get_bucket_cors(Bucket="assets")["CORSRules"]


def refusal(call: Any, *arguments: Any, **named: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    answer = caught.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("InvalidRequest", RULE | {"AllowedMethods": ["GET", "MYMETHOD"]}),
        ("InvalidRequest", RULE | {"AllowedMethods": ["OPTIONS"]}),
        ("InvalidRequest", RULE | {"AllowedMethods": ["PATCH"]}),
        ("InvalidRequest", RULE | {"AllowedMethods": ["put"]}),
        ("InvalidRequest", RULE | {"AllowedOrigins": ["http://*.*.com"]}),
        ("InvalidRequest", RULE | {"AllowedHeaders": ["*-amz-*"]}),
        ("InvalidRequest", RULE | {"ExposeHeaders": ["x-amz-*"]}),
        ("InvalidRequest", RULE | {"ExposeHeaders": ["*"]}),
        ("InvalidRequest", RULE | {"ExposeHeaders": ["test header"]}),
        ("InvalidRequest", RULE | {"ID": "x" * 256}),
        ("MalformedXML", RULE | {"AllowedOrigins": []}),
        ("MalformedXML", RULE | {"AllowedMethods": []}),
    ],
)
def test_a_refused_put_leaves_the_rules_as_they_were(client, code, bad):
    put(client, RULE)
    # The good rule in front must not be stored either.
    second = RULE | {"AllowedOrigins": ["https://b.example"]}
    assert refusal(put, client, second, bad)[:2] == (400, code)
    assert rules(client) == [RULE]


def test_the_words_of_a_second_wildcard(client):
    """As S3 said it in https://github.com/versity/versitygw/issues/1870."""
    bad = RULE | {"AllowedOrigins": ["*example*.com"]}
    assert refusal(put, client, bad)[2] == (
        'AllowedOrigin "*example*.com" can not have more than one wildcard.'
    )


def test_how_many_and_how_large(client):
    put(client, *[RULE] * 100)
    assert refusal(put, client, *[RULE] * 101)[:2] == (400, "InvalidRequest")
    large = RULE | {"AllowedHeaders": [f"x-{'h' * 250}-{number}" for number in range(300)]}
    assert refusal(put, client, large)[:2] == (400, "InvalidRequest")
    assert len(rules(client)) == 100
    assert refusal(put, client)[:2] == (400, "MalformedXML")


@pytest.mark.parametrize(
    "rule",
    [
        RULE | {"AllowedOrigins": [""]},
        RULE | {"AllowedOrigins": ["https://test.com", "http://test.com:80", "https://*.x.com"]},
        RULE | {"AllowedHeaders": ["*", "x-amz-*", "x-AMZ-server-SIDE-encryption"]},
        RULE | {"ExposeHeaders": ["Date", "ETag"], "ID": "x" * 255, "MaxAgeSeconds": 0},
    ],
)
def test_what_is_accepted_comes_back_as_it_was_given(client, rule):
    put(client, rule)
    assert rules(client) == [rule]


def test_the_expected_owner_must_be_the_owner(client):
    put(client, RULE)
    owner, stranger = {"ExpectedBucketOwner": "123456789012"}, {"ExpectedBucketOwner": "1" * 12}
    assert client.get_bucket_cors(Bucket="assets", **owner)["CORSRules"] == [RULE]
    assert refusal(client.get_bucket_cors, Bucket="assets", **stranger)[:2] == (403, "AccessDenied")
    refused = refusal(client.delete_bucket_cors, Bucket="assets", **stranger)
    assert refused[:2] == (403, "AccessDenied")
    assert refusal(client.head_bucket, Bucket="assets", **stranger)[0] == 403
    assert rules(client) == [RULE]


@pytest.fixture
def europe(client: Any) -> Any:
    """A client in a Region with a bucket of its own there."""
    assert client  # the mock must stand before anything is made in it
    made = SESSION.client("s3", region_name="eu-west-1")
    made.create_bucket(Bucket="europe", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return made


def test_a_list_with_any_parameter_names_the_regions(client, europe):
    """API_Bucket: BucketRegion is included if the request has at least one valid parameter."""
    assert [set(each) for each in client.list_buckets()["Buckets"]] == [{"Name", "CreationDate"}] * 2
    buckets = client.list_buckets(MaxBuckets=10)["Buckets"]
    assert {each["Name"]: each["BucketRegion"] for each in buckets} == {
        "assets": "us-east-1",
        "europe": "eu-west-1",
    }
    prefixed = client.list_buckets(Prefix="eu")
    assert prefixed["Prefix"] == "eu"
    assert [each["Name"] for each in prefixed["Buckets"]] == ["europe"]
    here = europe.list_buckets(BucketRegion="eu-west-1")["Buckets"]
    assert [each["Name"] for each in here] == ["europe"]
    # "Requests made to a Regional endpoint that is different ... are not supported."
    assert refusal(client.list_buckets, BucketRegion="eu-west-1")[0] == 400


def test_a_list_is_cut_into_pages_only_when_asked(client):
    for number in range(4):
        client.create_bucket(Bucket=f"bucket{number}")
    whole = client.list_buckets()
    assert len(whole["Buckets"]) == 5
    assert "ContinuationToken" not in whole
    first = client.list_buckets(MaxBuckets=2)
    second = client.list_buckets(MaxBuckets=2, ContinuationToken=first["ContinuationToken"])
    third = client.list_buckets(MaxBuckets=2, ContinuationToken=second["ContinuationToken"])
    names = [each["Name"] for page in (first, second, third) for each in page["Buckets"]]
    assert names == ["assets", "bucket0", "bucket1", "bucket2", "bucket3"]
    assert "ContinuationToken" not in third
    assert refusal(client.list_buckets, MaxBuckets=10_001)[0] == 400


def test_a_request_in_the_wrong_region_is_sent_to_the_right_one(client, europe):
    europe.put_bucket_cors(Bucket="europe", CORSConfiguration={"CORSRules": [RULE]})
    west = SESSION.client("s3", region_name="us-west-2")
    for caller in (client, west):
        rules = caller.get_bucket_cors(Bucket="europe")
        assert rules["CORSRules"] == [RULE]
        # The first answer was a 301, and botocore went where it said.
        assert rules["ResponseMetadata"]["RetryAttempts"] == 1
    again = client.get_bucket_cors(Bucket="europe")
    assert again["ResponseMetadata"]["RetryAttempts"] == 0
    assert client.head_bucket(Bucket="europe")["BucketRegion"] == "eu-west-1"
    assert client.get_bucket_location(Bucket="europe")["LocationConstraint"] == "eu-west-1"


@pytest.mark.usefixtures("europe")
def test_the_answer_in_the_wrong_region():
    """What a client that doesn't follow gets to see."""
    lost = SESSION.client("s3", region_name="us-west-2")
    lost.meta.events.register_first("needs-retry.s3", lambda **_: None)
    seen = []
    lost.meta.events.register("response-received.s3", lambda **event: seen.append(event["response_dict"]))
    lost.get_bucket_location(Bucket="europe")
    assert [each["status_code"] for each in seen] == [200]
    seen.clear()
    with pytest.raises(ClientError):
        lost.get_bucket_cors(Bucket="europe")
    assert seen[0]["status_code"] == 301
    assert seen[0]["headers"]["x-amz-bucket-region"] == "eu-west-1"
    assert b"<Code>PermanentRedirect</Code>" in seen[0]["body"]
    assert b"<Endpoint>europe.s3.eu-west-1.amazonaws.com</Endpoint>" in seen[0]["body"]
