"""An HTTP API's replies: the documented cases, routes and the doubts."""

import json
from pathlib import Path
from typing import Any

import pytest

from remediate.services.http_api.answer import answer
from remediate.services.http_api.routes import find, guarded_preflights, key
from remediate.web.http import Request, Response, Unknown

CASES = json.loads((Path(__file__).parents[2] / "cases_aws" / "http_api.json").read_text("utf-8"))
A = "https://a.example.com"
ONE = {"AllowOrigins": [A], "AllowMethods": ["get", "PUT"], "AllowHeaders": ["content-type"], "MaxAge": 5}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_recorded(case: dict[str, Any]) -> None:
    request = Request(case["request"]["method"], case["request"]["path"], case["request"]["headers"])
    backend = case.get("backend", {"status": 200, "headers": case.get("backend_headers", [])})
    response = answer(case["config"], request, backend=Response(backend["status"], backend["headers"]))
    assert isinstance(response, Response)
    assert response.status == case["expect"].get("status", response.status)
    for name, value in case["expect"].get("headers", {}).items():
        assert response.all(name) == [value], name
    for name in case["expect"].get("headers_absent", ()):
        assert response.get(name) is None, name


def preflight(origin: str = A, method: str = "PUT", path: str = "/items") -> Request:
    return Request("OPTIONS", path, [("origin", origin), ("access-control-request-method", method)])


def replied(cors: Any, request: Request, routes: Any = None, backend: Any = None) -> Response:
    config = {"CorsConfiguration": cors} | ({} if routes is None else {"routes": routes})
    response = answer(config, request, backend=backend)
    assert isinstance(response, Response)
    return response


def guarded(route_key: str, kind: str = "JWT") -> dict[str, str]:
    return {"RouteKey": route_key, "AuthorizationType": kind}


def test_the_gateway_answers_the_preflight_by_itself() -> None:
    response = replied(ONE, preflight())
    assert response.status == 204
    assert dict(response.headers) == {
        "access-control-allow-origin": A,
        "vary": "origin",
        "access-control-allow-methods": "GET,PUT",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "5",
    }
    assert response.doubt


def test_another_origin_gets_no_headers() -> None:
    response = replied(ONE, preflight("https://a.example.com.evil"))
    assert (response.status, response.headers) == (204, ())


@pytest.mark.parametrize(
    ("origins", "origin", "credentials", "expected"),
    [
        (["*"], A, False, ("*", None)),
        (["*"], "null", False, ("*", None)),
        ([A], A, True, (A, "true")),
        ([A.upper()], A, False, (A, None)),
        (["https://*"], A, True, (A, "true")),
        (["https://*"], "http://a.example.com", True, (None, None)),
        (["http://*"], "http://localhost:3000", False, ("http://localhost:3000", None)),
        ([A], "null", False, (None, None)),
    ],
)
def test_origins(origins: list[str], origin: str, expected: Any, *, credentials: bool) -> None:
    cors = {"AllowOrigins": origins, "AllowCredentials": credentials}
    for request in (preflight(origin), Request("GET", "/", [("origin", origin)])):
        response = replied(cors, request)
        names = ("access-control-allow-origin", "access-control-allow-credentials")
        assert tuple(response.get(name) for name in names) == expected


def test_without_settings_the_integration_decides() -> None:
    assert isinstance(answer(None, preflight()), Unknown)
    theirs = Response(200, [("access-control-allow-origin", "*")])
    assert answer(None, Request("GET", "/", [("origin", A)]), backend=theirs) == theirs
    assert isinstance(answer(None, Request("GET", "/"), backend=Unknown("?")), Unknown)


def test_without_settings_a_preflight_needs_a_route() -> None:
    routes = [{"RouteKey": "PUT /items"}]
    assert replied(None, preflight(), routes).status == 404
    assert replied(None, preflight(), [guarded("ANY /items")]).status == 401


def test_empty_settings_are_unknown() -> None:
    assert isinstance(answer({"CorsConfiguration": {}}, preflight()), Unknown)


def test_an_authorizer_meets_the_preflight() -> None:
    for route in ("$default", "ANY /{proxy+}", "ANY /items"):
        response = replied(ONE, preflight(), [guarded(route)])
        assert (response.status, response.doubt) == (401, "")
        assert replied(ONE, preflight(), [guarded(route, "CUSTOM")]).doubt
    free = [guarded("$default"), {"RouteKey": "OPTIONS /{proxy+}", "AuthorizationType": "NONE"}]
    assert replied(ONE, preflight(), free).status == 204
    assert replied(ONE, preflight(), [guarded("PUT /items")]).status == 204


def test_the_gateways_own_401_carries_the_headers() -> None:
    cors = {**ONE, "AllowCredentials": True}
    request = Request("GET", "/items", [("origin", A)])
    response = replied(cors, request, [guarded("GET /items")])
    assert (response.status, response.doubt) == (401, "")
    assert response.headers == (
        ("access-control-allow-origin", A),
        ("vary", "origin"),
        ("access-control-allow-credentials", "true"),
    )
    with_token = Request("GET", "/items", [("origin", A), ("authorization", "Bearer x")])
    assert replied(cors, with_token, [guarded("GET /items")]).status == 200


def test_the_star_comes_without_vary_and_nothing_comes_for_a_stranger() -> None:
    assert replied({"AllowOrigins": ["*"]}, preflight()).get("vary") is None
    assert replied(ONE, Request("GET", "/", [("origin", "https://b.example.com")])).headers == ()


@pytest.mark.parametrize("verb", ["GET", "OPTIONS"])
def test_a_404_without_settings_carries_no_headers(verb: str) -> None:
    asked = Request(verb, "/nothing", [("origin", A), ("access-control-request-method", "GET")])
    response = replied(None, asked, [{"RouteKey": "GET /items"}])
    assert (response.status, response.headers, response.doubt) == (404, (), "")


def test_no_route_is_404() -> None:
    response = replied(ONE, Request("GET", "/nothing", [("origin", A)]), [{"RouteKey": "GET /items"}])
    assert response.status == 404


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/items", "GET /items"),
        ("POST", "/items", "ANY /items"),
        ("GET", "/items/7", "GET /items/{id}"),
        ("GET", "/items/7/x?y=z", "GET /{proxy+}"),
        ("POST", "/items/7", "$default"),
        ("GET", "/", "$default"),
    ],
)
def test_routing(method: str, path: str, expected: str) -> None:
    keys = ("$default", "GET /{proxy+}", "GET /items/{id}", "ANY /items", "GET /items")
    met = find([{"RouteKey": each} for each in keys], method, path)
    assert met
    assert key(met) == expected


def test_guarded_preflights() -> None:
    free = {"RouteKey": "OPTIONS /{proxy+}"}
    assert guarded_preflights([guarded("$default"), guarded("GET /x")]) == ["$default"]
    assert guarded_preflights([guarded("$default"), free]) == []
    assert guarded_preflights([guarded("ANY /{proxy+}"), free]) == []
    assert guarded_preflights([guarded("ANY /a/{b}"), free]) == ["ANY /a/{b}"]


@pytest.mark.parametrize(
    "odd", [{"AllowOrigins": None}, {"AllowOrigins": "x"}, {"AllowOrigins": [None]}, {"MaxAge": "x"}]
)
def test_hostile_settings(odd: Any) -> None:
    assert replied(odd, preflight()).get("access-control-allow-origin") is None
    assert isinstance(answer({"CorsConfiguration": "x", "routes": "y"}, preflight()), Unknown)
