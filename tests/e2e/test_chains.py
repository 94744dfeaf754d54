"""A bucket behind CloudFront: two hops, both known, so that every verdict can be foretold.

MiniStack's distributions fetch from a bucket without its CORS rules, so only the edge is asked here.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.e2e.emulators import Emulator
from tests.e2e.story import NO_HEADER, PAGE, STRANGER, Call, Story

pytestmark = pytest.mark.e2e

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


def test_a_file_of_a_bucket_behind_cloudfront(
    ministack: Emulator, story: Callable[[Emulator], Story]
) -> None:
    tell = story(ministack)
    s3, cloudfront = ministack.client("s3"), ministack.client("cloudfront")
    s3.create_bucket(Bucket="assets")
    s3.put_object(Bucket="assets", Key="data.json", Body=b"{}", ContentType="application/json")
    s3.delete_public_access_block(Bucket="assets")
    everybody = {"Effect": "Allow", "Principal": "*"}
    everybody |= {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::assets/*"}
    policy = {"Version": "2012-10-17", "Statement": [everybody]}
    s3.put_bucket_policy(Bucket="assets", Policy=json.dumps(policy))
    bucket = {
        "Id": "assets",
        "DomainName": "assets.s3.us-east-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    methods = ["GET", "HEAD"]
    made = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "assets",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [bucket]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "assets",
                "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": CACHING_OPTIMIZED,
                "AllowedMethods": {
                    "Quantity": 2,
                    "Items": methods,
                    "CachedMethods": {"Quantity": 2, "Items": methods},
                },
            },
        }
    )["Distribution"]
    call = Call(lambda number: f"http://{made['DomainName']}/data.json?try={number}")

    tell.refused(call, NO_HEADER)
    tell.applied(
        f"""origins: [{PAGE}]
allow: {{methods: [GET]}}
targets:
  - cloudfront: {made["Id"]}
    answer: edge
"""
    )
    assert tell.let_in(call).body == "{}"
    tell.refused(call, NO_HEADER, origin=STRANGER)

    etag = cloudfront.get_distribution_config(Id=made["Id"])["ETag"]
    before = made["DistributionConfig"]
    cloudfront.update_distribution(Id=made["Id"], IfMatch=etag, DistributionConfig=before)
    tell.refused(call, NO_HEADER)
