"""What answers in front of CORS settings: stages, routes, methods, and http where https is wanted.

In each case the emulator's answer is asserted, what Chromium makes of it, and that `remediate explain`
foretells both from the settings: who answers, with which status, and the URL that is served.

MiniStack enforces these. It does not enforce `disableExecuteApiEndpoint` (of REST and HTTP APIs alike: it
stores the flag and answers), so that nothing stands here for it.
"""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.e2e.backend import Backend
from tests.e2e.emulators import REGION, Emulator
from tests.e2e.story import NO_HEADER, NO_HEADER_ON_PREFLIGHT, PAGE, Call, Story
from tests.e2e.test_rest_apis import Api

pytestmark = pytest.mark.e2e

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
REDIRECTED_PREFLIGHT = (
    "Response to preflight request doesn't pass access control check: "
    "Redirect is not allowed for a preflight request."
)


def answered(emulator: Emulator, host: str, method: str, path: str, **headers: str) -> tuple[int, list[str]]:
    """The status of the emulator's own answer to the page, and the names of its headers about CORS."""
    connection = HTTPConnection("127.0.0.1", emulator.port, timeout=30)
    try:
        connection.request(method, path, headers={"Host": host, "Origin": PAGE, **headers})
        response = connection.getresponse()
        response.read()
        names = [name.lower() for name, _ in response.getheaders()]
        return response.status, [name for name in names if name.startswith("access-control-")]
    finally:
        connection.close()


def preflighted(emulator: Emulator, host: str, method: str, path: str) -> int:
    """The status of the emulator's answer to a preflight for the method."""
    asked = {"Access-Control-Request-Method": method}
    return answered(emulator, host, "OPTIONS", path, **asked)[0]


def hop(document: dict[str, Any]) -> dict[str, Any]:
    """The only hop of the way to the API."""
    [only] = document["hops"]
    return dict(only)


class Gateway:
    """How an API is called: by its name on AWS for `explain`, by the emulator's for the browser."""

    def __init__(self, emulator: Emulator, api: str) -> None:
        self.host = f"{api}.execute-api.localhost:{emulator.port}"
        self.url = f"https://{api}.execute-api.{REGION}.amazonaws.com"

    def call(self, path: str, method: str = "GET") -> Call:
        return Call(
            lambda number: f"http://{self.host}{path}?try={number}", method, known_as=f"{self.url}{path}"
        )


@pytest.fixture
def http_api(ministack: Emulator, backend: Backend) -> tuple[str, Gateway]:
    """An HTTP API that allows the page, with `GET /orders` in the stage `prod` and without `$default`."""
    client = ministack.client("apigatewayv2")
    cors = {"AllowOrigins": [PAGE], "AllowMethods": ["GET", "PUT"], "AllowHeaders": ["content-type"]}
    api = client.create_api(Name="in-front", ProtocolType="HTTP", CorsConfiguration=cors)["ApiId"]
    integration = client.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri=f"http://127.0.0.1:{backend.port}/orders",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    client.create_route(ApiId=api, RouteKey="GET /orders", Target=f"integrations/{integration}")
    client.create_stage(ApiId=api, StageName="prod", AutoDeploy=True)
    return f"http_api/{api}", Gateway(ministack, api)


@pytest.fixture
def rest_api(ministack: Emulator) -> tuple[str, Gateway]:
    """A REST API with `GET /items` in the stage `prod`."""
    api = Api(ministack, "in-front")
    mock = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    api.method("GET", mock)
    api.deployed()
    return f"rest_api/{api.id}", Gateway(ministack, api.id)


def test_an_http_api_without_default_is_called_without_its_stage(
    ministack: Emulator, story: Callable[[Emulator], Story], http_api: tuple[str, Gateway]
) -> None:
    address, gateway = http_api
    assert answered(ministack, gateway.host, "GET", "/orders") == (404, [])

    tell = story(ministack)
    told = tell.refused(gateway.call("/orders"), NO_HEADER)
    assert hop(told)["actual"]["status"] == 404
    assert told["because"].startswith(f"{address} has no stage orders and no $default: it has prod")
    assert told["use_url"] == f"{gateway.url}/prod/orders"
    assert told["fix"] == f"Call {gateway.url}/prod/orders"
    tell.let_in(gateway.call("/prod/orders"))


