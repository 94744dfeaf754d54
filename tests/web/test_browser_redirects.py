"""Redirects, hop by hop. Expected values are the Fetch standard's."""

import pytest

from remediate.web.browser import BrowserRequest, follow, judge, needs_preflight, preflight_for, sent_origin
from remediate.web.http import Response

PAGE = "https://a.example"
API = "https://b.example/x"
ACAO = "Access-Control-Allow-Origin"
ACAM = "Access-Control-Allow-Methods"
ACAH = "Access-Control-Allow-Headers"


def ask(method="GET", *headers, origin=PAGE, url=API, **more):
    return BrowserRequest(origin=origin, url=url, method=method, headers=headers, **more)


# --- redirects (Fetch 4.3, 4.4)


def moved(location, *, status=302, shared=True):
    return Response(status, [("Location", location), *([(ACAO, "*")] if shared else [])])


def test_a_redirect_is_checked_before_it_is_followed():
    verdict = judge(ask(), None, moved("https://b.example/y", shared=False))
    assert "no Access-Control-Allow-Origin" in verdict.reason
    assert follow(ask(), None, moved("https://b.example/y", shared=False)) is None


def test_a_redirect_is_not_yet_a_response():
    verdict = judge(ask(), None, moved("/y?z"))
    assert not verdict.allowed
    assert "goes on to GET https://b.example/y?z with Origin 'https://a.example'" in verdict.reason
    after = follow(ask(), None, moved("/y?z"))
    assert after == ask(url="https://b.example/y?z", via=[API])
    assert judge(after, None, Response(200, [(ACAO, PAGE)])).allowed


def test_from_one_other_origin_to_another_the_origin_becomes_null():
    request = ask(url="http://b.example/x")
    after = follow(request, None, moved("https://b.example/x", status=301))
    assert sent_origin(after) == "null"
    assert "Origin 'null'" in judge(request, None, moved("https://b.example/x", status=301)).reason
    assert not judge(after, None, Response(200, [(ACAO, PAGE)])).allowed
    assert judge(after, None, Response(200, [(ACAO, "null")])).allowed
    assert judge(after, None, Response(200, [(ACAO, "*")])).allowed


def test_from_the_pages_own_origin_the_origin_stays():
    request = ask(url="https://a.example/x")
    after = follow(request, None, moved(API, shared=False))
    assert sent_origin(after) == PAGE
    assert not judge(after, None, Response(200)).allowed
    assert judge(after, None, Response(200, [(ACAO, PAGE)])).allowed


def test_back_home_the_response_still_needs_to_be_shared():
    after = follow(ask(), None, moved("https://a.example/x"))
    assert sent_origin(after) == "null"
    assert not judge(after, None, Response(200)).allowed
    assert judge(after, None, Response(200, [(ACAO, "null")])).allowed


def test_a_redirect_within_the_page_origin_needs_nothing():
    request = ask("PUT", url="https://a.example/x")
    after = follow(request, None, moved("/y", shared=False))
    assert judge(after, None, Response(200)).allowed


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 301, "PUT"),
        ("PUT", 302, "PUT"),
        ("PUT", 303, "GET"),
        ("HEAD", 303, "HEAD"),
        ("put", 307, "PUT"),
    ],
)
def test_the_method_after_a_redirect(method, status, expected):
    request = ask(method, ("Content-Type", "text/plain"), ("X-A", "1"))
    allow = Response(204, [(ACAO, "*"), (ACAM, "*"), (ACAH, "*")])
    after = follow(request, allow, moved("/y", status=status))
    assert after.method == expected
    kept = method.upper() == expected
    assert after.headers == ((("Content-Type", "text/plain"),) if kept else ()) + (("X-A", "1"),)


def test_authorization_goes_at_the_first_other_origin():
    request = ask("GET", ("Authorization", "x"), ("X-A", "1"))
    allow = Response(204, [(ACAO, "*"), (ACAH, "authorization,x-a")])
    assert follow(request, allow, moved("/y")).headers == request.headers
    assert follow(request, allow, moved("https://c.example/y")).headers == (("X-A", "1"),)


def test_the_next_hop_has_a_preflight_of_its_own():
    request = ask("PUT")
    allow = Response(204, [(ACAO, "*"), (ACAM, "PUT")])
    assert "after a preflight of its own" in judge(request, allow, moved("/y", status=307)).reason
    after = follow(request, allow, moved("https://c.example/y", status=307))
    assert needs_preflight(after)
    assert preflight_for(after).get("origin") == "null"


@pytest.mark.parametrize(
    "location",
    [
        "ftp://c.example/",
        "data:text/plain,x",
        "https://me:secret@b.example/",
        "https://",
        "http://[",
        "https://c d/",
    ],
)
def test_redirects_that_fail(location):
    verdict = judge(ask(), None, moved(location))
    assert not verdict.allowed
    assert "redirect (302)" in verdict.reason
    assert follow(ask(), None, moved(location)) is None


def test_a_redirect_within_the_page_origin_may_contain_credentials():
    """Fetch 4.4: they end it where the response is shared by CORS or the origin differs, and else not."""
    at_home = ask(url=f"{PAGE}/x")
    location = PAGE.replace("https://", "https://me:secret@") + "/y"
    assert follow(at_home, None, moved(location, shared=False)).url == f"{PAGE}/y"
    other = "https://me:secret@b.example/"
    assert follow(at_home, None, moved(other, shared=False)) is None
    assert "user name" in judge(at_home, None, moved(other, shared=False)).reason
    back_home = ask(url=API, via=(f"{PAGE}/x",))
    assert follow(back_home, None, moved(location)) is None


def test_the_21st_redirect_fails():
    via = [f"https://b.example/{number}" for number in range(20)]
    assert follow(ask(via=via[:19]), None, moved("/y")) is not None
    assert follow(ask(via=via), None, moved("/y")) is None
    assert "21st" in judge(ask(via=via), None, moved("/y")).reason


@pytest.mark.parametrize(
    ("status", "headers"), [(302, []), (300, [("Location", "/y")]), (304, [("Location", "/y")])]
)
def test_what_is_no_redirect_is_a_response(status, headers):
    answer = Response(status, [(ACAO, "*"), *headers])
    assert follow(ask(), None, answer) is None
    assert judge(ask(), None, answer).allowed
