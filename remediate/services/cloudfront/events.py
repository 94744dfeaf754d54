"""Tells which CloudTrail records tell that a distribution changed, and which distribution.

CloudFront is global: its records are in us-east-1 alone, and so must be what listens for them
(CloudFront developer guide, "Logging CloudFront API calls using CloudTrail").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediate.core.cloudtrail import part, text

EVENT_SOURCE = "cloudfront.amazonaws.com"

_NEW = frozenset({"CreateDistribution", "CreateDistributionWithTags"})
"""Only the answer knows the id."""

EVENTS = _NEW | {"UpdateDistribution", "UpdateDistributionWithStagingConfig"}
"""Without the API's version, which records had in their names until they got `apiVersion`."""

SHARED = frozenset({"UpdateCachePolicy", "UpdateOriginRequestPolicy", "UpdateResponseHeadersPolicy"})
"""Their records name the policy, and none of the distributions that use it."""


def resource_id(record: Mapping[str, Any]) -> str:
    """The distribution's id. Empty where the record is none of these events; pure."""
    name = text(record, "eventName")
    if text(record, "eventSource") != EVENT_SOURCE or name not in EVENTS:
        return ""
    if name in _NEW:
        return text(part(part(record, "responseElements"), "distribution"), "id")
    return text(part(record, "requestParameters"), "id")


def affects(record: Mapping[str, Any], address: str) -> bool:
    """Return whether the call may have changed the distribution at that address; pure."""
    distribution = resource_id(record)
    return bool(distribution) and address == f"cloudfront/{distribution}"
