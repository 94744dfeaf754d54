"""Random histories of a few processes on one journal in a bucket, and what must hold in each of them.

A process takes the lease, begins a run, checks the lease before each write, records each outcome, closes and
gathers the run, as `remediate apply` does. At every call to S3 a scheduler decides by its seed who goes on,
and what happens: time passes (clocks are skewed), a request or its answer is lost and botocore sends it
again, a request arrives once more later, a process is cut off for a while, stops for long, or is killed.

`python -m tests.journal.histories 20000` plays that many; a broken promise names the seed that shows it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Semaphore, Thread
from typing import Any

from botocore.exceptions import ReadTimeoutError

from remediate.core.change_result import ApplyStatus
from remediate.core.plan import Change
from remediate.engine.baseline import load_baseline, save_baseline
from remediate.journal import JournalError, Lease, Locked, Run
from remediate.journal.bucket import BucketStore
from remediate.journal.records import closed, ended
from tests.journal.memory_s3 import MemoryS3, store_in

ACCOUNT = "123456789012"
LOCK = f"cors/{ACCOUNT}.lock"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ATTEMPTS = 3
STEPS = 4000

Make = Callable[..., BucketStore]


class Killed(BaseException):
    """The process is gone: nothing of it runs any more, and none of its clean-up reaches S3."""


class BrokenPromise(AssertionError):
    """A history in which the lock or the journal does not keep what it promises."""


@dataclass
class Write:
    """A write to AWS: by whom, under which lease, in which run, and whether its outcome was recorded."""

    process: str
    token: int
    run: str
    address: str
    recorded: bool = False


@dataclass
class World:
    """What all processes share, and what really happened in which order."""

    random: Random
    s3: MemoryS3 = field(default_factory=MemoryS3)
    seconds: float = 0.0
    writes: list[Write] = field(default_factory=list)
    leases: list[tuple[int, str]] = field(default_factory=list)
    begun: dict[str, str] = field(default_factory=dict)
    late: list[Callable[[], object]] = field(default_factory=list)


@dataclass
class Process:
    """One process in a thread that runs only when the scheduler lets it."""

    name: str
    world: World
    make: Make
    skew: float
    turn: Semaphore = field(default_factory=lambda: Semaphore(0))
    asked: Semaphore = field(default_factory=lambda: Semaphore(0))
    over: bool = False
    killed: bool = False
    cut_off: bool = False
    stopped_until: float = 0.0
    failure: BaseException | None = None

    def start(self) -> None:
        """Run until the first call to S3."""
        Thread(target=self._run, daemon=True, name=self.name).start()
        self.asked.acquire()

    def step(self) -> None:
        """Go on until the next call to S3, or to the end."""
        self.turn.release()
        self.asked.acquire()

    def now(self) -> datetime:
        """The process's own clock."""
        return START + timedelta(seconds=self.world.seconds + self.skew)

    def call(self, operation: Callable[[], Any]) -> Any:
        """One call to S3 as botocore makes it: sent again where no answer comes."""
        random = self.world.random
        for _ in range(ATTEMPTS):
            self._pause()
            chance = random.random()
            if self.cut_off or chance < 0.04:
                continue  # the request is lost
            if chance < 0.08:
                _quietly(operation)
                continue  # the answer is lost
            if chance < 0.10:
                self.world.late.append(operation)
                continue  # it arrives later, when it was sent again long since
            return operation()
        raise ReadTimeoutError(endpoint_url="https://s3")

    def _pause(self) -> None:
        if not self.killed:
            self.asked.release()
            self.turn.acquire()
        if self.killed:
            raise Killed

    def _run(self) -> None:
        try:
            for number in range(2):
                try:
                    self._apply(number)
                except (Locked, JournalError):
                    continue  # a person runs it again
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - the history is judged by it
            self.failure = error
        self.over = True
        self.asked.release()

    def _apply(self, number: int) -> None:
        store = self.make(_Client(self), now=self.now)
        with store.lease(ACCOUNT, self.name) as lease:
            self.world.leases.append((lease.token, self.name))
            before = load_baseline(store)
            addresses = [f"s3/{self.name}-{number}-{n}" for n in range(self.world.random.randint(1, 3))]
            run = Run(
                store.new_id(before.upto),
                self.now().isoformat(timespec="seconds"),
                self.name,
                "apply",
                "webapp",
                ACCOUNT,
                f"{self.name}-{number}",
                tuple(Change(at, "s3", "eu-west-1", None, {"CORSRules": []}, "r", at) for at in addresses),
                earlier={},
            )
            store.append(run.id, run.begun())
            self.world.begun[run.id] = run.checksum
            for address in addresses:
                self._write(store, lease, run.id, address)
            store.append(run.id, closed(0))
            lease.check()
            store.gather(run.id)
            save_baseline(store, ACCOUNT)

    def _write(self, store: BucketStore, lease: Lease, run: str, address: str) -> None:
        lease.check()
        write = Write(self.name, lease.token, run, address)
        self.world.writes.append(write)
        store.append(run, ended(address, ApplyStatus.WRITTEN, ""))
        write.recorded = True


