"""`remediate plan`: what differs, and what that means for a browser."""

from __future__ import annotations

import shlex
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
        bool,
        typer.Option("--detailed-exitcode", help="Exit 2 where something differs, 3 where it is refused."),
    ] = False,
    diff: options.Diff = False,
    state: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="The journal: s3://bucket/prefix or a folder; else the plan's."),
    ] = None,
    common: options.CommonOptions = options.CommonOptions(),
) -> int:
    """Show what differs from the plan. Writes nothing to AWS."""
    from remediate.cli.context import connected, journal, plan_files, print_json
    from remediate.core.journal_url import parse_journal_url
    from remediate.engine.plan import make_plan
    from remediate.engine.saved_plan import save
    from remediate.errors import UsageError
    from remediate.render.terminal import Progress, show

    if json and markdown:
        raise UsageError("--json and --markdown can't be combined.", hint="Leave one of them out.")
    files = plan_files(plans)
    place = parse_journal_url(state, "--state") if state else None
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    with (
        connected(common) as aws,
        journal(aws, common.sandbox, files, state=place) as store,
        progress.doing("Reading live settings", aws.calls),
    ):
        computed = make_plan(aws, files, only=target or (), store=store).plan
    if out is not None:
        save(computed, out)
        progress.note(f"saved: {out}; `remediate apply {out}` applies exactly this plan")
    if json:
        print_json(computed.as_json())
    elif markdown:
        from remediate.render.markdown import plan_markdown

        typer.echo(plan_markdown(computed), nl=False)
    else:
        from remediate.render.plan import plan_lines

        again = ["remediate", "apply", *map(str, [out] if out else plans or ())]
        again += [] if out else [word for address in target or () for word in ("--target", address)]
        command = shlex.join([*again, *common.as_words()])
        show(plan_lines(computed, verbose=common.verbose, diff=diff, command=command))
    if computed.incomplete:
        return 1
    if not detailed_exitcode:
        return 0
    return 3 if computed.refusals else 2 if computed.has_changes else 0
