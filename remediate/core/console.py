"""What a browser's console says of a CORS failure: URL, origin and cause, from pasted text. Pure.

Wordings of Chromium (also Edge and Opera), Firefox and Safari, as they print them in English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_URL = r"(?:https?://[^\s'\"‘’“”)>]+)"
_CHROMIUM = re.compile(
    rf"Access to (?P<what>[\w ]+?) at '(?P<url>{_URL})'"
    rf"(?: \(redirected from '(?P<first>{_URL})'\))?"
    r" from origin '(?P<origin>[^']+)' has been blocked by CORS policy: ?(?P<cause>.*)",
    re.DOTALL,
)
_FIREFOX = re.compile(
    rf"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
    rf"(?P<url>{_URL}?)\.? ?\(Reason: (?P<cause>.*?)\)\.?(?: Status code: (?P<status>\d+|\(null\)))?\.?\s*$",
    re.DOTALL | re.MULTILINE,
)
_SAFARI_URL = re.compile(
    rf"(?:Fetch API cannot load|XMLHttpRequest cannot load|Cannot load (?:\w+ )?|"
    r"Failed to load resource:)\s*"
    rf"(?P<url>{_URL}) due to access control checks",
)
_SAFARI_ORIGIN = re.compile(r"Origin (?P<origin>\S+) is not allowed by Access-Control-Allow-Origin\.?")
_SAFARI_CAUSE = re.compile(
    r"(?P<cause>(?:Preflight response is not successful|Request header field|Method \S+ is not allowed|"
    r"Credentials flag is true|Access-Control-Allow-Origin cannot contain|Cross-origin redirection)[^\n]*)"
)
_METHOD = re.compile(
    r"Method (?P<chromium>[A-Z]+) is not allowed|"
    r"Did not find method in CORS header .Access-Control-Allow-Methods."
)
_HEADER = re.compile(
    r"[Rr]equest header field (?P<chromium>[\w-]+) is not allowed|header ‘(?P<firefox>[\w-]+)’ is not allowed"
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One blocked request as the console tells it; None for what the text does not say.

    `preflight` tells whether the text blames the preflight; `credentials` whether it speaks of them.
    """

    browser: str
    url: str | None
    origin: str | None
    cause: str
    method: str | None = None
    headers: tuple[str, ...] = ()
    preflight: bool = False
    credentials: bool = False


def read_complaint(text: str) -> Complaint | None:
    """The first CORS failure in `text`, or None where there is none that a known browser words so."""
    joined = re.sub(r"[ \t\r\f\v]+", " ", text.strip())
    if found := _CHROMIUM.search(joined):
        cause = found["cause"].strip().split("\n")[0]
        return _complaint("chromium", found["first"] or found["url"], found["origin"], cause)
    if found := _FIREFOX.search(joined):
        return _complaint("firefox", found["url"].rstrip("."), None, found["cause"])
    url = _SAFARI_URL.search(joined)
    origin = _SAFARI_ORIGIN.search(joined)
    cause = _SAFARI_CAUSE.search(joined)
    if url is None and origin is None:
        return None
    said = cause["cause"] if cause else origin[0] if origin else "due to access control checks"
    return _complaint("safari", url["url"] if url else None, origin["origin"] if origin else None, said)


def _complaint(browser: str, url: str | None, origin: str | None, cause: str) -> Complaint:
    method = _METHOD.search(cause)
    header = _HEADER.search(cause)
    named = next((name for name in header.groups() if name), None) if header else None
    return Complaint(
        browser=browser,
        url=url,
        origin=origin,
        cause=cause.strip(),
        method=method["chromium"] if method else None,
        headers=(named.lower(),) if named else (),
        preflight="preflight" in cause.lower() or method is not None or named is not None,
        credentials="credentials" in cause.lower(),
    )
