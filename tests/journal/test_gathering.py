"""A run becomes one object once it is over; no crash, race or refusal on the way changes what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from moto import mock_aws

from remediate.aws import Aws
from remediate.core.change_result import ApplyStatus
from remediate.core.plan import Change
from remediate.journal import JournalError, Run, Store
from remediate.journal.bucket import BucketStore
from remediate.journal.records import closed, encode, ended
from remediate.sandbox import KEYS

ACCOUNT = "123456789012"
ADDRESSES = ("s3/a", "s3/b", "s3/c")


class Bucket:
    """The journal `s3://ops/cors`, the calls that it took, and what S3 does at each."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.s3 = aws.client("s3")
        self.s3.create_bucket(Bucket="ops", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.calls: list[str] = []
        self.s3.meta.events.register("before-call.s3", self._count)

    def _count(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)

    def store(self) -> BucketStore:
        """As another process opens it."""
        return BucketStore(self.aws, "ops", "cors")

    def keys(self) -> list[str]:
        """Of the runs."""
        listed = self.s3.list_objects_v2(Bucket="ops", Prefix="cors/runs/").get("Contents", [])
        return [item["Key"].removeprefix("cors/runs/") for item in listed]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty one."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        aws = Aws(region="eu-west-1", concurrency=4)
        yield Bucket(aws)
        aws.close()


def journaled(store: Store, *, addresses: Sequence[str] = ADDRESSES, over: bool = True, ends: int = 9) -> str:
    """A run, closed or broken off, in the layout of a run that is under way."""
    changes = tuple(
        Change(address, "s3", "eu-west-1", None, {"CORSRules": []}, "r", address) for address in addresses
    )
    run = Run(
        store.new_id(),
        "2026-03-02T09:00:00+00:00",
        "me",
        "apply",
        "webapp",
        ACCOUNT,
        "c",
        changes,
        earlier={},
    )
    store.append(run.id, run.begun())
    for address in addresses[:ends]:
        store.append(run.id, ended(address, ApplyStatus.WRITTEN, ""))
    if over:
        store.append(run.id, closed(0))
    return run.id


def told(store: Store) -> list[tuple[Any, ...]]:
    """What the runs tell, wherever their records are."""
    return [(run.id, run.changes, dict(run.statuses), run.closed) for run in store.runs()]


def test_a_closed_run_becomes_one_object_and_reads_the_same(bucket: Bucket) -> None:
    store = bucket.store()
    journaled(store)
    before = told(bucket.store())
    bucket.calls.clear()
    store.gather("0001")
    assert bucket.calls == ["PutObject", *["DeleteObject"] * 4]
    assert bucket.keys() == ["0001/0000"]
    assert told(bucket.store()) == before
    bucket.calls.clear()
    assert [run.objects for run in bucket.store().read()] == [1]
    assert bucket.calls == ["ListObjectsV2", "GetObject"]


def test_a_run_that_died_is_gathered_by_another_process(bucket: Bucket) -> None:
    journaled(bucket.store(), over=False, ends=2)
    before = told(bucket.store())
    assert not before[0][3]
    bucket.store().gather("0001")
    assert bucket.keys() == ["0001/0000"]
    assert told(bucket.store()) == before
    bucket.store().gather("0001")
    assert told(bucket.store()) == before


@pytest.mark.parametrize("left", [1, 2, 3, 4])
def test_a_crash_between_the_gathered_object_and_the_deletes_leaves_the_same_run(
    bucket: Bucket, left: int
) -> None:
    store = bucket.store()
    journaled(store)
    before = told(bucket.store())
    parts = {
        key: bucket.s3.get_object(Bucket="ops", Key=f"cors/runs/{key}")["Body"].read()
        for key in bucket.keys()[1:]
    }
    store.gather("0001")
    for key, data in list(parts.items())[-left:]:
        bucket.s3.put_object(Bucket="ops", Key=f"cors/runs/{key}", Body=data)
    assert told(bucket.store()) == before
    bucket.store().gather("0001")
    assert bucket.keys() == ["0001/0000"]
    assert told(bucket.store()) == before


def test_what_a_stopped_writer_adds_to_a_gathered_run_is_read(bucket: Bucket) -> None:
    writer = bucket.store()
    journaled(writer, over=False, ends=1)
    bucket.store().gather("0001")
    writer.append("0001", ended("s3/b", ApplyStatus.FAILED, "late"))
    (run,) = bucket.store().runs()
    assert run.statuses == {"s3/a": ApplyStatus.WRITTEN, "s3/b": ApplyStatus.FAILED}
    writer.gather("0001")
    assert bucket.store().runs()[0].statuses == run.statuses
    bucket.store().gather("0001")
    assert bucket.keys() == ["0001/0000"]
    assert bucket.store().runs()[0].statuses == run.statuses


def test_a_write_that_reaches_s3_after_its_run_was_gathered_changes_nothing(bucket: Bucket) -> None:
    store = bucket.store()
    run = journaled(store, over=False, ends=1)
    store.append(run, ended("s3/a", ApplyStatus.NOT_TAKEN, ""))
    store.append(run, closed(5))
    store.gather(run)
    late = encode(ended("s3/a", ApplyStatus.WRITTEN, ""))
    bucket.s3.put_object(Bucket="ops", Key=f"cors/runs/{run}/0001", Body=late)
    assert bucket.store().runs()[0].statuses == {"s3/a": ApplyStatus.NOT_TAKEN}


def test_a_run_that_is_gathered_while_it_is_read_is_read_whole(bucket: Bucket) -> None:
    store = bucket.store()
    journaled(store)
    before = told(bucket.store())
    gone = iter([True])

    def gather_after_the_first(**_: Any) -> None:
        if next(gone, False):
            store.gather("0001")

    reader = bucket.store()
    bucket.s3.meta.events.register("after-call.s3.GetObject", gather_after_the_first)
    assert told(reader) == before


def test_where_s3_refuses_to_delete_a_run_reads_the_same(bucket: Bucket) -> None:
    store = bucket.store()
    journaled(store)
    before = told(bucket.store())

    class Response:
        status_code = 403

    def denied(**_: Any) -> tuple[Any, dict[str, Any]]:
        return Response(), {
            "Error": {"Code": "AccessDenied", "Message": "no"},
            "ResponseMetadata": {"HTTPStatusCode": 403},
        }

    bucket.s3.meta.events.register("before-call.s3.DeleteObject", denied)
    store.gather("0001")
    assert len(bucket.keys()) == 5
    assert told(bucket.store()) == before
    bucket.calls.clear()
    assert told(bucket.store()) == before
    assert bucket.calls.count("GetObject") == 1
    with pytest.raises(JournalError, match="cannot be deleted") as caught:
        bucket.store().drop(["0001"])
    assert "s3:DeleteObject" in caught.value.hint
    assert told(bucket.store()) == before


def test_dropped_runs_are_gone_and_the_ids_go_on(bucket: Bucket) -> None:
    for _ in range(3):
        journaled(bucket.store())
    bucket.store().drop(["0001", "0002"])
    assert bucket.keys()[0] == "0003/0000"
    assert bucket.store().new_id() == "0004"
    assert bucket.store().new_id("0003") == "0004"


def test_ids_of_more_than_four_digits_come_in_the_order_of_numbers(bucket: Bucket) -> None:
    for number in (1, 9998, 9999, 10000, 10001):
        store = bucket.store()
        run = Run(f"{number:04d}", "2026-03-02T09:00:00+00:00", "me", "apply", "p", ACCOUNT, "c", ())
        store.append(run.id, run.begun())
        store.append(run.id, closed(0))
    every = ["0001", "9998", "9999", "10000", "10001"]
    assert [run.id for run in bucket.store().runs()] == every
    for earlier, _ in pairwise(every):
        behind = every[every.index(earlier) + 1 :]
        assert [run.id for run in bucket.store().runs(earlier)] == behind
        assert bucket.store().new_id(earlier) == "10002"
    assert [run.id for run in bucket.store().runs("0001", "9999")] == ["9998", "9999"]
    assert [run.id for run in bucket.store().runs("9999", "10000")] == ["10000"]
