"""A REST API's change in plain words."""

from __future__ import annotations

from typing import Any

from remediate.services.rest_api.cors_access import CorsAccess
from remediate.services.rest_api.preflight import write
from remediate.services.rest_api.summary import summary

MOCK: dict[str, Any] = {"methodIntegration": {"type": "MOCK", "integrationResponses": {"200": {}}}}
ONE = CorsAccess(("https://a.example",), (), ("GET",))
TWO = CorsAccess(("https://a.example", "https://b.example"), (), ("GET", "PUT"))


def config(methods: dict[str, dict[str, Any]], *gateway: dict[str, Any]) -> dict[str, Any]:
    resources = [{"path": path, "resourceMethods": held} for path, held in methods.items()]
    return {"resources": resources, "gatewayResponses": list(gateway)}


def preflight(granted: CorsAccess) -> dict[str, Any]:
    return write(None, "200", granted, binary=False)


def test_preflights_that_come_and_go_are_named_by_path() -> None:
    live = config({"/a": {"GET": MOCK}, "/b": {"OPTIONS": preflight(ONE)}})
    desired = config({"/a": {"GET": MOCK, "OPTIONS": preflight(ONE)}, "/b": {}})
    assert summary(live, desired) == ("answer preflights at /a", "stop answering preflights at /b")


def test_an_origin_that_moves_into_a_template_is_not_taken_away() -> None:
    live, desired = config({"/a": {"OPTIONS": preflight(ONE)}}), config({"/a": {"OPTIONS": preflight(TWO)}})
    assert summary(live, desired) == ("allow origin https://b.example, method PUT at /a",)


def test_an_answer_that_cannot_be_read_is_said_to_change() -> None:
    proxy = {"methodIntegration": {"type": "AWS_PROXY"}}
    live, desired = config({"/a": {"OPTIONS": proxy}}), config({"/a": {"OPTIONS": preflight(ONE)}})
    assert summary(live, desired) == ("change the answer to preflights at /a",)


def test_responses_are_named_by_method_and_path() -> None:
    other = {
        "methodIntegration": {"type": "MOCK", "integrationResponses": {"200": {"responseParameters": {}}}}
    }
    live = config({"/a": {"GET": MOCK}}, {"responseType": "DEFAULT_4XX"})
    desired = config(
        {"/a": {"GET": other}}, {"responseType": "DEFAULT_4XX", "responseParameters": {"x": "y"}}
    )
    assert summary(live, desired) == (
        "set the response headers of GET /a",
        "set the headers of DEFAULT_4XX",
    )
    assert summary(live, live) == ()
