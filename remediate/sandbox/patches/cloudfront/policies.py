"""Cache, origin request and response headers policies, which moto's CloudFront does not have.

Adds create, get, get config, list, update and delete of each kind, and the list of distributions
that use one, with the rules of the CloudFront API Reference
(https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Operations.html): a write names
the version it replaces and rotates the ETag, names are unique, managed policies are read-only,
a policy in use stays, and an account has twenty of each kind.

Which distributions use a policy is read from the documents that `cloudfront_distributions`
keeps, so install both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random

from remediate.sandbox.patches.cloudfront import managed_policies as managed
from remediate.sandbox.patches.cloudfront import policy_rules as rules
from remediate.sandbox.patches.cloudfront.documents import invalid, uses
from remediate.sandbox.patches.cloudfront.moto import (
    LOCK,
    CloudFrontBackend,
    CloudFrontException,
    CloudFrontResponse,
    Document,
    EmptyResult,
    Operation,
    extend,
    location,
    natively,
    new_etag,
    page,
    parameter,
    require_match,
    result,
)
from remediate.sandbox.patches.cloudfront.state import distributions

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
QUOTA = 20


@dataclass(frozen=True)
class Policy:
    """One policy at one version."""

    id: str
    config: Document
    etag: str
    modified: datetime
    managed: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of policy, with its names in the API."""

    name: str
    plural: str
    path: str
    check: Callable[[Document], Document]
    managed: Mapping[str, Document]

    @property
    def member(self) -> str:
        """The member of a cache behavior that names a policy of this kind."""
        return f"{self.name}Id"

    @property
    def words(self) -> str:
        """The kind in prose."""
        return self.path.replace("-", " ")


KINDS = (
    Kind("CachePolicy", "CachePolicies", "cache-policy", rules.cache_policy, managed.CACHE),
    Kind(
        "OriginRequestPolicy",
        "OriginRequestPolicies",
        "origin-request-policy",
        rules.origin_request_policy,
        managed.ORIGIN_REQUEST,
    ),
    Kind(
        "ResponseHeadersPolicy",
        "ResponseHeadersPolicies",
        "response-headers-policy",
        rules.response_headers_policy,
        managed.RESPONSE_HEADERS,
    ),
)

_STATE = "remediate_cloudfront_policies"
_RELEASED = datetime(2021, 11, 2, tzinfo=UTC)


def install() -> None:
    """Add the operations to moto; a kind that moto has itself is left to it."""
    for kind in KINDS:
        if not natively(f"Create{kind.name}"):
            extend(_operations(kind))


def require_policies(backend: CloudFrontBackend, behavior: Document) -> None:
    """Refuse a cache behavior that names a policy which does not exist."""
    for kind in KINDS:
        policy_id = behavior.get(kind.member)
        if policy_id and not natively(f"Create{kind.name}"):
            _find(backend, kind, policy_id)


def _policies(backend: CloudFrontBackend, kind: Kind) -> dict[str, Policy]:
    with LOCK:
        state: dict[str, dict[str, Policy]] = backend.__dict__.setdefault(_STATE, {})
        if kind.name not in state:
            state[kind.name] = {
                policy_id: Policy(policy_id, config, f"E{policy_id[-12:].upper()}", _RELEASED, True)
                for policy_id, config in kind.managed.items()
            }
        return state[kind.name]


def _find(backend: CloudFrontBackend, kind: Kind, policy_id: str) -> Policy:
    policy = _policies(backend, kind).get(policy_id)
    if policy is None:
        raise CloudFrontException(f"NoSuch{kind.name}", f"The specified {kind.words} does not exist.")
    return policy


def _users(backend: CloudFrontBackend, kind: Kind, policy_id: str) -> list[str]:
    return [
        distribution_id
        for distribution_id, distribution in list(distributions(backend).items())
        if uses(distribution.config, kind.member, policy_id)
    ]


def _require_unique(backend: CloudFrontBackend, kind: Kind, name: str, own_id: str = "") -> None:
    for existing in _policies(backend, kind).values():
        if existing.config["Name"] == name and existing.id != own_id:
            raise CloudFrontException(
                f"{kind.name}AlreadyExists", f"A {kind.words} with this name already exists."
            )


