"""Host and path of what a resource forwards to."""

from __future__ import annotations

import pytest

from remediate.core.upstream import split_upstream


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("uploads.s3.amazonaws.com", "uploads.s3.amazonaws.com", ""),
        ("a1.execute-api.eu-west-1.amazonaws.com/prod", "a1.execute-api.eu-west-1.amazonaws.com", "/prod"),
        ("api.example.com/v1/app", "api.example.com", "/v1/app"),
        ("api.example.com/", "api.example.com", ""),
    ],
)
def test_an_upstream_is_a_host_and_the_path_before_the_requests(text: str, host: str, path: str) -> None:
    assert split_upstream(text) == (host, path)
