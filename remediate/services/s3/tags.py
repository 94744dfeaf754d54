"""A bucket's tags, which tell who manages it, and its rules in that tool's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from remediate.aws import Aws, ClientError, error_code
from remediate.core.document import Document
from remediate.core.iac_snippets import Blocks, hcl, renamed, yaml
from remediate.core.owner import TERRAFORM
from remediate.services.s3.rule import rules

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from remediate.core.state import State

# Both tools have other names than the API for three of the six (AWS::S3::Bucket CorsRule;
# aws_s3_bucket_cors_configuration).
_CLOUDFORMATION = {
    "ID": "Id",
    "AllowedOrigins": "AllowedOrigins",
    "AllowedMethods": "AllowedMethods",
    "AllowedHeaders": "AllowedHeaders",
    "ExposeHeaders": "ExposedHeaders",
    "MaxAgeSeconds": "MaxAge",
}
_TERRAFORM = {
    "ID": "id",
    "AllowedOrigins": "allowed_origins",
    "AllowedMethods": "allowed_methods",
    "AllowedHeaders": "allowed_headers",
    "ExposeHeaders": "expose_headers",
    "MaxAgeSeconds": "max_age_seconds",
}


def tags(aws: Aws, state: State) -> Mapping[str, str]:
    """The bucket's tags; one call. Raises `AwsFailure`."""
    bucket = state.names[0]
    client: S3Client = aws.client("s3", state.region)
    with aws.translated_errors(f"s3:GetBucketTagging of {bucket}"):
        try:
            tag_set = client.get_bucket_tagging(Bucket=bucket)["TagSet"]
        except ClientError as error:
            if error_code(error) == "NoSuchTagSet":
                return {}
            raise
    return {tag["Key"]: tag.get("Value", "") for tag in tag_set}


def as_iac(after: Document | None, tool: str) -> str:
    """The rules as the tool's own text; empty where the tool's is to have none."""
    desired_rules = rules(after)
    if not desired_rules:
        return ""
    if tool == TERRAFORM:
        blocks = Blocks(renamed(rule, _TERRAFORM) for rule in desired_rules)
        return hcl("aws_s3_bucket_cors_configuration", "this", {"cors_rule": blocks})
    listed = [renamed(rule, _CLOUDFORMATION) for rule in desired_rules]
    properties = {"CorsConfiguration": {"CorsRules": listed}}
    return yaml({"Type": "AWS::S3::Bucket", "Properties": properties})
