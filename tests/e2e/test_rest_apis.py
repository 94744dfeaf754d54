"""REST APIs: a MOCK for the preflight, headers on the responses, and the gateway's own errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.backend import Backend
from tests.e2e.emulators import REGION, Emulator
from tests.e2e.story import (
    AGREED,
    FOR_SOMEBODY_ELSE,
    NO_HEADER,
    NO_HEADER_ON_PREFLIGHT,
    PAGE,
    STRANGER,
    Call,
    Story,
)

pytestmark = pytest.mark.e2e

ALLOW_ORIGIN = "method.response.header.Access-Control-Allow-Origin"
SECOND, THIRD = "http://two.test", "http://three.test"
KEY = "a-key-of-twenty-characters"


class Api:
    """A REST API with `/items`, deployed to the stage `prod` as it is without CORS."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self.client = emulator.client("apigateway")
        self.id = self.client.create_rest_api(name=name)["id"]
        [root] = self.client.get_resources(restApiId=self.id)["items"]
        self.items = self.client.create_resource(restApiId=self.id, parentId=root["id"], pathPart="items")

    def method(self, method: str, integration: dict[str, Any], **members: Any) -> None:
        """A method with one response, through which JSON passes as it is."""
        at = {"restApiId": self.id, "resourceId": self.items["id"], "httpMethod": method}
        declared = members.pop("declared", {})
        self.client.put_method(**at, authorizationType="NONE", **members)
        self.client.put_method_response(**at, statusCode="200", responseParameters=declared)
        self.client.put_integration(**at, **integration)
        self._respond(at)

    def deployed(self) -> None:
        """Let `prod` serve what is edited."""
        self.client.create_deployment(restApiId=self.id, stageName="prod")

    def put_back(self, *methods: str) -> None:
        """Take the CORS settings away and deploy; LocalStack exports what is edited, whatever is deployed."""
        self.client.delete_method(restApiId=self.id, resourceId=self.items["id"], httpMethod="OPTIONS")
        for method in methods:
            self._respond({"restApiId": self.id, "resourceId": self.items["id"], "httpMethod": method})
        for response in self.client.get_gateway_responses(restApiId=self.id)["items"]:
            if not response.get("defaultResponse"):
                kind = response["responseType"]
                self.client.delete_gateway_response(restApiId=self.id, responseType=kind)
        self.deployed()

    def _respond(self, at: dict[str, str]) -> None:
        template = {"application/json": "$input.json('$')"}
        self.client.put_integration_response(**at, statusCode="200", responseTemplates=template)


def orders(emulator: Emulator, backend: Backend, name: str) -> Api:
    """An API in front of the backend, without CORS."""
    api = Api(emulator, name)
    for method in ("GET", "POST"):
        uri = f"http://127.0.0.1:{backend.port}/items"
        api.method(method, {"type": "HTTP", "integrationHttpMethod": method, "uri": uri})
    api.deployed()
    return api


def post(api: Api) -> Call:
    def at(number: int) -> str:
        return f"http://{api.id}.execute-api.{REGION}.amazonaws.com/prod/items?try={number}"

    headers = (("content-type", "application/json"), ("authorization", "Bearer x"))
    return Call(at, "POST", headers, '{"item": 1}')


def plan(api: Api, *origins: str) -> str:
    return f"""origins: [{", ".join(origins)}]
allow: {{methods: [GET, POST], headers: [content-type, authorization]}}
targets:
  - rest_api: "{api.id}"
"""


def test_one_origin(localstack: Emulator, backend: Backend, story: Callable[[Emulator], Story]) -> None:
    tell = story(localstack)
    api = orders(localstack, backend, "one")
    call = post(api)

    tell.refused(call, NO_HEADER_ON_PREFLIGHT)
    tell.applied(plan(api, PAGE))
    assert tell.let_in(call).body == '{"orders": []}'
    tell.refused(call, FOR_SOMEBODY_ELSE, origin=STRANGER)

    api.put_back("GET", "POST")
    tell.refused(call, NO_HEADER_ON_PREFLIGHT)


def test_three_origins_by_template(
    localstack: Emulator, backend: Backend, story: Callable[[Emulator], Story]
) -> None:
    tell = story(localstack)
    api = orders(localstack, backend, "three")
    call = post(api)

    tell.refused(call, NO_HEADER_ON_PREFLIGHT, origin=SECOND)
    applied = tell.applied(plan(api, PAGE, SECOND, THIRD), *AGREED)
    assert "gateway-several-origins-static" in {one["code"] for one in applied["findings"]}
    for origin in (PAGE, SECOND, THIRD):
        tell.let_in(call, origin=origin)
    tell.refused(call, NO_HEADER_ON_PREFLIGHT, origin=STRANGER)

    api.put_back("GET", "POST")
    tell.refused(call, NO_HEADER_ON_PREFLIGHT)


def test_a_missing_api_key_is_a_403_that_the_page_can_read(
    ministack: Emulator, story: Callable[[Emulator], Story]
) -> None:
    """Without DEFAULT_4XX the gateway's own 403 looks like a CORS error, and hides its cause."""
    tell = story(ministack)
    api = Api(ministack, "keyed")
    # MiniStack knows no UpdateMethodResponse, so the header is declared from the start.
    mock = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    api.method("GET", mock, apiKeyRequired=True, declared={ALLOW_ORIGIN: False})
    api.deployed()
    key = api.client.create_api_key(name="page", enabled=True, value=KEY)
    usage = api.client.create_usage_plan(name="page", apiStages=[{"apiId": api.id, "stage": "prod"}])
    api.client.create_usage_plan_key(usagePlanId=usage["id"], keyId=key["id"], keyType="API_KEY")

    def get(path: str, *headers: tuple[str, str]) -> Call:
        known_as = f"https://{api.id}.execute-api.{REGION}.amazonaws.com/prod{path}"
        host = f"{api.id}.execute-api.localhost:{ministack.port}"
        return Call(lambda number: f"http://{host}/prod{path}?try={number}", "GET", headers, None, known_as)

    tell.refused(get("/items"), NO_HEADER)
    tell.refused(get("/nowhere"), NO_HEADER)
    tell.applied(
        f"""origins: [{PAGE}]
allow: {{methods: [GET], headers: [x-api-key]}}
targets:
  - rest_api: "{api.id}"
"""
    )
    assert tell.let_in(get("/items"), status=403).body == '{"message":"Forbidden"}'
    assert tell.let_in(get("/items", ("x-api-key", "wrong")), status=403).body == '{"message":"Forbidden"}'
    tell.let_in(get("/items", ("x-api-key", KEY)))
    assert "Missing Authentication Token" in tell.let_in(get("/nowhere"), status=403).body
    tell.refused(get("/items"), FOR_SOMEBODY_ELSE, origin=STRANGER)

    api.put_back("GET")
    tell.refused(get("/items"), NO_HEADER)
