"""Policies over states: what several targets of one resource mean together."""

from __future__ import annotations

from remediate.core.finding import Finding, Level
from remediate.core.policy import Mode, Policy, Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.engine.compare import ambiguous_names, compare
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


BUCKET = {"CORSRules": [{"ID": "theirs", "AllowedMethods": ["GET"], "AllowedOrigins": [C]}]}


def _bucket(selectors: tuple[Selector, ...], config: object) -> State:
    return State("s3/up", "s3", "eu-west-1", config, "1", ("up",), "s3/up", selected_by=selectors)  # type: ignore[arg-type]


def test_exact_targets_of_one_plan_leave_each_a_rule_in_the_bucket() -> None:
    selectors = (Selector("s3", "up", where="p:1:1"), Selector("s3", "up", where="p:2:1"))
    policies = (Policy("webapp", (A,), mode=Mode.EXACT), Policy("webapp", (B,), ("PUT",), mode=Mode.EXACT))
    targets = [Target(*pair) for pair in zip(selectors, policies, strict=True)]
    (change,) = compare(Snapshot((_bucket(selectors, BUCKET),)), targets).changes
    assert change.after == {
        "CORSRules": [
            {"ID": "remediate:webapp", "AllowedMethods": ["GET"], "AllowedOrigins": [A]},
            {"ID": "remediate:webapp#2", "AllowedMethods": ["PUT"], "AllowedOrigins": [B]},
        ]
    }
    assert compare(Snapshot((_bucket(selectors, change.after),)), targets).changes == ()


def test_an_exact_target_of_another_plan_still_disagrees() -> None:
    selectors = (Selector("s3", "up", where="p:1:1"), Selector("s3", "up", where="q:1:1"))
    policies = (Policy("webapp", (A,), mode=Mode.EXACT), Policy("shop", (B,)))
    targets = [Target(*pair) for pair in zip(selectors, policies, strict=True)]
    found = compare(Snapshot((_bucket(selectors, BUCKET),)), targets)
    assert found.changes == ()
    assert "targets-disagree" in [finding.code for finding in found.findings]


def test_the_rule_of_a_target_that_is_taken_out_goes() -> None:
    selector = Selector("s3", "up", where="p:1:1")
    live = {
        "CORSRules": [
            {"ID": "remediate:webapp", "AllowedMethods": ["GET"], "AllowedOrigins": [A]},
            {"ID": "remediate:webapp#2", "AllowedMethods": ["PUT"], "AllowedOrigins": [B]},
        ]
    }
    targets = [Target(selector, Policy("webapp", (B,), ("PUT",)))]
    (change,) = compare(Snapshot((_bucket((selector,), live),)), targets).changes
    assert change.after == {
        "CORSRules": [{"ID": "remediate:webapp", "AllowedMethods": ["PUT"], "AllowedOrigins": [B]}]
    }


def named_orders(identifier: str, selected_by: Selector, stage: str = "") -> State:
    """An API named orders, or a stage of one."""
    service = selected_by.service
    group = f"{service}/{identifier}"
    return State(
        f"{group}/{stage}" if stage else group,
        service,
        "eu-west-1",
        None,
        "1",
        (identifier, "orders"),
        group,
        selected_by=(selected_by,),
        label="orders",
    )


def ambiguous(states: tuple[State, ...], selector: Selector) -> list[Finding]:
    found = compare(Snapshot(states), [Target(selector, Policy("webapp", ()))])
    return [finding for finding in found.findings if finding.code == "ambiguous-name"]


def test_a_name_that_means_two_apis_is_a_warning_that_names_both() -> None:
    selector = Selector("http_api", "orders", where="plans/webapp.yaml:4:5")
    (finding,) = ambiguous(tuple(named_orders(name, selector) for name in ("x1", "x2")), selector)
    assert finding.level is Level.WARN
    assert finding.where == "plans/webapp.yaml:4:5"
    assert finding.message == (
        "The name orders means 2 resources, and the plan is for all of them: http_api/x1 and http_api/x2."
    )


def test_a_glob_means_several_on_purpose_and_one_name_means_one() -> None:
    glob = Selector("http_api", "ord*")
    assert ambiguous(tuple(named_orders(name, glob) for name in ("x1", "x2")), glob) == []
    name = Selector("http_api", "orders")
    assert ambiguous((named_orders("x1", name),), name) == []


def test_the_stages_of_one_api_are_one_resource() -> None:
    selector = Selector("rest_api", "orders")
    stages = tuple(named_orders("x1", selector, stage) for stage in ("prod", "test"))
    assert ambiguous_names(Snapshot(stages), [selector]) == []
    other = named_orders("x2", selector, "prod")
    (finding,) = ambiguous_names(Snapshot((*stages, other)), [selector])
    assert finding.address == "rest_api/orders"
