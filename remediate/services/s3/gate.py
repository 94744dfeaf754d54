"""What S3 answers before a bucket's rules are looked at: hosts of another region, and the website's. Pure.

S3 user guide: "Virtual hosting of buckets" (the global endpoint), "Making requests" (redirects), "Key
differences between a website endpoint and a REST API endpoint".
"""

from __future__ import annotations

from remediate.core.gate import OPEN, Arrival, Gate, no_answer, refusal
from remediate.core.state import State
from remediate.services.s3.hosts import BucketHost, HostKind, bucket_host, rest_url

HOME = "us-east-1"
KNOWN_BY_GLOBAL_NAME = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1"),
        *("ap-southeast-1", "ap-southeast-2"),
    }
)
"""Regions launched before 20 March 2019, which the global name leads to; for others it answers 400."""

ACCELERATE_DOUBT = (
    "this host answers only where Transfer Acceleration is enabled on the bucket, which was not read"
)
ACCESS_POINT_DOUBT = "that the bucket's rules answer at an access point's host is not documented"
WEBSITE_DOUBT = "that a website endpoint refuses OPTIONS follows from its documentation and is not recorded"


def gate(state: State, arrival: Arrival) -> Gate:
    """Return what answers at that host in place of the bucket's rules."""
    named = bucket_host(arrival.host)
    if named is None or not named.is_aws:
        return OPEN
    bucket = state.names[0]
    better = rest_url(bucket, state.region, arrival.request.path)
    if named.kind is HostKind.WEBSITE:
        return _website(named, state, arrival, better)
    if named.kind is HostKind.ACCELERATE:
        return Gate(doubt=ACCELERATE_DOUBT)
    if named.kind is HostKind.ACCESS_POINT:
        return Gate(doubt=ACCESS_POINT_DOUBT)
    wrong = _wrong_region(named, state, arrival.host)
    return refusal(wrong[0], wrong[1], fix=f"Call {better}", use_url=better) if wrong else OPEN


def _wrong_region(named: BucketHost, state: State, host: str) -> tuple[int, str] | None:
    """Status and cause of the answer where the host is not that of the bucket's region."""
    lives = f"The bucket {state.names[0]} is in {state.region}"
    if named.region:
        if named.region == state.region:
            return None
        return 301, f"{lives}: {host} redirects, and a preflight may not be redirected."
    if state.region == HOME or state.region.startswith("cn-"):
        return None
    if not named.bucket:
        return 301, (
            f"{lives}: {host} serves buckets of {HOME} by their path and redirects, and a preflight may not "
            "be redirected."
        )
    if state.region not in KNOWN_BY_GLOBAL_NAME:
        return 400, f"{lives}, a region that the global name {host} does not lead to: S3 answers 400."
    return None


def _website(named: BucketHost, state: State, arrival: Arrival, better: str) -> Gate:
    host, method = arrival.host, arrival.request.method
    if arrival.request.scheme == "https":
        cause = f"{host} is a website endpoint: it has no TLS, so no https request reaches it."
        return no_answer(cause, fix=f"Call {better}", use_url=better)
    if named.region != state.region:
        cause = f"The bucket {state.names[0]} is in {state.region}: {host} knows no such website."
        return refusal(404, cause, fix=f"Call {better}", use_url=better)
    if method not in {"GET", "HEAD"}:
        cause = f"{host} is a website endpoint: it takes GET and HEAD only, and no {method}."
        made = refusal(405, cause, fix=f"Call {better}", use_url=better)
        return Gate(made.answer, doubt=WEBSITE_DOUBT, fix=made.fix, use_url=better)
    return OPEN
