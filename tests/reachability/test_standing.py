"""What the settings allow that no plan asks for, though the plan changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from remediate.core.finding import Finding, Level, Topic
from remediate.core.policy import Policy
from remediate.core.state import State
from remediate.reachability.standing import standing_dangers
from tests.reachability.test_abilities import EVIL, OURS, bucket, changed, gateway, rest
from tests.services.rest_api.apis import cors, mock, response

PLAN = Policy("webapp", (OURS,), ("GET",))


def rule(*origins: str) -> dict[str, list[str]]:
    return {"AllowedOrigins": [*origins], "AllowedMethods": ["GET"]}


def dangers(state: State, policies: Sequence[Policy] = (PLAN,)) -> list[Finding]:
    return [*standing_dangers([state], (), {state.address: policies})]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (bucket(rule(OURS), rule("*")), "any-origin"),
        (bucket(rule(OURS), rule("https://*")), "any-origin-with-credentials"),
        (bucket(rule(OURS), rule("h*")), "any-origin-with-credentials"),
        (bucket(rule(OURS), rule("http://*")), "any-origin-with-credentials"),
        (gateway({"AllowOrigins": ["*"], "AllowMethods": ["GET"]}), "any-origin"),
        (
            gateway({"AllowOrigins": ["https://*"], "AllowMethods": ["GET"], "AllowCredentials": True}),
            "any-origin-with-credentials",
        ),
        (gateway({"AllowOrigins": [OURS, "http://shop.example"], "AllowMethods": ["GET"]}), "unsafe-origin"),
        (bucket(rule(OURS), rule("https://*.vercel.app")), "unsafe-origin"),
        (bucket(rule(OURS), rule("null")), "unsafe-origin"),
    ],
)
def test_what_lets_strangers_in_is_a_warning_though_nothing_changes(state: State, code: str) -> None:
    (finding,) = dangers(state)
    assert (finding.code, finding.level, finding.topic) == (code, Level.WARN, Topic.ACCESS)
    assert finding.address == state.address


@pytest.mark.parametrize(
    "state",
    [
        bucket(rule(OURS), rule(EVIL)),
        bucket(rule(OURS), rule("https://*.example.com")),
        bucket(rule("https://APP*")),
        bucket(),
        gateway(None),
        gateway({"AllowOrigins": [OURS], "AllowMethods": ["*"], "AllowHeaders": ["*"]}),
        bucket(rule(OURS), rule("http://localhost:3000")),
    ],
)
def test_origins_by_name_and_values_that_let_nobody_in_are_no_danger(state: State) -> None:
    assert dangers(state) == []


def test_a_preflight_that_a_gateway_answers_for_everybody_is_told_with_what_is_not_known() -> None:
    (finding,) = dangers(rest(mock(response(parameters=cors(origin="*", methods="GET,PUT")))))
    assert finding.code == "any-origin"
    assert "answer preflights of pages of every origin" in finding.message
    assert "up to the backend" in finding.message


def test_what_the_plan_asks_for_or_takes_away_is_no_danger() -> None:
    open_bucket = bucket(rule(OURS), rule("*"))
    assert dangers(open_bucket, [Policy("webapp", ("*",), ("GET",))]) == []
    assert dangers(open_bucket, []) == [], "no plan means it"
    closing = changed(open_bucket, bucket(rule(OURS)))
    assert [*standing_dangers([open_bucket], [closing], {open_bucket.address: [PLAN]})] == []
    opening = changed(bucket(rule(OURS)), open_bucket)
    assert [
        each.code for each in standing_dangers([bucket(rule(OURS))], [opening], {"s3/files": [PLAN]})
    ] == ["any-origin"]
