"""Saved plans: the plan document in a file, written whole or not at all, and judged when it is applied.

A saved plan says which changes a person reviewed, and nothing else. Anyone who can edit the file can
compute its seal again, so the seal shows damage and not forgery. `apply` therefore makes the plan again
from the plan files and the live settings, and goes on only where both hold the same changes. Guards,
the journal and what the plans ask for are those of the plan that was made again.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from remediate.core.document import canonical, digest, readable
from remediate.core.plan import FORMAT, Change, Plan
from remediate.errors import RemediateError, Stale, UsageError
from remediate.planfile import digest_of
from remediate.replace_file import replace_file
from remediate.services import kinds

LIMIT = 64 * 1024 * 1024
_SHOWN = frozenset({"diff", "label", "summary", "action"})
"""Members of a change that follow from the others or are for people only."""


def save(plan: Plan, path: Path) -> None:
    """Write the document beside the file and rename it, readable by the owner only."""
    document = plan.as_json() | {"tool": _tool()}
    text = readable(document | {"seal": digest(document)})
    try:
        replace_file(path, f"{text}\n".encode())
    except OSError as error:
        raise UsageError(
            f"--out {path}: {error.strerror}", hint="Name a file in a writable folder."
        ) from error


def is_saved(path: Path) -> bool:
    """True if the argument is a saved plan rather than a plan file: it ends in `.json`."""
    return path.suffix == ".json" and not path.is_dir()


def load_saved(path: Path) -> Plan:
    """Load the plan. Raises `UsageError` where the file is none, or was changed since it was saved."""
    again = "Make a new one: `remediate plan --out FILE`."
    try:
        if path.stat().st_size > LIMIT:
            raise UsageError(f"{path} is larger than {LIMIT // 2**20} MiB: no saved plan.", hint=again)
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        plan = Plan.from_json(document)
        checksum = plan.checksum
        if not plan.sources or not all(isinstance(text, str) for text in plan.sources.values()):
            raise ValueError("it names no plan files")  # noqa: TRY301
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint=again) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path} is no saved plan of this version ({FORMAT}).", hint=again) from error
    if document.get("tool") != _tool():
        raise UsageError(
            f"{path} was saved by {document.get('tool')}, this is {_tool()}.",
            hint=again,
        )
    # The checksum is of what would be done; what guards said about it must not go astray either.
    whole = document.pop("seal", None) == digest(document)
    unknown = sorted({str(change.service) for change in plan.changes} - set(kinds()))
    if unknown or not whole or document.get("checksum") != checksum:
        raise UsageError(
            f"{path} was changed since it was saved: "
            + (f"it speaks of {unknown[0]!r}." if unknown else "its checksums do not fit what it holds."),
            hint=again,
        )
    return plan


def check_sources(saved: Plan, path: Path) -> None:
    """Raise `Stale` for a plan file that was edited since the plan was saved, or is not there."""
    for source, digest_then in saved.sources.items():
        try:
            now = digest_of(Path(source).read_bytes())
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise Stale(
                f"{source}, of which {path} was made, cannot be read here: {why}. Nothing was written.",
                hint="Run it in the folder where the plan was made: the plan is made again from its plan "
                "files, and its journal lies there too.",
            ) from error
        if now != digest_then:
            raise Stale(
                f"{source} was edited since {path} was saved from it. Nothing was written.",
                hint=f"Make the plan again: {_again(saved, path)}.",
            )


def check_saved_plan(saved: Plan, now: Plan, path: Path) -> None:
    """Raise where the saved plan is not what its plan files and the live settings give now.

    `Stale` says what differs; a `RemediateError` says that a changed resource could not be read.
    """
    if saved.checksum == now.checksum:
        return
    reviewed = {change.address: change for change in saved.changes}
    current = {change.address: change for change in now.changes}
    unread = [finding for finding in now.findings if finding.address in reviewed.keys() - current.keys()]
    if now.unreadable and unread:
        raise RemediateError(
            f"{path} cannot be compared with the live settings. Nothing was written.",
            more=tuple(f"  {finding.address}: {finding.message}" for finding in unread),
            hint="Apply it again once they can be read.",
        )
    different = list(_differences(reviewed, current)) or ["the names of the plans, or the list of changes"]
    raise Stale(
        f"{path} does not hold the changes that its plan files and the live settings give now. "
        "Nothing was written. What differs:",
        more=tuple(f"  {line}" for line in different),
        hint=f"Look at the plan as it is now, and save it again: {_again(saved, path)}.",
    )


def _differences(reviewed: dict[str, Change], current: dict[str, Change]) -> Iterator[str]:
    for address in sorted(reviewed.keys() | current.keys()):
        then, now = reviewed.get(address), current.get(address)
        if now is None:
            yield f"{address}: the saved plan changes it, and now nothing is to be changed there"
        elif then is None:
            yield f"{address}: it is to be changed now, and the saved plan does not change it"
        else:
            old, new = then.as_json(), now.as_json()
            fields = [
                name for name in old if name not in _SHOWN and canonical(old[name]) != canonical(new[name])
            ]
            if fields:
                yield f"{address}: {', '.join(fields)}"


def _again(saved: Plan, path: Path) -> str:
    targets = [word for pattern in saved.only for word in ("--target", pattern)]
    return f"`{shlex.join(['remediate', 'plan', '--out', str(path), *saved.sources, *targets])}`"


def _tool() -> str:
    return f"cors-remediate {version('cors-remediate')}"
