"""Channels as options name them, and the rule for targets."""

from __future__ import annotations

import re

import pytest

from remediate.core.notice import Channel
from remediate.errors import UsageError
from remediate.notify import channel_kinds, kinds, parse, shown

GOOD = [
    "sns:arn:aws:sns:eu-west-1:123456789012:ops",
    "sns:arn:aws-us-gov:sns:us-gov-west-1:123456789012:ops.fifo",
    "eventbridge:default",
    "eventbridge:arn:aws:events:eu-west-1:123456789012:event-bus/ops",
    "slack:https://hooks.slack.com/services/T000/B000/xYz",
    "slack:env:SLACK_WEBHOOK",
    "teams:https://a-1.b.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/0a/"
    "triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=a_b-c",
    "teams:ssm:/remediate/teams",
    "webhook:https://ops.example.com/hook?a=b&c=d",
    "webhook:http://localhost:8080/hook",
    "webhook:http://127.0.0.1:8080",
    "webhook:http://[::1]:8080/",
]
BAD = [
    "sns:ops",
    "sns:arn:aws:sqs:eu-west-1:123456789012:ops",
    "sns:arn:aws:sns:eu-west-1:1234:ops",
    "sns:env:TOPIC",
    "eventbridge:",
    "eventbridge:a b",
    "slack:http://hooks.slack.com/services/s3cr3t",
    "slack:hooks.slack.com/services/s3cr3t",
    "teams:https://user:s3cr3t@a.example/",
    "webhook:http://127.0.0.1.evil.example/s3cr3t",
    "webhook:http://localhost.evil.example/s3cr3t",
    "webhook:https://a.example/s3cr3t\r\nx: y",
    "webhook:https://a.example/s3cr3t#part",
    "webhook:ftp://a.example/s3cr3t",
    "webhook:file:///etc/s3cr3t",
    "webhook:env:A-B",
    "webhook:ssm:a b",
    "slak:https://hooks.slack.com/services/s3cr3t",
    "https://hooks.slack.com/services/s3cr3t",
    "sns",
    "",
]


def test_the_kinds_are_those_of_the_folder() -> None:
    assert kinds() == ("eventbridge", "slack", "sns", "teams", "webhook")


@pytest.mark.parametrize("text", GOOD)
def test_good_channels(text: str) -> None:
    kind, _, target = text.partition(":")
    assert parse(text) == Channel(kind, target)


@pytest.mark.parametrize("text", BAD)
def test_bad_channels(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(text)
    assert refused.value.hint
    assert "s3cr3t" not in f"{refused.value.message}{refused.value.hint}"


def test_what_was_probably_meant() -> None:
    with pytest.raises(UsageError) as refused:
        parse("slak:env:X")
    assert "Did you mean slack:…?" in refused.value.hint


@pytest.mark.parametrize("kind", kinds())
def test_an_example_is_one(kind: str) -> None:
    """Those with an ellipsis are to be filled in."""
    kind_of_channel = channel_kinds()[kind]
    example = kind_of_channel.example.replace("…", "a")
    assert re.fullmatch(kind_of_channel.pattern, example)
    kind_of_channel.check(example)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sns:arn:aws:sns:eu-west-1:123456789012:ops", "sns arn:aws:sns:eu-west-1:123456789012:ops"),
        ("eventbridge:default", "eventbridge default"),
        ("slack:https://hooks.slack.com/services/s3cr3t", "slack hooks.slack.com"),
        ("teams:ssm:/remediate/teams", "teams ssm:/remediate/teams"),
        ("webhook:http://localhost:8080/s3cr3t", "webhook localhost:8080"),
    ],
)
def test_what_may_be_told_of_a_channel(text: str, told: str) -> None:
    assert shown(parse(text)) == told
