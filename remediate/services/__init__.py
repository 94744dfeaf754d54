"""The services, found by listing this folder: each turns AWS into values and values into AWS.

A service is a package with one subclass of `Service`, which overrides the members that it has. Services do
not know each other, and nothing outside a service's own room knows its settings.
"""

from __future__ import annotations

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, Any, ClassVar, cast

from remediate.core import common_rules, explain_rules, guard_table, plan_file_rules, standing_rules
from remediate.core.gate import OPEN
from remediate.core.permission import UNRESOLVED
from remediate.core.rules import Rule, by_code, rules_in

if TYPE_CHECKING:
    from types import ModuleType

    from remediate.aws import Aws, Rate
    from remediate.core.document import Document
    from remediate.core.finding import Finding
    from remediate.core.gate import Arrival, Gate
    from remediate.core.integration import Integration
    from remediate.core.live_access import LiveAccess
    from remediate.core.marks import Allowance
    from remediate.core.near_miss import NearMiss
    from remediate.core.permission import Permission, Purpose, Resolved
    from remediate.core.plan import Change
    from remediate.core.policy import Option, Policy, Selector
    from remediate.core.state import LocatedResource, Reading, State
    from remediate.web.http import Request, Response, Unknown

    Backend = Response | Unknown | Callable[[Request], Response | Unknown]
    """A backend stands behind a proxy: it is one answer for everything, or a function."""


