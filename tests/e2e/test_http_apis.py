"""HTTP APIs: the gateway answers the preflight itself, from one set of settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.backend import Backend
from tests.e2e.emulators import REGION, Emulator
from tests.e2e.story import AGREED, NO_HEADER_ON_PREFLIGHT, PAGE, STRANGER, Call, Story

pytestmark = pytest.mark.e2e

SECOND = "http://two.test"


def test_cors_settings_of_an_http_api(
    ministack: Emulator, backend: Backend, story: Callable[[Emulator], Story]
) -> None:
    tell = story(ministack)
    client = ministack.client("apigatewayv2")
    api = client.create_api(Name="orders", ProtocolType="HTTP")["ApiId"]
    integration = client.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri=f"http://127.0.0.1:{backend.port}/orders",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    for method in ("GET", "PUT"):
        client.create_route(ApiId=api, RouteKey=f"{method} /orders", Target=f"integrations/{integration}")
    client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)

    def sent(method: str) -> Call:
        known_as = f"https://{api}.execute-api.{REGION}.amazonaws.com/orders"
        host = f"{api}.execute-api.localhost:{ministack.port}"
        headers = (("content-type", "application/json"),)
        return Call(lambda number: f"http://{host}/orders?try={number}", method, headers, None, known_as)

    # What answers OPTIONS behind the gateway is nothing that its CORS settings tell.
    tell.refused(sent("PUT"), NO_HEADER_ON_PREFLIGHT)
    tell.applied(
        f"""origins: [{PAGE}, {SECOND}]
allow: {{methods: [GET, PUT], headers: [content-type], max_age: 10m}}
targets:
  - http_api: orders
""",
        *AGREED,
    )
    tell.let_in(sent("PUT"))
    tell.let_in(sent("GET"), origin=SECOND)
    tell.refused(sent("PUT"), NO_HEADER_ON_PREFLIGHT, origin=STRANGER)
    not_listed = "Method DELETE is not allowed by Access-Control-Allow-Methods in preflight response."
    tell.refused(sent("DELETE"), not_listed)

    client.delete_cors_configuration(ApiId=api)
    tell.refused(sent("PUT"), NO_HEADER_ON_PREFLIGHT)
