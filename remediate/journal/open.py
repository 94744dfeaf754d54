"""Open the journal that a plan file's `state:` names, or the one beside the plans."""

from __future__ import annotations

from pathlib import Path

from remediate.aws import Aws
from remediate.core.s3_url import is_s3_url, split_s3_url
from remediate.errors import UsageError
from remediate.journal.bucket import BucketStore
from remediate.journal.local import LocalStore
from remediate.journal.store import Store
from remediate.journal.user_state import account_lock

FOLDER = ".remediate"


def open_store(state: str, aws: Aws) -> Store:
    """`s3://bucket/prefix`, or a folder. Raises `UsageError` for an s3 URL without a bucket.

    Runs whose journals are in folders take a lock that all runs of this user on this machine share.
    """
    if not is_s3_url(state):
        return LocalStore(Path(state), lambda account: account_lock(account, aws.endpoint_host))
    bucket, prefix = split_s3_url(state)
    if not bucket:
        raise UsageError(f"state: {state} names no bucket.", hint="Write s3://bucket/prefix.")
    return BucketStore(aws, bucket, prefix)