def test_a_rest_api_is_called_with_a_stage_that_it_lacks(
    ministack: Emulator, story: Callable[[Emulator], Story], rest_api: tuple[str, Gateway]
) -> None:
    address, gateway = rest_api
    assert answered(ministack, gateway.host, "GET", "/dev/items") == (403, [])

    told = story(ministack).refused(gateway.call("/dev/items"), NO_HEADER)
    assert hop(told)["actual"]["status"] == 403
    assert told["because"].startswith(f"{address} has no stage dev: it has prod")
    assert told["use_url"] == f"{gateway.url}/prod/items"
    assert answered(ministack, gateway.host, "GET", "/prod/items") == (200, [])


@pytest.mark.parametrize(
    ("policy", "status", "preflight", "why", "why_preflight"),
    [
        ("redirect-to-https", 301, 307, "is redirected without CORS headers", REDIRECTED_PREFLIGHT),
        ("https-only", 403, 403, "is answered 403", NO_HEADER_ON_PREFLIGHT),
    ],
)
def test_http_where_a_distribution_wants_https(
    ministack: Emulator,
    backend: Backend,
    story: Callable[[Emulator], Story],
    policy: str,
    status: int,
    preflight: int,
    why: str,
    why_preflight: str,
) -> None:
    backend.allowed = frozenset({PAGE})  # it would let the page in, if the request came to it
    methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    origin = {"HTTPPort": backend.port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
    made = ministack.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": policy,
            "Comment": policy,
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [{"Id": "backend", "DomainName": "127.0.0.1", "CustomOriginConfig": origin}],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "backend",
                "ViewerProtocolPolicy": policy,
                "CachePolicyId": CACHING_DISABLED,
                "AllowedMethods": {
                    "Quantity": len(methods),
                    "Items": methods,
                    "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
                },
            },
        }
    )["Distribution"]
    host = made["DomainName"]
    assert answered(ministack, host, "GET", "/orders") == (status, [])
    assert preflighted(ministack, host, "PUT", "/orders") == preflight

    def sent(method: str) -> Call:
        url = f"http://{host}/orders"
        return Call(lambda number: f"{url}?try={number}", method, known_as=url)

    tell = story(ministack)
    told = tell.refused(sent("GET"), NO_HEADER)
    first = told["hops"][0]
    assert first["address"] == f"cloudfront/{made['Id']}"
    assert first["actual"]["status"] == status
    assert f"has {policy}: a request over http {why}" in told["because"]
    assert told["use_url"] == f"https://{host}/orders"
    told = tell.refused(sent("PUT"), why_preflight)
    assert told["use_url"] == f"https://{host}/orders"


@pytest.mark.parametrize(("path", "method"), [("/prod/nowhere", "GET"), ("/prod/orders", "PUT")])
def test_an_http_api_without_a_route_for_the_request(
    ministack: Emulator,
    story: Callable[[Emulator], Story],
    http_api: tuple[str, Gateway],
    path: str,
    method: str,
) -> None:
    """The preflight passes, being answered by the settings; 404 comes after it, here without CORS headers.

    Whether AWS adds them is not recorded, so `explain` must not be sure.
    """
    address, gateway = http_api
    assert preflighted(ministack, gateway.host, method, path) == 204
    assert answered(ministack, gateway.host, method, path) == (404, [])

    told = story(ministack).refused(gateway.call(path, method), NO_HEADER, verdict="unknown")
    assert hop(told)["actual"]["status"] == 404
    route = f"{method} {path.removeprefix('/prod')}"
    assert told["because"].startswith(f"No route of {address} matches {route}, so the answer is 404")
    assert told["fix"] == f"Add the route {route}, or call another path."


@pytest.mark.parametrize(
    ("path", "method", "why", "missing"),
    [
        ("/prod/nowhere", "GET", NO_HEADER, "The API has no resource at the path /nowhere"),
        ("/prod/items", "PUT", NO_HEADER_ON_PREFLIGHT, "There is no PUT method at /items; there is GET."),
    ],
)
def test_a_rest_api_without_the_path_or_the_method(
    ministack: Emulator,
    story: Callable[[Emulator], Story],
    rest_api: tuple[str, Gateway],
    path: str,
    method: str,
    why: str,
    missing: str,
) -> None:
    address, gateway = rest_api
    assert answered(ministack, gateway.host, method, path) == (403, [])
    assert preflighted(ministack, gateway.host, method, path) == 403

    told = story(ministack).refused(gateway.call(path, method), why)
    assert hop(told)["address"] == f"{address}/prod"
    assert hop(told)["actual"]["status"] == 403
    [todo] = told["todo"]
    assert todo["code"] == "path-not-served"
    assert missing in todo["message"]
