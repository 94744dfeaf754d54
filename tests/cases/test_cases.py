"""The scenario folders: planned, compared, applied and planned again. `scenario.py` tells their files."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

from moto import mock_aws
from moto.moto_api._internal import mock_random
from rich.console import Console

from remediate.aws import Aws
from remediate.core.change_result import ApplyStatus
from remediate.engine.guard import guard
from remediate.engine.plan import PlanResult, apply_plan, exit_code, make_plan
from remediate.errors import Refused
from remediate.journal import open_store
from remediate.planfile import load
from remediate.render.plan import plan_lines
from remediate.render.terminal import show
from remediate.sandbox.patches import install
from remediate.services import target_options

from .scenario import Scenario, document_lacks, lacks, send

HERE = Path(__file__).parent
SCENARIOS = [
    pytest.param(
        one,
        id=one.folder.name,
        marks=[pytest.mark.xfail(reason=one.open, strict=True)] if one.open else [],
    )
    for one in (Scenario(path.parent) for path in sorted(HERE.glob("*/plan.yaml")))
]
NOW = datetime(2026, 7, 1, tzinfo=UTC)
REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account whose ids are the same every time."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    install()
    with mock_aws():
        mock_random.seed(20)
        yield


@pytest.fixture
def aws() -> Iterator[Aws]:
    """Somebody else's way to that account: what it sends is not counted."""
    one = Aws(region=REGION)
    yield one
    one.close()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: Scenario, aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(scenario.folder)
    created = scenario.seed(aws)
    if Path("earlier.yaml").exists():
        assert apply(plan(scenario, tmp_path, "earlier.yaml")[0], tmp_path) == 0
    expected = scenario.expected(created)
    exits = expected["exit_code"]

    planned, said = plan(scenario, tmp_path)
    if os.environ.get("RENEW_SCENARIOS"):
        scenario.text.write_text(said, encoding="utf-8")
    document = planned.plan.as_json()
    wrong = list(document_lacks(expected, document))
    assert not wrong, "\n".join(wrong)
    assert (1 if planned.plan.incomplete else 2 if planned.plan.has_changes else 0) == exits["plan"]
    assert scenario.text.read_text(encoding="utf-8") == said

    refused = sorted({finding.code for finding in planned.plan.refusals})
    assert refused == sorted(expected.get("refused", []))
    allow = expected.get("allow", [])
    if set(refused) - set(allow):
        with pytest.raises(Refused) as held:
            guard(planned.plan, allow)
        assert held.value.exit_code == exits["apply"]
        assert plan(scenario, tmp_path)[0].plan.checksum == document["checksum"]
    else:
        assert apply(planned, tmp_path) == exits["apply"]
        again = plan(scenario, tmp_path)[0].plan
        assert [change.as_json() for change in again.changes] == []
        assert again.summary["unreadable"] == document["summary"]["unreadable"]
    for asked in expected.get("aws", ()):
        wrong = list(lacks(asked["answer"], send(aws, asked), asked["call"]))
        assert not wrong, "\n".join(wrong)


def plan(scenario: Scenario, journal: Path, file: str = "plan.yaml") -> tuple[PlanResult, str]:
    """`remediate plan FILE`: the plan, and the text that is printed, in short and in full."""
    aws = Aws(region=REGION, concurrency=4)
    scenario.deny(aws)
    files = load([Path(file)], target_options(), now=NOW)
    found = make_plan(aws, files, store=open_store(str(journal), aws))
    aws.close()
    printed = io.StringIO()
    plain = Console(file=printed, force_terminal=False, highlight=False, markup=False, emoji=False)
    show(plan_lines(found.plan), console=plain)
    printed.write("\n$ remediate plan --diff --verbose\n")
    show(plan_lines(found.plan, verbose=True, diff=True), console=plain)
    # The checksum is of the whole document, which may gain members: the text is not held to it.
    return found, re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", printed.getvalue())


def apply(planned: PlanResult, journal: Path) -> int:
    """`remediate apply --yes`: everything must be written; the exit code."""
    aws = Aws(region=REGION, concurrency=4)
    outcomes = apply_plan(
        aws,
        planned,
        open_store(str(journal), aws),
        command="apply",
        wait=True,
        verify=True,
        concurrency=4,
        report=lambda _address, _word: None,
    )
    aws.close()
    wrong: list[Any] = [
        (one.change.address, one.status, one.error)
        for one in outcomes
        if one.status is not ApplyStatus.WRITTEN
    ]
    assert wrong == []
    return exit_code(planned.plan, outcomes)
