"""Which stage a custom domain name leads to: the longest base path that matches, whatever the order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from moto.apigatewayv2.models import ApiMapping, apigatewayv2_backends
from moto.core import DEFAULT_ACCOUNT_ID

from remediate.aws import Aws
from remediate.core.state import LocatedResource
from remediate.services.rest_api.find_by_host import find_by_host, longest, mapping_of

from .apis import REGION

DOMAIN = "api.example.test"
CERTIFICATE = f"arn:aws:acm:{REGION}:123456789012:certificate/x"


def deployed(aws: Aws, name: str, stage: str) -> str:
    client = aws.client("apigateway")
    api = client.create_rest_api(name=name)["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    client.put_integration(
        restApiId=api,
        resourceId=root,
        httpMethod="GET",
        type="MOCK",
        requestTemplates={"application/json": '{"statusCode": 200}'},
    )
    client.create_deployment(restApiId=api, stageName=stage)
    return str(api)


def mapped(aws: Aws, *mappings: tuple[str, str, str]) -> None:
    client = aws.client("apigateway")
    client.create_domain_name(
        domainName=DOMAIN,
        regionalCertificateArn=CERTIFICATE,
        endpointConfiguration={"types": ["REGIONAL"]},
    )
    for base, api, stage in mappings:
        more: Any = {"stage": stage} if stage else {}
        client.create_base_path_mapping(domainName=DOMAIN, basePath=base, restApiId=api, **more)


def place(aws: Aws, path: str) -> LocatedResource:
    (found,) = find_by_host(aws, DOMAIN, path)
    return found


@pytest.mark.parametrize("default_first", [True, False])
def test_a_short_base_path_wins_over_the_default_mapping(aws: Aws, default_first: bool) -> None:
    old, new = deployed(aws, "old", "dev"), deployed(aws, "new", "prod")
    mappings = [("(none)", old, "dev"), ("v1", new, "prod")]
    mapped(aws, *(mappings if default_first else mappings[::-1]))
    found = place(aws, "/v1/list")
    assert (found.selector.pattern, found.selector.options["stages"]) == (new, ("prod",))
    assert (found.base, found.own) == ("/v1", "/prod")
    for path in ("/v10/list", "/list", "/", "/V1/list"):
        assert place(aws, path).selector.pattern == old, path
    assert place(aws, "/v1?x=1").selector.pattern == new


def test_a_mapping_of_several_levels_wins_over_its_beginning(aws: Aws) -> None:
    orders, newer = deployed(aws, "orders", "prod"), deployed(aws, "newer", "live")
    mapped(aws, ("orders", orders, "prod"))
    # The REST API's own calls refuse a slash; the second version of API Gateway has such mappings.
    aws.client("apigatewayv2").create_domain_name(
        DomainName=DOMAIN, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}]
    )
    backend = apigatewayv2_backends[DEFAULT_ACCOUNT_ID][REGION]
    backend.api_mappings["m"] = ApiMapping(newer, "orders/v2", "m", DOMAIN, "live")
    found = place(aws, "/orders/v2/items")
    assert (found.selector.pattern, found.base, found.own) == (newer, "/orders/v2", "/live")
    assert place(aws, "/orders/v3/items").selector.pattern == orders


def test_the_callers_name_the_stage_where_a_mapping_names_none(aws: Aws) -> None:
    api = deployed(aws, "all", "prod")
    mapped(aws, ("v1", api, ""))
    found = place(aws, "/v1/prod?x=1")
    assert (found.selector.options["stages"], found.base, found.own) == (("prod",), "/v1", "")


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/", "default"),
        ("/a", "a"),
        ("/ab", "default"),
        ("/a/b/c", "a/b"),
        ("/a/bc", "a"),
        ("/longer-than-the-word-none/x", "longer"),
    ],
)
def test_the_longest_wins_in_every_order(path: str, api: str) -> None:
    bases = {"(none)": "default", "a": "a", "a/b": "a/b", "longer-than-the-word-none": "longer"}
    for order in permutations(bases.items()):
        found = longest([mapping_of(base, name, "prod") for base, name in order], path)
        assert found is not None
        assert found.api == api


def test_no_mapping_matches_without_a_default() -> None:
    assert longest([mapping_of("v1", "api", None)], "/v2") is None
