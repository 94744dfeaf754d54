"""Saved plans: the plan document in a file, written whole or not at all, and read back with care."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from remediate.core.document import digest, readable
from remediate.core.plan import FORMAT, Plan
from remediate.errors import UsageError
from remediate.replace_file import replace_file
from remediate.services import kinds

LIMIT = 64 * 1024 * 1024


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
    if unknown or not whole or document.get("checksum") != plan.checksum:
        raise UsageError(
            f"{path} was changed since it was saved: "
            + (f"it speaks of {unknown[0]!r}." if unknown else "its checksums do not fit what it holds."),
            hint=again,
        )
    return plan


def _tool() -> str:
    return f"cors-remediate {version('cors-remediate')}"
