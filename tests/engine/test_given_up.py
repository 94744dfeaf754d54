"""What a plan brought to targets that it gave up goes: shown, guarded, applied, and done by the job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from remediate.aws import Aws
from remediate.core.drift import DriftKind, DriftStatus
from remediate.core.finding import Level
from remediate.core.origins_in import origins_in
from remediate.core.plan import NO_MATCH
from remediate.core.snapshot import Snapshot
from remediate.engine.baseline import load_baseline
from remediate.engine.given_up import given_up
from remediate.engine.plan import PlanResult, make_plan
from remediate.engine.undo import undo_plan
from remediate.errors import UsageError
from remediate.sandbox import embedded
from tests.drift.world import World
from tests.engine.given_up_world import (
    ALL,
    HEAD,
    LOCALHOST,
    NONE,
    OTHER,
    TARGETS,
    carry,
    changed,
    findings,
    live,
    other_bucket,
    plan,
)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """The application, to which nothing was applied."""
    with embedded():
        world = World(tmp_path)
        other_bucket(world)
        yield world


@pytest.fixture
def world(fresh: World) -> World:
    """The application with the plan applied to every service."""
    fresh.write(ALL)
    fresh.apply()
    return fresh


def test_what_a_target_brought_goes_with_it_on_every_service(fresh: World) -> None:
    before = live(fresh)
    fresh.write(ALL)
    fresh.apply()
    assert {kind for kind, config in live(fresh).items() if LOCALHOST in json.dumps(config)} == set(TARGETS)
    fresh.write(NONE)
    planned = plan(fresh)
    assert changed(planned) == set(TARGETS)
    told = findings(planned, "no-longer-in-the-plan")
    assert told.keys() == TARGETS.keys()
    for finding in told.values():
        assert finding.level is Level.INFO
        assert "is no longer in the plan webapp; what the plan brought there goes." in finding.message
        assert finding.where == f"{fresh.folder / 'plan.yaml'}:1:1"
    assert (LOCALHOST, "allowed", "blocked") in {
        (row.origin, row.before, row.after) for row in planned.plan.access
    }
    carry(fresh, planned, "apply")
    after = live(fresh)
    assert {kind: origins_in(after[kind]) for kind in TARGETS} == {k: origins_in(before[k]) for k in TARGETS}
    # A REST API keeps declarations of headers that nothing sets any more, which no browser sees.
    assert {kind for kind in TARGETS if after[kind] != before[kind]} == {"rest_api"}
    assert plan(fresh).plan.changes == ()
    assert findings(plan(fresh), "no-longer-in-the-plan") == {}


def test_the_job_does_it_as_a_pending_change_and_is_quiet_afterwards(world: World) -> None:
    assert world.look(correct=True).exit_code == 0
    world.told()
    world.write(NONE)
    assert {(one.kind, one.status) for one in world.look().sightings} == {
        (DriftKind.PENDING, DriftStatus.LEFT)
    }
    done = world.look(correct=True)
    assert {one.service for one in done.sightings} == set(TARGETS)
    assert {(one.kind, one.status) for one in done.sightings} == {(DriftKind.PENDING, DriftStatus.CORRECTED)}
    assert done.exit_code == 0
    assert LOCALHOST not in json.dumps(live(world))
    assert (world.look(correct=True).sightings, world.told()) == ((), [])


def test_only_what_target_names_goes(world: World) -> None:
    world.write(NONE)
    assert changed(plan(world, "s3/webapp-*")) == {"s3"}
    with pytest.raises(UsageError):
        plan(world, "http_api/unknown")


def test_what_others_have_there_stays(world: World) -> None:
    rules = world.rules()
    world.put_rules(*rules, {"AllowedOrigins": [LOCALHOST], "AllowedMethods": ["GET"], "ID": "theirs"})
    world.put_cors(
        **{**world.cors(), "AllowOrigins": [*world.cors()["AllowOrigins"], "https://their.example"]}
    )
    world.write(NONE)
    carry(world, plan(world), "apply")
    assert [rule["ID"] for rule in world.rules()] == ["partner-gallery", "theirs"]
    assert "https://their.example" in world.cors()["AllowOrigins"]
    assert LOCALHOST not in world.cors()["AllowOrigins"]


def test_what_another_plan_file_wants_there_stays(world: World) -> None:
    other = ALL.replace("name: webapp", "name: other").replace(f"  - {LOCALHOST}\n", "")
    (world.folder / "other.yaml").write_text(other, encoding="utf-8")
    world.apply()
    world.write(NONE)
    carry(world, plan(world), "apply")
    for config in live(world).values():
        assert "https://shop.example.com" in json.dumps(config)
        assert LOCALHOST not in json.dumps(config)
    assert plan(world).plan.changes == ()


def test_a_resource_that_was_deleted_is_no_error(world: World) -> None:
    world.write(NONE)
    world.aws().client("s3").delete_bucket(Bucket="webapp-uploads")
    apis = world.aws().client("apigatewayv2")
    apis.delete_api(ApiId=apis.get_apis()["Items"][0]["ApiId"])
    rest = world.aws().client("apigateway")
    rest.delete_stage(restApiId=rest.get_rest_apis()["items"][0]["id"], stageName="prod")
    planned = plan(world)
    assert not planned.plan.incomplete
    assert changed(planned) == {"cloudfront"}


def test_one_that_may_not_be_read_is_an_error(world: World) -> None:
    aws = world.aws()
    client = aws.client("s3", "eu-west-1")
    client.meta.events.register("before-call.s3.GetBucketCors", denial)
    world.write(NONE.replace(OTHER, TARGETS["http_api"]))
    planned = make_plan(aws, world.files(), store=world.store)
    denied = [one for one in planned.plan.findings if one.code == "access-denied"]
    assert {one.address for one in denied} == {"s3/webapp-uploads", "s3/other-bucket"}
    assert all("the plan webapp brought settings there" in one.message for one in denied)
    assert planned.plan.incomplete
    assert changed(planned) == {"rest_api", "cloudfront"}


def denial(**_: Any) -> Any:
    """AWS refuses, without being asked."""
    error = {"Code": "AccessDenied", "Message": "denied"}
    return AWSResponse("https://s3", 403, {}, None), {"Error": error, "ResponseMetadata": {}}


def test_a_glob_that_no_longer_matches_gives_up_what_it_matched(world: World) -> None:
    world.write(HEAD + "  - s3: '*-uploads'\n" + OTHER)
    world.apply()
    world.write(HEAD + "  - s3: 'other-*'\n")
    assert "s3" in changed(plan(world))


def test_a_renamed_resource_is_not_taken_for_given_up(world: World) -> None:
    """A target that names nothing is an error, and no reason to take away what it may have meant."""
    apis = world.aws().client("apigatewayv2")
    apis.update_api(ApiId=apis.get_apis()["Items"][0]["ApiId"], Name="renamed")
    planned = plan(world)
    assert NO_MATCH.code in {finding.code for finding in planned.plan.findings}
    assert "http_api" not in changed(planned)
    assert LOCALHOST in world.cors()["AllowOrigins"]


def test_another_default_region_gives_nothing_up(world: World) -> None:
    """Where the file names no region, that of the command line must not decide what goes."""
    apis = world.aws().client("apigatewayv2", "us-east-1")
    apis.create_api(Name="webapp-orders", ProtocolType="HTTP")
    world.write((HEAD + TARGETS["http_api"]).replace("region: eu-west-1\n", ""))
    aws = Aws(region="us-east-1", concurrency=4)
    planned = make_plan(aws, world.files(), store=world.store)
    assert [change.region for change in planned.plan.changes if change.service == "http_api"] == ["us-east-1"]


def test_what_a_run_in_another_account_wrote_is_not_looked_for_here(world: World) -> None:
    """A journal that several accounts share knows buckets that are none of this account's."""
    known = load_baseline(world.store)
    elsewhere = {address: replace(one, account="210987654321") for address, one in known.reread.items()}
    for reread, services in ((known.reread, set(TARGETS) | {"s3"}), (elsewhere, set())):
        aws = world.aws()
        journaled = replace(known, reread=reread)
        found = given_up(
            aws,
            world.files(),
            [],
            Snapshot(),
            journaled,
            managed=journaled.brought,
            others={},
            covers=lambda _address: True,
        )
        assert {target.selector.service for target in found.targets} == services
        assert bool(aws.calls["s3:GetBucketCors"]) is bool(services)


