"""Tells what a browser does with a cross-origin request: the CORS parts of the Fetch standard, pure.

Source: https://fetch.spec.whatwg.org/ (sections are named in each docstring). What is not CORS is
not judged: mixed content, Content Security Policy, certificates, local network permission.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal
from urllib.parse import urljoin

from remediate.web import cors_check
from remediate.web.headers import (
    NON_WILDCARD_REQUEST_HEADERS,
    REQUEST_BODY_HEADERS,
    SAFELISTED_METHODS,
    exposed_names,
    is_forbidden_method,
    is_forbidden_request_header,
    is_header_value,
    is_token,
    normalise_method,
    readable_names,
    unsafe_names,
)
from remediate.web.http import HTTP_WHITESPACE, Request, Response, header_pairs
from remediate.web.origin import NULL, OriginError
from remediate.web.url import (
    authority,
    canonical_url,
    origin_or_none,
    page_origin,
    scheme_of,
    split_url,
    url_origin,
)

Browser = Literal["chromium", "firefox", "safari"]

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 20
_POST_BECOMES_GET = frozenset({301, 302})
_SEE_OTHER = 303
_NOT_MODIFIED = 304
_PROXY_AUTHENTICATION = 407
_CONDITIONAL = frozenset(
    {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"}
)
_CACHE_CAPS: dict[Browser, int] = {"chromium": 7200, "firefox": 86400, "safari": 600}
_DEFAULT_CACHE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class BrowserRequest:
    """The request that script makes with ``fetch()``.

    ``origin`` is the page's (``null`` for an opaque one), ``url`` absolute. ``headers`` are those
    that script sets, and a body's Content-Type; the browser's own are not listed. ``credentials``
    is ``credentials: "include"``. ``upload_listener`` forces a preflight (XMLHttpRequest). ``via``
    are the URLs that redirected here, first to last. ``stored`` is the response in the browser's
    cache that a 304 revalidates.

    Origin and URL are put into the browser's spelling. Raises `OriginError` (a ValueError) for an
    origin that no browser sends, and for a URL that has no host or is not http(s).
    """

    origin: str
    url: str
    method: str = "GET"
    headers: Sequence[tuple[str, str]] = ()
    credentials: bool = False
    upload_listener: bool = False
    via: Sequence[str] = ()
    stored: Response | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin", page_origin(self.origin))
        if not self.via and "@" in authority(self.url):
            raise OriginError(
                f"{self.url!r} contains a user name, which fetch() refuses", "leave the user name out"
            )
        object.__setattr__(self, "url", canonical_url(self.url))
        pairs = ((name, value.strip(HTTP_WHITESPACE)) for name, value in header_pairs(self.headers))
        object.__setattr__(self, "headers", tuple(pairs))
        object.__setattr__(self, "via", tuple(canonical_url(url) for url in self.via))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether script gets the response, why (one or two sentences), and which headers it reads.

    ``exposed`` holds names of the response's own headers: lower case, sorted; empty if blocked.
    """

    allowed: bool
    reason: str
    exposed: tuple[str, ...]


def needs_preflight(request: BrowserRequest) -> bool:
    """Return whether the browser asks with OPTIONS first (Fetch 4.1 "main fetch"), its cache being empty."""
    if _refusal(request) is not None or not _is_cors(request):
        return False
    return (
        request.upload_listener
        or normalise_method(request.method) not in SAFELISTED_METHODS
        or bool(unsafe_names(_sent(request)))
    )


def preflight_for(request: BrowserRequest) -> Request:
    """The OPTIONS request that the browser sends first (Fetch 4.8), as if one were needed.

    It never carries cookies, Authorization or the request's own headers.
    """
    headers = [
        ("Accept", "*/*"),
        ("Origin", sent_origin(request)),
        ("Access-Control-Request-Method", normalise_method(request.method)),
    ]
    names = unsafe_names(_sent(request))
    if names:
        headers.append(("Access-Control-Request-Headers", ",".join(names)))
    return Request("OPTIONS", split_url(request.url)[1], headers, scheme_of(request.url))


def sent_origin(request: BrowserRequest) -> str:
    """The ``Origin`` header's value: the page's, or ``null`` after a redirect that taints it.

    Fetch 2.2.5 "redirect-taint": one origin that is not the page's sent the browser on to another.
    """
    origins = [url_origin(url) for url in (*request.via, request.url)]
    tainted = any(sender not in (request.origin, receiver) for sender, receiver in pairwise(origins))
    return NULL if tainted else request.origin


