"""Tell whether the process that holds a lease in a bucket is alive, where that can be known on this machine.

The holder keeps the lock of a file in the user's state folder; the kernel opens it when the process ends,
also after `kill -9`. A process id would not do: it is used again, and two containers have the same ones.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from remediate.journal.store import JournalError
from remediate.journal.user_state import is_locked, lock_on, person, state_folder

_NONCE = re.compile("[0-9a-f]{32}")


@contextmanager
def alive_while_open(nonce: str) -> Iterator[dict[str, str]]:
    """Hold the file of this lease; gives what the lease says of its holder.

    Without a place for the file the lease says nothing, and after a crash it holds until it expires.
    """
    try:
        path = _folder() / nonce
        lock = lock_on(path)
        lock.acquire()
    except (JournalError, OSError):
        yield {}
        return
    try:
        yield {"host": socket.gethostname(), "user": person(), "alive": str(path)}
    finally:
        lock.release()
        with suppress(OSError):
            path.unlink(missing_ok=True)


def is_dead(lease: Mapping[str, Any]) -> bool:
    """Return whether the holder was a process of this user on this machine that has ended for sure."""
    if lease.get("host") != socket.gethostname() or lease.get("user") != person():
        return False
    nonce = str(lease.get("nonce", ""))
    if not _NONCE.fullmatch(nonce):
        return False
    try:
        file = _folder() / nonce
        # A file on another file system is not here: nothing is known then.
        return lease.get("alive") == str(file) and file.is_file() and not is_locked(file)
    except (JournalError, OSError):
        return False


def forget(nonce: str) -> None:
    """Remove the file of a lease whose holder is dead."""
    if _NONCE.fullmatch(nonce):
        with suppress(JournalError, OSError):
            (_folder() / nonce).unlink(missing_ok=True)


def _folder() -> Path:
    folder = state_folder() / "leases"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
