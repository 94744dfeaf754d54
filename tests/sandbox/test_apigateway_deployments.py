"""Deployments freeze, stages stay themselves, canaries take their share: as AWS recorded it."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from remediate.sandbox.patches import apigateway
from remediate.sandbox.patches.apigateway.deployments import deployed

# One session for all tests: it is the session that keeps the service models once read.
SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
ORIGIN = "method.response.header.Access-Control-Allow-Origin"
ACCOUNT, REGION = "123456789012", "eu-west-1"


@pytest.fixture
def client() -> Iterator[Any]:
    apigateway.install()
    with mock_aws():
        yield SESSION.client("apigateway", region_name=REGION)


@pytest.fixture
def api(client: Any) -> str:
    """An API with a mocked OPTIONS on its root."""
    made = client.create_rest_api(name="pets")
    where = {
        "restApiId": made["id"],
        "resourceId": made["rootResourceId"],
        "httpMethod": "OPTIONS",
    }
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type="MOCK")
    client.put_method_response(**where, statusCode="200", responseParameters={ORIGIN: False})
    allow(client, made["id"], "https://a.example")
    return made["id"]


def allow(client: Any, api: str, origin: str) -> None:
    root = client.get_rest_api(restApiId=api)["rootResourceId"]
    client.put_integration_response(
        restApiId=api,
        resourceId=root,
        httpMethod="OPTIONS",
        statusCode="200",
        responseParameters={ORIGIN: f"'{origin}'"},
    )


def allowed(api: str, stage: str, *, canary: bool = False) -> str:
    frozen = deployed(ACCOUNT, REGION, api, stage, canary=canary)
    assert frozen is not None
    method = frozen["resources"][0]["resourceMethods"]["OPTIONS"]
    response = method["methodIntegration"]["integrationResponses"]["200"]
    return response["responseParameters"][ORIGIN].strip("'")


def deploy(client: Any, api: str, stage: str | None = None, **more: Any) -> str:
    if stage:
        more["stageName"] = stage
    return client.create_deployment(restApiId=api, **more)["id"]


def patch(client: Any, api: str, stage: str, *operations: dict[str, str]) -> dict[str, Any]:
    return client.update_stage(restApiId=api, stageName=stage, patchOperations=list(operations))


def replace(path: str, value: str) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": value}


def refusal(call: Any, *arguments: Any, **named: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    answer = caught.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"]["Message"]


def test_a_stage_serves_what_was_deployed_until_it_is_deployed_again(client, api):
    deploy(client, api, "prod")
    allow(client, api, "https://b.example")
    assert allowed(api, "prod") == "https://a.example"
    deploy(client, api, "prod")
    assert allowed(api, "prod") == "https://b.example"


def test_a_deployment_freezes_the_gateway_responses_and_the_api_itself(client, api):
    deploy(client, api, "prod")
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_4XX", statusCode="444")
    client.update_rest_api(restApiId=api, patchOperations=[{"op": "add", "path": "/binaryMediaTypes/*~1*"}])
    before = deployed(ACCOUNT, REGION, api, "prod")
    assert before["gatewayResponses"] == {}
    assert "binaryMediaTypes" not in before["restApi"]
    deploy(client, api, "prod")
    after = deployed(ACCOUNT, REGION, api, "prod")
    assert after["gatewayResponses"] == {"DEFAULT_4XX": {"statusCode": "444"}}
    assert after["restApi"]["binaryMediaTypes"] == ["*/*"]


def test_a_second_deployment_moves_the_stage_and_keeps_all_else(client, api):
    first = deploy(client, api, "prod", variables={"v": "1"}, stageDescription="the one")
    client.tag_resource(
        resourceArn=f"arn:aws:apigateway:{REGION}::/restapis/{api}/stages/prod",
        tags={"team": "web"},
    )
    patch(
        client,
        api,
        "prod",
        replace("/*/*/logging/loglevel", "INFO"),
        replace("/tracingEnabled", "true"),
    )
    before = client.get_stage(restApiId=api, stageName="prod")
    assert before["deploymentId"] == first
    second = deploy(client, api, "prod")
    after = client.get_stage(restApiId=api, stageName="prod")
    assert after["deploymentId"] == second
    for name in ("variables", "description", "tags", "methodSettings", "tracingEnabled"):
        assert after[name] == before[name]
    assert after["variables"] == {"v": "1"}
    assert after["methodSettings"]["*/*"]["loggingLevel"] == "INFO"


def test_rolling_a_stage_back(client, api):
    first = deploy(client, api, "prod")
    allow(client, api, "https://b.example")
    deploy(client, api, "prod")
    assert patch(client, api, "prod", replace("/deploymentId", first))["deploymentId"] == first
    assert allowed(api, "prod") == "https://a.example"
    refused = refusal(patch, client, api, "prod", replace("/deploymentId", "nope"))
    assert refused[:2] == (400, "BadRequestException")


def test_the_deployment_of_a_stage_cannot_be_deleted(client, api):
    first = deploy(client, api, "prod")
    second = deploy(client, api, "prod")
    assert refusal(client.delete_deployment, restApiId=api, deploymentId=second) == (
        400,
        "BadRequestException",
        "Active stages pointing to this deployment must be moved or deleted",
    )
    gone = client.delete_deployment(restApiId=api, deploymentId=first)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert refusal(client.get_deployment, restApiId=api, deploymentId=first) == (
        404,
        "NotFoundException",
        "Invalid Deployment identifier specified",
    )


def test_a_deployment_shows_its_methods_on_demand(client, api):
    """API_GetDeployment: `embed=apisummary`."""
    made = deploy(client, api, description="first")
    where = {"restApiId": api, "deploymentId": made}
    plain = client.get_deployment(**where)
    assert plain["description"] == "first"
    assert "apiSummary" not in plain
    assert client.get_deployment(**where, embed=["apisummary"])["apiSummary"] == {
        "/": {"OPTIONS": {"authorizationType": "NONE", "apiKeyRequired": False}}
    }
    changed = client.update_deployment(**where, patchOperations=[replace("/description", "new")])
    assert changed["description"] == "new"
    assert [each["id"] for each in client.get_deployments(restApiId=api)["items"]] == [made]


def test_an_api_without_methods_or_integrations_cannot_be_deployed(client):
    made = client.create_rest_api(name="empty")
    assert refusal(deploy, client, made["id"])[:2] == (400, "BadRequestException")
    client.put_method(
        restApiId=made["id"],
        resourceId=made["rootResourceId"],
        httpMethod="GET",
        authorizationType="NONE",
    )
    assert refusal(deploy, client, made["id"]) == (
        400,
        "BadRequestException",
        "No integration defined for method",
    )


def test_a_canary_deployment_keeps_the_stage_on_its_deployment(client, api):
    first = deploy(client, api, "dev")
    allow(client, api, "https://b.example")
    settings = {"percentTraffic": 50, "stageVariableOverrides": {"testVar": "canary"}}
    second = deploy(client, api, "dev", canarySettings=settings)
    stage = client.get_stage(restApiId=api, stageName="dev")
    assert stage["deploymentId"] == first
    assert stage["canarySettings"] == {
        "deploymentId": second,
        "percentTraffic": 50.0,
        "stageVariableOverrides": {"testVar": "canary"},
        "useStageCache": False,
    }
    assert allowed(api, "dev") == "https://a.example"
    assert allowed(api, "dev", canary=True) == "https://b.example"


def test_an_ordinary_deployment_is_refused_while_there_is_a_canary(client, api):
    """The message as reported in https://github.com/serverless/serverless/issues/11518."""
    deploy(client, api, "v1")
    deploy(client, api, "v1", canarySettings={"percentTraffic": 10})
    assert refusal(deploy, client, api, "v1") == (
        400,
        "BadRequestException",
        (
            "Invalid deployment content specified.Non canary deployment not supported on stage v1 "
            "because Canary is enabled. Provide CanarySettings in deploymentInput."
        ),
    )


