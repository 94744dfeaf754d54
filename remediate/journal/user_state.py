"""The folder in which a user's runs on one machine know of each other, and the lock files in it.

It is `remediate` below `$XDG_STATE_HOME`, else below `~/.local/state` (XDG Base Directory Specification);
where the user has no home that can be written, `remediate-USER` in the folder for temporary files.
"""

from __future__ import annotations

import getpass
import os
import re
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from remediate.journal.store import JournalError
from remediate.locking import BaseFileLock, FileLock, Timeout


def state_folder() -> Path:
    """Return the folder, made where it is not there. Raises `JournalError` where there is no place for it."""
    problems = []
    for folder in _places():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            problems.append(f"{folder}: {error.strerror}")
            continue
        if _is_private(folder):
            return folder
        problems.append(f"{folder}: it is not a folder that only you can write")
    raise JournalError(
        f"There is no place for the lock of your runs on this machine ({'; '.join(problems)}).",
        hint="Set XDG_STATE_HOME to a folder of yours that can be written, or keep the journal in a bucket "
        "(`state: s3://BUCKET/PREFIX`), which has a lock of its own.",
    )


def account_lock(account: str, endpoint: str | None) -> Path:
    """Return the lock file of this user's runs for the account; `endpoint` is the host that is asked for AWS.

    An account of an emulator is another one than the account of AWS with the same number.
    """
    if endpoint and endpoint.partition(":")[0].endswith((".amazonaws.com", ".amazonaws.com.cn", ".aws")):
        endpoint = None
    folder = state_folder() / "locks"
    folder.mkdir(mode=0o700, exist_ok=True)
    beside = re.sub(r"[^A-Za-z0-9]+", "-", f"-{endpoint}") if endpoint else ""
    return folder / f"{account}{beside}.lock"


def person() -> str:
    """Return the user's name; `unknown` where the system has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"  # a container's user id without a name, or Windows without USERNAME


def lock_on(path: Path) -> BaseFileLock:
    """Return the lock of that file; to acquire it raises `Timeout` at once where another has it."""
    if hasattr(os, "fchmod"):
        return FileLock(path, timeout=0, mode=0o600, thread_local=False)
    return FileLock(path, timeout=0, thread_local=False)


def waiting_lock_on(path: Path) -> BaseFileLock:
    """Return the same lock, for what takes a moment: to acquire it waits for up to ten seconds."""
    lock = lock_on(path)
    lock.timeout = 10
    return lock


def is_locked(path: Path) -> bool:
    """Return whether a process that lives holds the file's lock. Raises `OSError`."""
    lock = lock_on(path)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


def _places() -> list[Path]:
    """Return where the folder may be, the first that can be used wins."""
    named = os.environ.get("XDG_STATE_HOME", "")
    # "All paths set in these environment variables must be absolute", else they are ignored.
    homes = [Path(named)] if named and Path(named).is_absolute() else []
    if not homes:
        # RuntimeError: there is neither HOME nor an entry of this user id in the system's list of users.
        with suppress(RuntimeError):
            homes.append(Path.home() / ".local" / "state")
    uid = os.getuid() if hasattr(os, "getuid") else person()
    return [*(home / "remediate" for home in homes), Path(tempfile.gettempdir()) / f"remediate-{uid}"]


def _is_private(folder: Path) -> bool:
    """Return whether no other user can put files there. Windows keeps a profile's folders private."""
    entry = folder.lstat()
    if not stat.S_ISDIR(entry.st_mode) or not os.access(folder, os.W_OK):
        return False
    return not hasattr(os, "getuid") or (entry.st_uid == os.getuid() and not entry.st_mode & 0o022)
