"""`explain --probe`: real answers outweigh predictions, and nothing that could write is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from remediate.core.state import State
from remediate.explain.explanation import Explanation
from remediate.explain.walk import explain
from remediate.explain.weigh import Evidence
from remediate.reachability.chain import Chain
from remediate.reachability.observe import Observation, observe
from remediate.services import target_options
from remediate.web.browser import BrowserRequest
from remediate.web.console import read_complaint
from remediate.web.http import Request, Response
from tests.explain.test_reasons import CORS, ITEMS, NO_HEADER, ORDERS, PAGE, api

AT = datetime(2026, 7, 1, 10, 4, tzinfo=UTC)
OPEN = (("access-control-allow-origin", PAGE), ("vary", "origin"))
FUNCTION = {
    "resources": [
        {
            "path": "/items",
            "resourceMethods": {
                verb: {"methodIntegration": {"type": "AWS_PROXY"}} for verb in ("GET", "PUT", "OPTIONS")
            },
        }
    ],
    "gatewayResponses": [],
    "binaryMediaTypes": [],
}
REST_ITEMS = f"https://{ORDERS}/prod/items"


def proxied() -> State:
    """A REST API whose function answers everything, the preflight too."""
    return replace(
        api(None),
        service="rest_api",
        address="rest_api/orders/prod",
        config=FUNCTION,
        facts={"stage": "prod"},
    )


class Server:
    """Answers by method, and remembers what was sent."""

    def __init__(self, **answers: Response) -> None:
        self.answers = answers
        self.sent: list[str] = []

    def __call__(self, url: str, request: Request) -> Response:
        assert url.startswith("https:")
        self.sent.append(request.method)
        return self.answers[request.method]


def observed(state: State, request: BrowserRequest, send: Callable[[str, Request], Response]) -> Observation:
    chain = Chain((state,))
    return observe(request, send, lambda sent: chain.ask(ORDERS, sent), at=AT)


def probed(state: State, request: BrowserRequest, server: Server, **more: Any) -> Explanation:
    evidence = Evidence(observed(state, request, server), **more)
    return explain(Chain((state,)), request, target_options(), evidence=evidence)


def test_an_answer_settles_what_an_unread_function_sends() -> None:
    request = BrowserRequest(PAGE, REST_ITEMS)
    assert explain(Chain((proxied(),)), request, target_options()).outcome == "unknown"
    server = Server(GET=Response(200, OPEN))
    found = probed(proxied(), request, server).as_json()
    assert (found["verdict"], found["basis"], found["fix"], found["todo"]) == ("allowed", "probe", None, [])
    assert found["because"].startswith("Observed at 10:04 UTC (GET 200): ")
    assert found["observed"] == {
        "at": "2026-07-01T10:04:00Z",
        "answers": [{"method": "GET", "status": 200, "headers": [list(pair) for pair in OPEN]}],
    }
    assert "contradiction" not in found
    assert server.sent == ["GET"]


def test_a_function_without_the_header_is_blocked_and_its_code_is_what_is_left() -> None:
    found = probed(proxied(), BrowserRequest(PAGE, REST_ITEMS), Server(GET=Response(200)))
    assert (found.outcome, found.basis, found.culprit) == ("blocked", "probe", "rest_api/orders/prod")
    assert [todo.finding.code for todo in found.todo] == ["backend-must-answer"]


def test_a_method_that_could_write_is_not_sent() -> None:
    server = Server(OPTIONS=Response(204, (*OPEN, ("access-control-allow-methods", "PUT"))))
    found = probed(proxied(), BrowserRequest(PAGE, REST_ITEMS, "PUT"), server)
    assert server.sent == ["OPTIONS"]
    assert (found.outcome, found.basis) == ("unknown", "settings")
    assert "Observed at 10:04 UTC (OPTIONS 204); PUT itself is not sent, as it could write." in found.because


def test_a_refused_preflight_blocks_whatever_the_method_is() -> None:
    found = probed(proxied(), BrowserRequest(PAGE, REST_ITEMS, "PUT"), Server(OPTIONS=Response(403)))
    assert (found.outcome, found.basis) == ("blocked", "probe")
    assert "OPTIONS 403" in found.because


def test_a_simple_post_is_not_sent_at_all() -> None:
    server = Server()
    found = probed(proxied(), BrowserRequest(PAGE, REST_ITEMS, "POST"), server)
    assert server.sent == []
    assert found.basis == "settings"
    assert "observed" not in found.as_json()


@pytest.mark.parametrize(
    ("origin", "answer", "verdict"),
    [
        (PAGE, Response(200), "blocked"),
        ("https://b.example", Response(200, [("access-control-allow-origin", "*")]), "allowed"),
    ],
    ids=["settings allow", "settings block"],
)
def test_a_server_that_answers_otherwise_than_its_settings_contradicts_them(
    origin: str, answer: Response, verdict: str
) -> None:
    found = probed(api(CORS), BrowserRequest(origin, ITEMS), Server(GET=answer))
    assert (found.outcome, found.basis) == (verdict, "probe")
    assert "The settings lead to another answer" in found.contradiction
    assert "not in force everywhere yet" in found.contradiction
    assert [todo.finding.code for todo in found.todo] == ["seen-otherwise"]
    assert found.proposal is None


def test_a_redirect_is_named() -> None:
    answer = Response(302, [("location", "https://login.example/")])
    found = probed(api(CORS), BrowserRequest(PAGE, ITEMS), Server(GET=answer))
    assert found.outcome == "blocked"
    assert "redirects to https://login.example/" in found.contradiction


def test_a_server_that_agrees_is_said() -> None:
    found = probed(api(CORS), BrowserRequest(PAGE, ITEMS), Server(GET=Response(200, OPEN)))
    assert (found.outcome, found.basis, found.contradiction) == ("allowed", "probe", "")
    assert (
        "Observed at 10:04 UTC (GET 200): the server answers as the settings lead to expect." in found.because
    )


def test_an_error_for_want_of_the_page_s_own_token_tells_nothing() -> None:
    request = BrowserRequest(PAGE, REST_ITEMS, headers=[("authorization", "x")])
    passing = Response(204, (*OPEN, ("access-control-allow-headers", "authorization")))
    found = probed(proxied(), request, Server(OPTIONS=passing, GET=Response(401)))
    assert (found.outcome, found.basis) == ("unknown", "settings")
    alone = probed(proxied(), BrowserRequest(PAGE, REST_ITEMS), Server(GET=Response(401)))
    assert (alone.outcome, alone.basis) == ("blocked", "probe")


def test_an_answer_from_a_cache_is_said_to_be_one() -> None:
    cached = Response(200, [("x-cache", "Hit from cloudfront")])
    found = probed(proxied(), BrowserRequest(PAGE, REST_ITEMS), Server(GET=cached))
    assert "came out of a cache" in found.because


def test_a_host_of_nobody_can_be_asked() -> None:
    request = BrowserRequest(PAGE, "https://api.elsewhere.example/x")
    observation = observe(
        request, Server(GET=Response(200)), lambda sent: Chain(()).ask("api.elsewhere.example", sent), at=AT
    )
    found = explain(Chain(()), request, target_options(), evidence=Evidence(observation))
    assert (found.outcome, found.basis) == ("blocked", "probe")
    assert "Observed at 10:04 UTC (GET 200)" in found.because


def test_the_browser_s_word_outweighs_the_probe_and_the_two_are_compared() -> None:
    said = read_complaint(
        f"Access to fetch at '{ITEMS}' from origin '{PAGE}' has been blocked by CORS policy: {NO_HEADER}"
    )
    request = BrowserRequest(PAGE, ITEMS)
    found = probed(api(CORS), request, Server(GET=Response(200, OPEN)), complaint=said)
    assert (found.outcome, found.basis) == ("blocked", "console")
    assert "The server, asked just now, gives another answer" in found.contradiction
    agreed = probed(proxied(), BrowserRequest(PAGE, REST_ITEMS), Server(GET=Response(200)), complaint=said)
    assert (agreed.outcome, agreed.basis, agreed.contradiction) == ("blocked", "probe", "")


def test_a_host_of_nobody_is_blocked_where_the_browser_says_so() -> None:
    url = "https://api.elsewhere.example/x"
    said = read_complaint(
        f"Access to fetch at '{url}' from origin '{PAGE}' has been blocked by CORS policy: {NO_HEADER}"
    )
    found = explain(Chain(()), BrowserRequest(PAGE, url), evidence=Evidence(complaint=said))
    assert (found.outcome, found.basis) == ("blocked", "console")
    assert "No distribution, API or bucket of this account answers" in found.because
