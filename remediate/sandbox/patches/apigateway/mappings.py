"""Checks parameter mappings as API Gateway does when they are written.

moto stores whatever it gets. On AWS a mapped header must be declared beforehand, and a static
value must stand in single quotes:
https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
"""

import re
from collections.abc import Mapping

from remediate.sandbox.patches.apigateway.serialise import ApiGatewayError, bad_request

_STATIC = r"'[^']*'|context\..+|stageVariables\..+"
_REQUEST_VALUE = re.compile(
    rf"{_STATIC}|method\.request\.(header|querystring|path|body|"
    r"multivalueheader|multivaluequerystring)(\..+)?"
)
_RESPONSE_VALUE = re.compile(
    rf"{_STATIC}|integration\.response\.(header|multivalueheader|body)"
    r"(\..+)?"
)
_NEEDS_DECLARATION = re.compile(r"method\.request\.(header|querystring|path)\..+")


def check_integration_response(
    mapped: Mapping[str, str] | None, declared: Mapping[str, object] | None
) -> None:
    """Refuse a header that the method response of the same status doesn't declare."""
    for target, value in (mapped or {}).items():
        if target not in (declared or {}):
            raise _mapping_error(f"Invalid mapping expression parameter specified: {target}")
        if not _RESPONSE_VALUE.fullmatch(value):
            raise _mapping_error(f"Invalid mapping expression specified: {value}")


def check_integration_request(
    mapped: Mapping[str, str] | None, declared: Mapping[str, object] | None
) -> None:
    """Refuse to pass on a parameter that the method doesn't declare."""
    for value in (mapped or {}).values():
        if not _REQUEST_VALUE.fullmatch(str(value)):
            raise _mapping_error(f"Invalid mapping expression specified: {value}")
        if _NEEDS_DECLARATION.fullmatch(value) and value not in (declared or {}):
            raise _mapping_error(f"Invalid mapping expression parameter specified: {value}")


def check_gateway_response(mapped: Mapping[str, str] | None) -> None:
    """Refuse a target that is no header, and a value that is neither static nor the request's."""
    for target, value in (mapped or {}).items():
        if not target.startswith("gatewayresponse.header."):
            raise _mapping_error(f"Invalid mapping expression specified: {target}")
        if not _REQUEST_VALUE.fullmatch(value):
            raise _mapping_error(f"Invalid mapping expression specified: {value}")


def _mapping_error(fault: str) -> ApiGatewayError:
    return bad_request(
        f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{fault}]"
    )
