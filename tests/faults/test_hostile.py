"""What others wrote, however odd: plan files, AWS's answers, templates, saved plans, journals."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.core.diff import edits
from remediate.core.document import readable
from tests.faults.fuzz import run
from tests.faults.world import World
from tests.sizes import size


@pytest.fixture
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_keys")
def test_no_input_is_answered_with_an_exception_or_takes_for_ever() -> None:
    found = run(size(1_500, 4_000, 100_000), seed=1)
    assert found["wrong"] == []


def test_half_a_surrogate_pair_is_shown_and_saved() -> None:
    before: Any = {"AllowOrigins": ["https://\ud800.example", "x"]}
    assert edits(before, {"AllowOrigins": ["y"]})
    assert readable(before).encode().count(rb"\ud800") == 1


HOSTILE_RULES = [
    {"ID": f'"{number}" ünï \'quoted\'', "AllowedOrigins": [f"https://{number}.example", "https://é.example"],
     "AllowedMethods": ["GET", "GET"], "AllowedHeaders": ["x-*", "*"], "MaxAgeSeconds": 0}
    for number in range(99)
]  # fmt: skip


def test_a_hundred_rules_by_hand_stay_as_they_are(world: World) -> None:
    world.fresh()
    s3 = world.live.client("s3")
    s3.put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": HOSTILE_RULES})
    ended = world.apply("--target", "s3/*")
    assert ended.code == 0, ended.told
    rules = world.live.buckets()["webapp-uploads"]
    assert rules[:99] == HOSTILE_RULES
    assert rules[99]["ID"] == "remediate:webapp"
    assert world.undo().code == 0
    assert world.live.buckets()["webapp-uploads"] == HOSTILE_RULES


def test_hundreds_of_origins_and_templates_with_quotes(world: World) -> None:
    world.fresh()
    origins = [f"https://{number}.example" for number in range(300)]
    gateway = world.live.client("apigateway")
    api = gateway.get_rest_apis()["items"][0]["id"]
    items = next(one for one in gateway.get_resources(restApiId=api)["items"] if one["path"] == "/items")
    tests = " || ".join(f'$origin == "{origin}"' for origin in origins)
    template = f'#set($origin = $input.params("Origin"))\n#if({tests}) \'quoted\' "ünï" #end'
    place = {"restApiId": api, "resourceId": items["id"], "httpMethod": "OPTIONS", "statusCode": "200"}
    gateway.put_integration_response(**place, responseTemplates={"application/json": template})
    gateway.create_deployment(restApiId=api, stageName="prod")
    start = world.live.everything()
    ended = world.apply("--target", "rest_api/*")
    assert ended.code == 0, ended.told
    undone = world.undo()
    assert undone.code == 0, undone.told
    assert world.live.everything() == start


def test_a_distribution_of_seventy_behaviors(world: World) -> None:
    world.fresh()
    cloudfront = world.live.client("cloudfront")
    listed = cloudfront.list_distributions()["DistributionList"]["Items"]
    one = next(item["Id"] for item in listed if "cdn.example.com" in item["Aliases"]["Items"])
    got = cloudfront.get_distribution_config(Id=one)
    config = got["DistributionConfig"]
    more = [{**config["DefaultCacheBehavior"], "PathPattern": f"/{number}/~'\"*?"} for number in range(70)]
    config["CacheBehaviors"] = {"Quantity": len(more), "Items": more}
    cloudfront.update_distribution(Id=one, IfMatch=got["ETag"], DistributionConfig=config)
    start = world.live.everything()
    ended = world.apply("--target", f"cloudfront/{one}")
    assert ended.code == 0, ended.told
    changed = world.live.distributions()[one]["CacheBehaviors"]["Items"]
    assert [each["PathPattern"] for each in changed] == [each["PathPattern"] for each in more]
    assert {each["CachePolicyId"] for each in changed}.isdisjoint(each["CachePolicyId"] for each in more)
    undone = world.undo()
    assert undone.code == 0, undone.told
    assert world.live.everything() == start
