"""What script gets to see: the CORS check, the preflight's answer, exposure. Values are the standard's."""

import pytest

from remediate.web.browser import BrowserRequest, follow, judge, needs_preflight
from remediate.web.http import Response

PAGE = "https://a.example"
API = "https://b.example/x"
ACAO = "Access-Control-Allow-Origin"
ACAC = "Access-Control-Allow-Credentials"
ACAM = "Access-Control-Allow-Methods"
ACAH = "Access-Control-Allow-Headers"
ACEH = "Access-Control-Expose-Headers"


def ask(method="GET", *headers, origin=PAGE, url=API, **more):
    return BrowserRequest(origin=origin, url=url, method=method, headers=headers, **more)


def simple(value, *more, origin=PAGE, credentials=False, status=200):
    answer = Response(status, [] if value is None else [(ACAO, value), *more])
    return judge(ask(origin=origin, credentials=credentials), None, answer)


def preflighted(request, *headers, status=204):
    allow = (ACAO, PAGE), (ACAC, "true")
    return judge(request, Response(status, [*allow, *headers]), Response(200, allow))


# --- the CORS check (Fetch 4.10)


@pytest.mark.parametrize(
    ("value", "allowed", "says"),
    [
        ("*", True, "'*'"),
        (PAGE, True, PAGE),
        (f" \t{PAGE} ", True, PAGE),
        (None, False, "no Access-Control-Allow-Origin"),
        ("", False, "empty"),
        (f"{PAGE}/", False, "trailing slash"),
        (f"{PAGE}/x", False, "path"),
        (f"{PAGE}:443", False, "default port"),
        (f"{PAGE}:8443", False, "port"),
        ("https://A.example", False, "case"),
        ("http://a.example", False, "scheme makes them differ (http, not https)"),
        ("a.example", False, "scheme is missing"),
        ("https://*.example", False, "no patterns"),
        ("https://a.*", False, "no patterns"),
        ("'*'", False, "quotes"),
        (f"'{PAGE}'", False, "quotes"),
        (f'"{PAGE}"', False, "quotes"),
        ("null", False, "different origins"),
        ("https://b.example", False, "different origins"),
        (f"{PAGE}, https://b.example", False, "not a list"),
        (f"{PAGE} https://b.example", False, "not a list"),
        ("*, *", False, "not a list"),
        ("**", False, "no patterns"),
    ],
)
def test_allow_origin(value, allowed, says):
    verdict = simple(value)
    assert verdict.allowed is allowed
    assert says in verdict.reason


def test_the_reason_names_header_value_and_wanted_value():
    assert simple(f"{PAGE}/").reason == (
        "Access-Control-Allow-Origin is 'https://a.example/' but the page's origin is 'https://a.example': "
        "the trailing slash makes them differ."
    )


@pytest.mark.parametrize("values", [("*", "*"), (PAGE, PAGE), (PAGE, ""), ("", PAGE), ("*", PAGE)])
def test_two_allow_origin_headers_never_pass_even_when_equal(values):
    answer = Response(200, [(ACAO, values[0]), (ACAO.lower(), values[1])])
    verdict = judge(ask(), None, answer)
    assert not verdict.allowed
    assert "sent 2 times" in verdict.reason


@pytest.mark.parametrize(
    ("origin", "value", "allowed"),
    [
        ("null", "null", True),
        ("null", "*", True),
        ("null", "NULL", False),
        ("null", PAGE, False),
        ("http://localhost:3000", "http://localhost:3000", True),
        ("http://localhost:3000", "http://localhost", False),
        ("http://localhost:3000", "http://127.0.0.1:3000", False),
        ("capacitor://localhost", "capacitor://localhost", True),
        ("chrome-extension://abcdef", "*", True),
        ("HTTPS://A.example:443", PAGE, True),  # the page's origin in any spelling
    ],
)
def test_other_origins(origin, value, allowed):
    assert simple(value, origin=origin).allowed is allowed


