"""`formerly:` claims what a plan's earlier names brought, and `orphaned-plan` names what nobody claims."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediate.core.drift import DriftKind
from remediate.core.finding import Level
from remediate.engine.plan import make_plan
from remediate.errors import UsageError
from remediate.planfile import load
from remediate.sandbox import embedded
from remediate.services import target_options
from tests.drift.world import World
from tests.engine.given_up_world import (
    ALL,
    LOCALHOST,
    TARGETS,
    carry,
    changed,
    findings,
    live,
    other_bucket,
    plan,
)

RENAMED = ALL.replace("name: webapp", "name: shop").replace(f"  - {LOCALHOST}\n", "")
CLAIMING = RENAMED.replace("name: shop", "name: shop\nformerly: [webapp]")

THEIRS = {"ID": "remediate:theirs#2", "AllowedOrigins": ["https://their.example"], "AllowedMethods": ["GET"]}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The plan webapp, applied to every service."""
    with embedded():
        made = World(tmp_path)
        other_bucket(made)
        made.write(ALL)
        made.apply()
        yield made


def test_what_the_earlier_name_brought_is_replaced_on_every_service(world: World) -> None:
    world.write(CLAIMING)
    planned = plan(world)
    assert changed(planned) == set(TARGETS)
    assert findings(planned, "orphaned-plan") == {}
    carry(world, planned, "apply")
    after = live(world)
    assert LOCALHOST not in json.dumps(after)
    assert all("https://shop.example.com" in json.dumps(config) for config in after.values())
    assert "webapp" not in json.dumps(after["cloudfront"]["policies"])
    # The new name's rule stands where the old one's stood.
    assert [rule["ID"] for rule in world.rules()] == ["partner-gallery", "remediate:shop"]
    assert plan(world).plan.changes == ()


def test_the_earlier_names_targets_are_given_up_too(world: World) -> None:
    world.write(CLAIMING.replace("".join(TARGETS.values()), ""))
    planned = plan(world)
    assert changed(planned) == {*TARGETS}
    carry(world, planned, "apply")
    after = live(world)
    assert LOCALHOST not in json.dumps(after)
    assert "https://shop.example.com" not in json.dumps(after)


def test_without_it_every_resource_tells_of_the_orphan(world: World) -> None:
    world.write(RENAMED)
    told = [finding for finding in plan(world).plan.findings if finding.code == "orphaned-plan"]
    assert {finding.address.partition("/")[0] for finding in told} == set(TARGETS)
    for finding in told:
        assert finding.level is Level.WARN
        assert "a plan named webapp brought settings here" in finding.message
        assert "another team" in finding.message
        assert "`remediate release webapp`" in finding.hint
        assert "`formerly: [webapp]`" in finding.hint


def test_the_job_tells_of_an_orphan_once(world: World) -> None:
    assert world.look(correct=True).exit_code == 0
    world.put_rules(*world.rules(), THEIRS)
    told = [one for one in world.look(correct=True).sightings if "orphaned-plan" in one.codes]
    assert [(one.kind, one.address) for one in told] == [(DriftKind.WARNING, "s3/webapp-uploads")]
    assert [one for one in world.look(correct=True).sightings if "orphaned-plan" in one.codes] == []


def test_a_mark_that_the_journal_does_not_know_is_told_as_that(world: World) -> None:
    """Somebody else's plan, from elsewhere, on a bucket that this one looks at."""
    world.put_rules(*world.rules(), THEIRS)
    (finding,) = findings(plan(world), "orphaned-plan").values()
    assert finding.address == "s3/webapp-uploads"
    assert "a plan theirs, which the journal does not know" in finding.message


@pytest.mark.parametrize("how", ["name: webapp", "name: other\nformerly: [webapp]"])
def test_a_plan_whose_file_lies_beside_is_no_orphan(world: World, how: str) -> None:
    """Also where only one of the folder's files is loaded, and the other is no good otherwise."""
    folder = world.folder / "beside"
    folder.mkdir()
    (folder / "other.yaml").write_text(f"version: 7\n{how}\ntargets: nonsense\n", encoding="utf-8")
    (folder / "broken.yaml").write_text("name: [\n", encoding="utf-8")
    (folder / "no-plan.yaml").write_text("name: webapp2\n", encoding="utf-8")
    (folder / "plan.yaml").write_text(RENAMED, encoding="utf-8")
    files = load([folder / "plan.yaml"], target_options(), now=world.now)
    planned = make_plan(world.aws(), files, store=world.store)
    assert [one for one in planned.plan.findings if one.code == "orphaned-plan"] == []


def test_a_claim_to_the_name_of_a_plan_beside_is_refused(world: World) -> None:
    world.write(CLAIMING)
    files = world.files()
    (world.folder / "webapp.yaml").write_text(ALL, encoding="utf-8")
    with pytest.raises(UsageError, match=r"claims by `formerly:` what the plan webapp brought"):
        make_plan(world.aws(), files, store=world.store)
