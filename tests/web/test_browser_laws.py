"""Laws of the browser's side that hold for any request and any answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from hypothesis import event, given
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


# Answers of a server that has CORS configured, most of which let the page in.
ORDERLY = st.builds(
    lambda status, origin, credentials, methods, headers, exposed: Response(
        status,
        [
            (ACAO, origin),
            *([(ACAC, credentials)] if credentials else []),
            (ACAM, methods),
            *([(ACAH, headers)] if headers else []),
            *([(ACEH, exposed)] if exposed else []),
            ("X-A", "1"),
        ],
    ),
    st.sampled_from([200, 204]),
    st.sampled_from([PAGE, PAGE, "*", "https://c.example"]),
    st.sampled_from(["", "true", "false"]),
    st.sampled_from(["*", "PUT, PATCH", "PUT"]),
    st.sampled_from(["", "*", "x-a, x-b, authorization", "x-a"]),
    st.sampled_from(["", "*", "x-a"]),
)
CROSS_ORIGIN = st.builds(
    BrowserRequest,
    origin=st.just(PAGE),
    url=st.just(API),
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH"]),
    headers=st.lists(
        st.sampled_from([("X-A", "1"), ("x-b", "1"), ("Authorization", "t")]), max_size=2, unique=True
    ),
    credentials=st.booleans(),
)
# The same with everything that a request with credentials needs, but for what its headers ask.
LETTING_IN = st.builds(
    lambda headers, exposed: Response(
        200, [(ACAO, PAGE), (ACAC, "true"), (ACAM, "PUT, PATCH"), (ACAH, headers), (ACEH, exposed)]
    ),
    st.sampled_from(["x-a, x-b, authorization", "x-a, authorization", "*"]),
    st.sampled_from(["*", "x-a"]),
)
CASES = st.one_of(
    st.tuples(CROSS_ORIGIN, LETTING_IN, LETTING_IN),
    st.tuples(CROSS_ORIGIN, LETTING_IN, ORDERLY),
    st.tuples(CROSS_ORIGIN, ORDERLY, ORDERLY),
    st.tuples(CROSS_ORIGIN, ORDERLY).map(lambda case: (*case, case[1])),
    st.tuples(REQUESTS, RESPONSES, RESPONSES),
)
SHARE = 0.1
"""At least one draw in ten must reach what a law says; with fewer, the law would hold of nothing."""


@dataclass
class Bites:
    """Counts the draws of one law, and those in which its condition holds."""

    drawn: int = 0
    reached: int = 0

    def count(self, *, reached: bool) -> bool:
        self.drawn += 1
        self.reached += reached
        event("the law bites" if reached else "the law says nothing")
        return reached

    @contextmanager
    def stated(self) -> Iterator[None]:
        """Run the law, and check how often it was reached."""
        yield
        assert self.drawn > 20
        assert self.reached >= SHARE * self.drawn, f"{self.reached} of {self.drawn} draws"


def is_cross_origin(request: BrowserRequest) -> bool:
    return request.url == API and request.origin == PAGE


def test_what_is_allowed_across_origins_is_no_redirect_and_exposes_no_cookie():
    bites = Bites()

    @given(CASES)
    def law(case):
        request, preflight, actual = case
        verdict = judge(request, preflight, actual)
        if bites.count(reached=verdict.allowed and is_cross_origin(request)):
            assert {"set-cookie", "set-cookie2"}.isdisjoint(verdict.exposed)
            assert follow(request, preflight, actual) is None

    with bites.stated():
        law()


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


def test_a_verdict_does_not_depend_on_the_case_of_header_names():
    bites = Bites()

    @given(CASES)
    def law(case):
        request, preflight, actual = case
        upper = [
            Response(answer.status, [(name.upper(), value) for name, value in answer.headers])
            for answer in (preflight, actual)
        ]
        verdict = judge(request, preflight, actual)
        bites.count(reached=verdict.allowed and is_cross_origin(request))
        assert judge(request, *upper) == verdict

    with bites.stated():
        law()


def test_credentials_never_help():
    """What passes with credentials passes without.

    The standard only takes wildcards away. `*` alone means the name `*` with credentials, which no request of
    these draws sends.
    """
    bites = Bites()

    @given(CASES)
    def law(case):
        request, preflight, actual = case
        with_cookies = replace(request, credentials=True)
        allowed = judge(with_cookies, preflight, actual).allowed
        if bites.count(reached=allowed and is_cross_origin(request)):
            assert judge(replace(request, credentials=False), preflight, actual).allowed

    with bites.stated():
        law()


def test_credentials_need_the_origin_by_name_and_the_word_true():
    """Fetch 4.9, "CORS check", steps 4 to 8."""
    bites = Bites()

    @given(CASES)
    def law(case):
        request, preflight, actual = case
        allowed = judge(replace(request, credentials=True), preflight, actual).allowed
        if bites.count(reached=allowed and is_cross_origin(request)):
            assert actual.get(ACAO) == request.origin
            assert actual.get(ACAC) == "true"

    with bites.stated():
        law()
