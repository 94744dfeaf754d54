"""The scheduled job as a Lambda function: `remediate.job.handler`.

Configured by its environment:

    REMEDIATE_PLANS    a folder in the package (`plans`), or `s3://bucket/prefix`: then the plan files
                       are read at every pass, and a new one needs no deployment
    REMEDIATE_STATE    where the journal is, instead of what the plan files say; `s3://bucket/prefix`
    REMEDIATE_CORRECT  `false` only reports (default `true`)
    REMEDIATE_METRICS  `false` prints no CloudWatch metrics (default `true`)
    REMEDIATE_BLAME    `true` asks CloudTrail who changed what a scheduled pass finds
    REMEDIATE_NOTIFY   channels besides those of the plan files, between commas: `sns:ARN,slack:URL`

An event of CloudTrail (by EventBridge) about a resource that a plan covers makes a pass over that
one resource, about a policy of CloudFront over the distributions; every other event, over all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from remediate.aws import Aws
from remediate.core.cloudtrail import call, wrapped
from remediate.core.drift import DriftKind, DriftPass
from remediate.core.journal_url import parse_journal_url
from remediate.core.s3_url import is_s3_url
from remediate.drift.attribution import attributions
from remediate.drift.check import PassRunner
from remediate.drift.options import DriftOptions
from remediate.errors import RemediateError, UsageError
from remediate.journal import open_store
from remediate.notify import channel_kinds, parse, send
from remediate.notify.heartbeat import ping
from remediate.planfile import PlanFile, load
from remediate.planfile.remote import fetch_plans
from remediate.refresh import published_rates
from remediate.render.drift import metrics
from remediate.services import kinds, service, target_options

IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"


class PassFailed(RemediateError):
    """Something could not be looked at or corrected: counted among the function's errors."""


def handler(
    event: Mapping[str, Any],
    _context: object = None,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dict[str, Any]:
    """One pass; the drift document. Raises `RemediateError`, so that Lambda counts it and tries again.

    An event about a call that failed, or that names no resource a plan could cover, gives
    `{"ignored": "…"}`; one about a resource that these plans do not cover, a pass that looked at nothing.
    """
    near, who, ignored = _about(event)
    if ignored:
        return {"ignored": ignored}
    aws = Aws(rates=published_rates())
    try:
        with TemporaryDirectory(prefix="remediate-") as folder:
            files = _plans(aws, Path(folder), now())
            done = PassRunner(
                aws,
                files,
                open_store(_state(files), aws),
                DriftOptions(
                    correct=_flag("REMEDIATE_CORRECT", default=True),
                    wait=False,  # CloudFront may take longer than a function may run
                    near=near,
                    who=who,
                    channels=[
                        parse(text.strip())
                        for text in os.environ.get("REMEDIATE_NOTIFY", "").split(",")
                        if text.strip()
                    ],
                ),
                now=now,
                report=lambda *_: None,
                send=send,
                blame=partial(attributions, aws) if _flag("REMEDIATE_BLAME", default=False) else None,
            ).run()
            beats = [file.heartbeat for file in files if file.heartbeat]
            if near is None and not done.skipped:
                for note in ping(aws, beats, done.heartbeat()):
                    print(note, flush=True)  # noqa: T201  # the function's log
    finally:
        aws.close()
    if _flag("REMEDIATE_METRICS", default=True):
        print(metrics(done), flush=True)  # noqa: T201  # CloudWatch reads metrics from the log
    _raise_for(done)
    return done.as_json()


def _about(event: Mapping[str, Any]) -> tuple[tuple[str, str] | None, str, str]:
    """The service and the id that the event is about, who changed it, and why there is nothing to do.

    Without an id it is about something that several resources of the service share.
    """
    record = wrapped(event) if isinstance(event, Mapping) else None
    if record is None:
        return None, "", ""
    made = call(record)
    if made.error:
        return None, "", f"{made.name} failed with {made.error}: nothing was changed"
    for kind in kinds():
        aws_service = service(kind)
        resource = aws_service.resource_id(record)
        if resource or (made.source == aws_service.EVENT_SOURCE and made.name in aws_service.SHARED_EVENTS):
            return (kind, resource), made.who, ""
    return None, "", f"{made.name} names no resource that a plan can cover"


def _plans(aws: Aws, folder: Path, now: datetime) -> tuple[PlanFile, ...]:
    place = os.environ.get("REMEDIATE_PLANS", "plans")
    if is_s3_url(place):
        fetch_plans(aws, place, folder)
        return load([folder], target_options(), channels=channel_kinds(), now=now)
    return load([Path(place)], target_options(), channels=channel_kinds(), now=now)


def _state(files: tuple[PlanFile, ...]) -> str:
    """Where the journal is. Raises `UsageError` where it would be lost with the function's disk."""
    places = {file.state for file in files}
    state = parse_journal_url(os.environ.get("REMEDIATE_STATE", ""), "REMEDIATE_STATE")
    state = state or (places.pop() if len(places) == 1 else "")
    if not state or (IN_LAMBDA in os.environ and not is_s3_url(state)):
        raise UsageError(
            f"The journal would be in {state or 'several places'}: a function's disk does not last.",
            hint="Set REMEDIATE_STATE, or `state:` in every plan file, to one s3://bucket/prefix.",
        )
    return state


def _raise_for(done: DriftPass) -> None:
    if done.skipped:
        raise PassFailed(done.skipped)
    if done.exit_code not in {0, 2}:
        problems = [
            f"{one.address}: {one.because}" for one in done.sightings if one.kind is DriftKind.UNREADABLE
        ]
        problems += [f"{one.address}: {one.because}" for one in done.left if one.because]
        raise PassFailed(
            f"The pass ended with exit code {done.exit_code}: " + "; ".join(problems or ["see the log"])
        )


def _flag(name: str, *, default: bool) -> bool:
    text = os.environ.get(name, "").strip().lower()
    if text in {"", "true", "false", "1", "0"}:
        return default if not text else text in {"true", "1"}
    raise UsageError(f"{name}={text} is neither true nor false.", hint=f"Set {name} to true or false.")
