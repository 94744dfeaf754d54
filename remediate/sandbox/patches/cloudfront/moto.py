"""The seam between moto's CloudFront and the operations that this package adds to it.

It knows how moto finds an operation, reads a request and writes an answer, and nothing about
what an operation does. Only this module touches moto's internals.

* moto looks an operation up by its snake_case name on `CloudFrontResponse`, so an operation
  set there is found like one of moto's own.
* Routes come from `moto.cloudfront.urls.url_paths`. In process they are read at every request;
  a moto server reads them once, at its first CloudFront request, so install before that.
* The HTTP status of an error comes from the API model, by error code.
* `BaseBackend.reset` empties a backend's `__dict__`, and there is one backend per account:
  what is kept there is reset and isolated as moto's own state is.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from moto.cloudfront import urls
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend, random_id
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores, get_service_model

from remediate.sandbox.patches.cloudfront.xml import write

__all__ = [
    "LOCK",
    "PAGE",
    "CloudFrontBackend",
    "CloudFrontException",
    "CloudFrontResponse",
    "Document",
    "EmptyResult",
    "Operation",
    "extend",
    "location",
    "natively",
    "new_etag",
    "new_id",
    "page",
    "parameter",
    "require_match",
    "result",
]

Document = dict[str, Any]
Operation = Callable[[CloudFrontResponse], ActionResult]

# A moto server answers each request in its own thread. Comparing an ETag and storing the new
# document must be one step, or two writers with the same ETag would both win.
LOCK = threading.RLock()

# The page size of every list operation of the CloudFront API unless MaxItems says less.
PAGE = 100


class _Answer(ActionResult):
    """An answer made of dicts that are named exactly as in the API."""

    def execute_result(self, context: Any) -> Any:
        model = context.operation_model
        headers, body = write(model.output_shape, cast("Document", self.result))
        return model.http.get("responseCode", 200), headers, body


def extend(operations: Mapping[str, Operation], *, replace: bool = False) -> None:
    """Give moto `operations`, named as in the API; leave the ones it has unless `replace`."""
    model = get_service_model("cloudfront")
    for name, operation in operations.items():
        method = camelcase_to_underscores(name)
        if replace or not hasattr(CloudFrontResponse, method):
            setattr(CloudFrontResponse, method, operation)
        path = model.operation_model(name).http["requestUri"].partition("?")[0]
        route = "{0}" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$"
        if not any(_shape(route) == _shape(existing) for existing in urls.url_paths):
            urls.url_paths[route] = CloudFrontResponse.dispatch


def _shape(route: str) -> str:
    """Give `route` without the names of its placeholders, for comparing."""
    return re.sub(r"\?P<\w+>", "", route).removesuffix("$")


def natively(name: str) -> bool:
    """Tell whether moto itself has the operation `name`."""
    method = getattr(CloudFrontResponse, camelcase_to_underscores(name), None)
    return method is not None and method.__module__.startswith("moto.")


def parameter(response: CloudFrontResponse, name: str) -> Any:
    """Read one request parameter, parsed to what the API model says it is."""
    return response._get_param(name)  # noqa: SLF001 - moto's own operations read it like this


def result(document: Mapping[str, Any]) -> ActionResult:
    """Answer with `document`, whose keys are the members of the operation's output."""
    return _Answer(document)


def location(*path: str) -> str:
    """Give the Location header of a new resource."""
    return "/".join(("https://cloudfront.amazonaws.com/2020-05-31", *path))


def new_id() -> str:
    """Make an id in the form of CloudFront's, such as E1U5RQF7T870K0."""
    return f"E{random_id(length=13)}"


def new_etag() -> str:
    """Make a version identifier in the form of CloudFront's, such as E2QWRUHAPOMQZL."""
    return f"E{random_id(length=13)}"


def require_match(sent: str | None, current: str) -> None:
    """Refuse a write that does not name the current version of what it replaces."""
    if not sent:
        raise CloudFrontException(
            "InvalidIfMatchVersion",
            "The If-Match version is missing or not valid for the resource.",
        )
    if sent != current:
        raise CloudFrontException(
            "PreconditionFailed",
            "The request failed because it didn't meet the preconditions "
            "in one or more request-header fields.",
        )


def page(
    response: CloudFrontResponse, ids: Sequence[str]
) -> tuple[slice, dict[str, str | int | bool | None]]:
    """Cut the page asked for out of `ids`; give it with the members that describe it.

    A Marker is the id of the last item of the page before:
    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListDistributions.html
    """
    marker = parameter(response, "Marker") or ""
    max_items = str(parameter(response, "MaxItems") or PAGE)
    size = int(max_items) if max_items.isdecimal() else 0
    if size < 1:
        raise CloudFrontException("InvalidArgument", "The parameter MaxItems is not valid.")
    if marker and marker not in ids:
        raise CloudFrontException("InvalidArgument", "The parameter Marker is not valid.")
    start = ids.index(marker) + 1 if marker else 0
    stop = min(start + min(size, PAGE), len(ids))
    truncated = stop < len(ids)
    return slice(start, stop), {
        "Marker": marker,
        "NextMarker": ids[stop - 1] if truncated else None,
        "MaxItems": size,
        "IsTruncated": truncated,
        "Quantity": stop - start,
    }