class Service(ABC):
    """One kind of AWS resource with CORS settings; an instance has no state of its own.

    What every service must say is abstract. Every other member has a default that is right for a service
    without the feature: without host names, tags, marks, events or a cache. Members that call AWS say so
    and raise `AwsFailure` where AWS refuses; all the others are pure.
    """

    OPTIONS: ClassVar[Mapping[str, Option]] = {}
    """The target keys that the service understands besides `allow`, `origins`, `mode` and `region`.

    They stand in the service's `options.py`, which imports nothing but the core.
    """

    RATES: ClassVar[Mapping[str, Rate]] = {}
    """The account's published rates in calls per second, by `service:Operation` or `service:*`."""

    REGIONAL: ClassVar[bool] = True
    """Whether a name means a resource only together with its region."""

    IDENTITY: ClassVar[Mapping[str, str]] = {}
    """For diffs: the path of a list (`resources`) to the member that names an element (`path`)."""

    MARKED: ClassVar[bool] = False
    """Whether names in the settings tell which plan made a part of them: see `plan_marks`."""

    EVENT_SOURCE: ClassVar[str] = ""
    """CloudTrail's `eventSource`, like `s3.amazonaws.com`."""

    EVENTS: ClassVar[frozenset[str]] = frozenset()
    """CloudTrail's `eventName`s of the calls that may change what a plan covers; empty without events."""

    SHARED_EVENTS: ClassVar[frozenset[str]] = frozenset()
    """CloudTrail's `eventName`s of calls on what several resources share; their records name none of them."""

    @abstractmethod
    def read(self, aws: Aws, selectors: Sequence[Selector]) -> Iterator[Reading]:
        """Read every selected resource once, in as few calls as AWS allows; I/O.

        A resource that cannot be read is an `Unreadable`: nothing is raised for one resource. A selector
        that names no resource yields nothing.
        """

    def names(self, aws: Aws, region: str | None) -> Iterator[str]:
        """Yield the names of all resources there, for suggesting one: one listing; I/O.

        Raises `AwsFailure` where they may not be listed.
        """
        return iter(())

    @abstractmethod
    def desired(
        self, state: State, policy: Policy, *, distributions: tuple[str, ...] = ()
    ) -> tuple[State, tuple[Finding, ...]]:
        """Return what the resource should be, and findings on what the service cannot express.

        The state has another `config`, or the same one where AWS would treat both alike.
        `distributions` are the addresses of the plan's distributions that forward to this resource.
        """

    @abstractmethod
    def calls(self, state: State, after: Document | None) -> tuple[str, ...]:
        """Return the writes that turn `state` into `after`, in order, as `service:Operation`."""

    @abstractmethod
    def summary(self, before: Document | None, after: Document | None) -> tuple[str, ...]:
        """Return what turning the one configuration into the other does, as phrases of plain words; pure.

        Each begins with a verb in the imperative, or with the part that it is about; none where nothing
        differs.
        """

    def context(self, state: State, after: Document | None) -> Mapping[str, Any]:
        """Return what `write` and `settle` need besides before, after and revision, as JSON.

        By default they need nothing.
        """
        return {}

    @abstractmethod
    def write(self, aws: Aws, changes: Sequence[Change]) -> None:
        """Write the changes of one group, and nothing but CORS settings; I/O. It may be run again.

        Each resource is read again first. Raises `Stale` if its revision moved, and `NoChangeNeeded` if it
        is as planned already.
        """

    def not_restored(self, change: Change) -> Iterator[Finding]:
        """Return what stays otherwise than before the run once the change of an undo is written, as findings.

        By default everything is put back.
        """
        yield from ()

    def settle(  # noqa: B027 - the default does nothing
        self, aws: Aws, change: Change, *, wait: bool, on_progress: Callable[[str], None]
    ) -> None:
        """Wait until a written change is in force, and clear caches that keep wrong answers; I/O.

        `on_progress` is called with a word on the progress at every look; `wait` is false where nobody
        waits. By default a write is in force at once, or AWS does not tell when it is.
        """

    @abstractmethod
    def answer(
        self, config: Document | None, request: Request, *, backend: Backend | None = None
    ) -> Response | Unknown:
        """Return what AWS would reply; `Unknown` where the configuration does not tell.

        `config` is what `answer_config` returns; `backend` stands behind a proxy.
        """

    def answer_config(self, state: State) -> Document | None:
        """Return what `answer` takes: `config`, with those facts that decide answers too."""
        return state.config

    def near_miss(self, config: Document | None, request: Request) -> NearMiss | None:
        """Return what a request that the resource itself refuses lacks; None where it refuses nothing.

        `config` is what `answer` takes. By default nothing more is known than the answer.
        """
        return None

    def gate(self, state: State, arrival: Arrival) -> Gate:
        """Return what answers at that arrival before the CORS settings do, or may; by default nothing."""
        return OPEN

    def cache_warning(self, state: State, path: str) -> str:
        """Return why a cached answer for this path may be another caller's; empty where none is cached."""
        return ""

    def path_within(self, state: State, host: str, path: str) -> str | None:
        """Return the path as the resource knows it, where `host` and `path` lead to it; else None.

        By default every path of its host names leads to it unchanged.
        """
        return path if state.is_named(host) else None

    def find_by_host(self, aws: Aws, host: str, path: str) -> Iterator[LocatedResource]:
        """Find the resource behind a host name; I/O only where the name does not tell.

        Yields nothing where the host is none of this service's, as it is by default.
        """
        yield from ()

    @abstractmethod
    def sample_requests(self, state: State, methods: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Return paths at its hosts, each with a method, that between them show who may do what.

        `methods` are the plan's: they are tried where the resource itself does not tell methods apart.
        """

    def narrowest_options(self, state: State, request: Request) -> Mapping[str, Any] | None:
        """Return the target options that mean no more than this request; its path is a `path_within`.

        None means that no setting of CORS can serve the request, as where no such path exists. By default
        no option narrows a target down.
        """
        return {}

    def methods_at(self, state: State, path: str) -> tuple[str, ...]:
        """Return the methods, OPTIONS apart, that the settings name for a path that is a `path_within`.

        By default the settings do not tell by the path which methods callers use.
        """
        return ()

    def integration(self, aws: Aws, state: State, request: Request) -> Integration | None:
        """Return what answers the request behind the resource, None where no setting names it; I/O.

        `request` has the path that is `path_within`. Raises `AwsFailure`. By default nothing is named.
        """
        return None

    def tags(self, aws: Aws, state: State) -> Mapping[str, str]:
        """Return the resource's tags, which tell whether another tool manages it; I/O.

        It is asked for only where the resource would change. By default a resource has no tags, so that no
        other tool is known to manage it.
        """
        return {}

    def as_iac(self, after: Document | None, tool: str) -> str:
        """Return the CORS settings alone as `tool` (of `core.owner`) writes them; empty where it cannot."""
        return ""

    def live_access(self, state: State) -> Iterator[LiveAccess]:
        """Return whom each part of the live settings lets in, as far as a target of a plan could say it.

        By default the settings say nothing that a target could repeat.
        """
        yield from ()

    def allowances(self, config: Document | None, plan: str) -> Iterator[Allowance]:
        """Return every part of the settings that lets callers in; those of the plan bear its mark.

        It is of use only where `MARKED` is true.
        """
        yield from ()

    def plan_marks(self, config: Document | None) -> frozenset[str]:
        """Return the plans whose names the settings bear, each as `mark_of` spells it."""
        return frozenset()

    def mark_of(self, plan: str) -> str:
        """Return the mark of a plan of that name; a mark is its own mark."""
        return plan

    def resource_id(self, record: Mapping[str, Any]) -> str:
        """Return the id of the resource that a CloudTrail record is about, as a selector's pattern.

        Empty where the record names none of this service's; `record` is the event's `detail`.
        """
        return ""

    def affects(self, record: Mapping[str, Any], address: str) -> bool:
        """Return whether the call of that record may have changed the resource at that address."""
        return False

    def addressed(self, selector: Selector) -> bool:
        """Return whether ARNs can name what the selector means; else AWS must be asked for ids."""
        return True

    @abstractmethod
    def permissions(
        self,
        selectors: Sequence[Selector],
        purpose: Purpose,
        account: str,
        resolved: Resolved = UNRESOLVED,
    ) -> Iterable[Permission]:
        """Return the fewest IAM actions that suffice for these targets, on the narrowest ARNs.

        `account` is `*` where it is not known, a selector's region None where it is not. What is not
        `addressed` and has no ids in `resolved` means all resources of its kind.
        """


@cache
def kinds() -> tuple[str, ...]:
    """The names of all services: target keys and the first part of addresses."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def service(kind: str) -> Service:
    """The service of that name; its package is imported only now. Raises `KeyError` for another name."""
    if kind not in kinds():
        raise KeyError(kind)
    return _service_class(import_module(f"{__name__}.{kind}"))()


def _service_class(package: ModuleType) -> type[Service]:
    """The package's class of a service. Raises `TypeError` if there is none, or more than one."""
    classes = [
        value for value in vars(package).values() if isinstance(value, type) and issubclass(value, Service)
    ]
    own = [value for value in classes if value is not Service]
    if len(own) != 1:
        raise TypeError(f"{package.__name__} must define one subclass of Service; it defines {len(own)}.")
    return own[0]


@cache
def rules() -> Mapping[str, Rule]:
    """The registry: every rule by its code, the core's first, then those of each service.

    Raises `ValueError` where two rules share a code.
    """
    of_kinds = (_names_in(kind, "rules") for kind in kinds())
    shared = [guard_table, common_rules, explain_rules, plan_file_rules, standing_rules]
    names = [*map(vars, shared), *of_kinds]
    return by_code(rule for name in names for rule in rules_in(name))


@cache
def target_options() -> Mapping[str, Mapping[str, Option]]:
    """For the plan file's loader: each service's target key and the options beside it."""
    return {
        kind: cast("Mapping[str, Option]", _names_in(kind, "options").get("OPTIONS", {})) for kind in kinds()
    }


def _names_in(kind: str, ending: str) -> Mapping[str, object]:
    """The names in a service's modules with that ending (`rules`, `template_rules`), empty where it has none.

    These modules are run beside their package and not as a part of it: to import the package would import
    boto3, which a command that asks no account does without.
    """
    names: dict[str, object] = {}
    for folder in (f"{path}/{kind}" for path in __path__):
        for entry in pkgutil.iter_modules([folder]):
            if not entry.name.endswith(ending):
                continue
            spec = PathFinder.find_spec(entry.name, [folder])
            if spec is not None and spec.loader is not None:
                module = module_from_spec(spec)
                spec.loader.exec_module(module)
                names |= vars(module)
    return names
