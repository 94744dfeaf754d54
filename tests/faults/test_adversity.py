"""Two at once, no rights, credentials that end, a full disk, clocks that jump, reads that lag."""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remediate.aws import Aws
from remediate.journal import decode, encode
from remediate.journal.bucket import LEASE, BucketStore
from remediate.journal.local import LocalStore
from remediate.journal.records import FORMAT
from remediate.journal.store import Locked
from remediate.sandbox import KEYS
from tests.faults.commands import Commands
from tests.faults.proxy import Call, Fault, Proxy
from tests.faults.world import PLAN, World, environment
from tests.sizes import size

ON_S3 = PLAN.read_text().replace("name: webapp\n", "name: webapp\nstate: s3://journal/remediate\n", 1)
PLACES = pytest.mark.parametrize("plan", [None, ON_S3], ids=["folder", "bucket"])


def place(world: World) -> str:
    """Where the journal is, for undo and history."""
    on_s3 = "s3://journal" in (world.folder / "plan.yaml").read_text()
    return "s3://journal/remediate" if on_s3 else str(world.journal)


def begin(world: World, plan: str | None) -> None:
    world.fresh(plan)
    if plan:
        where = {"LocationConstraint": "eu-west-1"}
        world.live.client("s3").create_bucket(Bucket="journal", CreateBucketConfiguration=where)


def writes(calls: list[Call]) -> list[str]:
    """Writes to what is configured; not to the journal."""
    return [call.name for call in calls if call.is_write and not call.path.startswith("/journal")]


@pytest.fixture
def second() -> Iterator[Commands]:
    one = Commands(environment())
    yield one
    one.close()


@PLACES
def test_of_two_at_once_the_second_writes_nothing(
    world: World, second: Commands, tmp_path: Path, plan: str | None
) -> None:
    begin(world, plan)
    other = Proxy(world.aws.url)
    said = []

    def before(call: Call) -> None:
        if writes([call]) and not said:
            said.append(None)
            arguments = ["apply", "--yes", str(world.folder / "plan.yaml")]
            said[0] = second.run(arguments, tmp_path, {"AWS_ENDPOINT_URL": other.url})

    world.proxy.before = before
    first = world.apply()
    other.close()
    assert said[0].code == 1, said[0].told
    assert "Another run is writing to account" in said[0].stderr
    assert writes(other.calls) == []
    assert first.code == 0, first.told


@pytest.mark.parametrize("begun", ["1", "32"])
def test_a_run_whose_lock_is_broken_stops_and_says_so(world: World, begun: str) -> None:
    world.fresh()
    broken = []

    def before(call: Call) -> None:
        if writes([call]) and not broken:
            broken.append(LocalStore(world.journal).unlock("123456789012"))

    world.proxy.before = before
    ended = world.apply("--concurrency", begun)
    assert broken[0]
    assert ended.code == 1, ended.told
    assert "The lock of this run was broken" in ended.stdout, ended.told
    if begun == "1":
        assert "Apply: 4 not started, 1 written." in ended.stdout, ended.told


def test_an_interrupted_run_names_itself_and_the_next_step(world: World) -> None:
    world.fresh()
    sent = []

    def before(call: Call) -> None:
        if writes([call]) and not sent:
            sent.append(call)
            os.kill(world.commands.pid, signal.SIGTERM)
            time.sleep(0.2)

    world.proxy.before = before
    ended = world.apply("--quiet", "--concurrency", "1")
    assert ended.code == 143, ended.told
    assert "Run 0001 was interrupted" in ended.stderr
    assert "`remediate undo 0001 --state .remediate` undoes it" in ended.stderr
    told = world.run("history", "--state", str(world.journal)).stdout
    assert "4 not started, 1 written; broke off\n" in told, told


def test_what_a_killed_run_did_not_tell_is_told_of_by_history(world: World) -> None:
    world.fresh()
    world.proxy.decide = lambda call: Fault.KILL_BEFORE if writes([call]) else None
    world.proxy.victim = lambda: world.commands.pid
    assert world.apply().code == -9
    told = world.run("history", "--state", str(world.journal)).stdout
    assert "5 not told; broke off: what is `not told` may be written or not" in told, told


