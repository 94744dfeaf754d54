"""Bucket and prefix of an S3 URL."""

from __future__ import annotations

import pytest

from remediate.core.s3_url import is_s3_url, split_s3_url


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("s3://ops-state", ("ops-state", "")),
        ("s3://ops-state/", ("ops-state", "")),
        ("s3://ops-state/remediate/web", ("ops-state", "remediate/web")),
        ("s3://", ("", "")),
    ],
)
def test_an_s3_url_is_a_bucket_and_a_prefix(url: str, parts: tuple[str, str]) -> None:
    assert is_s3_url(url)
    assert split_s3_url(url) == parts


@pytest.mark.parametrize("folder", [".remediate", "/var/lib/remediate", "s3:/x", "s3"])
def test_anything_else_is_a_folder(folder: str) -> None:
    assert not is_s3_url(folder)
