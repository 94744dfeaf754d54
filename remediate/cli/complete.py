"""What a shell completes: targets and plan files of this folder, codes and topics. No call to AWS.

Where something can't be read, nothing is offered: a completion has nowhere to show an error.
"""

from __future__ import annotations

from pathlib import Path


def plan_files(incomplete: str) -> list[str]:
    """The plan files and folders that begin so; those of plans/ where nothing was typed yet."""
    folder = Path(incomplete).parent if incomplete else Path("plans")
    if not folder.is_dir():
        return []
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    named = [f"{entry}/" if entry.is_dir() else str(entry) for entry in entries if _may_be_plan(entry)]
    return [name for name in named if name.startswith(incomplete)]


def targets(incomplete: str) -> list[str]:
    """The targets of the plan files in plans/, as `--target` takes them."""
    from contextlib import suppress

    from remediate.cli.context import plan_files_if_any
    from remediate.errors import RemediateError

    with suppress(RemediateError):
        selectors = [target.selector for file in plan_files_if_any(None) for target in file.targets]
        names = dict.fromkeys(f"{selector.service}/{selector.pattern}" for selector in selectors)
        return [name for name in names if name.startswith(incomplete)]
    return []


def codes(incomplete: str) -> list[tuple[str, str]]:
    """The codes of all findings and guards, with what they mean."""
    from remediate.services import rules

    return [(code, rule.summary) for code, rule in sorted(rules().items()) if code.startswith(incomplete)]


def guards(incomplete: str) -> list[tuple[str, str]]:
    """The codes that `--allow` takes."""
    from remediate.core.guard_table import GUARDS

    return [(code, guard.summary) for code, guard in GUARDS.items() if code.startswith(incomplete)]


def topics(incomplete: str) -> list[tuple[str, str]]:
    """The topics of the guide, with their titles."""
    from remediate.guide import topics as titles

    return [(topic, title) for topic, title in titles().items() if topic.startswith(incomplete)]


def _may_be_plan(entry: Path) -> bool:
    return entry.is_dir() or entry.suffix in {".yaml", ".yml"}
