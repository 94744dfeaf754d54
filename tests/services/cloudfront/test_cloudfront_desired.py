"""What a plan makes of a distribution, table by table; the expected values are CloudFront's rules."""

from dataclasses import replace
from typing import Any

import pytest

from remediate.core.document import Document
from remediate.core.policy import Mode, Policy, Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.engine.compare import compare
from remediate.planfile import Target
from remediate.services.cloudfront.api_calls import calls, context
from remediate.services.cloudfront.desired import desired
from remediate.services.cloudfront.documents import (
    CACHE,
    ORIGIN_REQUEST,
    RESPONSE_HEADERS,
    items,
    path_selects,
)
from remediate.services.cloudfront.owned_policies import belongs_to, is_ours, make, slug
from tests.services.cloudfront import world
from tests.services.cloudfront.states import (
    ALL_VIEWER,
    CORS_AND_SECURITY,
    CUSTOM_ORIGIN,
    DISABLED,
    EXCEPT_HOST,
    OPTIMIZED,
    S3_ORIGIN,
    SECURITY,
    SIMPLE_CORS,
    A,
    account,
    behavior,
    legacy,
    methods,
    policy,
    policy_id,
    state,
)

NEEDED = {"origin", "access-control-request-method", "access-control-request-headers"}
ALL_SEVEN = {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}


def after(one: State, wish: Policy) -> tuple[dict[str, Any], list[str]]:
    """The default behavior afterwards, with the codes of the findings."""
    changed, findings = desired(one, wish)
    assert changed.config is not None
    return changed.config["DefaultCacheBehavior"], [finding.code for finding in findings]


def content(one: State, kind: Any, ref: str) -> Document:
    assert one.config is not None
    found: Document = one.config["policies"][ref][kind.body]
    return found


def headers_of(document: Document) -> set[str]:
    holder = document.get("ParametersInCacheKeyAndForwardedToOrigin") or document
    return {name.lower() for name in items(holder["HeadersConfig"].get("Headers"))}


def section(one: State) -> Document:
    assert one.config is not None
    ref = one.config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
    found: Document = content(one, RESPONSE_HEADERS, ref)["CorsConfig"]
    return found


def allowed(one: Document) -> set[str]:
    return set(items(one["AllowedMethods"]))


# -- methods


@pytest.mark.parametrize(
    ("now", "wanted", "then"),
    [
        (2, ("GET",), {"GET", "HEAD", "OPTIONS"}),
        (2, ("GET", "POST"), ALL_SEVEN),
        (3, ("PUT",), ALL_SEVEN),
        (3, ("HEAD",), {"GET", "HEAD", "OPTIONS"}),
        (7, ("GET",), ALL_SEVEN),
        (2, ("*",), ALL_SEVEN),
    ],
)
def test_the_smallest_legal_set_that_holds_what_is_there_and_what_is_wanted(
    now: int, wanted: tuple[str, ...], then: set[str]
) -> None:
    for mode in Mode:
        one = state(legacy("Origin", *NEEDED, AllowedMethods=methods(now)))
        fixed, _ = after(one, policy(methods=wanted, mode=mode))
        assert allowed(fixed) == then
        assert fixed["AllowedMethods"]["CachedMethods"] == methods(now)["CachedMethods"]


def test_a_method_that_cloudfront_lets_not_through_is_a_finding() -> None:
    fixed, codes = after(state(legacy()), policy(methods=("GET", "TRACE")))
    assert "method-not-supported" in codes
    assert allowed(fixed) == {"GET", "HEAD", "OPTIONS"}


# -- answer: origin, legacy


def test_a_legacy_whitelist_gains_the_three_headers_and_keeps_its_own() -> None:
    fixed, _ = after(state(legacy("X-Zoo", "origin")), policy())
    assert items(fixed["ForwardedValues"]["Headers"]) == [
        "X-Zoo",
        "origin",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
    ]
    assert fixed["ForwardedValues"]["QueryString"] is True


def test_a_legacy_whitelist_that_forwards_all_stays() -> None:
    one = state(legacy("*", AllowedMethods=methods(3)))
    assert desired(one, policy())[0] is one


def test_a_full_legacy_whitelist_takes_origin_first_and_the_rest_is_a_finding() -> None:
    fixed, codes = after(state(legacy(*world.TEN[:9])), policy())
    assert items(fixed["ForwardedValues"]["Headers"]) == [*world.TEN[:9], "Origin"]
    assert codes == ["header-limit"]
    full = legacy(*world.TEN, AllowedMethods=methods(3))
    assert after(state(full), policy())[0]["ForwardedValues"] == full["ForwardedValues"]


