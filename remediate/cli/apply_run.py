"""What apply and undo share: show, guard, ask, write under the journal, tell how it ended."""

from __future__ import annotations

from dataclasses import dataclass

import typer

from remediate.aws import Aws
from remediate.cli.context import print_json
from remediate.core.change_result import ChangeResult
from remediate.core.common_rules import CHANGED_SINCE
from remediate.engine.guard import guard
from remediate.engine.plan import PlanResult, apply_plan
from remediate.errors import Refused, UsageError
from remediate.journal import Store
from remediate.render.change_results import change_result_lines, change_results_json
from remediate.render.terminal import Progress, is_interactive, print_notice, show
from remediate.render.text import plan_lines


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How a run is carried out, as the options say."""

    command: str
    ask: bool
    json: bool
    wait: bool
    verify: bool
    concurrency: int
    verbose: bool
    allow: tuple[str, ...] = ()
    undoes: str = ""


def require_confirmation(manner: ApplyOptions) -> None:
    """Refuse at once where a question would hang."""
    if manner.ask and (manner.json or not is_interactive()):
        saved = ", or apply a saved plan: `remediate plan --out FILE`, then `remediate apply FILE`"
        saved = saved if manner.command == "apply" else ""
        raise UsageError(
            "stdin is not a terminal, so the plan can't be confirmed. Nothing was done.",
            hint=f"Add --yes to go on without asking{saved}.",
        )


def run_apply(
    aws: Aws, store: Store, planned: PlanResult, manner: ApplyOptions, progress: Progress
) -> tuple[ChangeResult, ...] | None:
    """The outcomes; None where the person said no. Raises `Refused` where a guard holds it back."""
    plan = planned.plan
    if not manner.json:
        show(plan_lines(plan, verbose=manner.verbose))
    try:
        lifted = guard(plan, manner.allow)
    except Refused as refused:
        refused.document = plan.as_json() | change_results_json((), aws.calls)
        raise
    for finding in lifted:
        progress.note(f"allowed by --allow {finding.code}: {finding.address}", "yellow")
    these = "this change" if len(plan.changes) == 1 else f"these {len(plan.changes)} changes"
    if plan.has_changes and manner.ask and not confirmed(f"Apply {these}?"):
        typer.echo("Nothing was written.", err=True)
        return None
    run: list[str] = []
    try:
        outcomes = apply_plan(
            aws,
            planned,
            store,
            command=manner.command,
            undoes=manner.undoes,
            wait=manner.wait,
            verify=manner.verify,
            concurrency=manner.concurrency,
            report=progress.report,
            began=run.append,
        )
    except KeyboardInterrupt:
        for begun in run:
            print_notice(
                f"Run {begun} broke off: `remediate history --state {store.where}` tells what it wrote, "
                f"`remediate undo {begun} --state {store.where}` puts it back."
            )
        raise
    if not manner.json:
        show(
            change_result_lines(
                outcomes,
                proved=manner.verify,
                again=bool(planned.policies) and not plan.incomplete and manner.command == "apply",
                unreadable=plan.unreadable,
                moved=[finding.address for finding in plan.findings if finding.code == CHANGED_SINCE.code],
                undo=bool(manner.undoes),
            )
        )
    return outcomes


def print_results(planned: PlanResult, outcomes: tuple[ChangeResult, ...], aws: Aws, **more: object) -> None:
    """The plan document with what became of it."""
    print_json(planned.plan.as_json() | change_results_json(outcomes, aws.calls) | more)


def confirmed(question: str) -> bool:
    """Ask on stderr, so that stdout stays data; only the whole word counts."""
    typer.echo(f"{question} Only 'yes' is accepted: ", err=True, nl=False)
    return typer.get_text_stream("stdin").readline().strip() == "yes"
