"""Records what runs found and did, on disk before the first write; undo and history read it.

A run is a list of records: `begun` (who, when, which plan, every change with what was found), one
`ended` per change, `closed`. They are appended and forced to the disk one by one, in a folder
(`local`) or in a bucket (`bucket`); a record that a crash has torn is recognised and left out.

One writer at a time: a store lends a `Lease`, which says at every use whether it still holds.
"""

from __future__ import annotations

from remediate.journal.open import FOLDER, open_store
from remediate.journal.records import Run, decode, encode
from remediate.journal.store import JournalError, Lease, Locked, Store

__all__ = ["FOLDER", "JournalError", "Lease", "Locked", "Run", "Store", "decode", "encode", "open_store"]