@pytest.mark.parametrize(
    ("value", "credentials", "allowed", "says"),
    [
        (PAGE, "true", True, "'true'"),
        (PAGE, " true\t", True, "'true'"),
        (PAGE, None, False, "no Access-Control-Allow-Credentials"),
        (PAGE, "True", False, "'True'"),
        (PAGE, "TRUE", False, "exactly 'true'"),
        (PAGE, "1", False, "exactly 'true'"),
        (PAGE, "true, true", False, "exactly 'true'"),
        (PAGE, "'true'", False, "exactly 'true'"),
        (PAGE, "", False, "exactly 'true'"),
        ("*", "true", False, "refuses for a request with credentials"),
    ],
)
def test_credentials(value, credentials, allowed, says):
    more = [] if credentials is None else [(ACAC, credentials)]
    verdict = simple(value, *more, credentials=True)
    assert verdict.allowed is allowed
    assert says in verdict.reason


def test_without_credentials_the_credentials_header_does_not_count():
    assert simple("*", (ACAC, "nonsense")).allowed


@pytest.mark.parametrize("status", [200, 204, 206, 299, 400, 401, 403, 404, 418, 500, 503, 599, 300, 304])
def test_any_status_of_the_actual_response_is_shared(status):
    assert simple("*", status=status).allowed
    assert not simple(None, status=status).allowed


@pytest.mark.parametrize("status", [407, 101, 0])
def test_what_script_never_sees(status):
    verdict = simple("*", status=status)
    assert not verdict.allowed
    assert str(status) in verdict.reason


def test_a_304_updates_the_stored_response_and_is_not_checked_itself():
    stored = Response(200, [(ACAO, "*"), ("ETag", "1"), (ACEH, "etag")])
    plain = Response(304, [("ETag", "2")])
    verdict = judge(ask(stored=stored), None, plain)
    assert verdict.allowed
    assert verdict.exposed == ("etag",)
    assert not judge(ask(stored=stored), None, Response(304, [(ACAO, "https://c.example")])).allowed
    # script that asks conditionally itself gets the 304, and the check applies to it
    asked = ask("GET", ("If-None-Match", "1"), stored=stored)
    allow = Response(204, [(ACAO, "*"), (ACAH, "if-none-match")])
    assert not judge(asked, allow, plain).allowed
    assert not judge(ask(), None, plain).allowed


# --- the preflight's answer (Fetch 4.8)


@pytest.mark.parametrize("status", [200, 201, 204, 206, 299])
def test_ok_statuses(status):
    assert preflighted(ask("PUT"), (ACAM, "PUT"), status=status).allowed


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 400, 401, 403, 404, 405, 500, 502])
def test_other_statuses_fail_whatever_the_headers_say(status):
    verdict = preflighted(ask("PUT"), (ACAM, "PUT"), status=status)
    assert not verdict.allowed
    assert f"answered {status}" in verdict.reason
    assert "200-299" in verdict.reason


def test_the_sentence_about_a_403():
    verdict = judge(ask("PUT"), Response(403), Response(200))
    assert verdict.reason == "The preflight was answered 403; a browser accepts only 200-299."


def test_a_redirected_preflight_says_where_to():
    answer = Response(301, [("Location", "https://c.example/x"), (ACAO, "*")])
    verdict = judge(ask("PUT"), answer, Response(200, [(ACAO, "*")]))
    assert "https://c.example/x" in verdict.reason
    assert "does not follow" in verdict.reason
    assert follow(ask("PUT"), answer, Response(200, [(ACAO, "*")])) is None


def test_no_preflight_given_although_needed():
    verdict = judge(ask("PUT", ("x-a", "1")), None, Response(200, [(ACAO, "*")]))
    assert not verdict.allowed
    assert "needs a preflight (method PUT; header x-a)" in verdict.reason


def test_a_preflight_given_although_not_needed_is_ignored():
    assert judge(ask(), Response(500), Response(200, [(ACAO, "*")])).allowed


def test_both_answers_are_checked():
    allow = Response(204, [(ACAO, "*"), (ACAM, "PUT")])
    assert judge(ask("PUT"), allow, Response(200, [(ACAO, "*")])).allowed
    first = judge(ask("PUT"), Response(204, [(ACAM, "PUT")]), Response(200, [(ACAO, "*")]))
    second = judge(ask("PUT"), allow, Response(200))
    assert not first.allowed
    assert first.reason.startswith("The preflight's answer fails: There is no")
    assert not second.allowed
    assert second.reason.startswith("The preflight passed, but not the answer to the request: There is no")


