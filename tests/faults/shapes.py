"""How each service says no: the statuses, headers and bodies of AWS's own errors.

REST-JSON for API Gateway, REST-XML for S3 and CloudFront, the query protocol's XML for STS.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([a-z0-9-]+)/aws4_request")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def service_of(authorization: str, path: str) -> str:
    """The service that a request was signed for, as IAM names it; both API Gateways told apart."""
    found = _SCOPE.search(authorization)
    service = found[1] if found else ""
    return "apigatewayv2" if service == "apigateway" and path.startswith("/v2/") else service


def throttled(service: str) -> Answer:
    """Too many requests."""
    if service.startswith("apigateway"):
        return _json(429, "TooManyRequestsException", "Too Many Requests")
    if service == "s3":
        return _bare_xml(503, "SlowDown", "Please reduce your request rate.")
    return _xml(400, "Throttling", "Rate exceeded")


def failed(service: str, status: int) -> Answer:
    """A 500 or 503 of the service's own."""
    gone = status == 503
    if service.startswith("apigateway"):
        code = "ServiceUnavailableException" if gone else "InternalFailure"
        return _json(status, code, "Service Unavailable" if gone else "Internal server error")
    if service == "s3":
        code = "ServiceUnavailable" if gone else "InternalError"
        return _bare_xml(status, code, "We encountered an internal error. Please try again.")
    return _xml(status, "ServiceUnavailable" if gone else "InternalFailure", "Please try again.")


def denied(service: str) -> Answer:
    """The credentials may not do this."""
    message = "User: arn:aws:iam::123456789012:user/reader is not authorized to perform this action"
    if service.startswith("apigateway"):
        return _json(403, "AccessDeniedException", message)
    return (
        _bare_xml(403, "AccessDenied", "Access Denied")
        if service == "s3"
        else _xml(403, "AccessDenied", message)
    )


def expired(service: str) -> Answer:
    """The credentials' time is over."""
    message = "The security token included in the request is expired"
    if service.startswith("apigateway"):
        return _json(403, "ExpiredTokenException", message)
    if service == "s3":
        return _bare_xml(400, "ExpiredToken", "The provided token has expired.")
    return _xml(403, "ExpiredToken", message)


PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome to the hotel</body></html>"
_ROOT = re.compile(rb"<(?!\?)[^>]*>")


def tampered(answer: Answer, fault: str) -> Answer:
    """The answer as it arrives; a bare one has lost its ETag, too."""
    headers = tuple(
        (name, value) for name, value in answer.headers if fault != "BARE" or name.lower() != "etag"
    )
    return Answer(answer.status, headers, tampered_body(answer.body, fault))


def tampered_body(body: bytes, fault: str) -> bytes:
    """What becomes of a body, XML or JSON."""
    if fault == "EMPTY":
        return b""
    if fault == "HTML":
        return PAGE
    if fault == "NULL":
        return b"null"
    root = _ROOT.search(body)
    is_xml = body.lstrip().startswith(b"<") and root is not None
    if fault == "WRONG_ROOT":
        return b"<?xml version='1.0'?><Welcome/>" if is_xml else b"[]"
    assert fault == "BARE", fault
    if not is_xml:
        return b"{}"
    assert root is not None
    name = root[0].strip(b"</>").split()[0]
    return body[: root.end()].replace(b"/>", b">") + b"</" + name + b">"


def _json(status: int, code: str, message: str) -> Answer:
    headers = (("Content-Type", "application/json"), ("x-amzn-ErrorType", code))
    return Answer(status, headers, json.dumps({"message": message}).encode())


def _bare_xml(status: int, code: str, message: str) -> Answer:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, (("Content-Type", "application/xml"),), body.encode())


def _xml(status: int, code: str, message: str) -> Answer:
    body = (
        "<?xml version='1.0'?><ErrorResponse><Error><Type>Sender</Type>"
        f"<Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
    return Answer(status, (("Content-Type", "text/xml"),), body.encode())
