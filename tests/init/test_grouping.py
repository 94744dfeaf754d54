"""Which plan a resource goes into: chain, tags, name, then the origins that it lets in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.init.grouping import UNSORTED, grouped


def resource(address: str, name: str, *, upstreams: tuple[str, ...] = ()) -> State:
    kind, _, identifier = address.partition("/")
    return State(
        address,
        kind,
        "eu-west-1",
        None,
        "1",
        (identifier, name),
        address,
        hosts=(f"{identifier.lower()}.example",),
        upstreams=upstreams,
        label=name,
    )


def plans(
    *states: State,
    tags: Mapping[str, Mapping[str, str]] | None = None,
    origins: Mapping[str, frozenset[str]] | None = None,
    split: str = "stage",
) -> dict[str, list[tuple[str, str]]]:
    by_plan = grouped(Snapshot(states), states, tags or {}, origins or {}, split)
    return {
        name: [(member.state.address, member.by) for member in members] for name, members in by_plan.items()
    }


@pytest.mark.parametrize(
    ("name", "plan"),
    [
        ("shop-dev-uploads", "shop-dev"),
        ("shop_prod.assets", "shop-prod"),
        ("acme-shop-staging-api", "acme-shop-staging"),
        ("Shop-Uploads", "Shop"),
        ("prod-uploads", UNSORTED),
        ("123456789012", UNSORTED),
    ],
)
def test_a_name_without_words_for_stage_and_role_is_the_application(name: str, plan: str) -> None:
    assert plans(resource("s3/b", name)) == {plan: [("s3/b", "name")]}


@pytest.mark.parametrize(
    ("tags", "plan"),
    [
        ({"app": "shop", "env": "dev"}, "shop-dev"),
        ({"Project": "shop", "Stage": "prod"}, "shop-prod"),
        ({"aws:cloudformation:stack-name": "shop-prod"}, "shop-prod"),
        ({"aws:cloudformation:stack-name": "shop-prod", "STAGE": "prod"}, "shop-prod"),
        ({"application": "a b/c"}, "a-b-c"),
    ],
)
def test_tags_come_before_the_name(tags: dict[str, str], plan: str) -> None:
    assert plans(resource("s3/b", "blog"), tags={"s3/b": tags}) == {plan: [("s3/b", "tag")]}


def test_a_chain_is_one_plan_and_says_where_it_spans_two_tags() -> None:
    bucket, front = resource("s3/b", "blog"), resource("cloudfront/E1", "x", upstreams=("b.example",))
    tags = {"s3/b": {"app": "shop"}, "cloudfront/E1": {"app": "edge"}}
    assert plans(bucket, front, tags=tags) == {"shop": [("cloudfront/E1", "chain"), ("s3/b", "chain")]}
    (members,) = grouped(Snapshot((bucket, front)), [bucket, front], tags, {}).values()
    assert members[0].because == "cloudfront/E1; the chain spans the tags edge, shop"


def test_what_has_no_name_goes_where_its_origins_are() -> None:
    named, nameless, other = resource("s3/a", "shop"), resource("s3/b", "uploads"), resource("s3/c", "assets")
    origins = {
        "s3/a": frozenset({"https://shop.example"}),
        "s3/b": frozenset({"https://shop.example"}),
        "s3/c": frozenset({"*"}),
    }
    assert plans(named, nameless, other, origins=origins) == {
        "shop": [("s3/a", "name"), ("s3/b", "origin")],
        UNSORTED: [("s3/c", "name")],
    }


def test_split_by_application_leaves_the_stage_out() -> None:
    states = resource("s3/a", "shop-dev"), resource("s3/b", "shop-prod")
    assert set(plans(*states)) == {"shop-dev", "shop-prod"}
    assert set(plans(*states, split="app")) == {"shop"}
    assert set(plans(*states, split="none")) == {"account"}
    assert set(plans(*states, split="resource")) == {"s3-a", "s3-b"}
