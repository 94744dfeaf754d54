"""A journal in a folder: a file per run, readable by its owner only, and a lock that a crash opens."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from remediate.journal.notes import kept
from remediate.journal.reading import read_run
from remediate.journal.records import Record, Run, decode, encode
from remediate.journal.store import JournalError, Lease, Locked
from remediate.locking import BaseFileLock, FileLock, Timeout
from remediate.replace_file import replace_file, sync_folder

BINARY: int = getattr(os, "O_BINARY", 0)
"""Windows turns newlines into two characters without it."""
ROOM = 512
"""Bytes that the record of how a change ended takes at the most, but for very long reasons."""


@dataclass
class FileLease:
    """Holds as long as the process lives: the kernel gives the lock back, even after kill -9."""

    token: int
    holder: Path
    mark: str
    """The identifier of this lease in the file that says who holds the lock."""

    def check(self) -> None:
        """Raises `Locked` where the lock was taken from us (`remediate unlock`)."""
        if _content(self.holder).get("mark") != self.mark:
            raise Locked(
                "The lock of this run was broken (`remediate unlock`): another run may be writing too.",
                hint="`remediate history` lists what each run wrote, `remediate plan` shows the live "
                "settings.",
            )


class LocalStore:
    """Runs in `folder/runs/ID.jsonl`; see `remediate.journal.store.Store`."""

    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self._folder = folder
        self._runs = folder / "runs"

    @contextmanager
    def lease(self, account: str, owner: str) -> Iterator[Lease]:
        """An exclusive lock on `folder/ACCOUNT.lock`; `folder/ACCOUNT.holder` says who holds it.

        They are two files: what is locked cannot be read by others on Windows.
        """
        self._make()
        path, holder = self._lock(account)
        lock = _lock_on(path)
        if not _is_taken(lock, path):
            raise Locked(
                f"Another run is writing to account {account}: {_holder(holder)}.",
                hint="Wait for it to end; `remediate unlock` breaks the lock of a run that hangs.",
            )
        try:
            lease = FileLease(_token(holder) + 1, holder, uuid4().hex)
            record = {"owner": owner, "token": lease.token, "mark": lease.mark}
            with _explained(holder):
                _replace(holder, json.dumps(record).encode())
            yield lease
        finally:
            lock.release()

    def alive(self, account: str) -> str:
        """The holder of the lock, as long as the kernel holds it."""
        path, holder = self._lock(account)
        return _holder(holder) if path.exists() and _is_held(path) else ""

    def unlock(self, account: str) -> str:
        """Take the lock away; whoever holds it finds out at the next write."""
        name = self.alive(account)
        if name:
            path, holder = self._lock(account)
            with _explained(path):
                _replace(holder, json.dumps({"token": _token(holder)}).encode())
                path.unlink(missing_ok=True)
        return name

    def _lock(self, account: str) -> tuple[Path, Path]:
        return self._folder / f"{account}.lock", self._folder / f"{account}.holder"

    def new_id(self) -> str:
        """The next number."""
        numbers = [int(path.stem) for path in self._runs.glob("*.jsonl") if path.stem.isdigit()]
        return f"{max(numbers, default=0) + 1:04d}"

    def append(self, run: str, record: Record, room: int = 0) -> None:
        """Append a line and wait for the disk, for the folder too when the file is new.

        All of it or nothing: of a line that does not fit no part is left, nor a new file.
        """
        self._make()
        path = self._runs / f"{run}.jsonl"
        with _explained(path):
            new = not path.exists()
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | BINARY, 0o600)
            try:
                _add(handle, encode(record), room * ROOM)
            except OSError:
                if new:
                    path.unlink(missing_ok=True)
                raise
            finally:
                os.close(handle)
            if new:
                sync_folder(self._runs)

    def runs(self, after: str = "") -> list[Run]:
        """Every run whose first record is whole; without that nothing was written to AWS."""
        listed = []
        last = int(after or 0)
        paths = [path for path in self._runs.glob("*.jsonl") if path.stem.isdigit() and int(path.stem) > last]
        for path in sorted(paths, key=lambda path: int(path.stem)):
            with _explained(path):
                run = read_run(path.read_bytes(), str(path))
            if run is not None:
                listed.append(run)
        return listed

    def note(self, name: str) -> Mapping[str, Any]:
        """The content of `folder/NAME.json`."""
        path = self._folder / f"{name}.json"
        with _explained(path):
            return kept(path.read_bytes(), str(path)) if path.exists() else {}

    def keep(self, name: str, content: Mapping[str, Any]) -> None:
        """A new file that takes the old one's place at once."""
        self._make()
        path = self._folder / f"{name}.json"
        with _explained(path):
            _replace(path, encode(content))

    def _make(self) -> None:
        with _explained(self._runs):
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self._folder, self._runs):
                folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        foreign = isinstance(error, IsADirectoryError | NotADirectoryError | FileExistsError)
        step = "Move away what is in its place" if foreign else "Make room or correct the permissions"
        raise JournalError(
            f"The journal cannot be used: {path}: {error.strerror}.",
            hint=f"{step}; `state:` in the plan names another place. "
            "Without a journal nothing is written to AWS.",
        ) from error


def _add(handle: int, line: bytes, room: int) -> None:
    """Write it behind what is whole, and force it to the disk; no part of it stays where that fails.

    It fails too where `room` bytes more do not fit. Should a crash leave these, they are empty lines.
    """
    size = os.fstat(handle).st_size
    if size and _read_at(handle, size - 1, 1) != b"\n":
        data = _read_at(handle, 0, size)
        last = data.rfind(b"\n") + 1
        if decode(data[last:])[0]:
            line = b"\n" + line  # it lost no more than its newline
        else:
            os.ftruncate(handle, last)  # torn: it must not take this one with it
            size = last
    try:
        written = os.write(handle, line + b"\n" * room)
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise
    if written != len(line) + room:
        os.ftruncate(handle, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.ftruncate(handle, size + len(line))


def _read_at(handle: int, start: int, count: int) -> bytes:
    os.lseek(handle, start, os.SEEK_SET)
    return os.read(handle, count)


def _replace(path: Path, data: bytes) -> None:
    """A new file that takes the old one's place at once, and is on the disk then."""
    replace_file(path, data)
    sync_folder(path.parent)


def _lock_on(path: Path) -> BaseFileLock:
    """The lock of that file, which another process or thread may have: then `Timeout` at once."""
    if hasattr(os, "fchmod"):
        return FileLock(path, timeout=0, mode=0o600, thread_local=False)
    return FileLock(path, timeout=0, thread_local=False)


def _is_held(path: Path) -> bool:
    """True where a process that lives holds the lock; the file's content outlives its process."""
    lock = _lock_on(path)
    if not _is_taken(lock, path):
        return True
    lock.release()
    return False


def _is_taken(lock: BaseFileLock, path: Path) -> bool:
    """Take the lock; False where another has it. Raises `JournalError` where it cannot be tried."""
    with _explained(path):
        try:
            lock.acquire()
        except Timeout:
            return False
    return True


def _content(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_bytes() or b"{}")
    except (OSError, ValueError):
        return {}  # nobody has held the lock yet
    return value if isinstance(value, dict) else {}


def _token(path: Path) -> int:
    token = _content(path).get("token")
    return token if isinstance(token, int) else 0


def _holder(path: Path) -> str:
    return str(_content(path).get("owner", "unknown"))
