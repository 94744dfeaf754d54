"""Downloads the plan files of a bucket into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remediate.aws import Aws, read_stream
from remediate.core.s3_url import split_s3_url
from remediate.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SUFFIXES = (".yaml", ".yml")


def fetch_plans(aws: Aws, place: str, folder: Path) -> None:
    """Every plan file right under `s3://bucket/prefix`, into `folder` under its own name.

    Raises `AwsFailure`, and `UsageError` where there is none.
    """
    bucket, prefix = split_s3_url(place)
    prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    client: S3Client = aws.client("s3")
    sizes: dict[str, int] = {}
    with aws.translated_errors(f"s3:ListBucket of {place}"):
        for page in client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, Delimiter="/"
        ):
            for item in page.get("Contents", []):
                if item["Key"].endswith(SUFFIXES):
                    sizes[item["Key"]] = item["Size"]
    if not sizes:
        raise UsageError(f"There is no plan file in {place}.", hint=f"aws s3 cp plans/ {place}/ --recursive")

    def fetch(key: str) -> None:
        with aws.translated_errors(f"s3:GetObject of s3://{bucket}/{key}"):
            data, _ = read_stream(
                lambda: client.get_object(Bucket=bucket, Key=key),
                "Body",
                whole=lambda body: len(body) == sizes[key],
            )
        (folder / key.rpartition("/")[2]).write_bytes(data)

    list(aws.map_concurrently(fetch, sizes))
