"""`remediate drift`: one unattended pass, for a scheduler. Never asks, never lifts a guard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from remediate.cli import options

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from remediate.aws import Aws
    from remediate.core.notice import Channel
    from remediate.errors import RemediateError
    from remediate.planfile import PlanFile
    from remediate.render.terminal import Progress


def drift(
    plans: options.Plans = None,
    correct: Annotated[
        bool, typer.Option("--correct", help="Apply what no guard holds back; report the rest.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Agree to what others changed there; globs, repeatable."),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why --accept; `remediate status` lists it.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="Until when --accept holds, like 2026-12-01T18:00:00Z."),
    ] = None,
    unaccept: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Accept it no longer, so that it is reported again."),
    ] = None,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help="Say nothing and exit 0 where nothing is new, but for one reminder a day."
        ),
    ] = False,
    blame: Annotated[
        bool, typer.Option("--blame", help="Ask CloudTrail who changed it, as far as it knows.")
    ] = False,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Print a line in CloudWatch's Embedded Metric Format.")
    ] = False,
    notify: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHANNEL", help="Tell sns:ARN, eventbridge:BUS, slack:URL, teams:URL, webhook:URL too."
        ),
    ] = None,
    test_notify: Annotated[
        bool, typer.Option("--test-notify", help="Send every channel a test message, and do nothing else.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until CloudFront has deployed.")
    ] = True,
    target: options.Target = None,
    json: options.Json = False,
    common: options.CommonOptions = options.CommonOptions(),
) -> int:
    """Make one unattended pass that finds and corrects drift.

    Compares the live settings with the plan and with what the last run left; exit 2 where they drifted.
    """
    from dataclasses import replace
    from datetime import UTC, datetime
    from functools import partial

    from remediate.cli.context import DEFAULT_PLANS, connected, journal, plan_files, print_json
    from remediate.cli.streams import echo_json
    from remediate.drift.attribution import attributions
    from remediate.drift.check import PassRunner
    from remediate.drift.failure import forget
    from remediate.drift.options import DriftOptions
    from remediate.errors import PlanFileError, RemediateError
    from remediate.notify import channel_kinds, parse, send
    from remediate.notify.heartbeat import ping
    from remediate.planfile.salvage import channels_in
    from remediate.render.drift import failure_metrics, pass_lines
    from remediate.render.drift import metrics as metrics_line
    from remediate.render.terminal import Progress, show

    agreed_until = _agreed_until(accept, until)
    agreed_because = _agreed_because(accept, reason)
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    channels = [parse(text) for text in notify or ()]
    try:
        files = plan_files(plans)
    except PlanFileError as error:
        broken = channels_in(list(plans or [DEFAULT_PLANS]), channel_kinds())
        _report_failure(error, (), [*channels, *broken], common, progress, plans)
        raise
    drift_options = DriftOptions(
        correct=correct,
        wait=wait,
        concurrency=common.concurrency,
        only=target or (),
        accept=accept or (),
        places=[str(path.absolute()) for path in plans or (DEFAULT_PLANS,)],
        connection=common.as_words(),
        lasts=not common.sandbox,
        channels=channels,
        reason=agreed_because,
        until=agreed_until,
        unaccept=unaccept or (),
        once=once,
    )
    if test_notify:
        with connected(common) as aws:
            return _tested(aws, files, channels, progress, json=json)
    try:
        with (
            connected(common) as aws,
            journal(aws, common.sandbox, files) as store,
            progress.doing("Looking for drift", aws.calls),
        ):
            done = PassRunner(
                aws,
                files,
                store,
                drift_options,
                now=lambda: datetime.now(UTC),
                report=progress.report,
                send=send,
                blame=partial(attributions, aws) if blame else None,
            ).run()
            notes = []
            if not done.skipped and not target:
                notes = ping(aws, [file.heartbeat for file in files if file.heartbeat], done.heartbeat())
    except RemediateError as error:
        if not accept and not unaccept:
            named = [*channels, *(channel for file in files for channel in file.notify)]
            _report_failure(error, files, named, common, progress, plans)
        if metrics:
            echo_json(failure_metrics(", ".join(file.name for file in files), datetime.now(UTC)), err=json)
        raise
    for note in notes:
        progress.note(note, "yellow")
    if (record := _failure_record(plans)) is not None:
        forget(record)
    is_silent = once and done.is_quiet
    shown = replace(done, exit_code=0) if is_silent else done
    if json:
        print_json(shown.as_json())
    elif not is_silent:
        show(pass_lines(done, verbose=common.verbose))
    if metrics:
        echo_json(metrics_line(done), err=json)
    return shown.exit_code


def _failure_record(plans: Sequence[Path] | None) -> Path | None:
    """Return the file that keeps which failure was told; None where no folder of this user can be written."""
    from remediate.cli.context import DEFAULT_PLANS
    from remediate.drift.failure import record_of
    from remediate.journal import JournalError
    from remediate.journal.user_state import state_folder

    try:
        return record_of(state_folder(), [str(path.resolve()) for path in plans or [DEFAULT_PLANS]])
    except JournalError:
        return None


def _report_failure(
    error: RemediateError,
    files: Sequence[PlanFile],
    channels: Sequence[Channel],
    common: options.CommonOptions,
    progress: Progress,
    plans: Sequence[Path] | None,
) -> None:
    """Tell the channels that the pass failed whole, where no person sees it fail."""
    from datetime import UTC, datetime

    from remediate.cli.context import DEFAULT_PLANS, connected
    from remediate.drift.failure import report_failure
    from remediate.notify import send
    from remediate.render.terminal import is_interactive

    if is_interactive() or common.sandbox:
        return
    paths = [str(path.resolve()) for path in plans or [DEFAULT_PLANS]]
    with connected(common, resolve=False) as aws:
        notes = report_failure(
            aws,
            send,
            channels,
            error,
            plan_names=tuple(file.name for file in files) or tuple(path.rpartition("/")[2] for path in paths),
            account=next((file.account for file in files if file.account), "unknown"),
            now=datetime.now(UTC),
            record=_failure_record(plans),
        )
    for note in notes:
        progress.note(note, "yellow")


def _agreed_because(accept: Sequence[str] | None, reason: str | None) -> str:
    """Return why --accept; asks where somebody is there to ask. Raises `UsageError`."""
    from remediate.drift.holds import checked_reason
    from remediate.errors import UsageError
    from remediate.render.terminal import is_interactive

    if not accept:
        if reason is not None:
            raise UsageError("--reason is given without --accept.", hint="Add --accept ADDRESS.")
        return ""
    if reason is None and is_interactive():
        typer.echo("Why is it accepted? ", err=True, nl=False)
        reason = typer.get_text_stream("stdin").readline()
    return checked_reason(reason)


def _agreed_until(accept: Sequence[str] | None, until: str | None) -> datetime | None:
    """Return the end of --accept. Raises `UsageError`."""
    from datetime import UTC, datetime

    from remediate.errors import UsageError
    from remediate.planfile.durations import MomentError, instant

    if until is None:
        return None
    if not accept:
        raise UsageError("--until is given without --accept.", hint="Add --accept ADDRESS.")
    try:
        end = instant(until).astimezone(UTC)
    except MomentError as error:
        raise UsageError(
            f"--until: {error.rule}.", hint=f"{error.hint[0].upper()}{error.hint[1:]}."
        ) from error
    if end <= datetime.now(UTC):
        raise UsageError(f"--until: {until} is over.", hint="Name an instant to come.")
    return end


def _tested(
    aws: Aws, files: Sequence[PlanFile], channels: Sequence[Channel], progress: Progress, *, json: bool
) -> int:
    """Every channel once, and what it said."""
    from datetime import UTC, datetime

    from remediate import notify
    from remediate.cli.context import print_json
    from remediate.errors import UsageError
    from remediate.render.terminal import Line, show

    named = dict.fromkeys([*(channel for file in files for channel in file.notify), *channels])
    if not named:
        raise UsageError(
            "There is no channel to test.", hint="Name some under `notify:` in the plan file, or by --notify."
        )
    names = tuple(file.name for file in files)
    message = notify.test_message(aws.account(), names, datetime.now(UTC).isoformat(timespec="seconds"))
    reports: list[dict[str, object]] = []
    for channel in named:
        report = {"channel": notify.shown(channel), "sent": True, "error": None, "hint": None}
        try:
            notify.send(aws, channel, message)
        except notify.NotificationFailed as error:
            report |= {"sent": False, "error": error.message, "hint": error.hint or None}
            progress.note(f"failed: {error.message}", "red")
            progress.note(f"  → {error.hint}" if error.hint else "")
        else:
            if not json:
                show([Line(f"sent: {report['channel']}")])
        reports.append(report)
    if json:
        print_json({"format": "remediate.test-notify/1", "channels": reports})
    return 0 if all(report["sent"] for report in reports) else 1