@PLACES
def test_a_read_only_role_writes_nothing_and_is_told_so(world: World, plan: str | None) -> None:
    begin(world, plan)
    start = world.live.everything()
    world.proxy.decide = lambda call: Fault.DENY if writes([call]) else None
    ended = world.apply()
    assert ended.code == 1, ended.told
    for operation in ("s3:PutBucketCors", "apigatewayv2:UpdateApi", "cloudfront:", "apigateway:"):
        assert f"The credentials lack {operation}" in ended.stdout, ended.told
    assert world.live.everything() == start


def test_what_is_not_denied_goes_on(world: World) -> None:
    world.fresh()
    world.proxy.decide = lambda call: Fault.DENY if call.is_write and call.service == "s3" else None
    ended = world.apply()
    assert ended.code == 1, ended.told
    assert "s3 webapp-uploads: failed" in ended.stdout
    assert "4 written" in ended.stdout


def test_denied_reads_are_no_empty_answers(world: World) -> None:
    world.fresh()
    world.proxy.decide = lambda call: Fault.DENY if call.service == "cloudfront" else None
    ended = world.apply()
    assert ended.code == 1, ended.told
    assert "Apply: 3 written, 2 could not be read. " in ended.stdout, ended.told
    assert "Read again: what was written is as planned." in ended.stdout
    assert "finds nothing to do" not in ended.stdout, ended.told


@pytest.mark.parametrize("number", range(2, 60, size(24, 16, 2)))
def test_credentials_that_end_in_the_middle(world: World, number: int) -> None:
    world.fresh()
    start = world.live.everything()
    world.proxy.decide = lambda call: Fault.EXPIRE if call.number >= number else None
    ended = world.apply()
    assert ended.code in {1, 5}, ended.told
    assert "expired" in ended.stdout + ended.stderr
    world.proxy.reset()
    if (world.journal / "runs").exists():
        undone = world.undo("1")
        assert undone.code == 0, undone.told
    assert world.live.everything() == start
    again = world.apply()
    assert again.code == 0, again.told


@pytest.mark.parametrize("room", [-1, 0, 100])
def test_a_full_disk_before_the_first_write_writes_nothing(world: World, room: int) -> None:
    world.fresh()
    size_of_begun = _size_of_begun(world)
    world.fresh()
    ended = world.apply(limit=size_of_begun + room)
    assert ended.code == 1, ended.told
    assert "The journal cannot be used" in ended.stderr
    assert writes(world.proxy.calls) == []
    assert list((world.journal / "runs").iterdir()) == []


@pytest.mark.parametrize("room", [0, 60, 200])
def test_a_full_disk_in_the_middle_tells_what_was_written(world: World, room: int) -> None:
    world.fresh()
    size_of_begun = _size_of_begun(world)
    world.fresh()
    start = world.live.everything()
    fills(world, size_of_begun + room)
    ended = world.apply("--concurrency", "1")
    assert ended.code == 1, ended.told
    assert "The journal cannot be used" in ended.stdout, ended.told
    assert "How this ended is not in the journal" in ended.stdout
    assert "Without a journal nothing is written" not in ended.stdout
    # What was under way when the journal broke, and nothing after it.
    written = ended.stdout.count(": written\n")
    assert f"{5 - written} not started" in ended.stdout, ended.told
    assert written <= 1 + room // 60
    world.proxy.reset()
    again = world.apply()
    assert again.code == 0, again.told
    for run in reversed(world.history().document["runs"]):
        undone = world.undo(run["id"])
        assert undone.code == 0, undone.told
    assert world.live.everything() == start


def test_a_full_disk_at_the_end_is_told(world: World) -> None:
    world.fresh()
    assert world.apply("--concurrency", "1").code == 0
    whole = (world.journal / "runs" / "0001.jsonl").stat().st_size
    world.fresh()
    fills(world, whole - 1)
    ended = world.apply("--concurrency", "1")
    assert ended.code == 1, ended.told
    assert "Apply: 5 written." in ended.stdout
    assert "How each change ended is in the journal, but not that the run is over" in ended.stdout


def fills(world: World, size: int) -> None:
    """No file of the command can grow beyond that size from its first write to AWS on."""

    def before(call: Call) -> None:
        if writes([call]):
            resource.prlimit(world.commands.pid, resource.RLIMIT_FSIZE, (size, size))

    world.proxy.before = before


