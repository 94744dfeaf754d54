"""S3's replies: every recorded case, and the rules that the recordings rest on."""

import json
from pathlib import Path
from typing import Any

import pytest

from remediate.services.s3.answer import answer
from remediate.web.http import Request, Response, Unknown

CASES = json.loads((Path(__file__).parents[2] / "cases_aws" / "s3.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_recorded(case: dict[str, Any]) -> None:
    request = Request(case["request"]["method"], case["request"]["path"], case["request"]["headers"])
    backend = Response(case["backend"]) if "backend" in case else None
    response = answer(case["config"], request, backend=backend)
    assert isinstance(response, Response)
    assert response.status == case["expect"]["status"]
    for name, value in case["expect"].get("headers", {}).items():
        assert response.get(name) == value, name
    for name in case["expect"].get("headers_absent", ()):
        assert response.get(name) is None, name


def preflight(origin: str, method: str, *headers: str) -> Request:
    asked = [("access-control-request-headers", ",".join(headers))] if headers else []
    return Request("OPTIONS", "/key", [("origin", origin), ("access-control-request-method", method), *asked])


def config(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], **rule} for rule in rules]}


def test_the_first_matching_rule_decides_alone() -> None:
    both = config(
        {"AllowedOrigins": ["https://a.example"], "ExposeHeaders": ["etag"]},
        {"AllowedOrigins": ["https://a.example"], "AllowedMethods": ["GET", "PUT"], "MaxAgeSeconds": 5},
    )
    read = answer(both, preflight("https://a.example", "GET"))
    put = answer(both, preflight("https://a.example", "PUT"))
    assert isinstance(read, Response)
    assert isinstance(put, Response)
    assert (read.get("access-control-allow-methods"), read.get("access-control-max-age")) == ("GET", None)
    assert (put.get("access-control-allow-methods"), put.get("access-control-max-age")) == ("GET, PUT", "5")
    assert put.get("access-control-expose-headers") is None


def test_a_rule_that_lacks_a_header_leaves_the_preflight_to_the_next() -> None:
    both = config({}, {"AllowedOrigins": ["https://a.example"], "AllowedHeaders": ["X-*"]})
    response = answer(both, preflight("https://a.example", "GET", "x-one", "x-two"))
    assert isinstance(response, Response)
    assert response.get("access-control-allow-origin") == "https://a.example"
    assert response.get("access-control-allow-headers") == "x-one, x-two"


@pytest.mark.parametrize(
    ("pattern", "origin", "matched"),
    [
        ("https://*.example.com", "https://a.b.example.com", True),
        ("https://*.example.com", "https://example.com", False),
        ("https://*example.com", "https://evilexample.com", True),
        ("https://a.example", "https://A.example", False),
        ("https://a.example", "https://a.example:443", False),
        ("https://a.example", "https://a.example.evil", False),
        ("https://a(.example", "https://a(.example", True),
    ],
)
def test_origins(pattern: str, origin: str, matched: bool) -> None:
    response = answer(config({"AllowedOrigins": [pattern]}), preflight(origin, "GET"))
    assert isinstance(response, Response)
    assert response.status == (200 if matched else 403)


def test_methods_are_case_sensitive() -> None:
    response = answer(config({}), preflight("https://a.example", "get"))
    assert isinstance(response, Response)
    assert response.status == 403


def test_a_rule_that_mixes_star_and_names_is_doubted() -> None:
    mixed = config({"AllowedOrigins": ["https://a.example", "*"]})
    response = answer(mixed, preflight("https://a.example", "GET"))
    other = answer(mixed, preflight("https://b.example", "GET"))
    assert isinstance(response, Response)
    assert isinstance(other, Response)
    assert response.doubt
    assert not other.doubt


def test_the_backend_keeps_its_status_and_headers() -> None:
    request = Request("GET", "/key", [("origin", "https://a.example")])
    served = Response(404, [("x-amz-request-id", "1")])
    response = answer(config({}), request, backend=lambda _: served)
    assert isinstance(response, Response)
    assert response.status == 404
    assert response.get("x-amz-request-id") == "1"
    assert response.get("access-control-allow-origin") == "*"
    assert response.doubt


def test_an_unknown_backend_stays_unknown() -> None:
    request = Request("GET", "/key", [("origin", "https://a.example")])
    assert answer(config({}), request, backend=Unknown("why")) == Unknown("why")


@pytest.mark.parametrize("odd", [{}, {"CORSRules": None}, {"CORSRules": []}, {"bucket": "does-not-exist"}])
def test_a_configuration_without_rules_is_none(odd: dict[str, Any]) -> None:
    response = answer(odd, preflight("https://a.example", "GET"))
    assert isinstance(response, Response)
    assert response.status == 403


@pytest.mark.parametrize(
    "rule",
    [{}, {"AllowedOrigins": None, "AllowedMethods": None}, {"AllowedMethods": ["GET"]}, "no rule", None],
)
def test_broken_rules_match_nothing(rule: Any) -> None:
    response = answer({"CORSRules": [rule]}, preflight("https://a.example", "GET"))
    assert isinstance(response, Response)
    assert response.status == 403
