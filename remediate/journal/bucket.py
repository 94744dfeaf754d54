"""A journal in a bucket: an object per record, and a lock by conditional writes that expires.

S3 PutObject with `If-None-Match: *` creates or fails, with `If-Match` replaces just what was read
(S3 user guide, "Conditional writes").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, takewhile
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from remediate.answers import UnusableAnswer
from remediate.aws import Aws, BotoCoreError, ClientError, error_code, read_stream, to_aws_failure
from remediate.errors import AwsFailure
from remediate.journal.notes import kept
from remediate.journal.reading import read_run
from remediate.journal.records import Record, Run, decode, encode
from remediate.journal.store import JournalError, Lease, Locked

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LEASE = timedelta(minutes=15)
_LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
"""S3's own words. A 404 without them may come from anything on the way, and an object may be there."""


@dataclass
class ObjectLease:
    """Holds until it expires or is taken; `check` asks the bucket, and prolongs it when half is over.

    Several threads may check at once.
    """

    store: BucketStore
    key: str
    token: int
    owner: str
    nonce: str
    etag: str
    until: datetime
    checking: Lock = field(default_factory=Lock)

    def check(self) -> None:
        """Raises `Locked` where another run has taken over."""
        with self.checking:
            self._check()

    def _check(self) -> None:
        if self.store.now() < self.until - LEASE / 2:
            if self.store.etag_of(self.key) == self.etag:
                return
            raise _taken()
        until = self.store.now() + LEASE
        content = _lock(self.owner, self.token, until, self.nonce)
        etag = self.store.put(self.key, content, match=self.etag)
        if etag is None:
            raise _taken()
        self.etag, self.until = etag, until


