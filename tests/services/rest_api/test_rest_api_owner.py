"""A REST API's tags, and its settings in the language of the tool that manages it."""

from __future__ import annotations

import yaml

from remediate.aws import Aws
from remediate.core.policy import Policy
from remediate.services.rest_api.tags import as_iac, tags

from .apis import A, B, api, http, mock, proxy
from .test_rest_api_aws import selector, states
from .test_rest_api_desired import wanted

LIVE = api({"/items": {"GET": proxy()}, "/rates": {"GET": http()}})


def after(*origins: str) -> object:
    return wanted(LIVE, Policy("webapp", origins, ("GET", "PUT"), ("content-type",), max_age=600))[0]


def test_tags_come_with_the_listings(aws: Aws) -> None:
    gateway = aws.client("apigateway")
    made = gateway.create_rest_api(name="webapp", tags={"team": "web"})["id"]
    root = gateway.get_resources(restApiId=made)["items"][0]["id"]
    gateway.put_method(restApiId=made, resourceId=root, httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(restApiId=made, resourceId=root, httpMethod="GET", type="MOCK")
    deployed = gateway.create_deployment(restApiId=made)["id"]
    gateway.create_stage(restApiId=made, stageName="prod", deploymentId=deployed, tags={"stage": "live"})
    (seen,) = states(aws, selector("webapp"))
    aws.calls.clear()
    assert tags(aws, seen) == {"team": "web", "stage": "live"}
    assert dict(aws.calls) == {}


def test_cloudformation_shows_like_methods_once() -> None:
    text = as_iac(after(A), "CloudFormation")
    assert "# OPTIONS of /items, /rates" in text
    assert "GET /rates" in text.splitlines()[-1]
    found = yaml.safe_load(text)
    assert list(found) == ["OptionsItems", "GatewayDEFAULT4XX", "GatewayDEFAULT5XX"]
    method = found["OptionsItems"]
    assert method["Type"] == "AWS::ApiGateway::Method"
    assert method["Properties"]["HttpMethod"] == "OPTIONS"
    assert method["Properties"]["AuthorizationType"] == "NONE"
    (answer,) = method["Properties"]["Integration"]["IntegrationResponses"]
    assert answer["StatusCode"] == "200"
    assert answer["ResponseParameters"]["method.response.header.Access-Control-Allow-Origin"] == f"'{A}'"
    assert found["GatewayDEFAULT4XX"] == {
        "Type": "AWS::ApiGateway::GatewayResponse",
        "Properties": {
            "ResponseType": "DEFAULT_4XX",
            "ResponseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": f"'{A}'"},
        },
    }


def test_several_origins_are_printed_with_their_template() -> None:
    found = yaml.safe_load(as_iac(after(A, B), "SAM"))
    (answer,) = found["OptionsItems"]["Properties"]["Integration"]["IntegrationResponses"]
    assert A in answer["ResponseTemplates"]["application/json"]


def test_terraform_takes_four_resources_for_a_method() -> None:
    text = as_iac(after(A), "Terraform")
    for line in (
        'resource "aws_api_gateway_method" "options_items" {',
        'resource "aws_api_gateway_integration" "options_items" {',
        'resource "aws_api_gateway_method_response" "options_items_200" {',
        'resource "aws_api_gateway_integration_response" "options_items_200" {',
        'resource "aws_api_gateway_gateway_response" "default_4xx" {',
        '    "method.response.header.Access-Control-Allow-Methods" = "\'GET,PUT\'"',
    ):
        assert line in text


def test_without_cors_there_is_nothing_to_print() -> None:
    assert as_iac(api({"/health": {"GET": mock()}}), "Terraform") == ""
    assert as_iac(None, "CDK") == ""
