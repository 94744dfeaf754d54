"""The wish merged into an API's settings: tables, then the laws."""

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
from remediate.services.http_api.answer import answer
from remediate.services.http_api.cors import tidy
from remediate.services.http_api.desired import desired
from remediate.services.http_api.write import calls, context
from remediate.web.http import Request, Response, Unknown

SPEC = importlib.util.spec_from_file_location("http_api_world", Path(__file__).parent / "world.py")
assert SPEC
assert SPEC.loader
world = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(world)

A, B = "https://a.example.com", "https://b.example.com"


def state(cors: Any = None, **facts: Any) -> State:
    config = None if cors is None else {"CorsConfiguration": cors}
    return State(
        "http_api/x1", "http_api", "eu-west-1", config, digest(config), ("x1",), "http_api/x1", facts
    )


def policy(*origins: str, **more: Any) -> Policy:
    return Policy("webapp", origins, **more)


def exact(*origins: str, **more: Any) -> Policy:
    return policy(*origins, mode=Mode.EXACT, **more)


def after(cors: Any, *policies: Policy) -> Any:
    start = state(cors)
    for each in policies:
        start, _ = desired(start, each)
    return start.config and start.config["CorsConfiguration"]


def codes(found: Any) -> list[str]:
    return [finding.code for finding in found]


@pytest.mark.parametrize(
    ("live", "wanted", "named"),
    [
        ([A, B], policy(A), [B]),
        (["*", A], policy(A), ["*"]),
        # the plan brought it and takes it away, or asks for all of that kind, or another target wants it
        ([A, B], policy(A, retired=Retired(origins=(B,))), None),
        ([A, B], policy("https://*"), None),
        ([A.upper(), B], policy(A, companions=(B,)), None),
        ([A, B], exact(A), None),
        # everybody of this plan's has gone
        ([B], policy(), [B]),
    ],
)
def test_an_origin_that_nobody_knows_stays_and_is_named(
    live: list[str], wanted: Policy, named: list[str] | None
) -> None:
    then, found = desired(state({"AllowOrigins": live, "AllowMethods": ["GET"]}), wanted)
    told = {finding.code: finding for finding in found}
    assert ("unlisted-origins-stay" in told) is (named is not None)
    if named is not None:
        finding = told["unlisted-origins-stay"]
        assert finding.level is Level.INFO
        assert finding.message.endswith(f"stay: {', '.join(named)}.")
        assert then.config is not None
        assert set(named) <= set(then.config["CorsConfiguration"]["AllowOrigins"])


def test_an_api_without_settings_gets_the_plans() -> None:
    wanted = policy(
        A, methods=("GET", "PUT"), headers=("*",), expose=("etag",), credentials=True, max_age=600
    )
    assert after(None, wanted) == {
        "AllowCredentials": True,
        "AllowHeaders": ["*"],
        "AllowMethods": ["GET", "PUT"],
        "AllowOrigins": [A],
        "ExposeHeaders": ["etag"],
        "MaxAge": 600,
    }


