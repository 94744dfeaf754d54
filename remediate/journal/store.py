"""The interface of every store of runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
        """Who holds the lock and may still be running; empty where nobody does."""

    def unlock(self, account: str) -> str:
        """Break the lock of a run that is gone; returns who held it, empty where nobody did.

        A damaged lock is cleared too.
        """

    def new_id(self, after: str = "") -> str:
        """An id that sorts behind all runs there are, whatever the clock says; `after` is one of them."""

    def append(self, run: str, record: Record, room: int = 0) -> None:
        """Force one record to the disk, if as many more as `room` would fit. Raises `JournalError`."""

    def gather(self, run: str) -> None:
        """Put the records of a run that is over together in one object. Raises `JournalError`.

        A crash on the way leaves a run that reads the same; where there is nothing to do, nothing is done.
        """

    def drop(self, runs: Sequence[str]) -> None:
        """Delete whole runs. Raises `JournalError` where one of them cannot be deleted."""

    def read(self, after: str = "", upto: str = "") -> Iterator[Run]:
        """Runs, oldest first, behind the run `after` and no further than the run `upto`.

        They are read as they are taken, and not all kept in memory. Raises `JournalError`.
        """

    def runs(self, after: str = "", upto: str = "") -> list[Run]:
        """The same as a list."""

    def note(self, name: str) -> Mapping[str, Any]:
        """The note of that name; empty where there is none. Raises `JournalError`."""

    def versioned(self, name: str) -> tuple[Mapping[str, Any], str]:
        """Return the same, and a version for `replace`; empty where nothing was kept."""

    def keep(self, name: str, content: Mapping[str, Any]) -> None:
        """Put a JSON object in the place of what was kept under that name. Raises `JournalError`.

        Whole or not at all: a crash leaves what was there.
        """

    def replace(self, name: str, content: Mapping[str, Any], version: str) -> bool:
        """Do the same if what is kept is still that version; False where it is not."""
