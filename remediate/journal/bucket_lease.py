"""The lock of an account in a bucket: one object, written under conditions, that holds until it expires."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from uuid import uuid4

from remediate.journal.liveness import alive_while_open, forget, is_dead
from remediate.journal.objects import Objects
from remediate.journal.store import JournalError, Locked

LEASE = timedelta(minutes=15)
Clock = Callable[[], datetime]


@dataclass
class ObjectLease:
    """Holds until it expires or is taken; `check` asks the bucket, and prolongs it when half is over.

    Several threads may check at once.
    """

    locks: BucketLocks
    key: str
    token: int
    content: Mapping[str, Any]
    etag: str
    checking: Lock = field(default_factory=Lock)

    def check(self) -> None:
        """Raises `Locked` where another run has taken over."""
        with self.checking:
            self._check()

    def _check(self) -> None:
        now = self.locks.now()
        if now < datetime.fromisoformat(self.content["until"]) - LEASE / 2:
            if self.locks.etag_of(self.key) == self.etag:
                return
            raise taken()
        content = {**self.content, "until": (now + LEASE).isoformat()}
        etag = self.locks.objects.put(self.key, _encoded(content), match=self.etag)
        if etag is None:
            raise taken()
        self.etag, self.content = etag, content


class BucketLocks:
    """The objects `NAME.lock` of a journal."""

    def __init__(self, objects: Objects, where: str, now: Clock) -> None:
        self.objects = objects
        self.now = now
        self._where = where
        self._unlock = f"remediate unlock --state {where}"

    @contextmanager
    def lease(self, name: str, owner: str) -> Iterator[ObjectLease]:
        """Create the lock, or take over one that has expired or whose holder is known to be dead."""
        key = f"{name}.lock"
        nonce = uuid4().hex
        with alive_while_open(nonce) as holder:
            lease = self._taken(name, {"owner": owner, "nonce": nonce, **holder})
            try:
                yield lease
            finally:
                # Let it expire rather than delete it: the next token must be greater than this one.
                # Where that fails it expires by itself, and how the run ended is not to be lost for it.
                with suppress(JournalError):
                    over = {**lease.content, "until": self.now().isoformat()}
                    self.objects.put(key, _encoded(over), match=lease.etag)

    def _taken(self, name: str, holder: Mapping[str, Any]) -> ObjectLease:
        key = f"{name}.lock"
        content: dict[str, Any] = {**holder, "token": 1, "until": (self.now() + LEASE).isoformat()}
        etag = self.objects.put(key, _encoded(content), absent=True, clear=self._unlock)
        if etag is None:
            lock, match = self.read(key)
            dead = is_dead(lock)
            if self._holds(lock) and not dead:
                raise Locked(
                    f"Another run is writing to account {name}: {lock['owner']}, until {lock['until']}.",
                    hint=f"Wait for it to end. If it is gone, `{self._unlock}` breaks its lock.",
                )
            content["token"] = int(lock.get("token", 0)) + 1
            etag = self.objects.put(key, _encoded(content), match=match or None, absent=not match)
            if etag is None:
                raise taken()
            if dead:
                forget(str(lock["nonce"]))
        return ObjectLease(self, key, content["token"], content, etag)

    def alive(self, name: str) -> str:
        """Return who holds the lease, unless it is known that they are dead; the holder may be anywhere."""
        data, _ = self.objects.get(f"{name}.lock", _is_anything)
        lock = json.loads(data) if _is_lock(data) else {}
        if not self._holds(lock) or is_dead(lock):
            return ""
        return f"{lock['owner']} (its lease in {self._where} holds until {lock['until']})"

    def unlock(self, name: str) -> str:
        """Let the lease expire now, and replace a lock that is damaged."""
        key = f"{name}.lock"
        data, etag = self.objects.get(key, _is_anything)
        if not etag:
            return ""
        if not _is_lock(data):
            # Greater than the token that cannot be read: no journal has had so many leases.
            token = int(self.now().astimezone(UTC).timestamp())
            lock: dict[str, Any] = {"owner": f"a damaged lock ({self.objects.url(key)})", "token": token}
        else:
            lock = json.loads(data)
            if not self._holds(lock):
                return ""
        over = {**lock, "until": self.now().isoformat(), "nonce": f"unlocked {uuid4().hex}"}
        if self.objects.put(key, _encoded(over), match=etag) is None:
            raise taken()
        return str(lock["owner"])

    def etag_of(self, key: str) -> str:
        """Return the lock's ETag, empty where it is gone."""
        return self.read(key)[1]

    def read(self, key: str) -> tuple[dict[str, Any], str]:
        """Return the lock and its ETag, both empty where there is none. Raises `JournalError`."""
        data, etag = self.objects.get(key, _is_lock, self._unlock)
        return (json.loads(data) if data else {}), etag

    def _holds(self, lock: Mapping[str, Any]) -> bool:
        return bool(lock) and datetime.fromisoformat(lock["until"]) > self.now()


def _encoded(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content).encode()


def _is_anything(_data: bytes) -> bool:
    """Whoever breaks a lock takes a damaged one as it is."""
    return True


def _is_lock(data: bytes) -> bool:
    try:
        document = json.loads(data)
        aware = datetime.fromisoformat(document["until"]).tzinfo is not None
        int(document["token"])
    except (ValueError, TypeError, KeyError):
        return False
    return aware and isinstance(document, dict) and isinstance(document.get("owner"), str)


def taken() -> Locked:
    """The error of a lease that is another's by now."""
    return Locked("Another run has taken the lock over.", hint="See `remediate history`, then plan again.")
