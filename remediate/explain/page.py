"""Tell what a page must do otherwise, as no setting of a server can make its request pass. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from remediate.core.explain_rules import METHOD_IN_LOWER_CASE, PAGE_SENDS_RESPONSE_HEADER, PAGE_WITHOUT_ORIGIN
from remediate.core.finding import Finding
from remediate.web.browser import BrowserRequest
from remediate.web.headers import normalise_method
from remediate.web.origin import is_null

RESPONSE_HEADERS = "access-control-"
"""How the names of the headers begin with which a server allows something."""


def in_the_page(request: BrowserRequest) -> Iterator[Finding]:
    """Yield what the page itself must do otherwise."""
    for name, _ in request.headers:
        if name.lower().startswith(RESPONSE_HEADERS):
            message = (
                f"Remove {name} from the page's request: it is a header of responses, and allows nothing."
            )
            yield PAGE_SENDS_RESPONSE_HEADER.finding("", message)
    method = normalise_method(request.method)
    if method != method.upper():
        message = (
            f"Spell the method {method.upper()} in the page: it is sent as {method}, which no server knows."
        )
        yield METHOD_IN_LOWER_CASE.finding("", message)
    if is_null(request.origin):
        message = (
            "Serve the page over HTTP, for example at http://localhost:3000: its origin is null, and to "
            "allow that is to allow every site."
        )
        yield PAGE_WITHOUT_ORIGIN.finding("", message)
