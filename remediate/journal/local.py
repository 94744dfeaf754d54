"""A journal in a folder: a file per run, readable by its owner only, and a lock that a crash opens."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remediate.journal.notes import kept
from remediate.journal.reading import read_run
from remediate.journal.records import Record, Run, decode, encode
from remediate.journal.store import JournalError, Lease, Locked

ROOM = 512
"""Bytes that the record of how a change ended takes at the most, but for very long reasons."""


@dataclass
class FileLease:
    """Holds as long as the process lives: the kernel gives the lock back, even after kill -9."""

    token: int
    path: Path
    inode: int

    def check(self) -> None:
        """Raises `Locked` where the lock file was removed under us (`remediate unlock`)."""
        try:
            same = self.path.stat().st_ino == self.inode
        except OSError:
            same = False
        if not same:
            raise Locked(
                "The lock of this run was broken (`remediate unlock`): another may be writing too.",
                hint="`remediate history` tells what each run wrote, `remediate plan` what is there now.",
            )


class LocalStore:
    """Runs in `folder/runs/ID.jsonl`; see `remediate.journal.store.Store`."""

    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self._folder = folder
        self._runs = folder / "runs"

    @contextmanager
    def lease(self, account: str, owner: str) -> Iterator[Lease]:
        """An exclusive lock on `folder/ACCOUNT.lock`, which says who holds it."""
        self._make()
        path = self._folder / f"{account}.lock"
        with _explained(path):
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in {errno.EAGAIN, errno.EACCES}:
                    raise JournalError(f"{path}: {error.strerror}") from error
                raise Locked(
                    f"Another run is writing to account {account}: {_holder(path)}.",
                    hint="Wait for it to end; `remediate unlock` breaks the lock of a run that hangs.",
                ) from error
            token = _token(path) + 1
            with _explained(path):
                os.ftruncate(handle, 0)
                os.pwrite(handle, json.dumps({"owner": owner, "token": token}).encode(), 0)
                os.fsync(handle)
            yield FileLease(token, path, os.fstat(handle).st_ino)
        finally:
            os.close(handle)

    def alive(self, account: str) -> str:
        """Whoever the kernel still keeps the lock for."""
        path = self._folder / f"{account}.lock"
        return _holder(path) if path.exists() and _is_held(path) else ""

    def unlock(self, account: str) -> str:
        """Remove the lock file; whoever holds it finds out at the next write."""
        holder = self.alive(account)
        if holder:
            path = self._folder / f"{account}.lock"
            with _explained(path):
                path.unlink(missing_ok=True)
        return holder

    def new_id(self) -> str:
        """The next number."""
        known = [int(path.stem) for path in self._runs.glob("*.jsonl") if path.stem.isdigit()]
        return f"{max(known, default=0) + 1:04d}"

    def append(self, run: str, record: Record, room: int = 0) -> None:
        """Append a line and wait for the disk, for the folder too when the file is new.

        All of it or nothing: of a line that does not fit no part is left, nor a new file.
        """
        self._make()
        path = self._runs / f"{run}.jsonl"
        with _explained(path):
            new = not path.exists()
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                _add(handle, encode(record), room * ROOM)
            except OSError:
                if new:
                    path.unlink(missing_ok=True)
                raise
            finally:
                os.close(handle)
            if new:
                _sync_folder(self._runs)

    def runs(self, after: str = "") -> list[Run]:
        """Every run whose first record is whole; without that nothing was written to AWS."""
        found = []
        last = int(after or 0)
        paths = [path for path in self._runs.glob("*.jsonl") if path.stem.isdigit() and int(path.stem) > last]
        for path in sorted(paths, key=lambda path: int(path.stem)):
            with _explained(path):
                run = read_run(path.read_bytes(), str(path))
            if run is not None:
                found.append(run)
        return found

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
            fresh = path.with_name(f".{name}.{os.getpid()}")
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(encode(content))
                file.flush()
                os.fsync(handle)
            fresh.replace(path)
            _sync_folder(self._folder)

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
        step = "Move away what is in its place" if foreign else "Make room or mend the permissions"
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
    if size and os.pread(handle, 1, size - 1) != b"\n":
        data = os.pread(handle, size, 0)
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


def _is_held(path: Path) -> bool:
    """Whether a process that lives holds it; what the file says stays after that."""
    with _explained(path):
        handle = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _content(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_bytes() or b"{}")
    except (OSError, ValueError):
        return {}  # A lock file that a crash left half written: only the token is lost.
    return value if isinstance(value, dict) else {}


def _token(path: Path) -> int:
    token = _content(path).get("token")
    return token if isinstance(token, int) else 0


def _holder(path: Path) -> str:
    return str(_content(path).get("owner", "unknown"))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