def judge(request: BrowserRequest, preflight: Response | None, actual: Response) -> Verdict:
    """Return what the browser concludes from the server's answers (Fetch 4.1, 4.3, 4.8 and 4.10).

    ``preflight`` is the answer to `preflight_for`, None if none was sent; it is ignored where none
    is needed. A redirect that is followed is not allowed yet: `follow` gives the next request, and its
    answer decides. Never raises for any header.
    """
    actual = _freshened(request, actual)
    failure = _failure(request, preflight, actual) or _redirect_sentence(request, actual)
    if failure is not None:
        return Verdict(allowed=False, reason=failure, exposed=())
    if not _is_cors(request):
        return Verdict(
            allowed=True,
            reason=f"The page and {request.url} are of the same origin: CORS does not apply.",
            exposed=readable_names(actual.headers),
        )
    return Verdict(
        allowed=True,
        reason=_why_allowed(request, preflight, actual),
        exposed=exposed_names(actual, credentials=request.credentials),
    )


def follow(request: BrowserRequest, preflight: Response | None, actual: Response) -> BrowserRequest | None:
    """The request that the browser goes on to after a redirect (Fetch 4.4).

    Takes what `judge` takes. None where it is at its end: blocked, or with a response for script.
    """
    target = _location(request, actual)
    if (
        target is None
        or _failure(request, preflight, actual) is not None
        or _redirect_failure(request, target) is not None
    ):
        return None
    return _redirected(request, actual.status, target)


def preflight_lacks(request: BrowserRequest, preflight: Response) -> list[str]:
    """The origin, method and header names that the answer to a preflight leaves out; empty if it passes."""
    sent = _sent(request)
    return cors_check.lacks(
        preflight,
        sent_origin(request),
        normalise_method(request.method),
        unsafe_names(sent),
        {name.lower() for name, _ in sent},
        credentials=request.credentials,
        forced=request.upload_listener,
    )


def preflight_cache_seconds(response: Response, browser: Browser = "chromium") -> int:
    """Return how long a preflight's answer may be reused (Fetch 4.8; the caps are the browsers' own).

    Absent means 5 seconds; so does what is no number, but Firefox does not cache then.
    """
    value = response.get("Access-Control-Max-Age")
    if value is None:
        return _DEFAULT_CACHE_SECONDS
    if not re.fullmatch(r"-?[0-9]+", value):
        return 0 if browser == "firefox" else _DEFAULT_CACHE_SECONDS
    if value.startswith("-"):
        return 0
    digits = value.lstrip("0")
    cap = _CACHE_CAPS[browser]
    return cap if len(digits) > len(str(cap)) else min(int(digits or "0"), cap)


def _failure(request: BrowserRequest, preflight: Response | None, actual: Response) -> str | None:
    """Return what ends the request before a redirect is looked at, in the order of the standard."""
    failure = _refusal(request)
    if failure is None and needs_preflight(request):
        failure = _preflight_failure(request, preflight)
    if failure is None:
        failure = _status_failure(actual)
    if failure is not None or not _is_cors(request):
        return failure
    failure = cors_check.origin_failure(actual, sent_origin(request), credentials=request.credentials)
    if failure is not None and needs_preflight(request):
        return f"The preflight passed, but not the answer to the request: {failure}"
    return failure


def _refusal(request: BrowserRequest) -> str | None:
    """Return why ``fetch()`` throws before anything is sent (Fetch 5.1, 5.4)."""
    if not is_token(request.method):
        return f"'{request.method}' is no HTTP method: script gets an exception, nothing is sent."
    if is_forbidden_method(request.method):
        return f"Script may not use the method {request.method}: nothing is sent."
    for name, value in request.headers:
        if not is_token(name):
            return f"'{name}' is no header name: script gets an exception, nothing is sent."
        if not is_header_value(value):
            return f"The value of {name} is no header value: nothing is sent."
    return None


def _sent(request: BrowserRequest) -> list[tuple[str, str]]:
    return [pair for pair in request.headers if not is_forbidden_request_header(*pair)]


def _is_cors(request: BrowserRequest) -> bool:
    """Return whether the response is CORS-tainted: once another origin was asked, it stays so."""
    return any(url_origin(url) != request.origin for url in (*request.via, request.url))


def _preflight_failure(request: BrowserRequest, preflight: Response | None) -> str | None:
    method = normalise_method(request.method)
    unsafe = unsafe_names(_sent(request))
    if preflight is None:
        cause = _preflight_cause(request, method, unsafe)
        return f"The request needs a preflight ({cause}), and none was answered."
    status = preflight.status
    if status in REDIRECT_STATUSES:
        target = preflight.get("Location")
        to = f" to {target}" if target else ""
        return (
            f"The preflight was answered {status}, a redirect{to}; a browser does not follow it "
            f"and accepts only 200-299. Use the final URL."
        )
    if not 200 <= status <= 299:
        return f"The preflight was answered {status}; a browser accepts only 200-299."
    failure = cors_check.origin_failure(preflight, sent_origin(request), credentials=request.credentials)
    if failure is not None:
        return f"The preflight's answer fails: {failure}"
    names = {name.lower() for name, _ in _sent(request)}
    return cors_check.method_failure(
        preflight, method, credentials=request.credentials, forced=request.upload_listener
    ) or cors_check.headers_failure(preflight, unsafe, names, credentials=request.credentials)


