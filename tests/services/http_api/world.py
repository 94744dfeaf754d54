"""HTTP APIs for the laws that hold for every service."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from remediate.aws import Aws
from remediate.core.policy import Mode, Policy, Retired, Selector

KIND = "http_api"
REGION = "eu-west-1"

ORIGINS = ("https://a.example.com", "https://b.example.com", "http://localhost:3000")
HEADERS = ("content-type", "authorization", "x-one")
METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")


def _some(values: tuple[str, ...], least: int = 0) -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=3, unique=True)


def _valid(cors: dict[str, Any]) -> bool:
    return not (cors.get("AllowCredentials") and "*" in cors["AllowOrigins"])


def configs() -> SearchStrategy[Any]:
    cors = st.fixed_dictionaries(
        {"AllowOrigins": _some((*ORIGINS, "*", "https://*", "https://theirs.example"), 1)},
        optional={
            "AllowMethods": _some((*METHODS, "*"), 1),
            "AllowHeaders": _some((*HEADERS, "*", "X-Odd"), 1),
            "ExposeHeaders": _some(("etag", "X-Odd", "*"), 1),
            "AllowCredentials": st.booleans(),
            "MaxAge": st.sampled_from([-1, 0, 5, 86400]),
        },
    ).filter(_valid)
    return st.none() | cors.map(lambda cors: {"CorsConfiguration": cors})


def policies() -> SearchStrategy[Policy]:
    return st.builds(
        Policy,
        plan=st.just("webapp"),
        origins=_some((*ORIGINS, "https://*.example.com")).map(tuple),
        methods=_some((*METHODS, "OPTIONS"), 1).map(tuple),
        headers=_some((*HEADERS, "*")).map(tuple),
        expose=_some(("etag", "x-odd")).map(tuple),
        credentials=st.booleans(),
        max_age=st.sampled_from([None, 0, 600]),
        mode=st.sampled_from(list(Mode)),
        retired=st.builds(Retired, origins=_some(ORIGINS).map(tuple), methods=_some(METHODS).map(tuple)),
    )


def seed(aws: Aws, config: Any, name: str) -> Selector:
    client = aws.client("apigatewayv2", REGION)
    api = client.create_api(Name=name, ProtocolType="HTTP", Tags={"owner": "somebody"}, **(config or {}))[
        "ApiId"
    ]
    target = client.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri="https://backend.example",
    )["IntegrationId"]
    client.create_route(ApiId=api, RouteKey="GET /items", Target=f"integrations/{target}")
    client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    client.create_stage(ApiId=api, StageName="manual", AutoDeploy=False)
    client.create_deployment(ApiId=api, StageName="manual")
    return Selector(KIND, api, REGION)


def raw(aws: Aws, selector: Selector) -> Any:
    client, api = aws.client("apigatewayv2", REGION), selector.pattern
    held = {
        key: value
        for key, value in client.get_api(ApiId=api).items()
        if key not in {"ResponseMetadata", "CreatedDate"}
    }
    if "CorsConfiguration" in held:  # an empty member and an absent one are the same to UpdateApi
        held["CorsConfiguration"] = {key: value for key, value in held["CorsConfiguration"].items() if value}
    stages = [
        {
            key: value
            for key, value in stage.items()
            if key not in {"CreatedDate", "LastUpdatedDate", "DeploymentId"}
        }
        for stage in client.get_stages(ApiId=api)["Items"]
    ]
    return {
        "api": held,
        "routes": client.get_routes(ApiId=api)["Items"],
        "integrations": client.get_integrations(ApiId=api)["Items"],
        "stages": stages,
    }


def masked(raw: Any) -> Any:
    return {**raw, "api": {key: value for key, value in raw["api"].items() if key != "CorsConfiguration"}}


def disturb(aws: Aws, selector: Selector) -> None:
    theirs = {"AllowOrigins": ["https://disturb.example"], "AllowMethods": ["GET"]}
    aws.client("apigatewayv2", REGION).update_api(ApiId=selector.pattern, CorsConfiguration=theirs)
