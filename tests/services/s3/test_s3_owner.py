"""A bucket's tags, and its rules in the language of the tool that manages it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from remediate.aws import Aws
from remediate.core.policy import Selector
from remediate.core.state import State
from remediate.errors import AwsFailure
from remediate.services.s3.read import read
from remediate.services.s3.tags import as_iac, tags
from tests.services.s3.test_s3_aws import make, refuse

AFTER: dict[str, Any] = {
    "CORSRules": [
        {
            "ID": "remediate:webapp",
            "AllowedHeaders": ["*"],
            "AllowedMethods": ["PUT", "POST"],
            "AllowedOrigins": ["https://app.example.com"],
            "ExposeHeaders": ["etag"],
            "MaxAgeSeconds": 600,
        },
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]},
    ]
}


def state(aws: Aws, bucket: str) -> State:
    (found,) = read(aws, [Selector("s3", bucket)])
    assert isinstance(found, State)
    return found


def test_tags_cost_one_call(aws: Aws) -> None:
    make(aws, "uploads")
    tagging = {"TagSet": [{"Key": "ManagedBy", "Value": "terraform"}, {"Key": "a", "Value": ""}]}
    aws.client("s3").put_bucket_tagging(Bucket="uploads", Tagging=tagging)
    seen = state(aws, "uploads")
    aws.calls.clear()
    assert tags(aws, seen) == {"ManagedBy": "terraform", "a": ""}
    assert dict(aws.calls) == {"s3:GetBucketTagging": 1}


def test_no_tags_are_no_failure(aws: Aws) -> None:
    make(aws, "uploads")
    assert tags(aws, state(aws, "uploads")) == {}


def test_a_denied_read_is_told(aws: Aws) -> None:
    make(aws, "uploads")
    seen = state(aws, "uploads")
    refuse(aws, "GetBucketTagging", "AccessDenied", 403)
    with pytest.raises(AwsFailure) as caught:
        tags(aws, seen)
    assert caught.value.operation == "s3:GetBucketTagging"


def test_cloudformation_has_other_names() -> None:
    """AWS::S3::Bucket CorsRule: Id, ExposedHeaders, MaxAge."""
    for tool in ("CloudFormation", "SAM", "CDK", "the Serverless Framework", "Amplify"):
        assert yaml.safe_load(as_iac(AFTER, tool)) == {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "CorsConfiguration": {
                    "CorsRules": [
                        {
                            "Id": "remediate:webapp",
                            "AllowedOrigins": ["https://app.example.com"],
                            "AllowedMethods": ["PUT", "POST"],
                            "AllowedHeaders": ["*"],
                            "ExposedHeaders": ["etag"],
                            "MaxAge": 600,
                        },
                        {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]},
                    ]
                }
            },
        }


def test_terraform_has_other_names() -> None:
    assert as_iac(AFTER, "Terraform").splitlines() == [
        'resource "aws_s3_bucket_cors_configuration" "this" {',
        "  cors_rule {",
        '    id              = "remediate:webapp"',
        '    allowed_origins = ["https://app.example.com"]',
        '    allowed_methods = ["PUT", "POST"]',
        '    allowed_headers = ["*"]',
        '    expose_headers  = ["etag"]',
        "    max_age_seconds = 600",
        "  }",
        "  cors_rule {",
        '    allowed_origins = ["*"]',
        '    allowed_methods = ["GET"]',
        "  }",
        "}",
    ]


def test_nothing_is_nothing() -> None:
    assert as_iac(None, "Terraform") == ""
