"""What a resource policy does to a request without credentials, from the statements alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remediate.services.rest_api.resource_policy import Decision, judge_policy, policy_document

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123defg"
IP = {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}
NOT_VPC = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}


def statement(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"} | more


ALLOW = statement()


@pytest.mark.parametrize(
    ("statements", "decision", "conditions"),
    [
        ([ALLOW], Decision.ALLOWED, ()),
        ([statement(Principal={"AWS": "*"})], Decision.ALLOWED, ()),
        ([statement(Principal={"AWS": ["*"]})], Decision.ALLOWED, ()),
        ([statement(Action="*")], Decision.ALLOWED, ()),
        ([statement(Action=["execute-api:*"])], Decision.ALLOWED, ()),
        ([statement(Resource="execute-api:/*")], Decision.ALLOWED, ()),
        ([statement(Resource=["execute-api:/prod/*"])], Decision.ALLOWED, ()),
        ([statement(Resource=f"{ARN}/*")], Decision.ALLOWED, ()),
        ([statement(Resource=f"{ARN}/prod/OPTIONS/items")], Decision.ALLOWED, ()),
        ([statement(Resource="execute-api:/*/OPTIONS/*")], Decision.ALLOWED, ()),
        ([statement(Resource="execute-api:/dev/*")], Decision.DENIED, ()),
        ([statement(Resource="execute-api:/prod/GET/*")], Decision.DENIED, ()),
        ([statement(Principal={"AWS": "arn:aws:iam::123456789012:root"})], Decision.DENIED, ()),
        ([statement(Action="execute-api:ManageConnections")], Decision.DENIED, ()),
        ([], Decision.DENIED, ()),
        ([ALLOW, statement("Deny")], Decision.DENIED, ()),
        ([ALLOW, statement("Deny", Resource="execute-api:/prod/OPTIONS/*")], Decision.DENIED, ()),
        ([ALLOW, statement("Deny", Resource="execute-api:/prod/GET/*")], Decision.ALLOWED, ()),
        ([ALLOW, statement("Deny", Condition=NOT_VPC)], Decision.DEPENDS, ("aws:SourceVpce",)),
        ([statement(Condition=IP)], Decision.DEPENDS, ("aws:SourceIp",)),
        ([statement(Condition=IP), ALLOW], Decision.ALLOWED, ()),
        ([statement("Deny", Condition=IP)], Decision.DENIED, ()),
    ],
)
def test_the_decision(statements: Any, decision: Decision, conditions: tuple[str, ...]) -> None:
    policy = {"Version": "2012-10-17", "Statement": statements}
    found = judge_policy(policy, "prod", "OPTIONS", "/items")
    assert (found.decision, found.conditions) == (decision, conditions)


def test_a_not_principal_and_a_not_action() -> None:
    everybody_else = {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}, "Action": "*"}
    assert (
        judge_policy({"Statement": [ALLOW, everybody_else]}, "prod", "GET", "/").decision is Decision.DENIED
    )
    others = {"Effect": "Deny", "Principal": "*", "NotAction": "execute-api:Invoke", "Resource": "*"}
    assert judge_policy({"Statement": [ALLOW, others]}, "prod", "GET", "/").decision is Decision.ALLOWED


def test_one_statement_need_not_be_a_list() -> None:
    assert judge_policy({"Statement": ALLOW}, "prod", "GET", "/").decision is Decision.ALLOWED


def test_an_api_without_a_policy_lets_everybody_in() -> None:
    assert judge_policy(None, "prod", "OPTIONS", "/items").decision is Decision.ALLOWED


def test_the_text_of_get_rest_api_has_its_quotes_escaped() -> None:
    policy = {"Version": "2012-10-17", "Statement": [ALLOW]}
    plain = json.dumps(policy)
    assert policy_document(plain) == policy
    assert policy_document(plain.replace('"', '\\"').replace("/", "\\/")) == policy
    assert policy_document(policy) == policy
    assert policy_document(None) is None
    assert policy_document("") is None
    with pytest.raises(ValueError, match="no JSON object"):
        policy_document("[]")
