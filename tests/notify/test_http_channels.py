"""Slack, Teams and webhooks: what a receiver gets, byte by byte."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from remediate.aws import Aws
from remediate.core.notice import Channel, Message
from remediate.notify import NotificationFailed, send
from tests.notify.saying import DRIFT, OVER, Answer, Receiver, message, receiver

SECRET = "k3y"
HOSTILE = replace(
    DRIFT,
    label="<!channel> & <https://evil.example|click>",
    changed=("+ ``` *bold* <@U1> & \x1b[31m", "- [a](https://evil.example) **b**"),
    who="\u202eecila",
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        aws = Aws(region="eu-west-1")
        yield aws
        aws.close()


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as taking:
        yield taking


def posted(server: Receiver) -> Any:
    (got,) = server.got
    assert got.headers["content-type"] == "application/json"
    return json.loads(got.body)


def test_slack_gets_a_header_and_a_block_a_notice(aws: Aws, server: Receiver) -> None:
    send(aws, Channel("slack", server.url), message(DRIFT, OVER))
    payload = posted(server)
    assert payload["text"] == (
        "remediate: s3/uploads was changed outside remediate, and was not corrected "
        "(2 resources: 1 not corrected, 1 as planned again; account 123456789012)"
    )
    header, first, second, foot = payload["blocks"]
    assert header == {
        "type": "header",
        "text": {"type": "plain_text", "text": payload["text"], "emoji": False},
    }
    assert first["type"] == "section"
    assert first["text"]["type"] == "mrkdwn"
    for word in (DRIFT.address, *DRIFT.changed, DRIFT.since, DRIFT.who, DRIFT.done, DRIFT.look):
        assert word in first["text"]["text"]
    assert OVER.address in second["text"]["text"]
    assert "123456789012" in foot["text"]["text"]


def test_slack_reads_nothing_into_what_others_wrote(aws: Aws, server: Receiver) -> None:
    send(aws, Channel("slack", server.url), message(HOSTILE))
    text = posted(server)["blocks"][1]["text"]["text"]
    assert "<" not in text
    assert ">" not in text
    assert "&lt;!channel&gt; &amp; " in text
    assert text.count("```") == 2
    assert text.endswith("```")
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_slack_takes_3000_characters_a_block_and_50_blocks(aws: Aws, server: Receiver) -> None:
    long = replace(DRIFT, changed=tuple("&" * 2000 for _ in range(30)))
    many = [replace(DRIFT, id=str(number), address=f"s3/b-{number}") for number in range(70)]
    send(aws, Channel("slack", server.url), message(long, *many))
    blocks = posted(server)["blocks"]
    assert len(blocks) == 50
    assert all(len(block["text"]["text"]) <= 3000 for block in blocks)
    assert "… and 23 more;" in blocks[-1]["text"]["text"]


def test_teams_gets_an_adaptive_card(aws: Aws, server: Receiver) -> None:
    """As the workflow's trigger expects it; a MessageCard it does not understand."""
    send(aws, Channel("teams", server.url), message(DRIFT, OVER))
    payload = posted(server)
    assert payload["type"] == "message"
    (attachment,) = payload["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert card["type"] == "AdaptiveCard"
    assert card["version"] == "1.4"
    texts = [run["text"] for block in card["body"] for run in block["inlines"]]
    for word in (DRIFT.address, *DRIFT.changed, DRIFT.since, DRIFT.who, DRIFT.done, DRIFT.look, OVER.address):
        assert any(word in text for text in texts), word


def test_teams_reads_no_markdown_into_what_others_wrote(aws: Aws, server: Receiver) -> None:
    send(aws, Channel("teams", server.url), message(HOSTILE))
    blocks = posted(server)["attachments"][0]["content"]["body"]
    assert {block["type"] for block in blocks} == {"RichTextBlock"}
    assert {run["type"] for block in blocks for run in block["inlines"]} == {"TextRun"}


def test_teams_takes_28_kb(aws: Aws, server: Receiver) -> None:
    many = [replace(DRIFT, id=str(number), address=f"s3/b-{number}") for number in range(300)]
    send(aws, Channel("teams", server.url), message(*many))
    assert len(server.got[0].body) < 28_000
    blocks = posted(server)["attachments"][0]["content"]["body"]
    shown = sum(block["inlines"][0]["text"].startswith("s3/b-") for block in blocks)
    assert shown > 5
    assert any(f"… and {300 - shown} more;" in block["inlines"][0]["text"] for block in blocks)


def test_a_webhook_gets_the_document(aws: Aws, server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    sent = message(DRIFT, OVER)
    channel = Channel("webhook", f"{server.url}/hook", secret="env:HOOK_SECRET")
    send(aws, channel, sent, clock=lambda: 1_763_000_000.9)
    assert posted(server) == sent.as_json()
    (got,) = server.got
    stamp, _, given = got.headers["x-remediate-signature"].partition(",")
    assert stamp == "t=1763000000"
    expected = hmac.new(b"k3y", b"1763000000." + got.body, hashlib.sha256).hexdigest()
    assert given == f"v1={expected}"


def test_a_secret_of_any_bytes(aws: Aws, server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "\udcff")
    send(aws, Channel("webhook", server.url, secret="env:HOOK_SECRET"), message(), clock=lambda: 5.0)
    (got,) = server.got
    expected = hmac.new(b"\xff", b"5." + got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-remediate-signature"] == f"t=5,v1={expected}"


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
def test_nothing_to_tell(aws: Aws, server: Receiver, kind: str) -> None:
    send(aws, Channel(kind, server.url), Message("123456789012", "2026-11-22T11:00:05Z", []))
    assert server.got == []


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
def test_any_text_can_be_sent(aws: Aws, server: Receiver, kind: str) -> None:
    odd = replace(DRIFT, label="\ud800", changed=("\x00\u2028\ud83d", "é" * 50), who="\udcff")
    send(aws, Channel(kind, server.url), message(odd))
    assert posted(server)


def test_what_comes_twice_has_the_same_id(aws: Aws) -> None:
    with receiver(Answer(0, cut=True), Answer(200)) as server:
        channel = Channel("webhook", server.url)
        send(aws, channel, message(DRIFT), sleep=lambda _: None)
        send(aws, channel, message(DRIFT))
        send(aws, channel, message(OVER))
    first, again, anew, different = (got.headers["x-remediate-id"] for got in server.got)
    assert first == again == anew
    assert different != first


def test_without_a_secret_nothing_is_signed(aws: Aws, server: Receiver) -> None:
    send(aws, Channel("webhook", server.url), message())
    assert "x-remediate-signature" not in server.got[0].headers


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
def test_a_reference_to_the_environment(
    aws: Aws, server: Receiver, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A line end at the end comes with many a way of setting a variable."""
    monkeypatch.setenv("WHERE", f"{server.url}/s3cr3t\n")
    send(aws, Channel(kind, "env:WHERE"), message())
    assert server.got[0].path == "/s3cr3t"


def test_references_to_systems_manager(aws: Aws, server: Receiver) -> None:
    ssm: Any = aws.client("ssm")
    ssm.put_parameter(Name="/ops/hook", Value=f"{server.url}/s3cr3t", Type="SecureString")
    ssm.put_parameter(Name="key", Value=SECRET, Type="SecureString")
    send(aws, Channel("webhook", "ssm:/ops/hook", secret="ssm:key"), message(), clock=lambda: 5.0)
    (got,) = server.got
    assert got.path == "/s3cr3t"
    expected = hmac.new(b"k3y", b"5." + got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-remediate-signature"] == f"t=5,v1={expected}"


def test_what_a_reference_names_must_be_there(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOWHERE", raising=False)
    with pytest.raises(NotificationFailed, match="slack env:NOWHERE: the environment variable NOWHERE") as no:
        send(aws, Channel("slack", "env:NOWHERE"), message())
    assert "Set NOWHERE" in no.value.hint
    with pytest.raises(NotificationFailed, match="no parameter /nowhere in eu-west-1") as no:
        send(aws, Channel("teams", "ssm:/nowhere"), message())
    assert "aws ssm put-parameter" in no.value.hint


def test_an_empty_secret_is_no_secret(aws: Aws, server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise what should be signed would go out unsigned."""
    monkeypatch.setenv("HOOK_SECRET", "")
    with pytest.raises(NotificationFailed, match="HOOK_SECRET is not set"):
        send(aws, Channel("webhook", server.url, secret="env:HOOK_SECRET"), message())
    assert server.got == []


@pytest.mark.parametrize(
    "held", ["http://s3cr3t.example/x", "s3cr3t", "https://u:s3cr3t@a.example/", "https://a.example/s3 cr3t"]
)
def test_what_a_reference_names_must_be_a_url(aws: Aws, monkeypatch: pytest.MonkeyPatch, held: str) -> None:
    monkeypatch.setenv("WHERE", held)
    with pytest.raises(NotificationFailed, match="the value of env:WHERE is not") as failed:
        send(aws, Channel("slack", "env:WHERE"), message())
    assert "cr3t" not in f"{failed.value.message}{failed.value.hint}"


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
def test_a_failure_names_channel_and_host_alone(aws: Aws, kind: str) -> None:
    with receiver(Answer(404, body=b"<p>/s3cr3t</p>")) as server, pytest.raises(NotificationFailed) as failed:
        send(aws, Channel(kind, f"{server.url}/s3cr3t?sig=s3cr3t"), message())
    assert failed.value.message == f"{kind} {server.host}: {server.host} answered 404 Not Found"
    assert "s3cr3t" not in failed.value.hint
