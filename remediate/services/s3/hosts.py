"""The host names that lead to buckets, taken apart. Pure.

S3 user guide: "Virtual hosting of buckets", "Website endpoints", "Amazon S3 endpoints and quotas";
dual-stack, FIPS, Transfer Acceleration and access point hosts as its chapters on these spell them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class HostKind(StrEnum):
    """The value tells what kind of endpoint a host name is."""

    REST = "rest"
    WEBSITE = "website"
    ACCELERATE = "accelerate"
    ACCESS_POINT = "access point"


@dataclass(frozen=True, slots=True)
class BucketHost:
    """A host name of S3; `bucket` is empty in path style, where the path begins with it.

    `region` is empty in the global names. For an access point `bucket` is its name and `account` its owner.
    `is_aws` is false for an emulator's names, which follow no rule of regions.
    """

    kind: HostKind
    bucket: str = ""
    region: str = ""
    account: str = ""
    is_aws: bool = True


_BUCKET = r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"
_ACCESS_POINT = r"(?P<bucket>[a-z0-9][a-z0-9-]*?)-(?P<account>\d{12})"
_REGION = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)"
_SUFFIX = r"amazonaws\.com(?:\.cn)?"
_REST = rf"(?:s3-external-1|s3(?:-fips)?(?:\.dualstack)?(?:[.-]{_REGION})?)\.{_SUFFIX}"
_PATTERNS = (
    (
        HostKind.ACCESS_POINT,
        rf"{_ACCESS_POINT}\.s3-accesspoint(?:-fips)?(?:\.dualstack)?\.{_REGION}\.{_SUFFIX}",
    ),
    (HostKind.ACCELERATE, rf"{_BUCKET}\.s3-accelerate(?:\.dualstack)?\.{_SUFFIX}"),
    (HostKind.WEBSITE, rf"{_BUCKET}\.s3-website[.-]{_REGION}\.{_SUFFIX}"),
    (HostKind.REST, rf"{_BUCKET}\.{_REST}"),
    (HostKind.REST, _REST),
)
_COMPILED = tuple((kind, re.compile(pattern)) for kind, pattern in _PATTERNS)
_EMULATED = re.compile(
    rf"{_BUCKET}\.s3(?P<website>-website)?(?:\.dualstack)?(?:[.-]{_REGION})?\.(?!{_SUFFIX})[a-z.]+"
)


@lru_cache(maxsize=4096)
def bucket_host(host: str) -> BucketHost | None:
    """Return what the host name tells; None where it is none of S3's."""
    name = host.partition(":")[0]
    for kind, pattern in _COMPILED:
        if match := pattern.fullmatch(name):
            groups = match.groupdict()
            region = groups.get("region") or ("us-east-1" if "s3-external-1." in name else "")
            return BucketHost(kind, groups.get("bucket") or "", region, groups.get("account") or "")
    if match := _EMULATED.fullmatch(name):
        kind = HostKind.WEBSITE if match["website"] else HostKind.REST
        return BucketHost(kind, match["bucket"], match["region"] or "", is_aws=False)
    return None


def rest_url(bucket: str, region: str, path: str) -> str:
    """The URL of an object at the bucket's own regional endpoint."""
    zone = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{bucket}.s3.{region}.{zone}{path}"
