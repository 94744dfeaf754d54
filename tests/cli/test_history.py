"""`history` and `unlock` as a person calls them: the last runs, old runs, and leases in a bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from remediate.aws import Aws
from remediate.core.change_result import ApplyStatus
from remediate.core.plan import Change
from remediate.journal import Locked, Run, Store
from remediate.journal.bucket import BucketStore
from remediate.journal.local import LocalStore
from remediate.journal.records import closed, ended
from remediate.sandbox import KEYS
from tests.in_process import Completed, run

ACCOUNT = "123456789012"
STATE = "s3://ops/cors"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An embedded AWS with the bucket of a journal."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        aws = Aws(region="eu-west-1")
        aws.client("s3").create_bucket(
            Bucket="ops", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        yield aws


def called(*arguments: str) -> Completed:
    return run(*arguments, **{**KEYS, "AWS_REGION": "eu-west-1"})


def journaled(store: Store, month: int, address: str = "s3/a") -> None:
    """A closed run of that month."""
    change = Change(address, "s3", "eu-west-1", None, {"CORSRules": []}, "r", address)
    when = f"2026-{month:02d}-02T09:00:00+00:00"
    this = Run(store.new_id(), when, "me", "apply", "webapp", ACCOUNT, "c", (change,), earlier={})
    store.append(this.id, this.begun())
    store.append(this.id, ended(address, ApplyStatus.WRITTEN, ""))
    store.append(this.id, closed(0))


def listed(*arguments: str) -> list[str]:
    done = called("history", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [entry["id"] for entry in json.loads(done.stdout)["runs"]]


def test_the_last_runs(tmp_path: Path) -> None:
    for month in (1, 2, 3):
        journaled(LocalStore(tmp_path), month)
    assert listed("--state", str(tmp_path), "--last", "2") == ["0002", "0003"]
    assert listed("--state", str(tmp_path), "--last", "9") == ["0001", "0002", "0003"]
    text = called("history", "--state", str(tmp_path), "--last", "1").stdout
    assert "0003  2026-03-02" in text
    assert "0002" not in text


def test_old_runs_are_deleted_only_with_a_yes(tmp_path: Path) -> None:
    state = str(tmp_path)
    for month in (1, 2, 3):
        journaled(LocalStore(tmp_path), month)
    refused = called("history", "--state", state, "--drop-older-than", "1d")
    assert refused.returncode == 1
    assert "Nothing was deleted" in refused.stderr
    assert "--yes" in refused.stderr
    wrong = called("history", "--state", state, "--drop-older-than", "soon", "--yes")
    assert wrong.returncode == 1
    assert "--drop-older-than: " in wrong.stderr
    assert listed("--state", state) == ["0001", "0002", "0003"]
    assert listed("--state", state, "--drop-older-than", "1d", "--yes") == ["0003"]
    again = called("history", "--state", state, "--drop-older-than", "1d", "--yes")
    assert "No run is older" in again.stderr


def test_a_lease_in_a_bucket_is_broken_only_with_a_yes(aws: Aws) -> None:
    store = BucketStore(aws, "ops", "cors")
    with store.lease(ACCOUNT, "alice@laptop as arn:aws:iam::1:user/alice, apply, since 09:00") as lease:
        refused = called("unlock", "--state", STATE)
        assert refused.returncode == 1
        assert "alice@laptop as arn:aws:iam::1:user/alice, apply, since 09:00" in refused.stderr
        assert "--yes" in refused.stderr
        lease.check()
        assert called("unlock", "--state", STATE, "--yes").returncode == 0
        with pytest.raises(Locked):
            lease.check()
    assert "nobody held" in called("unlock", "--state", STATE).stdout


def test_a_damaged_lock_is_reported_and_cleared(aws: Aws) -> None:
    aws.client("s3").put_object(Bucket="ops", Key=f"cors/{ACCOUNT}.lock", Body=b"garbage{")
    cleared = called("unlock", "--state", STATE)
    assert cleared.returncode == 0, cleared.stderr
    assert f"a damaged lock (s3://ops/cors/{ACCOUNT}.lock)" in cleared.stdout
    with BucketStore(aws, "ops", "cors").lease(ACCOUNT, "bob") as lease:
        lease.check()


@pytest.mark.parametrize(
    "record",
    [b"00000000 \n", b"0d4cbb29 []\n"],
    ids=["nothing", "no object"],
)
def test_a_damaged_record_is_no_defect(tmp_path: Path, record: bytes) -> None:
    store = LocalStore(tmp_path)
    journaled(store, 1)
    path = tmp_path / "runs" / "0001.jsonl"
    path.write_bytes(record + path.read_bytes())
    done = called("history", "--state", str(tmp_path))
    assert done.returncode == 1
    assert "is not as it was written" in done.stderr
    assert f"mv {path} {path}.damaged" in done.stderr.replace("\n", " ")


def test_a_record_of_another_form_is_no_defect(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.append("0001", {"record": "begun", "format": "remediate.run/1"})
    done = called("history", "--state", str(tmp_path))
    assert done.returncode == 1
    assert "is not as it was written" in done.stderr
    assert "defect" not in done.stderr
