"""Tells where a bucket is reached: virtual-hosted and path style, and what can be asked there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.state import State
from remediate.services.s3.hosts import HostKind, bucket_host

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")


def path_within(state: State, host: str, path: str) -> str | None:
    """The key's path: `/key` of `bucket.s3….amazonaws.com/key` and of `s3….amazonaws.com/bucket/key`."""
    if host in state.hosts:
        return path
    bucket, named = state.names[0], bucket_host(host)
    if named is None or named.kind is HostKind.ACCESS_POINT:
        return None
    if named.bucket:
        return path if named.bucket == bucket else None
    if f"{path.partition('?')[0]}/".startswith(f"/{bucket}/"):
        return path.removeprefix(f"/{bucket}") or "/"
    return None


def sample_requests(state: State, methods: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Rules do not look at the key: any one shows them all."""
    del state
    sent = METHODS if "*" in methods else [method for method in methods if method in METHODS]
    yield from (("/key", method) for method in sent)
