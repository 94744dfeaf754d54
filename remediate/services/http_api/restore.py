"""What a write cannot put back just as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from remediate.services.http_api.cors import complete, configured
from remediate.services.http_api.rules import EMPTY_MEMBERS_STAY

if TYPE_CHECKING:
    from remediate.core.finding import Finding
    from remediate.core.plan import Change


def not_restored(change: Change) -> Iterator[Finding]:
    """Yield the members that a write of `after` leaves empty where they were absent. Pure."""
    cors = configured(change.after)
    if cors is None:
        return
    absent = [member for member in complete(cors) if member not in cors]
    if absent:
        yield EMPTY_MEMBERS_STAY.finding(
            change.address,
            f"{', '.join(absent)}: what was absent is empty, false or 0 afterwards. It lets in nobody more "
            "or less.",
            "AWS keeps a member that is not sent, and to delete all settings first would block every page "
            "meanwhile. Nothing is left to do.",
        )
