"""An incoming webhook of Slack: a header, and a block a notice."""

from __future__ import annotations

import json
from typing import Any

from remediate.core.channel import URL, ChannelKind
from remediate.core.notice import Message
from remediate.notify import SendContext
from remediate.notify.http import post
from remediate.render.escape import slack_code, slack_text
from remediate.render.notice import Cut, details, fitted, footer, headline, subject

KIND = ChannelKind(
    help="An incoming webhook of Slack; its URL is a secret, so here stands where it is: "
    "env:NAME or ssm:/NAME.",
    pattern=URL,
    wanted="the https URL of an incoming webhook",
    example="https://hooks.slack.com/services/…",
    refers=True,
    confidential=True,
)

MOST_BLOCKS = 50
LONGEST_TEXT = 3000
LONGEST_HEADER = 150
"""Limits of Slack's Block Kit: blocks of a message, characters of a section and of a header."""


def send(means: SendContext, target: str, secret: str, message: Message) -> None:  # noqa: ARG001
    """Post the message. Raises `NotPosted`."""
    payload = _payload(fitted(message, _fits), subject(message, LONGEST_HEADER))
    post(target, json.dumps(payload).encode(), {}, timeout=means.aws.timeout, sleep=means.sleep)


def _payload(cut: Cut, title: str) -> dict[str, Any]:
    """The blocks, and `text`: what a notification on a phone shows of them."""
    header = {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
    return {"text": slack_text(title), "blocks": [header, *map(_section, _texts(cut))]}


def _texts(cut: Cut) -> list[str]:
    texts = [
        f"*{slack_text(headline(notice))}*\n{slack_code(list(details(notice)))}"
        for notice in cut.message.notices
    ]
    return [*texts, "\n".join(map(slack_text, footer(cut)))]


def _section(text: str) -> dict[str, Any]:
    # Verbatim: what looks like a channel or a name is not made one.
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _fits(cut: Cut) -> bool:
    texts = _texts(cut)
    return len(texts) < MOST_BLOCKS and all(len(text) <= LONGEST_TEXT for text in texts)
