"""`remediate history`, `undo` and `unlock`: what runs did, and back again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from remediate.cli import options

if TYPE_CHECKING:
    from remediate.journal import Store

State = Annotated[
    str | None,
    typer.Option(metavar="PLACE", help="The journal: s3://bucket/prefix or a folder; else that of plans/."),
]

FRESH = (
    "Each --sandbox run starts afresh. `remediate sandbox` serves one that several commands share: "
    "export what it prints, and leave out --sandbox."
)


def history(
    state: State = None,
    last: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the last N runs; no others are read.")
    ] = None,
    drop_older_than: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION", help="Delete runs older than that, like 90d, but none that is still needed."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before runs are deleted.")] = False,
    json: options.Json = False,
    common: Annotated[options.CommonOptions, options.Without("concurrency")] = options.CommonOptions(),
) -> int:
    """List the runs of the journal, the latest last."""
    import shlex

    from remediate.cli.context import connected, print_json, state_named
    from remediate.engine.recent import last_runs
    from remediate.journal import open_store
    from remediate.render.history import history_json, history_lines
    from remediate.render.terminal import Progress, show

    if common.sandbox:
        Progress(quiet=common.quiet).note(FRESH)
        if json:
            print_json(history_json(()))
        else:
            show(history_lines((), "an embedded AWS that starts afresh"))
        return 0
    with connected(common, resolve=False) as aws:
        store = open_store(state_named(state), aws)
        if drop_older_than is not None and not _drop(store, drop_older_than, yes=yes, json=json):
            return 1
        runs = last_runs(store, last) if last else store.read()
        if json:
            print_json(history_json(runs))
        else:
            connection = shlex.join([*(["--state", state] if state else []), *common.as_words()])
            lines = history_lines(
                runs,
                store.where,
                verbose=common.verbose,
                last_only=last is not None,
                connection=connection,
            )
            show(lines)
    return 0


def _drop(store: Store, duration: str, *, yes: bool, json: bool) -> bool:
    """Delete the old runs; False where the person said no. Raises `UsageError` where nobody can be asked."""
    from datetime import UTC, datetime

    from remediate.cli.apply_run import confirmed
    from remediate.engine.retention import drop_runs, droppable
    from remediate.errors import UsageError
    from remediate.planfile.durations import MomentError
    from remediate.planfile.durations import duration as parsed
    from remediate.render.terminal import is_interactive

    try:
        before = datetime.now(UTC) - parsed(duration)
    except MomentError as error:
        raise UsageError(f"--drop-older-than: {error.rule}.", hint=f"{error.hint}.") from error
    if not yes and (json or not is_interactive()):
        raise UsageError(
            "stdin is not a terminal, so the deletion can't be confirmed. Nothing was deleted.",
            hint="Add --yes to go on without asking.",
        )
    runs = droppable(store, before)
    these = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    if not runs:
        typer.echo("No run is older than that and needed no more.", err=True)
    elif yes or confirmed(f"Delete {these} from {store.where}? They can be listed and undone no more."):
        drop_runs(store, runs)
        typer.echo(f"Deleted {these}.", err=True)
    else:
        typer.echo("Nothing was deleted.", err=True)
        return False
    return True


def undo(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="The run; without one, the last that wrote.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until CloudFront has deployed.")
    ] = True,
    state: State = None,
    target: options.Target = None,
    json: options.Json = False,
    common: options.CommonOptions = options.CommonOptions(concurrency=16),
) -> int:
    """Put back the settings that a run found.

    A resource that was changed since the run is left alone, and named.
    """
    from remediate.cli.apply_run import ApplyOptions, print_results, require_confirmation, run_apply
    from remediate.cli.context import connected, journal, state_named
    from remediate.core.common_rules import CHANGED_SINCE
    from remediate.engine.guard import same_account
    from remediate.engine.plan import PlanResult, exit_code
    from remediate.engine.undo import choose_run, undo_plan
    from remediate.errors import UsageError
    from remediate.render.terminal import Progress

    if common.sandbox:
        raise UsageError("The embedded AWS of --sandbox starts afresh, so it has no run to undo.", hint=FRESH)
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    place = state_named(state)
    with connected(common) as aws, journal(aws, False, state=place) as store:
        done = choose_run(store, run)
        apply_options = ApplyOptions(
            command=f"undo {done.id}",
            ask=not yes,
            json=json,
            wait=wait,
            verify=True,
            concurrency=common.concurrency,
            verbose=common.verbose,
            connection=tuple(common.as_words()),
            undoes=done.id,
        )
        require_confirmation(apply_options)
        same_account(done.account, aws.account(), f"of run {done.id}")
        planned = PlanResult(undo_plan(aws, store, done, only=target or ()))
        results = run_apply(aws, store, planned, apply_options, progress)
        if results is None:
            return 1
        if json:
            print_results(planned, results, aws)
    moved = any(finding.code == CHANGED_SINCE.code for finding in planned.plan.findings)
    return max(exit_code(planned.plan, results), 4 if moved else 0)


def unlock(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    state: State = None,
    json: options.Json = False,
    common: Annotated[
        options.CommonOptions, options.Without("concurrency", "verbose")
    ] = options.CommonOptions(),
) -> int:
    """Break the lock of a run that is gone or hangs.

    The lock may be that of a drift pass, or damaged.

    Asks where the holder may still be running: it stops before its next write.
    """
    from remediate.aws import Aws
    from remediate.cli.apply_run import confirmed
    from remediate.cli.context import print_json, state_named
    from remediate.drift.options import note_name
    from remediate.errors import UsageError
    from remediate.journal import open_store
    from remediate.render.terminal import Line, Progress, is_interactive, show

    if common.sandbox:
        holder = ""
        Progress(quiet=common.quiet).note(FRESH)
    else:
        aws = Aws(
            profile=common.profile,
            region=common.region,
            endpoint_url=common.endpoint_url,
            timeout=common.timeout,
        )
        store, account = open_store(state_named(state), aws), aws.account()
        locks = (account, note_name(account))
        running = " and ".join(name for lock in locks if (name := store.alive(lock)))
        if running and not yes:
            still = f"The lock is held by {running}, which may still be running."
            if json or not is_interactive():
                raise UsageError(
                    f"{still} It was not broken.",
                    hint="Wait for it to end, or stop it: the lock opens by itself. --yes breaks it "
                    "anyway; the run then stops before its next write.",
                )
            if not confirmed(f"{still} Break it anyway?"):
                typer.echo("The lock was not broken.", err=True)
                return 1
        holders = [store.unlock(lock) for lock in locks]
        holder = " and ".join(name for name in holders if name)
    if json:
        print_json({"format": "remediate.unlock/1", "held_by": holder or None})
    else:
        show([Line(f"unlocked; it was held by {holder}" if holder else "nobody held the lock")])
    return 0
