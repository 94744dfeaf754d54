"""The services, found by listing this folder: each turns AWS into values and values into AWS.

A service is one module or package with the members of `Service` below. Services do not know each
other, and nothing outside a service's own room knows its settings.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

from remediate.core import common_rules, explain_rules, guard_table
from remediate.core.rules import Rule, by_code, rules_in

if TYPE_CHECKING:
    from remediate.aws import Aws, Rate
    from remediate.core.document import Document
    from remediate.core.finding import Finding
    from remediate.core.gate import Arrival, Gate
    from remediate.core.integration import Integration
    from remediate.core.marks import Allowance
    from remediate.core.near_miss import NearMiss
    from remediate.core.permission import Permission, Purpose, Resolved
    from remediate.core.plan import Change
    from remediate.core.policy import Option, Policy, Selector
    from remediate.core.state import LocatedResource, Reading, State
    from remediate.web.http import Request, Response, Unknown

    Backend = Response | Unknown | Callable[[Request], Response | Unknown]
    """A backend stands behind a proxy: it is one answer for everything, or a function."""


class Service(Protocol):
    """The interface that every module of this folder offers."""

    OPTIONS: Mapping[str, Option]
    """Target keys it understands besides `allow`, `origins`, `mode` and `region`."""

    RATES: Mapping[str, Rate]
    """The account's published rates, by `service:Operation` or `service:*`; may be empty."""

    REGIONAL: bool
    """Whether a name means a resource only together with its region."""

    IDENTITY: Mapping[str, str]
    """For diffs: list path (`resources`) to the member that names an element (`path`)."""

    def read(self, aws: Aws, selectors: Sequence[Selector]) -> Iterator[Reading]:
        """Every selected resource once, in as few calls as AWS allows; I/O.

        A resource that cannot be read is an `Unreadable`; it never raises for one resource, and
        a selector that names nothing yields nothing for it.
        """

    def desired(
        self, state: State, policy: Policy, *, distributions: tuple[str, ...] = ()
    ) -> tuple[State, tuple[Finding, ...]]:
        """Return what the resource should be, and what the service cannot express; pure.

        Returns `state` with another `config`, or with the same where nothing differs.
        `fronted_by`: addresses of the plan's distributions that forward to this resource.
        """

    def calls(self, state: State, after: Document | None) -> tuple[str, ...]:
        """The writes that turn `state` into `after`, in order, as `service:Operation`; pure."""

    def context(self, state: State, after: Document | None) -> Mapping[str, Any]:
        """Return what `write` must know besides before, after and revision; pure, JSON, usually `{}`."""

    def answer(
        self, config: Document | None, request: Request, *, backend: Backend | None = None
    ) -> Response | Unknown:
        """Return what AWS would reply, from configuration alone; `Unknown` where it cannot be known. Pure."""

    def path_within(self, state: State, host: str, path: str) -> str | None:
        """The path as the resource knows it, where it is reached as `host` and `path`; else None. Pure."""

    def gate(self, state: State, arrival: Arrival) -> Gate:
        """Return what answers at that arrival before the CORS settings do, or may. Pure."""

    def answer_config(self, state: State) -> Document | None:
        """Return what `answer` takes: `config`, and what of `facts` decides answers too. Pure."""

    def cache_warning(self, state: State, path: str) -> str:
        """Return why an answer that is kept here may be another caller's; empty where it cannot be. Pure."""

    def near_miss(self, config: Document | None, request: Request) -> NearMiss | None:
        """Return what a request that the resource itself refuses lacks; None where it refuses nothing. Pure.

        Takes what `answer` takes, without a backend.
        """

    def narrowest_options(self, state: State, request: Request) -> Mapping[str, Any] | None:
        """The target options that mean no more than this request, for a path that is `path_within`. Pure.

        None where no setting of CORS could serve the request: there is no such path.
        """

    def methods_at(self, state: State, path: str) -> tuple[str, ...]:
        """The methods, OPTIONS apart, that the settings name for a path that is `path_within`. Pure."""

    def find_by_host(self, aws: Aws, host: str, path: str) -> Iterator[LocatedResource]:
        """The resource behind a host name, as something to read; I/O only where the name does not tell.

        Yields nothing where the host is none of this service's. Raises `AwsFailure`.
        """

    def sample_requests(self, state: State, methods: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Paths at its hosts, each with a method, that between them show who may do what. Pure.

        `methods` are the plan's: what to try where the resource itself does not tell methods apart.
        """

    def write(self, aws: Aws, changes: Sequence[Change]) -> None:
        """Write the changes of one group; I/O. Reads again first: `Stale` if the revision moved.

        Touches CORS and nothing else. Raises `AwsFailure` where AWS refuses. May be run again.
        """

    def settle(self, aws: Aws, change: Change, *, wait: bool, on_progress: Callable[[str], None]) -> None:
        """After all writes: wait until the change is in force, clear caches that would lie; I/O.

        `tick` is called with a word on the progress at every look.
        """


class Tagged(Protocol):
    """The members that a service offers besides, if its resources carry tags that tell who manages them."""

    def tags(self, aws: Aws, state: State) -> Mapping[str, str]:
        """The resource's tags, without a call where reading had them; I/O. Raises `AwsFailure`.

        Asked for only where the resource would change.
        """

    def as_iac(self, after: Document | None, tool: str) -> str:
        """The CORS settings alone as `tool` (of `core.owner`) writes them; pure. May be empty."""


class Marked(Protocol):
    """The members that a service offers besides, if names in its settings tell which plan made them."""

    def allowances(self, config: Document | None, plan: str) -> Iterator[Allowance]:
        """Every part of the settings that lets callers in, and which of them bear the plan's mark. Pure."""

    def plan_marks(self, config: Document | None) -> frozenset[str]:
        """The plans whose names the settings bear, each as `mark_of` spells it. Pure."""

    def mark_of(self, plan: str) -> str:
        """The mark of a plan of that name; a mark is its own mark. Pure."""


class Audited(Protocol):
    """The members that a service offers besides, so that a change is noticed when it happens."""

    EVENT_SOURCE: str
    """CloudTrail's `eventSource`, like `s3.amazonaws.com`."""

    EVENTS: frozenset[str]
    """CloudTrail's `eventName`s of the calls that may change what a plan covers."""

    def resource_id(self, record: Mapping[str, Any]) -> str:
        """The id of the resource that a CloudTrail record is about, as a selector's pattern. Pure.

        Empty where the record names none of this service's; `record` is the event's `detail`.
        """

    def affects(self, record: Mapping[str, Any], address: str) -> bool:
        """Return whether the call of that record may have changed the resource at that address. Pure."""


class LeastPrivilege(Protocol):
    """The members that a service offers besides: what IAM must allow for its targets."""

    def addressed(self, selector: Selector) -> bool:
        """Return whether ARNs can name what the selector means; else AWS must be asked for ids. Pure."""

    def permissions(
        self, selectors: Sequence[Selector], purpose: Purpose, account: str, resolved: Resolved = ...
    ) -> Iterable[Permission]:
        """The fewest actions that suffice for these targets, on the narrowest ARNs. Pure.

        `account` is `*` where it is not known, a selector's region None where it is not. What is
        not `addressed` and has no ids in `known` means all resources of its kind.
        """


@cache
def kinds() -> tuple[str, ...]:
    """The names of all services: target keys and the first part of addresses."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def service(kind: str) -> Service:
    """The service of that name; its module is imported only now."""
    if kind not in kinds():
        raise KeyError(kind)
    return cast("Service", import_module(f"{__name__}.{kind}"))


def tagged(kind: str) -> Tagged | None:
    """The service's way to tell who manages a resource, None where it has none."""
    module = service(kind)
    return cast("Tagged", module) if hasattr(module, "tags") else None


def marked(kind: str) -> Marked | None:
    """The service's way to tell what bears a plan's name, None where its settings carry no names."""
    module = service(kind)
    return cast("Marked", module) if hasattr(module, "allowances") else None


def audited(kind: str) -> Audited | None:
    """The service's way to notice changes by CloudTrail, None where it has none."""
    module = service(kind)
    return cast("Audited", module) if hasattr(module, "EVENTS") else None


def shared_events(kind: str) -> frozenset[str]:
    """CloudTrail's `eventName`s of calls on what several of a service's resources share, naming none."""
    events: frozenset[str] = getattr(service(kind), "SHARED", frozenset())
    return events


def integration_behind(aws: Aws, state: State, request: Request) -> Integration | None:
    """What answers the request behind that resource; None where no setting names it; I/O.

    `request` has the path that is `path_within`. Raises `AwsFailure`.
    """
    look: Callable[[Aws, State, Request], Integration | None] | None
    look = getattr(service(state.service), "integration", None)
    return look(aws, state, request) if callable(look) else None


def least_privilege(kind: str) -> LeastPrivilege | None:
    """The service's way to tell what IAM must allow, None where it has none."""
    module = service(kind)
    return cast("LeastPrivilege", module) if hasattr(module, "permissions") else None


@cache
def rules() -> Mapping[str, Rule]:
    """The registry: every rule by its code, the core's first, then those of each service.

    Raises `ValueError` where two rules share a code.
    """
    names = [vars(guard_table), vars(common_rules), vars(explain_rules), *map(_names_of_rules, kinds())]
    return by_code(rule for name in names for rule in rules_in(name))


def _names_of_rules(kind: str) -> Mapping[str, object]:
    """The names in a service's modules of rules (`rules`, `template_rules`), empty where it has none.

    These modules are run beside their package and not as a part of it: to import the package would import
    boto3, which a command that explains codes does without.
    """
    names: dict[str, object] = {}
    for folder in (f"{path}/{kind}" for path in __path__):
        for entry in pkgutil.iter_modules([folder]):
            if not entry.name.endswith("rules"):
                continue
            spec = PathFinder.find_spec(entry.name, [folder])
            if spec is not None and spec.loader is not None:
                module = module_from_spec(spec)
                spec.loader.exec_module(module)
                names |= vars(module)
    return names
