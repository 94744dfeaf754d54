"""Checks and normalises the CorsConfiguration of an HTTP API as AWS does; does no I/O.

What a member may hold: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
and the limits of https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html
"""

import re
from typing import Any

from moto.apigatewayv2.exceptions import BadRequestException

Document = dict[str, Any]

LONGEST_AGE = 86_400
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "*"})

# An explicit origin, or a scheme with any host; AWS documents no wildcard below a domain.
_ORIGIN = re.compile(r"\*|https?://\*|[a-z][a-z0-9+.-]*://[^*/\s]+")


def merged(live: Document | None, given: Document | None, protocol: str) -> Document | None:
    """Return the configuration after an update; a member left out keeps its live value."""
    if given is None:
        return live
    if protocol != "HTTP" and given:
        raise BadRequestException("CORS configuration is supported only for HTTP APIs")
    after = (live or {}) | {
        name: _normalised(name, value) for name, value in given.items() if value is not None
    }
    _check(after)
    # An empty list takes the member away; so does an update to nothing at all.
    return {name: value for name, value in after.items() if value != []} or None


def _normalised(name: str, value: Any) -> Any:
    """Write names as AWS gives them back: methods in capitals, the rest in lower case."""
    if not isinstance(value, list):
        return value
    return [each.upper() if name == "allowMethods" else each.lower() for each in value]


def _check(configuration: Document) -> None:
    origins = configuration.get("allowOrigins", [])
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise BadRequestException(f"Invalid format for origin {origin}")
    if "*" in origins and configuration.get("allowCredentials"):
        raise BadRequestException("allow-credentials is not supported if 'allow-origin' is *")
    for method in configuration.get("allowMethods", []):
        if method not in METHODS:
            raise BadRequestException(f"Invalid HTTP method {method} in allow-methods")
    age = configuration.get("maxAge")
    if age is not None and not -1 <= age <= LONGEST_AGE:
        raise BadRequestException(f"max-age must be between -1 and {LONGEST_AGE}")
