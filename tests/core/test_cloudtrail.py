"""Records as values: identities from the user guide's "CloudTrail userIdentity element"."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.core.cloudtrail import call, wrapped

ALICE = {
    "type": "IAMUser",
    "principalId": "AIDAJ45Q7YFFAREXAMPLE",
    "arn": "arn:aws:iam::123456789012:user/Alice",
    "accountId": "123456789012",
    "accessKeyId": "",
    "userName": "Alice",
}
ROLE = {
    "type": "AssumedRole",
    "principalId": "AROAIDPPEZS35WEXAMPLE:AssumedRoleSessionName",
    "arn": "arn:aws:sts::123456789012:assumed-role/RoleToBeAssumed/MySessionName",
    "accountId": "123456789012",
    "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "RoleToBeAssumed"}},
}


def record(**parts: Any) -> dict[str, Any]:
    """The developer guide's UpdateDistribution, without what it sent and got."""
    return {
        "eventVersion": "1.08",
        "userIdentity": ROLE,
        "eventTime": "2024-02-02T19:26:01Z",
        "eventSource": "cloudfront.amazonaws.com",
        "eventName": "UpdateDistribution",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "52.94.133.137",
        "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "recipientAccountId": "123456789012",
        **parts,
    }


def test_what_a_record_says() -> None:
    told = call(record())
    assert (told.name, told.source, told.region) == (
        "UpdateDistribution",
        "cloudfront.amazonaws.com",
        "us-east-1",
    )
    assert (told.time, told.address) == ("2024-02-02T19:26:01Z", "52.94.133.137")
    assert told.agent.startswith("Mozilla/5.0")
    assert told.error == ""


@pytest.mark.parametrize(
    ("identity", "who"),
    [
        (ALICE, "user Alice"),
        (ROLE, "role RoleToBeAssumed, session MySessionName"),
        ({**ROLE, "sessionContext": None}, "role RoleToBeAssumed, session MySessionName"),
        (
            {**ROLE, "invokedBy": "cloudformation.amazonaws.com"},
            "role RoleToBeAssumed, session MySessionName, through cloudformation.amazonaws.com",
        ),
        ({"type": "Root", "arn": "arn:aws:iam::123456789012:root"}, "the root user"),
        ({"type": "AWSService", "invokedBy": "config.amazonaws.com"}, "config.amazonaws.com"),
        ({**ALICE, "accountId": "210987654321"}, "user Alice of account 210987654321"),
        (
            {"type": "AWSAccount", "principalId": "AROA:x", "accountId": "210987654321"},
            "account 210987654321",
        ),
        (
            {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "544894e8-80c1-707f-60e3-3ba6510dfac1"}},
            "Identity Center user 544894e8-80c1-707f-60e3-3ba6510dfac1",
        ),
        (
            {"type": "FederatedUser", "arn": "arn:aws:sts::123456789012:federated-user/bob"},
            "FederatedUser bob",
        ),
        ({}, "somebody unknown"),
        (None, "somebody unknown"),
    ],
)
def test_who_it_was(identity: dict[str, Any] | None, who: str) -> None:
    assert call(record(userIdentity=identity)).who == who


@pytest.mark.parametrize(
    ("agent", "own"),
    [
        ("cors-remediate Boto3/1.44.5 md/Botocore#1.44.5", True),
        ("[cors-remediate Boto3/1.44.5 md/Botocore#1.44.5]", True),
        ("[cors-remediate]", True),
        ("Boto3/1.44.5 md/Botocore#1.44.5 cors-remediate", False),
        ("cors-remediate-fork Boto3/1.44.5", False),
        ("AWS Internal", False),
        (None, False),
    ],
)
def test_our_own_calls_are_known_by_how_their_agent_begins(agent: str | None, own: bool) -> None:
    assert call(record(userAgent=agent)).own is own


def test_a_refused_call_says_why() -> None:
    assert call(record(errorCode="AccessDenied", errorMessage="…")).error == "AccessDenied"


def test_a_record_comes_wrapped_by_eventbridge() -> None:
    inside = record()
    event = {
        "version": "0",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.cloudfront",
        "region": "us-east-1",
        "detail": inside,
    }
    assert wrapped(event) == inside


@pytest.mark.parametrize(
    "event",
    [
        {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}},
        {"detail-type": "AWS API Call via CloudTrail", "detail": None},
        {},
    ],
)
def test_other_events_hold_none(event: dict[str, Any]) -> None:
    assert wrapped(event) is None