def _preflight_cause(request: BrowserRequest, method: str, unsafe: list[str]) -> str:
    causes = [] if method in SAFELISTED_METHODS else [f"method {method}"]
    if unsafe:
        causes.append(f"{'header' if len(unsafe) == 1 else 'headers'} {', '.join(unsafe)}")
    if request.upload_listener:
        causes.append("one that the page forces")
    return "; ".join(causes)


def _freshened(request: BrowserRequest, actual: Response) -> Response:
    """Fetch 4.5: a 304 to the browser's own revalidation updates the stored response, and goes."""
    asked = any(name.lower() in _CONDITIONAL for name, _ in request.headers)
    if actual.status != _NOT_MODIFIED or request.stored is None or asked:
        return actual
    newer = {name.lower() for name, _ in actual.headers}
    staying = [pair for pair in request.stored.headers if pair[0].lower() not in newer]
    return replace(request.stored, headers=[*staying, *actual.headers])


def _status_failure(actual: Response) -> str | None:
    if actual.status == _PROXY_AUTHENTICATION:
        return (
            "The request was answered 407, which a browser takes for a proxy's question and never "
            "shows to script."
        )
    if actual.status < 200:
        return f"There is no final answer to the request (status {actual.status})."
    return None


def _location(request: BrowserRequest, response: Response) -> str | None:
    """Fetch 2.2.6 "location URL": absolute, or None if this is no redirect to follow."""
    if response.status not in REDIRECT_STATUSES:
        return None
    values = response.all("Location")
    if not values:
        return None
    if len(set(values)) > 1:
        return ""
    if re.match(r"[a-z][a-z0-9+.\-]*://", values[0], re.IGNORECASE):
        return values[0]
    try:
        return urljoin(request.url, values[0])
    except ValueError:
        return ""


def _redirect_failure(request: BrowserRequest, target: str) -> str | None:
    """Fetch 4.4, the refusals of "HTTP-redirect fetch"."""
    if "@" in authority(target) and (_is_cors(request) or origin_or_none(target) != request.origin):
        return "it contains a user name, which CORS forbids."
    if origin_or_none(target) is None:
        return "that is no http(s) URL."
    if len(request.via) >= MOST_REDIRECTS:
        return f"it is the {MOST_REDIRECTS + 1}st, and a browser follows {MOST_REDIRECTS}."
    return None


def _redirected(request: BrowserRequest, status: int, target: str) -> BrowserRequest:
    method = normalise_method(request.method)
    headers = list(request.headers)
    to_get = (status in _POST_BECOMES_GET and method == "POST") or (
        status == _SEE_OTHER and method not in ("GET", "HEAD")
    )
    if to_get:
        headers = [pair for pair in headers if pair[0].lower() not in REQUEST_BODY_HEADERS]
    if url_origin(request.url) != url_origin(target):
        headers = [pair for pair in headers if pair[0].lower() not in NON_WILDCARD_REQUEST_HEADERS]
    return replace(
        request,
        url=target,
        method="GET" if to_get else method,
        headers=headers,
        via=(*request.via, request.url),
        stored=None,
    )


def _redirect_sentence(request: BrowserRequest, actual: Response) -> str | None:
    target = _location(request, actual)
    if target is None:
        return None
    failure = _redirect_failure(request, target)
    if failure is not None:
        where = actual.get("Location")
        return f"The answer is a redirect ({actual.status}) to '{where}' and fails: {failure}"
    after = _redirected(request, actual.status, target)
    preflighted = ", after a preflight of its own" if needs_preflight(after) else ""
    origin_text = ""
    if _is_cors(after):
        origin_text = f" with Origin '{sent_origin(after)}'"
        if sent_origin(after) != request.origin:
            origin_text += " (no longer the page's, because another origin sent it on)"
    return (
        f"The answer is a redirect ({actual.status}), not yet a response for script: the browser "
        f"goes on to {after.method} {after.url}{origin_text}{preflighted}, and that answer decides."
    )


def _why_allowed(request: BrowserRequest, preflight: Response | None, actual: Response) -> str:
    shared = f"{cors_check.ALLOW_ORIGIN} is '{actual.get(cors_check.ALLOW_ORIGIN)}'"
    if request.credentials:
        shared += f" and {cors_check.ALLOW_CREDENTIALS} is 'true'"
    if preflight is None or not needs_preflight(request):
        return f"{shared}."
    method = normalise_method(request.method)
    cause = _preflight_cause(request, method, unsafe_names(_sent(request)))
    sentence = f"The preflight passed ({cause}), and {shared}."
    if method not in SAFELISTED_METHODS and preflight.get(cors_check.ALLOW_METHODS) is None:
        # The other way round than with Authorization: here the standard is the lenient one.
        sentence += (
            f" (The preflight's answer has no {cors_check.ALLOW_METHODS} header: the standard accepts that "
            f"with an upload listener, but Chromium 156 does not; list {method}.)"
        )
    return sentence
