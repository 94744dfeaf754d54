"""Every kind of message in every channel, as a file in `messages/` that a reader can review.

`RENEW_MESSAGES=1` writes the files anew; read what changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from remediate.aws import Aws
from remediate.core.drift import DriftedResource, DriftKind, DriftStatus
from remediate.core.notice import Channel, Message, Notice, NoticeOutcome
from remediate.core.plan import Edit
from remediate.drift.commands import Commands
from remediate.drift.memory import DriftState
from remediate.drift.notices import notice_of
from remediate.drift.outbox import Scope, close_pass
from remediate.notify import kinds, send
from remediate.notify import test_message as a_test
from tests.notify.saying import receiver

FOLDER = Path(__file__).with_name("messages")
RENEW = os.environ.get("RENEW_MESSAGES") == "1"
ACCOUNT = "123456789012"
WHEN = "2026-11-22T11:00:05+00:00"
COMMANDS = Commands(["/srv/app/plans"], "s3://ops-state/remediate", ["--profile", "prod"])
OURS = "CORSRules[remediate:webapp].AllowedOrigins"
OTHERS_RULE = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://evil.example"]}

DRIFT = DriftedResource(
    address="s3/uploads",
    service="s3",
    region="eu-west-1",
    label="",
    plan_names=("webapp",),
    kind=DriftKind.DRIFT,
    status=DriftStatus.LEFT,
    seen="2026-11-22T11:00:00+00:00",
    since="2026-11-22T10:00:00+00:00",
    who="user alice (PutBucketCors at 2026-11-22T10:41:07Z from 203.0.113.7)",
    run="0007",
    changed=(Edit("-", OURS, "https://app.example.com", None), Edit("+", "CORSRules[1]", None, OTHERS_RULE)),
    wanted=(Edit("+", OURS, None, "https://app.example.com"),),
    look=COMMANDS.look("s3/uploads"),
)
CORRECTED = replace(
    DRIFT, status=DriftStatus.CORRECTED, undo=COMMANDS.undo("0008"), changed=DRIFT.changed[:1]
)
ALARM = replace(
    DRIFT,
    kind=DriftKind.OUTSIDE,
    codes=("opens-to-any",),
    changed=(Edit("+", "CORSRules[1]", None, {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}),),
    wanted=(),
    because="It opens the resource to more than the plan wants.",
)
PENDING = replace(
    DRIFT,
    kind=DriftKind.PENDING,
    since="",
    who="",
    changed=(),
    because="The plan file changed since the last run.",
)
UNREADABLE = replace(
    DRIFT,
    kind=DriftKind.UNREADABLE,
    status=DriftStatus.FAILED,
    changed=(),
    wanted=(),
    who="",
    codes=("access-denied",),
    because="s3:GetBucketCORS of uploads: AccessDenied: Access Denied.",
)
LOOKED = Scope(frozenset({"webapp"}), ["s3/uploads"], person="alice")


def ended(sighting: DriftedResource, scope: Scope) -> Notice:
    """The notice of a drift that an earlier pass reported, and that this pass does not find."""
    seen = datetime(2026, 11, 22, 12, tzinfo=UTC)
    state = DriftState().addressed({"channel": ["webapp"]}, seen).found([sighting])
    state, _ = close_pass(state, [sighting], scope, sighting.seen)
    state, _ = close_pass(state, (), scope, seen.isoformat())
    _, last = state.outboxes["channel"].waiting
    return last


NOTICES: Mapping[NoticeOutcome, Notice] = {
    NoticeOutcome.OPENED: notice_of(ALARM),
    NoticeOutcome.PARTLY: notice_of(
        replace(
            CORRECTED,
            status=DriftStatus.PARTLY,
            changed=DRIFT.changed,
            stays=DRIFT.changed[1:],
            codes=("unlisted-origins-stay",),
            because="The plan's part was corrected. What others added since the last run stays beside it.",
        )
    ),
    NoticeOutcome.CONTESTED: notice_of(
        replace(
            DRIFT,
            status=DriftStatus.CONTESTED,
            codes=("contested-resource",),
            because="It was corrected 3 times to the same settings, and changed again each time.",
        )
    ),
    NoticeOutcome.HELD: notice_of(
        replace(
            DRIFT,
            status=DriftStatus.HELD,
            codes=("widens-others",),
            because="It would give https://evil.example, which no plan names, PUT.",
        )
    ),
    NoticeOutcome.FAILED: notice_of(
        replace(DRIFT, status=DriftStatus.FAILED, because="s3:PutBucketCORS of uploads: SlowDown: try later.")
    ),
    NoticeOutcome.UNREADABLE: notice_of(UNREADABLE),
    NoticeOutcome.LEFT: notice_of(DRIFT),
    NoticeOutcome.WAITS: notice_of(replace(PENDING, status=DriftStatus.HELD, codes=("removes-all",))),
    NoticeOutcome.WARNED: notice_of(
        replace(
            DRIFT,
            kind=DriftKind.WARNING,
            status=DriftStatus.NOTED,
            changed=(),
            wanted=(),
            who="",
            codes=("dead-origin",),
            because="The live setting holds https://app.example.com/, which no browser sends.",
        )
    ),
    NoticeOutcome.NOTED: notice_of(
        replace(
            DRIFT,
            kind=DriftKind.OUTSIDE,
            status=DriftStatus.NOTED,
            changed=DRIFT.changed[1:],
            wanted=(),
            because="The plan does not speak of it.",
        )
    ),
    NoticeOutcome.CORRECTED: notice_of(CORRECTED),
    NoticeOutcome.STOPPED: DriftState()
    .found([DRIFT])
    .found([replace(DRIFT, same_as="another drift")])
    .unnotified[0],
    NoticeOutcome.APPLIED: notice_of(
        replace(PENDING, status=DriftStatus.CORRECTED, because="", undo=COMMANDS.undo("0008"))
    ),
    NoticeOutcome.ACCEPTED: ended(ALARM, replace(LOOKED, agreed=lambda _: True)),
    NoticeOutcome.NOT_IN_PLAN: ended(DRIFT, replace(LOOKED, read=())),
    NoticeOutcome.READABLE: ended(UNREADABLE, LOOKED),
    NoticeOutcome.AS_PLANNED: ended(DRIFT, LOOKED),
}


def named(outcome: NoticeOutcome) -> str:
    return outcome.replace(" ", "-")


def message(*notices: Notice) -> Message:
    return Message(ACCOUNT, WHEN, notices)


MESSAGES: Mapping[str, Message] = {
    **{named(outcome): message(notice) for outcome, notice in NOTICES.items()},
    "several": message(
        *(
            replace(NOTICES[outcome], address=address, id=str(outcome))
            for outcome, address in (
                (NoticeOutcome.CORRECTED, "s3/assets"),
                (NoticeOutcome.OPENED, "http_api/a1b2c3"),
                (NoticeOutcome.UNREADABLE, "cloudfront/E1"),
                (NoticeOutcome.CORRECTED, "rest_api/d4e5f6/prod"),
                (NoticeOutcome.HELD, "http_api/a1b2c3"),
            )
        )
    ),
    "test": a_test(ACCOUNT, ("webapp",), WHEN),
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        made = Aws(region="eu-west-1")
        yield made
        made.close()


def sent(aws: Aws, channel: str, what: Message) -> str:
    """What the channel's service is sent, as a text."""
    if channel in {"sns", "eventbridge"}:
        return by_aws(aws, channel, what)
    with receiver() as server:
        send(aws, Channel(channel, server.url), what)
        (got,) = server.got
    return json.dumps(json.loads(got.body), indent=1, ensure_ascii=False) + "\n"