def test_an_undo_brings_it_back_as_the_plans_own(world: World) -> None:
    before = live(world)
    world.write(NONE)
    carry(world, plan(world), "apply")
    run = world.store.runs()[-1]
    carry(world, PlanResult(undo_plan(world.aws(), world.store, run)), "undo", undoes=run.id)
    assert live(world) == before
    held = world.look(correct=True).sightings
    assert {(one.status, one.codes) for one in held} == {(DriftStatus.HELD, ("undone",))}
    assert live(world) == before
    carry(world, plan(world), "apply")
    assert LOCALHOST not in json.dumps(live(world))


def test_a_target_that_was_alone_in_its_resource_goes_without_a_refusal(world: World) -> None:
    """`removes-all` is about what nobody gave up; an emptied list of origins is still refused."""
    world.put_rules(*[rule for rule in world.rules() if rule["ID"] != "partner-gallery"])
    world.write(NONE.replace(OTHER, "") + TARGETS["s3"] + "    origins: []\n")
    assert "removes-all" in {finding.code for finding in plan(world).plan.refusals}
    world.write(NONE)
    planned = plan(world)
    assert planned.plan.refusals == ()
    (change,) = [change for change in planned.plan.changes if change.service == "s3"]
    assert change.after is None


def test_a_stage_that_is_given_up_goes_and_the_other_stays_with_what_is_edited(fresh: World) -> None:
    gateway = fresh.aws().client("apigateway")
    api = gateway.get_rest_apis()["items"][0]["id"]
    gateway.create_deployment(restApiId=api, stageName="dev")
    fresh.write(HEAD + TARGETS["rest_api"])
    fresh.apply()
    edited = _edited(gateway, api)
    fresh.write(HEAD + TARGETS["rest_api"] + "    stages: [prod]\n")
    planned = plan(fresh)
    assert [change.address for change in planned.plan.changes] == [f"rest_api/{api}/dev"]
    assert len(findings(planned, "no-longer-in-the-plan")) == 1
    carry(fresh, planned, "apply")
    assert _edited(gateway, api) == edited
    after = plan(fresh)
    assert after.plan.changes == ()
    assert "undone-by-edits" not in {finding.code for finding in after.plan.findings}
    assert LOCALHOST in json.dumps(after.seen.states[0].config)
    run = fresh.store.runs()[-1]
    carry(fresh, PlanResult(undo_plan(fresh.aws(), fresh.store, run)), "undo", undoes=run.id)
    assert changed(plan(fresh)) == {"rest_api"}


