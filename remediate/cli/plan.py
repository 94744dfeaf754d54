"""`remediate plan`: what differs, and what that means for a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remediate.cli import options


def plan(
    plans: options.Plans = None,
    target: options.Target = None,
    json: options.Json = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the plan; `apply FILE` does just that.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 where something differs.")
    ] = False,
    common: options.CommonOptions = options.CommonOptions(),
) -> int:
    """Show what differs from the plan, per resource and field. Writes nothing to AWS."""
    from remediate.cli.context import connected, journal, plan_files, print_json
    from remediate.engine.plan import make_plan
    from remediate.engine.saved_plan import save
    from remediate.errors import UsageError
    from remediate.render.terminal import Progress, show

    if json and markdown:
        raise UsageError(
            "--json and --markdown are two answers to one question.", hint="Leave one of them out."
        )
    files = plan_files(plans)
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    with (
        connected(common) as aws,
        journal(aws, common.sandbox, files) as store,
        progress.doing("Reading live settings", aws.calls),
    ):
        found = make_plan(aws, files, only=target or (), store=store).plan
    if out is not None:
        save(found, out)
        progress.note(f"saved: {out}; `remediate apply {out}` does just this")
    if json:
        print_json(found.as_json())
    elif markdown:
        from remediate.render.markdown import plan_markdown

        typer.echo(plan_markdown(found), nl=False)
    else:
        from remediate.render.text import plan_lines

        show(plan_lines(found, verbose=common.verbose))
    if found.incomplete:
        return 1
    return 2 if detailed_exitcode and (found.has_changes or found.refusals) else 0
