"""Distributions and the policies they refer to, as states; I/O. No call per distribution or policy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from remediate.aws import DENIED, Aws, ClientError, error_code
from remediate.core.common_rules import ACCESS_DENIED
from remediate.core.document import Document, digest
from remediate.core.policy import Selector
from remediate.core.state import Reading, State, Unreadable, read_isolated
from remediate.errors import AwsFailure
from remediate.services.cloudfront.documents import (
    CACHE,
    ORIGIN_REQUEST,
    POLICY_TYPES,
    REGION,
    RESPONSE_HEADERS,
    PolicyType,
    behavior_view,
    behaviors,
    groups_view,
    items,
    listed,
    normal,
    origin_protocols,
    origins_view,
    signed_behaviors,
)
from remediate.services.cloudfront.facts import CloudFrontFacts
from remediate.services.cloudfront.managed_policies import is_settled
from remediate.services.cloudfront.owned_policies import carried, is_ours, looks_ours

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

ID = re.compile(r"E[A-Z0-9]{5,}")
FEW = 5
"""Up to so many distributions named by id are fetched one by one; more are found in the listing."""


@dataclass
class PolicyIndex:
    """The account's policies of the kinds that were listed."""

    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Reference to `{"CachePolicyConfig": {…}}`; ours by name, others by id."""
    refs: dict[str, str] = field(default_factory=dict)
    """Id to reference."""
    ids: dict[str, str] = field(default_factory=dict)
    """Reference to id."""
    custom: dict[str, int] = field(default_factory=dict)
    """How many custom policies there are of each kind."""
    edited: list[str] = field(default_factory=list)
    """Names of our form whose content is no longer what they were made with."""
    failures: dict[str, AwsFailure] = field(default_factory=dict)
    """Kinds whose listing failed."""

    def put(self, kind: PolicyType, kind_of: str, policy_id: str, content: dict[str, Any]) -> None:
        """Take one policy in."""
        ref = policy_id
        if kind_of == "custom":
            self.custom[kind.name] = self.custom.get(kind.name, 0) + 1
            name = str(content.get("Name", ""))
            if is_ours(kind, content) and name not in self.policies:
                ref, content = name, normal(content)
            elif looks_ours(kind, name):
                self.edited.append(name)
        self.refs[policy_id] = ref
        self.ids[ref] = policy_id
        if not is_settled(kind.name, ref):
            self.policies[ref] = {kind.body: content}


def policy_index(aws: Aws, kinds: Iterable[PolicyType]) -> PolicyIndex:
    """List the policies of some kinds, managed ones too: one call each, as long as a page suffices."""
    listed_kinds = list(kinds)
    policies = PolicyIndex()
    for kind, result in zip(
        listed_kinds, aws.map_concurrently(lambda kind: _listing(aws, kind), listed_kinds), strict=True
    ):
        if isinstance(result, AwsFailure):
            policies.failures[kind.name] = result
            continue
        policies.custom.setdefault(kind.name, 0)
        for kind_of, policy_id, content in result:
            policies.put(kind, kind_of, policy_id, content)
    return policies


def _listing(aws: Aws, kind: PolicyType) -> list[tuple[str, str, dict[str, Any]]] | AwsFailure:
    client: CloudFrontClient = aws.client("cloudfront", REGION)
    operations = {
        CACHE.name: client.list_cache_policies,
        ORIGIN_REQUEST.name: client.list_origin_request_policies,
        RESPONSE_HEADERS.name: client.list_response_headers_policies,
    }
    operation: Any = operations[kind.name]
    listing = []
    marker: dict[str, str] = {}
    try:
        with aws.translated_errors(f"cloudfront:List{kind.plural}"):
            while True:
                page = operation(**marker).get(f"{kind.name}List") or {}
                for item in items(page):
                    policy = item[kind.name]
                    listing.append((str(item.get("Type")), str(policy["Id"]), policy[kind.body]))
                if not page.get("NextMarker"):
                    return listing
                marker = {"Marker": page["NextMarker"]}
    except AwsFailure as problem:
        return problem


def read(aws: Aws, selectors: Sequence[Selector]) -> Iterator[Reading]:
    """Every selected distribution once, with the policies its behaviors refer to.

    One call per hundred distributions and one per kind of policy in use; distributions that are
    all named by id are fetched by id. What cannot be read is `Unreadable`.
    """
    patterns = sorted({selector.pattern for selector in selectors})
    try:
        if len(patterns) <= FEW and all(ID.fullmatch(pattern) for pattern in patterns):
            documents = [
                document
                for document in aws.map_concurrently(lambda name: fetch(aws, name), patterns)
                if document is not None
            ]
        else:
            documents = list(distributions(aws))
    except AwsFailure as problem:
        for pattern in patterns:
            chosen = tuple(selector for selector in selectors if selector.pattern == pattern)
            yield _unreadable(f"cloudfront/{pattern}", problem, chosen)
        return
    picked = []
    used: dict[str, PolicyType] = {}
    for distribution in documents:
        address = f"cloudfront/{distribution.get('Id')}"
        choice = read_isolated(
            partial(_chosen, distribution, selectors), address, "cloudfront", tuple(selectors)
        )
        if isinstance(choice, Unreadable):
            yield choice
        elif choice.selectors:
            picked.append((distribution, choice.selectors))
            used |= {kind.name: kind for kind in choice.kinds}
    policies = policy_index(aws, (kind for kind in POLICY_TYPES if kind.name in used))
    for distribution, chosen in picked:
        yield read_isolated(
            partial(_reading, distribution, policies, chosen),
            f"cloudfront/{distribution['Id']}",
            "cloudfront",
            chosen,
        )


@dataclass(frozen=True, slots=True)
class _Choice:
    """The selectors that mean a distribution, and the kinds of policies to list for it."""

    selectors: tuple[Selector, ...]
    kinds: Sequence[PolicyType] = ()


def _chosen(distribution: Document, selectors: Sequence[Selector]) -> _Choice:
    names = names_of(distribution)
    chosen = tuple(selector for selector in selectors if selector.matches(*names))
    return _Choice(chosen, kinds_in([distribution], selectors) if chosen else ())


def _reading(distribution: Document, policies: PolicyIndex, chosen: tuple[Selector, ...]) -> Reading:
    hidden = _lacking(distribution, policies)
    if hidden is not None:
        return _unreadable(f"cloudfront/{distribution['Id']}", hidden, chosen)
    return state_of(distribution, policies, chosen)


def _unreadable(address: str, problem: AwsFailure, chosen: tuple[Selector, ...]) -> Unreadable:
    code = ACCESS_DENIED.code if problem.code in DENIED else problem.code
    return Unreadable(address, "cloudfront", code, problem.message, problem.hint, chosen)


def distributions(aws: Aws) -> Iterator[dict[str, Any]]:
    """Every distribution of the account, as listed: one call per hundred."""
    client: CloudFrontClient = aws.client("cloudfront", REGION)
    with aws.translated_errors("cloudfront:ListDistributions"):
        for page in client.get_paginator("list_distributions").paginate():
            yield from items(page.get("DistributionList"))


def names(aws: Aws, _region: str | None) -> Iterator[str]:
    """The ids, domain names and aliases of the account's distributions."""
    for distribution in distributions(aws):
        yield from names_of(distribution)


