"""The interface of every store of runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from remediate.errors import RemediateError
from remediate.journal.records import Record, Run


class JournalError(RemediateError):
    """The journal cannot be read or written; nothing more is written to AWS then."""


class Locked(RemediateError):
    """Another run is writing to this account."""


class Lease(Protocol):
    """The right to write, while it holds."""

    token: int
    """Grows with every lease: a late writer is known by its smaller one."""

    def check(self) -> None:
        """Raise `Locked` where another run has taken the lock."""


class Store(Protocol):
    """Runs in the order in which they began."""

    where: str
    """For people: the folder or bucket."""

    def lease(self, account: str, owner: str) -> AbstractContextManager[Lease]:
        """The right to write to the account; raises `Locked` at once where another run has it."""

    def alive(self, account: str) -> str:
        """The holder of the lock, where it is known to be running still; else empty."""

    def unlock(self, account: str) -> str:
        """Break the lock of a run that is gone; return its holder, empty where there was none."""

    def new_id(self) -> str:
        """An id that sorts behind all runs there are, whatever the clock says."""

    def append(self, run: str, record: Record, room: int = 0) -> None:
        """Force one record to the disk, if as many more as `room` would fit. Raises `JournalError`."""

    def runs(self, after: str = "") -> list[Run]:
        """All runs, oldest first, or those behind the run `after`. Raises `JournalError`."""

    def note(self, name: str) -> Mapping[str, Any]:
        """The note of that name; empty where there is none. Raises `JournalError`."""

    def keep(self, name: str, content: Mapping[str, Any]) -> None:
        """Put a JSON object in the place of what was kept under that name. Raises `JournalError`.

        Whole or not at all: a crash leaves what was there.
        """
