"""Plan, apply and prove CORS across API Gateway, CloudFront and S3.

The Python API: `judge` says what a browser concludes, `needs_preflight` and `preflight_for` what it
sends first, `answer` what AWS would reply from a service's configuration. All of it is pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.web.browser import BrowserRequest, Verdict, judge, needs_preflight, preflight_for
from remediate.web.http import Request, Response, Unknown

if TYPE_CHECKING:
    from remediate.core.document import Document
    from remediate.services import Backend

__all__ = [
    "BrowserRequest",
    "Request",
    "Response",
    "Unknown",
    "Verdict",
    "answer",
    "judge",
    "needs_preflight",
    "preflight_for",
]


def answer(
    service: str, config: Document | None, request: Request, *, backend: Backend | None = None
) -> Response | Unknown:
    """What AWS would reply to `request`, from a resource's configuration alone.

    `service` is `s3`, `http_api`, `rest_api` or `cloudfront`; `config` is in the AWS API's shape:
    `s3` `{"CORSRules": […]}` or None; `http_api` `{"CorsConfiguration": {…} | None, "routes": […]}`;
    `rest_api` `{"resources": […], "gatewayResponses": […], "binaryMediaTypes": […]}`, resources as
    `get_resources(embed=["methods"])` gives them. `backend` stands behind a proxy: a Response, or a
    function from Request to Response. `Unknown` is returned where the configuration does not tell.
    Raises `ValueError` for a service of another name.
    """
    from remediate.services import kinds  # noqa: PLC0415  # `import remediate` stays light
    from remediate.services import service as service_of  # noqa: PLC0415

    if service not in kinds():
        raise ValueError(f"no service is called {service!r}: there are {', '.join(kinds())}")
    return service_of(service).answer(config, request, backend=backend)
