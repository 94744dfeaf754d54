"""What a browser sends and asks first. Expected values are the Fetch standard's."""

import pytest

from remediate.web.browser import (
    BrowserRequest,
    judge,
    needs_preflight,
    preflight_cache_seconds,
    preflight_for,
)
from remediate.web.http import Request, Response
from remediate.web.origin import OriginError

PAGE = "https://a.example"
API = "https://b.example/x"
ACAO = "Access-Control-Allow-Origin"
ACAC = "Access-Control-Allow-Credentials"
ACAM = "Access-Control-Allow-Methods"


def ask(method="GET", *headers, origin=PAGE, url=API, **more):
    return BrowserRequest(origin=origin, url=url, method=method, headers=headers, **more)


def preflighted(request, *headers, status=204):
    allow = (ACAO, PAGE), (ACAC, "true")
    return judge(request, Response(status, [*allow, *headers]), Response(200, allow))


# --- when a preflight happens (Fetch 2.2.2, 4.1)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("GET", False),
        ("get", False),
        ("HEAD", False),
        ("head", False),
        ("POST", False),
        ("Post", False),
        ("PUT", True),
        ("DELETE", True),
        ("OPTIONS", True),
        ("PATCH", True),
        ("CHICKEN", True),
    ],
)
def test_methods_that_need_a_preflight(method, expected):
    assert needs_preflight(ask(method)) is expected


@pytest.mark.parametrize(
    ("name", "value", "safe"),
    [
        ("Accept", "application/json", True),
        ("accept", "a" * 128, True),
        ("accept", "a" * 129, False),
        ("accept", "text/html;q=0.9,*/*", True),
        ("accept", 'a"b', False),
        ("accept", "a\tb", True),
        ("accept", "a\x01b", False),
        ("accept", "a\x7fb", False),
        ("accept", "a\x80\xffb", True),  # only bytes below 0x20, 0x7F and the listed marks are unsafe
        *(("accept", f"a{mark}b", False) for mark in "():<>?@[\\]{}"),
        ("accept", "", True),
        ("Accept-Language", "de-DE, en;q=0.5, *", True),
        ("accept-language", "de_DE", False),
        ("accept-language", "a\tb", False),
        ("Content-Language", "en", True),
        ("content-language", "en/us", False),
        ("Content-Type", "text/plain", True),
        ("content-type", "text/plain;charset=UTF-8", True),
        ("content-type", " TEXT/Plain ; charset=x", True),
        ("content-type", "text/plain;", True),
        ("content-type", "text/plain; a=b, c", True),  # parameters do not count
        ("content-type", 'text/plain;charset="utf-8"', False),  # the quote is an unsafe byte
        ("content-type", "multipart/form-data; boundary=x", True),
        ("content-type", "application/x-www-form-urlencoded", True),
        ("content-type", "application/json", False),
        ("content-type", "application/json, text/plain", False),
        ("content-type", "text/plain, text/plain", False),  # no token before the ';'
        ("content-type", "text/plain charset=utf-8", False),
        ("content-type", "text", False),
        ("content-type", "/plain", False),
        ("content-type", "text/", False),
        ("content-type", "", False),
        ("content-type", f"text/plain;{'a' * 117}", True),  # 128 bytes
        ("content-type", f"text/plain;{'a' * 118}", False),
        ("Range", "bytes=0-", True),
        ("range", "bytes=0-499", True),
        ("range", "bytes=5-5", True),
        ("range", "bytes=6-5", False),
        ("range", "bytes=-500", False),
        ("range", "bytes=-", False),
        ("range", "bytes=0-1,3-4", False),
        ("range", "bytes = 0-1", False),
        ("range", "bytes=0 - 1", False),
        ("range", "Bytes=0-1", False),
        ("range", "items=0-1", False),
        ("range", "bytes=0-1x", False),
        ("range", "bytes=0-\xb2", False),  # ASCII digits only
        ("Authorization", "Basic YTpi", False),
        ("X-Api-Key", "k", False),
        ("Cache-Control", "no-cache", False),
        ("Last-Event-ID", "1", False),
        ("If-None-Match", "x", False),
        ("User-Agent", "x", False),
    ],
)
def test_safelisted_request_headers(name, value, safe):
    request = ask("GET", (name, value))
    assert needs_preflight(request) is not safe
    names = preflight_for(request).get("access-control-request-headers")
    assert names == (None if safe else name.lower())


def test_more_than_1024_bytes_of_safe_values_make_all_of_them_unsafe():
    headers = [(name, "a" * 128) for name in ["accept", "accept-language", "content-language"] * 3]
    assert not needs_preflight(ask("GET", *headers[:8]))  # 1024 exactly
    request = ask("GET", *headers)
    assert needs_preflight(request)
    assert (
        preflight_for(request).get("access-control-request-headers")
        == "accept,accept-language,content-language"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            (name, "x")
            for name in ["Cookie", "Origin", "host", "Referer", "DNT", "Via", "Set-Cookie", "date"]
        ),
        ("Sec-Anything", "x"),
        ("Proxy-Authorization", "x"),
        ("Access-Control-Request-Method", "PUT"),
        ("X-HTTP-Method-Override", "TRACE"),
        ("x-http-method", "GET, connect"),
        ("X-Method-Override", "track ,GET"),
    ],
)
def test_forbidden_headers_are_dropped_and_cause_nothing(name, value):
    request = ask("GET", (name, value))
    assert not needs_preflight(request)
    assert preflight_for(request).get("access-control-request-headers") is None
    assert judge(request, None, Response(200, [(ACAO, "*")])).allowed


