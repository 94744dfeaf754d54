"""A journal in a folder: a file per run, readable by its owner only, and a lock that a crash opens."""

from __future__ import annotations

import errno
import json
import os
import shlex
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from remediate.journal.notes import kept
from remediate.journal.reading import read_run
from remediate.journal.records import Record, Run, decode, encode
from remediate.journal.store import JournalError, Lease, Locked
from remediate.journal.user_state import is_locked, lock_on, waiting_lock_on
from remediate.locking import Timeout
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
    """What tells this lease from every other in the file that says who holds the lock."""
    user: FileLease | None = None
    """That of the user's runs for the account, where it was taken too."""

    def check(self) -> None:
        """Raises `Locked` where the lock was taken from us (`remediate unlock`)."""
        if self.user is not None:
            self.user.check()
        if _content(self.holder).get("mark") != self.mark:
            raise Locked(
                "The lock of this run was broken (`remediate unlock`): another run may be writing too.",
                hint="`remediate history` lists what each run wrote, `remediate plan` shows the live "
                "settings.",
            )


class LocalStore:
    """Runs in `folder/runs/ID.jsonl`; see `remediate.journal.store.Store`."""

    def __init__(self, folder: Path, user_lock: Callable[[str], Path] | None = None) -> None:
        """`user_lock` gives the file of the lock that all runs of this user take for an account."""
        self.where = str(folder)
        self._user_lock = user_lock
        self._folder = folder
        self._runs = folder / "runs"
        self._check_place()

    @contextmanager
    def lease(self, account: str, owner: str) -> Iterator[Lease]:
        """An exclusive lock on `folder/ACCOUNT.lock`; `folder/ACCOUNT.holder` says who holds it.

        They are two files: what is locked cannot be read by others on Windows. A run takes the lock of
        the account in the user's folder too: that keeps apart runs of one user whose journals are in
        several folders.
        """
        self._make()
        with ExitStack() as locks:
            user = None
            if self._user_lock is not None and account.isdigit():
                journaling = f"{owner}, with its journal in {Path(self.where).absolute()}"
                user = locks.enter_context(_exclusive(self._user_lock(account), account, journaling))
            lease = locks.enter_context(_exclusive(self._lock(account), account, owner))
            lease.user = user
            yield lease

    def alive(self, account: str) -> str:
        """Whoever the kernel still keeps a lock for: that of this journal, or of the user's runs."""
        path = next((path for path in self._locks(account) if path.exists() and _is_held(path)), None)
        return _holder(path) if path else ""

    def unlock(self, account: str) -> str:
        """Take the locks away; whoever holds them finds out at the next write."""
        name = ""
        for path in self._locks(account):
            if path.exists() and _is_held(path):
                name = name or _holder(path)
                with _explained(path):
                    _replace(_holder_of(path), json.dumps({"token": _token(path)}).encode())
                    path.unlink(missing_ok=True)
        return name

    def _locks(self, account: str) -> list[Path]:
        shared = [self._user_lock(account)] if self._user_lock is not None and account.isdigit() else []
        return [self._lock(account), *shared]

    def _lock(self, account: str) -> Path:
        return self._folder / f"{account}.lock"

    def new_id(self, after: str = "") -> str:
        """The next number."""
        numbers = [int(path.stem) for path in self._runs.glob("*.jsonl") if path.stem.isdigit()]
        return f"{max([*numbers, int(after or 0)]) + 1:04d}"

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

    def gather(self, run: str) -> None:
        """Nothing: a run is one file from the start."""

    def drop(self, runs: Sequence[str]) -> None:
        """Delete the files of runs."""
        for run in runs:
            path = self._runs / f"{run}.jsonl"
            with _explained(path):
                path.unlink(missing_ok=True)

    def read(self, after: str = "", upto: str = "") -> Iterator[Run]:
        """Every run whose first record is whole; without that nothing was written to AWS."""
        low, high = int(after or 0), int(upto or 0)
        numbers = {int(path.stem): path for path in self._runs.glob("*.jsonl") if path.stem.isdigit()}
        for number in sorted(numbers):
            if number <= low or (high and number > high):
                continue
            path = numbers[number]
            with _explained(path):
                run = read_run(path.read_bytes(), str(path))
            if run is not None:
                yield run

    def runs(self, after: str = "", upto: str = "") -> list[Run]:
        """The same as a list."""
        return list(self.read(after, upto))

    def note(self, name: str) -> Mapping[str, Any]:
        """The content of `folder/NAME.json`."""
        return self.versioned(name)[0]

    def versioned(self, name: str) -> tuple[Mapping[str, Any], str]:
        """The same, and the checksum of its bytes."""
        path = self._folder / f"{name}.json"
        with _explained(path):
            data = path.read_bytes() if path.exists() else b""
        return (kept(data, str(path)), sha256(data).hexdigest()) if data else ({}, "")

    def keep(self, name: str, content: Mapping[str, Any]) -> None:
        """A new file that takes the old one's place at once."""
        with self._alone_with(name) as path:
            _replace(path, encode(content))

    def replace(self, name: str, content: Mapping[str, Any], version: str) -> bool:
        """The same where the file's bytes are still those."""
        with self._alone_with(name) as path:
            if (sha256(path.read_bytes()).hexdigest() if path.exists() else "") != version:
                return False
            _replace(path, encode(content))
        return True

    @contextmanager
    def _alone_with(self, name: str) -> Iterator[Path]:
        """Keep other writers of the note out, who take a moment each."""
        self._make()
        path = self._folder / f"{name}.json"
        with _explained(path), waiting_lock_on(self._folder / f"{name}.note.lock"):
            yield path

    def _check_place(self) -> None:
        """Raise `JournalError` for a folder that others may write to or have put in place, as ssh does.

        Whoever can write to the journal says what undo writes to AWS.
        """
        for folder in (self._folder, self._runs):
            if folder.is_symlink():
                raise JournalError(
                    f"The journal's folder {folder} is a symbolic link to {folder.readlink()}, and whoever "
                    "made the link chose where runs are kept. Nothing was done.",
                    hint="Name the folder itself by `state:` in the plan (or --state), or remove the link: "
                    f"rm {shlex.quote(str(folder))}",
                )
            if os.name == "posix" and folder.is_dir() and folder.stat().st_mode & stat.S_IWOTH:
                raise JournalError(
                    f"Everybody on this machine can write to the journal's folder {folder}, so that undo "
                    "cannot trust what it holds. Nothing was done.",
                    hint=f"If nobody else wrote to it: chmod o-w {shlex.quote(str(folder))}",
                )

    def _make(self) -> None:
        self._check_place()
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


