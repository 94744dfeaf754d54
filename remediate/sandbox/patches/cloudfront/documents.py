"""Reads and writes the lists and cache behaviors of any document of the CloudFront API.

CloudFront writes a list as `{"Quantity": n, "Items": [...]}` and leaves `Items` out when it is
empty. Pure functions on parsed documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from remediate.sandbox.patches.cloudfront.moto import CloudFrontException, Document


def invalid(message: str) -> CloudFrontException:
    """Make the error for a value that CloudFront does not accept."""
    return CloudFrontException("InvalidArgument", message)


def items(holder: Document | None) -> list[Any]:
    """Give the items of a list, which may be absent."""
    return list((holder or {}).get("Items") or [])


def listed(values: list[Any]) -> Document:
    """Write `values` as CloudFront does."""
    return {"Quantity": len(values), "Items": values} if values else {"Quantity": 0}


def tidy(document: Any) -> Any:
    """Copy `document`, checking each list against its Quantity and leaving empty ones out.

    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateDistribution.html,
    InconsistentQuantities.
    """
    if isinstance(document, list):
        return [tidy(item) for item in document]
    if not isinstance(document, dict):
        return document
    if "Quantity" in document and document["Quantity"] != len(document.get("Items") or []):
        raise CloudFrontException(
            "InconsistentQuantities",
            "The value of Quantity and the size of Items don't match.",
        )
    return {name: tidy(value) for name, value in document.items() if value != []}


def behaviors(config: Document) -> Iterator[Document]:
    """Give every cache behavior of a distribution's configuration, the default one last."""
    yield from items(config.get("CacheBehaviors"))
    yield config["DefaultCacheBehavior"]


def uses(config: Document, member: str, policy_id: str) -> bool:
    """Tell whether a behavior of `config` names `policy_id` as its `member`."""
    return any(behavior.get(member) == policy_id for behavior in behaviors(config))
