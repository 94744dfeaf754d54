"""Distributions that answer with all that was sent and refuse what CloudFront refuses.

Replaces moto's operations on distributions, which lose parts of the configuration, invent
others and take any version identifier. Added: the whole document round trips, the ETag rotates
and is compared, a write is InProgress before it is Deployed, and the rules of
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html,
API_UpdateDistribution.html and API_DeleteDistribution.html. Invalidations come with it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from moto.cloudfront.models import random_id
from moto.core.responses import ActionResult
from moto.utilities.utils import get_partition

from remediate.sandbox.patches.cloudfront import distribution_rules as rules
from remediate.sandbox.patches.cloudfront import invalidate
from remediate.sandbox.patches.cloudfront.distribution_defaults import complete
from remediate.sandbox.patches.cloudfront.documents import behaviors, tidy
from remediate.sandbox.patches.cloudfront.moto import (
    LOCK,
    CloudFrontBackend,
    CloudFrontException,
    CloudFrontResponse,
    Document,
    EmptyResult,
    extend,
    location,
    new_etag,
    new_id,
    page,
    parameter,
    require_match,
    result,
)
from remediate.sandbox.patches.cloudfront.policies import require_policies
from remediate.sandbox.patches.cloudfront.state import (
    Distribution,
    deploying,
    distributions,
    find,
    invalidations,
    register,
    settle_after,
    summary,
    written,
)

__all__ = ["install", "settle_after"]


def install() -> None:
    """Put these operations in the place of moto's."""
    register()
    extend(
        {
            "CreateDistribution": create_distribution,
            "CreateDistributionWithTags": create_distribution_with_tags,
            "GetDistribution": get_distribution,
            "GetDistributionConfig": get_distribution_config,
            "ListDistributions": list_distributions,
            "UpdateDistribution": update_distribution,
            "DeleteDistribution": delete_distribution,
        },
        replace=True,
    )
    invalidate.install()


def create_distribution(response: CloudFrontResponse) -> ActionResult:
    """Create a distribution."""
    return _create(response.backend, parameter(response, "DistributionConfig"), [])


def create_distribution_with_tags(response: CloudFrontResponse) -> ActionResult:
    """Create a distribution that has tags from the start."""
    sent = parameter(response, "DistributionConfigWithTags")
    tags = (sent.get("Tags") or {}).get("Items") or []
    return _create(response.backend, sent["DistributionConfig"], tags)


def _create(backend: CloudFrontBackend, sent: Document, tags: list[Any]) -> ActionResult:
    with LOCK:
        for existing in distributions(backend).values():
            if existing.config["CallerReference"] == sent["CallerReference"]:
                raise CloudFrontException(
                    "DistributionAlreadyExists",
                    "The caller reference that you are using to create a distribution is "
                    f"associated with another distribution. Already exists: {existing.id}",
                )
        distribution_id = new_id()
        partition = get_partition(backend.region_name)
        distribution = Distribution(
            id=distribution_id,
            arn=f"arn:{partition}:cloudfront::{backend.account_id}:distribution/{distribution_id}",
            domain_name=f"d{random_id(uppercase=False)}.cloudfront.net",
            config=_checked(backend, tidy(sent)),
            etag=new_etag(),
            modified=datetime.now(UTC),
            progress=deploying(),
        )
        distributions(backend)[distribution_id] = distribution
        backend.tagger.tag_resource(distribution.arn, tags)
    return result(
        {
            "Distribution": written(backend, distribution),
            "ETag": distribution.etag,
            "Location": location("distribution", distribution_id),
        }
    )


def _checked(backend: CloudFrontBackend, config: Document) -> Document:
    complete(config)
    rules.check(config)
    for behavior in behaviors(config):
        require_policies(backend, behavior)
    return config


def get_distribution(response: CloudFrontResponse) -> ActionResult:
    """Give a distribution with its status, which this read may move on."""
    distribution = find(response.backend, parameter(response, "Id"))
    distribution.progress.advance()
    return result({"Distribution": written(response.backend, distribution), "ETag": distribution.etag})


def get_distribution_config(response: CloudFrontResponse) -> ActionResult:
    """Give the document that an update starts from."""
    distribution = find(response.backend, parameter(response, "Id"))
    return result({"DistributionConfig": distribution.config, "ETag": distribution.etag})


def list_distributions(response: CloudFrontResponse) -> ActionResult:
    """Give a page of summaries."""
    all_distributions = list(distributions(response.backend).values())
    cut, members = page(response, [distribution.id for distribution in all_distributions])
    shown = all_distributions[cut]
    for distribution in shown:
        distribution.progress.advance()
    summaries = [summary(distribution) for distribution in shown]
    return result({"DistributionList": {**members, "Items": summaries or None}})


def update_distribution(response: CloudFrontResponse) -> ActionResult:
    """Replace a distribution's configuration, if the one it had is the one the caller read."""
    backend = response.backend
    with LOCK:
        distribution = find(backend, parameter(response, "Id"))
        require_match(parameter(response, "IfMatch"), distribution.etag)
        config = tidy(parameter(response, "DistributionConfig"))
        rules.check_update(distribution.config, config)
        distribution = replace(
            distribution,
            config=_checked(backend, config),
            etag=new_etag(),
            modified=datetime.now(UTC),
            progress=deploying(),
        )
        distributions(backend)[distribution.id] = distribution
    return result({"Distribution": written(backend, distribution), "ETag": distribution.etag})


def delete_distribution(response: CloudFrontResponse) -> ActionResult:
    """Delete a distribution that is disabled."""
    backend = response.backend
    with LOCK:
        distribution = find(backend, parameter(response, "Id"))
        require_match(parameter(response, "IfMatch"), distribution.etag)
        if distribution.config["Enabled"]:
            raise CloudFrontException(
                "DistributionNotDisabled",
                "The distribution you are trying to delete has not been disabled.",
            )
        del distributions(backend)[distribution.id]
        invalidations(backend).pop(distribution.id, None)
        backend.tagger.delete_all_tags_for_resource(distribution.arn)
    return EmptyResult()
