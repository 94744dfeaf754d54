"""One writer: locks of a folder, of a user's runs on one machine, and of a bucket, and what breaks them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from remediate.aws import Aws
from remediate.journal import JournalError, Locked, open_store
from remediate.journal.bucket import LEASE, BucketStore
from remediate.journal.local import LocalStore
from remediate.journal.user_state import state_folder
from remediate.sandbox import KEYS
from tests.in_process import environment

ACCOUNT = "123456789012"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Aws]:
    """An empty bucket `ops`, and a user's state folder of its own."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with mock_aws():
        aws = Aws(region="eu-west-1")
        aws.client("s3").create_bucket(
            Bucket="ops", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        yield aws


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    """No call is made; the user's state folder is the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return Aws(region="eu-west-1")


def test_two_folders_of_one_user_do_not_write_to_an_account_at_once(aws: Aws, tmp_path: Path) -> None:
    one, two = open_store(str(tmp_path / "one"), aws), open_store(str(tmp_path / "two"), aws)
    with (
        one.lease(ACCOUNT, "alice@here"),
        pytest.raises(Locked) as caught,
        two.lease(ACCOUNT, "alice@here"),
    ):
        pass
    assert f"alice@here, with its journal in {tmp_path / 'one'}" in caught.value.message
    with two.lease(ACCOUNT, "alice@here"):
        pass


def test_other_accounts_emulators_and_passes_do_not_wait(aws: Aws, tmp_path: Path) -> None:
    emulated = Aws(region="eu-west-1", endpoint_url="http://127.0.0.1:5000")
    one, two = open_store(str(tmp_path / "one"), aws), open_store(str(tmp_path / "two"), aws)
    sandbox = open_store(str(tmp_path / "three"), emulated)
    with (
        one.lease(ACCOUNT, "a"),
        two.lease("210987654321", "b"),
        sandbox.lease(ACCOUNT, "c"),
        one.lease(f"drift-{ACCOUNT}", "d"),
        two.lease(f"drift-{ACCOUNT}", "e"),
    ):
        assert "a" in one.alive(ACCOUNT)
        assert "b" in two.alive("210987654321")
        assert "c" in sandbox.alive(ACCOUNT)


def test_an_endpoint_of_aws_is_the_same_account(aws: Aws, tmp_path: Path) -> None:
    beside = Aws(region="eu-west-1", endpoint_url="https://vpce-1.sts.eu-west-1.vpce.amazonaws.com")
    one, two = open_store(str(tmp_path / "one"), aws), open_store(str(tmp_path / "two"), beside)
    with one.lease(ACCOUNT, "a"), pytest.raises(Locked), two.lease(ACCOUNT, "b"):
        pass


def test_a_run_notices_that_its_lock_was_broken_from_another_folder(aws: Aws, tmp_path: Path) -> None:
    one, two = open_store(str(tmp_path / "one"), aws), open_store(str(tmp_path / "two"), aws)
    with one.lease(ACCOUNT, "alice@here") as lease:
        assert two.alive(ACCOUNT).startswith("alice@here")
        assert two.unlock(ACCOUNT).startswith("alice@here")
        with pytest.raises(Locked):
            lease.check()


def test_the_lock_is_in_the_state_folder_of_the_user(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(str(tmp_path / "one"), aws).lease(ACCOUNT, "alice"):
        assert (tmp_path / "state" / "remediate" / "locks" / f"{ACCOUNT}.lock").exists()
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert state_folder() == tmp_path / "home" / ".local" / "state" / "remediate"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="a system without user ids has other places")
def test_without_a_home_it_is_among_the_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = tmp_path / f"remediate-{os.getuid()}"
    assert state_folder() == folder
    assert folder.stat().st_mode & 0o077 == 0
    folder.chmod(0o777)
    with pytest.raises(JournalError, match="no place for the lock") as caught:
        state_folder()
    assert "XDG_STATE_HOME" in caught.value.hint


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
def test_a_link_in_its_place_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "remediate").symlink_to(tmp_path / "theirs")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert state_folder().parent == tmp_path


HOLDER = """
import sys, time
from remediate.aws import Aws
from remediate.journal.liveness import alive_while_open
with alive_while_open(sys.argv[1]) as holder:
    import json
    print(json.dumps(holder), flush=True)
    time.sleep(600)
"""
NONCE = "0123456789abcdef0123456789abcdef"


def held_by_a_process(aws: Aws, state: Path, **changed: str) -> tuple[subprocess.Popen[str], BucketStore]:
    """A lock in the bucket that a process of this machine holds."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, NONCE],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(XDG_STATE_HOME=str(state)),
    )
    assert process.stdout is not None
    holder = json.loads(process.stdout.readline())
    until = (datetime.now(UTC) + LEASE).isoformat()
    lock: dict[str, Any] = {"owner": "alice@here, apply", "token": 7, "until": until, "nonce": NONCE}
    body = json.dumps({**lock, **holder, **changed})
    aws.client("s3").put_object(Bucket="ops", Key=f"cors/{ACCOUNT}.lock", Body=body.encode())
    return process, BucketStore(aws, "ops", "cors")


