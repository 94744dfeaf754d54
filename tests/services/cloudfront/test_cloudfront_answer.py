"""What CloudFront would reply, and what its cache would do: recorded cases and the rules behind them."""

import json
from pathlib import Path
from typing import Any

import pytest

from remediate.services.cloudfront.answer import CacheRisk, answer, behavior_for, cache_verdict
from remediate.services.cloudfront.documents import (
    CACHE,
    ORIGIN_REQUEST,
    RESPONSE_HEADERS,
    PolicyType,
    pattern_of,
)
from remediate.web.http import Request, Response, Unknown
from tests.services.cloudfront.states import (
    ALL_VIEWER,
    CUSTOM_ORIGIN,
    DISABLED,
    EXCEPT_HOST,
    OPTIMIZED,
    S3_ORIGIN,
    SIMPLE_CORS,
    A,
    B,
    behavior,
    legacy,
    methods,
    policy_id,
    state,
)
from tests.services.cloudfront.world import CUSTOM, DOMAINS, cors, listed, response_headers_policy

CASES = json.loads((Path(__file__).parents[2] / "cases_aws" / "cloudfront.json").read_text("utf-8"))


def config(*found: Any, **more: Any) -> Any:
    return state(*found, **more).config


def get(path: str = "/x", *headers: tuple[str, str]) -> Request:
    return Request("GET", path, headers)


def preflight(origin: str = A, method: str = "PUT", path: str = "/x") -> Request:
    return Request("OPTIONS", path, [("Origin", origin), ("Access-Control-Request-Method", method)])


def sure(found: Any, request: Request, backend: Any = None) -> Response:
    made = answer(found, request, backend=backend)
    assert isinstance(made, Response)
    return made


