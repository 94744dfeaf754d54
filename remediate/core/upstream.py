"""Where a resource forwards requests to: a host, and the path that is put before the request's. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Upstream(NamedTuple):
    """An upstream's host, and its path with the leading slash; the path is empty where it has none."""

    host: str
    path: str


def split_upstream(text: str) -> Upstream:
    """Return the host and the path of an entry of `State.upstreams` (`api.example.com/prod`)."""
    host, slash, path = text.partition("/")
    return Upstream(host, slash + path if path else "")
