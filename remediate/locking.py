"""Locks that Windows has too: the only importer of filelock.

Where a system offers no kernel locks, filelock falls back to lock files that name their holder's
process, and warns of that once, at import. Such a lock opens too when its holder is gone.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

__all__ = ["BaseFileLock", "FileLock", "SoftFileLock", "Timeout"]
