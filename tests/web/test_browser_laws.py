"""Laws of the browser's side that hold for any request and any answer."""

from hypothesis import given
from hypothesis import strategies as st

from remediate.web.browser import BrowserRequest, follow, judge, preflight_for
from remediate.web.http import Response

PAGE = "https://a.example"
API = "https://b.example/x"
ACAO = "Access-Control-Allow-Origin"
ACAC = "Access-Control-Allow-Credentials"
ACAM = "Access-Control-Allow-Methods"
ACAH = "Access-Control-Allow-Headers"
ACEH = "Access-Control-Expose-Headers"


# --- laws

NAMES = st.sampled_from(
    [
        "accept",
        "Content-Type",
        "content-language",
        "Range",
        "Authorization",
        "X-A",
        "x-b",
        "Cookie",
        "Sec-X",
        "a b",
        "é",
    ]
)
BYTES = st.binary(max_size=12).map(lambda value: value.decode("latin-1"))
PAIRS = st.lists(st.tuples(NAMES, BYTES), max_size=6)
RESPONSE_NAMES = st.sampled_from([ACAO, ACAC, ACAM, ACAH, ACEH, "Location", "Set-Cookie", "X-A", "\x00"])
RESPONSE_VALUES = st.one_of(
    BYTES,
    st.text(max_size=12),
    st.sampled_from(["*", PAGE, "true", "PUT", "*, x-a", "https://[", "//c.example"]),
)
RESPONSES = st.builds(
    Response,
    st.one_of(st.sampled_from([0, 200, 204, 301, 304, 307, 403, 407]), st.integers(-1, 1000)),
    st.lists(st.tuples(RESPONSE_NAMES, RESPONSE_VALUES), max_size=6),
)
REQUESTS = st.builds(
    BrowserRequest,
    origin=st.sampled_from([PAGE, "null", "http://localhost:3000"]),
    url=st.sampled_from([API, "https://a.example/x", "http://b.example"]),
    method=st.one_of(st.sampled_from(["GET", "put", "PATCH", "TRACE"]), st.text(max_size=3)),
    headers=PAIRS,
    credentials=st.booleans(),
    upload_listener=st.booleans(),
)


@given(REQUESTS, st.one_of(st.none(), RESPONSES), RESPONSES)
def test_judge_never_raises_and_always_says_why(request, preflight, actual):
    verdict = judge(request, preflight, actual)
    assert verdict.reason.endswith((".", ")"))
    assert list(verdict.exposed) == sorted(set(verdict.exposed))
    assert {"set-cookie", "set-cookie2"}.isdisjoint(verdict.exposed)
    assert verdict.allowed or not verdict.exposed
    if verdict.allowed:
        assert follow(request, preflight, actual) is None


@given(REQUESTS)
def test_preflight_names_are_lower_case_sorted_and_each_once(request):
    value = preflight_for(request).get("access-control-request-headers")
    names = value.split(",") if value else []
    assert names == sorted({name.lower() for name in names})
    assert "cookie" not in names


@given(REQUESTS, RESPONSES)
def test_a_verdict_does_not_depend_on_the_case_of_header_names(request, actual):
    upper = Response(actual.status, [(name.upper(), value) for name, value in actual.headers])
    assert judge(request, actual, actual) == judge(request, upper, upper)


@given(REQUESTS, RESPONSES)
def test_credentials_never_help(request, actual):
    """What passes with credentials passes without (the standard only takes wildcards away)."""
    with_cookies = BrowserRequest(
        request.origin, request.url, request.method, request.headers, credentials=True
    )
    without = BrowserRequest(request.origin, request.url, request.method, request.headers)
    if judge(with_cookies, actual, actual).allowed and actual.get(ACAH) is None:
        assert judge(without, actual, actual).allowed
