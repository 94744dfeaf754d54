"""The wish put into a list of rules: tables, then the laws."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.core.document import digest
from remediate.core.finding import Level
from remediate.core.policy import Mode, Policy, Retired
from remediate.core.state import State
from remediate.services.s3.answer import answer
from remediate.services.s3.desired import desired
from remediate.services.s3.limits import document_size
from remediate.services.s3.rule import overlap
from remediate.services.s3.write import calls
from remediate.web.http import Request, Response, Unknown
from remediate.web.origin import pattern_matches

SPEC = importlib.util.spec_from_file_location("s3_world", Path(__file__).parent / "world.py")
assert SPEC
assert SPEC.loader
world = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(world)

A, B = "https://a.example.com", "https://b.example.com"
THEIRS = {"ID": "theirs", "AllowedMethods": ["GET"], "AllowedOrigins": [B], "MaxAgeSeconds": 9}


def state(*rules: Any, **facts: Any) -> State:
    config = {"CORSRules": list(rules)} if rules else None
    return State("s3/up", "s3", "eu-west-1", config, digest(config), ("up",), "s3/up", facts)


def policy(*origins: str, **more: Any) -> Policy:
    return Policy("webapp", origins, **more)


def ours(*origins: str, **more: Any) -> dict[str, Any]:
    return {"ID": "remediate:webapp", "AllowedMethods": ["GET"], "AllowedOrigins": list(origins), **more}


def codes(found: Any) -> list[str]:
    return [finding.code for finding in found]


def after(start: State, *policies: Policy) -> Any:
    for each in policies:
        start, _ = desired(start, each)
    return start.config and start.config["CORSRules"]


def test_a_bucket_without_rules_gets_ours() -> None:
    wanted = policy(A, methods=("GET", "PUT"), headers=("content-type", "*"), expose=("etag",), max_age=600)
    assert after(state(), wanted) == [
        {
            "ID": "remediate:webapp",
            "AllowedHeaders": ["content-type", "*"],
            "AllowedMethods": ["GET", "PUT"],
            "AllowedOrigins": [A],
            "ExposeHeaders": ["etag"],
            "MaxAgeSeconds": 600,
        }
    ]


def test_merge_appends_ours_and_keeps_theirs() -> None:
    assert after(state(THEIRS), policy(A)) == [THEIRS, ours(A)]


def test_exact_leaves_only_ours() -> None:
    assert after(state(THEIRS, ours(B)), policy(A, mode=Mode.EXACT)) == [ours(A)]


def test_ours_is_changed_in_place_where_nobody_is_shadowed() -> None:
    other = {**THEIRS, "AllowedMethods": ["PUT"]}
    assert after(state(ours(B), other), policy(A)) == [ours(A), other]


def test_ours_moves_to_the_end_rather_than_shadow_a_later_rule() -> None:
    more = {**THEIRS, "ExposeHeaders": ["etag"]}
    assert after(state(ours(A), more), policy(A, B)) == [more, ours(A, B)]
    assert after(state(ours(A), THEIRS), policy(A, B)) == [ours(A, B), THEIRS]


def test_narrowing_ours_stays_in_place() -> None:
    assert after(state(ours(A, B), THEIRS), policy(A)) == [ours(A), THEIRS]


@pytest.mark.parametrize(
    "alike",
    [
        {
            "ID": "remediate:webapp",
            "AllowedMethods": ["PUT", "GET"],
            "AllowedOrigins": [B, A],
            "ExposeHeaders": ["ETag"],
        },
        {
            "ID": "remediate:webapp",
            "AllowedHeaders": [],
            "AllowedMethods": ["GET", "PUT", "GET"],
            "AllowedOrigins": [A, B],
            "ExposeHeaders": ["etag"],
        },
    ],
)
def test_what_s3_ignores_is_no_difference(alike: dict[str, Any]) -> None:
    live = state(alike, THEIRS)
    done, _ = desired(live, policy(A, B, methods=("GET", "PUT"), expose=("etag",)))
    assert done.config is live.config
    assert calls(live, done.config) == ()


def test_no_origins_left_takes_our_rule_away() -> None:
    assert after(state(THEIRS, ours(A)), policy()) == [THEIRS]
    assert after(state(ours(A)), policy()) is None
    assert after(state(), policy()) is None


def test_the_calls() -> None:
    assert calls(state(), {"CORSRules": [ours(A)]}) == ("s3:PutBucketCors",)
    assert calls(state(ours(A)), None) == ("s3:DeleteBucketCors",)


def test_two_targets_of_one_plan_each_get_a_rule() -> None:
    one, two = policy(A), policy(A, B, methods=("PUT",))
    both = [ours(A), {**ours(A, B), "ID": "remediate:webapp#2", "AllowedMethods": ["PUT"]}]
    assert after(state(), one, two) == both
    assert after(state(*both), one, two) == both
    assert after(state(*both), one, two, one, two) == both
    assert after(state(*both), two) == [{**both[1], "ID": "remediate:webapp"}]


def test_another_plans_rule_is_not_ours() -> None:
    other = {**ours(B), "ID": "remediate:webapp2"}
    assert after(state(other), policy(A)) == [other, ours(A)]


def test_a_long_plan_name_keeps_the_id_within_255() -> None:
    one, two = ("x" * 400 + end for end in "ab")
    ids = {after(state(), Policy(name, (A,)))[0]["ID"] for name in (one, two)}
    assert len(ids) == 2
    assert all(len(each) <= 255 for each in ids)


@pytest.mark.parametrize(
    ("wanted", "code", "level"),
    [
        (policy(A, methods=("GET", "PATCH")), "not-expressible", Level.WARN),
        (policy(A, methods=("GET", "OPTIONS")), "options-needs-no-listing", Level.INFO),
        (policy(A, expose=("*",)), "not-expressible", Level.WARN),
        (policy(A, headers=("*-x-*",)), "not-expressible", Level.WARN),
        (policy(A, "https://*.*.example.com"), "not-expressible", Level.WARN),
        (policy(A), "s3-always-credentials", Level.INFO),
        (policy(A, "*"), "mixed-wildcard", Level.INFO),
        (policy(A, "*", credentials=True), "credentials-need-named-origins", Level.WARN),
        (policy("https://*.example.com"), "wildcard-crosses-dots", Level.INFO),
        (policy("https://pr-*-web.vercel.app"), "wildcard-crosses-dots", Level.INFO),
        (policy("https://*example.com"), "wildcard-too-wide", Level.WARN),
        (policy("https://app.*"), "wildcard-too-wide", Level.WARN),
        (policy("https://*.com"), "wildcard-too-wide", Level.WARN),
        (policy("https://*"), "wildcard-too-wide", Level.WARN),
        (policy("http://localhost*"), "wildcard-too-wide", Level.WARN),
        (policy(A, methods=("PATCH",)), "nothing-expressible", Level.WARN),
        (policy("*", credentials=True), "nothing-expressible", Level.WARN),
    ],
)
def test_findings(wanted: Policy, code: str, level: Level) -> None:
    _, found = desired(state(), replace(wanted, where={"target": "p.yaml:1:1"}))
    assert (code, level) in [(finding.code, finding.level) for finding in found]
    assert all(finding.where and finding.hint and finding.address == "s3/up" for finding in found)


@pytest.mark.parametrize("origin", ["http://localhost:*", "http://*.localhost:3000", A, "*"])
def test_no_warning_of_reach(origin: str) -> None:
    _, found = desired(state(), policy(origin))
    assert "wildcard-too-wide" not in codes(found)


@pytest.mark.parametrize(
    "origin", ["https://*example.com", "https://app.*", "https://*.com", "https://*:8443"]
)
def test_the_warning_names_an_origin_that_would_get_in(origin: str) -> None:
    _, found = desired(state(), policy(origin))
    said = next(finding.message for finding in found if finding.code == "wildcard-too-wide")
    assert pattern_matches(origin, said.rpartition("lets in ")[2].removesuffix(" too."))


def test_the_inexpressible_is_left_out_and_never_widened() -> None:
    done, _ = desired(state(), policy(A, "https://*.*.x", methods=("PUT", "PATCH"), expose=("*", "etag")))
    assert done.config == {"CORSRules": [{**ours(A), "AllowedMethods": ["PUT"], "ExposeHeaders": ["etag"]}]}


@pytest.mark.parametrize("wanted", [policy(A, methods=("PATCH",)), policy("*", credentials=True)])
def test_nothing_expressible_leaves_the_bucket_alone(wanted: Policy) -> None:
    live = state(THEIRS, ours(B))
    assert desired(live, wanted)[0] == live


def test_limits_refuse() -> None:
    crowd = [{**THEIRS, "ID": str(number)} for number in range(100)]
    live = state(*crowd)
    done, found = desired(live, policy(A))
    assert done.config is live.config
    assert (Level.REFUSE, "too-many-rules") in [(each.level, each.code) for each in found]
    assert len(after(live, policy(A, mode=Mode.EXACT))) == 1

    done, found = desired(
        state(), policy(*(f"https://{'x' * 60}.{number}.example.com" for number in range(900)))
    )
    assert done.config is None
    assert (Level.REFUSE, "document-too-large") in [(each.level, each.code) for each in found]


def test_document_size_is_that_of_the_xml() -> None:
    rule = {"ID": "a&b", "AllowedOrigins": ["é"], "AllowedMethods": ["GET"], "MaxAgeSeconds": 5}
    text = (
        '<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule><ID>a&amp;b</ID>'
        "<AllowedMethod>GET</AllowedMethod><AllowedOrigin>é</AllowedOrigin><MaxAgeSeconds>5</MaxAgeSeconds>"
        "</CORSRule></CORSConfiguration>"
    )
    assert document_size([rule]) == len(text.encode())


@pytest.mark.parametrize(
    ("theirs", "wanted", "first"),
    [
        ({"AllowedOrigins": ["*"]}, {"credentials": True}, True),
        ({"AllowedOrigins": ["*"]}, {"max_age": 5}, False),
        ({"AllowedOrigins": ["https://*.example.com"]}, {"expose": ("etag",)}, True),
        ({"AllowedOrigins": [A], "ExposeHeaders": ["ETag"]}, {"expose": ("etag",), "max_age": 5}, False),
        ({"AllowedOrigins": [A], "AllowedMethods": ["PUT"]}, {"expose": ("etag",)}, False),
        ({"AllowedOrigins": [B]}, {"expose": ("etag",)}, False),
    ],
)
def test_ours_stands_before_a_rule_that_would_answer_less(theirs: Any, wanted: Any, *, first: bool) -> None:
    other = {**THEIRS, **theirs}
    mine = ours(A, **({"ExposeHeaders": ["etag"]} if "expose" in wanted else {}))
    mine |= {"MaxAgeSeconds": 5} if "max_age" in wanted else {}
    both = [mine, other] if first else [other, mine]
    for live in ([other], [other, mine]):
        done, found = desired(state(*live), policy(A, **wanted))
        assert done.config == {"CORSRules": both}
        assert "shadowed-by-foreign-rule" not in codes(found)


WIDE = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": [A, B], "AllowedHeaders": ["*"]}


@pytest.mark.parametrize(
    ("live", "wanted"),
    [
        ([WIDE], policy(A)),
        ([WIDE], policy(A, methods=("GET", "PUT"), headers=("content-type",))),
        ([{**WIDE, "MaxAgeSeconds": 9}], policy(A)),
        ([{**WIDE, "MaxAgeSeconds": 9}], policy(A, max_age=9)),
        ([{**WIDE, "ExposeHeaders": ["ETag", "x-more"]}], policy(A, B, expose=("etag",))),
        ([{**WIDE, "AllowedOrigins": ["*"]}], policy(A)),
        ([{**WIDE, "AllowedOrigins": ["https://*.example.com"]}], policy(A, "https://*.x.example.com")),
        (
            [{**WIDE, "AllowedMethods": ["GET"]}, {**WIDE, "AllowedMethods": ["PUT"]}],
            policy(A, methods=("GET", "PUT")),
        ),
    ],
)
def test_what_others_answer_alike_already_is_not_doubled(live: Any, wanted: Policy) -> None:
    start = state(*live)
    done, _ = desired(start, wanted)
    assert done.config is start.config


@pytest.mark.parametrize(
    ("live", "wanted"),
    [
        ([WIDE], policy(A, "https://c.example.com")),
        ([WIDE], policy(A, methods=("GET", "DELETE"))),
        ([WIDE], policy(A, expose=("etag",))),
        ([WIDE], policy(A, max_age=9)),
        ([{**WIDE, "AllowedHeaders": ["x-a"]}], policy(A, headers=("content-type",))),
        ([{**WIDE, "AllowedOrigins": ["*"]}], policy(A, credentials=True)),
        ([{**WIDE, "AllowedOrigins": ["*", A]}], policy(A)),
        ([{**WIDE, "ID": "remediate:shop"}], policy(A)),
        ([WIDE], policy(A, mode=Mode.EXACT)),
        # The first rule decides for a preflight without headers, and it does not expose etag.
        (
            [{**WIDE, "AllowedHeaders": []}, {**WIDE, "ExposeHeaders": ["etag"]}],
            policy(A, headers=("content-type",), expose=("etag",)),
        ),
    ],
)
def test_what_nobody_answers_alike_gets_a_rule(live: Any, wanted: Policy) -> None:
    done, _ = desired(state(*live), wanted)
    assert done.config
    assert [rule for rule in done.config["CORSRules"] if rule.get("ID") == "remediate:webapp"]


def test_a_rule_of_the_plan_stays_where_others_answer_alike_too() -> None:
    start = state(WIDE, ours(A))
    assert desired(start, policy(A))[0].config is start.config


def test_two_targets_of_a_bucket_each_have_a_rule_and_keep_it() -> None:
    wanted = [policy(A, methods=("PUT",)), policy(B, methods=("GET",), expose=("etag",))]
    first, second = ours(A, AllowedMethods=["PUT"]), ours(B, ExposeHeaders=["etag"])
    both = [first, {**second, "ID": "remediate:webapp#2"}]
    assert after(state(), *wanted) == both
    assert after(state(*both), *wanted) == both


def test_what_one_target_hides_from_another_is_named() -> None:
    """S3 combines no rules: the first that matches decides, also among those of one plan."""
    start, _ = desired(state(), policy(A, expose=("x-one",)))
    _, found = desired(start, policy(A, B, expose=("etag",)))
    assert "shadowed-by-foreign-rule" in codes(found)


@pytest.mark.parametrize(
    ("theirs", "wanted"),
    [
        ({"AllowedOrigins": ["*"], "ExposeHeaders": ["x-theirs"]}, policy(A, credentials=True)),
        ({"AllowedOrigins": [A], "ExposeHeaders": ["x-theirs"]}, policy(A, expose=("etag",))),
        ({"AllowedOrigins": [A]}, policy("*", expose=("etag",))),
    ],
)
def test_an_earlier_rule_that_answers_otherwise_is_named(theirs: Any, wanted: Policy) -> None:
    other = {**THEIRS, **theirs}
    done, found = desired(state(other), wanted)
    assert done.config
    assert done.config["CORSRules"][0] == other
    assert "shadowed-by-foreign-rule" in codes(found)


def test_a_retired_origin_in_a_foreign_rule_is_named_and_stays() -> None:
    done, found = desired(state(THEIRS), policy(A, retired=Retired(origins=(B,))))
    assert "retired-origin-in-foreign-rule" in codes(found)
    assert done.config == {"CORSRules": [THEIRS, ours(A)]}


def test_place_is_told() -> None:
    _, found = desired(state(expected_region="us-east-1"), policy(A), distributions=("cloudfront/E1",))
    assert {"other-region", "no-vary-without-match"} <= set(codes(found))


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        ("https://*.a.com", "https://x.*", True),
        ("https://*.a.com", "https://*.b.com", False),
        ("https://a*", "http://*", False),
        ("https://*.com", "https://*.a.com", True),
        ("https://*-a.com", "https://*.a.com", False),
        ("https://x*.a.com", "https://*.com", True),
        ("https://x*.com", "https://y*.a.com", False),
        ("*", "", True),
        ("x", "x", True),
        ("x*", "y", False),
    ],
)
def test_overlap(one: str, other: str, *, met: bool) -> None:
    assert overlap(one, other) is met
    assert overlap(other, one) is met


# The laws. Access is judged by S3's own reply, as `answer` predicts it.

SEEN = (
    A,
    B,
    "http://localhost:3000",
    "https://x.y.example.com",
    "https://pr-7.example.net",
    "HTTPS://Odd.example:443/",
)


def given_by(response: Response) -> set[str]:
    """What a browser makes of an answer that lets the origin in."""
    exposed = (response.get("access-control-expose-headers") or "").lower().split(", ")
    return {*exposed, f"credentials {response.get('access-control-allow-credentials')}"} - {
        "",
        "credentials None",
    }


def replies(config: Any) -> dict[tuple[str, str, str], Response]:
    asked = (*((origin, method, "") for origin in SEEN for method in world.METHODS),)
    asked += tuple(
        (origin, "PUT", header) for origin in SEEN for header in ("content-type", "x-amz-a", "x-other")
    )
    found = {}
    for origin, method, header in asked:
        names = [("access-control-request-headers", header)] if header else []
        request = Request(
            "OPTIONS", "/k", [("origin", origin), ("access-control-request-method", method), *names]
        )
        response = answer(config, request)
        assert isinstance(response, Response)
        found[origin, method, header] = response
    return found


@settings(deadline=None)
@given(world.configs(), world.policies())
def test_desired_is_idempotent(config: Any, wanted: Policy) -> None:
    live = replace(state(), config=config)
    once, _ = desired(live, wanted)
    twice, again = desired(once, wanted)
    assert twice == once
    assert [finding for finding in again if finding.level is Level.REFUSE] == []
    assert twice.config is once.config
    # As read again: without what this run knows.
    assert desired(replace(once, facts={}), wanted)[0].config is once.config


@settings(deadline=None)
@given(world.configs(), world.policies().map(lambda policy: replace(policy, mode=Mode.MERGE)))
def test_merge_takes_nothing_from_anybody(config: Any, wanted: Policy) -> None:
    done, _ = desired(replace(state(), config=config), wanted)
    rules = (config or {"CORSRules": []})["CORSRules"]
    foreign = {"CORSRules": [rule for rule in rules if rule.get("ID") != "remediate:webapp"]}
    kept = [
        rule
        for rule in (done.config or {"CORSRules": []})["CORSRules"]
        if rule.get("ID") != "remediate:webapp"
    ]
    assert kept == foreign["CORSRules"]
    was, now = replies(config), replies(done.config)
    for request, theirs in replies(foreign).items():
        if theirs.status == 200:
            assert now[request].status == 200
            if was[request] == theirs:  # a rule of theirs decided: nothing that it gave is lost
                assert given_by(now[request]) >= given_by(theirs)


@settings(deadline=None)
@given(world.configs(), world.policies().map(lambda policy: replace(policy, mode=Mode.EXACT)))
def test_exact_leaves_only_what_is_listed(config: Any, wanted: Policy) -> None:
    done, found = desired(replace(state(), config=config), wanted)
    if "nothing-expressible" in codes(found):
        assert done.config == config
        return
    for (origin, method, header), response in replies(done.config).items():
        listed = (
            any(pattern_matches(pattern, origin) for pattern in wanted.origins) and method in wanted.methods
        )
        reached = not header or any(pattern_matches(pattern, header) for pattern in wanted.headers)
        assert (response.status == 200) is (listed and reached)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_hostile_settings_never_break_it(value: Any) -> None:
    broken = [
        {"ID": value, "AllowedOrigins": value, "AllowedMethods": ["GET"]},
        {
            "AllowedOrigins": [value],
            "AllowedMethods": [value],
            "AllowedHeaders": [value],
            "MaxAgeSeconds": value,
        },
    ]
    for rule in broken:
        done, _ = desired(state(rule), policy(A, expose=("etag",), credentials=True))
        reply = answer(
            done.config, Request("OPTIONS", "/", [("origin", A), ("access-control-request-method", "GET")])
        )
        assert isinstance(reply, Response | Unknown)
