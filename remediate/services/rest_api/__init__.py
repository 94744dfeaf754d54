"""API Gateway REST APIs: one stage of one API is one resource, at `rest_api/ID/STAGE`.

A REST API has no CORS settings. CORS is made of OPTIONS methods, of headers on the responses of
other methods, and of the gateway's own error responses; all of it takes effect only with a
deployment, which is a snapshot of the whole API. The files of this folder:

- `options`        the options of a target
- `settings`       rates, error types, quoting
- `normal_form`    the one form in which what is edited and what is served compare
- `export`, `stage_export`  a stage's export decoded into that form: what the stage serves
- `facts`          what a state holds besides the settings, by name and type
- `read`           the calls that bring both, few of them
- `cors_access`    who may do what, as a value; how a policy meets what is there
- `velocity/ast`, `velocity/parser`, `velocity/interpreter`  parse and run the templates that CORS is
  written in; `velocity/methods` and `velocity/regex` are Java's strings, lists and patterns,
  `velocity/request` what a template reads
- `velocity/origins`, `velocity/watch`  to which origins a template answers, found out by running it
- `velocity/origin_list`  write and recognise the template that answers several origins
- `verdicts`       whether a template that is no list serves a plan, and whom it should not let in
- `routing`        which method AWS runs for a request
- `preflight`      read and write an OPTIONS method
- `responses`      headers on non-proxy methods and on gateway responses
- `pending_edits`  whose edits a deployment would publish besides ours
- `rules`, `template_rules`  the findings that only this service makes
- `findings`       their sentences
- `desired`        all of these put together
- `api_calls`, `write`  the calls as a pure list, and the sending of them
- `repeated`       calls that were sent twice because the first answer was lost on the way
- `serving`, `find_by_host`  where a stage is reached, and which stage is behind a host name
- `gate`, `resource_policy`  what the API answers before its methods are looked at
- `answer`         what AWS would reply
- `integration`    which function stands behind a method
- `near_miss`      what a request lacks that the API refuses
- `tags`           who manages the API, and its settings in that tool's language
- `events`         which CloudTrail records tell that a stage serves something else
- `permissions`    what IAM must allow
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from remediate.core.permission import UNRESOLVED
from remediate.services import Service
from remediate.services.rest_api import (
    answer,
    desired,
    events,
    find_by_host,
    gate,
    integration,
    live,
    near_miss,
    options,
    permissions,
    read,
    serving,
    settings,
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


class RestApi(Service):
    """Stages of REST APIs. A stage serves a new deployment within seconds."""

    OPTIONS = options.OPTIONS
    RATES = settings.RATES
    REGIONAL = settings.REGIONAL
    IDENTITY = settings.IDENTITY
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

    def cache_warning(self, state: State, path: str) -> str:
        return serving.cache_warning(state, path)

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
