"""The judge against Chromium: each difference is listed in DIFFERENCES with its reason."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from cases import NAMED, Named, Told
from drawn import draw
from oracle import Answer, BrowserOracle, Case, Hop, Result, find_browser

from remediate.core.browser import (
    BrowserRequest,
    Verdict,
    follow,
    judge,
    needs_preflight,
    preflight_for,
    sent_origin,
)
from remediate.core.http import Request, Response

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium: install it, or set REMEDIATE_CHROMIUM"),
]

SEED, DRAWN = 20_261_122, 3000


@dataclass(frozen=True)
class Difference:
    """Where Chromium leaves the standard, which `judge` follows. ``allowed`` is what Chromium says."""

    why: str
    covers: Callable[[Named], bool]
    allowed: bool


def _sends(named: Named, *names: str) -> bool:
    return any(name.lower() in names for name, _ in named.headers)


DIFFERENCES: list[Difference] = []


@dataclass(frozen=True)
class Bound:
    """A case with its placeholders filled in, for the browser and for the judge."""

    named: Named
    case: Case
    request: BrowserRequest


def bind(oracle: BrowserOracle, named: Named, number: int) -> Bound:
    page = {"page": oracle.origin, "null": "null"}.get(named.origin, named.origin)
    own = oracle.origin if page == "null" else page
    port = oracle.origin.rpartition(":")[2]
    base = f"/c{number}"

    def fill(text: str) -> str:
        for mark, value in (("{o}", page), ("{t}", oracle.target), ("{x}", oracle.other), ("{port}", port)):
            text = text.replace(mark, value)
        return text

    def place(location: str) -> str:
        """Hops are paths of this case; home is the page's own origin even for an opaque one."""
        there = fill(location.replace("{o}", own))
        return there.removesuffix("/1") + f"{base}/1" if there.endswith("/1") else there

    def answer(told: Told) -> Answer:
        pairs = [(name, place(value) if name == "Location" else fill(value)) for name, value in told.headers]
        return Answer(told.status, pairs)

    hops = {base: Hop(answer(named.actual), named.preflight and answer(named.preflight))}
    for path, (actual, preflight) in named.hops.items():
        hops[base + path] = Hop(answer(actual), preflight and answer(preflight))
    url = fill(named.to.replace("{o}", own)) + base
    asked = {"method": named.method, "headers": named.headers, "credentials": named.credentials}
    case = Case(
        url,
        origin=page,
        upload_listener=named.upload,
        body="x" if named.upload else None,
        answers=hops,
        **asked,
    )
    return Bound(named, case, BrowserRequest(page, url, upload_listener=named.upload, **asked))


def _response(answer: Answer | None) -> Response:
    return Response(500) if answer is None else Response(answer.status, answer.wire_headers())


def predict(bound: Bound) -> tuple[BrowserRequest, Verdict]:
    """Judge hop by hop; the last request with its verdict."""
    request = bound.request
    while True:
        hop = bound.case.answers.get(urlsplit(request.url).path, Hop(Answer(404)))
        preflight, actual = _response(hop.preflight), _response(hop.actual)
        after = follow(request, preflight, actual)
        if after is None:
            return request, judge(request, preflight, actual)
        request = after


def compare(bound: Bound, result: Result) -> list[str]:
    """What differs between the prediction and the browser, in words."""
    last, verdict = predict(bound)
    found = []
    if verdict.allowed != result.ok:
        found.append(
            f"allowed: judge {verdict.allowed} ({verdict.reason}), browser {result.ok} ({result.console})"
        )
    elif verdict.allowed and verdict.exposed != result.visible:
        found.append(f"exposed: judge {verdict.exposed}, browser {result.visible}")
    first = bound.request
    if result.requests and needs_preflight(first) != result.requests[0].is_preflight:
        found.append(f"preflight: judge {needs_preflight(first)}, browser {result.requests[0].method}")
    elif needs_preflight(first) and result.preflight is not None:
        expected = preflight_for(first)
        seen = Request(result.preflight.method, result.preflight.path, result.preflight.headers)
        if seen.path != expected.path or any(seen.get(name) != value for name, value in expected.headers):
            found.append(f"preflight: judge {expected}, browser {seen}")
    if verdict.allowed and result.ok:
        end = result.requests[-1]
        if end.method != last.method.upper() and end.method != last.method:
            found.append(f"method: judge {last.method}, browser {end.method}")
        if last.url.startswith(bound.case.url) and end.get("origin") not in (None, sent_origin(last)):
            found.append(f"origin: judge {sent_origin(last)}, browser {end.get('origin')}")
    return found


def unexplained(bound: Bound, result: Result) -> list[str]:
    found = compare(bound, result)
    _, verdict = predict(bound)
    covering = [difference for difference in DIFFERENCES if difference.covers(bound.named)]
    if found and any(difference.allowed == result.ok != verdict.allowed for difference in covering):
        return []
    return found


@pytest.fixture(scope="module")
def oracle():
    with BrowserOracle() as running:
        yield running


def test_named_cases(oracle):
    bound = [bind(oracle, named, number) for number, named in enumerate(NAMED)]
    results = oracle.run([each.case for each in bound])
    wrong = []
    for each, result in zip(bound, results, strict=True):
        allowed = predict(each)[1].allowed
        if allowed != each.named.allowed:
            wrong.append(f"{each.named.name}: the standard says {each.named.allowed}, judge {allowed}")
        wrong += [f"{each.named.name}: {line}" for line in unexplained(each, result)]
    assert not wrong, "\n".join(wrong)


def test_drawn_cases(oracle):
    bound = [bind(oracle, named, 10_000 + number) for number, named in enumerate(draw(SEED, DRAWN))]
    results = oracle.run([each.case for each in bound])
    wrong = []
    for each, result in zip(bound, results, strict=True):
        wrong += [f"{each.named}: {line}" for line in unexplained(each, result)]
    assert not wrong, "\n".join(wrong)
    counts = Counter(
        (result.ok, needs_preflight(each.request)) for each, result in zip(bound, results, strict=True)
    )
    assert all(counts[key] > DRAWN / 10 for key in [(True, True), (True, False), (False, True)]), counts
