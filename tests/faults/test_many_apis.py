"""Many REST APIs, of which one in five seconds may be deployed: few are half done at any time."""

from __future__ import annotations

import os
import signal

import pytest

from remediate.engine.write import FEW
from remediate.sandbox import KEYS
from tests.benchmarks.published_rates import PLAN, seed
from tests.faults.proxy import Call
from tests.faults.world import World

COUNT = 12


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


class Edited:
    """Which APIs were edited and not deployed since; `most` of them at any time."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.deployed: set[str] = set()
        self.most = 0

    def saw(self, call: Call) -> None:
        if not call.is_write:
            return
        api = call.path.split("/")[2]
        if call.name == "CreateDeployment":
            self.open.discard(api)
            self.deployed.add(api)
        else:
            self.open.add(api)
        self.most = max(self.most, len(self.open))


def test_few_are_edited_and_not_yet_deployed(world: World) -> None:
    world.fresh(PLAN)
    seed(world.aws.url, COUNT)
    edited = Edited()
    world.proxy.after = edited.saw
    ended = world.apply("--allow", "too-many-changes")
    assert ended.code == 0, ended.told
    assert len(edited.deployed) == COUNT
    assert 1 < edited.most <= FEW


def test_what_was_begun_is_finished_when_told_to_end_and_nothing_else_is_begun(world: World) -> None:
    world.fresh(PLAN)
    seed(world.aws.url, COUNT)
    start = world.live.everything()
    edited = Edited()

    def after(call: Call) -> None:
        edited.saw(call)
        if call.name == "CreateDeployment" and len(edited.deployed) == 1:
            os.kill(world.commands.pid, signal.SIGTERM)

    world.proxy.after = after
    ended = world.apply("--allow", "too-many-changes")
    assert ended.code == 143, ended.told
    assert edited.open == set()
    assert 1 <= len(edited.deployed) <= 2 * FEW
    world.proxy.reset()
    (run,) = world.history().document["runs"]
    statuses = [change["status"] for change in run["changes"]]
    assert statuses.count("written") == len(edited.deployed), run
    assert statuses.count("not started") == COUNT - len(edited.deployed), run
    undone = world.undo()
    assert undone.code == 0, undone.told
    assert world.live.everything() == start
