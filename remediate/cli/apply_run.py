"""Runs that write, for apply, undo and release: show, guard, ask, write under the journal, report."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
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
from remediate.render.escape import terminal_line
from remediate.render.plan import plan_lines
from remediate.render.terminal import Line, Progress, is_interactive, print_notice, show


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """The options of a run that writes."""

    command: str
    ask: bool
    json: bool
    wait: bool
    verify: bool
    concurrency: int
    verbose: bool
    diff: bool = False
    allow: tuple[str, ...] = ()
    undoes: str = ""
    plans: tuple[str, ...] = ()
    """The plan files or folders that were named, for the commands that come next."""
    connection: tuple[str, ...] = ()
    """The options that reach the same account again."""
    shared: bool = True
    """Whether another command can see what this one wrote: an embedded AWS is gone with it."""


def require_confirmation(apply_options: ApplyOptions) -> None:
    """Raise `UsageError` where a question would wait for an answer forever."""
    if apply_options.ask and (apply_options.json or not is_interactive()):
        saved = ", or apply a saved plan: `remediate plan --out FILE`, then `remediate apply FILE`"
        saved = saved if apply_options.command == "apply" else ""
        raise UsageError(
            "stdin is not a terminal, so the plan can't be confirmed. Nothing was done.",
            hint=f"Add --yes to go on without asking{saved}.",
        )


def run_apply(
    aws: Aws, store: Store, planned: PlanResult, apply_options: ApplyOptions, progress: Progress
) -> tuple[ChangeResult, ...] | None:
    """The results; None where the person answered no. Raises `Refused` where a guard blocks the plan."""
    plan = planned.plan
    if not apply_options.json:
        show(plan_lines(plan, verbose=apply_options.verbose, diff=apply_options.diff))
    try:
        lifted = guard(plan, apply_options.allow)
    except Refused as refused:
        refused.document = plan.as_json() | change_results_json((), aws.calls)
        raise
    for finding in lifted:
        progress.note(f"allowed by --allow {finding.code}: {finding.address}", "yellow")
    these = "this change" if len(plan.changes) == 1 else f"these {len(plan.changes)} changes"
    if plan.has_changes and apply_options.ask and not confirmed(f"Apply {these}?"):
        typer.echo("Nothing was written.", err=True)
        return None
    run: list[str] = []
    try:
        results = apply_plan(
            aws,
            planned,
            store,
            command=apply_options.command,
            undoes=apply_options.undoes,
            wait=apply_options.wait,
            verify=apply_options.verify,
            concurrency=apply_options.concurrency,
            report=progress.report,
            began=run.append,
        )
    except KeyboardInterrupt:
        for begun in run:
            print_notice(
                f"Run {begun} was interrupted: `remediate history --state {store.where}` lists what it "
                f"wrote, `remediate undo {begun} --state {store.where}` undoes it."
            )
        raise
    if not apply_options.json:
        show(
            change_result_lines(
                results,
                proved=apply_options.verify,
                again=bool(planned.policies) and not plan.incomplete and apply_options.command == "apply",
                unreadable=plan.unreadable,
                moved=[finding.address for finding in plan.findings if finding.code == CHANGED_SINCE.code],
                undo=bool(apply_options.undoes),
            )
        )
        if apply_options.shared:
            show(_next_lines(run, store, apply_options))
    return results


def _next_lines(run: Sequence[str], store: Store, apply_options: ApplyOptions) -> Iterator[Line]:
    """The commands that take the run back and that test what it wrote."""
    for begun in run:
        undo = ("remediate", "undo", begun, "--state", store.where, *apply_options.connection)
        yield Line(f"Undo it: {shlex.join(undo)}")
        if apply_options.command == "apply":
            test = ("remediate", "verify", *apply_options.plans, *apply_options.connection)
            yield Line(f"Test it: {shlex.join(test)}")


def print_results(planned: PlanResult, results: tuple[ChangeResult, ...], aws: Aws, **more: object) -> None:
    """Print the plan document together with the results of its changes."""
    print_json(planned.plan.as_json() | change_results_json(results, aws.calls) | more)


def confirmed(question: str) -> bool:
    """Ask on stderr, so that stdout has data alone; only the whole word 'yes' confirms."""
    typer.echo(f"{terminal_line(question)} Only 'yes' is accepted: ", err=True, nl=False)
    return typer.get_text_stream("stdin").readline().strip() == "yes"
