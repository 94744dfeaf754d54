"""Every folder under services/ keeps these laws; a new service needs no line here.

Each service brings `tests/services/<kind>/world.py`: live settings to draw, a way to seed them, and
the raw resource with and without its CORS settings.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

import remediate.services
from remediate.aws import Aws
from remediate.core.plan import Change
from remediate.core.policy import Policy, Selector
from remediate.core.snapshot import Snapshot
from remediate.engine.compare import compare
from remediate.engine.write import groups, verify_written
from remediate.errors import Stale
from remediate.planfile import Target
from remediate.sandbox.patches import install
from remediate.services import kinds, service
from tests.sizes import examples

pytestmark = pytest.mark.parametrize("kind", kinds())
a_few = settings(
    max_examples=examples(15),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
numbers = count()


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    install()


def world(kind: str) -> Any:
    return import_module(f"tests.services.{kind}.world")


def drawn(kind: str, data: st.DataObject) -> tuple[Any, Policy]:
    return data.draw(world(kind).configs(), "live"), data.draw(world(kind).policies(), "policy")


def plan(aws: Aws, kind: str, selector: Selector, policy: Policy) -> tuple[Change, ...]:
    seen = Snapshot.of(service(kind).read(aws, [selector]))
    assert not seen.unreadable
    assert seen.states
    return compare(seen, [Target(selector, policy)]).changes


def write(aws: Aws, kind: str, changes: tuple[Change, ...]) -> None:
    for group in groups(changes):
        service(kind).write(aws, group)
        for change in group:
            service(kind).settle(aws, change, wait=True, on_progress=lambda _word: None)


def seeded(aws: Aws, kind: str, live: Any) -> Selector:
    selector = world(kind).seed(aws, live, f"law{next(numbers)}")
    assert isinstance(selector, Selector)
    return selector


@a_few
@given(data=st.data())
def test_reading_after_a_write_gives_what_was_planned_and_a_second_plan_is_empty(
    kind: str, data: st.DataObject
) -> None:
    live, policy = drawn(kind, data)
    with mock_aws():
        aws = Aws(region=world(kind).REGION, concurrency=2)
        selector = seeded(aws, kind, live)
        changes = plan(aws, kind, selector, policy)
        write(aws, kind, changes)
        policies = {change.address: (policy,) for change in changes}
        assert verify_written(aws, changes, policies, sleep=lambda _seconds: None) == {}
        assert plan(aws, kind, selector, policy) == ()


@a_few
@given(data=st.data())
def test_a_write_moves_nothing_but_cors(kind: str, data: st.DataObject) -> None:
    live, policy = drawn(kind, data)
    with mock_aws():
        aws = Aws(region=world(kind).REGION, concurrency=2)
        selector = seeded(aws, kind, live)
        before = world(kind).masked(world(kind).raw(aws, selector))
        write(aws, kind, plan(aws, kind, selector, policy))
        assert world(kind).masked(world(kind).raw(aws, selector)) == before


@a_few
@given(data=st.data())
def test_a_change_of_an_old_revision_is_refused_and_nothing_is_written(
    kind: str, data: st.DataObject
) -> None:
    live, policy = drawn(kind, data)
    with mock_aws():
        aws = Aws(region=world(kind).REGION, concurrency=2)
        selector = seeded(aws, kind, live)
        changes = plan(aws, kind, selector, policy)
        if not changes:
            return
        world(kind).disturb(aws, selector)
        disturbed = world(kind).raw(aws, selector)
        with pytest.raises(Stale):
            write(aws, kind, changes)
        assert world(kind).raw(aws, selector) == disturbed


@a_few
@given(data=st.data())
def test_before_and_after_swapped_restore_the_settings(kind: str, data: st.DataObject) -> None:
    live, policy = drawn(kind, data)
    with mock_aws():
        aws = Aws(region=world(kind).REGION, concurrency=2)
        selector = seeded(aws, kind, live)
        raw = world(kind).raw(aws, selector)
        read = Snapshot.of(service(kind).read(aws, [selector]))
        write(aws, kind, plan(aws, kind, selector, policy))
        write(aws, kind, _back(aws, kind, selector, read))
        now = Snapshot.of(service(kind).read(aws, [selector]))
        assert [state.config for state in now.states] == [state.config for state in read.states]
        assert world(kind).raw(aws, selector) == raw


def _back(aws: Aws, kind: str, selector: Selector, wanted: Snapshot) -> tuple[Change, ...]:
    then = {state.address: state for state in wanted.states}
    aws_service = service(kind)
    return tuple(
        Change(
            address=state.address,
            service=kind,
            region=state.region,
            before=state.config,
            after=then[state.address].config,
            revision=state.revision,
            group=state.group,
            context=aws_service.context(state, then[state.address].config),
            selectors=(selector,),
        )
        for state in Snapshot.of(aws_service.read(aws, [selector])).states
        if state.config != then[state.address].config
    )


@a_few
@given(data=st.data())
def test_desired_settles_at_once(kind: str, data: st.DataObject) -> None:
    live, policy = drawn(kind, data)
    aws_service = service(kind)
    with mock_aws():
        aws = Aws(region=world(kind).REGION, concurrency=2)
        selector = seeded(aws, kind, live)
        for state in Snapshot.of(aws_service.read(aws, [selector])).states:
            once = aws_service.desired(state, policy)[0]
            assert aws_service.desired(once, policy)[0].config == once.config


def declared_facts(kind: str) -> frozenset[str]:
    facts = import_module(f"remediate.services.{kind}.facts")
    return frozenset(getattr(facts, facts.facts_of.__annotations__["return"]).__annotations__)


def facts_read_in(code: ast.AST) -> Iterator[str]:
    """The keys of `facts.get("key")`, which mypy lets pass, of `facts["key"]` and of `"key" in facts`."""
    for node in ast.walk(code):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(key), *_]):
                pass
            case ast.Subscript(value=value, slice=ast.Constant(key)):
                pass
            case ast.Compare(left=ast.Constant(key), ops=[ast.In() | ast.NotIn()], comparators=[value]):
                pass
            case _:
                continue
        match value:
            case ast.Call(func=ast.Name("facts_of")) | ast.Name("facts") | ast.Attribute(attr="facts"):
                yield key


def test_a_service_reads_the_facts_that_it_declares_and_each_of_them(kind: str) -> None:
    folder = Path(remediate.services.__path__[0]) / kind
    read = {key for path in folder.rglob("*.py") for key in facts_read_in(ast.parse(path.read_text("utf-8")))}
    assert read == declared_facts(kind)


@a_few
@given(data=st.data())
def test_a_state_holds_no_fact_that_the_service_does_not_declare(kind: str, data: st.DataObject) -> None:
    live, policy = drawn(kind, data)
    declared = declared_facts(kind)
    with mock_aws():
        aws = Aws(region=world(kind).REGION, concurrency=2)
        for state in Snapshot.of(service(kind).read(aws, [seeded(aws, kind, live)])).states:
            assert state.facts.keys() <= declared
            assert service(kind).desired(state, policy)[0].facts.keys() <= declared


@a_few
@given(data=st.data())
def test_settings_bear_the_name_of_a_plan_where_a_part_of_them_bears_its_mark(
    kind: str, data: st.DataObject
) -> None:
    live, policy = drawn(kind, data)
    aws_service = service(kind)
    with mock_aws():
        aws = Aws(region=world(kind).REGION, concurrency=2)
        for state in Snapshot.of(aws_service.read(aws, [seeded(aws, kind, live)])).states:
            after = aws_service.desired(state, policy)[0].config
            named = aws_service.mark_of(policy.plan) in aws_service.plan_marks(after)
            assert named == any(part.mark for part in aws_service.allowances(after, policy.plan))
            assert aws_service.MARKED or not aws_service.plan_marks(after)