def test_a_behavior_without_cache_settings_is_left_as_it_is() -> None:
    bare = {key: value for key, value in behavior().items() if key != "CachePolicyId"}
    fixed, codes = after(state(bare), policy())
    assert codes == ["no-cache-settings"]
    assert not fixed.keys() & {"CachePolicyId", "ForwardedValues", "OriginRequestPolicyId"}


# -- answer: origin, policies


def test_caching_disabled_stays_and_a_managed_policy_forwards_the_three() -> None:
    fixed, _ = after(state(behavior(DISABLED)), policy())
    assert fixed["CachePolicyId"] == DISABLED
    assert fixed["OriginRequestPolicyId"] == S3_ORIGIN


@pytest.mark.parametrize("request_policy", [ALL_VIEWER, EXCEPT_HOST, S3_ORIGIN])
def test_an_origin_request_policy_that_forwards_the_three_stays(request_policy: str) -> None:
    fixed, _ = after(state(behavior(DISABLED, request_policy)), policy())
    assert fixed["OriginRequestPolicyId"] == request_policy


def test_a_caching_policy_becomes_a_copy_of_ours_with_origin_in_the_key() -> None:
    changed, _ = desired(state(behavior(OPTIMIZED, S3_ORIGIN)), policy())
    assert changed.config is not None
    ref = changed.config["DefaultCacheBehavior"]["CachePolicyId"]
    assert belongs_to("webapp", ref)
    copy = content(changed, CACHE, ref)
    assert headers_of(copy) == {"origin"}
    assert (copy["MinTTL"], copy["DefaultTTL"], copy["MaxTTL"]) == (1, 86400, 31536000)
    assert copy["ParametersInCacheKeyAndForwardedToOrigin"]["EnableAcceptEncodingBrotli"] is True
    assert is_ours(CACHE, copy)


def test_a_cached_preflight_is_keyed_on_all_three() -> None:
    changed, _ = desired(state(behavior(AllowedMethods=methods(3, cached=3))), policy())
    assert changed.config is not None
    ref = changed.config["DefaultCacheBehavior"]["CachePolicyId"]
    assert headers_of(content(changed, CACHE, ref)) == NEEDED
    assert "OriginRequestPolicyId" not in changed.config["DefaultCacheBehavior"]


def test_a_foreign_key_with_origin_is_kept() -> None:
    keyed = policy_id(CACHE, "keyed")
    fixed, _ = after(state(behavior(keyed)), policy())
    assert (fixed["CachePolicyId"], fixed["OriginRequestPolicyId"]) == (keyed, S3_ORIGIN)


@pytest.mark.parametrize("kind", [CACHE, ORIGIN_REQUEST])
def test_a_policy_with_ten_headers_has_no_room(kind: Any) -> None:
    full = policy_id(kind, "full")
    one = behavior(full) if kind is CACHE else behavior(policy_id(CACHE, "keyed"), full)
    fixed, codes = after(state(one), policy())
    assert "header-limit" in codes
    assert fixed[kind.member] == full


def test_a_foreign_origin_request_policy_is_copied_with_the_three_added() -> None:
    changed, _ = desired(state(behavior(DISABLED, policy_id(ORIGIN_REQUEST, "two"))), policy())
    assert changed.config is not None
    ref = changed.config["DefaultCacheBehavior"]["OriginRequestPolicyId"]
    copy = content(changed, ORIGIN_REQUEST, ref)
    assert headers_of(copy) == {"x-two", *NEEDED}
    assert copy["CookiesConfig"] == {"CookieBehavior": "all"}


def test_all_except_origin_becomes_all_except_the_rest() -> None:
    changed, _ = desired(state(behavior(DISABLED, policy_id(ORIGIN_REQUEST, "without"))), policy())
    assert changed.config is not None
    ref = changed.config["DefaultCacheBehavior"]["OriginRequestPolicyId"]
    config = content(changed, ORIGIN_REQUEST, ref)["HeadersConfig"]
    assert (config["HeaderBehavior"], items(config["Headers"])) == ("allExcept", ["X-Secret"])


def test_a_managed_policy_is_replaced_by_a_larger_managed_one() -> None:
    fixed, _ = after(state(behavior(DISABLED, CUSTOM_ORIGIN)), policy())
    assert fixed["OriginRequestPolicyId"] == S3_ORIGIN


