"""Replace a file: its new content takes the old one's place whole or not at all.

Imports nothing of the project.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path


def replace_file(
    path: Path,
    data: bytes,
    *,
    like: os.stat_result | None = None,
    renaming: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> None:
    """Write the data beside the file, wait for the disk, and rename it. Raises `OSError`.

    The file is readable by its owner only, or has the owner and the permissions of `like`. `renaming` gives
    the context of the rename: where it raises, the file stays as it was and nothing is left beside it.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if like is not None:
                _give_to_owner(temporary, like)
            os.fsync(handle)
        if like is not None:
            Path(temporary).chmod(stat.S_IMODE(like.st_mode))
        with renaming():
            Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Force the folder's entries to the disk; Windows opens no folder, and keeps them by itself."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _give_to_owner(temporary: str, like: os.stat_result) -> None:
    if hasattr(os, "chown"):
        with suppress(PermissionError):
            # Only root may write a file of others and leave it theirs; for others nothing changes.
            os.chown(temporary, like.st_uid, like.st_gid)
