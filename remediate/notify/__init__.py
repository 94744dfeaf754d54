"""The channels of notifications, found by listing this folder: each sends one message to one place.

A kind of channel is one module with the members of `ChannelModule` below. What is sent may arrive twice (an
answer that got lost looks like a failure), so that each carries ids by which a receiver knows it.
"""

from __future__ import annotations

import hashlib
import os
import pkgutil
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from remediate.core.channel import REFERENCE, ChannelKind, is_reference
from remediate.core.notice import Channel, Message, Notice, NoticeStage
from remediate.core.permission import Permission
from remediate.errors import AwsFailure, RemediateError, UsageError
from remediate.notify import channels
from remediate.notify.http import NotPosted, host_of
from remediate.render.notice import TEST
from remediate.text import LONGEST_TYPO, similar

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

    from remediate.aws import Aws


class NotificationFailed(RemediateError):
    """A channel did not take a message, after all attempts; it never names a secret."""


@dataclass(frozen=True, slots=True)
class SendContext:
    """The means of sending: AWS, and a clock and pauses that a test can replace."""

    aws: Aws
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time


class ChannelModule(Protocol):
    """The interface that every module of this folder offers."""

    KIND: ChannelKind

    def send(self, means: SendContext, target: str, secret: str, message: Message) -> None:
        """Send the message; I/O. `target` and `secret` are values here, no references.

        Raises `AwsFailure` or `NotPosted` after all attempts.
        """


class Permitted(Protocol):
    """The members that a kind offers besides, if AWS must allow it."""

    def permissions(self, target: str, account: str) -> Iterable[Permission]:
        """The fewest actions on the narrowest ARNs; `account` is `*` where it is not known. Pure."""


@cache
def kinds() -> tuple[str, ...]:
    """The names of all kinds of channels: keys in plan files and heads of options."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(channels.__path__)))


def channel_kinds() -> Mapping[str, ChannelKind]:
    """For the plan file's loader: each kind, and what its targets look like."""
    return {kind: _channel_module(kind).KIND for kind in kinds()}


def parse(text: str) -> Channel:
    """A channel as an option names it: `sns:ARN`, `slack:URL`. Raises `UsageError`."""
    kind, colon, target = text.partition(":")
    if not colon or kind not in kinds():
        known_kinds = f"Known are {', '.join(kinds())}."
        guesses = similar(kind[:LONGEST_TYPO], kinds(), most=1)
        # The text itself is not repeated: it may be a secret.
        raise UsageError(
            "A channel is KIND:TARGET, like sns:ARN or slack:URL.",
            hint=f"Did you mean {guesses[0]}:…? {known_kinds}" if guesses else known_kinds,
        )
    try:
        _channel_module(kind).KIND.check(target)
    except UsageError as error:
        raise UsageError(
            f"{kind}: {error.message}.", hint=f"{error.hint[0].upper()}{error.hint[1:]}."
        ) from None
    return Channel(kind, target)


def shown(channel: Channel) -> str:
    """The channel as it may be shown: a URL by its host only."""
    target = channel.target
    if _channel_module(channel.kind).KIND.refers and not is_reference(target):
        target = host_of(target)
    return f"{channel.kind} {target}"


def send(
    aws: Aws,
    channel: Channel,
    message: Message,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> None:
    """Send the message to the channel, again where that may help; I/O.

    A webhook that does not answer takes half a minute. Raises `NotificationFailed`; some of the message
    may have arrived then, so what is sent again carries the same ids. Without notices, nothing is sent.
    """
    if not message.notices:
        return
    kind = _channel_module(channel.kind)
    try:
        target = _target(aws, channel, kind.KIND)
        secret = resolved(aws, channel.secret)
        kind.send(SendContext(aws, sleep, clock), target, secret, message)
    except (AwsFailure, NotPosted, Missing) as error:
        raise NotificationFailed(f"{shown(channel)}: {error.message}", hint=error.hint) from error


def permissions(channel: Channel, account: str) -> Iterator[Permission]:
    """Yield the permissions for sending to the channel; `account` is `*` where it is not known. Pure."""
    kind = _channel_module(channel.kind)
    if hasattr(kind, "permissions"):
        yield from cast("Permitted", kind).permissions(channel.target, account)
    for text in (channel.target, channel.secret):
        yield from reference_permissions(text, account, f"what the {channel.kind} channel refers to")


def reference_permissions(text: str, account: str, why: str) -> Iterator[Permission]:
    """Yield the permission for reading what the text refers to, if it is a parameter. Pure."""
    scheme, _, name = text.partition(":")
    if is_reference(text) and scheme == "ssm":
        arn = f"arn:aws:ssm:*:{account}:parameter/{name.removeprefix('/')}"
        yield Permission(("ssm:GetParameter",), (arn,), why)


def identity(message: Message) -> str:
    """The same for the same notices, however often they are sent: 32 hexadecimal digits.

    A drift and its end have one id, and are two notices.
    """
    ids = "\n".join(sorted(f"{notice.id} {notice.stage}" for notice in message.notices))
    return hashlib.sha256(ids.encode()).hexdigest()[:32]


def test_message(account: str, plan_names: tuple[str, ...], when: str) -> Message:
    """A message that says of itself that it only tests the channel; `when` is an instant in ISO 8601."""
    notice = Notice(
        id=f"test-{when}",
        stage=NoticeStage.NEW,
        plan_names=plan_names,
        address="test",
        label="the notifications of remediate",
        kind=TEST,
        changed=(),
        since="",
        seen=when,
        who="",
        done="nothing; drift would be reported here",
        look="remediate drift",
    )
    return Message(account, when, [notice])


class Missing(RemediateError):
    """The object of a reference does not exist, or is of another kind."""


def _channel_module(kind: str) -> ChannelModule:
    if kind not in kinds():
        raise KeyError(kind)
    return cast("ChannelModule", import_module(f"{channels.__name__}.{kind}"))


def _target(aws: Aws, channel: Channel, kind: ChannelKind) -> str:
    target = resolved(aws, channel.target)
    if target == channel.target:
        return target
    # White space at its ends comes with many a way of setting a variable.
    if not re.fullmatch(kind.pattern, target.strip()):
        raise Missing(
            f"the value of {channel.target} is not {kind.wanted}", hint=f"It should look like {kind.example}."
        )
    return target.strip()


def resolved(aws: Aws, text: str) -> str:
    """The value that a reference names, else the text itself; I/O. Raises `Missing`, `AwsFailure`."""
    if not re.fullmatch(REFERENCE, text):
        return text
    scheme, _, name = text.partition(":")
    if scheme == "env":
        if not (value := os.environ.get(name, "")):
            raise Missing(
                f"the environment variable {name} is not set",
                hint=f"Set {name} where this runs, or refer to another place in the plan file.",
            )
        return value
    ssm: SSMClient = aws.client("ssm")
    try:
        with aws.translated_errors(f"ssm:GetParameter of {name}"):
            return ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    except AwsFailure as error:
        if error.code != "ParameterNotFound":
            raise
        raise Missing(
            f"Systems Manager has no parameter {name} in {aws.region}",
            hint=f"aws ssm put-parameter --type SecureString --name {name} --value … creates it.",
        ) from error
