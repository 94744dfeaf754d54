"""Invalidations that end: moto's never reach the status that the waiter waits for.

Adds the status InProgress and then Completed, newest first in the list, and the caller
reference that makes a request repeatable:
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html,
API_ListInvalidations.html.
"""

from __future__ import annotations

from datetime import UTC, datetime

from moto.core.responses import ActionResult

from remediate.sandbox.patches.cloudfront.documents import invalid, tidy
from remediate.sandbox.patches.cloudfront.moto import (
    LOCK,
    CloudFrontException,
    CloudFrontResponse,
    Document,
    extend,
    location,
    new_id,
    page,
    parameter,
    result,
)
from remediate.sandbox.patches.cloudfront.state import Invalidation, find, invalidating, invalidations


def install() -> None:
    """Put these operations in the place of moto's."""
    extend(
        {
            "CreateInvalidation": create_invalidation,
            "GetInvalidation": get_invalidation,
            "ListInvalidations": list_invalidations,
        },
        replace=True,
    )


def _written(invalidation: Invalidation) -> Document:
    return {
        "Id": invalidation.id,
        "Status": invalidation.progress.status,
        "CreateTime": invalidation.created,
        "InvalidationBatch": invalidation.batch,
    }


def _of(response: CloudFrontResponse, distribution_id: str) -> list[Invalidation]:
    find(response.backend, distribution_id)
    return invalidations(response.backend).setdefault(distribution_id, [])


def create_invalidation(response: CloudFrontResponse) -> ActionResult:
    """Start an invalidation, or give the one that the same request started before."""
    distribution_id = parameter(response, "DistributionId")
    with LOCK:
        batches = _of(response, distribution_id)
        batch = tidy(parameter(response, "InvalidationBatch"))
        if not all(path.startswith("/") for path in batch["Paths"].get("Items", ())):
            raise invalid("Your request contains one or more invalid invalidation paths.")
        reference = batch["CallerReference"]
        earlier = [started for started in batches if started.batch["CallerReference"] == reference]
        if earlier and earlier[0].batch != batch:
            raise invalid("The caller reference belongs to an invalidation of other paths.")
        if earlier:
            invalidation = earlier[0]
        else:
            invalidation = Invalidation(new_id(), batch, datetime.now(UTC), invalidating())
            batches.append(invalidation)
    return result(
        {
            "Invalidation": _written(invalidation),
            "Location": location("distribution", distribution_id, "invalidation", invalidation.id),
        }
    )


def get_invalidation(response: CloudFrontResponse) -> ActionResult:
    """Give an invalidation with its status, which this read may move on."""
    invalidation_id = parameter(response, "Id")
    for invalidation in _of(response, parameter(response, "DistributionId")):
        if invalidation.id == invalidation_id:
            invalidation.progress.advance()
            return result({"Invalidation": _written(invalidation)})
    raise CloudFrontException("NoSuchInvalidation", "The specified invalidation does not exist.")


def list_invalidations(response: CloudFrontResponse) -> ActionResult:
    """Give a page of a distribution's invalidations, the newest first."""
    batches = list(reversed(_of(response, parameter(response, "DistributionId"))))
    cut, members = page(response, [invalidation.id for invalidation in batches])
    for invalidation in batches[cut]:
        invalidation.progress.advance()
    summaries = [_written(invalidation) for invalidation in batches[cut]]
    return result({"InvalidationList": {**members, "Items": summaries or None}})
