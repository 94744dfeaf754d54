"""`remediate apply`: show it, ask, write, wait, read again, prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from remediate.cli import options

if TYPE_CHECKING:
    from remediate.core.outcome import Outcome
    from remediate.render.terminal import Progress


def apply(
    plans: options.Plans = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Lift the refusal of that code; repeatable.")
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
    target: options.Target = None,
    json: options.Json = False,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.Endpoint = None,
    sandbox: options.Sandbox = False,
    concurrency: options.Concurrency = 16,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> int:
    """Show what differs, ask, write it, read it again. PLAN may be a plan saved by `plan --out`."""
    from remediate.cli.session import connected, plan_files, print_json
    from remediate.errors import UsageError
    from remediate.render.outcome import outcome_json, outcome_lines
    from remediate.render.terminal import Progress, is_interactive, show
    from remediate.render.text import plan_lines
    from remediate.render.verification import verification_lines
    from remediate.wire import ConnectTo
    from remediate.workflow.guarding import guard
    from remediate.workflow.probing import document
    from remediate.workflow.saved import is_saved
    from remediate.workflow.stages import carry_out, exit_code, make_plan, probe_expected, take_saved

    saved = plans[0] if plans and is_saved(plans[0]) else None
    if saved is not None and (len(plans or ()) > 1 or target):
        raise UsageError("A saved plan is applied alone and whole: no other PLAN, no --target.")
    if not yes and saved is None and (json or not is_interactive()):
        raise UsageError(
            "There is nobody to ask here, so nothing was done.",
            hint="Add --yes to apply without asking, or apply a saved plan: "
            "`remediate plan --out FILE`, then `remediate apply FILE`.",
        )
    files = () if saved else plan_files(plans)
    progress = Progress(quiet=quiet, verbose=verbose)
    connection = options.Connection(profile, region, endpoint_url, sandbox, concurrency)
    with connected(connection) as aws:
        if saved is not None:
            planned = take_saved(aws, saved)
        else:
            with progress.doing("Reading live settings", aws.calls):
                planned = make_plan(aws, files, only=target or ())
        plan = planned.plan
        if not json:
            show(plan_lines(plan, verbose=verbose))
        lifted = guard(plan, allow or ())
        for finding in lifted:
            progress.note(f"allowed by --allow {finding.code}: {finding.address}", "yellow")
        if plan.has_changes and not yes and saved is None and not _confirmed(len(plan.changes)):
            progress.note("Nothing was written.")
            return 1
        outcomes = carry_out(
            aws,
            planned,
            wait=wait,
            verify=not no_verify,
            concurrency=concurrency,
            report=progress.report,
            ended=lambda outcome: _told(progress, outcome),
        )
        probed = []
        if planned.expected and not no_verify and not sandbox:
            probed = probe_expected(
                planned,
                [ConnectTo.parse(text) for text in connect_to or ()],
                concurrency=concurrency,
                report=progress.report,
            )
        proof = document(plan.name, probed)
        if json:
            print_json(plan.as_json() | outcome_json(outcomes, aws.calls) | {"probes": proof["probes"]})
        else:
            show(outcome_lines(outcomes, proved=not no_verify, again=bool(planned.policies)))
            if probed:
                show(verification_lines(proof))
    return exit_code(plan, outcomes, probed)


def _confirmed(count: int) -> bool:
    """Ask on stderr, so that stdout stays data; only the whole word counts."""
    typer.echo(f"Apply {'this change' if count == 1 else f'these {count} changes'}? ", err=True, nl=False)
    typer.echo("Only `yes` is taken for a yes: ", err=True, nl=False)
    return typer.get_text_stream("stdin").readline().strip() == "yes"


def _told(progress: Progress, outcome: Outcome) -> None:
    progress.report(outcome.change.address, str(outcome.status))