def test_promoting_and_removing_a_canary(client, api):
    deploy(client, api, "dev")
    second = deploy(client, api, "dev", canarySettings={"percentTraffic": 10})
    after = patch(
        client,
        api,
        "dev",
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        {"op": "remove", "path": "/canarySettings"},
    )
    assert after["deploymentId"] == second
    assert "canarySettings" not in after


def test_a_canary_made_by_a_patch(client, api):
    first = deploy(client, api)
    second = deploy(client, api)
    client.create_stage(restApiId=api, stageName="dev", deploymentId=first)
    after = patch(client, api, "dev", replace("/canarySettings/deploymentId", second))
    assert after["deploymentId"] == first
    assert after["canarySettings"] == {
        "deploymentId": second,
        "percentTraffic": 0.0,
        "useStageCache": False,
    }
    patch(client, api, "dev", {"op": "remove", "path": "/canarySettings"})
    again = patch(client, api, "dev", replace("/canarySettings/percentTraffic", "50"))
    assert again["canarySettings"] == {
        "deploymentId": first,
        "percentTraffic": 50.0,
        "useStageCache": False,
    }


def test_canary_deployments_that_have_no_stage(client, api):
    canary = {"percentTraffic": 50}
    assert refusal(deploy, client, api, canarySettings=canary) == (
        400,
        "BadRequestException",
        (
            "Invalid deployment content specified.Non null and non empty stageName must be provided "
            "for canary deployment. Provided value is null"
        ),
    )
    assert refusal(deploy, client, api, "non-existing", canarySettings=canary) == (
        400,
        "BadRequestException",
        (
            "Invalid deployment content specified.Stage non-existing must already be created before "
            "making a canary release deployment"
        ),
    )


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            {"op": "remove", "path": "/canarySettings/stageVariableOverrides"},
            (
                "Cannot remove method setting canarySettings/stageVariableOverrides because there is "
                "no method setting for this method "
            ),
        ),
        (
            {"op": "remove", "path": "/canarySettings/badPath"},
            (
                "Cannot remove method setting canarySettings/badPath because there is no method "
                "setting for this method "
            ),
        ),
        (
            {"op": "replace", "path": "/canarySettings/badPath", "value": "x"},
            "Invalid method setting path: /canarySettings/badPath. Must be one of: [/deploymentId,",
        ),
        (
            {"op": "add", "path": "/canarySettings/deploymentId", "value": "x"},
            "Invalid add operation with path: /canarySettings/deploymentId",
        ),
        (
            {"op": "replace", "path": "/tags/tag1", "value": "x"},
            "Invalid method setting path: /tags/tag1. Must be one of: [/deploymentId,",
        ),
    ],
)
def test_stage_patches_that_are_refused_change_nothing(client, api, operation, message):
    deploy(client, api, "dev")
    status, code, said = refusal(patch, client, api, "dev", replace("/description", "lost"), operation)
    assert (status, code) == (400, "BadRequestException")
    assert said.startswith(message)
    assert "description" not in client.get_stage(restApiId=api, stageName="dev")


