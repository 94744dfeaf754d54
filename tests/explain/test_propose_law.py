"""A proposed plan does what it is proposed for: written to a file, applied alone, and asked again.

Over scenario folders and drawn configurations: what `explain` says afterwards is allowed, or unknown
with only what no setting can change left. REMEDIATE_TESTS=full takes all folders and more entry points.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

from moto import mock_aws
from moto.moto_api._internal import mock_random

from remediate.aws import Aws
from remediate.core.change_result import ApplyStatus
from remediate.core.state import State
from remediate.engine.plan import apply_plan, make_plan
from remediate.errors import AwsFailure
from remediate.explain.explanation import Explanation
from remediate.explain.propose import RANK
from remediate.explain.rehearse import rehearsed
from remediate.explain.walk import explain
from remediate.journal import open_store
from remediate.planfile import load
from remediate.reachability.discover import discover
from remediate.refresh import snapshot
from remediate.sandbox.patches import install
from remediate.services import kinds, service, target_options
from remediate.web.browser import BrowserRequest
from remediate.web.evaluate import Decision
from remediate.web.http import Unknown
from tests.cases.scenario import Scenario
from tests.sizes import FULL

CASES = Path(__file__).parents[1] / "cases"
SCENARIOS = [Scenario(path.parent) for path in sorted(CASES.glob("*/plan.yaml"))]
NOW = datetime(2026, 7, 1, tzinfo=UTC)
PAGE = "https://page.example.test"
REGION = "eu-west-1"
numbers = count()
ENTRY_POINTS = 2 if FULL else 1
"""Per resource: each costs an apply."""
UNATTENDED = {"canary-active"}
"""What AWS itself refuses while it lasts, whatever guard is lifted."""


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    install()


@pytest.fixture
def account() -> Iterator[None]:
    with mock_aws():
        mock_random.seed(20)
        yield


def requests_to(state: State) -> Iterator[BrowserRequest]:
    """A plain read, and a call that needs a preflight, a header and cookies."""
    if not state.entry_host or "*" in state.entry_host:
        return
    endpoints = list(service(state.service).sample_requests(state, ("GET", "PUT")))[:ENTRY_POINTS]
    for path, method in endpoints:
        url = f"https://{state.entry_host}{path.replace('{', '').replace('+}', '').replace('}', '')}"
        if FULL:
            yield BrowserRequest(PAGE, url, method)
        yield BrowserRequest(PAGE, url, method, [("x-law", "1")], credentials=True)


def explained(request: BrowserRequest) -> Explanation | None:
    """The explanation of the live settings; None where AWS denies a resource on the way."""
    aws = Aws(region=REGION, concurrency=4)
    try:
        return explain(discover(aws, request.url), request, target_options())
    except AwsFailure:
        return None
    finally:
        aws.close()


def applied(explanation: Explanation, folder: Path) -> bool:
    """Whether the plan's text, as a file loaded and applied like any other, could be; guards are lifted."""
    assert explanation.proposal is not None
    file = folder / "proposed.yaml"
    file.write_text(explanation.proposal.text, encoding="utf-8")
    aws = Aws(region=REGION, concurrency=4)
    planned = make_plan(aws, load([file], target_options(), now=NOW), store=open_store(str(folder), aws))
    assert {change.address for change in planned.plan.changes} == set(explanation.proposal.configs)
    refusals = {finding.code for finding in planned.plan.refusals}
    # Judged on what was read already, as `explain` does it, and on what `plan` reads.
    states = discover(aws, explanation.request.url).states
    said = {todo.finding.code for todo in rehearsed(aws, explanation, states).todo}
    assert refusals <= said
    if refusals & UNATTENDED:
        return False
    outcomes = apply_plan(
        aws,
        planned,
        open_store(str(folder), aws),
        command="apply",
        wait=True,
        verify=True,
        concurrency=4,
        report=lambda _address, _word: None,
    )
    aws.close()
    assert [one.error for one in outcomes if one.status is not ApplyStatus.WRITTEN] == []
    return True


def keeps_its_promise(request: BrowserRequest, folder: Path) -> None:
    before = explained(request)
    if before is None or before.proposal is None:
        return
    folder.mkdir()
    if not applied(before, folder):
        return
    after = explained(request)
    assert after is not None
    assert RANK[after.outcome] > RANK[before.outcome], (request, before.proposal.text, after.because)
    assert after.outcome is before.proposal.judgement.outcome
    assert after.proposal is None, after.proposal
    if after.outcome is Decision.UNKNOWN:
        answers = [answer for step in after.steps for answer in (step.preflight, step.actual)]
        assert any(isinstance(answer, Unknown) for answer in answers), after.because
        assert [todo.finding.code for todo in after.todo] == ["backend-must-answer"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.folder.name)
def test_a_proposed_plan_makes_the_verdict_that_it_promises(scenario: Scenario, tmp_path: Path) -> None:
    aws = Aws(region=REGION, concurrency=4)
    scenario.seed(aws)
    files = load([scenario.folder / "plan.yaml"], target_options(), now=NOW)
    states = snapshot(aws, [target.selector for file in files for target in file.targets]).states
    aws.close()
    for number, request in enumerate(request for state in states for request in requests_to(state)):
        keeps_its_promise(request, tmp_path / str(number))


@settings(
    max_examples=15 if FULL else 4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
@pytest.mark.parametrize("kind", kinds())
def test_it_does_so_over_drawn_configurations(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = import_module(f"tests.services.{kind}.world")
    live = data.draw(world.configs(), "live")
    folder = tmp_path_factory.mktemp("drawn")
    with mock_aws():
        aws = Aws(region=REGION, concurrency=4)
        states = snapshot(aws, [world.seed(aws, live, f"proposing{next(numbers)}")]).states
        aws.close()
        for number, request in enumerate(request for state in states for request in requests_to(state)):
            keeps_its_promise(request, folder / str(number))
