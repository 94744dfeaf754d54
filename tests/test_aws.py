"""The way to AWS: what is counted and paced, and under which name."""

from __future__ import annotations

import pytest
from moto import mock_aws

from remediate.aws import Aws
from remediate.services import kinds, service


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return Aws(region="eu-west-1")


@mock_aws
def test_requests_go_by_the_names_that_rates_and_plans_use(aws: Aws) -> None:
    aws.client("apigateway").get_rest_apis()
    aws.client("apigatewayv2").get_apis()
    aws.client("cloudfront").list_distributions()
    aws.client("s3").list_buckets()
    assert dict(aws.calls) == {
        "apigateway:GetRestApis": 1,
        "apigatewayv2:GetApis": 1,
        "cloudfront:ListDistributions": 1,
        "s3:ListBuckets": 1,
    }
    counted = {name.partition(":")[0] for name in aws.calls}
    paced = {name.partition(":")[0] for kind in kinds() for name in service(kind).RATES}
    assert paced <= counted
