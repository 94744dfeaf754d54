"""Which bucket is behind a host name; a call is needed for an access point alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from remediate.aws import Aws
from remediate.core.policy import Selector
from remediate.core.state import LocatedResource
from remediate.services.s3.hosts import BucketHost, HostKind, bucket_host


def find_by_host(aws: Aws, host: str, path: str) -> Iterator[LocatedResource]:
    """The bucket of `bucket.s3.region.amazonaws.com/key` or `s3.region.amazonaws.com/bucket/key`.

    The endpoint that all calls go to (`--endpoint-url`) counts as the second form. An access point's
    bucket costs one call. Raises `AwsFailure` where that is denied.
    """
    found = bucket_host(host)
    if found is not None and found.kind is HostKind.ACCESS_POINT:
        yield LocatedResource(Selector("s3", _behind_access_point(aws, found), found.region))
        return
    if found is not None and found.bucket:
        yield LocatedResource(Selector("s3", found.bucket, found.region or aws.region))
        return
    bucket = path.lstrip("/").partition("/")[0].partition("?")[0]
    if bucket and (found or host == aws.endpoint_host):
        region = found.region if found else ""
        yield LocatedResource(Selector("s3", bucket, region or aws.region), f"/{bucket}")


def _behind_access_point(aws: Aws, found: BucketHost) -> str:
    client: Any = aws.client("s3control", found.region)
    with aws.translated_errors(f"s3:GetAccessPoint of {found.bucket}"):
        answer = client.get_access_point(AccountId=found.account, Name=found.bucket)
    return str(answer["Bucket"])
