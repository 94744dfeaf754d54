"""Grant, list and revoke temporary origins in a plan file, which stays as its authors laid it out.

Nothing here reaches AWS; an apply does, and after the expiry the next one takes the origin away.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from remediate.core.globs import name_matches
from remediate.errors import PlanFileError, Stale, UsageError
from remediate.grants.terms import canonical, check_longer, check_loopback, needing_agreement, said
from remediate.notify import channel_kinds
from remediate.planfile import OriginEntry, PlanFile, Target, check
from remediate.planfile.durations import written
from remediate.planfile.edit.entries import ALSO, KEY, CannotEdit, Place, add, change, remove
from remediate.planfile.edit.rewrite import rewrite
from remediate.planfile.files import CannotRead, Text, read
from remediate.planfile.validate.diagnostics import place as position
from remediate.render.grants import revoking
from remediate.services import target_options
from remediate.text import similar


@dataclass(frozen=True, slots=True)
class Grant:
    """An origin of a plan file that expires; `target` is the target whose own list has it, else empty."""

    file: PlanFile
    entry: OriginEntry
    target: str = ""

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Return what is printed of the grant; `seconds_left` is below zero for one that has expired."""
        ends = self.entry.expires or now
        return {
            "plan": self.file.name,
            "origin": self.entry.origin,
            "target": self.target or None,
            "expires": written(ends),
            "expired": self.entry.expired(now),
            "seconds_left": math.floor((ends - now).total_seconds()),
            "reason": self.entry.reason,
            "where": self.entry.where,
        }


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant as it is in the file now.

    `was` is until when it was granted before; `changed` says whether the file was written, which a
    grant that was there just so does not need. `beside` are the targets that the grant does not reach,
    for they have a list of their own. `held` are the guards that `--allow` must lift before anything is
    written.
    """

    grant: Grant
    was: datetime | None = None
    beside: tuple[str, ...] = ()
    changed: bool = True
    held: tuple[str, ...] = ()

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Return the document of `grant --json`."""
        return {
            "format": "remediate.grant/1",
            "file": str(self.grant.file.path),
            "changed": self.changed,
            "was": written(self.was) if self.was else None,
            "repeated": None,
            "not_for": list(self.beside),
            "needs_allow": list(self.held),
            "grant": self.grant.as_json(now),
        }


