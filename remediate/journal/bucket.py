"""A journal in a bucket: an object per record while a run is under way, one object per run afterwards.

Records are `runs/ID/0000`, `0001` and so on. When the run is over, its first object is replaced by one with
all its records, and then the others are deleted. The first object says how many it holds: so what a crash
between the two leaves reads the same, and a record that a stopped writer adds later is not lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, takewhile
from typing import Any

from remediate.aws import Aws
from remediate.journal.bucket_lease import LEASE, BucketLocks
from remediate.journal.notes import kept
from remediate.journal.objects import Objects
from remediate.journal.reading import read_run
from remediate.journal.records import Record, Run, decode, encode, gathered, gathered_records
from remediate.journal.store import JournalError, Lease

__all__ = ["LEASE", "BucketStore"]

_FOUR_DIGITS = 9999
"""Up to this id, ids sort by name as by number."""
_MOVE = "aws s3 mv --recursive {0} {0}.damaged"
_SEEN_TWICE = 3
"""How often a run is read anew that is gathered, or dropped, while it is read."""


class BucketStore:
    """Runs below `s3://bucket/prefix/runs/`; see `remediate.journal.store.Store`."""

    def __init__(
        self, aws: Aws, bucket: str, prefix: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.where = f"s3://{bucket}/{prefix}"
        self._aws = aws
        self._objects = Objects(aws, bucket, prefix)
        self._locks = BucketLocks(self._objects, self.where, now)
        self._written: dict[str, list[bytes]] = {}
        self._first: dict[str, str] = {}

    def lease(self, account: str, owner: str) -> AbstractContextManager[Lease]:
        """Create the lock, or take over one that has expired or whose holder is known to be dead."""
        return self._locks.lease(account, owner)

    def alive(self, account: str) -> str:
        """Whoever holds the lease, unless it is known that they are dead."""
        return self._locks.alive(account)

    def unlock(self, account: str) -> str:
        """Let the lock expire now."""
        return self._locks.unlock(account)

    def new_id(self, after: str = "") -> str:
        """The next number."""
        return f"{max((int(run) for run in self._listed(after, '')), default=int(after or 0)) + 1:04d}"

    def append(self, run: str, record: Record, room: int = 0) -> None:
        """One new object; one that is there already is another writer's and is not overwritten."""
        del room  # There always is.
        written = self._written.setdefault(run, [])
        data = encode(record)
        etag = self._objects.put(_key(run, len(written)), data, absent=True)
        if etag is None:
            raise JournalError(
                f"{self.where}: record {len(written)} of run {run} is there already: another run writes it.",
                hint="Run it again.",
            )
        if not written:
            self._first[run] = etag
        written.append(data)

    def gather(self, run: str) -> None:
        """Replace the first object by one with all records, then delete the others.

        Where the first object was replaced meanwhile, another process gathers the run: it is left to it.
        Where S3 refuses to delete, the others stay and are not read any more.
        """
        self._gather(run)

    def drop(self, runs: Sequence[str]) -> None:
        """Delete the objects of runs, each gathered before: a crash leaves runs that are whole or gone."""
        for run, gathered_now in zip(runs, self._aws.map_concurrently(self._gather, runs), strict=True):
            if not gathered_now:
                raise self._undeletable(run)
        if not self._objects.delete([_key(run, 0) for run in runs]):
            raise self._undeletable(runs[0])

    def _gather(self, run: str) -> bool:
        """Gather the run; False where it is not in one object afterwards."""
        data, etag = self._written.get(run, []), self._first.get(run, "")
        records, gathered_already = len(data), 0
        if not data:
            keys = list(self._objects.keys(f"runs/{run}/"))
            if len(keys) < 2:
                return True
            data, etag = self._records(keys)
            records = _record_of(keys[-1]) + 1
            gathered_already = gathered_records(decode(data[0])[0]) if data else records
        if records > gathered_already:
            whole = b"".join(data) + encode(gathered(records))
            if self._objects.put(_key(run, 0), whole, match=etag) is None:
                return False
        return self._objects.delete([_key(run, number) for number in range(1, records)])

    def _undeletable(self, run: str) -> JournalError:
        return JournalError(
            f"Run {run} in {self.where} cannot be deleted: S3 refuses it, or another process changes it.",
            hint="Run it again. It needs s3:DeleteObject for the journal's runs (`remediate iam` prints the "
            "policy).",
        )

    def read(self, after: str = "", upto: str = "") -> Iterator[Run]:
        """Every run whose first record is whole; many are read at once."""
        for run in self._aws.map_concurrently(self._run, self._listed(after, upto).items()):
            if run is not None:
                yield run

    def runs(self, after: str = "", upto: str = "") -> list[Run]:
        """The same as a list."""
        return list(self.read(after, upto))

    def note(self, name: str) -> Mapping[str, Any]:
        """The content of the object `prefix/NAME.json`."""
        return self.versioned(name)[0]

    def versioned(self, name: str) -> tuple[Mapping[str, Any], str]:
        """The same, and its ETag."""
        key = f"{name}.json"
        data, etag = self._objects.get(key, _are_records)
        return (kept(data, self._objects.url(key)) if data else {}), etag

    def keep(self, name: str, content: Mapping[str, Any]) -> None:
        """One object, replaced as a whole."""
        self._objects.put(f"{name}.json", encode(content))

    def replace(self, name: str, content: Mapping[str, Any], version: str) -> bool:
        """The same under a condition."""
        data = encode(content)
        return self._objects.put(f"{name}.json", data, match=version, absent=not version) is not None

    def _run(self, listed: tuple[str, list[str]]) -> Run | None:
        run, keys = listed
        for _ in range(_SEEN_TWICE):
            data, _ = self._records(keys)
            if data and len(data) >= len(self._needed(data[0], keys)):
                break
            # Gathered or dropped since it was listed.
            keys = list(self._objects.keys(f"runs/{run}/"))
            if not keys:
                return None
        found = read_run(b"".join(data), self._objects.url(f"runs/{run}"), _MOVE)
        if found is None or found.id != run:
            return None
        return replace(found, objects=len(keys))

    def _records(self, keys: Sequence[str]) -> tuple[list[bytes], str]:
        """The objects with the records of one run, until one is gone, and the first one's ETag."""
        first, etag = self._objects.get(keys[0], _are_records)
        if not first:
            return [], ""
        others = (self._objects.get(key, _are_records)[0] for key in self._needed(first, keys)[1:])
        return [first, *takewhile(bool, others)], etag

    @staticmethod
    def _needed(first: bytes, keys: Sequence[str]) -> list[str]:
        """The first key, and those whose records are not in the first object."""
        records = gathered_records(decode(first)[0])
        return [keys[0], *(key for key in keys[1:] if _record_of(key) >= records)]

    def _listed(self, after: str, upto: str) -> dict[str, list[str]]:
        """The keys of each run, by its id, in the order of numbers."""
        low, high = int(after or 0), int(upto or 0)
        runs: dict[str, list[str]] = {}
        if low < _FOUR_DIGITS:
            start = f"runs/{low:04d}/~" if low else ""
            below = f"runs/{low + 1:04d}/" if high == low + 1 else "runs/"
            for key in self._objects.keys(below, start):
                run = key.split("/")[1]
                if high and high <= _FOUR_DIGITS and run > f"{high:04d}" and len(run) == len(f"{high:04d}"):
                    break
                if run.isdigit() and int(run) > low:
                    runs.setdefault(run, []).append(key)
        if low >= _FOUR_DIGITS or (low and f"{_FOUR_DIGITS}" in runs):
            for number in count(max(low, _FOUR_DIGITS) + 1):
                keys = list(self._objects.keys(f"runs/{number:04d}/"))
                if not keys:
                    break
                runs[f"{number:04d}"] = keys
        return {
            run: runs[run]
            for run in sorted(runs, key=int)
            if int(run) > low and not (high and int(run) > high)
        }


def _key(run: str, record: int) -> str:
    return f"runs/{run}/{record:04d}"


def _record_of(key: str) -> int:
    return int(key.rpartition("/")[2])


def _are_records(data: bytes) -> bool:
    records, torn = decode(data)
    return bool(records) and not torn