def seen(found: Any, request: Request) -> Request:
    """The request as the origin gets it."""
    got = []

    def origin(sent: Request) -> Response:
        got.append(sent)
        return Response(200)

    sure(found, request, origin)
    return got[0]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_recorded(case: dict[str, Any]) -> None:
    request = Request(case["request"]["method"], case["request"]["path"], case["request"]["headers"])
    if "verdict" in case["expect"]:
        made = cache_verdict(case["config"], case["request"]["path"])
        assert not isinstance(made, Unknown)
        assert made.verdict == case["expect"]["verdict"]
    if "status" in case["expect"]:
        given = case["backend"]
        backend = Response(given["status"], given["headers"]) if isinstance(given, dict) else Response(given)
        reply = sure(case["config"], request, backend)
        assert reply.status == case["expect"]["status"]
        for name, value in case["expect"].get("headers", {}).items():
            assert reply.get(name) == value, name
        for name in case["expect"].get("headers_absent", ()):
            assert reply.get(name) is None, name


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/api/a/b", "/api/*"),
        ("/api", "*"),
        ("/API/x", "*"),
        ("/img/a.jpg", "img/*.jpg"),
        ("/img/b/c.jpg?x=/api/", "img/*.jpg"),
        ("/img/a.jpg.gz", "*"),
        ("/v1/x", "/v?/x"),
        ("/v12/x", "*"),
        ("", "*"),
    ],
)
def test_the_first_behavior_whose_pattern_matches(path: str, pattern: str) -> None:
    found = config(
        behavior(), *(behavior(PathPattern=one) for one in ("/api/*", "img/*.jpg", "/v?/x", "/api/*"))
    )
    assert pattern_of(behavior_for(found, path)) == pattern


def test_a_method_that_is_not_allowed_gets_cloudfronts_own_403() -> None:
    found = config(behavior(edge=SIMPLE_CORS))
    made = sure(found, preflight(), Response(200))
    assert made.status == 403
    assert made.get("access-control-allow-origin") is None


@pytest.mark.parametrize(
    ("one", "reaches"),
    [
        (legacy(), True),
        (legacy("Origin"), True),
        (legacy("*"), True),
        (behavior(DISABLED), False),
        (behavior(OPTIMIZED), False),
        (behavior(OPTIMIZED, CUSTOM_ORIGIN), True),
        (behavior(DISABLED, ALL_VIEWER), True),
        (behavior(DISABLED, EXCEPT_HOST), True),
        (behavior(policy_id(CACHE, "keyed")), True),
        (behavior(DISABLED, policy_id(ORIGIN_REQUEST, "without")), False),
    ],
)
def test_whether_origin_reaches_the_origin(one: Any, reaches: bool) -> None:
    sent = seen(config(one), get("/x", ("Origin", A)))
    assert (sent.get("origin") == A) is reaches


@pytest.mark.parametrize(
    ("one", "count"),
    [(behavior(DISABLED, CUSTOM_ORIGIN), 0), (behavior(DISABLED, S3_ORIGIN), 1), (legacy(), 1)],
)
def test_whether_the_preflights_method_reaches_the_origin(one: Any, count: int) -> None:
    sent = seen(config(one | {"AllowedMethods": methods(7)}), preflight())
    assert len(sent.all("access-control-request-method")) == count


def test_the_origin_gets_its_own_host_and_path() -> None:
    origins = listed([{"Id": "site", "DomainName": "www.example.com", "OriginPath": "/prod"}])
    sent = seen(
        config(behavior(DISABLED, EXCEPT_HOST), Origins=origins), get("/x?y", ("Host", "cdn.example"))
    )
    assert (sent.path, sent.all("host")) == ("/prod/x?y", ["www.example.com"])
    viewers = seen(
        config(behavior(DISABLED, ALL_VIEWER), Origins=origins), get("/x", ("Host", "cdn.example"))
    )
    assert viewers.all("host") == ["cdn.example"]


def test_a_custom_header_replaces_the_browsers_origin() -> None:
    hard = listed([{"HeaderName": "Origin", "HeaderValue": B}])
    origins = listed([{"Id": "site", "DomainName": "www.example.com", "CustomHeaders": hard}])
    sent = seen(config(behavior(DISABLED, ALL_VIEWER), Origins=origins), get("/x", ("Origin", A)))
    assert sent.all("origin") == [B]


@pytest.mark.parametrize("target", ["api", "fn"])
def test_a_viewers_host_at_api_gateway_or_a_lambda_url_is_403(target: str) -> None:
    found = config(behavior(DISABLED, ALL_VIEWER, TargetOriginId=target))
    assert sure(found, get("/x", ("Host", "cdn.example")), Response(200)).status == 403
    assert sure(found, get(), Response(200)).status == 403  # a viewer always sends a Host of its own
    assert sure(found, get("/x", ("Host", DOMAINS[target])), Response(200)).status == 200


@pytest.mark.parametrize(
    ("method", "sent"), [("GET", None), ("OPTIONS", None), ("PUT", "secret"), ("DELETE", "secret")]
)
def test_legacy_settings_take_authorization_off_reads(method: str, sent: str | None) -> None:
    found = config(legacy(AllowedMethods=methods(7)))
    assert seen(found, Request(method, "/x", [("Authorization", "secret")])).get("authorization") == sent


def edge(section: Any, *custom: str, removed: tuple[str, ...] = ()) -> Any:
    made = response_headers_policy("p", section, *custom)
    if removed:
        made["RemoveHeadersConfig"] = listed([{"Header": name} for name in removed])
    found = config(behavior(DISABLED, EXCEPT_HOST, AllowedMethods=methods(7)))
    found["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = "p"
    return found | {"policies": {"p": {RESPONSE_HEADERS.body: made}}}


def test_the_policys_headers_on_a_preflight_and_on_the_actual_response() -> None:
    found = edge(cors([A]) | {"AccessControlExposeHeaders": listed(["etag", "x-b"])}, "X-Custom")
    before = sure(found, preflight(), Response(204))
    assert before.status == 204
    assert dict(before.headers) == {
        "Access-Control-Allow-Origin": A,
        "Access-Control-Expose-Headers": "etag, x-b",
        "Access-Control-Allow-Methods": "GET, DELETE",
        "Access-Control-Allow-Headers": "X-Theirs",
        "Access-Control-Max-Age": "30",
        "Vary": "Origin",
        "X-Custom": "1",
    }
    real = sure(found, get("/x", ("Origin", A)), Response(500))
    assert real.status == 500
    assert real.get("access-control-allow-origin") == A
    assert real.get("access-control-allow-methods") is None
    assert sure(found, get(), Response(200)).get("access-control-allow-origin") is None


@pytest.mark.parametrize(
    ("entry", "origin", "shown"),
    [
        ("*", A, "*"),
        (A, A, A),
        (A, "https://A.example.com", None),
        (A, "http://a.example.com", None),
        ("https://*.example.com", A, A),
        ("https://*.example.com", "https://example.com", None),
        ("https://*.example.com", "https://x.a.example.com", None),
        ("https://*.example.com", "https://evilexample.com", None),
        ("a.example.com", A, A),
        (A, "null", None),
    ],
)
def test_which_origins_an_entry_covers(entry: str, origin: str, shown: str | None) -> None:
    made = sure(edge(cors([entry])), get("/x", ("Origin", origin)), Response(200))
    assert made.get("access-control-allow-origin") == shown


def test_override_decides_whose_header_wins() -> None:
    theirs = Response(200, [("access-control-allow-origin", "*"), ("Access-Control-Allow-Origin", B)])
    wins = sure(edge(cors([A])), get("/x", ("Origin", A)), theirs)
    assert wins.all("access-control-allow-origin") == [A]
    yields = sure(edge(cors([A], override=False)), get("/x", ("Origin", A)), theirs)
    assert yields.all("access-control-allow-origin") == ["*", B]
    assert yields.doubt
    mixed = sure(
        edge(cors([A])),
        get("/x", ("Origin", A)),
        Response(200, [("Access-Control-Allow-Credentials", "true")]),
    )
    assert mixed.doubt


def test_removals_come_first() -> None:
    found = edge(cors([A], override=False), removed=("Access-Control-Allow-Origin",))
    made = sure(found, get("/x", ("Origin", A)), Response(200, [("access-control-allow-origin", B)]))
    assert made.all("access-control-allow-origin") == [A]


def test_a_policy_never_changes_the_status() -> None:
    assert sure(edge(cors([A])), preflight(), Response(403)).status == 403


def test_vary_loses_the_names_that_are_not_in_the_cache_key() -> None:
    came = Response(200, [("Vary", "Origin, Accept-Language")])
    assert sure(config(behavior(OPTIMIZED)), get(), came).get("vary") is None
    # Origin is sent on and no part of the key.
    assert sure(config(behavior(OPTIMIZED, CUSTOM_ORIGIN)), get(), came).get("vary") is None
    media_package = "08627262-05a9-4f76-9ded-b50ca2e3a84f"  # Origin is part of its key
    assert sure(config(behavior(media_package)), get(), came).get("vary") == "Origin"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [([], None), (["Origin"], "Origin"), (["*"], "Origin,Accept-Language")],
)
def test_vary_behind_legacy_settings(listed: list[str], expected: str | None) -> None:
    came = Response(200, [("Vary", "Origin, Accept-Language")])
    values = {
        "QueryString": False,
        "Cookies": {"Forward": "none"},
        "Headers": {"Quantity": len(listed), "Items": listed},
    }
    found = {"DefaultCacheBehavior": {"TargetOriginId": "site", "ForwardedValues": values}}
    assert sure(found, get(), came).get("vary") == expected


def test_an_error_page_replaces_a_failed_preflight() -> None:
    pages = listed([{"ErrorCode": 403, "ResponsePagePath": "/index.html", "ResponseCode": "200"}])
    found = config(behavior(DISABLED, S3_ORIGIN, AllowedMethods=methods(7)), CustomErrorResponses=pages)
    made = sure(found, preflight(), Response(403, [("Access-Control-Allow-Origin", A)]))
    assert (made.status, made.get("access-control-allow-origin")) == (200, None)
    assert made.doubt
    times = listed([{"ErrorCode": 403, "ResponsePagePath": "", "ErrorCachingMinTTL": 5}])
    kept = config(behavior(DISABLED, S3_ORIGIN, AllowedMethods=methods(7)), CustomErrorResponses=times)
    assert sure(kept, preflight(), Response(403)).status == 403


def test_what_cannot_be_known_is_unknown() -> None:
    code = listed([{"EventType": "viewer-request", "FunctionARN": "arn:f"}])
    for found, request in (
        (None, get()),
        ({}, get()),
        (config(behavior()), get("/x", ("Origin", A))),
        (config(behavior(FunctionAssociations=code)), get()),
        (config(behavior("not-there")), get()),
        (config(behavior(edge="not-there")), get()),
        (edge(cors([A])), preflight()),
        (edge(cors([A])), get("/x", ("Origin", B))),
        (edge(cors([A], override=False)), get("/x", ("Origin", A))),
    ):
        assert isinstance(answer(found, request), Unknown)


def test_an_actual_response_is_known_where_the_edge_decides_alone() -> None:
    made = sure(edge(cors([A])), get("/x", ("Origin", A)))
    assert made.get("access-control-allow-origin") == A
    assert "status" in made.doubt


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (legacy(), CacheRisk.POISONED),
        (legacy("Origin"), CacheRisk.KEYED),
        (legacy("*"), CacheRisk.NOT_CACHED),
        (legacy(ttl=0), CacheRisk.NOT_CACHED),
        (behavior(OPTIMIZED), CacheRisk.CONSTANT),
        (behavior(OPTIMIZED, S3_ORIGIN), CacheRisk.POISONED),
        (behavior(OPTIMIZED, S3_ORIGIN, policy_id(RESPONSE_HEADERS, "theirs")), CacheRisk.CONSTANT),
        (behavior(OPTIMIZED, S3_ORIGIN, SIMPLE_CORS), CacheRisk.POISONED),
        (behavior(policy_id(CACHE, "keyed"), S3_ORIGIN), CacheRisk.KEYED),
        (behavior(DISABLED, ALL_VIEWER), CacheRisk.NOT_CACHED),
    ],
)
def test_whether_a_cached_answer_can_be_wrong_for_somebody(one: Any, verdict: CacheRisk) -> None:
    made = cache_verdict(config(one), "/x")
    assert not isinstance(made, Unknown)
    assert made.verdict is verdict
    assert isinstance(cache_verdict(config(behavior("not-there")), "/x"), Unknown)


@pytest.mark.parametrize("kind", [CACHE, ORIGIN_REQUEST])
def test_raw_policies_of_the_api_are_taken_by_id(kind: PolicyType) -> None:
    """The shape that a user of the public function has at hand: ids, and policies beside them."""
    made = CUSTOM[kind][0]
    found = {
        "DefaultCacheBehavior": behavior(DISABLED) | {kind.member: "by-id"},
        "policies": {"by-id": {kind.body: made}},
    }
    assert isinstance(answer(found, get(), backend=Response(200)), Response)
