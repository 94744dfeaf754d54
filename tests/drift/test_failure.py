"""A pass that fails whole tells the channels; a finished one pings the heartbeat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remediate.aws import Aws
from remediate.core.notice import Channel, Message
from remediate.drift.failure import forget, record_of, report_failure
from remediate.errors import AwsFailure, RemediateError
from remediate.iam import notification_permissions
from remediate.notify import NotificationFailed, channel_kinds
from remediate.notify.heartbeat import ping
from remediate.planfile.salvage import channels_in
from remediate.render.notice import subject
from tests.cli.test_commands import KEYS, Served, plan_of, run, served
from tests.notify.saying import Answer, receiver
from tests.planfile.loading import loaded, only

__all__ = ["served"]

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HERE, AWAY = Channel("webhook", "http://127.0.0.1:1/here"), Channel("webhook", "http://127.0.0.1:1/away")
PLAN = "region: eu-west-1\norigins: [https://app.example.com]\ntargets:\n  - s3: webapp-uploads\n"
DEAD = AwsFailure("The endpoint does not answer.", hint="Check the network.", code="Dead", operation="x")


class Sent:
    """Channels of which one does not take what it is sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def __call__(self, _aws: Aws, channel: Channel, message: Message) -> None:
        if channel == AWAY:
            raise NotificationFailed("webhook 127.0.0.1:1: Connection refused")
        self.messages.append(message)


def told(sent: Sent, record: Path | None, error: RemediateError = DEAD, now: datetime = NOW) -> list[str]:
    return report_failure(
        Aws(region="eu-west-1"),
        sent,
        [HERE, AWAY],
        error,
        plan_names=("webapp",),
        account="123456789012",
        now=now,
        record=record,
    )


def test_a_failed_pass_is_told_once_per_reason_and_again_after_a_day(tmp_path: Path) -> None:
    sent, record = Sent(), record_of(tmp_path, ["plans"])
    assert told(sent, record) == ["Not told of the failure: webhook 127.0.0.1:1: Connection refused"]
    assert told(sent, record, now=NOW + timedelta(hours=23)) == []
    (message,) = sent.messages
    assert "the unattended pass failed" in subject(message)
    assert message.notices[0].done.startswith("Nothing was looked at or corrected. The endpoint does not")
    told(sent, record, RemediateError("Another reason."), now=NOW + timedelta(hours=23))
    assert len(sent.messages) == 2
    told(sent, record, RemediateError("Another reason."), now=NOW + timedelta(hours=47))
    assert len(sent.messages) == 3
    forget(record)
    told(sent, record, RemediateError("Another reason."), now=NOW + timedelta(hours=47))
    assert len(sent.messages) == 4


def test_a_record_that_cannot_be_kept_is_a_note_and_hides_no_error(tmp_path: Path) -> None:
    occupied = tmp_path / "failures"
    occupied.write_text("a file where a folder should be", encoding="utf-8")
    sent, record = Sent(), record_of(tmp_path, ["plans"])
    notes = told(sent, record)
    assert [note for note in notes if note.startswith("The next failed pass will tell of it once more")]
    assert len(sent.messages) == 1
    forget(record)


def test_where_nothing_can_be_kept_it_is_told_every_time() -> None:
    sent = Sent()
    told(sent, None)
    told(sent, None)
    assert len(sent.messages) == 2


def test_the_channels_of_a_broken_plan_file_are_found(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    topic = "arn:aws:sns:eu-west-1:123456789012:ops"
    path.write_text(
        f"version: 2\nnmae: x\nnotify:\n  - sns: {topic}\n  - webhook: env:HOOK\n    secret: env:KEY\n"
        "  - slack: https://hooks.slack.com/services/secret\n  - pigeon: loft\n"
    )
    (tmp_path / "q.yaml").write_text("a: [")
    assert channels_in([tmp_path], channel_kinds()) == [
        Channel("sns", topic),
        Channel("webhook", "env:HOOK", "env:KEY"),
    ]


def test_the_job_tells_of_a_broken_plan_file_and_of_a_dead_endpoint(tmp_path: Path) -> None:
    with receiver(*[Answer(200)] * 2) as server:
        surroundings = {
            **KEYS,
            "HOOK": server.url,
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_MAX_ATTEMPTS": "1",
            "XDG_STATE_HOME": str(tmp_path / "state"),
        }
        path = plan_of(tmp_path, PLAN + "notify: [{webhook: env:HOOK}]\nsurprise: 1\n")
        for _ in range(2):
            done = run("drift", path, **surroundings)
            assert (done.returncode, "surprise" in done.stderr) == (1, True), done.stderr
        assert len(server.got) == 1
        path = plan_of(tmp_path, PLAN + "notify: [{webhook: env:HOOK}]\n")
        assert run("drift", path, **surroundings).returncode == 1
        assert len(server.got) == 2
    assert b"surprise" in server.got[0].body
    assert b'"kind": "failed"' in server.got[1].body


def test_each_finished_pass_pings_and_a_failed_one_does_not(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN + "heartbeat: env:BEAT\n")
    with receiver(*[Answer(200)] * 2) as server:
        secret = f"{server.url}/beat/s3cr3t"
        assert served.run("drift", path, BEAT=secret).returncode == 2
        assert served.run("drift", "--target", "s3/*", path, BEAT=secret).returncode == 2
        dead = {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
        assert run("drift", path, BEAT=secret, **dead).returncode == 1
        assert [got.path for got in server.got] == ["/beat/s3cr3t"]
    assert b"remediate.heartbeat/1" in server.got[0].body
    assert b"webapp-uploads" not in server.got[0].body
    gone = served.run("drift", path, BEAT="http://127.0.0.1:1/beat/s3cr3t")
    assert gone.returncode == 2
    assert "The heartbeat of env:BEAT was not sent: 127.0.0.1:1: " in gone.stderr
    assert "s3cr3t" not in gone.stderr + gone.stdout


def test_a_heartbeat_that_is_no_url_is_named_by_its_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAT", "s3cr3t")
    monkeypatch.delenv("NONE", raising=False)
    notes = ping(Aws(region="eu-west-1"), ["env:BEAT", "env:NONE", "env:BEAT"], {})
    assert len(notes) == 2
    assert "the value of env:BEAT is not an https URL" in notes[0]
    assert "the environment variable NONE is not set" in notes[1]
    assert "s3cr3t" not in "".join(notes)


def test_a_plan_file_holds_no_url_of_a_heartbeat(tmp_path: Path) -> None:
    text = "version: 1\nname: a\n" + PLAN
    assert loaded(tmp_path, text + "heartbeat: env:BEAT\n").heartbeat == "env:BEAT"
    only(tmp_path, text + "heartbeat: https://x.example/s\n", "7:12", "must not hold a secret", "env:NAME")


def test_the_policy_lets_the_job_read_the_heartbeat(tmp_path: Path) -> None:
    file = loaded(tmp_path, "version: 1\nname: a\n" + PLAN + "heartbeat: ssm:/ops/beat\n")
    (permission,) = notification_permissions([file], [], "123456789012")
    assert permission.actions == ("ssm:GetParameter",)
    assert permission.resources == ("arn:aws:ssm:*:123456789012:parameter/ops/beat",)
