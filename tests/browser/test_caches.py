"""What the browser remembers: preflights by Access-Control-Max-Age, responses that a 304 revalidates."""

from itertools import pairwise

import pytest

from remediate.web.browser import BrowserRequest, follow, judge, preflight_cache_seconds
from remediate.web.http import Response
from tests.browser.oracle import Answer, Case, Hop

pytestmark = pytest.mark.browser

ACAO = "Access-Control-Allow-Origin"
TRIES = 8
"""A browser may forget; a Firefox that has just started does so with its first four preflights."""


@pytest.mark.parametrize("value", [None, "600", "0", "-1", "x", "600, 0", "86400"])
def test_a_preflight_is_remembered_as_long_as_predicted(oracle, value):
    path = f"/max-age/{value}".replace(", ", "-")
    age = [] if value is None else [("Access-Control-Max-Age", value)]
    preflight = Answer(204, [(ACAO, "*"), ("Access-Control-Allow-Methods", "PUT"), *age])
    case = Case(
        oracle.target + path, method="PUT", answers={path: Hop(Answer(200, [(ACAO, "*")]), preflight)}
    )
    results = [oracle.run([case])[0] for _ in range(TRIES)]
    assert all(result.ok for result in results)
    remembered = any(result.preflight is None for result in results)
    answer = Response(204, preflight.headers)
    assert remembered is (preflight_cache_seconds(answer, oracle.name) > 0)


@pytest.mark.parametrize(
    "later",
    [
        [],
        [(ACAO, "*")],
        [(ACAO, "http://a.example")],
        [("ETag", '"2"')],
        [("Access-Control-Expose-Headers", "etag")],
    ],
)
def test_a_304_updates_what_is_stored(oracle, later):
    path = "/revalidated/" + "".join(filter(str.isalnum, str(later)))
    stored = Answer(
        200, [(ACAO, oracle.origin), ("ETag", '"1"'), ("Cache-Control", "no-cache"), ("X-Id", "1")]
    )
    case = Case(oracle.target + path, answers={path: Hop(stored)})
    [first] = oracle.run([case])
    [second] = oracle.run([Case(oracle.target + path, answers={path: Hop(Answer(304, later))})])
    assert first.ok
    assert second.requests[0].get("if-none-match") == '"1"'
    request = BrowserRequest(oracle.origin, case.url, stored=Response(200, stored.wire_headers()))
    verdict = judge(request, None, Response(304, later))
    assert (second.ok, second.visible) == (verdict.allowed, verdict.exposed)


@pytest.mark.parametrize(("hops", "allowed"), [(20, True), (21, False)])
def test_twenty_redirects_are_followed(oracle, hops, allowed):
    paths = [f"/chain{hops}/{number}" for number in range(hops + 1)]
    answers = {here: Hop(Answer(302, [(ACAO, "*"), ("Location", there)])) for here, there in pairwise(paths)}
    answers[paths[-1]] = Hop(Answer(200, [(ACAO, "*")]))
    [result] = oracle.run([Case(oracle.target + paths[0], answers=answers)])
    assert result.ok is allowed
    request = BrowserRequest(oracle.origin, oracle.target + paths[0])
    for path in paths:
        answer = Response(answers[path].actual.status, answers[path].actual.headers)
        after = follow(request, None, answer)
        if after is None:
            break
        request = after
    assert judge(request, None, answer).allowed is allowed
