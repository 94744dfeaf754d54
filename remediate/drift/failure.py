"""Tell the channels of a pass that failed whole: once per reason, and again after a day.

The journal may be what cannot be reached, so what was told is kept in the user's state folder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from remediate.aws import Aws
from remediate.core.document import digest
from remediate.core.notice import Channel, Message, Notice, NoticeStage
from remediate.drift.delivery import Send
from remediate.errors import RemediateError
from remediate.render.notice import FAILED
from remediate.replace_file import replace_file

AGAIN = timedelta(days=1)


def report_failure(
    aws: Aws,
    send: Send,
    channels: Sequence[Channel],
    error: RemediateError,
    *,
    plan_names: tuple[str, ...],
    account: str,
    now: datetime,
    record: Path | None,
) -> list[str]:
    """Send a notice of the failure to the channels, unless `record` says that it was sent; I/O.

    Without a record it is sent at every pass. Returns a note for each channel that could not be reached;
    where that is all of them, the next pass tries again.
    """
    channels = [channel for channel in channels if not channel.only or "failed" in channel.only]
    mark = digest([type(error).__name__, error.message, sorted(plan_names)])
    if not channels or (record is not None and _is_recent(record, mark, now)):
        return []
    when = now.isoformat(timespec="seconds")
    notice = Notice(
        id=digest([mark, when])[7:31],
        stage=NoticeStage.NEW,
        plan_names=plan_names,
        address="the unattended pass",
        label="",
        kind=FAILED,
        changed=(),
        since="",
        seen=when,
        who="",
        done=f"Nothing was looked at or corrected. {error.message} {error.hint}".strip(),
        look="remediate status",
    )
    notes = []
    for channel in dict.fromkeys(channels):
        try:
            send(aws, channel, Message(account, when, [notice]))
        except RemediateError as problem:
            notes.append(f"Not told of the failure: {problem.message}")
    if record is not None and len(notes) < len(set(channels)):
        try:
            record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(record, json.dumps({"mark": mark, "when": when}).encode())
        except OSError as problem:
            notes.append(f"The next failed pass will tell of it once more: {record}: {problem.strerror}.")
    return notes


def record_of(folder: Path, plan_paths: Sequence[str]) -> Path:
    """Return the file in the state folder that keeps what was told of these plans' passes."""
    return folder / "failures" / f"{digest(sorted(plan_paths))[7:23]}.json"


def forget(record: Path) -> None:
    """A pass has been made, so the next failure is a new one.

    Where the file cannot be removed, the same failure is told again only after a day.
    """
    with suppress(OSError):
        record.unlink(missing_ok=True)


def _is_recent(record: Path, mark: str, now: datetime) -> bool:
    try:
        kept = json.loads(record.read_bytes())
        return bool(kept["mark"] == mark and now - datetime.fromisoformat(kept["when"]) < AGAIN)
    except (OSError, ValueError, KeyError, TypeError):
        return False  # nothing was told, or what was kept cannot be read: it is told once more
