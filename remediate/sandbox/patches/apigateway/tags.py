"""Lets moto tag REST APIs, not only their stages.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
https://docs.aws.amazon.com/apigateway/latest/api/API_TagResource.html
"""
# ruff: noqa: D103 - a handler is named after its operation, which AWS documents.

import re
from urllib.parse import unquote

from moto.apigateway import urls
from moto.apigateway.models import RestAPI, Stage
from moto.apigateway.responses import APIGatewayResponse

from remediate.sandbox.patches.apigateway.serialise import Answer, answer, body, not_found, query
from remediate.sandbox.patches.patch import patch

_ARN = re.compile(
    r"/tags/arn:[^:/]+:apigateway:[^:/]+::/restapis/(?P<api>[^/]+)(?:/stages/(?P<stage>[^/]+))?"
)
# A server sees the path unescaped, where moto knows only the ARNs of stages.
_PATH = (
    "{0}/tags/arn:(?P<partition>[^/]+):apigateway:(?P<region_name>[^/]+)::/restapis/(?P<function_id>[^/]+)$"
)


def get_tags(response: APIGatewayResponse) -> Answer:
    return answer(200, {"tags": _tagged(response).tags or {}})


def tag_resource(response: APIGatewayResponse) -> Answer:
    tagged = _tagged(response)
    tagged.tags = (tagged.tags or {}) | body(response).get("tags", {})
    return answer(204)


def untag_resource(response: APIGatewayResponse) -> Answer:
    tagged, gone = _tagged(response), query(response, "tagKeys")
    tagged.tags = {key: value for key, value in (tagged.tags or {}).items() if key not in gone}
    return answer(204)


def _tagged(response: APIGatewayResponse) -> RestAPI | Stage:
    match = _ARN.fullmatch(unquote(response.path))
    api = response.backend.apis.get(match["api"]) if match else None
    if match is None or api is None:
        raise not_found("Invalid API identifier specified")
    if match["stage"] is None:
        return api
    stage = api.stages.get(match["stage"])
    if stage is None:
        raise not_found("Invalid stage identifier specified")
    return stage


def install() -> None:
    urls.url_paths.setdefault(_PATH, APIGatewayResponse.dispatch)
    patch(APIGatewayResponse, get_tags, tag_resource, untag_resource)
