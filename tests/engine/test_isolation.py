"""No resource stops the others: an error that nobody foresaw is the failure of the one it came up for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from remediate.aws import Aws
from remediate.cli.context import plan_files
from remediate.core.plan import Plan
from remediate.engine.plan import make_plan, probe
from remediate.sandbox import embedded
from remediate.services import kinds, service

PLANS = [Path(__file__).parents[2] / "plans"]


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with embedded():
        seen = Aws(region="eu-west-1", concurrency=4)
        yield seen
        seen.close()


def planned(aws: Aws) -> Plan:
    return make_plan(aws, plan_files(PLANS)).plan


def broken(plan: Plan) -> list[str]:
    return [finding.address for finding in plan.findings if finding.code == "defect"]


def failing_for(address: str, original: Any) -> Any:
    def call(*arguments: Any, **named: Any) -> Any:
        if any(getattr(argument, "address", None) == address for argument in arguments):
            raise IndexError("tuple index out of range")
        return original(*arguments, **named)

    return call


MEMBERS = [(kind, member) for kind in kinds() for member in ("desired", "calls", "context", "answer_config")]
# A distribution in front of a bucket or an API is asked for by what these have to offer.
MEMBERS += [(kind, "sample_requests") for kind in kinds() if kind != "cloudfront"]


@pytest.mark.parametrize(("kind", "member"), MEMBERS)
def test_planning(aws: Aws, monkeypatch: pytest.MonkeyPatch, kind: str, member: str) -> None:
    whole = planned(aws)
    address = next(change.address for change in whole.changes if change.service == kind)
    aws_service = service(kind)
    monkeypatch.setattr(aws_service, member, failing_for(address, getattr(aws_service, member)))
    plan = planned(aws)
    assert address in broken(plan)
    assert address not in {change.address for change in plan.changes}
    assert plan.incomplete
    assert plan.unreadable == len(broken(plan))
    others = {change.address for change in whole.changes} - set(broken(plan))
    assert others
    assert {change.address for change in plan.changes} == others


READERS = {
    "cloudfront": ("read", "config_of"),
    "http_api": ("read", "_closely"),
    "rest_api": ("read", "read_definition"),
    "s3": ("read", "fetch"),
}


@pytest.mark.parametrize("kind", kinds())
def test_reading(aws: Aws, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    whole = planned(aws)
    file, name = READERS[kind]
    module = import_module(f"remediate.services.{kind}.{file}")
    original = getattr(module, name)
    failed: list[str] = []

    def call(*arguments: Any, **named: Any) -> Any:
        if not failed:
            failed.append(name)
            raise KeyError("Item")
        return original(*arguments, **named)

    monkeypatch.setattr(module, name, call)
    plan = planned(aws)
    (address,) = broken(plan)
    assert address.startswith(f"{kind}/")
    assert plan.unreadable == 1
    # What stands before or behind the one that failed may be wanted otherwise, but it is looked at.
    assert sum(plan.summary.values()) == sum(whole.summary.values())


def test_a_whole_service(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service("s3"), "read", failing_all)
    plan = planned(aws)
    assert broken(plan)
    assert all(address.startswith("s3/") for address in broken(plan))
    assert {change.service for change in plan.changes} >= {"cloudfront", "http_api", "rest_api"}


def failing_all(*_: Any) -> Any:
    raise TypeError("'NoneType' object is not iterable")


def test_verifying(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = probe(aws, plan_files(PLANS), only=(), connect_to=(), concurrency=1, report=lambda *_: None)
    s3 = service("s3")
    monkeypatch.setattr(s3, "sample_requests", failing_for("s3/webapp-uploads", s3.sample_requests))
    part = probe(aws, plan_files(PLANS), only=(), connect_to=(), concurrency=1, report=lambda *_: None)
    assert [each["address"] for each in part["unread"]] == ["s3/webapp-uploads"]
    assert whole["unreadable"] == 0
    assert 0 < len(part["probes"]) < len(whole["probes"])