def _size_of_begun(world: World) -> int:
    """How long the first record of such a run is."""
    assert world.apply().code == 0
    data = (world.journal / "runs" / "0001.jsonl").read_bytes()
    return data.index(b"\n") + 1


def test_a_torn_record_does_not_take_the_next_one_with_it(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.append("0001", {"record": "one"})
    path = tmp_path / "runs" / "0001.jsonl"
    path.write_bytes(path.read_bytes() + encode({"record": "torn"})[:15])
    store.append("0001", {"record": "two"})
    assert decode(path.read_bytes()) == ([{"record": "one"}, {"record": "two"}], False)


def test_a_journal_whose_answers_are_lost_is_not_taken_for_another_run(world: World) -> None:
    begin(world, ON_S3)
    seen: set[tuple[str, bytes]] = set()

    def decide(call: Call) -> Fault | None:
        once = (call.path, call.body)
        if call.path.startswith("/journal") and call.method == "PUT" and once not in seen:
            seen.add(once)
            return Fault.RESET_AFTER
        return None

    world.proxy.decide = decide
    ended = world.apply()
    assert ended.code == 0, ended.told
    assert seen
    world.proxy.reset()
    undone = world.run("undo", "--yes", "--state", place(world))
    assert undone.code == 0, undone.told


@pytest.mark.parametrize("seed", range(size(2, 2, 30)))
def test_reads_that_lag_never_lead_to_a_silent_loss(world: World, seed: int) -> None:
    world.fresh()
    draw = random.Random(seed)
    world.proxy.decide = lambda _call: Fault.STALE if draw.random() < 0.3 else None
    ended = world.apply()
    assert ended.code in {0, 1, 4, 5}, ended.told
    rules = world.live.buckets()["webapp-uploads"]
    assert rules[0]["ID"] == "partner-gallery"
    world.proxy.reset()
    again = world.apply()
    assert again.code == 0, again.told
    assert world.plan().code == 0


def test_a_record_of_another_form_is_no_defect(world: World) -> None:
    world.fresh()
    runs = world.journal / "runs"
    runs.mkdir(parents=True)
    (runs / "0001.jsonl").write_bytes(encode({"record": "begun", "format": FORMAT}))
    ended = world.history()
    assert ended.code == 1
    assert "0001.jsonl is not as it was written" in ended.stderr
    assert "unexpected" not in ended.stderr


class Clock:
    """A clock that jumps as it is told."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def stores(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[BucketStore, BucketStore, Clock, Clock]]:
    begin(world, ON_S3)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    aws = Aws(region="eu-west-1", endpoint_url=world.aws.url, concurrency=2)
    mine, other = Clock(), Clock()
    yield BucketStore(aws, "journal", "x", now=mine), BucketStore(aws, "journal", "x", now=other), mine, other
    aws.close()


Stores = tuple[BucketStore, BucketStore, Clock, Clock]


def test_a_clock_that_runs_ahead_takes_over_and_the_holder_finds_out(stores: Stores) -> None:
    one, two, _, ahead = stores
    with one.lease("1", "one") as held:
        held.check()
        ahead.time += LEASE + timedelta(seconds=1)
        with two.lease("1", "two") as taken:
            assert taken.token > held.token
            taken.check()
            with pytest.raises(Locked):
                held.check()


def test_a_clock_that_jumps_back_keeps_others_out_and_the_holder_in(stores: Stores) -> None:
    one, two, mine, _ = stores
    with one.lease("1", "one") as held:
        mine.time -= timedelta(days=1)
        held.check()
        with pytest.raises(Locked), two.lease("1", "two"):
            pass
        mine.time += timedelta(days=1) + LEASE * 0.9
        held.check()


def test_a_lock_of_a_crashed_holder_opens_by_itself(stores: Stores) -> None:
    one, two, _, other = stores
    crashed = one.lease("1", "one")
    crashed.__enter__()
    with pytest.raises(Locked), two.lease("1", "two"):
        pass
    other.time += LEASE + timedelta(seconds=1)
    with two.lease("1", "two") as lease:
        lease.check()


def test_ids_grow_whatever_the_clock_says(stores: Stores) -> None:
    one, _, mine, _ = stores
    for expected in ("0001", "0002", "0003"):
        mine.time -= timedelta(days=400)
        assert one.new_id() == expected
        one.append(expected, {"record": "begun"})