@pytest.mark.parametrize(
    ("live", "wanted", "expected"),
    [
        # the union, new values at the end, what is there as it is spelled
        (
            {"AllowOrigins": [B], "AllowMethods": ["put"], "AllowHeaders": ["X-Odd"]},
            policy(A, methods=("GET", "PUT"), headers=("x-odd", "x-one")),
            {"AllowOrigins": [B, A], "AllowMethods": ["put", "GET"], "AllowHeaders": ["X-Odd", "x-one"]},
        ),
        # '*' covers what the plan lists
        (
            {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowHeaders": ["*"]},
            policy(A, methods=("PUT",), headers=("x-one",)),
            {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowHeaders": ["*"]},
        ),
        # but Authorization never, and nothing where credentials are sent
        (
            {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowHeaders": ["*"]},
            policy(A, headers=("authorization",)),
            {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowHeaders": ["*", "authorization"]},
        ),
        (
            {"AllowOrigins": [B], "AllowMethods": ["*"], "AllowCredentials": True},
            policy(A, methods=("PUT",)),
            {"AllowOrigins": [B, A], "AllowMethods": ["*", "PUT"], "AllowCredentials": True},
        ),
        # credentials and max-age of others stay
        (
            {"AllowOrigins": [A], "AllowMethods": ["GET"], "AllowCredentials": True, "MaxAge": 5},
            policy(A, max_age=600),
            {"AllowOrigins": [A], "AllowMethods": ["GET"], "AllowCredentials": True, "MaxAge": 5},
        ),
        # retired values go, unless listed again
        (
            {"AllowOrigins": [A, B], "AllowMethods": ["GET", "PUT"], "AllowHeaders": ["x-one"]},
            policy(A, retired=Retired(origins=(A, B), methods=("PUT",), headers=("X-ONE",))),
            {"AllowOrigins": [A], "AllowMethods": ["GET"]},
        ),
        # no credentials for everybody
        (
            {"AllowOrigins": ["*"]},
            policy(A, credentials=True),
            {"AllowOrigins": ["*"], "AllowMethods": ["GET"]},
        ),
        (
            {"AllowOrigins": ["https://*"], "AllowMethods": ["GET"]},
            policy(A, credentials=True),
            {"AllowOrigins": ["https://*", A], "AllowMethods": ["GET"]},
        ),
        # nor '*' where others rely on credentials
        (
            {"AllowOrigins": [B], "AllowMethods": ["GET"], "AllowCredentials": True},
            policy("*", methods=("PUT",)),
            {"AllowOrigins": [B], "AllowMethods": ["GET"], "AllowCredentials": True},
        ),
        # empty settings that let nobody in
        ({}, policy(), {}),
        ({}, policy(A), {"AllowOrigins": [A], "AllowMethods": ["GET"]}),
    ],
)
def test_merge(live: Any, wanted: Policy, expected: Any) -> None:
    assert after(live, wanted) == expected


def test_exact_is_equality() -> None:
    live = {"AllowOrigins": [B], "AllowMethods": ["PUT"], "AllowCredentials": True, "MaxAge": 5}
    assert after(live, exact(A)) == {"AllowOrigins": [A], "AllowMethods": ["GET"]}


@pytest.mark.parametrize("wanted", [exact(), policy(retired=Retired(origins=(A,)))])
def test_the_last_origin_takes_the_settings_with_it(wanted: Policy) -> None:
    live = state({"AllowOrigins": [A], "AllowMethods": ["GET"]})
    done, _ = desired(live, wanted)
    assert done.config is None
    assert calls(live, None) == ("apigatewayv2:DeleteCorsConfiguration",)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "live",
    [
        {
            "AllowOrigins": [B, A.upper()],
            "AllowMethods": ["put", "get"],
            "AllowHeaders": ["X-One"],
            "MaxAge": 600,
        },
        {
            "AllowOrigins": [A, B],
            "AllowMethods": ["GET", "PUT"],
            "AllowHeaders": ["x-one"],
            "ExposeHeaders": [],
            "AllowCredentials": False,
            "MaxAge": 600,
        },
    ],
)
def test_what_aws_ignores_is_no_difference(live: Any, mode: Mode) -> None:
    start = state(live)
    wanted = policy(A, B, methods=("GET", "PUT"), headers=("x-one",), max_age=600, mode=mode)
    done, _ = desired(start, wanted)
    assert done.config is start.config
    assert calls(start, done.config) == ()
    assert context(start, done.config) == {}


@pytest.mark.parametrize(
    ("live", "wanted", "code", "level"),
    [
        (None, policy(A, "https://*.example.com"), "not-expressible", Level.WARN),
        (None, policy(A, "http://localhost:*"), "not-expressible", Level.WARN),
        (None, policy(A, methods=("GET", "TRACE")), "not-expressible", Level.WARN),
        (None, policy(A, headers=("x-amz-*",)), "not-expressible", Level.WARN),
        (None, policy(A, max_age=100_000), "not-expressible", Level.WARN),
        (None, policy("https://*.example.com"), "nothing-expressible", Level.WARN),
        (None, policy("*", A, credentials=True), "credentials-need-named-origins", Level.WARN),
        (
            None,
            policy(A, headers=("*",), credentials=True),
            "wildcard-is-literal-with-credentials",
            Level.WARN,
        ),
        (None, exact("*", A), "mixed-wildcard", Level.INFO),
        (None, policy(A), "backend-cors-ignored", Level.WARN),
        ({"AllowOrigins": ["*"]}, policy(A, credentials=True), "credentials-need-named-origins", Level.WARN),
        ({"AllowOrigins": [A], "MaxAge": 5}, policy(A, max_age=6), "max-age-kept", Level.INFO),
        ({"AllowOrigins": [B]}, policy(A, methods=("PUT",)), "other-origins-gain", Level.WARN),
        ({"AllowOrigins": [B]}, policy(A, credentials=True), "other-origins-gain", Level.WARN),
        ({"AllowOrigins": [B], "AllowMethods": ["DELETE"]}, policy(A), "origins-gain-more", Level.WARN),
    ],
)
def test_findings(live: Any, wanted: Policy, code: str, level: Level) -> None:
    _, found = desired(state(live), replace(wanted, where={"target": "p.yaml:1:1"}))
    assert (code, level) in [(finding.code, finding.level) for finding in found]
    assert all(finding.where and finding.hint and finding.address == "http_api/x1" for finding in found)


def test_the_inexpressible_is_left_out_and_never_widened() -> None:
    wanted = policy(A, "https://*.example.com", methods=("GET", "TRACE"), headers=("x-*",), max_age=100_000)
    assert after(None, wanted) == {"AllowOrigins": [A], "AllowMethods": ["GET"], "MaxAge": 86_400}


def test_nothing_expressible_leaves_the_api_alone() -> None:
    live = state({"AllowOrigins": [B]})
    assert desired(live, exact("https://*.example.com"))[0] is live
    assert desired(live, policy("*", credentials=True))[0] is live


def stage(**more: Any) -> dict[str, Any]:
    return {"StageName": "prod", "AutoDeploy": False, "CorsPending": False, "OthersPending": False, **more}


def test_a_stage_that_only_waits_for_cors_is_deployed() -> None:
    live = state({"AllowOrigins": [B]}, stages=[stage(), {"StageName": "dev", "AutoDeploy": True}])
    done, found = desired(live, policy(A))
    assert "stage-needs-deployment" not in codes(found)
    assert calls(live, done.config) == ("apigatewayv2:UpdateApi", "apigatewayv2:CreateDeployment")
    assert context(live, done.config) == {"deploy": ["prod"]}


@pytest.mark.parametrize("others", [True, None])
def test_a_stage_with_other_edits_is_only_named(others: Any) -> None:
    live = state({"AllowOrigins": [B]}, stages=[stage(OthersPending=others)])
    done, found = desired(live, policy(A))
    assert "stage-needs-deployment" in codes(found)
    assert calls(live, done.config) == ("apigatewayv2:UpdateApi",)
    assert context(live, done.config) == {}


@pytest.mark.parametrize(("cors", "named"), [(True, True), (False, False), (None, False)])
def test_settings_that_were_edited_and_not_deployed_are_named(cors: Any, *, named: bool) -> None:
    live = state({"AllowOrigins": [A], "AllowMethods": ["GET"]}, stages=[stage(CorsPending=cors)])
    _, found = desired(live, policy(A))
    assert ("stage-needs-deployment" in codes(found)) is named


def test_an_authorizer_before_the_preflight_is_named() -> None:
    routes = [{"RouteKey": "$default", "AuthorizationType": "JWT"}]
    _, found = desired(state(routes=routes), policy(A))
    assert "preflight-behind-authorizer" in codes(found)


def test_what_was_not_looked_at_is_said_where_it_matters() -> None:
    unlooked = state({"AllowOrigins": [A], "AllowMethods": ["GET"]}, unlooked="too many")
    assert "not-looked-at" not in codes(desired(unlooked, policy(A))[1])
    assert "not-looked-at" in codes(desired(unlooked, policy(B))[1])


# The laws. Access is judged by the gateway's own reply, as `answer` predicts it.


def granted(config: Any) -> set[tuple[str, ...]]:
    """Who may do what, as a browser without cookies reads the replies, and with them where allowed."""
    found = set()
    for origin in (*world.ORIGINS, "https://theirs.example", "http://x.example"):
        asked = [("origin", origin), ("access-control-request-method", "PUT")]
        response = answer(config, Request("OPTIONS", "/", asked), backend=Response(200))
        assert isinstance(response, Response)
        if response.get("access-control-allow-origin") not in {origin, "*"}:
            continue
        modes = ["plain"] + ["credentials"] * (response.get("access-control-allow-credentials") == "true")
        for mode in modes:
            for what, universe in (("methods", world.METHODS), ("headers", (*world.HEADERS, "x-odd"))):
                listed = {
                    each.lower() for each in (response.get(f"access-control-allow-{what}") or "").split(",")
                }
                every = mode == "plain" and "*" in listed
                found |= {
                    (origin, mode, each)
                    for each in universe
                    if each.lower() in listed
                    or (every and each != "authorization")
                    or each in {"GET", "POST"}
                }
    return found


def tidied(config: Any) -> Any:
    return config and {"CorsConfiguration": tidy(config["CorsConfiguration"])}


@settings(deadline=None)
@given(world.configs(), world.policies())
def test_desired_is_idempotent(config: Any, wanted: Policy) -> None:
    live = replace(state(), config=tidied(config))
    once, _ = desired(live, wanted)
    twice, _ = desired(once, wanted)
    assert twice.config is once.config


@settings(deadline=None)
@given(world.configs(), world.policies())
def test_merge_takes_nothing_and_brings_what_is_listed(config: Any, wanted: Policy) -> None:
    wanted = replace(wanted, mode=Mode.MERGE, retired=Retired())
    done, found = desired(replace(state(), config=tidied(config)), wanted)
    assert granted(done.config) >= granted(config)
    if "nothing-expressible" not in codes(found):
        methods = {(origin, "plain", method) for origin in wanted.origins for method in wanted.methods}
        named = {each for each in methods if "*" not in each[0] and each[2] in world.METHODS}
        assert named <= granted(done.config)


@settings(deadline=None)
@given(world.configs(), world.policies())
def test_exact_leaves_only_what_is_listed(config: Any, wanted: Policy) -> None:
    done, found = desired(replace(state(), config=tidied(config)), replace(wanted, mode=Mode.EXACT))
    if "nothing-expressible" in codes(found):
        assert done.config == tidied(config)
        return
    for origin, mode, what in granted(done.config):
        assert origin in wanted.origins
        assert mode == "plain" or wanted.credentials
        assert what in {*wanted.methods, *wanted.headers, "GET", "POST"} or "*" in wanted.headers


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_hostile_settings_never_break_it(value: Any) -> None:
    for cors in ({"AllowOrigins": value, "AllowMethods": value}, {"AllowOrigins": [value], "MaxAge": value}):
        for wanted in (policy(A, credentials=True), exact(A), policy()):
            done, _ = desired(state(cors), wanted)
            reply = answer(
                done.config,
                Request("OPTIONS", "/", [("origin", A), ("access-control-request-method", "GET")]),
            )
            assert isinstance(reply, Response | Unknown)


def test_entries_that_no_browser_sends_stay_and_are_named() -> None:
    live = {"AllowOrigins": [f"{A}/", "b.example.com", A.upper(), "https://*"], "AllowMethods": ["GET"]}
    changed, findings = desired(state(live), policy(B))
    assert changed.config is not None
    assert changed.config["CorsConfiguration"]["AllowOrigins"] == [*live["AllowOrigins"], B]
    by_code = {finding.code: finding for finding in findings}
    message = by_code["dead-origin"].message
    assert f"'{A}/' has a trailing slash" in message
    assert "'b.example.com' has no scheme" in message
    # AWS compares whatever the case, and a scheme wildcard is an entry of its own.
    assert "A.EXAMPLE" not in message
    assert "'https://*'" not in message
    staying = by_code["unlisted-origins-stay"].message
    assert f"{A}/" not in staying
    assert A.upper() in staying
    gone, findings = desired(state(live), exact(B))
    assert gone.config is not None
    assert gone.config["CorsConfiguration"]["AllowOrigins"] == [B]
    assert "dead-origin" not in codes(findings)


def test_members_that_were_never_set_are_the_same_as_empty_ones() -> None:
    """GetApi omits members of CorsConfiguration that nobody ever set."""
    never_set = {"AllowOrigins": [A], "AllowMethods": ["GET"]}
    same, _ = desired(state(never_set), policy(A))
    assert same.config == {"CorsConfiguration": never_set}
    empty = {**never_set, "AllowCredentials": False, "MaxAge": 0, "AllowHeaders": [], "ExposeHeaders": []}
    same, _ = desired(state(empty), policy(A))
    assert same.config == {"CorsConfiguration": empty}
    assert after(never_set, exact(A)) == never_set
