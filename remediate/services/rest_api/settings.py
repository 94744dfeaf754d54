"""What is fixed about REST APIs: published rates, error types, header names, quoting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediate.aws import Rate
from remediate.services.rest_api.facts import RestApiFacts

KIND = "rest_api"

# Fixed per account and region, not raisable (API Gateway developer guide, "Quotas").
RATES: Mapping[str, Rate] = {
    "apigateway:*": Rate(10, 40),
    "apigateway:CreateDeployment": Rate(0.2, 1),
    "apigateway:GetResources": Rate(2.5, 5),
}

REGIONAL = True
"""Two APIs in different regions may have one name."""

IDENTITY: Mapping[str, str] = {"resources": "path", "gatewayResponses": "responseType"}

EVERY_TYPE = "*/*"
"""Among the binary media types it makes every body binary, a preflight's empty one too."""

STAGE = "stage"
"""Beside the settings that answers are worked out from: the stage's name, variables and endpoint types."""

PROXIES = frozenset({"AWS_PROXY", "HTTP_PROXY"})

# Types of gateway responses with the status each has of itself (recorded from GetGatewayResponses).
BUILT_IN_STATUS: Mapping[str, str] = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}
DEFAULT_TYPES = ("DEFAULT_4XX", "DEFAULT_5XX")
BUILT_IN_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
ALLOW_METHODS = "Access-Control-Allow-Methods"
ALLOW_HEADERS = "Access-Control-Allow-Headers"
EXPOSE_HEADERS = "Access-Control-Expose-Headers"
MAX_AGE = "Access-Control-Max-Age"
VARY = "Vary"
CORS_HEADERS = (ALLOW_ORIGIN, ALLOW_CREDENTIALS, ALLOW_METHODS, ALLOW_HEADERS, EXPOSE_HEADERS, MAX_AGE)

METHOD_HEADER = "method.response.header."
GATEWAY_HEADER = "gatewayresponse.header."


def quoted(value: str) -> str:
    """A static value of a parameter mapping; the single quotes are part of the string."""
    return f"'{value}'"


def unquoted(mapping: Any) -> str | None:
    """The text of a static mapping (exactly one pair of quotes is taken off), None of a dynamic one."""
    if isinstance(mapping, str) and len(mapping) >= 2 and mapping[0] == mapping[-1] == "'":
        return mapping[1:-1]
    return None


def items(value: str | None) -> tuple[str, ...]:
    """The elements of a comma-separated header value, in order, without repetition."""
    parts = (part.strip() for part in (value or "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def parameter(parameters: Mapping[str, Any] | None, prefix: str, header: str) -> str | None:
    """The key under which a header is mapped, whatever its case; None where it is not mapped."""
    sought = (prefix + header).lower()
    return next((key for key in parameters or {} if key.lower() == sought), None)


def mapped(parameters: Mapping[str, Any] | None, prefix: str, header: str) -> Any:
    """Return what a header is mapped to, None where it is not mapped."""
    key = parameter(parameters, prefix, header)
    return None if key is None else (parameters or {})[key]


def with_stage(config: Mapping[str, Any], facts: RestApiFacts) -> dict[str, Any]:
    """The settings with what of the facts decides what a template answers."""
    stage: dict[str, Any] = {}
    if "stage" in facts:
        stage["name"] = facts["stage"]
    if "variables" in facts:
        stage["variables"] = facts["variables"]
    if "endpointTypes" in facts:
        stage["endpointTypes"] = facts["endpointTypes"]
    return {**config, STAGE: stage}
