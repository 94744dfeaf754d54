"""`remediate release NAME`: what a plan without a file brought is taken back, and undo puts it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediate.engine.plan import PlanResult, make_plan
from remediate.engine.release import release_plan
from remediate.engine.undo import undo_plan
from remediate.errors import UsageError
from remediate.planfile import PlanFile, load
from remediate.sandbox import embedded
from remediate.services import target_options
from tests.cli.test_commands import Served, document, plan_of, served
from tests.drift.world import World
from tests.engine.given_up_world import ALL, LOCALHOST, TARGETS, carry, changed, live, other_bucket, plan
from tests.engine.test_given_up import denial

__all__ = ["served"]

RENAMED = ALL.replace("name: webapp", "name: shop").replace(f"  - {LOCALHOST}\n", "")
SHOP = "https://shop.example.com"
THEIRS = {"ID": "remediate:theirs", "AllowedOrigins": ["https://their.example"], "AllowedMethods": ["GET"]}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The plan webapp, applied to every service; then its file has the name shop, and is not applied."""
    with embedded():
        made = World(tmp_path)
        other_bucket(made)
        made.write(ALL)
        made.apply()
        made.write(RENAMED)
        yield made


def release(world: World, name: str = "webapp", *only: str) -> PlanResult:
    return release_plan(world.aws(), name, world.files(), world.store, only=only)


def orphans(world: World) -> list[str]:
    return [one.address for one in plan(world).plan.findings if one.code == "orphaned-plan"]


def test_what_it_brought_goes_everywhere_and_what_plans_here_want_stays(world: World) -> None:
    assert {address.partition("/")[0] for address in orphans(world)} == set(TARGETS)
    planned = release(world)
    assert changed(planned) == set(TARGETS)
    carry(world, planned, "release webapp")
    after = live(world)
    assert LOCALHOST not in json.dumps(after)
    assert all(SHOP in json.dumps(config) for config in after.values()), "the plan shop wants it"
    assert "remediate:webapp" not in [rule["ID"] for rule in world.rules()]
    assert orphans(world) == []
    run = world.store.runs()[-1]
    assert (run.command, run.plan) == ("release webapp", "webapp")


def test_undo_puts_it_back_as_that_plans(world: World) -> None:
    before, told = live(world), orphans(world)
    carry(world, release(world), "release webapp")
    run = world.store.runs()[-1]
    carry(world, PlanResult(undo_plan(world.aws(), world.store, run)), "undo", undoes=run.id)
    assert live(world) == before
    assert orphans(world) == told
    carry(world, release(world), "release webapp")
    assert orphans(world) == []


def test_without_any_plan_file_here_all_of_it_goes(world: World) -> None:
    planned = release_plan(world.aws(), "webapp", (), world.store)
    carry(world, planned, "release webapp")
    after = json.dumps(live(world))
    assert LOCALHOST not in after
    assert SHOP not in after
    assert [rule["ID"] for rule in world.rules()] == ["partner-gallery"]


def test_target_limits_it(world: World) -> None:
    assert changed(release(world, "webapp", "s3/webapp-uploads", "http_api/*")) == {"s3", "http_api"}
    assert changed(release(world, "webapp", "webapp-orders")) == {"http_api"}
    with pytest.raises(UsageError, match="matches no resource to which the plan webapp brought settings"):
        release(world, "webapp", "s3/unknown")


def test_a_rule_of_that_name_is_found_without_the_journal(world: World) -> None:
    world.put_rules(*world.rules(), THEIRS)
    planned = release(world, "theirs")
    assert [change.address for change in planned.plan.changes] == ["s3/webapp-uploads"]
    carry(world, planned, "release theirs", "removes-access", "removes-all")
    assert [rule["ID"] for rule in world.rules()] == ["partner-gallery", "remediate:webapp"]
    left = [one.message for one in plan(world).plan.findings if one.code == "orphaned-plan"]
    assert left
    assert not [message for message in left if "theirs" in message]


