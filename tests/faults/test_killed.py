"""`kill -9` at every single call of an apply that touches all four services."""

from __future__ import annotations

import pytest

from tests.faults.proxy import Fault, at
from tests.faults.world import World, size

EVERY = size(12, 1)
"""Every so many calls; all of them in the full size."""
CALLS = 75
"""More than an apply of the broken application sends; what lies beyond is skipped."""
FAULTS = (Fault.KILL_BEFORE, Fault.KILL_AFTER)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("number", range(1, CALLS, EVERY))
def test_undo_of_a_killed_apply_restores_the_raw_start(world: World, number: int, fault: Fault) -> None:
    world.fresh()
    start = world.live.everything()
    kill(world, number, fault)
    if not begun(world):
        assert world.live.everything() == start
        return
    undone = world.undo()
    assert undone.code == 0, undone.told
    assert world.live.everything() == start


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("number", range(1, CALLS, EVERY))
def test_a_killed_apply_converges_when_run_again(world: World, number: int, fault: Fault) -> None:
    world.fresh()
    start = world.live.everything()
    kill(world, number, fault)
    again = world.apply()
    assert again.code == 0, again.told
    settled = world.plan()
    assert settled.code == 0, settled.told
    for run in reversed(world.history().document["runs"]):
        undone = world.undo(run["id"])
        assert undone.code == 0, undone.told
    assert world.live.everything() == start


def kill(world: World, number: int, fault: Fault) -> None:
    """Kill an apply at that call, if it comes so far."""
    world.proxy.decide = at(number, fault)
    world.proxy.victim = lambda: world.commands.pid
    code = world.apply().code
    world.proxy.reset()
    if code != -9:
        pytest.skip("the apply was over before that call")


def begun(world: World) -> bool:
    return any((world.journal / "runs").glob("*.jsonl"))
