"""Uploads straight from the page into a bucket, by presigned URL, with headers that need a preflight."""

from __future__ import annotations

from collections.abc import Callable

import boto3
import pytest
from botocore.config import Config

from tests.e2e.emulators import REGION, Emulator
from tests.e2e.story import NO_HEADER_ON_PREFLIGHT, PAGE, STRANGER, Call, Story

pytestmark = pytest.mark.e2e

FIELDS = {"content-type": "image/png", "x-amz-meta-owner": "me"}


def upload(bucket: str) -> Call:
    """A presigned PUT under the bucket's name on AWS; each try has a key of its own."""
    signer = boto3.client(
        "s3",
        endpoint_url=f"http://s3.{REGION}.amazonaws.com",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )

    def at(number: int) -> str:
        object_ = {"Key": f"{number}.png", "ContentType": "image/png", "Metadata": {"owner": "me"}}
        return str(signer.generate_presigned_url("put_object", Params={"Bucket": bucket, **object_}))

    return Call(at, "PUT", tuple(FIELDS.items()), "a picture")


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("localstack", "content-type, x-amz-meta-owner"),
        ("ministack", "content-type, x-amz-meta-owner"),
        ("ministack", "content-type, x-amz-meta-*"),  # LocalStack takes whole names and * only
    ],
)
def test_a_presigned_upload_with_headers_of_its_own(
    request: pytest.FixtureRequest, story: Callable[[Emulator], Story], name: str, headers: str
) -> None:
    emulator: Emulator = request.getfixturevalue(name)
    tell = story(emulator)
    s3 = emulator.client("s3")
    bucket = f"uploads-{len(headers)}"
    s3.create_bucket(Bucket=bucket)
    call = upload(bucket)

    tell.refused(call, NO_HEADER_ON_PREFLIGHT)
    tell.applied(
        f"""origins: [{PAGE}]
allow: {{methods: [PUT], headers: [{headers}], expose: [etag]}}
targets:
  - s3: {bucket}
"""
    )
    assert "etag" in tell.let_in(call).visible
    tell.refused(call, NO_HEADER_ON_PREFLIGHT, origin=STRANGER)

    s3.delete_bucket_cors(Bucket=bucket)
    tell.refused(call, NO_HEADER_ON_PREFLIGHT)


def test_the_rules_of_others_stay_and_come_back(
    localstack: Emulator, story: Callable[[Emulator], Story]
) -> None:
    tell = story(localstack)
    s3 = localstack.client("s3")
    s3.create_bucket(Bucket="shared")
    theirs = "http://theirs.test"
    found = [{"ID": "theirs", "AllowedMethods": ["PUT"], "AllowedOrigins": [theirs], "AllowedHeaders": ["*"]}]
    s3.put_bucket_cors(Bucket="shared", CORSConfiguration={"CORSRules": found})
    call = upload("shared")

    tell.let_in(call, origin=theirs)
    tell.refused(call, NO_HEADER_ON_PREFLIGHT)
    tell.applied(
        f"""origins: [{PAGE}]
allow: {{methods: [PUT], headers: ["*"]}}
targets:
  - s3: shared
"""
    )
    tell.let_in(call)
    tell.let_in(call, origin=theirs)

    s3.put_bucket_cors(Bucket="shared", CORSConfiguration={"CORSRules": found})
    tell.refused(call, NO_HEADER_ON_PREFLIGHT)
    tell.let_in(call, origin=theirs)
