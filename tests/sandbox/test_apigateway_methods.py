"""Methods and integrations refuse and patch as the service was seen to answer."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from remediate.sandbox.patches import apigateway

# One session for all tests: it is the session that keeps the service models once read.
SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
ORIGIN = "method.response.header.Access-Control-Allow-Origin"
NO_METHOD = (404, "NotFoundException", "Invalid Method identifier specified")
NO_INTEGRATION = (404, "NotFoundException", "Invalid Integration identifier specified")
NO_STATUS = (404, "NotFoundException", "Invalid Response status code specified")


@pytest.fixture
def client() -> Iterator[Any]:
    apigateway.install()
    with mock_aws():
        yield SESSION.client("apigateway", region_name="eu-west-1")


@pytest.fixture
def where(client: Any) -> dict[str, str]:
    """A method GET without anything else."""
    made = client.create_rest_api(name="pets")
    ids = {
        "restApiId": made["id"],
        "resourceId": made["rootResourceId"],
        "httpMethod": "GET",
    }
    client.put_method(**ids, authorizationType="NONE")
    return ids


def error(call: Any, *, patch: Any = None, **arguments: Any) -> tuple[int, str, str]:
    if patch is not None:
        arguments["patchOperations"] = [
            dict(zip(("op", "path", "value"), each, strict=False)) for each in patch
        ]
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"]["Message"]


def operations(*patches: tuple[str, ...]) -> list[dict[str, str]]:
    return [dict(zip(("op", "path", "value"), each, strict=False)) for each in patches]


def test_a_method_is_put_once_and_keeps_its_integration(client, where):
    client.put_integration(**where, type="MOCK")
    assert error(client.put_method, **where, authorizationType="NONE") == (
        409,
        "ConflictException",
        "Method already exists for this resource",
    )
    assert client.get_integration(**where)["type"] == "MOCK"


def test_what_a_method_may_not_be(client, where):
    post = where | {"httpMethod": "POST"}
    assert error(client.put_method, **where | {"httpMethod": "WRONG"}, authorizationType="NONE")[2] == (
        "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"
    )
    assert error(client.put_method, **post, authorizationType="CUSTOM")[:2] == (
        400,
        "BadRequestException",
    )
    twice = {"method.request.header.a": True, "method.request.querystring.a": False}
    assert (
        error(client.put_method, **post, authorizationType="NONE", requestParameters=twice)[2]
        == "Parameter names must be unique across querystring, header and path"
    )


def test_what_is_not_there_is_not_found(client, where):
    absent = where | {"httpMethod": "DELETE"}
    status = {"statusCode": "200"}
    assert error(client.get_method, **absent) == NO_METHOD
    assert error(client.delete_method, **absent) == NO_METHOD
    assert error(client.put_integration, **absent, type="MOCK") == NO_METHOD
    assert error(client.get_integration, **absent) == NO_METHOD
    assert error(client.get_integration, **where) == NO_INTEGRATION
    assert error(client.delete_integration, **where) == NO_INTEGRATION
    assert error(client.get_integration_response, **where, **status) == NO_INTEGRATION
    assert error(client.get_method_response, **where, **status) == NO_STATUS
    assert error(client.delete_method_response, **where, **status) == NO_STATUS
    client.put_integration(**where, type="MOCK")
    assert error(client.get_integration_response, **where, **status) == NO_STATUS
    assert error(client.delete_integration_response, **where, **status) == NO_STATUS
    # Recorded as it is: a delete misses the integration, not the method.
    assert error(client.delete_integration_response, **absent, **status) == NO_INTEGRATION
    elsewhere = where | {"resourceId": "nope"}
    assert error(client.get_integration, **elsewhere) == (
        404,
        "NotFoundException",
        "Invalid Resource identifier specified",
    )


def test_an_integration_shows_the_defaults_of_the_service(client, where):
    made = client.put_integration(
        **where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    assert {key: value for key, value in made.items() if key != "ResponseMetadata"} == {
        "type": "MOCK",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29000,
        "cacheNamespace": where["resourceId"],
        "cacheKeyParameters": [],
    }
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201


def test_a_method_response_is_put_once(client, where):
    client.put_method_response(**where, statusCode="200", responseParameters={ORIGIN: False})
    assert error(client.put_method_response, **where, statusCode="200")[:2] == (
        409,
        "ConflictException",
    )
    live = client.get_method_response(**where, statusCode="200")
    assert live["responseParameters"] == {ORIGIN: False}


def test_an_integration_response_needs_its_status_and_headers_declared(client, where):
    client.put_integration(**where, type="MOCK")
    put = client.put_integration_response
    header = {"responseParameters": {ORIGIN: "'*'"}}
    assert error(put, **where, statusCode="200", **header) == NO_STATUS

    client.put_method_response(**where, statusCode="200")
    assert error(put, **where, statusCode="200", **header) == (
        400,
        "BadRequestException",
        (
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
            f"[Invalid mapping expression parameter specified: {ORIGIN}]"
        ),
    )
    client.update_method_response(
        **where,
        statusCode="200",
        patchOperations=operations(("add", f"/responseParameters/{ORIGIN}", "true")),
    )
    bare = {"responseParameters": {ORIGIN: "*"}}
    assert error(put, **where, statusCode="200", **bare) == (
        400,
        "BadRequestException",
        (
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
            "[Invalid mapping expression specified: *]"
        ),
    )
    assert put(**where, statusCode="200", **header)["responseParameters"] == {ORIGIN: "'*'"}


def test_an_integration_response_put_again_is_replaced(client, where):
    client.put_integration(**where, type="MOCK")
    client.put_method_response(**where, statusCode="200", responseParameters={ORIGIN: False})
    client.put_integration_response(
        **where, statusCode="200", selectionPattern="", responseParameters={ORIGIN: "'*'"}
    )
    again = client.put_integration_response(
        **where,
        statusCode="200",
        selectionPattern="overwrite-pattern",
        responseTemplates={"application/json": "overwrite"},
    )
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 201
    live = client.get_method(**where)["methodIntegration"]["integrationResponses"]
    assert live == {
        "200": {
            "responseTemplates": {"application/json": "overwrite"},
            "selectionPattern": "overwrite-pattern",
            "statusCode": "200",
        }
    }


def test_two_integration_responses_cannot_share_a_selection_pattern(client, where):
    client.put_integration(**where, type="MOCK")
    for status in ("200", "400"):
        client.put_method_response(**where, statusCode=status)
    client.put_integration_response(**where, statusCode="200")
    assert error(client.put_integration_response, **where, statusCode="400") == (
        409,
        "ConflictException",
        "Integration response with selection pattern default already exists",
    )


def test_an_integration_cannot_map_an_undeclared_request_header(client, where):
    mapped = {"integration.request.header.Origin": "method.request.header.Origin"}
    assert error(client.put_integration, **where, type="MOCK", requestParameters=mapped) == (
        400,
        "BadRequestException",
        (
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
            "[Invalid mapping expression parameter specified: method.request.header.Origin]"
        ),
    )


def test_update_method(client, where):
    parameter = "/requestParameters/method.request.querystring.optional"
    model = "/requestModels/application~1json"
    added = client.update_method(
        **where, patchOperations=operations(("add", parameter, "true"), ("add", model, "Empty"))
    )
    assert added["requestParameters"] == {"method.request.querystring.optional": True}
    assert added["requestModels"] == {"application/json": "Empty"}
    replaced = client.update_method(
        **where,
        patchOperations=operations(
            ("replace", "/operationName", "Replaced"),
            ("replace", "/apiKeyRequired", "true"),
            ("replace", "/authorizationType", "AWS_IAM"),
            ("replace", parameter, "false"),
        ),
    )
    assert (replaced["apiKeyRequired"], replaced["authorizationType"]) == (True, "AWS_IAM")
    assert replaced["requestParameters"] == {"method.request.querystring.optional": False}
    removed = client.update_method(
        **where, patchOperations=operations(("remove", parameter), ("remove", model))
    )
    assert "requestParameters" not in removed
    assert "requestModels" not in removed
    assert removed["operationName"] == "Replaced"


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (
            ("add", "/operationName", "x"),
            "Invalid patch operation specified. Must be one of: [replace]",
        ),
        (("add", "/httpMethod", "PUT"), "Invalid patch path /httpMethod"),
        (("replace", "/requestParameters", "x=false"), "Invalid patch path /requestParameters"),
        (
            ("add", "/requestModels/application/json", "Empty"),
            "Invalid patch path /requestModels/application/json",
        ),
        (
            ("replace", "/authorizationType", "CUSTOM"),
            (
                "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
                "COGNITO_USER_POOLS requires a valid authorizer."
            ),
        ),
        (
            ("replace", "/requestValidatorId", "fake-id"),
            "Invalid Request Validator identifier specified",
        ),
    ],
)
def test_update_method_refuses(client, where, patch, message):
    before = client.get_method(**where)
    expected = (400, "BadRequestException", message)
    assert error(client.update_method, **where, patch=[patch]) == expected
    after = client.get_method(**where)
    assert before | {"ResponseMetadata": 0} == after | {"ResponseMetadata": 0}


def test_update_method_takes_any_word_for_false_and_forgets_a_needless_authorizer(client, where):
    after = client.update_method(
        **where,
        patchOperations=operations(
            ("replace", "/apiKeyRequired", "whatever"), ("replace", "/authorizerId", "abc123")
        ),
    )
    assert after["apiKeyRequired"] is False
    assert "authorizerId" not in after


def test_update_of_a_method_that_is_not_there(client, where):
    absent = where | {"httpMethod": "PUT"}
    patch = [("replace", "/operationName", "x")]
    assert error(client.update_method, **absent, patch=patch) == NO_METHOD


def test_update_method_response(client, where):
    client.put_method_response(**where, statusCode="200")
    header = "method.response.header.my-header"
    added = client.update_method_response(
        **where,
        statusCode="200",
        patchOperations=operations(
            ("add", f"/responseParameters/{header}", "true"),
            ("add", "/responseModels/application~1json", "Empty"),
        ),
    )
    assert added["responseParameters"] == {header: True}
    assert added["responseModels"] == {"application/json": "Empty"}
    assert added["ResponseMetadata"]["HTTPStatusCode"] == 201
    removed = client.update_method_response(
        **where,
        statusCode="200",
        patchOperations=operations(
            ("remove", f"/responseParameters/{header}"),
            ("remove", "/responseModels/application~1json"),
        ),
    )
    assert not {"responseParameters", "responseModels"} & set(removed)


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        (
            ("remove", "/responseParameters/method.response.header.x"),
            (404, "NotFoundException", "Invalid parameter name specified"),
        ),
        (
            ("remove", "/responseModels/application~1json"),
            (404, "NotFoundException", "Content-Type specified was not found"),
        ),
        (
            ("add", "/wrong/method.response.header.my-header", "true"),
            (400, "BadRequestException", "Invalid patch path /wrong/method.response.header.my-header"),
        ),
        (
            ("wrong_op", "/responseModels/x", "Empty"),
            (
                400,
                "ValidationException",
                (
                    "1 validation error detected: Value 'wrong_op' at "
                    "'updateMethodResponseInput.patchOperations.1.member.op' failed to satisfy "
                    "constraint: Member must satisfy enum value set: "
                    "[add, remove, move, test, replace, copy]"
                ),
            ),
        ),
    ],
)
def test_update_method_response_refuses(client, where, patch, expected):
    client.put_method_response(**where, statusCode="200")
    call = client.update_method_response
    assert error(call, **where, statusCode="200", patch=[patch]) == expected


def test_update_integration_and_its_response(client, where):
    client.put_integration(**where, type="MOCK")
    client.put_method_response(**where, statusCode="200", responseParameters={ORIGIN: False})
    client.put_integration_response(
        **where, statusCode="200", responseParameters={ORIGIN: "'https://a.example'"}
    )
    text = client.update_integration(
        **where, patchOperations=operations(("replace", "/contentHandling", "CONVERT_TO_TEXT"))
    )
    assert (text["contentHandling"], text["type"]) == ("CONVERT_TO_TEXT", "MOCK")
    template = client.update_integration(
        **where,
        patchOperations=operations(("add", "/requestTemplates/application~1json", '{"statusCode": 200}')),
    )
    assert template["requestTemplates"] == {"application/json": '{"statusCode": 200}'}
    assert "integrationResponses" in template

    after = client.update_integration_response(
        **where,
        statusCode="200",
        patchOperations=operations(
            ("replace", f"/responseParameters/{ORIGIN}", "'https://b.example'"),
            ("replace", "/selectionPattern", "2.."),
        ),
    )
    assert after["responseParameters"] == {ORIGIN: "'https://b.example'"}
    assert after["selectionPattern"] == "2.."
    undeclared = "/responseParameters/method.response.header.Vary"
    call = client.update_integration_response
    refused = error(call, **where, statusCode="200", patch=[("add", undeclared, "'Origin'")])
    assert refused[:2] == (400, "BadRequestException")
    live = client.get_integration_response(**where, statusCode="200")
    assert live["responseParameters"] == {ORIGIN: "'https://b.example'"}