def test_the_preflight_is_checked_with_the_requests_credentials():
    wild = Response(204, [(ACAO, "*"), (ACAM, "PUT")])
    fine = Response(200, [(ACAO, PAGE), (ACAC, "true")])
    assert not judge(ask("PUT", credentials=True), wild, fine).allowed
    bare = Response(204, [(ACAO, PAGE), (ACAM, "PUT")])
    assert not judge(ask("PUT", credentials=True), bare, fine).allowed
    full = Response(204, [(ACAO, PAGE), (ACAC, "true"), (ACAM, "PUT")])
    assert judge(ask("PUT", credentials=True), full, fine).allowed


@pytest.mark.parametrize(
    ("method", "lists", "credentials", "allowed", "says"),
    [
        ("PUT", ["PUT"], False, True, ""),
        ("PUT", ["GET,PUT"], False, True, ""),
        ("PUT", ["GET , PUT\t,"], False, True, ""),
        ("PUT", [",, PUT"], False, True, ""),
        ("PUT", ["GET", "PUT"], False, True, ""),
        ("PUT", [], False, False, "no Access-Control-Allow-Methods"),
        ("PUT", [""], False, False, "must be listed"),
        ("PUT", ["GET, POST"], False, False, "the page sends PUT"),
        ("PUT", ["put"], False, False, "case-sensitive"),
        ("put", ["PUT"], False, True, ""),
        ("patch", ["PATCH"], False, False, "case-sensitive"),
        ("patch", ["patch"], False, True, ""),
        ("PATCH", ["patch"], False, False, "case-sensitive"),
        ("PUT", ["*"], False, True, ""),
        ("PUT", ["GET, *"], False, True, ""),
        ("PUT", ["*"], True, False, "only a name"),
        ("PUT", ["*, PUT"], True, True, ""),
        ("*", ["*"], True, True, ""),
        ("PUT", ["GET PUT"], False, False, "'GET PUT' is no name"),
        ("PUT", ["'PUT'"], False, False, "must be listed"),  # quotes are token characters
        ("PUT", ['"PUT"'], False, False, "is no name"),
        ("PUT", ["PUT;GET"], False, False, "is no name"),
        ("PUT", ["PUT", "GET POST"], False, False, "is no name"),
        ("GET", [], False, True, ""),
        ("GET", ["PUT"], False, True, ""),
        ("POST", ["PUT"], True, True, ""),
        ("HEAD", ["DELETE"], False, True, ""),
        ("GET", ["a b"], False, False, "is no name"),
        ("OPTIONS", ["GET"], False, False, "OPTIONS must be listed"),
    ],
)
def test_allow_methods(method, lists, credentials, allowed, says):
    request = ask(method, ("x-a", "1"), credentials=credentials)
    verdict = preflighted(request, (ACAH, "x-a"), *((ACAM, value) for value in lists))
    assert verdict.allowed is allowed
    assert says in verdict.reason


@pytest.mark.parametrize(
    ("sent", "lists", "credentials", "allowed", "says"),
    [
        (["X-A"], ["x-a"], False, True, ""),
        (["x-a"], ["X-A"], False, True, ""),
        (["x-a", "x-b"], ["x-b,x-a"], False, True, ""),
        (["x-a", "x-b"], ["x-b", "x-a"], False, True, ""),
        (["x-a"], [",x-a ,, y"], False, True, ""),
        (["x-a", "x-b", "x-c"], ["x-b"], False, False, "sends x-a, x-c"),
        (["x-a"], [], False, False, "no Access-Control-Allow-Headers"),
        (["x-a"], [""], False, False, "must be listed"),
        (["x-a"], ["*"], False, True, ""),
        (["x-a"], ["*"], True, False, "only a name"),
        (["x-a"], ["*, x-a"], True, True, ""),
        (["*"], ["*"], True, True, ""),
        (["x-a"], ["x-*"], False, False, "sends x-a"),
        (["authorization"], ["Authorization"], False, True, ""),
        (["authorization"], ["*, authorization"], False, True, ""),
        (["authorization"], ["*"], True, False, "only a name"),
        (["authorization"], [], False, False, "authorization"),
        (["x-a"], ["x-a x-b"], False, False, "'x-a x-b' is no name"),
        (["x-a"], ["x-a;x-b"], False, False, "is no name"),
        (["x-a"], ["x-a", "(x)"], False, False, "'(x)' is no name"),
        (["x-a"], ["x-a, \xe9"], False, False, "is no name"),
    ],
)
def test_allow_headers(sent, lists, credentials, allowed, says):
    request = ask("GET", *((name, "1") for name in sent), credentials=credentials)
    verdict = preflighted(request, *((ACAH, value) for value in lists))
    assert verdict.allowed is allowed
    assert says in verdict.reason