class BucketStore:
    """Runs in `prefix/runs/ID/NNNN`; see `remediate.journal.store.Store`."""

    def __init__(
        self, aws: Aws, bucket: str, prefix: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.where = f"s3://{bucket}/{prefix}"
        self.now = now
        self._client: S3Client = aws.client("s3")
        self._bucket = bucket
        self._prefix = prefix.strip("/")
        self._written: dict[str, int] = {}

    @contextmanager
    def lease(self, account: str, owner: str) -> Iterator[Lease]:
        """Create the lock, or take over one that has expired."""
        key = self._key(f"{account}.lock")
        until = self.now() + LEASE
        token = 1
        nonce = uuid4().hex
        etag = self.put(key, _lock(owner, token, until, nonce), absent=True)
        if etag is None:
            lock, match = self._read(key)
            if lock and datetime.fromisoformat(lock["until"]) > self.now():
                raise Locked(
                    f"Another run is writing to account {account}: {lock['owner']}, until {lock['until']}.",
                    hint="Wait for it to end; `remediate unlock` breaks the lock of a run that is gone.",
                )
            token = int(lock.get("token", 0)) + 1
            content = _lock(owner, token, until, nonce)
            etag = self.put(key, content, match=match or None, absent=not match)
            if etag is None:
                raise _taken()
        lease = ObjectLease(self, key, token, owner, nonce, etag, until)
        try:
            yield lease
        finally:
            # Let it expire rather than delete it: the next token must be greater than this one.
            # Where that fails it expires by itself, and how the run ended is not to be lost for it.
            with suppress(JournalError):
                self.put(key, _lock(owner, token, self.now(), nonce), match=lease.etag)

    def alive(self, account: str) -> str:
        """Never known: the holder may be anywhere."""
        del account
        return ""

    def unlock(self, account: str) -> str:
        """Let the lock expire now."""
        key = self._key(f"{account}.lock")
        lock, etag = self._read(key)
        if not lock or datetime.fromisoformat(lock["until"]) <= self.now():
            return ""
        self.put(key, _lock(lock["owner"], int(lock["token"]), self.now(), "unlocked"), match=etag)
        return str(lock["owner"])

    def new_id(self) -> str:
        """The next number."""
        return f"{max((int(run) for run in self._listed()), default=0) + 1:04d}"

    def append(self, run: str, record: Record, room: int = 0) -> None:
        """One new object; one that is there already is another writer's and is not overwritten."""
        del room  # There always is.
        number = self._written.get(run, 0)
        if self.put(self._key(f"runs/{run}/{number:04d}"), encode(record), absent=True) is None:
            raise JournalError(
                f"{self.where}: record {number} of run {run} exists already: another run writes here.",
                hint="Run it again.",
            )
        self._written[run] = number + 1

    def runs(self, after: str = "") -> list[Run]:
        """Every run whose first record is whole. Behind a known one without listing: ids have no gaps."""
        if after:
            numbers = (f"{number:04d}" for number in count(int(after) + 1))
            read: Iterable[tuple[str, list[bytes]]] = takewhile(
                lambda item: item[1], ((run, self._records(run)) for run in numbers)
            )
        else:
            listed = sorted(self._listed().items(), key=lambda item: int(item[0]))
            read = ((run, [self._get(key, _are_records)[0] for key in sorted(keys)]) for run, keys in listed)
        complete = []
        for run, data in read:
            run_record = read_run(b"".join(data), f"s3://{self._bucket}/{self._key(f'runs/{run}')}")
            if run_record is not None and run_record.id == run:
                complete.append(run_record)
        return complete

    def note(self, name: str) -> Mapping[str, Any]:
        """The content of the object `prefix/NAME.json`."""
        key = self._key(f"{name}.json")
        data, _ = self._get(key, _are_records)
        return kept(data, f"s3://{self._bucket}/{key}") if data else {}

    def keep(self, name: str, content: Mapping[str, Any]) -> None:
        """One object, replaced as a whole."""
        self.put(self._key(f"{name}.json"), encode(content))

    def _records(self, run: str) -> list[bytes]:
        """The objects of one run, until there is none."""
        keys = (self._key(f"runs/{run}/{number:04d}") for number in count())
        return list(takewhile(bool, (self._get(key, _are_records)[0] for key in keys)))

    def put(self, key: str, data: bytes, *, match: str | None = None, absent: bool = False) -> str | None:
        """The new ETag, None where the condition did not hold. Raises `JournalError`.

        A condition that fails because the first sending was carried out and its answer lost has
        held: the object is as it was sent. What is put under a condition is unlike anything else.
        """
        condition: Any = {"IfNoneMatch": "*"} if absent else {"IfMatch": match} if match else {}
        try:
            answer = self._client.put_object(Bucket=self._bucket, Key=key, Body=data, **condition)
        except (ClientError, BotoCoreError) as error:
            if condition and error_code(error) in _LOST:
                stored, etag = self._get(key)
                return etag if stored == data else None
            raise _explained(to_aws_failure(error, f"s3:PutObject of s3://{self._bucket}/{key}")) from error
        return answer["ETag"]

    def etag_of(self, key: str) -> str:
        """The object's ETag, empty where it is gone."""
        return self._get(key, _is_lock)[1]

    def _read(self, key: str) -> tuple[dict[str, Any], str]:
        data, etag = self._get(key, _is_lock)
        return (json.loads(data) if data else {}), etag

    def _get(self, key: str, whole: Callable[[bytes], bool] = bool) -> tuple[bytes, str]:
        """The object and its ETag, both empty where S3 says that there is none. Raises `JournalError`.

        No object of a journal is empty, and S3 keeps objects whole or not at all: anything else is an
        answer that was changed on the way, or an object that was damaged.
        """
        try:
            data, answer = read_stream(
                lambda: self._client.get_object(Bucket=self._bucket, Key=key), "Body", whole=whole
            )
        except UnusableAnswer as error:
            raise JournalError(
                f"s3://{self._bucket}/{key} is not as it was written: {error}.",
                hint="Run it again. If it stays so, the object was edited or damaged, or something between "
                "here and S3 changes answers. Put it back from a backup, or move it away: then its "
                "content is lost, and settings that the run wrote count as made outside remediate.",
            ) from error
        except (ClientError, BotoCoreError) as error:
            if error_code(error) in _LOST:
                return b"", ""
            raise _explained(to_aws_failure(error, f"s3:GetObject of s3://{self._bucket}/{key}")) from error
        return data, str(answer["ETag"])

    def _listed(self) -> dict[str, list[str]]:
        keys: dict[str, list[str]] = {}
        prefix = self._key("runs/")
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            ):
                for item in page.get("Contents", []):
                    run, _, _ = item["Key"].removeprefix(prefix).partition("/")
                    if run.isdigit():
                        keys.setdefault(run, []).append(item["Key"])
        except (ClientError, BotoCoreError) as error:
            raise _explained(to_aws_failure(error, f"s3:ListBucket of s3://{self._bucket}")) from error
        return keys

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


def _lock(owner: str, token: int, until: datetime, nonce: str) -> bytes:
    document = {"owner": owner, "token": token, "until": until.isoformat(), "nonce": nonce}
    return json.dumps(document).encode()


def _are_records(data: bytes) -> bool:
    records, torn = decode(data)
    return bool(records) and not torn


def _is_lock(data: bytes) -> bool:
    try:
        document = json.loads(data)
        datetime.fromisoformat(document["until"])
        int(document["token"])
    except (ValueError, TypeError, KeyError):
        return False
    return isinstance(document, dict) and isinstance(document.get("owner"), str)


def _taken() -> Locked:
    return Locked("Another run has taken the lock over.", hint="See `remediate history`, then plan again.")


def _explained(error: AwsFailure) -> JournalError:
    return JournalError(
        f"The journal cannot be used: {error.message}",
        hint=error.hint or "Check `state:` in the plan. Without a journal nothing is written to AWS.",
    )
