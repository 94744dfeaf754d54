"""The chain behind a URL of the embedded account, from live settings alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from remediate.aws import Aws
from remediate.reachability.discover import discover
from remediate.sandbox import embedded

DOMAIN = "shared.example.test"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/x"


@pytest.fixture
def aws() -> Iterator[Aws]:
    with embedded():
        seen = Aws(region="eu-west-1", concurrency=4)
        yield seen
        seen.close()


def test_the_longest_mapping_wins_across_rest_and_http_apis(aws: Aws) -> None:
    first, second = aws.client("apigateway"), aws.client("apigatewayv2")
    rest = next(api["id"] for api in first.get_rest_apis()["items"])
    stage = first.get_stages(restApiId=rest)["item"][0]["stageName"]
    http = second.create_api(Name="other", ProtocolType="HTTP")["ApiId"]
    second.create_stage(ApiId=http, StageName="$default", AutoDeploy=True)
    first.create_domain_name(
        domainName=DOMAIN, regionalCertificateArn=CERTIFICATE, endpointConfiguration={"types": ["REGIONAL"]}
    )
    second.create_domain_name(DomainName=DOMAIN, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}])
    first.create_base_path_mapping(domainName=DOMAIN, basePath="v1", restApiId=rest, stage=stage)
    second.create_api_mapping(DomainName=DOMAIN, ApiId=http, Stage="$default")

    behind = discover(aws, f"https://{DOMAIN}/v1/items").states
    assert behind[0].address == f"rest_api/{rest}/{stage}"
    assert f"http_api/{http}" not in {state.address for state in behind}
    other = discover(aws, f"https://{DOMAIN}/items").states
    assert [state.address for state in other] == [f"http_api/{http}"]
