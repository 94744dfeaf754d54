"""`answer: edge`, and what an earlier run brought: sections of response headers policies, table by table."""

from typing import Any

import pytest

from remediate.core.document import Document
from remediate.core.policy import Mode, Policy, Retired
from remediate.core.state import State
from remediate.services.cloudfront.api_calls import calls
from remediate.services.cloudfront.desired import desired
from remediate.services.cloudfront.documents import (
    RESPONSE_HEADERS,
    items,
)
from remediate.services.cloudfront.owned_policies import belongs_to, make
from tests.services.cloudfront import world
from tests.services.cloudfront.states import (
    CORS_AND_SECURITY,
    OPTIMIZED,
    SIMPLE_CORS,
    THEIRS,
    A,
    B,
    account,
    behavior,
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


# -- answer: edge


def edge(*origins: str, **more: Any) -> Policy:
    return policy(*origins, answer="edge", **more)


def test_edge_attaches_a_policy_of_ours_with_the_plan() -> None:
    wish = edge(A, methods=("GET", "PUT"), headers=("content-type",), expose=("etag",), max_age=600)
    changed, findings = desired(state(behavior()), wish)
    assert section(changed) == {
        "AccessControlAllowOrigins": {"Quantity": 1, "Items": [A]},
        "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["content-type"]},
        "AccessControlAllowMethods": {"Quantity": 2, "Items": ["GET", "PUT"]},
        "AccessControlAllowCredentials": False,
        "AccessControlExposeHeaders": {"Quantity": 1, "Items": ["etag"]},
        "AccessControlMaxAgeSec": 600,
        "OriginOverride": True,
    }
    assert changed.config is not None
    assert changed.config["DefaultCacheBehavior"]["CachePolicyId"] == OPTIMIZED
    assert allowed(changed.config["DefaultCacheBehavior"]) == ALL_SEVEN
    assert [finding.code for finding in findings] == ["edge-preflight-status"]


def test_edge_carries_the_other_sections_over() -> None:
    changed, _ = desired(state(behavior(edge=CORS_AND_SECURITY)), edge(A, mode=Mode.EXACT))
    assert changed.config is not None
    copy = content(
        changed, RESPONSE_HEADERS, changed.config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
    )
    assert copy["SecurityHeadersConfig"]["FrameOptions"] == {"Override": False, "FrameOption": "SAMEORIGIN"}
    assert items(section(changed)["AccessControlAllowOrigins"]) == [A]


def test_edge_without_headers_names_one_that_no_script_can_set() -> None:
    changed, _ = desired(state(behavior()), edge(A))
    assert items(section(changed)["AccessControlAllowHeaders"]) == ["origin"]


@pytest.mark.parametrize(
    ("origin", "expressible"),
    [
        ("*", True),
        ("https://*.example.com", True),
        ("https://pr-*.example.com", False),
        ("http://localhost:*", False),
        ("https://a.*.example.com", False),
    ],
)
def test_wildcards_that_a_policy_can_hold(origin: str, expressible: bool) -> None:
    one = state(behavior())
    changed, findings = desired(one, edge(origin))
    codes = [finding.code for finding in findings]
    if expressible:
        assert items(section(changed)["AccessControlAllowOrigins"]) == [origin]
    else:
        assert changed is one
        assert codes == ["wildcard-not-supported"]


def test_a_wildcard_with_credentials_is_left_out() -> None:
    changed, findings = desired(state(behavior()), edge(A, headers=("*", "x-a"), credentials=True))
    assert items(section(changed)["AccessControlAllowHeaders"]) == ["x-a"]
    assert "wildcard-with-credentials" in [finding.code for finding in findings]
    every = desired(state(behavior()), edge(A, methods=("*",), credentials=True))[0]
    assert set(items(section(every)["AccessControlAllowMethods"])) == ALL_SEVEN


def test_merge_is_the_union_with_the_section_that_is_there() -> None:
    one = state(behavior(edge=policy_id(RESPONSE_HEADERS, "theirs")))
    changed, findings = desired(one, edge(A, methods=("GET", "PUT"), headers=("x-a",), max_age=10))
    merged = section(changed)
    assert set(items(merged["AccessControlAllowOrigins"])) == {THEIRS, A}
    assert set(items(merged["AccessControlAllowMethods"])) == {"GET", "DELETE", "PUT"}
    assert set(items(merged["AccessControlAllowHeaders"])) == {"X-Theirs", "x-a"}
    assert merged["AccessControlMaxAgeSec"] == 30
    assert "shared-section" in [finding.code for finding in findings]


def test_merge_says_where_the_headers_of_the_origin_win() -> None:
    """AWS's own policies for CORS have OriginOverride false."""
    assert "origin-headers-win" in after(state(behavior(edge=SIMPLE_CORS)), edge(A, methods=("PUT",)))[1]
    exact = edge(A, methods=("PUT",), mode=Mode.EXACT)
    assert "origin-headers-win" not in after(state(behavior(edge=SIMPLE_CORS)), exact)[1]


def test_merge_keeps_a_policy_that_already_gives_everything() -> None:
    fixed, _ = after(state(behavior(edge=SIMPLE_CORS)), edge(A, methods=("GET",)))
    assert fixed["ResponseHeadersPolicyId"] == SIMPLE_CORS


@pytest.mark.parametrize(
    ("there", "credentials"), [("theirs", True), ("anybody", True), ("with-cookies", False)]
)
def test_merge_does_not_change_what_credentials_others_have(there: str, credentials: bool) -> None:
    one = state(behavior(edge=policy_id(RESPONSE_HEADERS, there)))
    changed, findings = desired(one, edge(A, credentials=credentials))
    assert changed is one
    assert "credentials-conflict" in [finding.code for finding in findings]


# -- what an earlier run brought


def test_what_the_plan_no_longer_lists_goes_without_a_journal() -> None:
    one = state(behavior(edge=policy_id(RESPONSE_HEADERS, "theirs")))
    first, _ = desired(one, edge(A, B))
    second, _ = desired(first, edge(B))
    assert set(items(section(second)["AccessControlAllowOrigins"])) == {THEIRS, B}
    nobody, _ = desired(second, Policy("webapp", (), options={"answer": "edge"}))
    assert nobody.config is not None
    assert nobody.config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] == policy_id(
        RESPONSE_HEADERS, "theirs"
    )


