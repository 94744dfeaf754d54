"""Any receiver of JSON: the message's own document, signed so that it is known to be ours.

X-Remediate-Id: the same for the same notices, so that what comes twice can be dropped
X-Remediate-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>" with the secret>
"""

from __future__ import annotations

import hashlib
import hmac
import json

from remediate.core.channel import URL, ChannelKind
from remediate.core.notice import Message
from remediate.notify import SendContext, identity
from remediate.notify.http import post

KIND = ChannelKind(
    help="A URL that takes JSON by POST: https, or http on loopback; or env:NAME or ssm:/NAME.",
    pattern=URL,
    wanted="an https URL",
    example="https://ops.example.com/hook",
    refers=True,
    signs=True,
)


def send(means: SendContext, target: str, secret: str, message: Message) -> None:
    """Post the message, signed where there is a secret. Raises `NotPosted`."""
    document = json.dumps(message.as_json()).encode()
    headers = {"x-remediate-id": identity(message)}
    if secret:
        headers["x-remediate-signature"] = signature(secret, document, int(means.clock()))
    post(target, document, headers, timeout=means.aws.timeout, sleep=means.sleep)


def signature(secret: str, document: bytes, at: int) -> str:
    """The value of the header; the time is signed too, so that an old message cannot be sent anew."""
    # An environment variable may hold any bytes; Python keeps those that are no UTF-8 as surrogates.
    key = secret.encode("utf-8", "surrogateescape")
    signed = hmac.new(key, f"{at}.".encode() + document, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
