"""Both kinds of journal keep the same promises: a folder, and a bucket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from remediate.aws import Aws
from remediate.core.change_result import ApplyStatus
from remediate.core.plan import Change
from remediate.errors import UsageError
from remediate.journal import JournalError, Locked, Run, Store, decode, encode, open_store
from remediate.journal.bucket import LEASE, BucketStore
from remediate.journal.local import LocalStore
from remediate.journal.records import closed, ended
from remediate.sandbox import KEYS

ACCOUNT = "123456789012"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.fixture(params=["folder", "bucket"])
def open_it(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Store]]:
    """Opens the same journal again, as another process would."""
    if request.param == "folder":
        yield lambda: LocalStore(tmp_path / ".remediate")
        return
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        aws = Aws(region="eu-west-1")
        aws.client("s3").create_bucket(
            Bucket="ops", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        yield lambda: open_store("s3://ops/cors", aws)


def change(address: str) -> Change:
    return Change(address, "s3", "eu-west-1", None, {"CORSRules": []}, "r", address)


def journaled(store: Store, *, end: bool = True) -> str:
    run = Run(
        store.new_id(),
        "2026-03-02T09:00:00+00:00",
        "me",
        "apply",
        ("webapp",),
        ACCOUNT,
        "c",
        (change("s3/a"),),
    )
    store.append(run.id, run.begun())
    if end:
        store.append(run.id, ended("s3/a", ApplyStatus.WRITTEN, ""))
        store.append(run.id, closed(0))
    return run.id


def test_runs_come_back_in_order_and_whole(open_it: Callable[[], Store]) -> None:
    assert open_it().runs() == []
    ids = [journaled(open_it()) for _ in range(3)]
    assert ids == ["0001", "0002", "0003"]
    runs = open_it().runs()
    assert [run.id for run in runs] == ids
    assert all(run.statuses == {"s3/a": ApplyStatus.WRITTEN} and not run.interrupted for run in runs)


def test_only_the_runs_behind_a_known_one_are_read(open_it: Callable[[], Store]) -> None:
    for _ in range(3):
        journaled(open_it())
    assert [run.id for run in open_it().runs("0001")] == ["0002", "0003"]
    assert open_it().runs("0003") == []


def test_a_run_that_broke_off_says_so(open_it: Callable[[], Store]) -> None:
    journaled(open_it(), end=False)
    (run,) = open_it().runs()
    assert run.interrupted
    assert run.statuses == {}


def test_what_is_kept_is_replaced_as_a_whole(open_it: Callable[[], Store]) -> None:
    assert open_it().note("drift") == {}
    open_it().keep("drift", {"a": "ä", "b": [1]})
    open_it().keep("drift", {"a": 2})
    assert open_it().note("drift") == {"a": 2}
    assert open_it().runs() == []


def test_one_writer_at_a_time_and_tokens_grow(open_it: Callable[[], Store]) -> None:
    with open_it().lease(ACCOUNT, "alice") as first:
        first.check()
        with pytest.raises(Locked, match="alice"), open_it().lease(ACCOUNT, "bob"):
            pass
        with open_it().lease("210987654321", "bob"):
            pass
    with open_it().lease(ACCOUNT, "bob") as second:
        assert second.token > first.token


def test_a_lock_that_was_given_back_is_held_by_nobody(open_it: Callable[[], Store]) -> None:
    with open_it().lease(ACCOUNT, "alice"):
        pass
    assert open_it().unlock(ACCOUNT) == ""


def test_a_broken_lock_is_noticed_by_whoever_held_it(open_it: Callable[[], Store]) -> None:
    with open_it().lease(ACCOUNT, "alice") as lease:
        assert "alice" in open_it().unlock(ACCOUNT)
        with pytest.raises(Locked):
            lease.check()
    assert open_it().unlock(ACCOUNT) == ""


def test_a_folder_knows_whether_the_holder_is_running(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ".remediate")
    assert store.alive(ACCOUNT) == ""
    with store.lease(ACCOUNT, "alice"):
        assert store.alive(ACCOUNT) == "alice"
    assert store.alive(ACCOUNT) == ""


def test_a_folder_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ".remediate")
    journaled(store)
    store.keep("drift", {"a": 1})
    for path in [tmp_path / ".remediate", *(tmp_path / ".remediate").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_torn_last_record_is_left_out_and_takes_no_later_one_with_it(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ".remediate")
    run = journaled(store, end=False)
    path = tmp_path / ".remediate" / "runs" / f"{run}.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + encode(ended("s3/a", ApplyStatus.WRITTEN, ""))[:20])
    (torn,) = store.runs()
    assert torn.torn
    assert torn.statuses == {}
    store.append(run, ended("s3/a", ApplyStatus.FAILED, "no"))
    assert store.runs()[0].statuses == {"s3/a": ApplyStatus.FAILED}


def test_a_record_that_lost_only_its_newline_stays(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ".remediate")
    run = journaled(store, end=False)
    path = tmp_path / ".remediate" / "runs" / f"{run}.jsonl"
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    store.append(run, ended("s3/a", ApplyStatus.WRITTEN, ""))
    assert store.runs()[0].statuses == {"s3/a": ApplyStatus.WRITTEN}


@pytest.mark.parametrize("kept", [0, 5, 9, 40])
def test_a_run_whose_first_record_was_cut_off_wrote_nothing_and_is_passed_over(
    tmp_path: Path, kept: int
) -> None:
    store = LocalStore(tmp_path / ".remediate")
    first, second = journaled(store), journaled(store, end=False)
    path = tmp_path / ".remediate" / "runs" / f"{second}.jsonl"
    path.write_bytes(path.read_bytes()[:kept])
    assert [run.id for run in store.runs()] == [first]


def _garbled(data: bytes, number: int) -> bytes:
    lines = data.splitlines(keepends=True)
    lines[number] = b"garbage{\n"
    return b"".join(lines)


@pytest.mark.parametrize(
    "damaged",
    [
        lambda data: _garbled(data, 0),
        lambda data: _garbled(data, 1),
        lambda data: data.split(b"\n", 1)[1],
        lambda _data: b"[]\n",
        lambda _data: b"\x00\xff\x00",
        lambda _data: encode({"record": "begun", "format": "remediate.run/2"}),
    ],
    ids=["first", "middle", "without first", "json", "binary", "other format"],
)
def test_a_damaged_run_is_an_error_and_not_no_run(tmp_path: Path, damaged: Callable[[bytes], bytes]) -> None:
    store = LocalStore(tmp_path / ".remediate")
    journaled(store)
    path = tmp_path / ".remediate" / "runs" / "0001.jsonl"
    path.write_bytes(damaged(path.read_bytes()))
    with pytest.raises(JournalError) as caught:
        store.runs()
    assert str(path) in caught.value.message
    assert "move it away" in caught.value.hint


def test_a_damaged_run_in_a_bucket_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        aws = Aws(region="eu-west-1")
        aws.client("s3").create_bucket(
            Bucket="ops", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        store = BucketStore(aws, "ops", "cors")
        journaled(store)
        aws.client("s3").put_object(Bucket="ops", Key="cors/runs/0001/0000", Body=b"garbage{\n")
        with pytest.raises(JournalError, match="s3://ops/cors/runs/0001"):
            BucketStore(aws, "ops", "cors").runs()


OBJECTS: dict[str, tuple[str, Callable[[BucketStore], object]]] = {
    "the only record": ("cors/runs/0001/0000", lambda store: store.runs()),
    "a record": ("cors/runs/0001/0001", lambda store: store.runs()),
    "a record after a known run": ("cors/runs/0002/0000", lambda store: store.runs("0001")),
    "a note": ("cors/drift.json", lambda store: store.note("drift")),
    "a lock": (f"cors/{ACCOUNT}.lock", lambda store: store.lease(ACCOUNT, "bob").__enter__()),
}


@pytest.mark.parametrize("data", [b"", b"null", b"<html></html>", b"00000000 {", b"{}"])
@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_that_is_not_as_it_was_written_is_not_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, data: bytes
) -> None:
    for variable, value in KEYS.items():
        monkeypatch.setenv(variable, value)
    key, read = OBJECTS[name]
    with mock_aws():
        aws = Aws(region="eu-west-1")
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="ops", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        store = BucketStore(aws, "ops", "cors")
        for _ in range(2):
            journaled(store)
        store.keep("drift", {"a": 1})
        with store.lease(ACCOUNT, "alice"):
            pass
        s3.put_object(Bucket="ops", Key=key, Body=data)
        with pytest.raises(JournalError) as caught:
            read(BucketStore(aws, "ops", "cors"))
    assert f"s3://ops/{key} is not as it was written" in caught.value.message
    command = "remediate unlock --state s3://ops/cors" if name == "a lock" else f"aws s3 mv s3://ops/{key} "
    assert command in caught.value.hint


class _Nothing(BytesIO):
    def stream(self) -> list[bytes]:
        return []


def test_a_404_that_is_not_of_s3_does_not_say_that_there_is_no_journal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(request: AWSRequest, **_: object) -> AWSResponse:
        return AWSResponse(request.url, 404, {"Content-Length": "0"}, _Nothing())

    for variable, value in KEYS.items():
        monkeypatch.setenv(variable, value)
    aws = Aws(region="eu-west-1")
    store = BucketStore(aws, "ops", "cors")
    aws.client("s3").meta.events.register("before-send", missing)
    with pytest.raises(JournalError, match="s3:GetObject"):
        store.note("drift")


def test_a_folder_in_the_place_of_a_run_is_to_be_moved_away(tmp_path: Path) -> None:
    (tmp_path / "runs" / "0007.jsonl").mkdir(parents=True)
    with pytest.raises(JournalError) as caught:
        LocalStore(tmp_path).runs()
    assert caught.value.hint.startswith("Move away")


def test_a_note_that_was_edited_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ".remediate")
    store.keep("drift", {"a": 1})
    path = tmp_path / ".remediate" / "drift.json"
    path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    with pytest.raises(JournalError) as caught:
        store.note("drift")
    assert str(path) in caught.value.message
    assert "Remove it" in caught.value.hint


def test_in_a_bucket_a_crashed_holder_blocks_until_the_lock_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    now = [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    with mock_aws():
        aws = Aws(region="eu-west-1")
        aws.client("s3").create_bucket(
            Bucket="ops", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        stores = [BucketStore(aws, "ops", "cors", now=lambda: now[0]) for _ in range(2)]
        with stores[0].lease(ACCOUNT, "alice") as gone:
            now[0] += LEASE - timedelta(seconds=1)
            with pytest.raises(Locked, match="alice"), stores[1].lease(ACCOUNT, "bob"):
                pass
            now[0] += timedelta(seconds=2)
            with stores[1].lease(ACCOUNT, "bob") as taken:
                assert taken.token == gone.token + 1
                with pytest.raises(Locked):
                    gone.check()
        lock = json.loads(
            aws.client("s3").get_object(Bucket="ops", Key=f"cors/{ACCOUNT}.lock")["Body"].read()
        )
        assert lock["owner"] == "bob"


def test_a_state_that_names_no_bucket_is_refused() -> None:
    with pytest.raises(UsageError, match="names no bucket"):
        open_store("s3://", Aws(region="eu-west-1"))


@given(st.lists(st.dictionaries(st.text(), JSON), max_size=4), st.integers(min_value=0, max_value=400))
def test_records_come_back_and_what_is_cut_is_only_the_last(
    records: list[dict[str, object]], cut: int
) -> None:
    lines = [encode(record) for record in records]
    data = b"".join(lines)
    assert decode(data) == (records, False)
    intact = data[: max(0, len(data) - cut)]
    decoded, torn = decode(intact)
    whole = 0
    while whole < len(lines) and len(b"".join(lines[: whole + 1])) <= len(intact):
        whole += 1
    # A record that only lost its newline is whole.
    assert decoded == records[: len(decoded)]
    assert whole <= len(decoded) <= whole + 1
    assert torn is (intact != b"" and not intact.endswith(b"\n"))