class _Client:
    """S3 as one process reaches it."""

    def __init__(self, process: Process) -> None:
        self._process, self._s3 = process, process.world.s3

    def put_object(self, **request: Any) -> Any:
        """As S3."""
        return self._process.call(lambda: self._s3.put_object(**request))

    def get_object(self, **request: Any) -> Any:
        """As S3."""
        return self._process.call(lambda: self._s3.get_object(**request))

    def delete_object(self, **request: Any) -> Any:
        """As S3."""
        return self._process.call(lambda: self._s3.delete_object(**request))

    def get_paginator(self, _name: str) -> _Client:
        """Of lists."""
        return self

    def paginate(self, **request: Any) -> Any:
        """As S3; a list of so few keys is one page."""
        return self._process.call(lambda: list(self._s3.paginate(**request)))


def _quietly(operation: Callable[[], object]) -> None:
    """Carry it out where nobody hears how it ended."""
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        operation()
    except ClientError:
        return


def play(seed: int, *, make: Make = store_in, s3: Callable[[], MemoryS3] = MemoryS3) -> World:
    """One history. Raises `BrokenPromise`."""
    random = Random(seed)
    world = World(random, s3())
    skewed = random.random() < 0.5
    processes = [
        Process(f"p{number}", world, make, random.uniform(-600, 600) if skewed else 0.0)
        for number in range(random.randint(2, 4))
    ]
    for process in processes:
        process.start()
    for _ in range(STEPS):
        running = [process for process in processes if not process.over]
        if not running:
            break
        _happen(world, processes)
        free = [process for process in running if process.stopped_until <= world.seconds and not process.over]
        if free:
            random.choice(free).step()
        elif stopped := [process.stopped_until for process in running if not process.over]:
            world.seconds = min(stopped)
    while world.late:
        _quietly(world.late.pop())
    _judge(seed, world, processes, make)
    return world


def _happen(world: World, processes: list[Process]) -> None:
    """Let time pass, and now and then something worse happen."""
    random = world.random
    world.seconds += random.choice((0.1, 1.0, 20.0)) if random.random() < 0.97 else random.uniform(300, 1200)
    process = random.choice(processes)
    chance = random.random()
    if process.over:
        return
    if chance < 0.01:
        process.stopped_until = world.seconds + random.uniform(60, 2400)
    elif chance < 0.03:
        process.cut_off = not process.cut_off
    elif chance < 0.035:
        process.killed = True
        process.step()
    elif chance < 0.05 and world.late:
        _quietly(world.late.pop(random.randrange(len(world.late))))


def _judge(seed: int, world: World, processes: list[Process], make: Make) -> None:
    def promise(kept: object, text: str) -> None:
        if not kept:
            raise BrokenPromise(f"seed {seed}: {text}")

    for process in processes:
        promise(process.over, f"{process.name} never ended")
        promise(process.failure is None, f"{process.name} ended with {process.failure!r}")
    tokens = [token for token, _ in world.leases]
    promise(tokens == sorted(set(tokens)), f"two held the lease at once: {world.leases}")
    written = [write.token for write in world.writes]
    promise(written == sorted(written), f"a writer that was fenced off wrote: {world.writes}")
    try:
        runs = {run.id: run for run in make(world.s3).runs()}
    except JournalError as error:
        raise BrokenPromise(f"seed {seed}: the journal cannot be read: {error.message}") from error
    for run_id, checksum in world.begun.items():
        promise(run_id in runs, f"run {run_id} is lost")
        promise(runs[run_id].checksum == checksum, f"run {run_id} is another's")
    for write in world.writes:
        run = runs[write.run]
        known = write.address in run.statuses
        promise(known or not write.recorded, f"an outcome that was recorded is lost: {write}")
        promise(known or run.interrupted, f"run {run.id} is closed and does not tell of {write}")
        promise(write.address in {change.address for change in run.changes}, f"{write} is not in its run")


if __name__ == "__main__":
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1000):
        play(number)
    print("every promise was kept")
