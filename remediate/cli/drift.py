"""`remediate drift`: one unattended pass, for a scheduler. Never asks, never lifts a guard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from remediate.cli import options

if TYPE_CHECKING:
    from remediate.aws import Aws
    from remediate.core.notice import Channel
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
    from datetime import UTC, datetime
    from functools import partial

    from remediate.cli.context import DEFAULT_PLANS, connected, journal, plan_files, print_json
    from remediate.cli.streams import echo_json
    from remediate.drift.attribution import attributions
    from remediate.drift.check import PassRunner
    from remediate.drift.options import DriftOptions
    from remediate.errors import RemediateError
    from remediate.notify import parse, send
    from remediate.render.drift import failure_metrics, pass_lines
    from remediate.render.drift import metrics as metrics_line
    from remediate.render.terminal import Progress, show

    files = plan_files(plans)
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    channels = [parse(text) for text in notify or ()]
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
    except RemediateError:
        if metrics:
            echo_json(failure_metrics(", ".join(file.name for file in files), datetime.now(UTC)), err=json)
        raise
    if json:
        print_json(done.as_json())
    else:
        show(pass_lines(done, verbose=common.verbose))
    if metrics:
        echo_json(metrics_line(done), err=json)
    return done.exit_code


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