def _edited(gateway: Any, api: str) -> Any:
    found = gateway.get_resources(restApiId=api, embed=["methods"])["items"]
    return sorted(found, key=lambda resource: resource["path"]), gateway.get_gateway_responses(restApiId=api)[
        "items"
    ]


def test_paths_of_a_rest_api_that_are_given_up_go(fresh: World) -> None:
    fresh.write(HEAD + TARGETS["rest_api"])
    fresh.apply()
    fresh.write(HEAD + TARGETS["rest_api"] + "    paths: [/health, /rates]\n")
    planned = plan(fresh)
    (told,) = findings(planned, "no-longer-in-the-plan").values()
    assert told.message.startswith("A part of rest_api/")
    carry(fresh, planned, "apply")
    (config,) = [one for kind, one in live(fresh).items() if kind == "rest_api"]
    letting_in = {resource["path"] for resource in config["resources"] if LOCALHOST in json.dumps(resource)}
    assert letting_in
    assert letting_in <= {"/health", "/rates"}
    after = plan(fresh)
    assert (after.plan.changes, findings(after, "no-longer-in-the-plan")) == ((), {})


def test_paths_of_a_distribution_that_are_given_up_go(fresh: World) -> None:
    fresh.write(HEAD + TARGETS["cloudfront"])
    fresh.apply()
    fresh.write(HEAD + TARGETS["cloudfront"] + "    paths: [/orders/*]\n")
    planned = plan(fresh)
    (told,) = findings(planned, "no-longer-in-the-plan").values()
    assert told.message.startswith("A part of cloudfront/")
    carry(fresh, planned, "apply")
    config = live(fresh)["cloudfront"]
    assert "ResponseHeadersPolicyId" not in config["DefaultCacheBehavior"]
    (orders,) = [one for one in config["CacheBehaviors"]["Items"] if one["PathPattern"] == "/orders/*"]
    assert orders["ResponseHeadersPolicyId"].startswith("remediate-webapp-")
    assert (plan(fresh).plan.changes, findings(plan(fresh), "no-longer-in-the-plan")) == ((), {})