@pytest.mark.parametrize("target", ["api", "fn"])
def test_host_is_flagged_and_left_out_of_copies_for_api_gateway_and_lambda_urls(target: str) -> None:
    one = behavior(policy_id(CACHE, "with-host"), policy_id(ORIGIN_REQUEST, "host"), TargetOriginId=target)
    changed, findings = desired(state(one), policy())
    assert changed.config is not None
    fixed = changed.config["DefaultCacheBehavior"]
    assert "host" not in headers_of(content(changed, CACHE, fixed["CachePolicyId"]))
    assert "host" not in headers_of(content(changed, ORIGIN_REQUEST, fixed["OriginRequestPolicyId"]))
    assert "host-forwarded" not in [finding.code for finding in findings]
    kept, codes = after(state(behavior(DISABLED, ALL_VIEWER, TargetOriginId=target)), policy())
    assert kept["OriginRequestPolicyId"] == ALL_VIEWER
    assert "host-forwarded" in codes
    bucket = after(state(behavior(DISABLED, ALL_VIEWER, TargetOriginId="bucket")), policy())[1]
    assert "host-forwarded" in bucket
    elsewhere = after(state(behavior(DISABLED, ALL_VIEWER)), policy())[1]
    assert "host-forwarded" not in elsewhere


def test_an_unknown_policy_is_a_finding_and_is_left() -> None:
    fixed, codes = after(state(behavior("ffffffff-0000-0000-0000-000000000000")), policy())
    assert codes == ["policy-unreadable"]
    assert fixed["CachePolicyId"] == "ffffffff-0000-0000-0000-000000000000"


# -- answer: origin beside headers added at the edge


def test_merge_leaves_edge_headers_and_says_so() -> None:
    fixed, codes = after(state(behavior(DISABLED, edge=SIMPLE_CORS)), policy())
    assert fixed["ResponseHeadersPolicyId"] == SIMPLE_CORS
    assert "edge-adds-headers" in codes


def test_exact_takes_edge_headers_away_and_keeps_the_other_sections() -> None:
    exact = policy(mode=Mode.EXACT)
    assert "ResponseHeadersPolicyId" not in after(state(behavior(DISABLED, edge=SIMPLE_CORS)), exact)[0]
    fixed, _ = after(state(behavior(DISABLED, edge=CORS_AND_SECURITY)), exact)
    assert fixed["ResponseHeadersPolicyId"] == SECURITY
    theirs = policy_id(RESPONSE_HEADERS, "theirs")
    changed, _ = desired(state(behavior(DISABLED, edge=theirs)), exact)
    assert changed.config is not None
    copy = content(
        changed, RESPONSE_HEADERS, changed.config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
    )
    assert "CorsConfig" not in copy
    assert items(copy["CustomHeadersConfig"])[0]["Header"] == "X-Custom"


def test_origins_of_a_policy_that_no_browser_sends_are_named() -> None:
    listed = ["https://a.example.com/", "b.example.com", "*.c.example.com", "https://*.d.example.com"]
    wrong = world.response_headers_policy("wrong", world.cors(listed))
    there = account((RESPONSE_HEADERS, wrong))
    live = state(behavior(DISABLED, edge=policy_id(RESPONSE_HEADERS, "wrong")), there=there)
    changed, findings = desired(live, policy())
    assert changed.config is not None
    assert changed.config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"].endswith("wrong")
    (finding,) = [each for each in findings if each.code == "dead-origin"]
    assert "'https://a.example.com/' has a trailing slash" in finding.message
    assert not any(name in finding.message for name in ("b.example", "c.example", "d.example"))


# -- names, quota, paths, and what is left alone


@pytest.mark.parametrize("plan", ["webapp", "web app", "web-app", "ünï", "x" * 200, "a\x00b", ""])
def test_names_fit_and_belong_to_their_plan_alone(plan: str) -> None:
    made = make(plan, RESPONSE_HEADERS, {"CorsConfig": world.cors([A])}, "r" * 66, ())
    assert len(made["Name"]) <= 128
    assert made["Name"].isascii()
    assert len(made["Comment"]) <= 128
    assert belongs_to(plan, made["Name"])
    assert not belongs_to("web", made["Name"])
    assert slug("web app") != slug("web-app")


def test_the_quota_is_a_refusal_before_any_call() -> None:
    there = account()
    there.custom[CACHE.name] = 20
    findings = desired(state(behavior(), there=there), policy())[1]
    assert [str(finding.level) for finding in findings if finding.code == "policy-quota"] == ["refuse"]
    there.custom[CACHE.name] = 19
    assert "policy-quota" not in [one.code for one in desired(state(behavior(), there=there), policy())[1]]


