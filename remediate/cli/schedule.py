"""`remediate schedule`: a complete recipe for an unattended job that checks the plans."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from remediate.cli import options
from remediate.schedule.places import places


def schedule(
    on: Annotated[str, typer.Option("--on", metavar="PLACE", help=f"Where it runs: {', '.join(places())}.")],
    plans: options.Plans = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the files there instead of printing them.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --out: overwrite what is there.")] = False,
    every: Annotated[str, typer.Option(metavar="INTERVAL", help="How often: 15m, 1h, 6h, 1d, …")] = "1h",
    correct: Annotated[
        bool, typer.Option("--correct/--report", help="Correct what the guards let pass, or only report.")
    ] = True,
    install: Annotated[
        str | None,
        typer.Option(
            metavar="REQUIREMENT",
            help="What pip installs there: NAME==VERSION, a git URL, a wheel. Default: this version.",
        ),
    ] = None,
    quiet: options.Quiet = False,
) -> int:
    """Print a recipe for running `remediate drift` on a schedule. Looks at no account."""
    from remediate.cli.context import DEFAULT_PLANS, plan_files
    from remediate.errors import UsageError
    from remediate.render.terminal import Progress
    from remediate.schedule.build import facts, recipe

    if force and out is None:
        raise UsageError(
            "--force needs --out: printing overwrites nothing.", hint="Add --out DIR, or leave --force out."
        )
    progress = Progress(quiet=quiet)
    recipe_facts = facts(
        plans or [DEFAULT_PLANS], plan_files(plans), every=every, correct=correct, install=install
    )
    built = recipe(on, recipe_facts)
    for note in built.notes:
        progress.note(note)
    if out is None:
        typer.echo(_together(built.files), nl=False)
        return 0
    for path in _write(built.files, out, force=force):
        progress.note(f"wrote {path}")
    return 0


def _together(files: Mapping[str, str]) -> str:
    """One file as it is; several with a line before each that says which follows."""
    if len(files) == 1:
        return next(iter(files.values()))
    return "\n".join(f"# --- file: {name} ---\n{text}" for name, text in files.items())


def _write(files: Mapping[str, str], out: Path, *, force: bool) -> list[Path]:
    """All files or, where one is there already, none."""
    from remediate.errors import RemediateError, UsageError

    paths = {out / name: text for name, text in files.items()}
    existing = [str(path) for path in paths if path.exists()]
    if existing and not force:
        raise UsageError(
            f"These files exist already: {', '.join(existing)}. Nothing was written.",
            hint="Give another --out, or --force to overwrite.",
        )
    try:
        for path, text in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            # A script says so in its first line; the rest is read, not run.
            if text.startswith("#!"):
                path.chmod(path.stat().st_mode | 0o111)
    except OSError as error:
        raise RemediateError(
            f"{error.filename}: {error.strerror}",
            hint="Give --out a folder that can be written in; a folder that does not exist is created.",
        ) from None
    return list(paths)
