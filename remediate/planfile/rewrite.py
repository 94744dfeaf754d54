"""Replacing a plan file: whole or not at all, and only if it is still what was read."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from remediate.errors import Stale, UsageError
from remediate.planfile.files import CannotRead, Text, read


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
        # The rename would get around it; but whoever made the file read-only meant it.
        raise PermissionError(0, "the file is read-only")
    handle, temporary = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new.bytes)
            file.flush()
            with suppress(PermissionError):
                # Only root may write a file of others and leave it theirs; for all others nothing changes.
                os.fchown(handle, status.st_uid, status.st_gid)
            os.fchmod(handle, stat.S_IMODE(status.st_mode))
            os.fsync(handle)
        with _alone_in(real.parent):
            _still(path, old)
            Path(temporary).replace(real)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """No other remediate is between its look at a file of this folder and the rename."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _still(path: Path, old: Text) -> None:
    try:
        same = read(path).digest == old.digest
    except CannotRead:
        same = False
    if not same:
        raise Stale(
            f"{path} was changed while this ran. It is as the other left it; nothing was added or taken out.",
            hint="Look at it, and run the same command again.",
        )
