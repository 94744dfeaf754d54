"""A topic of SNS: text for people (e-mail, SMS), JSON for programs, as each subscription wants it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from remediate.core.channel import ChannelKind
from remediate.core.notice import Message
from remediate.core.permission import Permission
from remediate.notify import SendContext, identity
from remediate.render.notice import Cut, body, fitted, subject

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

KIND = ChannelKind(
    help="An SNS topic; e-mail is a subscription of it.",
    pattern=r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?",
    wanted="the ARN of an SNS topic",
    example="arn:aws:sns:eu-west-1:123456789012:ops",
)

LARGEST = 262_144
"""Bytes of `Message`, with the texts of all protocols together (Publish, API reference)."""
PROGRAMS = ("http", "https", "lambda", "sqs")


def send(means: SendContext, target: str, secret: str, message: Message) -> None:  # noqa: ARG001
    """Publish to the topic in its own region. Raises `AwsFailure`."""
    region = target.split(":")[3]
    sns: SNSClient = means.aws.client("sns", region)
    cut = fitted(message, lambda part: len(_texts(part).encode()) <= LARGEST)
    only_once: dict[str, Any] = {}
    if target.endswith(".fifo"):
        # A FIFO topic drops what comes again within five minutes.
        only_once = {"MessageGroupId": "remediate", "MessageDeduplicationId": identity(message)}
    with means.aws.translated_errors(f"sns:Publish to {target}"):
        sns.publish(
            TopicArn=target,
            Subject=subject(message),
            Message=_texts(cut),
            MessageStructure="json",
            **only_once,
        )


def permissions(target: str, account: str) -> Iterator[Permission]:  # noqa: ARG001
    """To publish to that topic."""
    yield Permission(("sns:Publish",), (target,), "the topic that is notified of drift")


def _texts(cut: Cut) -> str:
    document = json.dumps(cut.as_json())
    texts = {"default": body(cut), "sms": subject(cut.message), **dict.fromkeys(PROGRAMS, document)}
    return json.dumps(texts)