@dataclass(frozen=True, slots=True)
class Revoked:
    """A grant that is no longer in the file; `left` counts the list's other origins, `still` is granted."""

    grant: Grant
    left: int
    still: tuple[Grant, ...] = ()

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Return the document of `revoke --json`."""
        return {
            "format": "remediate.revoke/1",
            "file": str(self.grant.file.path),
            "origins_left": self.left,
            "still_granted": [each.as_json(now) for each in self.still],
            "revoked": self.grant.as_json(now),
        }


def the_one(files: Sequence[PlanFile]) -> PlanFile:
    """Return the plan file to edit. Raises `UsageError` where there are several."""
    if len(files) != 1:
        raise UsageError(
            f"There are several plan files: {', '.join(str(file.path) for file in files)}.",
            hint="Name the one that is meant, behind the origin.",
        )
    return files[0]


def grants(files: Sequence[PlanFile], now: datetime) -> dict[str, Any]:
    """Return the document of every origin of the files that expires or has expired, in their order."""
    documents = [entry.as_json(now) for file in files for entry in _grants(file)]
    return {"format": "remediate.grants/1", "grants": documents}


def grant(
    file: PlanFile,
    *,
    origin: str,
    expires: datetime,
    reason: str | None,
    target: str | None,
    now: datetime,
) -> Granted:
    """Write the origin with its end into the plan file, or put off the end of one that is there.

    Raises `UsageError`, `CannotEdit`, `Refused` where a guard forbids it for good, and `Stale` where
    the file moved; then it is as it was.
    """
    canonical_origin = canonical(origin)
    reason = said(reason)
    place = _place(file, target)
    chosen = file.targets[place] if place is not None else None
    beside = (
        tuple(_name(each_target) for each_target in file.targets if each_target.own_origins)
        if chosen is None
        else ()
    )
    if chosen is None and len(beside) == len(file.targets):
        raise UsageError(
            f"Every target of {file.path} lists its own origins, so one at the top would reach none.",
            hint=f"Name one: --target {beside[0]}.",
        )
    key = ALSO if chosen is not None and not chosen.own_origins else KEY
    entries = chosen.listed if chosen else file.origins
    inherited = {} if chosen is None or chosen.own_origins else {item.origin: item for item in file.origins}
    at = next((at for at, item in enumerate(entries) if item.origin == canonical_origin), None)
    existing = entries[at] if at is not None else inherited.get(canonical_origin)
    check_loopback(file, canonical_origin, expires, reason or (existing.reason if existing else ""), now)
    reached = (
        [chosen] if chosen else [each_target for each_target in file.targets if not each_target.own_origins]
    )
    guards = needing_agreement(file, canonical_origin, [each_target.policy for each_target in reached])
    if reason is None and existing is not None and at is None and existing.reason:
        reason = existing.reason
    values = {"reason": reason} if reason is not None else {}
    values["expires"] = written(expires)
    if existing is not None:
        check_longer(
            existing,
            expires,
            revoking(canonical_origin, str(file.path), _name(chosen) if at is not None else ""),
        )
        if existing.expires == expires and reason in {None, existing.reason}:
            where = _name(chosen) if at is not None else ""
            return Granted(Grant(file, existing, where), expires, beside, changed=False, held=guards)

    def edit(text: str) -> str:
        if at is not None:
            return change(text, place, at, values, key=key)
        return add(text, place, {"origin": canonical_origin, **values}, key=key)

    after = _rewritten(file, edit, now)
    own = after.targets[place].listed if place is not None else after.origins
    entry = next(item for item in own if item.origin == canonical_origin)
    was = existing.expires if existing else None
    return Granted(Grant(after, entry, _name(chosen)), was, beside, held=guards)


def revoke(
    file: PlanFile,
    *,
    origin: str,
    target: str | None,
    now: datetime,
) -> Revoked:
    """Take a granted origin out of the plan file; without `target` also where it stands on one target only.

    Raises `UsageError` for one that is not granted, `CannotEdit`, and `Stale` where the file moved.
    """
    canonical_origin = canonical(origin)
    place = _place(file, target) if target is not None else _only_place(file, canonical_origin)
    chosen = file.targets[place] if place is not None else None
    entries = file.origins if chosen is None else chosen.listed
    match = next(((at, item) for at, item in enumerate(entries) if item.origin == canonical_origin), None)
    if match is None:
        raise _not_granted(file, canonical_origin, _name(chosen))
    at, entry = match
    if entry.expires is None:
        raise UsageError(
            f"{canonical_origin} is there for good ({entry.where}), so it is no grant.",
            hint="If it must go, delete it there by hand.",
        )
    key = ALSO if chosen is not None and not chosen.own_origins else KEY
    after = _rewritten(file, lambda text: remove(text, place, at, key=key), now)
    still = tuple(each for each in _grants(after) if each.entry.origin == canonical_origin)
    left = len(chosen.origins if chosen else entries) - 1
    return Revoked(Grant(file, entry, _name(chosen)), left, still)


def _rewritten(file: PlanFile, edit: Callable[[str], str], now: datetime) -> PlanFile:
    """Return the plan file with its text edited, once that is a valid plan too."""
    old = _read(file)
    try:
        new = old.edited(edit(old.text))
    except CannotEdit as error:
        where = position(str(file.path), error.line, error.column)
        raise CannotEdit(
            f"{where}: {error.message}", hint=error.hint, line=error.line, column=error.column
        ) from error
    try:
        after = check(file.path, new, target_options(), now=now, channels=channel_kinds())
    except PlanFileError as error:
        first = error.problems[0]
        raise UsageError(
            f"With that, {file.path} would be no valid plan: {first.rule}. It is as it was.", hint=first.hint
        ) from error
    rewrite(file.path, old, new)
    return after


def _read(file: PlanFile) -> Text:
    try:
        text = read(file.path)
    except CannotRead as error:
        raise UsageError(str(error.problem)) from error
    if text.digest != file.digest:
        raise Stale(f"{file.path} was changed while this ran.", hint="Run the same command again.")
    return text


def _grants(file: PlanFile) -> Iterator[Grant]:
    for entry in file.origins:
        if entry.expires is not None:
            yield Grant(file, entry)
    for target in file.targets:
        for entry in target.listed:
            if entry.expires is not None:
                yield Grant(file, entry, _name(target))


def _name(target: Target | None) -> str:
    return f"{target.selector.service}/{target.selector.pattern}" if target else ""


def _place(file: PlanFile, target_name: str | None) -> Place:
    """Return the index of the target that `--target` names, by its name or by a glob that fits it alone."""
    if target_name is None:
        return None
    names = [_name(target) for target in file.targets]
    positions = [at for at, name in enumerate(names) if name == target_name] or [
        at for at, name in enumerate(names) if name_matches(target_name, name)
    ]
    if len(positions) == 1:
        return positions[0]
    if positions:
        where = ", ".join(file.targets[at].selector.where for at in positions)
        raise UsageError(
            f"--target {target_name} means several targets: {where}.",
            hint="Name one as the file does; where two are named alike, edit the file by hand.",
        )
    raise UsageError(
        f"--target {target_name} matches no target of {file.path}.",
        hint=f"A target is named as in the file: {', '.join(dict.fromkeys(names))}.",
    )


def _only_place(file: PlanFile, origin: str) -> Place:
    """Return the one target whose own entries grant the origin, where the top of the file doesn't list it."""
    if any(entry.origin == origin for entry in file.origins):
        return None
    granting = [
        at
        for at, target in enumerate(file.targets)
        if any(entry.origin == origin and entry.expires is not None for entry in target.listed)
    ]
    return granting[0] if len(granting) == 1 else None


def _not_granted(file: PlanFile, origin: str, target: str) -> UsageError:
    granted = list(_grants(file))
    elsewhere = [each for each in granted if each.entry.origin == origin]
    lists = f"own list of {target}" if target else f"origins of {file.path}"
    message = f"{origin} is not among the {lists}."
    if elsewhere:
        commands = ", ".join(f"`{revoking(origin, str(file.path), each.target)}`" for each in elsewhere)
        return UsageError(message, hint=f"It is granted elsewhere: {commands}.")
    if not granted:
        return UsageError(message, hint="Nothing is granted at present.")
    closest = similar(origin, [grant.entry.origin for grant in granted], most=1)
    hint = f"Did you mean {closest[0]}? " if closest else ""
    return UsageError(message, hint=f"{hint}Granted are: {_options(granted)}.")


def _options(granted: Sequence[Grant]) -> str:
    return ", ".join(
        each.entry.origin + (f" with --target {each.target}" if each.target else "") for each in granted
    )
