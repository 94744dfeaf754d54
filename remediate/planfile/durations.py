"""Instants and durations as people write them: `2026-12-01T18:00:00Z`, `4h`, `1h30m`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from remediate.planfile.validate.diagnostics import shown

INSTANT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
)
DURATION = r"^([0-9]{1,4}d)?([0-9]{1,4}h)?([0-9]{1,5}m)?$"
LONGEST = timedelta(days=366)
"""The longest duration: an origin that is needed for longer than a year is needed for good."""


class MomentError(ValueError):
    """A text that is no instant or duration: `rule` says why, `hint` what to write instead."""

    def __init__(self, rule: str, hint: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.hint = hint


def instant(text: str) -> datetime:
    """An instant with its time zone. Raises `MomentError`."""
    example = "2026-12-01T18:00:00Z"
    if re.fullmatch(INSTANT, text):
        try:
            return datetime.fromisoformat(text.upper())
        except ValueError as error:
            raise MomentError(
                f"{shown(text)} is not a date and time: {error}", f"write it like {example}"
            ) from None
    if re.fullmatch(INSTANT, text + "Z"):
        iso = text.replace(" ", "T")
        raise MomentError(
            f"{shown(text)} has no time zone, so it is not one instant",
            f"write {iso}Z for UTC, or the offset of your zone: {iso}+09:00",
        )
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise MomentError(f"{shown(text)} is a day, not an instant", f"write {text}T18:00:00Z")
    raise MomentError(f"{shown(text)} is not a date and time", f"write it like {example}")


def duration(text: str) -> timedelta:
    """A duration of days, hours and minutes, more than none and at most a year. Raises `MomentError`."""
    match = re.fullmatch(DURATION, text) if text else None
    if match is None:
        raise MomentError(
            f"{shown(text)} is not a duration", "write days, hours and minutes like 30m, 4h, 2d or 1h30m"
        )
    days, hours, minutes = (int(part[:-1]) if part else 0 for part in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes)
    if not length:
        raise MomentError(f"{shown(text)} is a duration of zero", "write at least 1m")
    if length > LONGEST:
        raise MomentError(f"{shown(text)} is longer than a year", "write at most 366d, or leave it out")
    return length


def written(moment: datetime) -> str:
    """The instant as it is written into a file: UTC, whole seconds."""
    try:
        return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    except OverflowError:
        return moment.isoformat()  # the first and last hours that a calendar has, in other zones


def spelled(length: timedelta) -> str:
    """A duration as the options take it: `1h30m`."""
    minutes = int(length.total_seconds()) // 60
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0m"
