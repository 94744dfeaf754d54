"""REST APIs for the laws that hold for every service."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from remediate.aws import Aws
from remediate.core.policy import Mode, Policy, Retired, Selector
from remediate.services.rest_api.settings import BUILT_IN_STATUS

from .apis import (
    ECHO,
    REGION,
    A,
    B,
    C,
    api,
    build,
    cdk_list,
    cors,
    http,
    mock,
    proxy,
    response,
    serverless_list,
)

KIND = "rest_api"

ORIGINS = (A, B, C)
METHODS = ("GET", "POST", "PUT", "DELETE")
JSON = "application/json"


def _some(values: tuple[str, ...], least: int = 0, most: int = 3) -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True)


def _headers() -> SearchStrategy[dict[str, str]]:
    """CORS headers as somebody may have mapped them."""
    return st.fixed_dictionaries(
        {},
        optional={
            "origin": st.sampled_from([*ORIGINS, "*", f"{A},{B}", "https://other.example", ""]),
            "methods": st.sampled_from(["GET", "GET,POST,OPTIONS", "*", "get, put", ""]),
            "headers": st.sampled_from(["Content-Type", "*", "Content-Type, Authorization", "X-Ünused"]),
            "credentials": st.sampled_from(["true", "false", "TRUE"]),
            "max_age": st.sampled_from(["0", "600", "soon"]),
            "vary": st.sampled_from(["Accept-Encoding", "Origin"]),
        },
    ).map(lambda values: cors(**values))


def _templates() -> SearchStrategy[dict[str, str]]:
    return st.sampled_from(
        [
            {},
            {JSON: ""},
            {JSON: "{}\n"},
            {JSON: cdk_list(A, "https://other.example")},
            {JSON: serverless_list(B)},
            {JSON: serverless_list("https://*.example.org")},
            {JSON: ECHO},
            {JSON: '#set($x = $input.path("$")){"a": "$x"}', "text/plain": "plain"},
        ]
    )


def _response(status: str = "200", pattern: str = "") -> SearchStrategy[dict[str, Any]]:
    return st.builds(response, st.just(status), _headers(), _templates(), st.just(pattern))


def _options() -> SearchStrategy[dict[str, Any]]:
    mocks = st.builds(
        mock,
        _response(),
        status=st.sampled_from([200, 204, None]),
        authorizationType=st.sampled_from(["NONE", "NONE", "AWS_IAM"]),
        apiKeyRequired=st.sampled_from([False, False, True]),
    )
    return mocks | st.just(proxy("preflights"))


def _actual() -> SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.builds(mock, _response(), _response("404", "4..")),
        st.builds(http, _response(), _response("400", r"4\d{2}")),
        st.just(proxy()),
    )


def _methods() -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={"GET": _actual(), "POST": _actual(), "ANY": _actual(), "OPTIONS": _options()}
    ).filter(bool)


def _gateways() -> SearchStrategy[dict[str, dict[str, Any]]]:
    prefix = "gatewayresponse.header."
    parameters = st.sampled_from(
        [
            {},
            {prefix + "Access-Control-Allow-Origin": f"'{A}'"},
            {prefix + "Access-Control-Allow-Origin": "'*'", prefix + "X-Other": "'kept'"},
            {prefix + "access-control-allow-origin": "method.request.header.Origin"},
        ]
    )
    entry = st.fixed_dictionaries(
        {"responseParameters": parameters},
        optional={
            "statusCode": st.sampled_from(["403", "404"]),
            "responseTemplates": st.just({JSON: '{"ours": 1}'}),
        },
    )
    # A default that says nothing is the same as none, and is not told apart.
    return st.dictionaries(
        st.sampled_from(["DEFAULT_4XX", "UNAUTHORIZED", "INVALID_API_KEY"]), entry, max_size=2
    ).map(lambda drawn: {kind: each for kind, each in drawn.items() if kind[0] != "D" or any(each.values())})


def configs() -> SearchStrategy[Any]:
    paths = st.sampled_from(["/", "/items", "/items/{id}", "/{proxy+}"])
    return st.builds(
        api,
        st.dictionaries(paths, _methods(), min_size=1, max_size=2),
        _gateways(),
        st.sampled_from([(), ("*/*",), ("image/png",)]),
    )


def policies() -> SearchStrategy[Policy]:
    return st.builds(
        Policy,
        plan=st.just("webapp"),
        origins=_some((*ORIGINS, "https://*.example.com", "*")).map(tuple),
        methods=_some(METHODS, 1).map(tuple),
        headers=_some(("content-type", "authorization", "*")).map(tuple),
        expose=_some(("etag", "x-total")).map(tuple),
        credentials=st.booleans(),
        max_age=st.sampled_from([None, 0, 600]),
        mode=st.sampled_from(list(Mode)),
        retired=st.builds(Retired, origins=_some(ORIGINS).map(tuple)),
        options=st.sampled_from([{}, {}, {"stages": (), "paths": ()}, {"paths": ("/items/**",)}]),
    )


def seed(aws: Aws, config: Any, name: str) -> Selector:
    return Selector(KIND, build(aws, config, name), REGION)


def raw(aws: Aws, selector: Selector) -> Any:
    client, identifier = aws.client("apigateway", REGION), selector.pattern
    resources = client.get_resources(restApiId=identifier, embed=["methods"], limit=500)["items"]
    stages = client.get_stages(restApiId=identifier)["item"]
    return _without_empty(
        {
            "api": _plain(client.get_rest_api(restApiId=identifier)),
            "resources": {each["path"]: each for each in resources},
            "gateways": {
                each["responseType"]: each
                for each in client.get_gateway_responses(restApiId=identifier)["items"]
            },
            "stages": {
                each["stageName"]: {"variables": each.get("variables"), "tags": each.get("tags")}
                for each in stages
            },
            "served": {each["stageName"]: _export(client, identifier, each["stageName"]) for each in stages},
        }
    )


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in ("ResponseMetadata", "createdDate")}


def _export(client: Any, identifier: str, stage: str) -> Any:
    answer = client.get_export(
        restApiId=identifier,
        stageName=stage,
        exportType="oas30",
        parameters={"extensions": "apigateway"},
        accepts="application/json",
    )
    document = json.loads(answer["body"].read())
    for kind, given in document.get("x-amazon-apigateway-gateway-responses", {}).items():
        if str(given.get("statusCode")) == BUILT_IN_STATUS.get(kind):
            del given["statusCode"]  # said or not, it is the same
    # Which schemes and models are in use follows from the methods.
    return {key: value for key, value in document.items() if key not in ("info", "components")}


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        cleaned = {key: _without_empty(each) for key, each in value.items()}
        return {key: each for key, each in cleaned.items() if each not in (None, {}, [], "")}
    if isinstance(value, list):
        return [_without_empty(each) for each in value]
    return value


def masked(raw: Any) -> Any:
    """Without OPTIONS methods, Access-Control headers, Vary, and templates of lists of origins."""
    return _without_empty(_mask(raw))


def _mask(value: Any) -> Any:
    if isinstance(value, list):
        return [_mask(each) for each in value]
    if isinstance(value, str):
        return value.split("exactly these origins are answered\n", 1)[-1]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, each in value.items():
        name = key.lower()
        if name in ("options", "defaultresponse") or "access-control" in name:
            continue
        if name.rsplit(".", 1)[-1] == "vary":
            continue
        kept[key] = _mask(each)
    return kept


def disturb(aws: Aws, selector: Selector) -> None:
    aws.client("apigateway", REGION).put_gateway_response(
        restApiId=selector.pattern,
        responseType="THROTTLED",
        responseParameters={
            "gatewayresponse.header.Access-Control-Allow-Origin": "'https://disturb.example'"
        },
    )
