"""Tells what CloudTrail says of one call: which, when, by whom; pure.

The fields are those of the CloudTrail user guide, "CloudTrail record contents" and "CloudTrail
userIdentity element". A record comes as the `detail` of an EventBridge event, or as the JSON text in
an answer of LookupEvents; both hold the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OWN_AGENT = "cors-remediate"
"""How the user agent of our own calls begins."""

DETAIL_TYPE = "AWS API Call via CloudTrail"


@dataclass(frozen=True, slots=True)
class Call:
    """One call to AWS.

    `time` is an instant as CloudTrail writes it (`2024-02-02T19:26:01Z`, always UTC), so that text
    order is time order. `who` is for people: `user Alice`, `role Admin, session bob`. `address` is
    an IP address, or the name of the service that called in somebody's stead. `error` is AWS's code,
    empty where the call succeeded.
    """

    name: str
    source: str
    region: str
    time: str
    who: str
    address: str
    agent: str
    error: str

    @property
    def own(self) -> bool:
        """Return whether it says that it came from this tool. Whoever wants to can say so too."""
        # S3 puts what it was sent in brackets.
        return self.agent.strip("[]").split(" ", 1)[0] == OWN_AGENT


def wrapped(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The record in an EventBridge event, None where it is another kind of event."""
    if event.get("detail-type") != DETAIL_TYPE:
        return None
    detail = event.get("detail")
    return detail if isinstance(detail, Mapping) else None


def text(document: Mapping[str, Any], member: str) -> str:
    """The member's text; empty where there is none, or something else."""
    value = document.get(member)
    return value if isinstance(value, str) else ""


def part(document: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    """The member's own members; none where it has none, or is null, as what AWS refused may be."""
    value = document.get(member)
    return value if isinstance(value, Mapping) else {}


def call(record: Mapping[str, Any]) -> Call:
    """The record as a value; what it does not hold is empty."""
    return Call(
        name=text(record, "eventName"),
        source=text(record, "eventSource"),
        region=text(record, "awsRegion"),
        time=text(record, "eventTime"),
        who=_who(part(record, "userIdentity"), text(record, "recipientAccountId")),
        address=text(record, "sourceIPAddress"),
        agent=text(record, "userAgent"),
        error=text(record, "errorCode"),
    )


def _who(identity: Mapping[str, Any], recipient: str) -> str:
    """Who called, from `userIdentity`; `recipient` is the account whose trail this is."""
    name = _named(identity)
    account = text(identity, "accountId")
    if account and recipient and account != recipient and not name.startswith("account "):
        name += f" of account {account}"
    through = text(identity, "invokedBy")
    return f"{name}, through {through}" if through and through not in name else name


def _named(identity: Mapping[str, Any]) -> str:
    kind, user = text(identity, "type"), text(identity, "userName")
    if kind == "Root":
        return "the root user"
    if kind in {"AssumedRole", "Role"}:
        issuer = part(part(identity, "sessionContext"), "sessionIssuer")
        # arn:aws:sts::123456789012:assumed-role/ROLE/SESSION
        _, _, role_and_session = text(identity, "arn").partition(":assumed-role/")
        role, _, session = role_and_session.partition("/")
        role = text(issuer, "userName") or role or user
        return f"role {role}, session {session}" if session else f"role {role}".strip()
    if kind == "AWSService":
        return text(identity, "invokedBy") or "an AWS service"
    if kind == "AWSAccount":
        return f"account {text(identity, 'accountId')}".strip()
    if kind == "IdentityCenterUser":
        return f"Identity Center user {text(part(identity, 'onBehalfOf'), 'userId')}".strip()
    if kind == "IAMUser":
        return f"user {user or _last(identity)}"
    # FederatedUser, SAMLUser, WebIdentityUser, Directory, Unknown, and what is still to come.
    return " ".join(word for word in (kind, user or _last(identity)) if word) or "somebody unknown"


def _last(identity: Mapping[str, Any]) -> str:
    return text(identity, "arn").rpartition("/")[2] or text(identity, "principalId")
