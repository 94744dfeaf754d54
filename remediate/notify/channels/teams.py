"""A webhook of Microsoft Teams (Workflows): an Adaptive Card.

The older connectors' MessageCard is not understood by Workflows, which took their place.
"""

from __future__ import annotations

import json
from typing import Any

from remediate.core.channel import URL, ChannelKind
from remediate.core.notice import Message
from remediate.notify import SendContext
from remediate.notify.http import post
from remediate.render.escape import teams_text
from remediate.render.notice import Cut, details, fitted, footer, headline, subject

KIND = ChannelKind(
    help="A webhook of a Teams workflow; its URL is a secret, so here stands where it is: "
    "env:NAME or ssm:/NAME.",
    pattern=URL,
    wanted="the https URL of a Teams workflow's webhook",
    example="https://….api.powerplatform.com/powerautomate/…",
    refers=True,
    confidential=True,
)

LARGEST = 24_000
"""Bytes of the JSON. Teams takes messages of about 28 KB, and adds some of its own."""


def send(means: SendContext, target: str, secret: str, message: Message) -> None:  # noqa: ARG001
    """Post the message. Raises `NotPosted`."""
    title = subject(message)
    cut = fitted(message, lambda part: len(_payload(part, title)) <= LARGEST)
    post(target, _payload(cut, title), {}, timeout=means.aws.timeout, sleep=means.sleep)


def _payload(cut: Cut, title: str) -> bytes:
    blocks = [_line(title, size="Medium", weight="Bolder")]
    for notice in cut.message.notices:
        blocks.append({**_line(headline(notice), weight="Bolder"), "separator": True})
        blocks += [{**_line(line, fontType="Monospace"), "spacing": "None"} for line in details(notice)]
    blocks += [_line(line, isSubtle=True) for line in footer(cut)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": blocks,
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return json.dumps({"type": "message", "attachments": [attachment]}).encode()


def _line(text: str, **style: Any) -> dict[str, Any]:
    # A TextBlock would read Markdown into what AWS and others wrote; a TextRun does not.
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": teams_text(text), **style}]}
