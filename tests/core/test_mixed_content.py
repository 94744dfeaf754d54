"""Mixed content: an https page sends nothing to an http URL, except to this machine."""

from __future__ import annotations

import pytest

from remediate.web.browser import BrowserRequest
from remediate.web.evaluate import MIXED, Decision, evaluate
from remediate.web.http import Request, Response
from remediate.web.mixed_content import is_mixed_content


@pytest.mark.parametrize(
    ("origin", "url", "expected"),
    [
        ("https://a.example", "http://b.example/x", True),
        ("https://a.example", "https://b.example/x", False),
        ("http://a.example", "http://b.example/x", False),
        ("http://localhost:3000", "http://b.example/x", False),
        ("https://a.example", "http://127.0.0.1:8080/x", False),
        ("https://a.example", "http://127.9.9.9/x", False),
        ("https://a.example", "http://[::1]:8080/x", False),
        ("https://a.example", "http://localhost/x", False),
        ("https://a.example", "http://api.localhost:1/x", False),
        ("https://a.example", "http://localhost.example/x", True),
        ("https://a.example", "http://192.168.0.1/x", True),
        ("https://a.example", "http://128.0.0.1/x", True),
        ("null", "http://b.example/x", False),
    ],
)
def test_what_is_mixed_content(origin: str, url: str, *, expected: bool) -> None:
    assert is_mixed_content(origin, url) is expected


def test_nothing_is_sent() -> None:
    sent: list[Request] = []

    def ask(request: Request) -> Response:
        sent.append(request)
        return Response(200, [("Access-Control-Allow-Origin", "*")])

    seen = evaluate(BrowserRequest("https://a.example", "http://b.example/x", "PUT"), ask)
    assert (seen.outcome, seen.because, sent) == (Decision.BLOCKED, MIXED, [])


def test_the_scheme_reaches_who_is_asked() -> None:
    sent: list[Request] = []

    def ask(request: Request) -> Response:
        sent.append(request)
        return Response(200, [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT")])

    evaluate(BrowserRequest("http://a.example", "http://b.example/x", "PUT"), ask)
    evaluate(BrowserRequest("http://a.example", "https://b.example/x", "PUT"), ask)
    assert [request.scheme for request in sent] == ["http", "http", "https", "https"]


def test_a_condition_leaves_an_allowed_request_open_and_a_blocked_one_blocked() -> None:
    request = BrowserRequest("https://a.example", "https://b.example/x")
    passing = Response(200, [("Access-Control-Allow-Origin", "*")], condition="The network decides.")
    seen = evaluate(request, lambda _: passing)
    assert seen.outcome is Decision.UNKNOWN
    assert seen.because.startswith("The network decides.")
    failing = Response(200, condition="The network decides.")
    assert evaluate(request, lambda _: failing).outcome is Decision.BLOCKED


def test_no_answer_is_blocked_by_its_cause_alone() -> None:
    request = BrowserRequest("https://a.example", "https://b.example/x", "PUT")
    seen = evaluate(request, lambda _: Response(0, cause="It has no TLS."))
    assert (seen.outcome, seen.because) == (Decision.BLOCKED, "It has no TLS.")
    plain = BrowserRequest("https://a.example", "https://b.example/x")
    seen = evaluate(plain, lambda _: Response(0, cause="It has no TLS."))
    assert (seen.outcome, seen.because) == (Decision.BLOCKED, "It has no TLS.")
