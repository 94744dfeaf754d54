"""`remediate apply`: show it, ask, write, wait, read again, prove it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remediate.cli import complete, options


def apply(
    plans: options.Plans = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Lift the refusal of that code; repeatable.",
            autocompletion=complete.guards,
        ),
    ] = None,
    expect: Annotated[
        str | None,
        typer.Option(metavar="CHECKSUM", help="Do not ask; apply only if the plan is the one reviewed."),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until CloudFront has deployed.")
    ] = True,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Do not read the resources again afterwards.")
    ] = False,
    connect_to: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT:ADDR:PORT", help="For probing `expect`: connect there instead."),
    ] = None,
    diff: options.Diff = False,
    target: options.Target = None,
    json: options.Json = False,
    common: options.CommonOptions = options.CommonOptions(),
) -> int:
    """Show what differs, ask, write it, read it again. PLAN may be a plan saved by `plan --out`."""
    from remediate.cli.apply_run import ApplyOptions, print_results, require_confirmation, run_apply
    from remediate.cli.context import connected, journal, plan_files
    from remediate.drift.contest import end_contests
    from remediate.engine.guard import parse_allowed, same_account
    from remediate.engine.plan import exit_code, make_plan, probe_expected
    from remediate.engine.saved_plan import check_saved_plan, check_sources, is_saved, load_saved
    from remediate.errors import Stale, UsageError
    from remediate.journal import JournalError
    from remediate.reachability.probe import document
    from remediate.reachability.transport import ConnectTo
    from remediate.render.terminal import Progress, show
    from remediate.render.verification import verification_lines

    path = plans[0] if plans and is_saved(plans[0]) else None
    if path is not None and (len(plans or ()) > 1 or target):
        raise UsageError(
            "A saved plan can't be combined with another PLAN or with --target.",
            hint="Apply it alone, or run `remediate plan --target` and save that plan.",
        )
    parse_allowed(allow or ())
    saved = load_saved(path) if path else None
    named = [Path(source) for source in saved.sources] if saved else plans
    apply_options = ApplyOptions(
        command="apply",
        ask=not yes and path is None and expect is None,
        json=json,
        wait=wait,
        verify=not no_verify,
        concurrency=common.concurrency,
        verbose=common.verbose,
        diff=diff,
        plans=tuple(map(str, named or ())),
        connection=tuple(common.as_words()),
        shared=not common.sandbox,
        allow=tuple(allow or ()),
    )
    require_confirmation(apply_options)
    if saved is not None and path is not None:
        check_sources(saved, path)
    files = plan_files(named)
    redirects = [ConnectTo.parse(text) for text in connect_to or ()]
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    with connected(common) as aws, journal(aws, common.sandbox, files) as store:
        if saved is not None:
            same_account(saved.account, aws.account(), str(path))
        with progress.doing("Reading live settings", aws.calls):
            planned = make_plan(aws, files, only=saved.only if saved else target or (), store=store)
        if saved is not None and path is not None:
            check_saved_plan(saved, planned.plan, path)
        if expect is not None and planned.plan.checksum != expect:
            raise Stale(
                f"The plan computed now is {planned.plan.checksum}, not {expect}. Nothing was written.",
                hint="The plan file or the live settings changed since it was reviewed: "
                "`remediate plan` shows it as it is now.",
            )
        results = run_apply(aws, store, planned, apply_options, progress)
        if results is None:
            return 1
        is_noted = True
        if planned.policies:
            try:
                end_contests(store, planned.plan.account, planned.policies.keys())
            except JournalError as error:
                is_noted = False
                progress.note(f"{error.message} {error.hint}", "yellow")
        probed = []
        if planned.expected and apply_options.verify and not common.sandbox:
            probed = probe_expected(
                planned,
                redirects,
                concurrency=common.concurrency,
                report=progress.report,
                timeout=common.timeout,
            )
        proof = document(planned.plan.name, probed)
        if json:
            print_results(planned, results, aws, probes=proof["probes"])
        elif probed:
            show(verification_lines(proof))
    return max(exit_code(planned.plan, results, probed), 0 if is_noted else 1)
