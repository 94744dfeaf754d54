"""Reads the CORS rules of buckets chosen by name or by glob, each in the region it lives in.

A bucket named exactly costs one call and no listing. Globs share a listing per literal beginning,
paged, and its buckets are read while the next page is still to come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from remediate.aws import DENIED, BotoCoreError, ClientError, error_code, to_aws_failure
from remediate.core.common_rules import ACCESS_DENIED
from remediate.core.document import digest
from remediate.core.state import Reading, State, Unreadable, read_isolated
from remediate.services.s3.facts import S3Facts
from remediate.services.s3.get_cors import ELSEWHERE, Fetched, connect, fetch, named_region
from remediate.services.s3.rules import DIRECTORY_BUCKET, INVALID_NAME, MISSING_BUCKET, OTHER_REGION

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from remediate.aws import Aws
    from remediate.core.policy import Selector

KIND = "s3"
DIRECTORY_SUFFIX = "--x-s3"
PAGE = 1000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
"""Old buckets of us-east-1 have up to 255 characters, upper case and underscores ("Bucket naming rules").

What is no name must not reach a client: as a path, `../x` means something else.
"""
HOME = "us-east-1"
"""Where S3's global endpoint is: the region of a run that names none."""


def read(aws: Aws, selectors: Sequence[Selector]) -> Iterator[Reading]:
    """Every selected bucket once; those named exactly first, in the order of the selectors."""
    named = dict.fromkeys(selector.pattern for selector in selectors if not selector.is_glob)
    sought = [_Sought(bucket, selectors) for bucket in named]
    yield from aws.map_concurrently(lambda bucket: _read_alone(aws, bucket), sought)

    for prefix, globs in _listings([selector for selector in selectors if selector.is_glob]):
        listing = _Listing(aws, prefix, globs)
        buckets = (
            _Sought(bucket, selectors, region) for bucket, region in listing.buckets() if bucket not in named
        )
        yield from aws.map_concurrently(lambda bucket: _read_alone(aws, bucket), buckets)
        yield from listing.unreadable


def names(aws: Aws, region: str | None) -> Iterator[str]:
    """The names of the account's buckets, in whatever region they are."""
    client: S3Client = aws.client(KIND, region or aws.region or HOME)
    with aws.translated_errors("s3:ListBuckets"):
        for page in client.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": PAGE}):
            yield from (bucket["Name"] for bucket in page.get("Buckets", []))


class _Sought:
    """A bucket to read: where we look for it, and which selectors mean it."""

    def __init__(self, bucket: str, selectors: Sequence[Selector], region: str | None = None) -> None:
        self.bucket = bucket
        self.selected_by = tuple(selector for selector in selectors if selector.matches(bucket))
        self.expected = next((selector.region for selector in self.selected_by if selector.region), None)
        self.region = region
        """Where the listing says it is; not every endpoint says so."""


def _listings(globs: Sequence[Selector]) -> list[tuple[str, list[Selector]]]:
    """The fewest listings that hold every glob: by literal beginning, none inside another."""
    served: dict[str, list[Selector]] = {}
    for selector in sorted(globs, key=lambda selector: len(_beginning(selector))):
        own = _beginning(selector)
        served.setdefault(next((prefix for prefix in served if own.startswith(prefix)), own), []).append(
            selector
        )
    return list(served.items())


def _beginning(selector: Selector) -> str:
    return re.split(r"[*?\[]", selector.pattern, maxsplit=1)[0]


@dataclass
class _Listing:
    """ListBuckets for some globs that share a beginning; `unreadable` says for which it failed."""

    aws: Aws
    prefix: str
    globs: list[Selector]
    unreadable: list[Unreadable] = field(default_factory=list)

    def buckets(self) -> Iterator[tuple[str, str | None]]:
        """Names and regions of the buckets that a glob means. A failure ends it and is kept."""
        client: S3Client = self.aws.client(KIND, self._region())
        pages = client.get_paginator("list_buckets").paginate(
            **({"Prefix": self.prefix} if self.prefix else {}), PaginationConfig={"PageSize": PAGE}
        )
        try:
            for page in pages:
                for bucket in page.get("Buckets", []):
                    name = bucket["Name"]
                    # Not every endpoint knows Prefix; the globs decide in any case.
                    if any(selector.matches(name) for selector in self.globs):
                        yield name, bucket.get("BucketRegion")
        except (ClientError, BotoCoreError) as error:
            self.unreadable = [self._explained(error, selector) for selector in self.globs]

    def _region(self) -> str:
        # One listing holds the buckets of all regions; any region's endpoint gives it.
        return next((glob.region for glob in self.globs if glob.region), None) or self.aws.region or HOME

    def _explained(self, error: ClientError | BotoCoreError, selector: Selector) -> Unreadable:
        failure = to_aws_failure(error, f"s3:ListBuckets for {selector.pattern}")
        hint = failure.hint
        if error_code(error) in DENIED:
            hint = "The credentials lack s3:ListAllMyBuckets. Buckets named one by one need no listing."
        return Unreadable(
            address=f"{KIND}/{selector.pattern}",
            service=KIND,
            code=ACCESS_DENIED.code if error_code(error) in DENIED else error_code(error),
            message=failure.message,
            hint=hint,
            selected_by=(selector,),
        )


