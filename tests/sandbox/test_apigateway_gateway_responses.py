"""Gateway responses: every expected value is an answer recorded from the service."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from remediate.sandbox.patches import apigateway

# One session for all tests: it is the session that keeps the service models once read.
SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
ORIGIN = "gatewayresponse.header.Access-Control-Allow-Origin"
TOKEN = "MISSING_AUTHENTICATION_TOKEN"
CODES = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}


@pytest.fixture
def client() -> Iterator[Any]:
    apigateway.install()
    with mock_aws():
        yield SESSION.client("apigateway", region_name="eu-west-1")


@pytest.fixture
def api(client: Any) -> str:
    return client.create_rest_api(name="pets")["id"]


def body(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def listed(client: Any, api: str) -> dict[str, dict[str, Any]]:
    items = client.get_gateway_responses(restApiId=api)["items"]
    return {each["responseType"]: each for each in items}


def patch(client: Any, api: str, response_type: str, *operations: tuple[Any, ...]) -> Any:
    return client.update_gateway_response(
        restApiId=api,
        responseType=response_type,
        patchOperations=[
            {
                name: value
                for name, value in zip(("op", "path", "value"), each, strict=False)
                if value is not None
            }
            for each in operations
        ],
    )


def refusal(call: Any, *arguments: Any, **named: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    answer = caught.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"]["Message"]


def test_one_call_lists_all_21_types_with_their_codes(client, api):
    by_type = listed(client, api)
    assert {name: each.get("statusCode") for name, each in by_type.items()} == CODES
    assert all(each["defaultResponse"] for each in by_type.values())
    assert all(each["responseTemplates"] == TEMPLATES for each in by_type.values())
    assert all(each["responseParameters"] == {} for each in by_type.values())


def test_a_type_nobody_customised_can_be_read(client, api):
    assert body(client.get_gateway_response(restApiId=api, responseType=TOKEN)) == {
        "responseType": TOKEN,
        "statusCode": "403",
        "responseParameters": {},
        "responseTemplates": TEMPLATES,
        "defaultResponse": True,
    }


def test_put_replaces_everything(client, api):
    where = {"restApiId": api, "responseType": TOKEN}
    put = client.put_gateway_response(
        **where,
        statusCode="404",
        responseParameters={ORIGIN: "'a.b.c'", "gatewayresponse.header.x": "method.request.path.p"},
    )
    assert put["defaultResponse"] is False
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 201

    status_only = client.put_gateway_response(**where, statusCode="404")
    assert (status_only["statusCode"], status_only["responseParameters"]) == ("404", {})
    headers_only = client.put_gateway_response(**where, responseParameters={ORIGIN: "'*'"})
    assert headers_only["statusCode"] == "403"
    assert headers_only["responseTemplates"] == TEMPLATES


def test_delete_brings_the_default_back(client, api):
    where = {"restApiId": api, "responseType": TOKEN}
    client.put_gateway_response(**where, statusCode="404")
    gone = client.delete_gateway_response(**where)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert client.get_gateway_response(**where)["defaultResponse"] is True
    assert refusal(client.delete_gateway_response, **where) == (
        404,
        "NotFoundException",
        "Gateway response type not defined on api",
    )


def test_a_customised_type_takes_nothing_from_the_defaults(client, api):
    inherited = {"gatewayresponse.header.x-request-header": "method.request.header.Accept"}
    client.put_gateway_response(
        restApiId=api, responseType="DEFAULT_5XX", statusCode="599", responseParameters=inherited
    )
    own = {"gatewayresponse.header.foo": "'bar'"}
    client.put_gateway_response(restApiId=api, responseType="AUTHORIZER_FAILURE", responseParameters=own)
    by_type = listed(client, api)
    for name in (
        "API_CONFIGURATION_ERROR",
        "AUTHORIZER_CONFIGURATION_ERROR",
        "INTEGRATION_FAILURE",
        "INTEGRATION_TIMEOUT",
    ):
        assert by_type[name]["statusCode"] == "599"
        assert by_type[name]["responseParameters"] == inherited
        assert by_type[name]["defaultResponse"] is True
    failure = by_type["AUTHORIZER_FAILURE"]
    assert (failure["statusCode"], failure["responseParameters"]) == ("500", own)
    assert failure["defaultResponse"] is False
    assert by_type["ACCESS_DENIED"]["statusCode"] == "403"
    assert "statusCode" not in by_type["DEFAULT_4XX"]


def test_an_update_customises_a_type_that_was_not(client, api):
    assert body(patch(client, api, "DEFAULT_4XX", ("replace", "/statusCode", "444"))) == {
        "responseType": "DEFAULT_4XX",
        "statusCode": "444",
        "responseParameters": {},
        "responseTemplates": TEMPLATES,
        "defaultResponse": False,
    }


def test_an_update_leaves_the_other_headers(client, api):
    header = {"gatewayresponse.header.x-request-header": "method.request.header.Accept"}
    client.put_gateway_response(
        restApiId=api,
        responseType="DEFAULT_4XX",
        responseParameters={ORIGIN: "'a.b.c'"} | header,
    )
    after = patch(
        client,
        api,
        "DEFAULT_4XX",
        ("replace", f"/responseParameters/{ORIGIN}", "'example.com'"),
        ("add", "/responseTemplates/application~1xml", "<message/>"),
    )
    assert after["responseParameters"] == {ORIGIN: "'example.com'"} | header
    assert after["responseTemplates"]["application/xml"] == "<message/>"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            ("replace", f"/responseParameters/{ORIGIN}", "'example.com'"),
            (404, "NotFoundException", "Invalid parameter name specified"),
        ),
        (("add", "/statusCode"), (400, "BadRequestException", "Invalid patch path /statusCode")),
        (("remove", "/statusCode"), (400, "BadRequestException", "Invalid patch path /statusCode")),
        (
            ("replace", f"/responseParameters/{ORIGIN}"),
            (400, "BadRequestException", "Invalid null or empty value in responseParameters"),
        ),
        (
            ("replace", "/responseTemplates/application~1json"),
            (400, "BadRequestException", "Invalid null or empty value in responseTemplates"),
        ),
        (("replace", None, "x"), (400, "BadRequestException", "Invalid patch path null")),
        (("replace", "/wrongPath", "x"), (400, "BadRequestException", "Invalid patch path /wrongPath")),
        (
            ("wrong-op", "/statusCode", "444"),
            (
                400,
                "ValidationException",
                (
                    "1 validation error detected: Value 'wrong-op' at "
                    "'updateGatewayResponseInput.patchOperations.2.member.op' failed to satisfy "
                    "constraint: Member must satisfy enum value set: "
                    "[add, remove, move, test, replace, copy]"
                ),
            ),
        ),
    ],
)
def test_an_update_refuses_and_changes_nothing(client, api, operation, expected):
    good = ("replace", "/statusCode", "599")
    refused = refusal(patch, client, api, "DEFAULT_5XX", good, operation)
    assert refused == expected
    assert listed(client, api)["DEFAULT_5XX"]["defaultResponse"] is True


def test_an_unknown_type_and_an_unknown_api(client, api):
    status, code, message = refusal(
        client.get_gateway_response, restApiId=api, responseType="FAKE_RESPONSE_TYPE"
    )
    assert (status, code) == (400, "ValidationException")
    assert "Value 'FAKE_RESPONSE_TYPE' at 'responseType' failed to satisfy" in message
    unknown = refusal(client.get_gateway_responses, restApiId="fake-api-id")
    assert unknown == (
        404,
        "NotFoundException",
        "Invalid API identifier specified 123456789012:fake-api-id",
    )


@pytest.mark.parametrize(
    ("header", "value", "named"),
    [
        ("method.response.header.Access-Control-Allow-Origin", "'*'", 0),
        (ORIGIN, "*", 1),
    ],
)
def test_a_mapping_that_is_none_is_refused(client, api, header, value, named):
    """As reported in https://github.com/aws/aws-cli/issues/2879."""
    assert refusal(
        client.put_gateway_response,
        restApiId=api,
        responseType="UNAUTHORIZED",
        responseParameters={header: value},
    ) == (
        400,
        "BadRequestException",
        (
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
            f"[Invalid mapping expression specified: {(header, value)[named]}]"
        ),
    )
