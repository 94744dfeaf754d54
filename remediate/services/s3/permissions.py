"""States what IAM must allow for buckets. Their ARNs are their names, so a glob stands in them as it is.

Actions and ARNs: Service Authorization Reference, "Amazon S3". PutBucketCORS is DeleteBucketCors'
action too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.permission import ANY, UNRESOLVED, Permission, Purpose, Resolved, as_glob, partition
from remediate.core.policy import Selector
from remediate.services.s3.read import DIRECTORY_SUFFIX


def addressed(selector: Selector) -> bool:  # noqa: ARG001
    """Always."""
    return True


def permissions(
    selectors: Sequence[Selector],
    purpose: Purpose,
    account: str,  # noqa: ARG001 - a bucket's ARN has none
    resolved: Resolved = UNRESOLVED,  # noqa: ARG001 - a glob means tomorrow's buckets too
) -> Iterator[Permission]:
    """Rules and tags of the buckets; their listing only where a glob needs it."""
    if any(selector.is_glob for selector in selectors):
        yield Permission(("s3:ListAllMyBuckets",), (ANY,), "list buckets")
    buckets = tuple(
        f"arn:{partition(selector.region)}:s3:::{as_glob(selector.pattern)}"
        for selector in selectors
        if not selector.pattern.endswith(DIRECTORY_SUFFIX)  # read as an error, without a call
    )
    if not buckets:
        return
    yield Permission(("s3:GetBucketCORS", "s3:GetBucketTagging"), buckets, "read rules of buckets")
    if purpose.writes:
        yield Permission(("s3:PutBucketCORS",), buckets, "write rules of buckets")
