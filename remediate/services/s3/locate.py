"""Which bucket is behind a host name; no call is needed to tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from remediate.aws import Aws
from remediate.core.policy import Selector
from remediate.core.state import Place

_BUCKET = r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"
# S3 user guide, "Virtual hosting of buckets" and "Website endpoints".
_HOST = re.compile(
    rf"{_BUCKET}\.s3(?:-website)?(?:\.dualstack)?(?:[.-](?P<region>[a-z]{{2}}(?:-[a-z]+)+-\d))?\.[a-z.]+"
)
_SERVICE_HOST = re.compile(
    r"s3(?:\.dualstack)?(?:[.-](?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com[.cn]*"
)


def locate(aws: Aws, host: str, path: str) -> Iterator[Place]:
    """The bucket of `bucket.s3.region.amazonaws.com/key` or `s3.region.amazonaws.com/bucket/key`.

    The endpoint that all calls go to (`--endpoint-url`) counts as the second form.
    """
    name = host.partition(":")[0]
    if found := _HOST.fullmatch(name):
        yield Place(Selector("s3", found["bucket"], found["region"] or aws.region))
        return
    found = _SERVICE_HOST.fullmatch(name)
    bucket = path.lstrip("/").partition("/")[0].partition("?")[0]
    if bucket and (found or host == aws.endpoint_host):
        region = found["region"] if found else None
        yield Place(Selector("s3", bucket, region or aws.region), f"/{bucket}")
