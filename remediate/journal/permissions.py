"""States what IAM must allow for a journal in a bucket.

A run's records are deleted only when they stand in one object together, or when retention drops the run.

Actions and ARNs: Service Authorization Reference, "Amazon S3". A write under `If-Match` needs
GetObject besides PutObject (S3 user guide, "Conditional writes").
"""

from __future__ import annotations

from collections.abc import Iterator

from remediate.core.permission import Permission, Purpose, literally, partition
from remediate.core.s3_url import is_s3_url, split_s3_url


def permissions(state: str, purpose: Purpose, region: str | None) -> Iterator[Permission]:
    """For `s3://bucket/prefix`: reading it, and for runs writing it. For a folder: nothing."""
    if not is_s3_url(state):
        return
    bucket, prefix = split_s3_url(state)
    arn = f"arn:{partition(region)}:s3:::{literally(bucket)}"
    inside = f"{arn}/{literally(prefix.strip('/'))}/*".replace("//*", "/*")
    # Not limited to the prefix: S3 says that an object is not there only to those who may list the
    # bucket, and a condition on s3:prefix is not met by GetObject, which has none (API, "GetObject").
    yield Permission(("s3:ListBucket",), (arn,), "list the journal")
    yield Permission(("s3:GetObject",), (inside,), "read the journal")
    if purpose.writes:
        yield Permission(("s3:PutObject",), (inside,), "write the journal")
        runs = inside.removesuffix("*") + "runs/*"
        yield Permission(("s3:DeleteObject",), (runs,), "gather a run's records into one object")