def _written(kind: Kind, policy: Policy) -> Document:
    return {
        "Id": policy.id,
        "LastModifiedTime": policy.modified,
        f"{kind.name}Config": policy.config,
    }


def _operations(kind: Kind) -> dict[str, Operation]:
    """Give the operations of one kind, by their names in the API."""
    config_member = f"{kind.name}Config"

    def answer(policy: Policy) -> Document:
        return {kind.name: _written(kind, policy), "ETag": policy.etag}

    def create(response: CloudFrontResponse) -> ActionResult:
        backend = response.backend
        with LOCK:
            config = kind.check(parameter(response, config_member) or {})
            policies = _policies(backend, kind)
            _require_unique(backend, kind, config["Name"])
            if sum(not policy.managed for policy in policies.values()) >= QUOTA:
                raise CloudFrontException(
                    f"TooMany{kind.plural}",
                    f"You have reached the maximum number of {kind.words} resources.",
                )
            policy_id = str(mock_random.uuid4())
            policy = Policy(policy_id, config, new_etag(), datetime.now(UTC))
            policies[policy_id] = policy
        return result({**answer(policy), "Location": location(kind.path, policy_id)})

    def get(response: CloudFrontResponse) -> ActionResult:
        return result(answer(_find(response.backend, kind, parameter(response, "Id"))))

    def get_config(response: CloudFrontResponse) -> ActionResult:
        policy = _find(response.backend, kind, parameter(response, "Id"))
        return result({config_member: policy.config, "ETag": policy.etag})

    def update(response: CloudFrontResponse) -> ActionResult:
        backend = response.backend
        with LOCK:
            policy = _find(backend, kind, parameter(response, "Id"))
            if policy.managed:
                raise CloudFrontException(
                    "IllegalUpdate", "The update contains modifications that are not allowed."
                )
            require_match(parameter(response, "IfMatch"), policy.etag)
            config = kind.check(parameter(response, config_member) or {})
            _require_unique(backend, kind, config["Name"], policy.id)
            policy = replace(policy, config=config, etag=new_etag(), modified=datetime.now(UTC))
            _policies(backend, kind)[policy.id] = policy
        return result(answer(policy))

    def delete(response: CloudFrontResponse) -> ActionResult:
        backend = response.backend
        with LOCK:
            policy = _find(backend, kind, parameter(response, "Id"))
            if policy.managed:
                raise CloudFrontException("IllegalDelete", "You cannot delete a managed policy.")
            require_match(parameter(response, "IfMatch"), policy.etag)
            if _users(backend, kind, policy.id):
                raise CloudFrontException(
                    f"{kind.name}InUse",
                    f"Cannot delete the {kind.words} because it is attached to one or more "
                    "cache behaviors in a CloudFront distribution.",
                )
            del _policies(backend, kind)[policy.id]
        return EmptyResult()

    def list_policies(response: CloudFrontResponse) -> ActionResult:
        policy_type = parameter(response, "Type")
        if policy_type not in {None, "managed", "custom"}:
            raise invalid("The parameter Type is not valid.")
        policies = [
            policy
            for policy in list(_policies(response.backend, kind).values())
            if policy_type in {None, "managed" if policy.managed else "custom"}
        ]
        cut, members = page(response, [policy.id for policy in policies])
        summaries = [
            {
                "Type": "managed" if policy.managed else "custom",
                kind.name: _written(kind, policy),
            }
            for policy in policies[cut]
        ]
        return result({f"{kind.name}List": {**members, "Items": summaries or None}})

    def list_distributions(response: CloudFrontResponse) -> ActionResult:
        policy = _find(response.backend, kind, parameter(response, kind.member))
        ids = _users(response.backend, kind, policy.id)
        cut, members = page(response, ids)
        return result({"DistributionIdList": {**members, "Items": ids[cut] or None}})

    return {
        f"Create{kind.name}": create,
        f"Get{kind.name}": get,
        f"Get{kind.name}Config": get_config,
        f"Update{kind.name}": update,
        f"Delete{kind.name}": delete,
        f"List{kind.plural}": list_policies,
        f"ListDistributionsBy{kind.member}": list_distributions,
    }
