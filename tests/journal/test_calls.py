"""How many calls a long journal in a bucket takes: they are counted, and no time is measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediate.core.change_result import ApplyStatus
from remediate.core.plan import Change
from remediate.drift.check import PassRunner
from remediate.drift.options import DriftOptions
from remediate.engine.baseline import load_baseline, save_baseline
from remediate.engine.plan import make_plan
from remediate.engine.recent import last_runs, newest_first, run_of_id
from remediate.engine.undo import choose_run
from remediate.journal import Run, Store
from remediate.journal.records import closed, ended
from tests.drift.world import World
from tests.drift.world import world as drift_world
from tests.journal.memory_s3 import MemoryS3, store_in

ACCOUNT = "123456789012"
RUNS = 2000
RECORDS = 12


def journaled(store: Store, number: int, *, gathered: bool) -> None:
    """A run of twelve records."""
    addresses = [f"s3/bucket-{(number + n) % 50}" for n in range(RECORDS - 2)]
    changes = tuple(Change(at, "s3", "eu-west-1", None, {"CORSRules": []}, "r", at) for at in addresses)
    when = "2026-03-02T09:00:00+00:00"
    run = Run(f"{number:04d}", when, "me", "apply", "webapp", ACCOUNT, "c", changes, earlier={})
    store.append(run.id, run.begun())
    for address in addresses:
        store.append(run.id, ended(address, ApplyStatus.WRITTEN, ""))
    store.append(run.id, closed(0))
    if gathered:
        store.gather(run.id)


@pytest.fixture(scope="module")
def long_journal() -> MemoryS3:
    """2,000 runs as this version leaves them."""
    s3 = MemoryS3()
    store = store_in(s3)
    for number in range(1, RUNS + 1):
        journaled(store, number, gathered=True)
    save_baseline(store)
    return s3


@pytest.fixture
def s3(long_journal: MemoryS3) -> MemoryS3:
    """A copy of it, with no call counted."""
    return MemoryS3(dict(long_journal.objects), versions=long_journal.versions)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An embedded AWS where a plan has been applied."""
    with drift_world(tmp_path) as one:
        yield one


def test_a_plan_takes_two_calls(s3: MemoryS3, world: World) -> None:
    make_plan(world.aws(), world.files(), store=store_in(s3))
    assert Counter(s3.calls) == {"GetObject": 1, "ListObjectsV2": 1}


def a_pass(world: World, s3: MemoryS3, *, correct: bool) -> None:
    done = PassRunner(
        world.aws(),
        world.files(),
        store_in(s3),
        DriftOptions(correct=correct, wait=False, concurrency=4),
        now=lambda: world.now,
        report=lambda *_: None,
        send=world.deliver,
        sleep=lambda _: None,
    ).run()
    assert (done.exit_code, done.sightings, done.skipped) == (0, (), "")


@pytest.mark.parametrize("correct", [True, False])
def test_a_quiet_pass_takes_five_calls(s3: MemoryS3, world: World, *, correct: bool) -> None:
    a_pass(world, s3, correct=correct)  # the first notes what the plan asks for
    s3.calls.clear()
    a_pass(world, s3, correct=correct)
    assert Counter(s3.calls) == {"GetObject": 3, "ListObjectsV2": 1, "PutObject": 1}


def test_the_last_runs_are_read_alone(s3: MemoryS3) -> None:
    runs = last_runs(store_in(s3), 20)
    assert [run.id for run in runs] == [f"{number:04d}" for number in range(1981, 2001)]
    assert Counter(s3.calls) == {"GetObject": 21, "ListObjectsV2": 1}


def test_undo_finds_its_run_without_the_others(s3: MemoryS3) -> None:
    assert choose_run(store_in(s3), None).id == "2000"
    assert Counter(s3.calls) == {"GetObject": 21, "ListObjectsV2": 1}
    s3.calls.clear()
    assert choose_run(store_in(s3), "1234").id == "1234"
    assert Counter(s3.calls) == {"GetObject": 1, "ListObjectsV2": 1}
    assert run_of_id(store_in(s3), "0") is None
    assert run_of_id(store_in(s3), "2001") is None


def test_the_newest_come_first_to_the_very_first(s3: MemoryS3) -> None:
    every = [run.id for run in newest_first(store_in(s3))]
    assert every == [f"{number:04d}" for number in range(RUNS, 0, -1)]
    assert Counter(s3.calls)["GetObject"] == RUNS + 1


def test_the_layout_of_older_versions_is_read_and_a_few_runs_of_it_are_gathered() -> None:
    s3 = MemoryS3()
    for number in range(1, 101):
        journaled(store_in(s3), number, gathered=False)
    expected = load_baseline(store_in(s3))
    assert Counter(s3.calls)["PutObject"] == 100 * RECORDS
    save_baseline(store_in(s3))
    assert load_baseline(store_in(s3)) == expected
    first_objects = [key for key in s3.objects if key.endswith("/0000")]
    assert len(first_objects) == 100
    assert len([key for key in s3.objects if "/runs/" in key]) == 20 + 80 * RECORDS
    s3.calls.clear()
    assert load_baseline(store_in(s3)) == expected
    assert Counter(s3.calls) == {"GetObject": 1, "ListObjectsV2": 1}
