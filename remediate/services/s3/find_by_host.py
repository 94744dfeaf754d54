"""Finds which bucket is behind a host name; a call is needed for an access point alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from remediate.aws import Aws
from remediate.core.policy import Selector
from remediate.core.request_path import first_segment
from remediate.core.state import LocatedResource
from remediate.services.s3.hosts import BucketHost, HostKind, bucket_host


def find_by_host(aws: Aws, host: str, path: str) -> Iterator[LocatedResource]:
    """The bucket of `bucket.s3.region.amazonaws.com/key` or `s3.region.amazonaws.com/bucket/key`.

    The endpoint that all calls go to (`--endpoint-url`) counts as the second form. An access point's
    bucket costs one call. Raises `AwsFailure` where that is denied.
    """
    named = bucket_host(host)
    if named is not None and named.kind is HostKind.ACCESS_POINT:
        yield LocatedResource(Selector("s3", _behind_access_point(aws, named), named.region))
        return
    if named is not None and named.bucket:
        yield LocatedResource(Selector("s3", named.bucket, named.region or aws.region))
        return
    bucket = first_segment(path)
    if bucket and (named or host == aws.endpoint_host):
        region = named.region if named else ""
        yield LocatedResource(Selector("s3", bucket, region or aws.region), f"/{bucket}")


def _behind_access_point(aws: Aws, access_point: BucketHost) -> str:
    client: Any = aws.client("s3control", access_point.region)
    with aws.translated_errors(f"s3:GetAccessPoint of {access_point.bucket}"):
        answer = client.get_access_point(AccountId=access_point.account, Name=access_point.bucket)
    return str(answer["Bucket"])
