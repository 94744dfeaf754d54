"""The lock and the journal in a bucket keep their promises in random histories; the checker sees bugs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from remediate.journal.bucket import BucketStore
from remediate.journal.records import decode, gathered_records
from tests.journal.histories import BrokenPromise, play
from tests.journal.memory_s3 import MemoryS3, OneClient, store_in

HISTORIES = 300
TRIED = 2000


def test_every_history_keeps_the_promises() -> None:
    played = [play(seed) for seed in range(HISTORIES)]
    writes = Counter(write.recorded for world in played for write in world.writes)
    assert writes[True] > HISTORIES, "histories in which hardly anything is written show nothing"
    assert writes[False] > 0, "no process was stopped between a write and its record"
    assert sum(len({name for _, name in world.leases}) > 1 for world in played) > HISTORIES / 4


class Unconditional(MemoryS3):
    """S3 for a program that forgets the conditions of some of its writes."""

    forgotten: Callable[[str, dict[str, str]], bool] = staticmethod(lambda _key, _condition: True)

    def put_object(self, *, Key: str, Body: bytes, Bucket: str = "", **condition: str) -> dict[str, Any]:  # noqa: N803
        """Without the condition where it is forgotten."""
        del Bucket
        return super().put_object(Key=Key, Body=Body, **({} if self.forgotten(Key, condition) else condition))


class TakesOverBlindly(Unconditional):
    """The lock is replaced whatever it is by now."""

    forgotten = staticmethod(lambda key, condition: key.endswith(".lock") and "IfMatch" in condition)


class OverwritesRecords(Unconditional):
    """A record is put over another writer's."""

    forgotten = staticmethod(lambda key, condition: "/runs/" in key and "IfNoneMatch" in condition)


class DeletesFirst(BucketStore):
    """The records are deleted before the object that holds them all is written."""

    def _gather(self, run: str) -> bool:
        keys = list(self._objects.keys(f"runs/{run}/"))
        self._objects.delete(keys[1:])
        return super()._gather(run)


class ReadsWhatWasGathered(BucketStore):
    """What a stopped writer adds to a run after it was gathered is not read."""

    @staticmethod
    def _needed(first: bytes, keys: Sequence[str]) -> list[str]:
        return list(keys[:1]) if gathered_records(decode(first)[0]) else list(keys)


def reads_what_was_gathered(client: Any, **more: Any) -> BucketStore:
    return ReadsWhatWasGathered(OneClient(client), "ops", "cors", **more)  # type: ignore[arg-type]


def deletes_first(client: Any, **more: Any) -> BucketStore:
    return DeletesFirst(OneClient(client), "ops", "cors", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("s3", "make"),
    [
        (TakesOverBlindly, store_in),
        (OverwritesRecords, store_in),
        (MemoryS3, deletes_first),
        (MemoryS3, reads_what_was_gathered),
    ],
    ids=["lock", "records", "deleting first", "late records"],
)
def test_the_checker_finds_a_planted_bug(
    s3: Callable[[], MemoryS3], make: Callable[..., BucketStore]
) -> None:
    def search() -> None:
        for seed in range(TRIED):
            play(seed, s3=s3, make=make)

    with pytest.raises(BrokenPromise, match="seed"):
        search()
