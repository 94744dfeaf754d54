"""SNS and EventBridge as their subscribers see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from remediate import notify
from remediate.aws import Aws
from remediate.core.notice import Channel, Message, NoticeStage
from remediate.notify import NotificationFailed, identity, permissions, send
from tests.notify.saying import DRIFT, MENDED, OVER, message

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

HUGE = replace(DRIFT, changed=tuple(f"+ line {number}: {'é' * 900}" for number in range(400)))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """A default region other than that of the topics: theirs must be taken from the ARN."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        aws = Aws(region="us-east-1")
        yield aws
        aws.close()


class Topic:
    """A topic with one queue subscribed."""

    def __init__(self, aws: Aws, region: str = "eu-west-1", *, fifo: bool = False) -> None:
        sns: SNSClient = aws.client("sns", region)
        self._sqs: SQSClient = aws.client("sqs", region)
        suffix, how = (".fifo", {"FifoTopic": "true"}) if fifo else ("", {})
        self.arn = sns.create_topic(Name=f"ops{suffix}", Attributes=how)["TopicArn"]
        queue = self._sqs.create_queue(
            QueueName=f"ops{suffix}", Attributes={"FifoQueue": "true"} if fifo else {}
        )
        self._url = queue["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])

    def received(self) -> list[dict[str, Any]]:
        """What SNS put into the queue: Subject, Message and more."""
        return [json.loads(body) for body in bodies(self._sqs, self._url)]


def bodies(sqs: SQSClient, url: str) -> list[str]:
    texts: list[str] = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        texts += [received["Body"] for received in got]
        for received in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
    return texts


def test_a_queue_gets_the_document(aws: Aws) -> None:
    topic = Topic(aws)
    sent = message(DRIFT, OVER)
    send(aws, Channel("sns", topic.arn), sent)
    (got,) = topic.received()
    assert json.loads(got["Message"]) == sent.as_json()
    assert got["Subject"] == "remediate: not corrected: s3/uploads (2 resources; account 123456789012)"


def published(aws: Aws) -> list[dict[str, str]]:
    """The texts per protocol of what was sent; moto hands on only a queue's own."""
    sent: list[dict[str, str]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(json.loads(params["Message"]))
        assert len(params["Message"].encode()) <= 262_144

    client: Any = aws.client("sns", "eu-west-1")
    client.meta.events.register("provide-client-params.sns.Publish", note)
    return sent


def test_people_get_text_and_programs_json(aws: Aws) -> None:
    topic, sent = Topic(aws), published(aws)
    send(aws, Channel("sns", topic.arn), message())
    (texts,) = sent
    assert set(texts) == {"default", "sms", "http", "https", "lambda", "sqs"}
    for program in ("http", "https", "lambda", "sqs"):
        assert json.loads(texts[program]) == message().as_json()
    for word in (DRIFT.address, *DRIFT.changed, DRIFT.since, DRIFT.who, DRIFT.done, DRIFT.look):
        assert word in texts["default"]
    assert len(texts["sms"]) <= 140


def test_what_is_too_large_is_cut_and_says_so(aws: Aws) -> None:
    """SNS takes 256 KB with the texts of all protocols together."""
    topic, sent = Topic(aws), published(aws)
    send(aws, Channel("sns", topic.arn), message(HUGE, OVER))
    (texts,) = sent
    document = json.loads(texts["sqs"])
    first, second = document["notices"]
    assert first["changed"][-1].startswith("… and ")
    missing = int(first["changed"][-1].split()[2])
    assert missing + len(first["changed"]) - 1 == 400
    assert second == OVER.as_json()
    assert "omitted" not in document
    assert first["changed"][-1] in texts["default"]


def test_too_many_notices_are_counted(aws: Aws) -> None:
    many = [replace(DRIFT, id=f"drift-{number}", address=f"s3/b-{number}") for number in range(2000)]
    topic, sent = Topic(aws), published(aws)
    send(aws, Channel("sns", topic.arn), message(*many))
    (texts,) = sent
    document = json.loads(texts["sqs"])
    assert len(document["notices"]) > 20
    assert document["omitted"] + len(document["notices"]) == 2000
    assert f"… and {document['omitted']} more" in texts["default"]


def test_a_fifo_topic_takes_it_once(aws: Aws) -> None:
    topic = Topic(aws, fifo=True)
    send(aws, Channel("sns", topic.arn), message())
    send(aws, Channel("sns", topic.arn), message())
    send(aws, Channel("sns", topic.arn), message(OVER))
    assert [json.loads(got["Message"])["notices"][0]["id"] for got in topic.received()] == [
        DRIFT.id,
        OVER.id,
    ]


def test_no_such_topic(aws: Aws) -> None:
    arn = "arn:aws:sns:eu-west-1:123456789012:nowhere"
    with pytest.raises(NotificationFailed, match=f"sns {arn}: sns:Publish to {arn}: NotFound"):
        send(aws, Channel("sns", arn), message())


class Bus:
    """A bus whose events from remediate go into a queue."""

    def __init__(self, aws: Aws, name: str, region: str) -> None:
        events: EventBridgeClient = aws.client("events", region)
        if name != "default":
            events.create_event_bus(Name=name)
        self._sqs: SQSClient = aws.client("sqs", region)
        self._url = self._sqs.create_queue(QueueName="seen")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": ["remediate"]})
        events.put_rule(Name="seen", EventBusName=name, EventPattern=pattern)
        target = {"Id": "1", "Arn": attributes["Attributes"]["QueueArn"]}
        events.put_targets(Rule="seen", EventBusName=name, Targets=[target])  # type: ignore[list-item]

    def received(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in bodies(self._sqs, self._url)]


def test_one_event_a_notice(aws: Aws) -> None:
    bus = Bus(aws, "default", "us-east-1")
    send(aws, Channel("eventbridge", "default"), message(DRIFT, MENDED, OVER))
    got = bus.received()
    assert [event["detail-type"] for event in got] == [
        "Remediate Drift New",
        "Remediate Drift Corrected",
        "Remediate Drift Resolved",
    ]
    assert {event["source"] for event in got} == {"remediate"}
    assert [event["detail"] for event in got] == [
        {"account": "123456789012", **notice.as_json()} for notice in (DRIFT, MENDED, OVER)
    ]


def test_a_bus_in_another_region_is_named_by_its_arn(aws: Aws) -> None:
    bus = Bus(aws, "ops", "eu-west-1")
    send(aws, Channel("eventbridge", "arn:aws:events:eu-west-1:123456789012:event-bus/ops"), message())
    assert [event["detail"]["id"] for event in bus.received()] == [DRIFT.id]


def test_ten_events_a_call(aws: Aws) -> None:
    bus = Bus(aws, "default", "us-east-1")
    many = [replace(DRIFT, id=f"drift-{number}") for number in range(23)]
    send(aws, Channel("eventbridge", "default"), message(*many))
    assert aws.calls["events:PutEvents"] == 3
    assert [event["detail"]["id"] for event in bus.received()] == [notice.id for notice in many]


def sizes(aws: Aws) -> list[int]:
    """The bytes of each call's entries, as the user guide counts them."""
    calls: list[int] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        parts = [entry[part] for entry in params["Entries"] for part in ("Source", "DetailType", "Detail")]
        calls.append(sum(len(part.encode()) for part in parts))

    client: Any = aws.client("events")
    client.meta.events.register("provide-client-params.events.PutEvents", note)
    return calls


def test_calls_stay_below_256_kb(aws: Aws) -> None:
    bus, calls = Bus(aws, "default", "us-east-1"), sizes(aws)
    long = [
        replace(DRIFT, id=f"drift-{number}", changed=tuple("x" * 1000 for _ in range(90)))
        for number in range(6)
    ]
    send(aws, Channel("eventbridge", "default"), message(*long, HUGE))
    assert max(calls) < 256_000
    got = [event["detail"] for event in bus.received()]
    assert [len(detail["changed"]) for detail in got[:6]] == [90] * 6
    assert got[6]["changed"][-1].startswith("… and ")


class Failing:
    """Makes EventBridge fail entries: those with an id in `ids`, the first `times` calls."""

    def __init__(self, aws: Aws, ids: set[str], times: int) -> None:
        self.asked: list[list[str]] = []
        self._ids = ids
        self._times = times
        client: Any = aws.client("events")
        client.meta.events.register("provide-client-params.events.PutEvents", self._note)
        client.meta.events.register("after-call.events.PutEvents", self._fail)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.asked.append([json.loads(entry["Detail"])["id"] for entry in params["Entries"]])

    def _fail(self, parsed: dict[str, Any], **_: Any) -> None:
        if len(self.asked) > self._times:
            return
        for number, asked in enumerate(self.asked[-1]):
            if asked in self._ids:
                parsed["Entries"][number] = {"ErrorCode": "InternalFailure", "ErrorMessage": "Try again"}
                parsed["FailedEntryCount"] = parsed.get("FailedEntryCount", 0) + 1


def test_only_what_failed_is_sent_again(aws: Aws) -> None:
    failing, pauses = Failing(aws, {OVER.id}, 1), list[float]()
    send(aws, Channel("eventbridge", "default"), message(DRIFT, OVER, MENDED), sleep=pauses.append)
    assert failing.asked == [[DRIFT.id, OVER.id, MENDED.id], [OVER.id]]
    assert len(pauses) == 1


def test_what_fails_for_ever_is_an_error(aws: Aws) -> None:
    failing = Failing(aws, {OVER.id}, 99)
    with pytest.raises(
        NotificationFailed, match="1 of 2 events were not accepted: InternalFailure: Try again"
    ):
        send(aws, Channel("eventbridge", "default"), message(DRIFT, OVER), sleep=lambda _: None)
    assert failing.asked == [[DRIFT.id, OVER.id], [OVER.id], [OVER.id], [OVER.id]]


def test_fewer_results_than_events_are_an_error(aws: Aws) -> None:
    client: Any = aws.client("events")
    client.meta.events.register("after-call.events.PutEvents", lambda parsed, **_: parsed["Entries"].pop())
    with pytest.raises(NotificationFailed, match="1 results came for 2 events"):
        send(aws, Channel("eventbridge", "default"), message(DRIFT, OVER), sleep=lambda _: None)


def test_any_text_can_be_sent(aws: Aws) -> None:
    odd = replace(DRIFT, label="\ud800", changed=("\x00\u2028\ud83d", "é" * 50), who="\udcff")
    topic, bus = Topic(aws), Bus(aws, "default", "us-east-1")
    send(aws, Channel("sns", topic.arn), message(odd))
    send(aws, Channel("eventbridge", "default"), message(odd))
    assert len(topic.received()) == len(bus.received()) == 1


def test_a_test_is_no_drift(aws: Aws) -> None:
    bus, topic = Bus(aws, "default", "us-east-1"), Topic(aws)
    sent = notify.test_message("123456789012", ("webapp",), "2026-11-22T11:00:00Z")
    send(aws, Channel("eventbridge", "default"), sent)
    send(aws, Channel("sns", topic.arn), sent)
    assert [event["detail-type"] for event in bus.received()] == ["Remediate Test"]
    assert "test" in topic.received()[0]["Subject"]


@pytest.mark.parametrize(
    ("channel", "action", "arn"),
    [
        (Channel("sns", "arn:aws:sns:eu-west-1:1:ops"), "sns:Publish", "arn:aws:sns:eu-west-1:1:ops"),
        (
            Channel("eventbridge", "arn:aws-cn:events:cn-north-1:1:event-bus/ops"),
            "events:PutEvents",
            "arn:aws-cn:events:cn-north-1:1:event-bus/ops",
        ),
        (Channel("eventbridge", "default"), "events:PutEvents", "arn:aws:events:*:42:event-bus/default"),
        (Channel("slack", "ssm:/ops/slack"), "ssm:GetParameter", "arn:aws:ssm:*:42:parameter/ops/slack"),
        (Channel("teams", "ssm:teams"), "ssm:GetParameter", "arn:aws:ssm:*:42:parameter/teams"),
        (
            Channel("webhook", "https://a.example", secret="ssm:/key"),
            "ssm:GetParameter",
            "arn:aws:ssm:*:42:parameter/key",
        ),
    ],
)
def test_what_must_be_allowed(channel: Channel, action: str, arn: str) -> None:
    (permission,) = permissions(channel, "42")
    assert (permission.actions, permission.resources) == ((action,), (arn,))
    assert permission.why


def test_what_needs_nothing_of_aws() -> None:
    assert list(permissions(Channel("slack", "env:SLACK"), "42")) == []
    assert list(permissions(Channel("webhook", "https://a.example", secret="env:KEY"), "42")) == []


def test_the_same_notices_have_the_same_id() -> None:
    later = Message("123456789012", "2026-11-23T00:00:00Z", [OVER, DRIFT])
    assert identity(message(DRIFT, OVER)) == identity(later)
    assert identity(message(DRIFT)) != identity(message(OVER))


def test_a_drift_and_its_end_are_two_notices_with_one_id() -> None:
    ended = replace(DRIFT, stage=NoticeStage.RESOLVED)
    assert identity(message(DRIFT)) != identity(message(ended))
    assert identity(message(DRIFT, ended)) == identity(message(ended, DRIFT))