def fetch(aws: Aws, distribution_id: str) -> dict[str, Any] | None:
    """One distribution in the shape of the listing, with its whole `DistributionConfig` beside it."""
    client: CloudFrontClient = aws.client("cloudfront", REGION)
    with aws.translated_errors(f"cloudfront:GetDistribution of {distribution_id}"):
        try:
            got: Any = client.get_distribution(Id=distribution_id)
        except ClientError as error:
            if error_code(error) == "NoSuchDistribution":
                return None
            raise
    distribution = got["Distribution"]
    return {
        **distribution["DistributionConfig"],
        "Id": distribution["Id"],
        "DomainName": distribution["DomainName"],
        "ARN": distribution.get("ARN"),
        "Status": distribution.get("Status"),
        "ETag": got.get("ETag"),
        "DistributionConfig": distribution["DistributionConfig"],
    }


def names_of(distribution: Document) -> tuple[str, ...]:
    """The id, the domain name and the aliases."""
    return (
        str(distribution["Id"]),
        str(distribution["DomainName"]),
        *map(str, items(distribution.get("Aliases"))),
    )


def kinds_in(distributions: Iterable[Document], selectors: Sequence[Selector] = ()) -> list[PolicyType]:
    """The kinds of policies that have to be listed: those in use, and those that a target may need."""
    used: set[str] = set()
    for distribution in distributions:
        for behavior in behaviors(distribution):
            used |= {kind.name for kind in POLICY_TYPES if behavior.get(kind.member)}
            if any(selector.options.get("answer") == "edge" for selector in selectors):
                used.add(RESPONSE_HEADERS.name)
    return [kind for kind in POLICY_TYPES if kind.name in used]


