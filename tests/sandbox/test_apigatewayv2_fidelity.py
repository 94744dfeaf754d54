"""HTTP APIs check, merge, page and deploy as AWS documents it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from remediate.sandbox.patches import apigatewayv2
from remediate.sandbox.patches.apigatewayv2.deployments import deployed

# One session for all tests: it is the session that keeps the service models once read.
SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
LIVE = {
    "AllowOrigins": ["https://a.example"],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["authorization"],
    "ExposeHeaders": ["x-request-id"],
    "AllowCredentials": True,
    "MaxAge": 300,
}


@pytest.fixture
def client() -> Iterator[Any]:
    apigatewayv2.install()
    with mock_aws():
        yield SESSION.client("apigatewayv2", region_name="eu-west-1")


@pytest.fixture
def api(client: Any) -> str:
    return client.create_api(Name="x", ProtocolType="HTTP", CorsConfiguration=LIVE)["ApiId"]


def cors(client: Any, api: str) -> Any:
    return client.get_api(ApiId=api).get("CorsConfiguration")


def refusal(call: Any, **named: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call(**named)
    answer = caught.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"]["Message"]


def test_a_member_left_out_of_an_update_keeps_its_live_value(client, api):
    client.update_api(ApiId=api, CorsConfiguration={"MaxAge": 5})
    assert cors(client, api) == LIVE | {"MaxAge": 5}
    client.update_api(ApiId=api, Name="renamed")
    assert cors(client, api) == LIVE | {"MaxAge": 5}
    client.update_api(ApiId=api, CorsConfiguration={})
    assert cors(client, api) == LIVE | {"MaxAge": 5}


def test_an_empty_list_takes_a_member_away(client, api):
    client.update_api(ApiId=api, CorsConfiguration={"ExposeHeaders": []})
    assert cors(client, api) == {name: value for name, value in LIVE.items() if name != "ExposeHeaders"}


def test_delete_takes_everything_away_and_can_be_repeated(client, api):
    client.delete_cors_configuration(ApiId=api)
    again = client.delete_cors_configuration(ApiId=api)
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert cors(client, api) is None


def test_the_live_credentials_forbid_a_star_that_comes_alone(client, api):
    """The update names no credentials, and yet they count."""
    expected = (400, "BadRequestException")
    message = "allow-credentials is not supported if 'allow-origin' is *"
    star = {"AllowOrigins": ["*"]}
    assert refusal(client.update_api, ApiId=api, CorsConfiguration=star) == (*expected, message)
    both = star | {"AllowCredentials": True}
    assert refusal(client.create_api, Name="y", ProtocolType="HTTP", CorsConfiguration=both) == (
        *expected,
        message,
    )
    assert cors(client, api) == LIVE


@pytest.mark.parametrize(
    "configuration",
    [
        {"MaxAge": 86_401},
        {"AllowOrigins": ["a.example"]},
        {"AllowOrigins": ["https://*.example.com"]},
        {"AllowMethods": ["BOGUS"]},
    ],
)
def test_what_is_refused_changes_nothing(client, api, configuration):
    refused = refusal(client.update_api, ApiId=api, CorsConfiguration=configuration)
    assert refused[:2] == (400, "BadRequestException")
    assert cors(client, api) == LIVE


@pytest.mark.parametrize(
    "configuration",
    [
        {"MaxAge": -1},
        {"MaxAge": 86_400},
        {"AllowOrigins": ["https://*"]},
        {"AllowOrigins": ["http://*", "https://b.example:8443"]},
        {"AllowMethods": ["*"]},
    ],
)
def test_what_is_accepted(client, api, configuration):
    client.update_api(ApiId=api, CorsConfiguration=configuration)
    assert cors(client, api) == LIVE | configuration


def test_a_websocket_api_has_no_cors(client):
    refused = refusal(
        client.create_api,
        Name="w",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
        CorsConfiguration={"AllowOrigins": ["https://a.example"]},
    )
    assert refused[:2] == (400, "BadRequestException")


def test_names_come_back_in_the_services_own_case(client, api):
    client.update_api(
        ApiId=api,
        CorsConfiguration={
            "AllowHeaders": ["Authorization"],
            "AllowOrigins": ["https://App.Example"],
            "AllowMethods": ["put"],
        },
    )
    live = cors(client, api)
    assert live["AllowHeaders"] == ["authorization"]
    assert live["AllowOrigins"] == ["https://app.example"]
    assert live["AllowMethods"] == ["PUT"]


def test_apis_page_with_strings(client):
    for number in range(3):
        client.create_api(Name=f"api{number}", ProtocolType="HTTP")
    first = client.get_apis(MaxResults="2")
    assert len(first["Items"]) == 2
    second = client.get_apis(MaxResults="2", NextToken=first["NextToken"])
    assert "NextToken" not in second
    names = {each["Name"] for each in first["Items"] + second["Items"]}
    assert names == {"api0", "api1", "api2"}
    assert refusal(client.get_apis, MaxResults="many")[:2] == (400, "BadRequestException")


def served(api: str, stage: str) -> Any:
    frozen = deployed("123456789012", "eu-west-1", api, stage)
    return frozen and frozen["corsConfiguration"]["maxAge"]


def test_a_stage_stays_on_its_deployment_and_an_auto_deploying_one_follows(client, api):
    client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    client.create_stage(ApiId=api, StageName="prod")
    assert served(api, "$default") == 300
    assert served(api, "prod") is None

    first = client.create_deployment(ApiId=api, StageName="prod")["DeploymentId"]
    client.update_api(ApiId=api, CorsConfiguration={"MaxAge": 5})
    assert served(api, "prod") == 300
    assert served(api, "$default") == 5

    second = client.create_deployment(ApiId=api, StageName="prod")
    assert second["DeploymentStatus"] == "DEPLOYED"
    assert served(api, "prod") == 5
    client.update_stage(ApiId=api, StageName="prod", DeploymentId=first)
    assert served(api, "prod") == 300
    assert client.get_stage(ApiId=api, StageName="prod")["DeploymentId"] == first
    assert client.get_deployment(ApiId=api, DeploymentId=first)["AutoDeployed"] is False
    default = client.get_stage(ApiId=api, StageName="$default")["DeploymentId"]
    assert client.get_deployment(ApiId=api, DeploymentId=default)["AutoDeployed"] is True


def test_an_export_shows_a_stage_or_the_api(client, api):
    client.create_stage(ApiId=api, StageName="prod")
    client.create_deployment(ApiId=api, StageName="prod")
    client.update_api(ApiId=api, CorsConfiguration={"MaxAge": 5})

    def exported(**which: Any) -> Any:
        answer = client.export_api(ApiId=api, Specification="OAS30", OutputType="JSON", **which)
        return json.loads(answer["body"].read())

    assert exported(StageName="prod")["x-amazon-apigateway-cors"] == {
        "allowOrigins": ["https://a.example"],
        "allowMethods": ["GET", "POST"],
        "allowHeaders": ["authorization"],
        "exposeHeaders": ["x-request-id"],
        "allowCredentials": True,
        "maxAge": 300,
    }
    assert exported()["x-amazon-apigateway-cors"]["maxAge"] == 5
    assert "x-amazon-apigateway-cors" not in exported(IncludeExtensions=False)


def test_a_deployment_and_a_stage_that_are_not_there(client, api):
    client.create_stage(ApiId=api, StageName="prod")
    expected = (404, "NotFoundException")
    call = client.update_stage
    assert refusal(call, ApiId=api, StageName="prod", DeploymentId="x")[:2] == expected
    assert refusal(client.create_deployment, ApiId=api, StageName="x")[:2] == expected
    assert refusal(client.create_stage, ApiId=api, StageName="prod")[:2] == (
        409,
        "ConflictException",
    )


def test_reimporting_a_definition_sets_its_cors(client, api):
    definition = {
        "openapi": "3.0.1",
        "info": {"title": "x", "version": "1"},
        "paths": {},
        "x-amazon-apigateway-cors": {"allowOrigins": ["https://Imported.example"]},
    }
    client.reimport_api(ApiId=api, Body=json.dumps(definition))
    assert cors(client, api) == {"AllowOrigins": ["https://imported.example"]}
