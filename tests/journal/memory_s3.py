# ruff: noqa: N803, N806 - the names are boto3's
"""S3's objects in memory, as a journal uses them: conditional writes, reads, lists by page, deletes.

Conditions: S3 user guide, "Conditional writes": `If-None-Match: *` fails with 412 where an object is
there, `If-Match` with 412 where it is another and with 404 where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import Any, cast

from botocore.exceptions import ClientError

from remediate.aws import Aws
from remediate.journal.bucket import BucketStore

PAGE = 1000


def error(code: str, status: int, operation: str) -> ClientError:
    """S3's answer, as botocore raises it."""
    answer: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


@dataclass
class MemoryS3:
    """One bucket, which all clients share; `calls` are the names of the operations."""

    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    versions: Iterator[int] = field(default_factory=count)

    def put_object(
        self, *, Key: str, Body: bytes, IfNoneMatch: str = "", IfMatch: str = "", Bucket: str = ""
    ) -> dict[str, Any]:
        """Create or replace."""
        del Bucket
        self.calls.append("PutObject")
        etag = self.objects.get(Key, (b"", ""))[1]
        if IfMatch and not etag:
            raise error("NoSuchKey", 404, "PutObject")
        if (IfNoneMatch and etag) or (IfMatch and IfMatch != etag):
            raise error("PreconditionFailed", 412, "PutObject")
        self.objects[Key] = (Body, f'"{next(self.versions)}"')
        return {"ETag": self.objects[Key][1]}

    def get_object(self, *, Key: str, Bucket: str = "") -> dict[str, Any]:
        """The bytes as a stream."""
        del Bucket
        self.calls.append("GetObject")
        if Key not in self.objects:
            raise error("NoSuchKey", 404, "GetObject")
        data, etag = self.objects[Key]
        return {"Body": BytesIO(data), "ETag": etag}

    def get_paginator(self, name: str) -> MemoryS3:
        """Of the one operation that has pages."""
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Prefix: str, StartAfter: str = "", Bucket: str = "") -> Iterator[dict[str, Any]]:
        """Up to 1,000 keys a page, in the order of UTF-8 bytes."""
        del Bucket
        while True:
            self.calls.append("ListObjectsV2")
            keys = sorted(key for key in self.objects if key.startswith(Prefix) and key > StartAfter)
            yield {"Contents": [{"Key": key} for key in keys[:PAGE]]}
            if len(keys) <= PAGE:
                return
            StartAfter = keys[PAGE - 1]

    def delete_object(self, *, Key: str, Bucket: str = "") -> dict[str, Any]:
        """Without a word where it is not there."""
        del Bucket
        self.calls.append("DeleteObject")
        self.objects.pop(Key, None)
        return {}


class OneClient:
    """What a store needs of `Aws`: a client, and work that is done one item after the other."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def client(self, service: str) -> Any:
        """The bucket's."""
        assert service == "s3"
        return self._client

    def map_concurrently(self, work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        """In their order."""
        return map(work, items)


def store_in(client: Any, **more: Any) -> BucketStore:
    """The journal `s3://ops/cors` behind that client."""
    return BucketStore(cast("Aws", OneClient(client)), "ops", "cors", **more)
