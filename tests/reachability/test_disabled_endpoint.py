"""APIs whose execute-api endpoint is disabled have no host of their own; a custom domain name may lead there.

"Clients can access your API only by using a custom domain name" (developer guide, "Disable the default
endpoint"); the default endpoint answers 403 then.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import Served, document, plan_of

PAGE = "http://localhost:3000"
OTHER = "https://a.example.test"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/x"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    one = Served(tmp_path_factory.mktemp("served"))
    yield one
    if one.process.returncode is None:
        one.stop()


def http_api(server: Served, name: str) -> str:
    client = server.client("apigatewayv2")
    cors = {"AllowOrigins": [OTHER], "AllowMethods": ["GET"]}
    api = str(client.create_api(Name=name, ProtocolType="HTTP", CorsConfiguration=cors)["ApiId"])
    target = client.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", PayloadFormatVersion="2.0", IntegrationUri=FUNCTION
    )["IntegrationId"]
    client.create_route(ApiId=api, RouteKey="GET /x", Target=f"integrations/{target}")
    client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    client.update_api(ApiId=api, DisableExecuteApiEndpoint=True)
    return api


def rest_api(server: Served, name: str) -> str:
    client = server.client("apigateway")
    api = str(client.create_rest_api(name=name, endpointConfiguration={"types": ["REGIONAL"]})["id"])
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    key = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**key, authorizationType="NONE")
    client.put_integration(
        **key,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations",
    )
    client.create_deployment(restApiId=api, stageName="prod")
    patch: Any = [{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}]
    client.update_rest_api(restApiId=api, patchOperations=patch)
    return api


def asking(folder: Path, target: str, origin: str = PAGE) -> str:
    return plan_of(
        folder,
        f'region: eu-west-1\norigins: ["{origin}"]\nallow: {{methods: [GET]}}\ntargets:\n  - {target}\n',
    )


def test_an_http_api_goes_through_every_command(server: Served, tmp_path: Path) -> None:
    api = http_api(server, "hardened")
    file = asking(tmp_path, "http_api: hardened")
    planned = server.run("plan", file, "--json")
    assert planned.returncode == 0, planned.stderr
    (change,) = document(planned)["changes"]
    assert change["address"] == f"http_api/{api}"
    assert ("+", "CorsConfiguration.AllowOrigins", PAGE) in {
        (edit["op"], edit["path"], edit["after"]) for edit in change["diff"]
    }
    assert document(planned)["access"] == []
    assert "endpoint-disabled" in {finding["code"] for finding in document(planned)["findings"]}

    applied = server.run("apply", "--yes", file, cwd=tmp_path)
    assert applied.returncode == 0, applied.stderr
    drifted = server.run("drift", file, cwd=tmp_path)
    assert drifted.returncode == 0, drifted.stderr
    verified = server.run("verify", file, "--json")
    assert verified.returncode == 0, verified.stderr
    assert [skipped["address"] for skipped in document(verified)["skipped"]] == [f"http_api/{api}"]
    undone = server.run("undo", "--yes", "--state", str(tmp_path / ".remediate"), cwd=tmp_path)
    assert undone.returncode == 0, undone.stderr


def test_inside_a_glob_it_does_not_stop_the_others(server: Served, tmp_path: Path) -> None:
    api = http_api(server, "glob-hardened")
    other = server.client("apigatewayv2").create_api(Name="glob-plain", ProtocolType="HTTP")["ApiId"]
    planned = server.run("plan", asking(tmp_path, 'http_api: "glob-*"'), "--json")
    assert planned.returncode == 0, planned.stderr
    assert {change["address"] for change in document(planned)["changes"]} == {
        f"http_api/{api}",
        f"http_api/{other}",
    }


@pytest.mark.parametrize("kind", ["http", "rest"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_its_own_url_is_blocked_and_says_why(server: Served, kind: str, method: str) -> None:
    api = http_api(server, "own-url") if kind == "http" else rest_api(server, "own-url")
    url = f"https://{api}.execute-api.eu-west-1.amazonaws.com/{'x' if kind == 'http' else 'prod/'}"
    done = server.run("explain", url, "--origin", OTHER, "-X", method, "--json")
    assert done.returncode == 0, done.stderr
    explained = document(done)
    assert explained["verdict"] == "blocked"
    assert explained["culprit"] == (f"http_api/{api}" if kind == "http" else f"rest_api/{api}/prod")
    assert "disabled" in explained["because"]
    assert "custom domain name" in explained["fix"]
    actual = explained["hops"][0]["actual"]
    assert (actual["status"], actual["headers"]) == (403, [])
    assert "disabled" in actual["cause"]


def test_a_custom_domain_name_leads_to_it(server: Served) -> None:
    api = http_api(server, "by-domain")
    client = server.client("apigatewayv2")
    configurations: Any = [{"CertificateArn": CERTIFICATE}]
    client.create_domain_name(DomainName="http.hardened.test", DomainNameConfigurations=configurations)
    client.create_api_mapping(
        DomainName="http.hardened.test", ApiId=api, Stage="$default", ApiMappingKey="v1"
    )
    done = server.run("explain", "https://http.hardened.test/v1/x", "--origin", OTHER, "-H", "x-a", "--json")
    assert done.returncode == 0, done.stderr
    assert document(done)["hops"][0]["address"] == f"http_api/{api}"
    # The preflight is answered by the settings: they lack the header.
    assert document(done)["verdict"] == "blocked"
    assert document(done)["hops"][0]["preflight"]["status"] == 204
    assert "disabled" not in document(done)["because"]


def test_a_distribution_in_front_of_it_is_blocked_by_it(server: Served) -> None:
    api = http_api(server, "behind-cdn")
    host = f"{api}.execute-api.eu-west-1.amazonaws.com"
    origin = {
        "Id": "api",
        "DomainName": host,
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    behavior = {
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "https-only",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",  # Managed-CachingDisabled
        "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",  # Managed-AllViewerExceptHostHeader
        "AllowedMethods": {
            "Quantity": 7,
            "Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
            "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
        },
    }
    made = server.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "x",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": behavior,
        }
    )["Distribution"]
    done = server.run("explain", f"https://{made['DomainName']}/x", "--origin", OTHER, "-X", "PUT", "--json")
    assert done.returncode == 0, done.stderr
    assert document(done)["verdict"] == "blocked"
    assert document(done)["culprit"] == f"http_api/{api}"
    assert "disabled" in document(done)["because"]


def test_guards_judge_it_as_if_a_custom_domain_name_led_to_it(server: Served, tmp_path: Path) -> None:
    http_api(server, "guarded")
    file = plan_of(
        tmp_path,
        "region: eu-west-1\nmode: exact\norigins: [https://new.example.test]\n"
        "allow: {methods: [GET]}\ntargets:\n  - http_api: guarded\n",
    )
    applied = server.run("apply", "--yes", "--json", file, cwd=tmp_path)
    assert applied.returncode == 3, applied.stderr
    assert "removes-access" in {finding["code"] for finding in document(applied)["findings"]}


def test_a_rest_api_is_planned(server: Served, tmp_path: Path) -> None:
    api = rest_api(server, "rest-hardened")
    planned = server.run("plan", asking(tmp_path, "rest_api: rest-hardened"), "--json")
    assert planned.returncode == 0, planned.stderr
    assert [change["address"] for change in document(planned)["changes"]] == [f"rest_api/{api}/prod"]
    assert document(planned)["access"] == []
