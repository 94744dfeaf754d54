"""`remediate release`: remove the settings of a plan that has no plan file any more."""

from __future__ import annotations

from typing import Annotated

import typer

from remediate.cli import options
from remediate.cli.history import FRESH, State


def release(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The plan's name.")],
    plans: options.Plans = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Lift the refusal of that code; repeatable.")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until CloudFront has deployed.")
    ] = True,
    state: State = None,
    target: options.Target = None,
    json: options.Json = False,
    common: options.CommonOptions = options.CommonOptions(),
) -> int:
    """Take back what a plan brought whose file is gone.

    It is a run that can be undone. Looks where the journal knows that the plan
    brought something, and where the plan files here look.
    """
    from remediate.cli.apply_run import ApplyOptions, print_results, require_confirmation, run_apply
    from remediate.cli.context import connected, journal, plan_files_if_any, state_named
    from remediate.engine.guard import parse_allowed
    from remediate.engine.plan import exit_code
    from remediate.engine.release import release_plan
    from remediate.errors import UsageError
    from remediate.render.terminal import Progress

    if common.sandbox:
        raise UsageError(
            "The embedded AWS of --sandbox starts afresh, so it has no plan to release.", hint=FRESH
        )
    apply_options = ApplyOptions(
        command=f"release {name}",
        ask=not yes,
        json=json,
        wait=wait,
        verify=True,
        concurrency=common.concurrency,
        verbose=common.verbose,
        allow=tuple(allow or ()),
    )
    require_confirmation(apply_options)
    parse_allowed(apply_options.allow)
    files = plan_files_if_any(plans)
    place = state_named(state) if state or not files else None
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    with connected(common) as aws, journal(aws, False, files, state=place) as store:
        with progress.doing("Reading live settings", aws.calls):
            planned = release_plan(aws, name, files, store, only=target or ())
        results = run_apply(aws, store, planned, apply_options, progress)
        if results is None:
            return 1
        if json:
            print_results(planned, results, aws)
    return exit_code(planned.plan, results)
