"""Writes a bucket's CORS rules: read again, compare, then put or delete the whole list.

S3 knows no precondition for this (PutBucketCors has neither ETag nor If-Match), so the moment
between the second read and the put is the one that cannot be guarded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from remediate.aws import BotoCoreError, ClientError, to_aws_failure
from remediate.core.address import resource_id_of
from remediate.core.document import digest
from remediate.errors import NoChangeNeeded, Stale
from remediate.services.s3.get_cors import connect, fetch
from remediate.services.s3.rule import rules

if TYPE_CHECKING:
    from remediate.aws import Aws
    from remediate.core.document import Document
    from remediate.core.plan import Change
    from remediate.core.state import State


def calls(state: State, after: Document | None) -> tuple[str, ...]:
    """One call, or none where nothing differs."""
    return () if state.config == after else (_call(after),)


def _call(after: Document | None) -> str:
    return "s3:DeleteBucketCors" if after is None else "s3:PutBucketCors"


def write(aws: Aws, changes: Sequence[Change]) -> None:
    """Write each bucket's `after`. `Stale` if its rules moved, `AwsFailure` where AWS refuses.

    `NoChangeNeeded` for a bucket that holds `after`: nothing is sent, so a run may be repeated.
    """
    for change in changes:
        _write(aws, change)


def _write(aws: Aws, change: Change) -> None:
    bucket = resource_id_of(change.address)
    client = connect(aws, change.region)
    with aws.translated_errors(f"s3:GetBucketCors of {bucket}"):
        now = fetch(client, bucket).config
    if now == change.after:
        raise NoChangeNeeded(f"{change.address} holds these rules already.")
    if digest(now) != change.revision:
        raise Stale(
            f"{change.address} moved since it was shown: shown {_told(change.before)}, "
            f"now {_told(now)}, wanted {_told(change.after)}. Nothing was written to it.",
            hint="Run the plan again, look at what changed, and apply that.",
        )
    try:
        if change.after is None:
            client.delete_bucket_cors(Bucket=bucket)
        else:
            client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": change.after["CORSRules"]})
    except (ClientError, BotoCoreError) as error:
        raise to_aws_failure(error, f"{_call(change.after)} of {bucket}") from error


def _told(config: Document | None) -> str:
    """A list of rules in a few words."""
    among = rules(config)
    if not among:
        return "no CORS rules"
    named = ", ".join(str(rule.get("ID") or "without ID") for rule in among[:5])
    more = ", …" if len(among) > 5 else ""
    return f"{len(among)} rule{'s' if len(among) != 1 else ''} ({named}{more}; {digest(config)[7:15]})"
