"""An HTTP API's tags, and its settings in the language of the tool that manages it."""

from __future__ import annotations

import pytest
import yaml

from remediate.aws import Aws
from remediate.core.policy import Selector
from remediate.core.state import State
from remediate.services.http_api.read import read
from remediate.services.http_api.tags import as_iac, tags

AFTER = {
    "CorsConfiguration": {
        "AllowOrigins": ["https://app.example.com"],
        "AllowMethods": ["GET"],
        "AllowHeaders": ["content-type"],
        "AllowCredentials": True,
        "MaxAge": 600,
    }
}


def test_tags_come_with_the_listing(aws: Aws) -> None:
    aws.client("apigatewayv2").create_api(Name="orders", ProtocolType="HTTP", Tags={"team": "web"})
    (seen,) = read(aws, [Selector("http_api", "orders")])
    assert isinstance(seen, State)
    aws.calls.clear()
    assert tags(aws, seen) == {"team": "web"}
    assert dict(aws.calls) == {}


@pytest.mark.parametrize(
    ("tool", "kind"), [("CloudFormation", "AWS::ApiGatewayV2::Api"), ("SAM", "AWS::Serverless::HttpApi")]
)
def test_cloudformation_has_the_same_names(tool: str, kind: str) -> None:
    assert yaml.safe_load(as_iac(AFTER, tool)) == {"Type": kind, "Properties": AFTER}


def test_terraform_has_other_names() -> None:
    assert as_iac(AFTER, "Terraform").splitlines() == [
        'resource "aws_apigatewayv2_api" "this" {',
        "  cors_configuration {",
        '    allow_origins     = ["https://app.example.com"]',
        '    allow_methods     = ["GET"]',
        '    allow_headers     = ["content-type"]',
        "    allow_credentials = true",
        "    max_age           = 600",
        "  }",
        "}",
    ]
    assert as_iac(None, "Terraform") == ""
