"""A service overrides what it has; a default is right for a service without the feature."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from remediate.core.gate import OPEN, Arrival
from remediate.core.plan import Change
from remediate.core.policy import Selector
from remediate.core.state import State
from remediate.services import Service, _service_class, kinds, service
from remediate.web.http import Request

ABSTRACT = {"read", "desired", "calls", "write", "answer", "sample_requests", "permissions", "summary"}
HOST = "x.lambda-url.eu-west-1.on.aws"
STATE = State("new/x", "new", "eu-west-1", {"Cors": {}}, "r", ("x",), "new/x", hosts=(HOST,))
REQUEST = Request("GET", "/x")


class New(Service):
    def read(self, *_: Any) -> Iterator[Any]:
        yield STATE

    def desired(self, state: State, *_: Any, **__: Any) -> Any:
        return state, ()

    def calls(self, *_: Any) -> tuple[str, ...]:
        return ()

    def summary(self, *_: Any) -> tuple[str, ...]:
        return ()

    def write(self, *_: Any) -> None: ...

    def answer(self, *_: Any, **__: Any) -> Any:
        return None

    def sample_requests(self, *_: Any) -> Iterator[tuple[str, str]]:
        yield "/", "GET"

    def permissions(self, *_: Any) -> tuple[Any, ...]:
        return ()


NEW = New()


@pytest.mark.parametrize("member", sorted(ABSTRACT))
def test_no_service_goes_without_what_every_service_must_say(member: str) -> None:
    lacking = type("Lacking", (New,), {member: getattr(Service, member)})
    with pytest.raises(TypeError, match=member):
        lacking()


def test_only_that_is_asked_of_every_service() -> None:
    assert Service.__abstractmethods__ == ABSTRACT


def test_without_options_rates_and_events_there_are_none() -> None:
    assert (NEW.OPTIONS, NEW.RATES, NEW.IDENTITY) == ({}, {}, {})
    assert not NEW.EVENT_SOURCE
    assert not NEW.EVENTS | NEW.SHARED_EVENTS
    assert NEW.resource_id({"eventSource": "", "eventName": "UpdateApi"}) == ""
    assert NEW.affects({}, STATE.address) is False


def test_a_name_means_a_resource_only_with_its_region() -> None:
    assert NEW.REGIONAL is True


def test_a_path_of_its_own_host_is_the_resources_own() -> None:
    assert NEW.path_within(STATE, HOST, "/a?b") == "/a?b"
    assert NEW.path_within(STATE, "other.example.com", "/a") is None
    assert list(NEW.find_by_host(None, HOST, "/")) == []  # type: ignore[arg-type]


def test_the_settings_alone_decide_the_answer() -> None:
    assert NEW.answer_config(STATE) == {"Cors": {}}
    assert NEW.gate(STATE, Arrival(HOST, "/x", REQUEST)) is OPEN
    assert NEW.near_miss(NEW.answer_config(STATE), REQUEST) is None
    assert NEW.cache_warning(STATE, "/x") == ""


def test_nothing_narrows_a_target_down() -> None:
    assert NEW.narrowest_options(STATE, REQUEST) == {}
    assert NEW.methods_at(STATE, "/x") == ()


def test_a_write_needs_no_context_and_no_waiting() -> None:
    assert NEW.context(STATE, None) == {}
    change = Change("new/x", "new", "eu-west-1", None, {}, "r", "new/x")
    words: list[str] = []
    NEW.settle(None, change, wait=True, on_progress=words.append)  # type: ignore[arg-type]
    assert words == []


def test_no_tag_says_that_another_tool_manages_it() -> None:
    assert NEW.tags(None, STATE) == {}  # type: ignore[arg-type]
    assert NEW.as_iac(STATE.config, "Terraform") == ""


def test_no_part_of_the_settings_bears_a_plans_name() -> None:
    assert NEW.MARKED is False
    assert list(NEW.allowances(STATE.config, "webapp")) == []
    assert NEW.plan_marks(STATE.config) == frozenset()
    assert NEW.mark_of(NEW.mark_of("webapp")) == NEW.mark_of("webapp")


def test_an_arn_names_what_a_selector_means() -> None:
    assert NEW.addressed(Selector("new", "x"))


def test_a_package_has_one_class_of_a_service() -> None:
    package = ModuleType("remediate.services.new")
    with pytest.raises(TypeError, match=r"remediate\.services\.new must define one subclass of Service"):
        _service_class(package)
    package.Service, package.New = Service, New  # type: ignore[attr-defined]
    assert _service_class(package) is New
    package.Newer = type("Newer", (New,), {})  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="it defines 2"):
        _service_class(package)


def test_a_service_of_another_name_is_not_looked_for() -> None:
    with pytest.raises(KeyError, match="function_url"):
        service("function_url")


@pytest.mark.parametrize("kind", kinds())
def test_there_is_one_instance_of_a_service(kind: str) -> None:
    assert service(kind) is service(kind)
    assert type(service(kind)).__module__ == f"remediate.services.{kind}"
