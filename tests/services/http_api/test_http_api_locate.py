"""Which HTTP API a custom domain name leads to: the longest mapping key that matches."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from remediate.aws import Aws
from remediate.services.http_api.find_by_host import find_by_host, longest

DOMAIN = "api.example.test"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/x"
KEYS = ["", "v1", "orders", "orders/v2"]


@pytest.mark.parametrize("order", list(permutations(KEYS)), ids=str)
def test_the_longest_key_wins(aws: Aws, order: tuple[str, ...]) -> None:
    client: Any = aws.client("apigatewayv2")
    client.create_domain_name(DomainName=DOMAIN, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}])
    apis = {}
    for key in order:
        apis[key] = client.create_api(Name=key or "default", ProtocolType="HTTP")["ApiId"]
        client.create_stage(ApiId=apis[key], StageName="$default", AutoDeploy=True)
        more = {"ApiMappingKey": key} if key else {}
        client.create_api_mapping(DomainName=DOMAIN, ApiId=apis[key], Stage="$default", **more)
    expected = {
        "/v1/list": "v1",
        "/v10": "",
        "/": "",
        "/orders?x=1": "orders",
        "/orders/v2/items": "orders/v2",
        "/orders/v20": "orders",
    }
    for path, key in expected.items():
        (found,) = find_by_host(aws, DOMAIN, path)
        assert (found.selector.pattern, found.base) == (apis[key], f"/{key}".rstrip("/")), path


def test_a_path_that_no_mapping_begins_leads_nowhere() -> None:
    assert longest(["/v1"], "/v2") is None
    assert longest([], "/") is None
