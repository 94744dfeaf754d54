"""HTTP APIs: one CorsConfiguration per API, which the gateway enforces by itself.

The files of this folder, in the order in which they build on each other:

    cors.py          the configuration as a value: its six members, and what AWS makes no difference of
    routes.py        which route a request meets, and whether an authorizer stands before it
    facts.py         what a state holds besides the settings, by name and type
    deployment.py    whether a stage that is deployed by hand would publish more than CORS
    read.py          APIs by id, name or glob, from the listing that already holds their CORS
    desired_cors.py  the configuration that a policy asks for, and what the service cannot express of it
    desired.py       that configuration merged into the live one, or in its place
    rules.py         the findings that only this service makes
    write.py         read again, compare, update all six members or delete, deploy where it must be
    serving.py       where an API is reached, and what can be asked there
    find_by_host.py  which API is behind a host name
    gate.py          what the API answers before its CORS settings are looked at
    answer.py        what the gateway replies, to a preflight and to the request itself
    integration.py   which function stands behind a route
    near_miss.py     what a request lacks that the API refuses
    restore.py       what an undo cannot put back just as it was
    tags.py          who manages the API, and its settings in that tool's language
    events.py        which CloudTrail records tell that its settings changed
    permissions.py   what IAM must allow

`State.config` is `{"CorsConfiguration": {...}}`, the part of GetApi's answer that UpdateApi takes
back, without the members that are empty; None where nothing is configured. The routes are in
`State.facts["routes"]`; `answer` takes both in one document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from remediate.aws import Rate
from remediate.core.permission import UNRESOLVED
from remediate.services import Service
from remediate.services.http_api import (
    answer,
    desired,
    events,
    find_by_host,
    gate,
    integration,
    live,
    near_miss,
    permissions,
    read,
    restore,
    serving,
    summary,
    tags,
    write,
)

if TYPE_CHECKING:
    from remediate.aws import Aws
    from remediate.core.document import Document
    from remediate.core.finding import Finding
    from remediate.core.gate import Arrival, Gate
    from remediate.core.integration import Integration
    from remediate.core.live_access import LiveAccess
    from remediate.core.near_miss import NearMiss
    from remediate.core.permission import Permission, Purpose, Resolved
    from remediate.core.plan import Change
    from remediate.core.policy import Policy, Selector
    from remediate.core.state import LocatedResource, Reading, State
    from remediate.services import Backend
    from remediate.web.http import Request, Response, Unknown


class HttpApi(Service):
    """HTTP APIs. An update is in force within seconds, and AWS reports no progress.

    All stages and routes of an API share one set of CORS settings, so no option narrows a target down. HTTP
    APIs have no cache.
    """

    RATES: ClassVar[Mapping[str, Rate]] = {"apigatewayv2:*": Rate(10, 40)}
    """The account's quota for all API Gateway management calls together (developer guide, "Quotas")."""

    REGIONAL = True
    """Two APIs in different regions may have one name."""

    EVENT_SOURCE = events.EVENT_SOURCE
    EVENTS = events.EVENTS

    def read(self, aws: Aws, selectors: Sequence[Selector]) -> Iterator[Reading]:
        return read.read(aws, selectors)

    def names(self, aws: Aws, region: str | None) -> Iterator[str]:
        return read.names(aws, region)

    def desired(
        self, state: State, policy: Policy, *, distributions: tuple[str, ...] = ()
    ) -> tuple[State, tuple[Finding, ...]]:
        return desired.desired(state, policy, distributions=distributions)

    def calls(self, state: State, after: Document | None) -> tuple[str, ...]:
        return write.calls(state, after)

    def summary(self, before: Document | None, after: Document | None) -> tuple[str, ...]:
        return summary.summary(before, after)

    def context(self, state: State, after: Document | None) -> Mapping[str, Any]:
        return write.context(state, after)

    def write(self, aws: Aws, changes: Sequence[Change]) -> None:
        write.write(aws, changes)

    def not_restored(self, change: Change) -> Iterator[Finding]:
        return restore.not_restored(change)

    def answer(
        self, config: Document | None, request: Request, *, backend: Backend | None = None
    ) -> Response | Unknown:
        return answer.answer(config, request, backend=backend)

    def answer_config(self, state: State) -> Document | None:
        return serving.answer_config(state)

    def near_miss(self, config: Document | None, request: Request) -> NearMiss | None:
        return near_miss.near_miss(config, request)

    def gate(self, state: State, arrival: Arrival) -> Gate:
        return gate.gate(state, arrival)

    def path_within(self, state: State, host: str, path: str) -> str | None:
        return serving.path_within(state, host, path)

    def find_by_host(self, aws: Aws, host: str, path: str) -> Iterator[LocatedResource]:
        return find_by_host.find_by_host(aws, host, path)

    def sample_requests(self, state: State, methods: Sequence[str]) -> Iterator[tuple[str, str]]:
        return serving.sample_requests(state, methods)

    def narrowest_options(self, state: State, request: Request) -> Mapping[str, Any] | None:
        return near_miss.narrowest_options(state, request)

    def methods_at(self, state: State, path: str) -> tuple[str, ...]:
        return near_miss.methods_at(state, path)

    def integration(self, aws: Aws, state: State, request: Request) -> Integration | None:
        return integration.integration(aws, state, request)

    def live_access(self, state: State) -> Iterator[LiveAccess]:
        return live.live_access(state)

    def tags(self, aws: Aws, state: State) -> Mapping[str, str]:
        return tags.tags(aws, state)

    def as_iac(self, after: Document | None, tool: str) -> str:
        return tags.as_iac(after, tool)

    def resource_id(self, record: Mapping[str, Any]) -> str:
        return events.resource_id(record)

    def affects(self, record: Mapping[str, Any], address: str) -> bool:
        return events.affects(record, address)

    def addressed(self, selector: Selector) -> bool:
        return permissions.addressed(selector)

    def permissions(
        self,
        selectors: Sequence[Selector],
        purpose: Purpose,
        account: str,
        resolved: Resolved = UNRESOLVED,
    ) -> Iterator[Permission]:
        return permissions.permissions(selectors, purpose, account, resolved)
