"""Check a temporary origin: its spelling, its end, its reason, its reach. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from remediate.core.finding import Level
from remediate.core.origin_guards import guards_for_origin
from remediate.core.policy import Policy
from remediate.errors import Refused, UsageError
from remediate.planfile import OriginEntry, PlanFile
from remediate.planfile.durations import LONGEST, MomentError, duration, instant, spelled, written
from remediate.planfile.origins import read_origin
from remediate.planfile.validate.diagnostics import invisible
from remediate.public_suffix import is_public_suffix
from remediate.web.origin import OriginError, is_loopback

LONGEST_REASON = 500


def until(now: datetime, *, length: str | None, moment: str | None) -> datetime:
    """Return when a grant ends, in UTC and whole seconds: from `--for` or `--until`. Raises `UsageError`."""
    if (length is None) == (moment is None):
        raise UsageError(
            "A grant ends: give either --for or --until.",
            hint="Like --for 4h, or --until 2026-12-01T18:00:00Z.",
        )
    try:
        ends = now + duration(length) if length is not None else instant(moment or "")
    except MomentError as error:
        option = "--for" if length is not None else "--until"
        raise UsageError(
            f"{option}: {error.rule}.", hint=f"{error.hint[0].upper()}{error.hint[1:]}."
        ) from error
    ends = ends.replace(microsecond=0)
    if ends <= now:
        raise UsageError(f"--until: {moment} is over; it is {written(now)}.", hint="Name an instant to come.")
    if ends - now > LONGEST:
        raise UsageError(
            f"--until: {moment} is more than a year away.",
            hint="What is needed so long needs no end: write it into the plan file without `expires`.",
        )
    return ends.astimezone(UTC)


def canonical(origin: str) -> str:
    """Return the origin as a browser spells it, as in a plan file."""
    try:
        return read_origin(origin).text
    except OriginError as error:
        raise UsageError(f"{error.message}.", hint=f"{error.hint[0].upper()}{error.hint[1:]}.") from error


def said(reason: str | None) -> str | None:
    """The reason as it is written into the file; None where none is given."""
    if reason is None:
        return None
    text = reason.strip()
    if not text:
        raise UsageError("--reason: an empty text.", hint="Say who needs the origin, and for what.")
    if invisible(text) or len(text) > LONGEST_REASON:
        raise UsageError(
            f"--reason: a reason is one line of at most {LONGEST_REASON} characters.",
            hint="Write it shorter, without line breaks and control characters.",
        )
    return text


def check_loopback(file: PlanFile, origin: str, expires: datetime, reason: str, now: datetime) -> None:
    """Raise `UsageError` where the plan file demands more of origins on loopback."""
    if not is_loopback(origin):
        return
    rules = file.loopback
    if rules.reason and not reason:
        raise UsageError(
            f"{file.path} demands a reason for origins on loopback.", hint='Add --reason "who, and for what".'
        )
    if rules.longest is not None and expires - now > rules.longest:
        most = spelled(rules.longest)
        raise UsageError(
            f"{file.path} lets origins on loopback in for at most {most} at a time.",
            hint=f"Write --for {most}.",
        )


def needing_agreement(file: PlanFile, origin: str, policies: Iterable[Policy]) -> tuple[str, ...]:
    """Return the guards that would hold the origin back where these policies get it: `--allow` lifts them.

    Raises `Refused` for one that `guards: never` of the plan file lets nobody lift.
    """
    rules = file.guards
    asked = dict.fromkeys(
        guard for policy in policies for guard in guards_for_origin(origin, policy, is_public_suffix)
    )
    refusing = [guard for guard in asked if rules.levels.get(guard.code, guard.level) is Level.REFUSE]
    for guard in refusing:
        if guard.code in rules.never:
            raise Refused(
                f"{guard.code}: {origin} cannot be granted; nothing was changed. {guard.summary}",
                hint=f"{guard.fix} `never` at {rules.where} names {guard.code}: no --allow lifts it.",
            )
    return tuple(guard.code for guard in refusing)


def check_longer(entry: OriginEntry, expires: datetime, revoking: str) -> None:
    """Raise `UsageError` for an earlier end: an entry may only be put off, and is cut short on purpose.

    `revoking` is the command for that.
    """
    if entry.expires is None:
        raise UsageError(
            f"{entry.origin} is there for good ({entry.where}); nothing was changed.",
            hint="To make it temporary, delete it there by hand and grant it.",
        )
    if expires < entry.expires:
        raise UsageError(
            f"{entry.origin} is granted until {written(entry.expires)} ({entry.where}), longer than "
            f"{written(expires)}; nothing was changed.",
            hint=f"To end it earlier: `{revoking}`, then grant it anew.",
        )