def test_from_edge_to_origin_and_back_leaves_nothing_of_ours_behind() -> None:
    one = state(behavior())
    by_edge, _ = desired(one, edge(A))
    by_origin, _ = desired(by_edge, policy(A))
    assert by_origin.config is not None
    assert "ResponseHeadersPolicyId" not in by_origin.config["DefaultCacheBehavior"]
    again, _ = desired(by_origin, edge(A))
    assert again.config is not None
    assert again.config["DefaultCacheBehavior"]["CachePolicyId"] == OPTIMIZED


def test_retired_values_go_from_a_policy_of_ours_whose_base_is_gone() -> None:
    ours = make("webapp", RESPONSE_HEADERS, {"CorsConfig": world.cors([A, B, THEIRS])}, "gone-for-good", ())
    one = state(
        behavior(edge=policy_id(RESPONSE_HEADERS, ours["Name"])), there=account((RESPONSE_HEADERS, ours))
    )
    changed, _ = desired(one, edge(B, retired=Retired(origins=(A,))))
    assert set(items(section(changed)["AccessControlAllowOrigins"])) == {B, THEIRS}
    assert desired(changed, edge(B, retired=Retired(origins=(A,))))[0].config == changed.config


def test_another_plans_policy_is_somebody_elses() -> None:
    other = next(one["Name"] for one in world.CUSTOM[RESPONSE_HEADERS] if "-other-" in one["Name"])
    changed, _ = desired(state(behavior(edge=policy_id(RESPONSE_HEADERS, other))), edge(A))
    assert set(items(section(changed)["AccessControlAllowOrigins"])) == {A, THEIRS}
    assert "cloudfront:DeleteResponseHeadersPolicy" not in calls(
        state(behavior(edge=policy_id(RESPONSE_HEADERS, other))), changed.config
    )


def test_a_policy_of_ours_that_was_edited_by_hand_is_not_kept_and_its_name_is_avoided() -> None:
    first, _ = desired(state(behavior()), edge(A, mode=Mode.EXACT))
    assert first.config is not None
    name = first.config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
    edited = {**content(first, RESPONSE_HEADERS, name), "CorsConfig": world.cors(["https://by-hand.example"])}
    there = account((RESPONSE_HEADERS, edited))
    one = state(behavior(edge=policy_id(RESPONSE_HEADERS, name)), there=there)
    changed, _ = desired(one, edge(A, mode=Mode.EXACT))
    assert changed.config is not None
    ref = changed.config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
    assert belongs_to("webapp", ref)
    assert ref != name
    assert items(section(changed)["AccessControlAllowOrigins"]) == [A]
    merged, _ = desired(one, edge(A))
    assert items(section(merged)["AccessControlAllowOrigins"]) == [A]
