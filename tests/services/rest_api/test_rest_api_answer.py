"""What a REST API replies: every recorded case, routing, templates, refusals and errors."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from remediate.services.rest_api.answer import answer
from remediate.web.http import Request, Response, Unknown

from .apis import (
    ECHO,
    HEADER,
    A,
    B,
    C,
    api,
    cdk_list,
    cors,
    http,
    mock,
    preflight,
    proxy,
    response,
    serverless_list,
)

CASES = json.loads((Path(__file__).parents[2] / "cases_aws" / "rest_api.json").read_text("utf-8"))
JSON = "application/json"
ORIGIN = "Access-Control-Allow-Origin"


def sent(config: Any, request: Request, **more: Any) -> Response:
    reply = answer(config, request, **more)
    assert isinstance(reply, Response), reply
    return reply


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_recorded(case: dict[str, Any]) -> None:
    asked = case["request"]
    backend = case.get("backend")
    reply = sent(
        case["config"],
        Request(asked["method"], asked["path"], asked["headers"]),
        backend=Response(backend["status"], backend["headers"]) if backend else None,
    )
    assert reply.status == case["expect"]["status"]
    for name, value in case["expect"].get("headers", {}).items():
        assert reply.get(name) == value, name
    for name in case["expect"].get("headers_absent", ()):
        assert reply.get(name) is None, name


def by(name: str) -> dict[str, Any]:
    return mock(response(parameters={HEADER + "x-by": f"'{name}'"}))


@pytest.mark.parametrize(
    ("verb", "path", "expected"),
    [
        ("GET", "/", "root"),
        ("GET", "/a", "a"),
        ("GET", "/a/", "a"),
        ("GET", "/a?x=/b", "a"),
        ("GET", "/a/1", "a id"),
        ("GET", "/a/list", "a list"),
        ("OPTIONS", "/a", "greedy"),  # /a has no OPTIONS and no ANY, so the greedy sibling answers
        ("OPTIONS", "/a/list", "any"),
        ("GET", "/x/y/z", None),
        ("OPTIONS", "/x/y/z", "greedy"),
        ("DELETE", "/a", None),
        ("OPTIONS", "/", None),  # {proxy+} stands for at least one segment
    ],
)
def test_routing(verb: str, path: str, expected: str | None) -> None:
    config = api(
        {
            "/": {"GET": by("root")},
            "/a": {"GET": by("a")},
            "/a/{id}": {"GET": by("a id")},
            "/a/list": {"GET": by("a list"), "ANY": by("any")},
            "/{proxy+}": {"OPTIONS": by("greedy")},
        }
    )
    reply = sent(config, Request(verb, path))
    assert (reply.get("x-by"), reply.status) == (expected, 200 if expected else 403)


@pytest.mark.parametrize(
    "template",
    [
        cdk_list(A, B),
        serverless_list(A, B),
        f'#set($all = ["{A}", "{B}"])' + cdk_list("x").replace('$origin == "x"', "$all.contains($origin)"),
    ],
)
@pytest.mark.parametrize(("origin", "echoed"), [(A, A), (B, B), (C, None), (A + ".evil", None)])
@pytest.mark.parametrize("name", ["Origin", "origin"])
def test_lists_of_origins_that_frameworks_write(
    template: str, origin: str, echoed: str | None, name: str
) -> None:
    config = api({"/items": {"OPTIONS": mock(response(templates={JSON: template}))}})
    reply = sent(config, preflight(origin=origin, name=name))
    assert reply.status == 200
    assert reply.get(ORIGIN) == echoed


def test_a_wildcard_of_the_serverless_framework_is_followed() -> None:
    template = serverless_list("https://*.example.com")
    config = api({"/items": {"OPTIONS": mock(response(templates={JSON: template}))}})
    assert sent(config, preflight(origin=A)).get(ORIGIN) == A
    assert sent(config, preflight(origin="https://example.com")).get(ORIGIN) is None


def test_an_override_wins_over_the_static_header() -> None:
    """CDK: the first origin is static, and an unlisted origin gets it."""
    one = response(parameters=cors(origin=A), templates={JSON: cdk_list(B)})
    config = api({"/items": {"OPTIONS": mock(one)}})
    assert sent(config, preflight(origin=B)).get(ORIGIN) == B
    assert sent(config, preflight(origin=C)).get(ORIGIN) == A


def test_a_header_overridden_twice_is_a_5xx() -> None:
    config = api({"/items": {"OPTIONS": mock(response(templates={JSON: cdk_list(A) + cdk_list(A)}))}})
    assert sent(config, preflight(origin=A)).status == 500
    assert sent(config, preflight(origin=B)).status == 200


@pytest.mark.parametrize(
    "template",
    [
        ECHO,  # reads one spelling only
        '#set($context.responseOverride.header.Access-Control-Allow-Origin = "$input.params(1)")',
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $stageVariables.origin)",
        "#if($context.identity.sourceIp == '1.2.3.4')#set($context.responseOverride.status = 403)#end",
        "#foreach($role in $context.authorizer.roles)#set($context.responseOverride.status = 403)#end",
        "#macro(x)y#end",
        "#if(true)",
        "#foreach($x in [1,2])#end#end",
        "#set($x = [" + "[" * 100 + "])",
        '#set($x = "' + "a" * 400_000 + '")',
        "#evaluate($x)",
    ],
)
def test_what_is_not_understood_is_unknown(template: str) -> None:
    config = api({"/items": {"OPTIONS": mock(response(templates={JSON: template}))}})
    started = time.monotonic()
    assert isinstance(answer(config, preflight()), Unknown)
    assert time.monotonic() - started < 2


def test_a_template_cannot_run_for_long() -> None:
    loop = "#foreach($a in $all)" * 8 + "x" + "#end" * 8
    template = "#set($all = [1,2,3,4,5,6,7,8,9])" + loop
    config = api({"/items": {"OPTIONS": mock(response(templates={JSON: template}))}})
    started = time.monotonic()
    assert isinstance(answer(config, preflight()), Unknown)
    assert time.monotonic() - started < 5


def test_path_query_and_header_parameters() -> None:
    template = (
        '#set($id = $input.params("id"))#if($id == "7")#set($context.responseOverride.status = 418)#end'
    )
    config = api({"/items/{id}": {"GET": mock(response(templates={JSON: template}))}})
    assert sent(config, Request("GET", "/items/7")).status == 418
    assert sent(config, Request("GET", "/items/8?id=7")).status == 200


GUARDS = {
    "AWS_IAM": ({"authorizationType": "AWS_IAM"}, 403),
    "CUSTOM": ({"authorizationType": "CUSTOM", "authorizerId": "a1"}, 401),
    "COGNITO": ({"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "a1"}, 401),
    "key": ({"apiKeyRequired": True}, 403),
}


@pytest.mark.parametrize(("members", "status"), GUARDS.values(), ids=GUARDS)
def test_a_guard_on_options_answers_before_the_mock(members: dict[str, Any], status: int) -> None:
    config = api({"/items": {"OPTIONS": mock(response(parameters=cors(origin=A)), **members)}})
    reply = sent(config, preflight())
    assert (reply.status, reply.get(ORIGIN)) == (status, None)


def test_a_gateway_response_inherits_only_while_it_is_not_customised() -> None:
    header = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
    locked = {"/items": {"GET": mock(apiKeyRequired=True)}}
    request = Request("GET", "/items", [("origin", A)])
    assert sent(api(locked), request).get(ORIGIN) is None
    assert sent(api(locked, {"DEFAULT_4XX": {"responseParameters": header}}), request).get(ORIGIN) == "*"
    shadowed = api(locked, {"DEFAULT_4XX": {"responseParameters": header}, "INVALID_API_KEY": {}})
    assert sent(shadowed, request).get(ORIGIN) is None
    effective = api(locked)
    effective["gatewayResponses"] = [
        {"responseType": "INVALID_API_KEY", "statusCode": "403", "defaultResponse": True},
        {"responseType": "DEFAULT_4XX", "responseParameters": header, "defaultResponse": False},
    ]
    assert sent(effective, request).get(ORIGIN) == "*"


def test_binary_media_types_break_a_mock_without_content_handling() -> None:
    options = {"/items": {"OPTIONS": mock(response(parameters=cors(origin=A)))}}
    assert sent(api(options, binary=("*/*",)), preflight()).status == 500
    assert sent(api(options, binary=("image/png",)), preflight()).status == 200
    options["/items"]["OPTIONS"] = mock(response(), contentHandling="CONVERT_TO_TEXT")
    assert sent(api(options, binary=("*/*",)), preflight()).status == 200


@pytest.mark.parametrize("status", [None, 999])
def test_a_mock_without_a_status_is_a_5xx(status: int | None) -> None:
    pattern = response(pattern="2..")
    config = api({"/items": {"OPTIONS": mock(pattern, status=status)}})
    assert sent(config, preflight()).status == 500


def test_a_proxy_is_known_by_its_backend_only() -> None:
    config = api({"/items": {"GET": proxy()}})
    request = Request("GET", "/items", [("origin", A)])
    assert isinstance(answer(config, request), Unknown)
    assert isinstance(answer(config, request, backend=Unknown("down")), Unknown)
    behind = Response(201, [(ORIGIN, A)])
    assert sent(config, request, backend=behind) == behind
    assert sent(config, request, backend=lambda _request: behind) == behind


def test_a_non_proxy_is_known_without_its_backend_if_all_its_responses_agree() -> None:
    request = Request("GET", "/items", [("origin", A)])
    same = http(response(parameters=cors(origin=A)), response("404", cors(origin=A), pattern="404"))
    reply = sent(api({"/items": {"GET": same}}), request)
    assert reply.get(ORIGIN) == A
    assert reply.doubt
    differing = http(response(parameters=cors(origin=A)), response("404", pattern="404"))
    assert isinstance(answer(api({"/items": {"GET": differing}}), request), Unknown)
    not_found = sent(api({"/items": {"GET": differing}}), request, backend=Response(404, [(ORIGIN, "*")]))
    assert (not_found.status, not_found.get(ORIGIN)) == (404, None)


def test_a_mapped_backend_header_needs_the_backend() -> None:
    mapping = {HEADER + ORIGIN: "integration.response.header." + ORIGIN}
    config = api({"/items": {"GET": http(response(parameters=mapping))}})
    request = Request("GET", "/items")
    assert isinstance(answer(config, request), Unknown)
    assert sent(config, request, backend=Response(200, [(ORIGIN, B)])).get(ORIGIN) == B


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"resources": [{}]},
        {"resources": [{"path": "/items", "resourceMethods": {"OPTIONS": {}}}]},
        {"resources": [{"path": "/items", "resourceMethods": {"OPTIONS": {"methodIntegration": None}}}]},
        {"resources": None, "gatewayResponses": None},
    ],
)
def test_missing_members_never_raise(config: Any) -> None:
    assert isinstance(answer(config, preflight()), Response | Unknown)