def _lacking(distribution: Document, policies: PolicyIndex) -> AwsFailure | None:
    """The failure that hides what one of the distribution's policies does, if there is one."""
    for behavior in behaviors(distribution):
        for kind in POLICY_TYPES:
            ref = behavior.get(kind.member)
            if ref and kind.name in policies.failures and not is_settled(kind.name, ref):
                return policies.failures[kind.name]
    return None


def config_of(distribution: Document, policies: PolicyIndex) -> dict[str, Any]:
    """Return what of a distribution matters to CORS; see `State.config` in the package's docstring."""

    def view(behavior: Document) -> dict[str, Any]:
        shown = behavior_view(behavior)
        for kind in POLICY_TYPES:
            if kind.member in shown:
                shown[kind.member] = policies.refs.get(shown[kind.member], shown[kind.member])
        return shown

    config: dict[str, Any] = {
        "DefaultCacheBehavior": view(distribution.get("DefaultCacheBehavior") or {}),
        "CacheBehaviors": listed(view(behavior) for behavior in items(distribution.get("CacheBehaviors"))),
        "Origins": origins_view(distribution.get("Origins")),
        "CustomErrorResponses": listed(items(distribution.get("CustomErrorResponses"))),
    }
    if groups := groups_view(distribution.get("OriginGroups")):
        config["OriginGroups"] = groups
    config["policies"] = carried(config, policies.policies)
    return config


def revision_of(distribution: Document, config: Document, like: str | None = None) -> str:
    """Return what a write is refused on when it moved: the ETag, and the content of the policies in use.

    A listing without ETags (older API models, emulators) gives a digest of the config instead;
    `like` asks for the same form as an earlier revision.
    """
    etag = distribution.get("ETag")
    if not etag or (like or "").startswith("sha256:"):
        return digest(config)
    policies: Mapping[str, Any] = config["policies"]
    return f"{etag}+{digest(policies)[7:19]}" if policies else str(etag)


def state_of(distribution: Document, policies: PolicyIndex, chosen: tuple[Selector, ...]) -> State:
    """One distribution as a state."""
    config = config_of(distribution, policies)
    names = names_of(distribution)
    address = f"cloudfront/{names[0]}"
    facts: CloudFrontFacts = {
        "arn": distribution.get("ARN"),
        "staging": bool(distribution.get("Staging")),
        "tenant_only": distribution.get("ConnectionMode") == "tenant-only",
        "enabled": distribution.get("Enabled", True) is not False,
        "signed": signed_behaviors(distribution),
        "web_acl": str(distribution.get("WebACLId") or ""),
        "protocols": origin_protocols(distribution),
        "policies": policies.policies,
        "custom": policies.custom,
        "edited": policies.edited,
    }
    return State(
        address=address,
        service="cloudfront",
        region=REGION,
        config=config,
        revision=revision_of(distribution, config),
        names=names,
        group=address,
        facts=facts,
        hosts=names[1:],
        upstreams=tuple(
            f"{origin.get('DomainName')}{origin.get('OriginPath') or ''}"
            for origin in items(config["Origins"])
        ),
        selected_by=chosen,
        label=names[2] if len(names) > 2 else names[1],
    )
