"""What a refused request lacks, of the setting that comes nearest; expected values come from the settings."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.services import service
from remediate.web.http import Request

PAGE = "http://localhost:3000"


def preflight(path: str, method: str, *headers: str, origin: str = PAGE) -> Request:
    asked = [("Access-Control-Request-Headers", ",".join(headers))] if headers else []
    return Request("OPTIONS", path, [("Origin", origin), ("Access-Control-Request-Method", method), *asked])


def bucket(**members: Any) -> dict[str, Any]:
    return {"CORSRules": [{"AllowedOrigins": [PAGE], "AllowedMethods": ["PUT"], **members}]}


REST = {
    "resources": [
        {"path": "/me", "resourceMethods": {"GET": {"methodIntegration": {"type": "AWS_PROXY"}}}},
        {"path": "/items", "resourceMethods": {"GET": {}, "OPTIONS": {"apiKeyRequired": True}}},
        {"path": "/closed", "resourceMethods": {"OPTIONS": {"authorizationType": "CUSTOM"}}},
    ]
}
HTTP = {
    "CorsConfiguration": {"AllowOrigins": ["https://localhost:3000"], "AllowMethods": ["GET"]},
    "routes": [{"RouteKey": "GET /items"}, {"RouteKey": "POST /items"}],
}
DISTRIBUTION = {"DefaultCacheBehavior": {"AllowedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}}}


@pytest.mark.parametrize(
    ("kind", "config", "request_", "missing", "words"),
    [
        (
            "s3",
            bucket(),
            preflight("/k", "PUT", "content-type"),
            ("content-type",),
            "Rule 1 of the bucket matches origin and method and lacks header content-type.",
        ),
        (
            "s3",
            bucket(AllowedHeaders=["*"], AllowedOrigins=["https://localhost:3000"]),
            preflight("/k", "PUT", "x-a"),
            (PAGE,),
            "it lists https://localhost:3000: the scheme differs",
        ),
        ("s3", bucket(), preflight("/k", "DELETE"), ("DELETE",), "matches origin and lacks method DELETE"),
        ("s3", None, preflight("/k", "PUT"), (PAGE,), "The bucket has no CORS rule."),
        (
            "rest_api",
            REST,
            preflight("/me", "GET"),
            ("OPTIONS /me",),
            "There is no OPTIONS method at /me; there is GET.",
        ),
        ("rest_api", REST, Request("GET", "/itens"), ("/itens",), "the nearest are /items"),
        ("rest_api", REST, preflight("/items", "GET"), ("x-api-key",), "An API key is required"),
        (
            "rest_api",
            REST,
            preflight("/closed", "GET"),
            ("authorization",),
            "asks for authorization (CUSTOM)",
        ),
        ("http_api", HTTP, preflight("/items", "PUT"), (PAGE, "PUT"), "the scheme differs"),
        (
            "http_api",
            {**HTTP, "CorsConfiguration": None},
            Request("GET", "/item"),
            ("/item",),
            "nearest are /items",
        ),
        (
            "http_api",
            HTTP,
            Request("PUT", "/items", [("Origin", "https://localhost:3000")]),
            ("PUT /items",),
            "at that path it has GET and POST",
        ),
        (
            "s3",
            bucket(),
            Request("OPTIONS", "/k", [("Origin", PAGE)]),
            ("access-control-request-method",),
            "what stands in front does not forward it",
        ),
        (
            "http_api",
            HTTP,
            Request("OPTIONS", "/items", [("Origin", PAGE)]),
            ("access-control-request-method",),
            "what stands in front does not forward it",
        ),
        (
            "cloudfront",
            DISTRIBUTION,
            preflight("/x", "PUT"),
            ("OPTIONS",),
            "The method OPTIONS is not in behavior *, which allows GET and HEAD.",
        ),
    ],
)
def test_a_near_miss_names_what_lacks(
    kind: str, config: Any, request_: Request, missing: tuple[str, ...], words: str
) -> None:
    found = service(kind).near_miss(config, request_)
    assert found is not None
    assert found.missing == missing
    assert words in found.message


@pytest.mark.parametrize(
    ("kind", "config", "request_"),
    [
        ("s3", bucket(AllowedHeaders=["*"]), preflight("/k", "PUT", "x-a")),
        ("rest_api", REST, Request("GET", "/me")),
        ("http_api", HTTP, Request("GET", "/items", [("Origin", "https://localhost:3000")])),
        ("cloudfront", DISTRIBUTION, Request("GET", "/x")),
    ],
)
def test_what_is_let_through_lacks_nothing(kind: str, config: Any, request_: Request) -> None:
    assert service(kind).near_miss(config, request_) is None