def by_aws(aws: Aws, channel: str, what: Message) -> str:
    calls: list[dict[str, Any]] = []
    client: Any = aws.client("sns" if channel == "sns" else "events")
    event = (
        "provide-client-params.sns.Publish" if channel == "sns" else "provide-client-params.events.PutEvents"
    )
    client.meta.events.register(event, lambda params, **_: calls.append(params))
    if channel == "eventbridge":
        send(aws, Channel(channel, "default"), what)
        entries = [entry for call in calls for entry in call["Entries"]]
        return "\n".join(
            f"DetailType: {entry['DetailType']}\n"
            f"{json.dumps(json.loads(entry['Detail']), indent=1, ensure_ascii=False)}\n"
            for entry in entries
        )
    send(aws, Channel(channel, client.create_topic(Name="ops")["TopicArn"]), what)
    (call,) = calls
    texts = json.loads(call["Message"])
    return f"Subject: {call['Subject']}\n\n{texts['default']}\nSMS: {texts['sms']}\n"


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("channel", kinds())
def test_a_message_is_as_its_file_shows_it(aws: Aws, channel: str, kind: str) -> None:
    path = FOLDER / channel / f"{kind}.txt"
    text = sent(aws, channel, MESSAGES[kind])
    if RENEW:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_there_is_a_file_for_every_kind_and_no_other() -> None:
    assert {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.txt")} == {
        f"{channel}/{kind}.txt" for channel in kinds() for kind in MESSAGES
    }


@pytest.mark.parametrize("outcome", NoticeOutcome)
def test_every_outcome_has_a_notice_that_says_it(outcome: NoticeOutcome) -> None:
    assert NOTICES[outcome].outcome is outcome
