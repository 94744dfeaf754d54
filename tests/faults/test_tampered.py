"""Answers that are not whole: no command takes one for "nothing there", and no resource stops the others."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from remediate.answers import MEMBERS
from tests.faults.commands import Ended
from tests.faults.operations import operation
from tests.faults.proxy import TAMPERED, Call, Fault
from tests.faults.test_adversity import ON_S3, begin, place, writes
from tests.faults.world import PLAN, World
from tests.sizes import FULL

COMMANDS = ("plan", "apply", "drift", "undo", "verify", "explain")
CALM = {"plan": 2, "apply": 0, "drift": 2, "undo": 0, "verify": 1, "explain": 0}
"""The exit codes where nothing is tampered with. No host of the broken application can be reached."""

KINDS = {"s3", "http_api", "rest_api", "cloudfront"}
ESSENTIAL: Mapping[str, set[str]] = {
    "apigateway:GetExport": {"rest_api"},
    "apigateway:GetGatewayResponses": {"rest_api"},
    "apigateway:GetResources": {"rest_api"},
    "apigateway:GetRestApi": {"rest_api"},
    "apigateway:GetRestApis": {"rest_api"},
    "apigateway:GetStages": {"rest_api"},
    "apigatewayv2:GetApi": {"http_api"},
    "apigatewayv2:GetApis": {"http_api"},
    "cloudfront:GetDistribution": {"cloudfront"},
    "cloudfront:ListDistributions": {"cloudfront"},
    "s3:GetBucketCors": {"s3"},
    "sts:GetCallerIdentity": KINDS,
}
"""What cannot be known without an answer of that operation, and so is left as it is."""

ANSWERED_ELSEWHERE = {("explain", "apigateway:GetRestApis")}
"""`explain` asks every service whose a host is: here HTTP APIs have it, so REST APIs need not answer."""

SAID = ("UnusableAnswer", "IncompleteReadError")


def run(world: World, command: str) -> Ended:
    if command == "plan":
        return world.plan()
    if command == "apply":
        return world.apply()
    if command == "undo":
        return world.undo("1")
    if command == "explain":
        url = "https://cdn.example.com/key"
        return world.run("explain", url, "--origin", "https://app.example.com", "-X", "PUT")
    return world.run(command, "plan.yaml")


def prepare(world: World, command: str) -> None:
    """A broken application; one that was applied to where the command is about that."""
    world.fresh()
    if command in {"undo", "verify"}:
        ended = world.apply()
        assert ended.code == 0, ended.told
        world.proxy.reset()


def cases(command: str, operations: list[str]) -> list[tuple[str, Fault]]:
    """Every operation with every fault, or some of them: others for each command."""
    every = [(name, fault) for name in operations for fault in TAMPERED]
    if FULL:
        return every
    few = random.Random(command).sample(operations, min(3, len(operations)))
    return [(name, TAMPERED[(COMMANDS.index(command) + number) % 6]) for number, name in enumerate(few)]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_answer_that_is_not_whole_is_nothing_there(world: World, command: str) -> None:
    prepare(world, command)
    calm = run(world, command)
    assert calm.code == CALM[command], calm.told
    asked = {operation(call) for call in world.proxy.calls if not call.is_write}
    # Whoever calls another operation says what its answer must hold.
    assert asked <= MEMBERS.keys()
    for name, fault in cases(command, sorted({operation(call) for call in world.proxy.calls})):
        prepare(world, command)
        start = world.live.everything()

        def decide(call: Call, name: str = name, fault: Fault = fault) -> Fault | None:
            return fault if operation(call) == name else None

        world.proxy.decide = decide
        ended = run(world, command)
        spoilt = len(world.proxy.spoilt)
        world.proxy.reset()
        judge(command, name, fault, ended, spoilt)
        judge_live(command, name, spoilt, start, world.live.everything())


def judge(command: str, name: str, fault: Fault, ended: Ended, spoilt: int) -> None:
    """What was said: the failure, and neither a defect nor that something is gone."""
    told = f"{command}, {name} {fault.name}: {ended.told}"
    assert "This is a defect of remediate" not in ended.stderr + ended.stdout, told
    assert "deleted since" not in ended.stdout, told
    if name in ESSENTIAL and (command, name) not in ANSWERED_ELSEWHERE:
        assert spoilt > 1, told
        # `drift` tells of what is pending elsewhere by 2, the highest of its codes.
        assert ended.code in ({1, 2} if command == "drift" else {1}), told
        assert any(word in ended.stdout + ended.stderr for word in SAID), told
    else:
        assert ended.code in {0, 1, 2}, told


def judge_live(command: str, name: str, spoilt: int, start: Any, end: Any) -> None:
    """What was written: nothing to what could not be read, and the others all the same."""
    changed = {kind for kind in KINDS if end.get(kind) != start.get(kind)}
    if command not in {"apply", "undo"}:
        assert changed == set()
    elif name in ESSENTIAL:
        assert changed == KINDS - ESSENTIAL[name], name
    elif spoilt:
        assert changed >= KINDS - {_kind(name)}, name
    else:
        assert changed == KINDS, name


def _kind(name: str) -> str:
    service = name.partition(":")[0]
    return {"apigateway": "rest_api", "apigatewayv2": "http_api"}.get(service, service)


PARTNER = [
    {
        "ID": "partner-gallery",
        "AllowedMethods": ["GET"],
        "AllowedOrigins": ["https://gallery.partner.example"],
    }
]


@pytest.mark.parametrize("times", [2, None], ids=["twice", "always"])
def test_a_partners_rule_outlives_empty_answers(world: World, times: int | None) -> None:
    """An empty 200 to GetBucketCors is what S3 never sends: without rules it answers 404."""
    world.fresh()
    s3 = world.live.client("s3")
    s3.put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": PARTNER})
    left = [Fault.EMPTY] * (times or 1000)
    world.proxy.decide = lambda call: left.pop() if operation(call) == "s3:GetBucketCors" and left else None
    ended = world.apply()
    rules = world.live.buckets()["webapp-uploads"]
    if times is None:
        assert ended.code == 1, ended.told
        assert "all as planned" not in ended.stdout, ended.told
        assert rules == PARTNER
        assert "s3:PutBucketCors" not in {operation(call) for call in world.proxy.calls}
        assert "4 written, 1 could not be read" in ended.stdout, ended.told
        return
    assert ended.code == 0, ended.told
    assert rules[0] == PARTNER[0]
    assert len(rules) == 2
    world.proxy.reset()
    undone = world.undo()
    assert undone.code == 0, undone.told
    assert world.live.buckets()["webapp-uploads"] == PARTNER


@pytest.mark.parametrize("fault", TAMPERED if FULL else (Fault.SHORT, Fault.NULL, Fault.BARE))
def test_a_listing_that_is_not_whole_deletes_nothing_in_drift(world: World, fault: Fault) -> None:
    """A cut GetApis was a success without APIs, and drift told that the API was deleted."""
    world.fresh(PLAN.read_text().replace("http_api: webapp-orders", "http_api: webapp-*"))
    assert world.apply().code == 0
    world.proxy.reset()
    world.proxy.decide = lambda call: fault if operation(call) == "apigatewayv2:GetApis" else None
    ended = world.run("drift", "plan.yaml", "--correct", "--json")
    assert ended.code == 1, ended.told
    assert "deleted since" not in ended.stdout, ended.told
    assert "UnusableAnswer" in ended.stdout, ended.told
    assert ended.document["summary"]["unreadable"] == 1, ended.told
    assert ended.document["summary"]["drift"] == 0, ended.told
    assert writes(world.proxy.calls) == []


@pytest.mark.parametrize("name", ["s3:GetObject", "s3:ListObjectsV2"])
@pytest.mark.parametrize("fault", TAMPERED if FULL else (Fault.EMPTY, Fault.BARE))
def test_a_journal_in_a_bucket_is_not_lost_by_an_answer(world: World, name: str, fault: Fault) -> None:
    begin(world, ON_S3)
    assert world.apply().code == 0
    start = world.live.everything()
    world.proxy.reset()
    world.proxy.decide = lambda call: fault if operation(call) == name else None
    state = ["--state", place(world)]
    for arguments in (["history", *state], ["undo", "--yes", *state], ["drift", "plan.yaml"]):
        ended = world.run(*arguments)
        assert ended.code == 1, ended.told
        assert "This is a defect of remediate" not in ended.stderr, ended.told
        assert world.live.everything() == start, ended.told
    assert world.proxy.spoilt


def test_a_lock_that_cannot_be_read_is_not_taken_over(world: World) -> None:
    begin(world, ON_S3)
    assert world.apply().code == 0
    world.proxy.reset()
    world.proxy.decide = lambda call: Fault.NULL if call.path.endswith(".lock") else None
    ended = world.run("undo", "--yes", "--state", place(world))
    assert ended.code == 1, ended.told
    # S3 sends a checksum of the object, and botocore holds what it read against it.
    assert "FlexibleChecksumError" in ended.stderr, ended.told
    assert "something between here and AWS changes answers" in ended.stderr, ended.told
    assert writes(world.proxy.calls) == []
