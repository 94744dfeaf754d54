"""Reads a run from a store; a record that a crash cut off is distinguished from damage."""

from __future__ import annotations

import re

from remediate.journal.records import Run, decode, run_of
from remediate.journal.store import JournalError

_CUT = re.compile(rb"[0-9a-f]{0,8}|[0-9a-f]{8} (\{.*)?", re.DOTALL)
"""The bytes of a first record that a crash cut off."""


def read_run(data: bytes, where: str, backup: str = "mv {0} {0}.damaged") -> Run | None:
    """The run; None where a crash tore its first record, before anything was written to AWS.

    A crash tears no more than the last record. Raises `JournalError` where anything else is not as it was
    written: what the run did is not known then, and it is not to be taken for no run. `backup` is the
    command that moves such a run away.
    """
    records, torn = decode(data)
    try:
        run = run_of(records, torn=torn)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(where, backup) from error
    in_the_middle = torn and decode(data[: data.rstrip(b"\n").rfind(b"\n") + 1])[1]
    if in_the_middle or (run is None and (records or not _CUT.fullmatch(data))):
        raise _damaged(where, backup)
    return run


def _damaged(where: str, backup: str) -> JournalError:
    return JournalError(
        f"{where} is not as it was written: it was edited, is damaged, or is of another version.",
        hint=f"Put it back from a backup. Or move it away (`{backup.format(where)}`): then its run can be "
        "neither listed nor undone, and what it brought counts as somebody else's.",
    )
