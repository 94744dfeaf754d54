"""CloudFront distributions: what their behaviors let through, forward, key the cache on and add.

CloudFront has no CORS setting. Whether a browser is content depends on four things per behavior:
the allowed methods (`methods`), what reaches the origin and what is in the cache key
(`forwarding`), and the headers that a response headers policy adds (`edge_headers`). A plan
chooses who answers: the origin (`at_origin`), or CloudFront itself (`at_edge`).

`State.config` holds, in the API's own shape, of a DistributionConfig what matters to that:

    DefaultCacheBehavior, CacheBehaviors  their CORS members; only `documents.WRITTEN` is written
    Origins, OriginGroups                 ids, domain names, paths; no secrets
    CustomErrorResponses
    policies                              reference -> {"CachePolicyConfig": {…}} and its like

A reference is a policy's id, except for policies of ours: these are named after what they hold
(`owned_policies`), so a behavior refers to them by name, and `policies` carries what they hold. So
a config can be planned before its policies exist, and put back after they are gone. Managed cache and
origin request policies are not carried: their documentation (`managed_policies`) says what they do.

`facts` names what a state holds besides. `read` lists, `desired` decides on a `distribution_draft`,
`api_calls` says what a write will do, `write` does it and waits, `answer` predicts replies and judges
caches. `findings` are the findings about the rest, `edited_policies` those about policies of ours that
somebody edited in place; `rules` explains the findings that only this service makes. `marks` tells which
policies bear a plan's name, `tags` who manages a distribution, `events` which CloudTrail records name one,
`permissions` what IAM must allow. `serving` and `find_by_host` tell where a distribution is reached and
which one is behind a host name, `gate` what CloudFront answers before the settings are looked at,
`near_miss` what it refuses by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from remediate.core.permission import UNRESOLVED
from remediate.services import Service
from remediate.services.cloudfront import (
    answer,
    api_calls,
    desired,
    events,
    find_by_host,
    gate,
    live,
    marks,
    near_miss,
    options,
    owned_policies,
    permissions,
    read,
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
    from remediate.core.live_access import LiveAccess
    from remediate.core.marks import Allowance
    from remediate.core.near_miss import NearMiss
    from remediate.core.permission import Permission, Purpose, Resolved
    from remediate.core.plan import Change
    from remediate.core.policy import Policy, Selector
    from remediate.core.state import LocatedResource, Reading, State
    from remediate.services import Backend
    from remediate.web.http import Request, Response, Unknown


class CloudFront(Service):
    """Distributions. CloudFront's API rates are not published; botocore's adaptive retries keep within them.

    A behavior allows sets of methods, which do not tell what callers use: `methods_at` names none.
    """

    OPTIONS = options.OPTIONS

    REGIONAL = False
    """A distribution belongs to no region."""

    IDENTITY: ClassVar[Mapping[str, str]] = {
        "CacheBehaviors.Items": "PathPattern",
        "Origins.Items": "Id",
        "CustomErrorResponses.Items": "ErrorCode",
    }

    MARKED = True
    """A policy's name names the plan."""

    EVENT_SOURCE = events.EVENT_SOURCE
    EVENTS = events.EVENTS
    SHARED_EVENTS = events.SHARED

    def read(self, aws: Aws, selectors: Sequence[Selector]) -> Iterator[Reading]:
        return read.read(aws, selectors)

    def names(self, aws: Aws, region: str | None) -> Iterator[str]:
        return read.names(aws, region)

    def desired(
        self, state: State, policy: Policy, *, distributions: tuple[str, ...] = ()
    ) -> tuple[State, tuple[Finding, ...]]:
        return desired.desired(state, policy, distributions=distributions)

    def calls(self, state: State, after: Document | None) -> tuple[str, ...]:
        return api_calls.calls(state, after)

    def summary(self, before: Document | None, after: Document | None) -> tuple[str, ...]:
        return summary.summary(before, after)

    def context(self, state: State, after: Document | None) -> Mapping[str, Any]:
        return api_calls.context(state, after)

    def write(self, aws: Aws, changes: Sequence[Change]) -> None:
        write.write(aws, changes)

    def settle(self, aws: Aws, change: Change, *, wait: bool, on_progress: Callable[[str], None]) -> None:
        write.settle(aws, change, wait=wait, on_progress=on_progress)

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

    def live_access(self, state: State) -> Iterator[LiveAccess]:
        return live.live_access(state)

    def tags(self, aws: Aws, state: State) -> Mapping[str, str]:
        return tags.tags(aws, state)

    def as_iac(self, after: Document | None, tool: str) -> str:
        return tags.as_iac(after, tool)

    def allowances(self, config: Document | None, plan: str) -> Iterator[Allowance]:
        return marks.allowances(config, plan)

    def plan_marks(self, config: Document | None) -> frozenset[str]:
        return owned_policies.plan_marks(config)

    def mark_of(self, plan: str) -> str:
        return owned_policies.mark_of(plan)

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
