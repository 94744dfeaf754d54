"""The state of a distribution and of its invalidations in the sandbox's CloudFront.

A distribution is kept as the document that was sent, so it answers with all of it: moto's own
model drops what it does not know and invents what was not there.

Both change status after a while, as on AWS: a change is InProgress until it has reached every
edge location (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/
HowToUpdateDistribution.html). Here that while is counted in reads, by moto's own state manager.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from moto.moto_api import state_manager
from moto.moto_api._internal.managed_state_model import ManagedState

from remediate.sandbox.patches.cloudfront.documents import behaviors, items, listed
from remediate.sandbox.patches.cloudfront.moto import CloudFrontBackend, CloudFrontException, Document

_DISTRIBUTION = "cloudfront::distribution"
_INVALIDATION = "cloudfront::invalidation"


def settle_after(reads: int) -> None:
    """Let a change be over at the `reads`-th read after it; at once when 0.

    Reads are GetDistribution and ListDistributions for a distribution, GetInvalidation and
    ListInvalidations for an invalidation. Without a call it is the first read. A client of a
    moto server can do the same through `POST /moto-api/state-manager/set-transition`.
    """
    transition = {"progression": "manual", "times": reads} if reads else {"progression": "immediate"}
    for model in (_DISTRIBUTION, _INVALIDATION):
        state_manager.set_transition(model, transition)


def register() -> None:
    """Make the first read the one that finds a change settled."""
    for model in (_DISTRIBUTION, _INVALIDATION):
        state_manager.register_default_transition(model, {"progression": "manual", "times": 1})


def deploying() -> ManagedState:
    """Start the progress of a change to a distribution."""
    return ManagedState(_DISTRIBUTION, [("InProgress", "Deployed")])


def invalidating() -> ManagedState:
    """Start the progress of an invalidation."""
    return ManagedState(_INVALIDATION, [("InProgress", "Completed")])


@dataclass(frozen=True)
class Distribution:
    """One distribution at one version; `progress` alone moves on."""

    id: str
    arn: str
    domain_name: str
    config: Document
    etag: str
    modified: datetime
    progress: ManagedState


@dataclass(frozen=True)
class Invalidation:
    """One invalidation; `progress` alone moves on."""

    id: str
    batch: Document
    created: datetime
    progress: ManagedState


def distributions(backend: CloudFrontBackend) -> dict[str, Distribution]:
    """Give the distributions of an account, by id."""
    return cast("dict[str, Distribution]", backend.distributions)


def invalidations(backend: CloudFrontBackend) -> dict[str, list[Invalidation]]:
    """Give the invalidations of an account, by the id of their distribution, oldest first."""
    return cast("dict[str, list[Invalidation]]", backend.invalidations)


def find(backend: CloudFrontBackend, distribution_id: str) -> Distribution:
    """Give the distribution, or refuse as CloudFront does."""
    try:
        return distributions(backend)[distribution_id]
    except KeyError:
        raise CloudFrontException(
            "NoSuchDistribution", "The specified distribution does not exist."
        ) from None


def written(backend: CloudFrontBackend, distribution: Distribution) -> Document:
    """Write a distribution as GetDistribution answers it."""
    config = distribution.config
    batches = invalidations(backend).get(distribution.id, [])
    return {
        "Id": distribution.id,
        "ARN": distribution.arn,
        "Status": distribution.progress.status,
        "LastModifiedTime": distribution.modified,
        "InProgressInvalidationBatches": sum(batch.progress.status == "InProgress" for batch in batches),
        "DomainName": distribution.domain_name,
        "ActiveTrustedSigners": _active(config, "TrustedSigners", "AwsAccountNumber"),
        "ActiveTrustedKeyGroups": _active(config, "TrustedKeyGroups", "KeyGroupId"),
        "DistributionConfig": config,
    }


def _active(config: Document, member: str, name: str) -> Document:
    trusted = {signer for behavior in behaviors(config) for signer in items(behavior.get(member))}
    active = [{name: signer, "KeyPairIds": {"Quantity": 0}} for signer in sorted(trusted)]
    return {"Enabled": bool(active), **listed(active)}


def summary(distribution: Distribution) -> Document:
    """Write a distribution as ListDistributions does.

    The API model of a summary has an ETag but neither Logging, CallerReference nor
    DefaultRootObject, so an update cannot be built from it; what the model does not have is
    not answered.
    """
    return {
        **distribution.config,
        "Id": distribution.id,
        "ARN": distribution.arn,
        "ETag": distribution.etag,
        "Status": distribution.progress.status,
        "LastModifiedTime": distribution.modified,
        "DomainName": distribution.domain_name,
    }
