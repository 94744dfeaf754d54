"""`remediate grant`, `grants` and `revoke`: origins for a time, in the plan file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remediate.cli import complete, options

if TYPE_CHECKING:
    from remediate.planfile import PlanFile

Origin = Annotated[str, typer.Argument(metavar="ORIGIN", help="Like http://localhost:3000.")]
Plan = Annotated[
    Path | None,
    typer.Argument(
        metavar="PLAN",
        help="The plan file to edit, or a folder with one; else plans/.",
        autocompletion=complete.plan_files,
    ),
]
OneTarget = Annotated[
    str | None,
    typer.Option("--target", metavar="KIND/NAME", help="For this target only, named as in the file."),
]
Apply = Annotated[bool, typer.Option("--apply", help="Then apply the plan file, as `remediate apply` does.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; with --apply.")]


def grant(
    origin: Origin,
    plan: Plan = None,
    length: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="30m, 4h, 2d, 1h30m.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Instead: like 2026-12-01T18:00:00Z.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why; for those who read the plan.")
    ] = None,
    target: OneTarget = None,
    apply: Apply = False,
    yes: Yes = False,
    json: options.Json = False,
    common: Annotated[
        options.CommonOptions, options.Without("sandbox", "concurrency", "quiet", "verbose")
    ] = options.CommonOptions(),
) -> int:
    """Allow an origin for a time, in the plan file. Granting again puts its end off."""
    from remediate.cli.context import plan_files, print_json
    from remediate.grants import edit, terms
    from remediate.render.grants import granted_lines
    from remediate.render.terminal import show

    if apply:
        _require_startable_apply(yes, json)
    now = datetime.now(UTC)
    ends = terms.until(now, length=length, moment=until)
    file = edit.the_one(plan_files([plan] if plan else None, now))
    document = edit.grant(file, origin=origin, expires=ends, reason=reason, target=target, now=now).as_json(
        now
    )
    if json:
        print_json(document)
    else:
        show(granted_lines(document, applied=apply))
    return _applied(file, common, yes=yes) if apply else 0


def revoke(
    origin: Origin,
    plan: Plan = None,
    target: OneTarget = None,
    apply: Apply = False,
    yes: Yes = False,
    json: options.Json = False,
    common: Annotated[
        options.CommonOptions, options.Without("sandbox", "concurrency", "quiet", "verbose")
    ] = options.CommonOptions(),
) -> int:
    """Take a granted origin out of the plan file."""
    from remediate.cli.context import plan_files, print_json
    from remediate.grants import edit
    from remediate.render.grants import revoked_lines
    from remediate.render.terminal import show

    if apply:
        _require_startable_apply(yes, json)
    now = datetime.now(UTC)
    file = edit.the_one(plan_files([plan] if plan else None, now))
    document = edit.revoke(file, origin=origin, target=target, now=now).as_json(now)
    if json:
        print_json(document)
    else:
        show(revoked_lines(document, applied=apply))
    return _applied(file, common, yes=yes) if apply else 0


def grants(plans: options.Plans = None, json: options.Json = False) -> int:
    """List the origins granted for a time, the expired ones too."""
    from remediate.cli.context import plan_files, print_json
    from remediate.grants.edit import grants as granted
    from remediate.render.grants import grants_lines
    from remediate.render.terminal import show

    now = datetime.now(UTC)
    document = granted(plan_files(plans, now), now)
    if json:
        print_json(document)
    else:
        show(grants_lines(document))
    return 0


def _require_startable_apply(yes: bool, json: bool) -> None:
    """Refuse the edit where the apply after it could not start."""
    from remediate.cli.apply_run import ApplyOptions, require_confirmation
    from remediate.errors import UsageError

    if json:
        raise UsageError(
            "--json prints one document, and --apply would print another.",
            hint="Leave --apply out, and run `remediate apply --json` after it.",
        )
    require_confirmation(
        ApplyOptions(
            command="apply", ask=not yes, json=False, wait=True, verify=True, concurrency=1, verbose=False
        )
    )


def _applied(file: PlanFile, common: options.CommonOptions, *, yes: bool) -> int:
    from remediate.cli.apply import apply

    typer.echo()
    return apply([file.path], yes=yes, common=common)
