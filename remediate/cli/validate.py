"""`remediate validate`: plan files checked without AWS, credentials or network."""

from __future__ import annotations

import typer

from remediate.cli import options


def validate(plans: options.Plans = None, json: options.Json = False, quiet: options.Quiet = False) -> int:
    """Check plan files and show every problem. Needs no account and no network.

    Exit 0 where every file can be planned with, 1 where one has a problem.
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from remediate.cli.streams import echo_json
    from remediate.core.document import readable
    from remediate.errors import PlanFileError
    from remediate.notify import channel_kinds
    from remediate.planfile import load
    from remediate.planfile.files import expand
    from remediate.services import target_options

    paths = list(plans or [Path("plans")])
    checked = [str(path) for path in expand(paths)[0]]
    try:
        load(paths, target_options(), now=datetime.now(UTC), channels=channel_kinds())
    except PlanFileError as error:
        if not json:
            raise
        problems = [problem.as_json() for problem in error.problems]
        echo_json(readable({"format": "remediate.validate/1", "files": checked, "problems": problems}))
        return 1
    if json:
        echo_json(readable({"format": "remediate.validate/1", "files": checked, "problems": []}))
    elif not quiet:
        for path in checked:
            typer.echo(f"{path}: valid")
    return 0
