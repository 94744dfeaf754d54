"""`kill -9` at every single call of an apply that touches all four services."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.commands import Ended
from tests.faults.proxy import Call, Fault, at
from tests.faults.world import World
from tests.sizes import size

EVERY = size(30, 12, 1)
"""Every so many calls; all of them in the full size."""
CALLS = 66
"""More than an apply of the broken application sends; then nothing is killed."""
FAULTS = (Fault.KILL_BEFORE, Fault.KILL_AFTER)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("number", range(1, CALLS, EVERY))
def test_undo_of_a_killed_apply_restores_the_raw_start(world: World, number: int, fault: Fault) -> None:
    world.fresh()
    start = world.live.everything()
    kill(world, at(number, fault))
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
    kill(world, at(number, fault))
    again = world.apply()
    assert again.code == 0, again.told
    settled = world.plan()
    assert settled.code == 0, settled.told
    for run in reversed(world.history().document["runs"]):
        undone = world.undo(run["id"])
        assert undone.code == 0, undone.told
    assert world.live.everything() == start


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("number", range(1, CALLS, EVERY))
def test_a_killed_undo_is_finished_when_run_again(world: World, number: int, fault: Fault) -> None:
    world.fresh()
    start = world.live.everything()
    assert world.apply().code == 0
    kill(world, at(number, fault), world.undo)
    undone = world.undo("1")
    assert undone.code == 0, undone.told
    assert world.live.everything() == start


def test_every_call_has_its_turn(world: World) -> None:
    world.fresh()
    assert world.apply().code == 0
    assert 50 < len(world.proxy.calls) < CALLS
    world.proxy.reset()
    assert world.undo().code == 0
    assert 40 < len(world.proxy.calls) < CALLS


def test_what_a_killed_undo_did_not_delete_goes_with_the_next(world: World) -> None:
    world.fresh()
    start = world.live.everything()
    assert world.apply().code == 0
    kill(world, lambda call: Fault.KILL_BEFORE if call.method == "DELETE" else None, world.undo)
    assert world.live.everything()["policies"] != start.get("policies")
    undone = world.undo("1")
    assert undone.code == 0, undone.told
    assert world.live.everything() == start


Decide = Callable[[Call], Fault | None]


def kill(world: World, decide: Decide, command: Callable[[], Ended] | None = None) -> None:
    """Kill an apply, or that command, at the call that is decided on, if it comes so far."""
    world.proxy.reset()
    world.proxy.decide = decide
    world.proxy.victim = lambda: world.commands.pid
    ended = (command or world.apply)()
    world.proxy.reset()
    assert ended.code in {-9, 0}, ended.told


def begun(world: World) -> bool:
    return any((world.journal / "runs").glob("*.jsonl"))