def _read_alone(aws: Aws, sought: _Sought) -> Reading:
    return read_isolated(lambda: _read_one(aws, sought), f"{KIND}/{sought.bucket}", KIND, sought.selected_by)


def _read_one(aws: Aws, sought: _Sought) -> Reading:
    bucket = sought.bucket
    if bucket.endswith(DIRECTORY_SUFFIX):
        return _unreadable(
            sought,
            DIRECTORY_BUCKET.code,
            f"{bucket} is a directory bucket (S3 Express One Zone), and those have no CORS settings.",
            "Take it out of the plan; a browser can only be let in by something in front of it.",
        )
    if not _NAME.fullmatch(bucket) or ".." in bucket:
        return _invalid_name(sought)
    start = sought.region or sought.expected or aws.region or HOME
    try:
        fetched = _fetch_anywhere(aws, bucket, start)
    except (ClientError, BotoCoreError) as error:
        return _explained(sought, start, error)
    # Where nobody names a region, none is expected: the bucket is where it is.
    expected = sought.expected or aws.region
    facts: S3Facts = {"expected_region": expected} if expected and expected != fetched.region else {}
    return State(
        address=f"{KIND}/{bucket}",
        service=KIND,
        region=fetched.region,
        config=fetched.config,
        revision=digest(fetched.config),
        names=(bucket,),
        group=f"{KIND}/{bucket}",
        facts=facts,
        hosts=_hosts(bucket, fetched.region),
        selected_by=sought.selected_by,
    )


def _fetch_anywhere(aws: Aws, bucket: str, region: str) -> Fetched:
    """The bucket's rules, wherever it is: where botocore could not follow, the error may name the region."""
    try:
        return fetch(connect(aws, region), bucket)
    except ClientError as error:
        moved = named_region(error)
        if error_code(error) not in ELSEWHERE or moved is None or moved == region:
            raise
        return fetch(connect(aws, moved), bucket)


def _hosts(bucket: str, region: str) -> tuple[str, ...]:
    """The host names that lead to the bucket: REST (regional, global, dual-stack) and website."""
    zone = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return (
        f"{bucket}.s3.{region}.{zone}",
        f"{bucket}.s3.{zone}",
        f"{bucket}.s3.dualstack.{region}.{zone}",
        f"{bucket}.s3-accelerate.{zone}",
        f"{bucket}.s3-website.{region}.{zone}",
        f"{bucket}.s3-website-{region}.{zone}",
    )


def _explained(sought: _Sought, region: str, error: ClientError | BotoCoreError) -> Unreadable:
    code = error_code(error)
    bucket = sought.bucket
    failure = to_aws_failure(error, f"s3:GetBucketCors of {bucket}")
    if code in DENIED:
        return _unreadable(
            sought,
            ACCESS_DENIED.code,
            f"The CORS settings of {bucket} may not be read: {failure.message}",
            "The credentials lack s3:GetBucketCORS on it, or its policy denies it, or it is somebody else's.",
        )
    if code == "NoSuchBucket":
        return _unreadable(
            sought,
            MISSING_BUCKET.code,
            f"There is no bucket named {bucket}.",
            "Check the name in the plan; `aws s3api list-buckets` shows the account's.",
            gone=True,
        )
    if code in ELSEWHERE:
        return _unreadable(
            sought,
            OTHER_REGION.code,
            f"{bucket} is not in {region}, and S3 did not say where it is.",
            "Set `region:` of the target; `aws s3api get-bucket-location` tells it.",
        )
    if code == "ParamValidationError":
        return _invalid_name(sought)
    return _unreadable(sought, code, failure.message, failure.hint)


def _invalid_name(sought: _Sought) -> Unreadable:
    return _unreadable(
        sought,
        INVALID_NAME.code,
        f"{sought.bucket!r} cannot be the name of a bucket.",
        "Write the bare name, without s3:// or a path: lower-case letters, digits, dots, hyphens.",
    )


def _unreadable(sought: _Sought, code: str, message: str, hint: str, *, gone: bool = False) -> Unreadable:
    return Unreadable(
        address=f"{KIND}/{sought.bucket}",
        service=KIND,
        code=code,
        message=message,
        hint=hint,
        selected_by=sought.selected_by,
        gone=gone,
    )
