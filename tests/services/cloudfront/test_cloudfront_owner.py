"""A distribution's tags, and what CORS needs of it in the language of the tool that manages it."""

from __future__ import annotations

from typing import Any

import yaml

from remediate.aws import Aws
from remediate.core.policy import Selector
from remediate.core.state import State
from remediate.services.cloudfront.desired import desired
from remediate.services.cloudfront.read import read
from remediate.services.cloudfront.tags import as_iac, tags
from tests.services.cloudfront.states import (
    OPTIMIZED,
    S3_ORIGIN,
    A,
    B,
    behavior,
    legacy,
    policy,
    state,
)
from tests.services.cloudfront.test_cloudfront_aws import live
from tests.services.cloudfront.world import seed


class References(yaml.SafeLoader):
    """`!Ref name` as a tuple."""


References.add_constructor("!Ref", lambda loader, node: ("Ref", loader.construct_scalar(node)))  # type: ignore[arg-type]


def after(answer: str) -> Any:
    seen = state(
        behavior(),
        behavior(OPTIMIZED, S3_ORIGIN, PathPattern="/api/*"),
        legacy("Authorization", PathPattern="/old/*"),
    )
    wish = policy(A, B, methods=("GET", "PUT"), headers=("content-type",), max_age=600, answer=answer)
    return desired(seen, wish)[0].config


def test_tags_cost_one_call_however_it_was_read(aws: Aws) -> None:
    chosen = seed(aws, live(behavior()), "tagged")
    cloudfront = aws.client("cloudfront", "us-east-1")
    listed = cloudfront.list_distributions()["DistributionList"]["Items"][0]
    items = {"Items": [{"Key": "terraform", "Value": "true"}]}
    cloudfront.tag_resource(Resource=listed["ARN"], Tags=items)
    for selector in (chosen, Selector("cloudfront", "*"), Selector("cloudfront", listed["Id"])):
        (seen,) = read(aws, [selector])
        assert isinstance(seen, State)
        aws.calls.clear()
        assert tags(aws, seen) == {"terraform": "true"}
        assert dict(aws.calls) == {"cloudfront:ListTagsForResource": 1}


def test_cloudformation_has_plain_lists_but_for_response_headers() -> None:
    found = yaml.load(as_iac(after("edge"), "CloudFormation"), Loader=References)
    distribution, made = found.values()
    config = distribution["Properties"]["DistributionConfig"]
    assert distribution["Type"] == "AWS::CloudFront::Distribution"
    assert sorted(config["DefaultCacheBehavior"]["CachedMethods"]) == ["GET", "HEAD"]
    assert config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] == ("Ref", list(found)[1])
    assert [one["PathPattern"] for one in config["CacheBehaviors"]] == ["/api/*", "/old/*"]
    assert list(found)[1].isalnum()
    assert made["Type"] == "AWS::CloudFront::ResponseHeadersPolicy"
    assert made["Properties"]["ResponseHeadersPolicyConfig"]["CorsConfig"] == {
        "AccessControlAllowCredentials": False,
        "AccessControlAllowHeaders": {"Items": ["content-type"]},
        "AccessControlAllowMethods": {"Items": ["GET", "PUT"]},
        "AccessControlAllowOrigins": {"Items": [A, B]},
        "AccessControlMaxAgeSec": 600,
        "OriginOverride": True,
    }
    forwarding = yaml.load(as_iac(after("origin"), "CDK"), Loader=References)
    cache = list(forwarding.values())[1]["Properties"]["CachePolicyConfig"]
    headers = cache["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"]
    assert headers == {"HeaderBehavior": "whitelist", "Headers": ["Origin"]}
    assert "Quantity" not in as_iac(after("origin"), "CDK")


def test_terraform_has_blocks() -> None:
    text = as_iac(after("edge"), "Terraform")
    name = text.partition('"aws_cloudfront_response_headers_policy" "')[2].partition('"')[0]
    for line in (
        'resource "aws_cloudfront_distribution" "this" {',
        "  ordered_cache_behavior {",
        '    path_pattern               = "/api/*"',
        f"    response_headers_policy_id = aws_cloudfront_response_headers_policy.{name}.id",
        "  cors_config {",
        "    access_control_max_age_sec       = 600",
        "    access_control_allow_origins {",
        f'      items = ["{A}", "{B}"]',
    ):
        assert line in text.splitlines()
    forwarding = as_iac(after("origin"), "Terraform").splitlines()
    assert "  parameters_in_cache_key_and_forwarded_to_origin {" in forwarding
    assert '        items = ["Origin"]' in forwarding
    assert as_iac(None, "Terraform") == ""
