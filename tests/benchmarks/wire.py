"""What the two servers of the benchmarks have in common: requests, answers, and what is asked about them."""

from __future__ import annotations

import re
from typing import NamedTuple

DELAY = 0.05
"""Seconds added to every call, for the way to AWS and back."""

CALLS = "/_benchmark/calls"
"""Answers with the calls since it was last asked, as JSON: `{"s3:GetBucketCors": 3}`."""

RECORDING = "/_benchmark/recording"
"""Answers with everything asked and answered so far, pickled."""

UNKNOWN = "unknown: "
"""Before the name of a call that the replay has no answer to."""

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")


class Asked(NamedTuple):
    """A request, without what differs each time: date, signature, ids of the client."""

    region: str
    service: str
    method: str
    target: str
    body: bytes


class Answer(NamedTuple):
    """What the server said to it, and the operation's name."""

    operation: str
    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def asked(method: str, target: str, authorization: str, body: bytes) -> Asked:
    """The request; its region and service are those it was signed for."""
    scope = _SCOPE.search(authorization)
    region, service = scope.groups() if scope else ("", "")
    return Asked(region, service, method, target, body)
