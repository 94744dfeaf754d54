"""The live settings as AWS's own read calls tell them; empty and absent members are the same."""

from __future__ import annotations

import json
from typing import Any

import boto3

from remediate.sandbox import KEYS


class Live:
    """Clients of an endpoint that nothing breaks."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: dict[str, Any] = {}
        self._session = boto3.Session(
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            region_name=KEYS["AWS_REGION"],
        )

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, endpoint_url=self._url)
        return self._clients[service]

    def everything(self) -> Any:
        """All four services."""
        found = {
            "s3": self.buckets(),
            "http_api": self.http_apis(),
            "rest_api": self.rest_apis(),
            "cloudfront": self.distributions(),
            "policies": self.policies(),
        }
        return without_empty(json.loads(json.dumps(found, default=str)))

    def buckets(self) -> Any:
        s3 = self.client("s3")
        found = {}
        for bucket in s3.list_buckets()["Buckets"]:
            try:
                found[bucket["Name"]] = s3.get_bucket_cors(Bucket=bucket["Name"])["CORSRules"]
            except s3.exceptions.ClientError:
                found[bucket["Name"]] = None
        return found

    def http_apis(self) -> Any:
        gateway = self.client("apigatewayv2")
        return {
            api["ApiId"]: {
                "api": _with_plain_cors(api),
                "routes": gateway.get_routes(ApiId=api["ApiId"])["Items"],
                "stages": [
                    {
                        name: value
                        for name, value in stage.items()
                        # With auto-deploy every edit is another deployment, there and back.
                        if name not in STAMPS and not (name == "DeploymentId" and stage.get("AutoDeploy"))
                    }
                    for stage in gateway.get_stages(ApiId=api["ApiId"])["Items"]
                ],
            }
            for api in gateway.get_apis()["Items"]
        }

    def rest_apis(self) -> Any:
        gateway = self.client("apigateway")
        found = {}
        for api in gateway.get_rest_apis(limit=500)["items"]:
            one = {"restApiId": api["id"]}
            found[api["id"]] = {
                "editor": sorted(
                    gateway.get_resources(**one, embed=["methods"], limit=500)["items"],
                    key=lambda resource: resource["path"],
                ),
                "errors": gateway.get_gateway_responses(**one)["items"],
                "stages": [
                    {name: value for name, value in stage.items() if name not in STAMPS}
                    for stage in gateway.get_stages(**one)["item"]
                ],
            }
        return found

    def deployments(self) -> dict[str, int]:
        """How many each REST API has."""
        gateway = self.client("apigateway")
        return {
            api["id"]: len(gateway.get_deployments(restApiId=api["id"], limit=500)["items"])
            for api in gateway.get_rest_apis(limit=500)["items"]
        }

    def distributions(self) -> Any:
        cloudfront = self.client("cloudfront")
        listed = cloudfront.list_distributions()["DistributionList"].get("Items", [])
        return {
            one["Id"]: cloudfront.get_distribution_config(Id=one["Id"])["DistributionConfig"]
            for one in listed
        }

    def policies(self) -> Any:
        cloudfront = self.client("cloudfront")
        return {
            kind: sorted(
                item[f"{kind}Policy"][f"{kind}PolicyConfig"]["Name"]
                for item in getattr(cloudfront, f"list_{word}_policies")(Type="custom")[
                    f"{kind}PolicyList"
                ].get("Items", [])
            )
            for kind, word in (
                ("Cache", "cache"),
                ("OriginRequest", "origin_request"),
                ("ResponseHeaders", "response_headers"),
            )
        }


def _with_plain_cors(api: dict[str, Any]) -> dict[str, Any]:
    """`AllowCredentials` false is the same as none."""
    cors = {name: value for name, value in (api.get("CorsConfiguration") or {}).items() if value}
    return {**api, "CorsConfiguration": cors}


STAMPS = frozenset({"createdDate", "lastUpdatedDate", "CreatedDate", "LastUpdatedDate"})


def without_empty(value: Any) -> Any:
    """Members that hold nothing are left out, at every depth."""
    if isinstance(value, dict):
        kept = {name: without_empty(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in (None, {}, [], "")}
    if isinstance(value, list):
        return [without_empty(one) for one in value]
    return value
