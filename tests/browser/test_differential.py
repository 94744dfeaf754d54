"""The judge against the browsers: each difference is listed in `differences`, with its reason."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from urllib.parse import urlsplit

import pytest

from remediate.web.browser import (
    BrowserRequest,
    Verdict,
    follow,
    judge,
    needs_preflight,
    preflight_for,
    sent_origin,
)
from remediate.web.http import Request, Response
from remediate.web.url import url_origin
from tests.browser.cases import ACAC, ACAO, NAMED, Named, Told
from tests.browser.differences import DIFFERENCES, Bound
from tests.browser.drawn import draw
from tests.browser.oracle import Answer, BrowserOracle, Case, Hop, Result
from tests.sizes import size

pytestmark = pytest.mark.browser

SEED, DRAWN = 20_261_122, size(600, 3000)


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
    answers = {path: (_response(hop.preflight), _response(hop.actual)) for path, hop in hops.items()}
    return Bound(named.name, case, BrowserRequest(page, url, upload_listener=named.upload, **asked), answers)


def _response(answer: Answer | None) -> Response | None:
    return answer and Response(answer.status, answer.wire_headers())


def predict(bound: Bound) -> tuple[list[Request], Verdict]:
    """The requests that should reach the server, hop by hop, and what script gets in the end."""
    request = bound.request
    trace: list[Request] = []
    while True:
        path = urlsplit(request.url).path
        preflight, actual = bound.answers.get(path, (None, Response(404)))
        preflight_origin = request.origin if bound.preflight_names_page else sent_origin(request)
        if preflight is not None and preflight_origin != sent_origin(request):
            preflight = _checked_with_the_page(request, preflight)
        trace += _sent(request, preflight, path, preflight_origin)
        after = follow(request, preflight, actual)
        if after is None:
            return trace, judge(request, preflight, actual)
        request = _asking_again(request, after) if bound.asks_again else after


def _checked_with_the_page(request: BrowserRequest, preflight: Response) -> Response:
    """An answer that passes with the request's origin where this one passes with the page's.

    At the page's own origin nothing is checked but methods and headers.
    """
    page, sent = request.origin, sent_origin(request)
    if url_origin(request.url) == page:
        kept = [pair for pair in preflight.headers if pair[0].lower() not in (ACAO.lower(), ACAC.lower())]
        return Response(preflight.status, [*kept, (ACAO, sent), (ACAC, "true")])
    values = {page: sent, sent: page}
    pairs = [
        (name, values.get(value.strip(), value) if name.lower() == ACAO.lower() else value)
        for name, value in preflight.headers
    ]
    return Response(preflight.status, pairs)


def _asking_again(before: BrowserRequest, after: BrowserRequest) -> BrowserRequest:
    """The redirected request, with a preflight where it would need one unchanged."""
    unchanged = replace(after, method=before.method, headers=before.headers)
    return replace(after, upload_listener=needs_preflight(unchanged))


def _sent(
    request: BrowserRequest, preflight: Response | None, path: str, preflight_origin: str
) -> Iterator[Request]:
    """One hop's requests; the second one leaves only if an ideal answer to it would be let through."""
    origin = ("Origin", sent_origin(request))
    ideal = Response(200, [(ACAO, origin[1]), (ACAC, "true")])
    question = preflight_for(request)
    if needs_preflight(request):
        others = [pair for pair in question.headers if pair[0] != "Origin"]
        yield replace(question, headers=[*others, ("Origin", preflight_origin)])
    if judge(request, preflight, ideal).allowed:
        cors = not judge(request, preflight, Response(200)).allowed
        method = question.get("access-control-request-method")
        yield Request(method, path, [origin] if cors else [])


def compare(bound: Bound, result: Result) -> list[str]:
    """What differs between the prediction and the browser, in words."""
    trace, verdict = predict(bound)
    found = []
    if verdict.allowed != result.ok:
        found.append(f"judge {verdict.allowed} ({verdict.reason}), browser {result.ok} ({result.console})")
    if verdict.exposed != result.visible:
        found.append(f"exposed: judge {verdict.exposed}, browser {result.visible}")
    if [(each.method, each.path) for each in trace] != [(each.method, each.path) for each in result.requests]:
        found.append(f"sent: judge {trace}, browser {[(seen.method, seen.path) for seen in result.requests]}")
        return found
    for expected, seen in zip(trace, result.requests, strict=True):
        names = {name.lower() for name, _ in expected.headers}
        if "access-control-request-method" in names:
            names.add("access-control-request-headers")
        found += [
            f"{name}: judge {expected.get(name)!r}, browser {seen.get(name)!r}"
            for name in sorted(names)
            if seen.get(name) != expected.get(name)
        ]
    return found


def explained(browser: str, bound: Bound, result: Result) -> set[str]:
    """The listed differences, as few as suffice, of which each or both together give what the browser did."""
    listed = DIFFERENCES[browser]
    for count in (1, 2):
        used: set[str] = set()
        for names in combinations(listed, count):
            retold = bound
            for name in names:
                retold = listed[name].retold(retold)
            if not compare(retold, result):
                used.update(names)
        if used:
            return used
    return set()


def differences(
    browser: str, bound: Sequence[Bound], results: Sequence[Result]
) -> tuple[list[str], Counter[str]]:
    """Every unexplained difference, and how often each listed one explained the rest."""
    wrong = []
    used: Counter[str] = Counter()
    for each, result in zip(bound, results, strict=True):
        lines = compare(each, result)
        why = explained(browser, each, result) if lines else set()
        used.update(why)
        if lines and not why:
            wrong += [f"{each.name}: {each.case}: {line}" for line in lines]
    return wrong, used


def test_named_cases(oracle):
    bound = [bind(oracle, named, number) for number, named in enumerate(NAMED)]
    against_the_standard = [
        f"{named.name}: the standard says {named.allowed}, the judge does not: {predict(each)[1].reason}"
        for named, each in zip(NAMED, bound, strict=True)
        if predict(each)[1].allowed != named.allowed
    ]
    assert not against_the_standard, "\n".join(against_the_standard)
    wrong, used = differences(oracle.name, bound, oracle.run([each.case for each in bound]))
    assert not wrong, "\n".join(wrong)
    assert set(used) == set(DIFFERENCES[oracle.name]), "a listed difference is gone: take it off the list"


def test_drawn_cases(oracle):
    bound = [bind(oracle, named, 10_000 + number) for number, named in enumerate(draw(SEED, DRAWN))]
    results = oracle.run([each.case for each in bound])
    wrong, used = differences(oracle.name, bound, results)
    assert not wrong, "\n".join(wrong)
    assert set(used) == {name for name, known in DIFFERENCES[oracle.name].items() if known.drawn}
    shares = Counter(
        (result.ok, needs_preflight(each.request)) for each, result in zip(bound, results, strict=True)
    )
    assert all(shares[key] > DRAWN / 10 for key in [(True, True), (True, False), (False, True)]), shares
