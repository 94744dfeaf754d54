"""Policies over states: what several targets of one resource mean together."""

from __future__ import annotations

from remediate.core.policy import Policy, Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.engine.compare import compare
from remediate.planfile import Target

A, B, C = "https://a.example.com", "https://b.example.com", "https://c.example.com"


def test_an_origin_that_another_target_asks_for_is_nobody_s_riddle() -> None:
    one, other = Selector("http_api", "orders"), Selector("http_api", "ord*")
    cors = {"AllowOrigins": [A, B, C], "AllowMethods": ["GET"]}
    state = State(
        "http_api/x1",
        "http_api",
        "eu-west-1",
        {"CorsConfiguration": cors},
        "1",
        ("x1", "orders"),
        "http_api/x1",
        selected_by=(one, other),
    )
    wishes = [Target(one, Policy("webapp", (A,))), Target(other, Policy("partners", (B,)))]
    found = compare(Snapshot((state,)), wishes)
    assert found.changes == ()
    assert [finding.message.rpartition(": ")[2] for finding in found.findings] == [f"{C}."]
