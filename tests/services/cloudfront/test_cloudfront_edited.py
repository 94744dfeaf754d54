"""Policies of ours that somebody edited in place: what is put right, what is kept, what is said."""

from typing import Any

import pytest

from remediate.core.document import Document
from remediate.core.finding import Level
from remediate.core.policy import Mode, Policy
from remediate.core.state import State
from remediate.services.cloudfront.desired import desired
from remediate.services.cloudfront.documents import CACHE, ORIGIN_REQUEST, RESPONSE_HEADERS, PolicyType, items
from remediate.services.cloudfront.owned_policies import UNKNOWN, belongs_to, make, stands_for
from tests.services.cloudfront import world
from tests.services.cloudfront.states import (
    OPTIMIZED,
    SECURITY,
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

EVIL = "https://evil.example"
WITH_CORS = policy_id(RESPONSE_HEADERS, "theirs")


def edge(*origins: str, **more: Any) -> Policy:
    return policy(*origins, answer="edge", **more)


def live(kind: PolicyType, content: Document) -> State:
    """A distribution whose default behavior has this policy of ours, as it is in the account now."""
    default = behavior() | {kind.member: policy_id(kind, content["Name"])}
    return state(default, there=account((kind, dict(content))))


def held(one: State, kind: PolicyType) -> Document | None:
    """What the policy of that kind on the default behavior holds."""
    assert one.config is not None
    ref = one.config["DefaultCacheBehavior"].get(kind.member)
    if ref is None:
        return None
    found: Document = one.config["policies"][ref][kind.body]
    return found


def of(kind: PolicyType, start: Any, wish: Policy) -> dict[str, Any]:
    """The policy that the plan brings to a behavior."""
    made = held(desired(state(start), wish)[0], kind)
    assert made is not None
    assert belongs_to("webapp", made["Name"])
    return dict(made)


def body(content: Document | None) -> Any:
    return None if content is None else {key: value for key, value in content.items() if key != "Name"}


def origins(one: State) -> list[str]:
    found = held(one, RESPONSE_HEADERS) or {}
    return sorted(items((found.get("CorsConfig") or {}).get("AccessControlAllowOrigins")))


def replaced(one: State, wish: Policy) -> tuple[State, str]:
    """The state afterwards, which is there to stay, and what is said of the edited policy."""
    changed, findings = desired(one, wish)
    assert desired(changed, wish)[0].config == changed.config
    (finding,) = [finding for finding in findings if finding.code == "own-policy-edited"]
    assert finding.level is Level.WARN
    return changed, finding.message


EDITS: dict[str, dict[str, Any]] = {
    "anybody": {"CorsConfig": world.cors(["*"])},
    "an origin in place of ours": {"CorsConfig": world.cors([EVIL])},
    "an origin beside ours": {"CorsConfig": world.cors([A, EVIL])},
    "no CORS": {"CorsConfig": None},
    "a header": {"CustomHeadersConfig": world.listed([{"Header": "X-E", "Value": "1", "Override": True}])},
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("base", [None, SECURITY, SIMPLE_CORS, WITH_CORS])
@pytest.mark.parametrize("mode", list(Mode))
def test_an_edit_in_place_is_put_right_to_what_it_was(edit: str, base: str | None, mode: Mode) -> None:
    wish = edge(A, methods=("GET", "PUT"), mode=mode)
    made = of(RESPONSE_HEADERS, behavior(edge=base), wish)
    changed, message = replaced(live(RESPONSE_HEADERS, made | EDITS[edit]), wish)
    assert body(held(changed, RESPONSE_HEADERS)) == body(made)
    assert made["Name"] in message
    assert (EVIL in message) is ("an origin" in edit)


def test_what_was_taken_over_stays_although_the_edit_took_it_out() -> None:
    made = of(RESPONSE_HEADERS, behavior(edge=WITH_CORS), edge(A))
    changed, _ = replaced(live(RESPONSE_HEADERS, made | EDITS["anybody"]), edge(A))
    assert origins(changed) == [A, THEIRS]


def test_what_cannot_be_known_any_more_is_not_taken_over_and_named() -> None:
    """The plan lists another origin than when ours was made, so its digest proves nothing."""
    made = of(RESPONSE_HEADERS, behavior(edge=WITH_CORS), edge(A))
    changed, message = replaced(live(RESPONSE_HEADERS, made | EDITS["an origin beside ours"]), edge(B))
    assert origins(changed) == [B]
    assert f"No longer allowed then: {A}, {EVIL}, {THEIRS}." in message
    assert f"{THEIRS} over from policy {WITH_CORS} cannot be known" in message
    now = held(changed, RESPONSE_HEADERS)
    assert now is not None
    assert [entry["Header"] for entry in items(now["CustomHeadersConfig"])] == ["X-Custom"]


def test_a_policy_without_cors_is_gone_back_to_whatever_the_plan_was() -> None:
    made = of(RESPONSE_HEADERS, behavior(edge=SECURITY), edge(A))
    changed, _ = replaced(live(RESPONSE_HEADERS, made | EDITS["anybody"]), edge(B))
    now = held(changed, RESPONSE_HEADERS)
    assert stands_for(now) == SECURITY
    assert now is not None
    assert now["SecurityHeadersConfig"] == made["SecurityHeadersConfig"]


@pytest.mark.parametrize("wish", [edge(A), Policy("webapp", (), options={"answer": "edge"}), policy(A)])
def test_an_edited_comment_lets_nobody_in(wish: Policy) -> None:
    """It names a policy that there is in every account and that allows anybody."""
    made = of(RESPONSE_HEADERS, behavior(), edge(A))
    evil = made | EDITS["anybody"] | {"Comment": f"remediate, plan webapp; instead of {SIMPLE_CORS}"}
    changed, _ = replaced(live(RESPONSE_HEADERS, evil), wish)
    assert origins(changed) == ([A] if wish == edge(A) else [])


@pytest.mark.parametrize("comment", ["instead of gone-for-good", "mine now"])
def test_where_what_it_stood_in_for_is_gone_only_the_rest_of_it_is_kept(comment: str) -> None:
    made = make(
        "webapp",
        RESPONSE_HEADERS,
        world.response_headers_policy("", world.cors([A, THEIRS]), "X-Custom"),
        "gone-for-good",
        (),
    )
    evil = world.response_headers_policy(
        made["Name"], world.cors([EVIL]), "X-Custom", "Access-Control-Allow-Origin"
    ) | {"Comment": f"remediate, plan webapp; {comment}"}
    changed, message = replaced(live(RESPONSE_HEADERS, evil), edge(A))
    assert origins(changed) == [A]
    assert f"No longer allowed then: {EVIL}." in message
    now = held(changed, RESPONSE_HEADERS)
    assert now is not None
    assert [entry["Header"] for entry in items(now["CustomHeadersConfig"])] == ["X-Custom"]
    assert stands_for(now) == UNKNOWN


def test_an_edited_policy_goes_with_the_last_origin() -> None:
    made = of(RESPONSE_HEADERS, behavior(), edge(A))
    nobody = Policy("webapp", (), options={"answer": "edge"})
    changed, message = replaced(live(RESPONSE_HEADERS, made | EDITS["anybody"]), nobody)
    assert held(changed, RESPONSE_HEADERS) is None
    assert "No longer allowed then: *." in message


def test_another_plans_edited_policy_is_somebody_elses() -> None:
    made = make("other", RESPONSE_HEADERS, world.response_headers_policy("", world.cors([A])), None, ())
    changed, findings = desired(live(RESPONSE_HEADERS, made | EDITS["an origin in place of ours"]), edge(A))
    assert origins(changed) == [A, EVIL]
    assert "own-policy-edited" not in [finding.code for finding in findings]


def test_when_the_edited_policy_is_deleted_nothing_changes() -> None:
    made = of(RESPONSE_HEADERS, behavior(), edge(A))
    changed, _ = replaced(live(RESPONSE_HEADERS, made | EDITS["anybody"]), edge(A))
    now = held(changed, RESPONSE_HEADERS)
    assert now is not None
    assert now["Name"] != made["Name"]
    there = account((RESPONSE_HEADERS, dict(now)))
    every = world.listed(world.METHODS[2]) | {"CachedMethods": world.listed(world.METHODS[0])}
    alone = state(behavior(edge=policy_id(RESPONSE_HEADERS, now["Name"]), AllowedMethods=every), there=there)
    assert desired(alone, edge(A))[0] is alone


# -- cache and origin request policies


KEY = "ParametersInCacheKeyAndForwardedToOrigin"


@pytest.mark.parametrize("edit", [{KEY: world.cache_policy("")[KEY]}, {"MaxTTL": 7}])
@pytest.mark.parametrize("base", [OPTIMIZED, policy_id(CACHE, "by-hand")])
def test_an_edited_cache_policy_is_put_right(base: str, edit: Any) -> None:
    made = of(CACHE, behavior(base), policy())
    changed, message = replaced(live(CACHE, made | edit), policy())
    assert body(held(changed, CACHE)) == body(made)
    assert made["Name"] in message


@pytest.mark.parametrize(("section", "member"), [("Header", "HeadersConfig"), ("Cookie", "CookiesConfig")])
def test_an_edited_origin_request_policy_is_put_right(section: str, member: str) -> None:
    made = of(ORIGIN_REQUEST, behavior(request=policy_id(ORIGIN_REQUEST, "two")), policy())
    changed, message = replaced(live(ORIGIN_REQUEST, made | {member: world.names(section, "none")}), policy())
    assert body(held(changed, ORIGIN_REQUEST)) == body(made)
    assert made["Name"] in message


@pytest.mark.parametrize("base", ["gone-for-good", None])
@pytest.mark.parametrize("keyed", [True, False])
def test_a_cache_policy_of_which_nothing_is_known_stays_and_is_keyed(base: str | None, keyed: bool) -> None:
    """No behavior does without a cache policy, so there is nothing to go back to."""
    made = make("webapp", CACHE, world.cache_policy("", "Origin"), base, ())
    edit = world.cache_policy(made["Name"], *(["Origin", "X-E"] if keyed else ["X-E"]))
    changed, message = replaced(live(CACHE, edit | {"Comment": made["Comment"]}), policy())
    now = held(changed, CACHE)
    assert now is not None
    headers = now[KEY]["HeadersConfig"]["Headers"]
    assert set(items(headers)) == {"Origin", "X-E"}
    assert (now["Name"] == made["Name"]) is keyed
    assert ("so it is left" in message) is keyed