@contextmanager
def _exclusive(path: Path, account: str, owner: str) -> Iterator[FileLease]:
    """Hold the lock of that file, and say so in the file beside it."""
    lock = lock_on(path)
    with _explained(path):
        try:
            lock.acquire()
        except Timeout:
            raise Locked(
                f"Another run is writing to account {account}: {_holder(path)}.",
                hint="Wait for it to end; `remediate unlock` breaks the lock of a run that hangs.",
            ) from None
    try:
        holder = _holder_of(path)
        lease = FileLease(_token(path) + 1, holder, uuid4().hex)
        with _explained(holder):
            _replace(holder, json.dumps({"owner": owner, "token": lease.token, "mark": lease.mark}).encode())
        yield lease
    finally:
        lock.release()


def _is_held(path: Path) -> bool:
    """Return whether a process that lives holds it; what the file says stays after that."""
    with _explained(path):
        return is_locked(path)


def _holder_of(path: Path) -> Path:
    return path.with_suffix(".holder")


def _content(holder: Path) -> dict[str, object]:
    try:
        value = json.loads(holder.read_bytes() or b"{}")
    except (OSError, ValueError):
        return {}  # nobody has held the lock yet
    return value if isinstance(value, dict) else {}


def _token(path: Path) -> int:
    token = _content(_holder_of(path)).get("token")
    return token if isinstance(token, int) else 0


def _holder(path: Path) -> str:
    """Who holds the lock; the kernel knows that somebody does, and only the file knows who."""
    holder = _holder_of(path)
    return str(_content(holder).get("owner") or f"somebody, but {holder} does not say who")
