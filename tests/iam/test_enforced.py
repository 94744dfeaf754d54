"""The judge itself: how policies are evaluated, and that moto now refuses as AWS does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from remediate.aws import Aws, ClientError, error_code
from remediate.sandbox.patches import install

from .enforced import enforcing
from .evaluation import Asked, allows

READ = Asked("s3:GetObject", "arn:aws:s3:::b/k")


def statement(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:GetObject", "Resource": "*"} | more


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], False),
        ([statement()], True),
        ([statement(Action=["s3:Put*", "S3:getobject"])], True),
        ([statement(Resource="arn:aws:s3:::b/K")], False),
        ([statement(Resource=["arn:aws:s3:::c/*", "arn:aws:s3:::?/*"])], True),
        ([statement(Resource="arn:aws:s3:::b/${*}")], False),
        ([statement(), statement("Deny", Resource="arn:aws:s3:::b/*")], False),
        ([statement(), statement("Deny", Resource="arn:aws:s3:::c/*")], True),
        ([{"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}], False),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}], False),
    ],
)
def test_policies_are_evaluated_as_iam_does(statements: list[dict[str, Any]], expected: bool) -> None:
    assert allows([{"Version": "2012-10-17", "Statement": statements}], READ) is expected


@pytest.mark.parametrize(
    ("operator", "value", "context", "expected"),
    [
        ("StringEquals", "a", {"k": "a"}, True),
        ("StringEquals", "a*", {"k": "ab"}, False),
        ("StringLike", ["x", "a*"], {"k": "ab"}, True),
        ("StringLike", "a*", {}, False),
        ("StringLikeIfExists", "a*", {}, True),
        ("StringLikeIfExists", "a*", {"k": "b"}, False),
    ],
)
def test_conditions_must_hold(operator: str, value: Any, context: dict[str, str], expected: bool) -> None:
    policy = {"Statement": statement(Condition={operator: {"k": value}})}
    assert allows([policy], Asked("s3:GetObject", "r", context)) is expected


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """A user who may do nothing."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    install()
    with mock_aws():
        admin = Aws(region="eu-west-1")
        iam = admin.client("iam", "us-east-1")
        iam.create_user(UserName="nobody")
        key = iam.create_access_key(UserName="nobody")["AccessKey"]
        admin.client("s3", "us-east-1").create_bucket(Bucket="uploads")
        admin.close()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        one = Aws(region="eu-west-1")
        yield one
        one.close()


CALLS = {
    "apigateway": ("get_rest_apis", {}, "AccessDeniedException"),
    "apigatewayv2": ("get_apis", {}, "AccessDeniedException"),
    "cloudfront": ("list_distributions", {}, "AccessDenied"),
    "s3": ("get_bucket_cors", {"Bucket": "uploads"}, "AccessDenied"),
}


@pytest.mark.parametrize("service", CALLS)
def test_who_may_do_nothing_is_told_so_in_the_words_of_the_service(nobody: Aws, service: str) -> None:
    call, parameters, code = CALLS[service]
    client = nobody.client(service, "us-east-1")
    with enforcing() as log, pytest.raises(ClientError) as denied:
        getattr(client, call)(**parameters)
    assert error_code(denied.value) == code
    assert [allowed for _, allowed in log.checks] == [False]
    assert nobody.account() == "123456789012"  # needs no permission


@pytest.mark.parametrize("service", CALLS)
def test_a_wrong_key_is_refused_before_any_policy(
    nobody: Aws, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del nobody
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    call, parameters, _ = CALLS[service]
    aws = Aws(region="eu-west-1")
    client = aws.client(service, "us-east-1")
    with enforcing() as log, pytest.raises(ClientError) as refused:
        getattr(client, call)(**parameters)
    aws.close()
    assert "SignatureDoesNotMatch" in str(refused.value)
    assert log.checks == []
