"""A fifth of all calls fails at random: every run converges or says what went wrong, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.faults.proxy import Call, Fault, storm
from tests.faults.world import ROOT, World, environment
from tests.sizes import size


@pytest.mark.parametrize(("rate", "runs"), [(0.2, size(1, 3, 200)), (0.6, size(1, 1, 20))])
def test_a_storm_over_sixty_resources_loses_nothing(rate: float, runs: int) -> None:
    """Between botocore and AWS, without a network: hundreds of calls a run."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.storm", "--runs", str(runs), "--rate", str(rate)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == [], done.stdout
    assert found["runs"] == runs


@pytest.mark.parametrize("seed", range(size(2, 3, 40)))
def test_a_storm_on_the_network_ends_well_too(world: World, seed: int) -> None:
    """Through sockets that are reset and answers that break off."""
    world.fresh()
    start = world.live.everything()
    deployed = world.live.deployments()
    world.proxy.decide = storm(0.2, seed)
    stormy = world.apply()
    assert stormy.code in {0, 1, 5}, stormy.told
    world.proxy.decide = lambda _call: None
    again = world.apply()
    assert again.code == 0, stormy.told + again.told
    assert world.plan().code == 0
    assert world.live.deployments() == {api: count + 1 for api, count in deployed.items()}, stormy.told
    for run in reversed(world.history().document["runs"]):
        assert world.undo(run["id"]).code == 0
    assert world.live.everything() == start


def test_deployments_and_deletions_whose_answers_are_lost_leave_one_deployment(world: World) -> None:
    world.fresh()
    deployed = world.live.deployments()
    lost = {"CreateDeployment": 2, "DELETE": 1}

    def decide(call: Call) -> Fault | None:
        kind = call.method if "/deployments/" in call.path else call.name
        if lost.get(kind, 0) == 0:
            return None
        lost[kind] -= 1
        return Fault.RESET_AFTER

    world.proxy.decide = decide
    ended = world.apply("--target", "rest_api/*")
    assert ended.code == 0, ended.told
    assert not any(lost.values())
    assert world.live.deployments() == {api: count + 1 for api, count in deployed.items()}


def test_a_deployment_of_which_every_answer_is_lost_leaves_one_too(world: World) -> None:
    world.fresh()
    deployed = world.live.deployments()
    world.proxy.decide = lambda call: Fault.RESET_AFTER if call.name == "CreateDeployment" else None
    assert world.apply("--target", "rest_api/*").code == 1
    world.proxy.decide = lambda _call: None
    again = world.apply("--target", "rest_api/*")
    assert again.code == 0, again.told
    assert world.live.deployments() == {api: count + 1 for api, count in deployed.items()}