@pytest.mark.parametrize(
    ("path", "pattern", "means"),
    [
        ("/api/*", "/api/*", True),
        ("/api/*", "api/*", True),
        ("api/*", "/api/*", True),
        ("/api/**", "/api/v1/*", True),
        ("/api/*", "/img/*", False),
        ("*", "*", True),
        ("/*", "*", True),
        ("*", "/api/*", False),
        ("**", "/api/*", True),
        ("**", "*", True),
        ("/api/*", "*", False),
    ],
)
def test_paths_mean_behaviors_by_their_pattern(path: str, pattern: str, means: bool) -> None:
    assert path_selects(path, pattern) is means


def test_only_the_behaviors_in_scope_are_touched_and_a_path_without_one_is_a_finding() -> None:
    one = state(behavior(), behavior(PathPattern="/api/*"))
    changed, findings = desired(one, policy(paths=("/api/*", "/none/*")))
    assert changed.config is not None
    assert one.config is not None
    assert changed.config["DefaultCacheBehavior"] == one.config["DefaultCacheBehavior"]
    assert changed.config["CacheBehaviors"] != one.config["CacheBehaviors"]
    assert [finding.code for finding in findings] == ["no-such-behavior"]


@pytest.mark.parametrize("more", [{"Staging": True}, {"ConnectionMode": "tenant-only"}])
def test_staging_and_tenants_are_left_alone(more: dict[str, Any]) -> None:
    one = state(behavior(), **more)
    changed, findings = desired(one, policy())
    assert changed is one
    assert [finding.code for finding in findings] == ["left-alone"]


def test_that_it_is_left_alone_is_said_to_who_names_it_and_not_to_a_glob() -> None:
    named, glob = (
        Selector("cloudfront", "E1", where="p.yaml:7:5"),
        Selector("cloudfront", "*", where="p.yaml:8:5"),
    )
    one = replace(state(behavior(), Staging=True), selected_by=(named, glob))
    wishes = [Target(each, policy(where={"target": each.where})) for each in (named, glob)]
    found = compare(Snapshot((one,)), wishes).findings
    assert [(finding.code, finding.where) for finding in found] == [("left-alone", "p.yaml:7:5")]


def test_what_is_not_the_plans_to_change_is_said() -> None:
    origins = world.listed(
        [
            {
                "Id": "site",
                "DomainName": "www.example.com",
                "CustomHeaders": world.listed(
                    [
                        {"HeaderName": "origin", "HeaderValue": "https://fixed.example"},
                        {"HeaderName": "X-Secret", "HeaderValue": "top-secret"},
                    ]
                ),
            }
        ]
    )
    pages = world.listed([{"ErrorCode": 403, "ResponsePagePath": "/index.html", "ResponseCode": "200"}])
    code = world.listed([{"EventType": "viewer-request", "FunctionARN": "arn:f"}])
    one = state(behavior(DISABLED, FunctionAssociations=code), Origins=origins, CustomErrorResponses=pages)
    codes = after(one, policy())[1]
    assert set(codes) == {"origin-hard-coded", "error-page-hides-failure", "answer-depends-on-code"}
    assert "top-secret" not in str(one.config)


def test_a_listing_without_etags_still_tells_a_moved_distribution() -> None:
    one = state(behavior(), ETag=None)
    assert one.revision.startswith("sha256:")
    assert one.revision == state(behavior(), ETag=None).revision
    assert one.revision != state(legacy(), ETag=None).revision


# -- calls and invalidations


def test_calls_make_policies_first_and_remove_what_is_left_over_last() -> None:
    one = state(behavior())
    first, _ = desired(one, policy())
    assert calls(one, first.config) == ("cloudfront:CreateCachePolicy", "cloudfront:UpdateDistribution")
    assert calls(first, one.config) == ("cloudfront:UpdateDistribution", "cloudfront:DeleteCachePolicy")
    assert calls(one, one.config) == ()


def test_a_longer_key_and_edge_headers_need_no_invalidation() -> None:
    for one in (behavior(), behavior(OPTIMIZED, CUSTOM_ORIGIN), legacy()):
        for wish in (policy(), policy(answer="edge")):
            there = state(one)
            assert context(there, desired(there, wish)[0].config) == {}


def test_answers_to_a_wrong_host_are_invalidated() -> None:
    """The key stays and the origin is asked under its own name from now on."""
    keyed, host = policy_id(CACHE, "keyed"), policy_id(ORIGIN_REQUEST, "host")
    one = state(
        behavior(),
        behavior(keyed, host, TargetOriginId="api", PathPattern="api/*.json", AllowedMethods=methods(3)),
    )
    changed, _ = desired(one, policy(paths=("/api/*.json",)))
    assert context(one, changed.config) == {"invalidate": ["/api/*"]}