def test_a_stage_as_the_service_shows_it(client, api):
    made = deploy(client, api)
    stage = client.create_stage(restApiId=api, stageName="s1", deploymentId=made)
    assert {name: stage[name] for name in stage if not name.endswith("Date")} | {
        "ResponseMetadata": None
    } == {
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "deploymentId": made,
        "methodSettings": {},
        "stageName": "s1",
        "tracingEnabled": False,
        "ResponseMetadata": None,
    }
    assert stage["createdDate"] == stage["lastUpdatedDate"]
    patched = patch(
        client,
        api,
        "s1",
        replace("/*/*/throttling/burstLimit", "123"),
        replace("/*/*/caching/enabled", "true"),
        replace("/variables/var1", "test"),
    )
    assert patched["variables"] == {"var1": "test"}
    assert patched["methodSettings"] == {
        "*/*": {
            "cacheDataEncrypted": False,
            "cacheTtlInSeconds": 300,
            "cachingEnabled": True,
            "dataTraceEnabled": False,
            "metricsEnabled": False,
            "requireAuthorizationForCacheControl": True,
            "throttlingBurstLimit": 123,
            "throttlingRateLimit": 10000.0,
            "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
        }
    }


def test_stages_of_one_deployment(client, api):
    first, second = deploy(client, api), deploy(client, api)
    client.create_stage(restApiId=api, stageName="stage1", deploymentId=first)
    client.create_stage(restApiId=api, stageName="stage2", deploymentId=second)
    stages = client.get_stages(restApiId=api, deploymentId=second)["item"]
    assert [each["stageName"] for each in stages] == ["stage2"]
    again = refusal(client.create_stage, restApiId=api, stageName="stage1", deploymentId=first)
    assert again[:2] == (409, "ConflictException")