def test_a_wildcard_does_not_cover_authorization_though_browsers_are_lenient():
    verdict = preflighted(ask("GET", ("Authorization", "x"), ("x-a", "1")), (ACAH, "*"))
    assert not verdict.allowed
    assert "list it by its name" in verdict.reason
    assert "Chromium 156 and Firefox 153 still let it pass" in verdict.reason


# --- what script may read (Fetch 2.2.6, 4.1)


@pytest.mark.parametrize(
    ("expose", "credentials", "expected"),
    [
        ([], False, ["cache-control", "content-type"]),
        (["ETag"], False, ["cache-control", "content-type", "etag"]),
        (["etag , X-ID,,"], False, ["cache-control", "content-type", "etag", "x-id"]),
        (["etag", "x-id"], False, ["cache-control", "content-type", "etag", "x-id"]),
        (["x-absent"], False, ["cache-control", "content-type"]),
        (["*"], False, [ACAC, ACAO, "cache-control", "content-type", ACEH, "etag", "x-id"]),
        (["*"], True, ["cache-control", "content-type"]),
        (["*, etag"], True, ["cache-control", "content-type", "etag"]),
        (["etag x-id"], False, ["cache-control", "content-type"]),  # does not parse: nothing is exposed
        (["set-cookie, etag"], False, ["cache-control", "content-type", "etag"]),
        ([ACAO], False, [ACAO, "cache-control", "content-type"]),
    ],
)
def test_exposed(expose, credentials, expected):
    answer = Response(
        200,
        [
            (ACAO, PAGE),
            (ACAC, "true"),
            ("X-Id", "1"),
            ("ETag", "x"),
            ("Content-Type", "a/b"),
            ("Cache-Control", "no-store"),
            ("Set-Cookie", "a=b"),
            ("X-Id", "2"),
            *((ACEH, value) for value in expose),
        ],
    )
    verdict = judge(ask(credentials=credentials), None, answer)
    assert verdict.exposed == tuple(sorted(name.lower() for name in expected))


def test_all_seven_safelisted_response_headers():
    names = [
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    ]
    verdict = simple("*", *((name.title(), "x") for name in [*names, "age", "date", "vary"]))
    assert verdict.exposed == tuple(names)


def test_a_blocked_response_exposes_nothing():
    assert simple(None).exposed == ()


# --- same origin (Fetch 4.1)


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        (PAGE, "https://a.example/x"),
        (PAGE, "HTTPS://A.EXAMPLE:443/x?y"),
        ("http://localhost:3000", "http://localhost:3000/"),
        ("https://xn--bcher-kva.example", "https://bücher.example/"),
    ],
)
def test_the_same_origin_needs_nothing(origin, url):
    request = ask("PUT", ("x-a", "1"), origin=origin, url=url, credentials=True)
    assert not needs_preflight(request)
    verdict = judge(request, None, Response(500, [("X-Id", "1"), ("Set-Cookie", "a"), ("set-cookie2", "b")]))
    assert verdict.allowed
    assert verdict.exposed == ("x-id",)
    assert "same origin" in verdict.reason


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        (PAGE, "http://a.example/"),
        (PAGE, "https://a.example:8443/"),
        (PAGE, "https://www.a.example/"),
        ("null", "https://a.example/"),
        ("http://localhost:3000", "http://127.0.0.1:3000/"),
    ],
)
def test_everything_else_is_another_origin(origin, url):
    assert not judge(ask(origin=origin, url=url), None, Response(200)).allowed
