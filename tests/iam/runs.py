"""The commands that a policy is for, in process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from remediate.aws import Aws
from remediate.core.guard_table import OWNER_UNKNOWN
from remediate.core.permission import Purpose
from remediate.drift.attribution import attributions
from remediate.drift.check import LEFT, PassRunner
from remediate.drift.options import DriftOptions
from remediate.engine.guard import guard
from remediate.engine.plan import PlanResult, apply_plan, exit_code, make_plan
from remediate.engine.undo import choose_run, undo_plan
from remediate.errors import RemediateError
from remediate.journal import open_store
from remediate.notify import send
from remediate.planfile import PlanFile

NOW = datetime(2026, 7, 1, tzinfo=UTC)
TROUBLE = (OWNER_UNKNOWN.code, "CloudTrail could not be asked")
"""What a run may say that by itself holds nothing back: an owner, or a culprit, could not be asked for."""


@dataclass
class Ended:
    """How a run ended: its exit code, and what it said."""

    code: int = 0
    said: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether something could not be done."""
        return self.code != 0 or any(line.startswith(TROUBLE) for line in self.said)


Command = Callable[[Aws, PlanFile], Ended]


def plan(aws: Aws, file: PlanFile) -> Ended:
    """`remediate plan`."""
    return _planned(make_plan(aws, [file], store=open_store(file.state, aws)))


def apply(aws: Aws, file: PlanFile) -> Ended:
    """`remediate apply --yes`, if its plan is whole, and then `remediate undo --yes`."""
    store = open_store(file.state, aws)
    planned = make_plan(aws, [file], store=store)
    if (ended := _planned(planned)).failed:
        return ended
    guard(planned.plan)
    if (ended := _carried(aws, file, planned, "apply")).failed:
        return ended
    back = undo_plan(aws, store, choose_run(store, None))
    return _carried(aws, file, PlanResult(back), "undo")


def _planned(planned: PlanResult) -> Ended:
    plan = planned.plan
    said = [f"{finding.code} {finding.address} {finding.message}" for finding in plan.findings]
    return Ended(1 if plan.incomplete else 0, said)


def _carried(aws: Aws, file: PlanFile, planned: PlanResult, command: str) -> Ended:
    outcomes = apply_plan(
        aws,
        planned,
        open_store(file.state, aws),
        command=command,
        wait=True,
        verify=True,
        concurrency=4,
        report=lambda _address, _word: None,
    )
    said = [f"{result.change.address} {result.status} {result.error}" for result in outcomes if result.error]
    return Ended(exit_code(planned.plan, outcomes), said)


def drift(aws: Aws, file: PlanFile) -> Ended:
    """`remediate plan`, and then a pass of `remediate drift --correct`, which tells less."""
    if (ended := _planned(make_plan(aws, [file], store=open_store(file.state, aws)))).failed:
        return ended
    return _passed(aws, file, DriftOptions(correct=True, concurrency=4))


def drift_reported(aws: Aws, file: PlanFile) -> Ended:
    """A pass of `remediate drift`, which leaves what it finds."""
    ended = _passed(aws, file, DriftOptions(correct=False, concurrency=4))
    return Ended(0 if ended.code == LEFT else ended.code or 1, ended.said)


def drift_near(kind: str, resource: str) -> Command:
    """A pass over the one resource that an event names."""
    return lambda aws, file: _passed(
        aws, file, DriftOptions(correct=True, concurrency=4, near=(kind, resource))
    )


def _passed(aws: Aws, file: PlanFile, options: DriftOptions) -> Ended:
    done = PassRunner(
        aws,
        [file],
        open_store(file.state, aws),
        options,
        now=lambda: NOW,
        report=lambda _address, _word: None,
        send=partial(send, sleep=lambda _seconds: None),
        blame=partial(attributions, aws, now=lambda: NOW),
    ).run()
    said = [f"{resource.address} {resource.status} {resource.because}" for resource in done.left] + list(
        done.notes
    )
    return Ended(max(done.exit_code, 1 if done.undelivered else 0), said)


COMMANDS: dict[Purpose, Command] = {Purpose.PLAN: plan, Purpose.APPLY: apply, Purpose.DRIFT: drift}


def ended(command: Command, aws: Aws, file: PlanFile) -> Ended:
    """How it ends, an error of ours included."""
    try:
        return command(aws, file)
    except RemediateError as error:
        return Ended(error.exit_code, [f"{error.message} {error.hint}"])
