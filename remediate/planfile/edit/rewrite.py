"""Replacing a plan file: whole or not at all, and only if it is still what was read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from remediate.errors import Stale, UsageError
from remediate.locking import SoftFileLock, Timeout
from remediate.planfile.files import CannotRead, Text, read
from remediate.replace_file import replace_file

PATIENCE = 10
"""Seconds to wait for another edit of the same file, which takes milliseconds."""


def rewrite(path: Path, old: Text, new: Text) -> None:
    """Put `new` in the place of `old`: written beside it, then renamed, with its permissions.

    Where `path` is a symbolic link, the file that it leads to is replaced and the link stays. Raises
    `Stale` where the file is no longer `old`, `UsageError` where it cannot be written.
    """
    real = Path(os.path.realpath(path))
    try:
        _replace(path, real, old, new)
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}. The file is as it was.",
            hint="Make the file and its folder writable, or edit it by hand.",
        ) from error


def _replace(path: Path, real: Path, old: Text, new: Text) -> None:
    status = real.stat()
    if not os.access(real, os.W_OK):
        # The rename would get around it; but the file is read-only on purpose.
        raise PermissionError(0, "the file is read-only")

    @contextmanager
    def unchanged() -> Iterator[None]:
        with _alone_at(real):
            _still(path, old)
            yield

    replace_file(real, new.bytes, like=status, renaming=unchanged)


@contextmanager
def _alone_at(real: Path) -> Iterator[None]:
    """No other remediate is between its look at this file and the rename.

    The lock is a file of its own beside the plan file, which goes with the lock: on Windows a folder
    cannot be locked. One that a killed process left is taken over, on the same machine at once.
    """
    lock = SoftFileLock(real.with_name(f".{real.name}.lock"), timeout=PATIENCE)
    try:
        with lock:
            yield
    except Timeout as error:
        raise UsageError(
            f"{real} is locked by another process that edits it. The file is as it was.",
            hint=f"Run the command again; if no other is running, delete {lock.lock_file}.",
        ) from error


def _still(path: Path, old: Text) -> None:
    try:
        same = read(path).digest == old.digest
    except CannotRead:
        same = False
    if not same:
        raise Stale(
            f"{path} was changed by another process while this ran. Nothing was added or taken out.",
            hint="Review the file, and run the same command again.",
        )
