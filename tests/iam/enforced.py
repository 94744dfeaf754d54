"""IAM as AWS enforces it, in moto: signatures, the actions and ARNs of the reference, error codes.

Stock moto's check cannot be used for these services: it signs the headers of a request without a
body as its body, and for API Gateway and CloudFront it knows neither IAM's actions nor ARNs, nor
conditions, nor an error code that botocore finds. So the check as a whole is replaced.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin, enable_iam_authentication
from moto.core.exceptions import SignatureDoesNotMatchError
from moto.iam.access_control import IAMPolicy
from werkzeug.exceptions import HTTPException

from remediate.sandbox.patches.patch import patch

from .evaluation import Asked, allows
from .reference import Request, asked


@dataclass
class Log:
    """What was checked: every request, and what had to be allowed for it, with whether it was."""

    requests: list[Request] = field(default_factory=list)
    checks: list[tuple[Asked, bool]] = field(default_factory=list)


_logs: list[Log] = []


@contextmanager
def enforcing() -> Iterator[Log]:
    """Inside the block every call needs its permission."""
    patch(ActionAuthenticatorMixin, _authenticate_and_authorize_action=_check)
    _logs[:] = [Log()]
    with enable_iam_authentication():
        yield _logs[0]


class RefusedError(HTTPException):
    """As the service says it: JSON for API Gateway, CloudTrail and EventBridge, XML for the others."""

    code = 403

    def __init__(self, service: str, code: str, message: str) -> None:
        if service in {"cloudfront", "sns", "sts"}:
            error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            super().__init__(f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>")
        else:
            super().__init__(json.dumps({"__type": code, "message": message}))


def _denied(service: str, principal: str, wanted: Asked) -> RefusedError:
    code = {"cloudfront": "AccessDenied", "sns": "AuthorizationError"}.get(service, "AccessDeniedException")
    message = (
        f"User: {principal} is not authorized to perform: {wanted.action} on resource: {wanted.resource}"
    )
    return RefusedError(service, code, message)


def _check(self: Any, request_class: type[Any], resource: str = "*") -> None:
    del resource
    if ActionAuthenticatorMixin.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
        ActionAuthenticatorMixin.request_count += 1
        return
    url = urlsplit(self.uri)
    s3 = request_class.__name__ == "S3IAMRequest"
    operation = "" if s3 else self._get_action()
    request = request_class(
        account_id=self.current_account,
        method=self.method,
        path=self.raw_path + (f"?{url.query}" if url.query else ""),
        data=self.data if s3 or self.form_data else {},
        body=self.raw_body,
        headers=self.headers,
        action=operation,
    )
    try:
        request.check_signature()
    except SignatureDoesNotMatchError as error:
        raise RefusedError(request._service, "SignatureDoesNotMatch", error.message) from error
    path = f"/{self.bucket_name}{self.raw_path}" if s3 and _virtual(self) else self.raw_path
    sent = Request(
        service=request._service,
        operation=operation,
        method=self.method,
        path=path,
        query=url.query,
        body=_body(self),
        region=request._region,
        account=self.current_account,
        missing=s3 and _missing(self, path),
    )
    (log,) = _logs
    log.requests.append(sent)
    policies = [IAMPolicy(policy)._policy_json for policy in request._access_key.collect_policies()]
    for one in asked(sent):
        allowed = allows(policies, one)
        log.checks.append((one, allowed))
        if not allowed:
            if s3:
                request._raise_access_denied()
            raise _denied(sent.service, request._access_key.arn, one)


def _virtual(response: Any) -> bool:
    """Whether the bucket stands in the host name."""
    return str(response.headers.get("host", "")).startswith(f"{response.bucket_name}.")


def _missing(response: Any, path: str) -> bool:
    bucket, _, key = unquote(path).strip("/").partition("/")
    there = response.backend.buckets.get(bucket)
    return there is not None and bool(key) and key not in there.keys


def _body(response: Any) -> str:
    """The body; of a form moto has only the parts."""
    if response.form_data:
        return urlencode(list(response.form_data.items()))
    body = response.raw_body
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
