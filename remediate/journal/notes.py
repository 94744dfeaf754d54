"""Notes: small JSON objects that a journal keeps beside its runs, with a checksum like its records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediate.journal.records import decode
from remediate.journal.store import JournalError


def kept(data: bytes, where: str) -> Mapping[str, Any]:
    """The one object that was kept. Raises `JournalError` where the bytes are not whole."""
    records, torn = decode(data)
    if torn or len(records) != 1:
        raise JournalError(
            f"{where} is not as it was written: it was edited or is damaged.",
            hint="Remove it: its content is read again from the runs, and drift that is known by now "
            "is reported once more.",
        )
    return records[0]
