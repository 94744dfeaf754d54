"""S3 buckets: one list of CORS rules per bucket, of which the first that matches decides.

The files of this folder, in the order in which they build on each other:

    rule.py             what one rule is: which requests it matches, when two rules mean the same
    facts.py            what a state holds besides the rules, by name and type
    get_cors.py         one GetBucketCors, and where it was answered
    read.py             buckets by name or glob, each in the region it lives in
    rule_for_policy.py  the one rule that a policy asks for, and what S3 cannot express of it
    desired.py          that rule put into the bucket's list, owned by its ID; all other rules stay
    marks.py            which rules bear a plan's ID, and what every rule allows
    options.py          the options of a target
    limits.py           what S3 refuses as a whole: the number of rules, the size of the document
    rules.py            the findings that only this service makes
    write.py            read again, compare, put or delete the whole list (S3 knows nothing smaller)
    hosts.py            the host names that lead to buckets, taken apart
    serving.py          where a bucket is reached, and what can be asked there
    find_by_host.py     which bucket is behind a host name
    gate.py             what S3 answers before a bucket's rules are looked at
    answer.py           what S3 replies, to a preflight and to the request itself
    near_miss.py        which rule comes nearest to a preflight that none matches, and what it lacks
    tags.py             who manages the bucket, and the rules in that tool's language
    events.py           which CloudTrail records tell that a bucket's rules changed
    permissions.py      what IAM must allow

`State.config` is `{"CORSRules": [...]}` as GetBucketCors returns it, None where nothing is configured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from remediate.core.permission import UNRESOLVED
from remediate.services import Service
from remediate.services.s3 import (
    answer,
    desired,
    events,
    find_by_host,
    gate,
    live,
    marks,
    near_miss,
    options,
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


class S3(Service):
    """Buckets. S3 has no status of a write: a read soon after it may still show the old rules.

    All keys of a bucket share one list of rules, so no option narrows a target down. The rules alone decide
    the answers, and a bucket keeps none in a cache. S3 publishes no account-wide rate for calls on a bucket's
    settings; retries with backoff suffice. For diffs, rules are told apart by their place: S3 takes the first
    that matches, and an ID is optional.
    """

    OPTIONS = options.OPTIONS

    REGIONAL = False
    """A bucket's name is unique in all regions."""

    MARKED = True
    """A rule's ID names the plan."""

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

    def write(self, aws: Aws, changes: Sequence[Change]) -> None:
        write.write(aws, changes)

    def answer(
        self, config: Document | None, request: Request, *, backend: Backend | None = None
    ) -> Response | Unknown:
        return answer.answer(config, request, backend=backend)

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

    def live_access(self, state: State) -> Iterator[LiveAccess]:
        return live.live_access(state)

    def tags(self, aws: Aws, state: State) -> Mapping[str, str]:
        return tags.tags(aws, state)

    def as_iac(self, after: Document | None, tool: str) -> str:
        return tags.as_iac(after, tool)

    def allowances(self, config: Document | None, plan: str) -> Iterator[Allowance]:
        return marks.allowances(config, plan)

    def plan_marks(self, config: Document | None) -> frozenset[str]:
        return desired.plan_marks(config)

    def mark_of(self, plan: str) -> str:
        return desired.mark_of(plan)

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
