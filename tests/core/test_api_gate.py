"""What API Gateway answers at an API's host whatever the path: AWS's developer guides of both APIs."""

from __future__ import annotations

import pytest

from remediate.core.api_gate import refused_at_host
from remediate.core.gate import Arrival
from remediate.core.state import State
from remediate.web.http import NO_ANSWER, Request

HOST = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
OWN = "api.example.com"


def api(*, disabled: bool = False) -> State:
    return State(
        "rest_api/a1b2c3d4e5/prod",
        "rest_api",
        "eu-west-1",
        None,
        "r",
        ("a1b2c3d4e5",),
        "rest_api/a1b2c3d4e5",
        hosts=() if disabled else (HOST,),
        disabled_hosts=(HOST,) if disabled else (),
    )


def arrival(host: str = HOST, *, scheme: str = "https", host_header: str = "") -> Arrival:
    return Arrival(host, "/prod/x", Request("GET", "/x", scheme=scheme), host_header=host_header)


@pytest.mark.parametrize(
    ("state", "arriving", "status"),
    [
        (api(), arrival(), None),
        (api(), arrival(scheme="http"), NO_ANSWER),
        (api(), arrival("localhost:4566", scheme="http"), None),
        (api(disabled=True), arrival(), 403),
        (api(disabled=True), arrival(OWN), None),
        (api(), arrival(host_header="www.example.com"), 403),
        (api(), arrival(host_header=HOST), None),
    ],
    ids=[
        "https",
        "http",
        "an emulator",
        "disabled",
        "the API's own domain name",
        "a Host of somebody else",
        "the right Host",
    ],
)
def test_a_request_is_refused_for_its_scheme_its_endpoint_or_its_host(
    state: State, arriving: Arrival, status: int | None
) -> None:
    gate = refused_at_host(state, arriving, "disableExecuteApiEndpoint")
    if status is None:
        assert gate is None
    else:
        assert gate is not None
        assert gate.answer is not None
        assert gate.answer.status == status
        assert gate.fix


@pytest.mark.parametrize("member", ["disableExecuteApiEndpoint", "DisableExecuteApiEndpoint"])
def test_the_fix_names_the_member_as_the_apis_documents_spell_it(member: str) -> None:
    gate = refused_at_host(api(disabled=True), arrival(), member)
    assert gate is not None
    assert f"({member}: false)" in gate.fix


@pytest.mark.parametrize(
    ("request_", "method"),
    [
        (Request("OPTIONS", "/x", (("Access-Control-Request-Method", "PUT"),)), "PUT"),
        (Request("OPTIONS", "/x"), "OPTIONS"),
        (Request("GET", "/x", (("Access-Control-Request-Method", "PUT"),)), "GET"),
    ],
    ids=["a preflight", "OPTIONS without the header", "another method with the header"],
)
def test_a_preflight_arrives_for_the_method_that_it_asks_for(request_: Request, method: str) -> None:
    assert Arrival(HOST, "/x", request_).actual_method == method
