"""Collect what a recipe needs to know of the plans at hand, and make it; no AWS."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from remediate.core.channel import variable
from remediate.core.permission import Purpose
from remediate.core.s3_url import is_s3_url
from remediate.errors import RemediateError, UsageError
from remediate.iam import permissions, statements
from remediate.planfile import PlanFile
from remediate.schedule.facts import Facts, Interval, PlanText
from remediate.schedule.places import place, places
from remediate.schedule.places.requirement import checked
from remediate.services import service


@dataclass(frozen=True, slots=True)
class Recipe:
    """Files by name, and what is to be said besides: sentences that begin with `note:` or `warning:`."""

    files: Mapping[str, str]
    notes: tuple[str, ...]


def recipe(on: str, facts: Facts) -> Recipe:
    """The recipe for that place. Raises `UsageError` for a place that is not known."""
    if on not in places():
        raise UsageError(
            f"--on {on}: there is no recipe for this place.", hint=f"Write one of {', '.join(places())}."
        )
    made = place(on)
    if facts.install and not made.INSTALLS:
        raise UsageError(
            f"--install: {on} installs nothing; it runs {facts.command}.",
            hint="Leave --install out, and install remediate into this environment from where you like.",
        )
    notes = []
    if made.FORGETS and not facts.bucket:
        notes.append(
            f"warning: These plans keep their journal in {facts.journal}, and on {on} the disk is gone after "
            "each pass: write `state: s3://BUCKET/PREFIX` into each plan file."
        )
    if facts.variables:
        notes.append(made.VARIABLES.format(names=", ".join(facts.variables)))
    return Recipe(made.files(facts), tuple(notes))


def facts(
    paths: Sequence[Path],
    files: Sequence[PlanFile],
    *,
    every: str,
    correct: bool,
    install: str | None = None,
) -> Facts:
    """The facts of these plan files, which `paths` named.

    Raises `UsageError` where one job cannot keep them all, or a name cannot stand in a recipe.
    """
    accounts = sorted({file.account for file in files if file.account})
    states = list(dict.fromkeys(file.state for file in files))
    _require_single("for several accounts", accounts)
    _require_single("with journals in several places", states)
    kinds = tuple(sorted({target.selector.service for file in files for target in file.targets}))
    regions = [target.selector.region for file in files for target in file.targets]
    return Facts(
        plans=tuple(_path(path) for path in paths),
        folder=_printable(str(Path.cwd())),
        files=tuple(PlanText(file.name, _path(file.path), _text(file)) for file in files),
        account=accounts[0] if accounts else "",
        regions=tuple(dict.fromkeys(region for region in regions if region)),
        services=kinds,
        state=_beside(files[0].path, states[0]),
        every=Interval.parse(every),
        correct=correct,
        variables=_variables(files),
        statements=statements(permissions(files, Purpose.DRIFT, correcting=correct)),
        events=_events(kinds),
        version=version("cors-remediate"),
        command=_command(),
        install="" if install is None else checked(install),
    )


def _variables(files: Sequence[PlanFile]) -> tuple[str, ...]:
    """The environment variables that the channels and heartbeats of the plans refer to."""
    channels = [channel for file in files for channel in file.notify]
    names = [variable(text) for channel in channels for text in (channel.target, channel.secret)]
    names += [variable(file.heartbeat) for file in files]
    return tuple(dict.fromkeys(name for name in names if name))


def _require_single(difference: str, values: Sequence[str]) -> None:
    if len(values) > 1:
        raise UsageError(
            f"These are plans {difference}: {', '.join(values)}. A job takes plans of one.",
            hint="Name the plans of one at a time, and make a recipe for each.",
        )


def _beside(path: Path, state: str) -> str:
    """The place of the journal, relative to its plan file where it lies beside it."""
    if is_s3_url(state):
        return state
    folder = Path(state)
    return _printable(str(folder.relative_to(path.parent) if folder.is_relative_to(path.parent) else folder))


def _path(path: Path) -> str:
    """Relative to this folder where it lies inside, as a runner that has checked it out knows it."""
    try:
        return _printable((Path.cwd() / path).resolve().relative_to(Path.cwd().resolve()).as_posix())
    except ValueError:
        return _printable(path.as_posix())


def _printable(text: str) -> str:
    if not text.isprintable():
        raise UsageError(
            f"{text!r} has a character that no scheduler's file can hold.", hint="Rename the file or folder."
        )
    return text


def _text(file: PlanFile) -> str:
    try:
        return file.path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RemediateError(
            f"{file.path}: {error.strerror}", hint="Make the plan file readable, and run the command again."
        ) from None


def _events(kinds: Sequence[str]) -> dict[str, tuple[str, ...]]:
    events: dict[str, set[str]] = {}
    for kind in kinds:
        aws_service = service(kind)
        if aws_service.EVENTS:
            events.setdefault(aws_service.EVENT_SOURCE, set()).update(
                aws_service.EVENTS | aws_service.SHARED_EVENTS
            )
    return {source: tuple(sorted(names)) for source, names in sorted(events.items())}


def _command() -> str:
    """The `remediate` of this very environment, for a scheduler whose PATH is short."""
    beside = Path(sys.executable).with_name("remediate")
    return str(beside) if beside.exists() else shutil.which("remediate") or "remediate"
