"""What is snoozed and paused, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from remediate.render.terminal import Line


def holds_lines(document: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the pause, each snoozed address, and who asked for it until when."""
    paused = document["paused"]
    if paused:
        yield Line(f"paused  until {paused['until']} by {paused['by']}: {paused['reason']}", "", 4)
        yield Line("  → remediate pause --end", "", 6)
    for address, hold in document["snoozed"].items():
        yield Line(f"snoozed  {address}  until {hold['until']} by {hold['by']}: {hold['reason']}", "", 4)
        yield Line(f"  → remediate snooze --end {address}", "", 6)
    if not paused and not document["snoozed"]:
        yield Line("Nothing is snoozed or paused: the job looks at everything.")