def killed(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.communicate()


def test_the_lease_of_a_killed_process_is_taken_over_at_once(bucket: Aws, tmp_path: Path) -> None:
    process, store = held_by_a_process(bucket, tmp_path / "state")
    try:
        with pytest.raises(Locked, match="alice@here"), store.lease(ACCOUNT, "bob"):
            pass
        assert "alice@here" in store.alive(ACCOUNT)
    finally:
        killed(process)
    assert store.alive(ACCOUNT) == ""
    with store.lease(ACCOUNT, "bob") as lease:
        assert lease.token == 8
    assert list((tmp_path / "state" / "remediate" / "leases").iterdir()) == []


@pytest.mark.parametrize(
    "changed", [{"host": "elsewhere"}, {"user": "somebody"}, {"alive": "/other/file"}, {"nonce": "../../x"}]
)
def test_a_lease_of_another_machine_or_user_holds_until_it_expires(
    bucket: Aws, tmp_path: Path, changed: dict[str, str]
) -> None:
    process, store = held_by_a_process(bucket, tmp_path / "state", **changed)
    killed(process)
    with pytest.raises(Locked, match="alice@here"), store.lease(ACCOUNT, "bob"):
        pass
    assert "alice@here" in store.alive(ACCOUNT)


@pytest.mark.parametrize(
    "damaged",
    [b"garbage{", b"{}", b'{"owner": "a", "token": 1, "until": "2026-03-02T09:00:00", "nonce": ""}'],
    ids=["garbage", "empty object", "time without zone"],
)
def test_unlock_clears_a_damaged_lock(bucket: Aws, damaged: bytes) -> None:
    store = BucketStore(bucket, "ops", "cors")
    bucket.client("s3").put_object(Bucket="ops", Key=f"cors/{ACCOUNT}.lock", Body=damaged)
    with pytest.raises(JournalError) as caught, store.lease(ACCOUNT, "alice"):
        pass
    assert "`remediate unlock --state s3://ops/cors` clears it" in caught.value.hint
    assert store.alive(ACCOUNT) == ""
    assert "a damaged lock" in store.unlock(ACCOUNT)
    with store.lease(ACCOUNT, "alice") as lease:
        assert lease.token > 1


def test_a_damaged_holder_of_a_folder_is_no_defect(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    with store.lease(ACCOUNT, "alice"):
        (tmp_path / f"{ACCOUNT}.holder").write_bytes(b"\xff{")
        with pytest.raises(Locked, match="does not say who"), store.lease(ACCOUNT, "bob"):
            pass
        assert "does not say who" in store.unlock(ACCOUNT)
    with store.lease(ACCOUNT, "bob") as lease:
        lease.check()


def test_a_lease_in_a_bucket_that_holds_is_alive_and_tells_until_when(bucket: Aws) -> None:
    now = [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    store = BucketStore(bucket, "ops", "cors", now=lambda: now[0])
    with store.lease(ACCOUNT, "alice@here, apply"):
        assert store.alive(ACCOUNT) == (
            "alice@here, apply (its lease in s3://ops/cors holds until 2026-03-02T09:15:00+00:00)"
        )
        now[0] += LEASE + timedelta(seconds=1)
        assert store.alive(ACCOUNT) == ""
