"""The objects of a journal in a bucket: conditional writes, reads that tell damage, lists, deletes.

S3 PutObject with `If-None-Match: *` creates or fails, with `If-Match` replaces just what was read
(S3 user guide, "Conditional writes"). A list shows every write that ended before it (S3 user guide,
"Amazon S3 data consistency model").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from remediate.answers import UnusableAnswer
from remediate.aws import Aws, BotoCoreError, ClientError, error_code, read_stream, to_aws_failure
from remediate.errors import AwsFailure
from remediate.journal.store import JournalError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
"""S3's own words. A 404 without them may come from anything on the way, and an object may be there."""
_REFUSED = frozenset({"AccessDenied", "MethodNotAllowed", "InvalidRequest"})


class Objects:
    """The objects below `s3://bucket/prefix`; keys are given without the prefix."""

    def __init__(self, aws: Aws, bucket: str, prefix: str) -> None:
        self._client: S3Client = aws.client("s3")
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/".removeprefix("/")

    def url(self, key: str) -> str:
        """Return the object's address, for people."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def put(
        self, key: str, data: bytes, *, match: str | None = None, absent: bool = False, clear: str = ""
    ) -> str | None:
        """Return the new ETag, None where the condition did not hold. Raises `JournalError`.

        A condition that fails because the first sending was carried out and its answer lost has
        held: the object is as it was sent. What is put under a condition is unlike anything else.
        """
        condition: Any = {"IfNoneMatch": "*"} if absent else {"IfMatch": match} if match else {}
        try:
            answer = self._client.put_object(
                Bucket=self._bucket, Key=self._prefix + key, Body=data, **condition
            )
        except (ClientError, BotoCoreError) as error:
            if condition and error_code(error) in _LOST:
                stored, etag = self.get(key, clear=clear)
                return etag if stored == data else None
            raise _explained(to_aws_failure(error, f"s3:PutObject of {self.url(key)}")) from error
        return answer["ETag"]

    def get(self, key: str, whole: Callable[[bytes], bool] = bool, clear: str = "") -> tuple[bytes, str]:
        """Return the object and its ETag, both empty where S3 says that there is none.

        No object of a journal is empty, and S3 keeps objects whole or not at all: anything else is an
        answer that was changed on the way, or an object that was damaged. That raises `JournalError`,
        whose hint names the command that clears it, `clear` where there is one.
        """
        try:
            data, answer = read_stream(
                lambda: self._client.get_object(Bucket=self._bucket, Key=self._prefix + key),
                "Body",
                whole=whole,
            )
        except UnusableAnswer as error:
            url = self.url(key)
            step = (
                f"Put it back from a backup, or move it away (`aws s3 mv {url} {url}.damaged`): then what "
                "it held is lost, and what a run brought counts as somebody else's."
            )
            raise JournalError(
                f"{url} is not as it was written: {error}.",
                hint="Run it again. If it stays so, the object was edited or damaged, or something between "
                f"here and S3 changes answers. {f'`{clear}` clears it.' if clear else step}",
            ) from error
        except (ClientError, BotoCoreError) as error:
            if error_code(error) in _LOST:
                return b"", ""
            raise _explained(to_aws_failure(error, f"s3:GetObject of {self.url(key)}")) from error
        return data, str(answer["ETag"])

    def keys(self, below: str, after: str = "") -> Iterator[str]:
        """Return the keys that begin with `below`, those behind `after` in the order of UTF-8 bytes.

        A page of up to 1,000 keys is asked for when it is needed.
        """
        start: Any = {"StartAfter": self._prefix + after} if after else {}
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + below, **start
            ):
                for item in page.get("Contents", []):
                    yield item["Key"].removeprefix(self._prefix)
        except (ClientError, BotoCoreError) as error:
            raise _explained(to_aws_failure(error, f"s3:ListBucket of s3://{self._bucket}")) from error

    def delete(self, keys: Sequence[str]) -> bool:
        """Delete the objects; False where S3 refuses that to these credentials or for this bucket."""
        for key in keys:
            try:
                self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)
            except (ClientError, BotoCoreError) as error:
                if error_code(error) in _REFUSED:
                    return False
                failure = to_aws_failure(error, f"s3:DeleteObject of {self.url(key)}")
                raise _explained(failure) from error
        return True


def _explained(error: AwsFailure) -> JournalError:
    return JournalError(
        f"The journal cannot be used: {error.message}",
        hint=error.hint or "Check `state:` in the plan. Without a journal nothing is written to AWS.",
    )