@pytest.mark.parametrize("name", ["shop", "earlier", "beside"])
def test_a_plan_that_has_a_file_here_is_refused(world: World, name: str) -> None:
    world.write(RENAMED.replace("name: shop", "name: shop\nformerly: [earlier]"))
    files = world.files()
    (world.folder / "beside.yaml").write_text("name: beside\ntargets: []\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        release_plan(world.aws(), name, files, world.store)
    file = "beside.yaml" if name == "beside" else "plan.yaml"
    assert caught.value.message.startswith(f"{world.folder / file} has the plan {name}, ")
    assert "apply" in caught.value.hint


def test_one_of_which_nothing_is_known_is_an_error_with_a_next_step(world: World) -> None:
    with pytest.raises(UsageError) as caught:
        release(world, "nobodys")
    assert "Nothing is known of a plan nobodys" in caught.value.message
    assert "`remediate history`" in caught.value.hint


def test_one_that_may_not_be_read_is_an_error_and_the_others_go_on(world: World) -> None:
    aws = world.aws()
    aws.client("s3", "eu-west-1").meta.events.register("before-call.s3.GetBucketCors", denial)
    planned = release_plan(aws, "webapp", world.files(), world.store)
    assert planned.plan.incomplete
    assert "access-denied" in {finding.code for finding in planned.plan.findings}
    assert changed(planned) == set(TARGETS) - {"s3"}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_at_the_edge_nothing_bears_its_name_where_both_were_applied_together(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    """The policy of the plan that came last holds the origins of both; the other has none there."""
    with embedded():
        world = World(tmp_path)
        staying, gone = (tmp_path / f"{name}.yaml" for name in order)
        head = "version: 1\nregion: eu-west-1\nallow: {methods: [GET]}\ntargets:\n" + TARGETS["cloudfront"]
        staying.write_text(f"{head}name: shop\norigins: ['{SHOP}']\n", encoding="utf-8")
        gone.write_text(f"{head}name: webapp\norigins: ['{LOCALHOST}']\n", encoding="utf-8")

        def loaded(*paths: Path) -> list[PlanFile]:
            return load(paths, target_options(), now=world.now)

        both = loaded(*sorted((staying, gone)))
        carry(world, make_plan(world.aws(), both, store=world.store), "apply")
        gone.unlink()
        planned = release_plan(world.aws(), "webapp", loaded(staying), world.store)
        carry(world, planned, "release webapp")
        after = make_plan(world.aws(), loaded(staying), store=world.store).plan
        assert [change.address for change in after.changes] == []
        assert [finding.address for finding in after.findings if finding.code == "orphaned-plan"] == []
        settings = json.dumps(live(world)["cloudfront"])
        assert (LOCALHOST in settings, SHOP in settings) == (False, True)
        staying.write_text(f"{head}name: shop\norigins: ['https://new.example.com']\n", encoding="utf-8")
        carry(world, make_plan(world.aws(), loaded(staying), store=world.store), "apply")
        assert SHOP not in json.dumps(live(world)["cloudfront"])


HEAD = "region: eu-west-1\norigins: [https://shop.example.com]\nallow: {methods: [GET]}\n"
TARGET = "targets:\n  - http_api: webapp-orders\n"


def allowed(served: Served) -> list[str]:
    (api,) = served.client("apigatewayv2").get_apis()["Items"]
    return list(api["CorsConfiguration"]["AllowOrigins"])


def test_the_command(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, HEAD + TARGET)
    state = str(tmp_path / ".remediate")
    assert served.run("apply", "--yes", path).returncode == 0
    assert "https://shop.example.com" in allowed(served)
    refused = served.run("release", "webapp", path, "--yes", cwd=tmp_path)
    assert (refused.returncode, "has the plan webapp" in refused.stderr) == (1, True)
    Path(path).unlink()
    unasked = served.run("release", "webapp", "--state", state, cwd=tmp_path)
    assert (unasked.returncode, "--yes" in unasked.stderr) == (1, True)
    assert "apply a saved plan" not in unasked.stderr
    unknown = served.run("release", "nobodys", "--state", state, "--yes", "--json", cwd=tmp_path)
    assert unknown.returncode == 1
    assert "Nothing is known of a plan nobodys" in document(unknown)["error"]["message"]
    done = served.run("release", "webapp", "--state", state, "--yes", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one["status"] for one in document(done)["applied"]] == ["written"]
    assert "https://shop.example.com" not in allowed(served)
    runs = served.run("history", "--state", state, cwd=tmp_path)
    assert "release webapp" in runs.stdout
    undone = served.run("undo", "--state", state, "--yes", cwd=tmp_path)
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert "https://shop.example.com" in allowed(served)
