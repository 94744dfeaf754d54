"""An embedded account with a role, whose only policy is the one under test."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from remediate.aws import Aws
from remediate.engine.plan import apply_plan, make_plan
from remediate.journal import open_store
from remediate.notify import channel_kinds
from remediate.planfile import PlanFile, load
from remediate.services import target_options
from tests.faults.embedded import Controlled

from .enforced import Log, enforcing
from .runs import NOW, Command, Ended, ended
from .worlds import REGION, World

STATE = "s3://ops-state/remediate"
HEAD = f"""version: 1
name: webapp
account: "123456789012"
region: {REGION}
state: {STATE}
origins: [https://app.example.com, http://localhost:3000]
allow: {{methods: [GET, PUT], headers: [content-type]}}
guards: {{levels: {{removes-access: info, removes-all: info}}}}
targets: """
_TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
_KEYS = {
    "AWS_ACCESS_KEY_ID": "AccessKeyId",
    "AWS_SECRET_ACCESS_KEY": "SecretAccessKey",
    "AWS_SESSION_TOKEN": "SessionToken",
}


@dataclass
class Tried:
    """How a command under a policy ended, what was checked, and how many requests were sent."""

    ended: Ended
    log: Log
    sent: int

    @property
    def denied(self) -> list[str]:
        return [f"{one.action} on {one.resource}" for one, allowed in self.log.checks if not allowed]

    def __str__(self) -> str:
        return "\n".join([f"exit {self.ended.code}", *self.ended.said, "denied:", *self.denied])


class Account:
    """What was seeded is what every run finds, whatever the run before it wrote."""

    def __init__(self) -> None:
        self.aws = Aws(region=REGION)
        location: Any = {"LocationConstraint": REGION}
        self.aws.client("s3", REGION).create_bucket(Bucket="ops-state", CreateBucketConfiguration=location)
        self._iam = self.aws.client("iam", "us-east-1")
        trust = json.dumps({"Version": "2012-10-17", "Statement": [_TRUST]})
        role = self._iam.create_role(RoleName="job", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        sts = self.aws.client("sts", "us-east-1")
        keys = sts.assume_role(RoleArn=role, RoleSessionName="job")["Credentials"]
        with _environment({name: keys[member] for name, member in _KEYS.items()}):
            self._job = Aws(region=REGION, concurrency=4)
            self._job.account()  # from now on it has the role's keys
        self._seeded = Controlled(None)

    def close(self) -> None:
        self.aws.close()
        self._job.close()

    def seed(self, world: World, folder: Path) -> PlanFile:
        """What every run finds; the plan file that it is for."""
        world.seed(self.aws)
        before = plan_file(folder, world.before)
        planned = make_plan(self.aws, [before], store=open_store(STATE, self.aws))
        outcomes = apply_plan(
            self.aws,
            planned,
            open_store(STATE, self.aws),
            command="apply",
            wait=True,
            verify=False,
            concurrency=4,
            report=lambda _address, _word: None,
            now=lambda: NOW - timedelta(hours=1),
        )
        assert [one.error for one in outcomes if one.error] == []
        world.move(self.aws)
        self._seeded.save()
        return plan_file(folder, world.targets)

    def run(self, command: Command, file: PlanFile, policy: Mapping[str, Any]) -> Tried:
        """The command, as the role with that policy; moto refuses one that is no policy document."""
        self._iam.put_role_policy(RoleName="job", PolicyName="only", PolicyDocument=json.dumps(policy))
        self._seeded.load()
        before = self._job.calls.total()
        with enforcing() as log:
            result = ended(command, self._job, file)
        return Tried(result, log, self._job.calls.total() - before)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def plan_file(folder: Path, targets: str, more: str = "") -> PlanFile:
    path = folder / "plan.yaml"
    path.write_text(f"{HEAD}{targets}\n{more}", encoding="utf-8")
    return load([path], target_options(), now=NOW, channels=channel_kinds())[0]
