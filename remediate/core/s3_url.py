"""`s3://bucket/prefix`, which names where a journal or plan files are kept. Pure."""

from __future__ import annotations

SCHEME = "s3://"


def is_s3_url(text: str) -> bool:
    """Return whether the text is an S3 URL; else it is a folder."""
    return text.startswith(SCHEME)


def split_s3_url(url: str) -> tuple[str, str]:
    """Return the bucket and the prefix, which may be empty; the bucket is empty where none is named."""
    bucket, _, prefix = url.removeprefix(SCHEME).partition("/")
    return bucket, prefix
