"""Tells which CloudTrail records tell that a bucket's CORS rules changed, and of which bucket.

Names: S3 user guide, "Amazon S3 CloudTrail events". A deleted bucket is not among them: there is
nothing left to correct.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediate.core.cloudtrail import part, text

EVENT_SOURCE = "s3.amazonaws.com"

EVENTS = frozenset({"CreateBucket", "DeleteBucketCors", "PutBucketCors"})
"""A new bucket is there because it comes without rules, and a glob may mean it."""


def resource_id(record: Mapping[str, Any]) -> str:
    """The bucket's name. Empty where the record is none of these events; pure."""
    if text(record, "eventSource") != EVENT_SOURCE or text(record, "eventName") not in EVENTS:
        return ""
    # Null where S3 refused the call before it knew the bucket.
    return text(part(record, "requestParameters"), "bucketName")


def affects(record: Mapping[str, Any], address: str) -> bool:
    """Return whether the call may have changed the bucket at that address; pure."""
    bucket = resource_id(record)
    return bool(bucket) and address == f"s3/{bucket}"
