"""One GetBucketCors: the rules, and the region that answered."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from remediate.aws import ClientError, error_code
from remediate.core.document import Document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from remediate.aws import Aws

UNSET = "NoSuchCORSConfiguration"
ELSEWHERE = frozenset(
    {
        "PermanentRedirect",
        "TemporaryRedirect",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "301",
        "307",
    }
)
_SIGNED = "SigningRegion"
_registering = Lock()
_noting: WeakSet[Any] = WeakSet()
"""Clients that note the region: registering again costs as much as a tenth of a call."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`{"CORSRules": [...]}` as GetBucketCors returns it, or None where nothing is configured."""

    config: Document | None
    region: str


def connect(aws: Aws, region: str) -> S3Client:
    """The region's client; its answers to GetBucketCors say which region they were signed for.

    botocore follows S3's redirects to a bucket's region by itself and tells nobody, so the region
    of the request that was answered in the end is the only trace.
    """
    client: S3Client = aws.client("s3", region)
    with _registering:
        if client not in _noting:
            client.meta.events.register("after-call.s3.GetBucketCors", _note_region)
            _noting.add(client)
    return client


def _note_region(*, parsed: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    parsed.setdefault("ResponseMetadata", {})[_SIGNED] = context.get("signing", {}).get("region")


def fetch(client: S3Client, bucket: str) -> Fetched:
    """Read the bucket's rules. Raises botocore's errors, but for a bucket without rules."""
    response: Any
    try:
        response = client.get_bucket_cors(Bucket=bucket)
    except ClientError as error:
        if error_code(error) != UNSET:
            raise
        response = error.response
    # An answer without rules does not come here: `remediate.answers` takes it for one that is not whole.
    listed = response.get("CORSRules")
    region = response.get("ResponseMetadata", {}).get(_SIGNED) or client.meta.region_name
    return Fetched({"CORSRules": listed} if listed else None, str(region))


def named_region(error: ClientError) -> str | None:
    """Return where the bucket is, if the error says so."""
    response: Any = error.response
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    named = headers.get("x-amz-bucket-region") or response.get("Error", {}).get("Region")
    return str(named) if named else None