@pytest.mark.parametrize("value", ["DELETE", "TRACES", '"TRACE"', '"a,TRACE,b"'])
def test_a_method_override_that_is_not_forbidden_needs_a_preflight(value):
    assert needs_preflight(ask("GET", ("X-HTTP-Method-Override", value)))


def test_an_upload_listener_forces_a_preflight_that_needs_no_list():
    request = ask("POST", upload_listener=True)
    assert needs_preflight(request)
    assert preflight_for(request).get("access-control-request-headers") is None
    assert preflighted(request).allowed
    assert preflighted(ask("PUT", upload_listener=True)).allowed  # Fetch 4.8: absent list, flag set
    assert not preflighted(ask("PUT", upload_listener=True), (ACAM, "GET")).allowed
    assert not preflighted(ask("PUT")).allowed


# --- the preflight itself (Fetch 4.8)


def test_the_preflight_is_what_a_browser_sends():
    request = ask(
        "patch",
        ("X-B", "1"),
        ("Content-Type", "application/json"),
        ("x-a", "2"),
        ("X-b", "3"),
        ("Accept", "text/plain"),
        url="https://B.example:443/items/ä?q=a b&r='#part",
        credentials=True,
    )
    assert preflight_for(request) == Request(
        "OPTIONS",
        "/items/%C3%A4?q=a%20b&r=%27",
        [
            ("Accept", "*/*"),
            ("Origin", PAGE),
            ("Access-Control-Request-Method", "patch"),
            ("Access-Control-Request-Headers", "content-type,x-a,x-b"),
        ],
    )


@pytest.mark.parametrize(
    ("method", "sent"), [("put", "PUT"), ("Delete", "DELETE"), ("patch", "patch"), ("x", "x")]
)
def test_only_six_methods_are_upper_cased(method, sent):
    assert preflight_for(ask(method)).get("access-control-request-method") == sent


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://b.example", "/"),
        ("https://b.example?x=1", "/?x=1"),
        ("https://b.example/a/../b/./c", "/b/c"),
        ("https://b.example/a%2Fb?c=%20", "/a%2Fb?c=%20"),
        ("https://b.example\\a", "/a"),
    ],
)
def test_the_path_is_the_browsers(url, path):
    assert preflight_for(ask(url=url)).path == path


# --- what script may not even ask (Fetch 2.2.1, 5.4)


@pytest.mark.parametrize("method", ["CONNECT", "trace", "Track", "", "A B", "GET\n", "é"])
def test_methods_that_script_cannot_use(method):
    request = ask(method)
    assert not needs_preflight(request)
    verdict = judge(request, Response(200, [(ACAO, "*")]), Response(200, [(ACAO, "*")]))
    assert not verdict.allowed
    assert "nothing is sent" in verdict.reason


@pytest.mark.parametrize(
    ("name", "value"), [("", "x"), ("a b", "x"), ("x:", "x"), ("x", "a\nb"), ("x", "\x00"), ("x", "日")]
)
def test_headers_that_script_cannot_set(name, value):
    verdict = judge(ask("GET", (name, value)), None, Response(200, [(ACAO, "*")]))
    assert not verdict.allowed
    assert "nothing is sent" in verdict.reason


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        ("https://a.example/", API),
        ("a.example", API),
        ("*", API),
        ("", API),
        (PAGE, "/x"),
        (PAGE, "ftp://b.example/"),
        (PAGE, "https:///x"),
        (PAGE, "https://me:secret@b.example/"),
    ],
)
def test_no_browser_sends_these(origin, url):
    with pytest.raises(OriginError):
        ask(origin=origin, url=url)


# --- the preflight cache (Fetch 4.8; caps of the browsers)


@pytest.mark.parametrize(
    ("value", "chromium", "firefox", "safari"),
    [
        (None, 5, 5, 5),
        ("0", 0, 0, 0),
        ("-1", 0, 0, 0),
        ("600", 600, 600, 600),
        ("601", 601, 601, 600),
        ("7201", 7200, 7201, 600),
        ("86401", 7200, 86400, 600),
        ("0060", 60, 60, 60),
        ("9" * 5000, 7200, 86400, 600),
        ("x", 5, 0, 5),
        ("600, 0", 5, 0, 5),
        ("1e3", 5, 0, 5),
    ],
)
def test_preflight_cache_seconds(value, chromium, firefox, safari):
    answer = Response(204, [] if value is None else [("Access-Control-Max-Age", value)])
    assert preflight_cache_seconds(answer) == chromium
    assert preflight_cache_seconds(answer, "firefox") == firefox
    assert preflight_cache_seconds(answer, "safari") == safari
