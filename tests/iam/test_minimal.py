"""With IAM enforced, the printed policy suffices, and nothing can be taken out of it."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

from moto import mock_aws

from remediate.core.permission import UNRESOLVED, Purpose
from remediate.iam import document, look_up, permissions
from remediate.planfile import PlanFile
from remediate.refresh import snapshot
from remediate.sandbox.patches import install
from remediate.services import kinds

from .account import Account, plan_file
from .evaluation import Asked, allows
from .runs import COMMANDS, drift_near, drift_reported
from .worlds import REGION, WORLDS

Policy = dict[str, Any]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    install()
    with mock_aws():
        one = Account()
        yield one
        one.close()


def printed(account: Account, file: PlanFile, purpose: Purpose, *, asking: bool = True) -> Policy:
    resolved = look_up(account.aws, [file]) if asking else UNRESOLVED
    return document(permissions([file], purpose, region=REGION, resolved=resolved))


def test_every_service_has_a_world_here() -> None:
    assert list(kinds()) == sorted(WORLDS)


GATHERING = {"s3:DeleteObject ops-state/remediate/runs/*": "gathers a run, which reads the same without"}
"""What moto under IAM does not check."""


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("purpose", COMMANDS)
def test_the_policy_suffices_and_no_action_can_be_taken_out(
    account: Account, tmp_path: Path, kind: str, purpose: Purpose
) -> None:
    file = account.seed(WORLDS[kind], tmp_path)
    policy = printed(account, file, purpose)
    whole = account.run(COMMANDS[purpose], file, policy)
    assert not whole.ended.failed, str(whole)
    assert not whole.denied, str(whole)
    # moto under IAM breaks off a DeleteObject (IndexError) before it checks it and `Aws` counts it.
    counted = [one for one in whole.log.requests if one.method != "DELETE" or "/runs/" not in one.path]
    assert len(counted) == whole.sent  # none went unchecked
    rare = {**WORLDS[kind].rare, **GATHERING}
    assert superfluous(policy, [one for one, _ in whole.log.checks], rare) == []
    actions = sorted({action for statement in policy["Statement"] for action in statement["Action"]})
    enough = [
        action
        for action in actions
        if not account.run(COMMANDS[purpose], file, without(policy, action)).ended.failed
    ]
    # Records that may not be deleted once they are gathered stay, and the run reads the same.
    assert [action for action in enough if action != "s3:DeleteObject"] == []


@pytest.mark.parametrize("kind", kinds())
def test_what_is_printed_without_asking_aws_suffices_too(account: Account, tmp_path: Path, kind: str) -> None:
    file = account.seed(WORLDS[kind], tmp_path)
    tried = account.run(COMMANDS[Purpose.APPLY], file, printed(account, file, Purpose.APPLY, asking=False))
    assert not tried.ended.failed, str(tried)


@pytest.mark.parametrize("kind", kinds())
def test_a_policy_for_plans_does_not_suffice_to_apply(account: Account, tmp_path: Path, kind: str) -> None:
    file = account.seed(WORLDS[kind], tmp_path)
    tried = account.run(COMMANDS[Purpose.APPLY], file, printed(account, file, Purpose.PLAN))
    assert tried.ended.failed
    assert tried.denied


@pytest.mark.parametrize("kind", kinds())
def test_what_is_printed_for_drift_suffices_for_one_resource_too(
    account: Account, tmp_path: Path, kind: str
) -> None:
    """An event names it by its id, which is then read by itself."""
    file = account.seed(WORLDS[kind], tmp_path)
    policy = printed(account, file, Purpose.DRIFT)
    seen = snapshot(account.aws, [target.selector for target in file.targets])
    resource = next(state.names[0] for state in seen.states if state.config)
    tried = account.run(drift_near(kind, resource), file, policy)
    assert not tried.ended.failed, str(tried)
    assert not tried.denied, str(tried)


@pytest.mark.parametrize("kind", kinds())
def test_who_only_reports_drift_may_write_the_journal_alone(
    account: Account, tmp_path: Path, kind: str
) -> None:
    file = account.seed(WORLDS[kind], tmp_path)
    resolved = look_up(account.aws, [file])
    needed = permissions([file], Purpose.DRIFT, region=REGION, resolved=resolved, correcting=False)
    tried = account.run(drift_reported, file, document(needed))
    assert not tried.ended.failed, str(tried)
    assert not tried.denied, str(tried)
    written = {
        one.action for one, _ in tried.log.checks if not re.search(":(Get|List|Lookup|GET)", one.action)
    }
    assert written == {"s3:PutObject"}
    targets = document(permissions([file], Purpose.PLAN, region=REGION, resolved=resolved))
    assert account.run(drift_reported, file, targets).ended.failed


def test_notices_are_delivered_with_what_is_printed_for_their_channels_alone(
    account: Account, tmp_path: Path
) -> None:
    topic = account.aws.client("sns", REGION).create_topic(Name="ops")["TopicArn"]
    account.aws.client("events", REGION).create_event_bus(Name="ops")
    account.seed(WORLDS["s3"], tmp_path)
    told = f"notify: [{{sns: '{topic}'}}, {{eventbridge: ops}}]"
    file = plan_file(tmp_path, WORLDS["s3"].targets, told)
    policy = printed(account, file, Purpose.DRIFT)
    command = COMMANDS[Purpose.DRIFT]
    whole = account.run(command, file, policy)
    assert not whole.ended.failed, str(whole)
    sent = [one for one, _ in whole.log.checks if one.action in {"sns:Publish", "events:PutEvents"}]
    assert len(sent) == 2
    assert superfluous(policy, [one for one, _ in whole.log.checks], GATHERING) == []
    for action in ("sns:Publish", "events:PutEvents"):
        assert account.run(command, file, without(policy, action)).ended.failed


def without(policy: Policy, action: str) -> Policy:
    """The policy with that action nowhere in it."""
    left = copy.deepcopy(policy)
    for statement in left["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != action]
    left["Statement"] = [statement for statement in left["Statement"] if statement["Action"]]
    return left


def superfluous(policy: Policy, asked: list[Asked], rare: Any) -> list[str]:
    """Actions on kinds of ARNs without which all that was asked for would still be allowed."""
    pairs = {
        (place, action, general(resource))
        for place, statement in enumerate(policy["Statement"])
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    found = []
    for place, action, kind in sorted(pairs):
        left = copy.deepcopy(policy)
        statement = left["Statement"][place]
        apart = {**statement, "Action": [one for one in statement["Action"] if one != action]}
        statement["Action"] = [action]
        statement["Resource"] = [one for one in statement["Resource"] if general(one) != kind]
        left["Statement"] = [one for one in [*left["Statement"], apart] if one["Action"] and one["Resource"]]
        name = f"{action} {kind}"
        if all(allows([left], one) for one in asked) and name not in rare:
            found.append(name)
    return found


def general(resource: str) -> str:
    """An ARN's resource without the id of the API or distribution: what one needs, the other may not."""
    part = resource.split(":", 5)[-1]
    return re.sub(r"^(/apis|/restapis|distribution)/[^/]+", r"\1/ID", part)
