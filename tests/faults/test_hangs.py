"""Requests that are never answered: every command ends by its deadline, and at once when it is told to."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from tests.faults.commands import Ended
from tests.faults.operations import operation
from tests.faults.proxy import HANGING, Call, Fault
from tests.faults.test_adversity import ON_S3, begin, place, writes
from tests.faults.test_tampered import COMMANDS, judge_live, prepare
from tests.faults.test_tampered import run as run_command
from tests.faults.world import World
from tests.sizes import FULL
from tests.slow_server import WAYS, slow_server

SHORT = ("--timeout", "0.3")
SOON = 2.0
"""Seconds in which a command ends that is told to."""
SLACK = 6.0
"""Seconds more, for a machine that does other things meanwhile; a hang lasts a minute."""
READS = {
    "plan": "s3:GetBucketCors",
    "apply": "cloudfront:ListDistributions",
    "drift": "apigatewayv2:GetApis",
    "undo": "apigateway:GetExport",
    "verify": "apigateway:GetResources",
    "explain": "cloudfront:ListDistributions",
}
"""A read that each command cannot do without; the export comes as a stream."""


def run(world: World, command: str) -> Ended:
    """Run a command with a short deadline."""
    if command == "explain":
        url = "https://cdn.example.com/key"
        return world.run("explain", url, "--origin", "https://app.example.com", "-X", "PUT", *SHORT)
    if command == "undo":
        return world.undo("1", *SHORT)
    more = {"apply": ["--yes"], "plan": ["--detailed-exitcode"]}.get(command, [])
    return world.run(command, *more, *SHORT, "plan.yaml")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_read_without_an_end_is_an_error_of_its_resource(world: World, command: str) -> None:
    """Tried again as a lost connection, then told with a next step; the others go on."""
    name = READS[command]
    faults = HANGING if FULL else (HANGING[COMMANDS.index(command) % 3],)
    for fault in faults:
        prepare(world, command)
        start = world.live.everything()
        world.proxy.decide = lambda call, fault=fault: fault if operation(call) == name else None
        ended = run(world, command)
        hung, asked = len(world.proxy.hung), {operation(call) for call in world.proxy.calls}
        world.proxy.reset()
        assert hung >= 8, ended.told
        assert asked != {name}, ended.told
        # `drift` tells of what is pending elsewhere by 2, the highest of its codes.
        assert ended.code == (2 if command == "drift" else 1), ended.told
        said = ended.stdout + ended.stderr
        assert "no whole answer came from http://127.0.0.1" in said.replace("\n", " "), ended.told
        # `drift` says in short what is unreadable, and names the command that tells more.
        assert "--timeout" in said or command == "drift", ended.told
        assert "This is a defect of remediate" not in said
        judge_live(command, name, hung, start, world.live.everything())


def test_a_read_that_hangs_once_is_read_again(world: World) -> None:
    world.fresh()
    left = [Fault.DRIBBLE, Fault.HANG_AFTER]
    world.proxy.decide = lambda call: left.pop() if operation(call) == "s3:GetBucketCors" and left else None
    ended = world.apply(*SHORT)
    assert ended.code == 0, ended.told
    assert left == []


@pytest.mark.parametrize("fault", HANGING if FULL else (Fault.DRIBBLE,))
def test_a_journal_in_a_bucket_and_its_lease_end_by_their_deadline(world: World, fault: Fault) -> None:
    begin(world, ON_S3)
    start = world.live.everything()
    world.proxy.decide = lambda call: fault if call.path.endswith(".lock") else None
    ended = world.apply(*SHORT)
    assert ended.code == 1, ended.told
    assert "The journal cannot be used" in ended.stderr, ended.told
    assert "no whole answer came" in ended.stderr, ended.told
    world.proxy.reset()
    assert world.live.everything() == start
    # The lock that was taken stays until it expires, as nobody knew that it was.
    begin(world, ON_S3)
    applied = world.apply()
    assert applied.code == 0, applied.told
    for command in (["history"], ["unlock", "--yes"]):
        world.proxy.reset()
        world.proxy.decide = lambda call: fault if operation(call) == "s3:GetObject" else None
        ended = world.run(*command, *SHORT, "--state", place(world))
        assert ended.code == 1, ended.told
        assert "within 0.3 s" in ended.stderr.replace("\n", " "), ended.told


def interrupted(world: World, number: signal.Signals, command: Callable[[], Ended]) -> tuple[Ended, float]:
    """Run a command, send it the signal once something hangs, and return the seconds that it took to end."""
    sent: list[float] = []
    ended_early = threading.Event()

    def interrupt() -> None:
        end = time.monotonic() + 60
        while not world.proxy.hung and time.monotonic() < end and not ended_early.is_set():
            time.sleep(0.01)
        sent.append(time.monotonic())
        if world.commands.pid:
            os.kill(world.commands.pid, number)

    thread = threading.Thread(target=interrupt)
    thread.start()
    ended = command()
    finished = time.monotonic()
    ended_early.set()
    thread.join()
    assert world.proxy.hung, ended.told
    return ended, finished - sent[0]


SIGNALS = pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])


@SIGNALS
@pytest.mark.parametrize("command", COMMANDS)
def test_a_signal_ends_a_hung_read(world: World, command: str, number: signal.Signals, code: int) -> None:
    prepare(world, command)
    start = world.live.everything()
    fault = HANGING[(COMMANDS.index(command) + code) % 3]
    world.proxy.decide = lambda call: fault if operation(call) == READS[command] else None
    ended, seconds = interrupted(world, number, lambda: run_command(world, command))
    world.proxy.reset()
    assert ended.code == code, ended.told
    assert seconds < SOON + SLACK, ended.told
    assert "interrupted" in ended.stderr
    assert world.live.everything() == start


@SIGNALS
@pytest.mark.parametrize("fault", HANGING if FULL else (Fault.HANG_AFTER,))
def test_a_signal_ends_a_hung_write_and_undo_knows(
    world: World, fault: Fault, number: signal.Signals, code: int
) -> None:
    """What was being written is `not told` in the journal: it may be written or not."""
    world.fresh()
    start = world.live.everything()
    world.proxy.decide = lambda call: fault if operation(call) == "s3:PutBucketCors" else None
    ended, seconds = interrupted(world, number, world.apply)
    world.proxy.reset()
    assert ended.code == code, ended.told
    assert seconds < SOON + SLACK, ended.told
    assert "Run 0001 was interrupted" in ended.stderr, ended.told
    (run_record,) = world.history().document["runs"]
    status = {change["address"]: change["status"] for change in run_record["changes"]}
    assert status["s3/webapp-uploads"] == "not told", status
    assert "failed" not in status.values(), status
    assert run_record["interrupted"], run_record
    undone = world.undo()
    assert undone.code == 0, undone.told
    assert world.live.everything() == start


def test_writes_that_are_answered_are_told_beside_one_that_hangs(world: World) -> None:
    world.fresh()
    world.proxy.decide = lambda call: Fault.HANG_BEFORE if operation(call) == "s3:PutBucketCors" else None
    ended, _ = interrupted(world, signal.SIGINT, world.apply)
    world.proxy.reset()
    assert ended.code == 130, ended.told
    (run_record,) = world.history().document["runs"]
    told = {change["address"].partition("/")[0]: change["status"] for change in run_record["changes"]}
    assert told.pop("s3") == "not told"
    assert set(told.values()) <= {"written", "not started"}, told


@SIGNALS
def test_a_hung_journal_in_a_bucket_does_not_keep_an_interrupted_run(
    world: World, number: signal.Signals, code: int
) -> None:
    begin(world, ON_S3)
    hung: list[Call] = []

    def decide(call: Call) -> Fault | None:
        if writes([call]):
            hung.append(call)
            return Fault.HANG_BEFORE
        return Fault.HANG_BEFORE if hung else None

    world.proxy.decide = decide
    ended, seconds = interrupted(world, number, world.apply)
    assert ended.code == code, ended.told
    assert seconds < SOON + SLACK, ended.told
    assert "interrupted" in ended.stderr


@SIGNALS
def test_json_stays_one_document(world: World, number: signal.Signals, code: int) -> None:
    world.fresh()
    world.proxy.decide = lambda call: Fault.HANG_BEFORE if operation(call) == READS["plan"] else None
    ended, _ = interrupted(world, number, lambda: world.plan("--json"))
    assert ended.code == code
    assert json.loads(ended.stdout)["error"]["exit_code"] == code


def test_a_webhook_that_never_ends_its_answer_is_told_and_left(world: World) -> None:
    world.fresh()
    with slow_server(WAYS["header"]) as server:
        hook = f"webhook:{server.url}/hook"
        ended = world.run("drift", "plan.yaml", "--test-notify", "--notify", hook, *SHORT)
    assert ended.code == 1, ended.told
    assert "no whole answer within 0.3 s" in (ended.stderr + ended.stdout).replace("\n", " "), ended.told
