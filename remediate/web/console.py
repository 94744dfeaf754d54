"""What a browser's console says of a CORS failure: URL, origin, method and cause, from pasted text. Pure.

Wordings of Chromium (also Edge and Opera; older versions too), Firefox and Safari, as they print them
in English. Quotation marks may be curly, a line may be wrapped, and other messages may stand around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_QUOTES = str.maketrans(dict.fromkeys('‘’‚‛“”„`´"', "'"))
_URL = r"https?://[^\s'>)]+"
_NEXT = (
    r"Access\s+to\s+[\w ]+?\s+at\s|Cross-Origin\s+Request\s+Blocked:|Redirect\s+from\s+'|"
    r"Uncaught\s|TypeError:|(?:GET|HEAD|POST|PUT|PATCH|DELETE)\s+https?://"
)


def _pattern(text: str) -> re.Pattern[str]:
    """The pattern with every blank standing for any white space: consoles and terminals wrap lines."""
    return re.compile(text.replace(" ", r"\s+"), re.DOTALL)


_CHROMIUM = _pattern(
    rf"Access to (?P<what>[\w ]+?) at '?(?P<url>{_URL})'?"
    rf"(?: ?\(redirected from '?(?P<first>{_URL})'?\))?"
    r" from origin '?(?P<origin>[^'\s]+)'? has been blocked by CORS policy:?\s*(?P<cause>.*)"
)
_CHROMIUM_REDIRECT = _pattern(
    rf"Redirect from '?(?P<first>{_URL})'? to '?(?P<url>{_URL})'? has been blocked by CORS policy:?"
    r"\s*(?P<cause>.*)"
)
# Until Chromium 66: `Failed to load URL: …`, before that `XMLHttpRequest cannot load URL. …`.
_CHROMIUM_OLD = _pattern(
    rf"(?:XMLHttpRequest cannot load|Fetch API cannot load|Failed to load) '?(?P<url>{_URL}?)'?[.:] "
    r"(?P<cause>(?:No 'Access-Control-Allow-Origin'|Response to preflight|The '?Access-Control|"
    r"Request header field|Method |Redirect |Origin '?https?:|The value of|A wildcard|"
    r"Credentials flag|Preflight response).*)"
)
_OLD_ORIGIN = _pattern(r"Origin '?(?P<origin>https?://[^'\s]+|null)'? is(?: therefore)? not allowed")
_FROM_ORIGIN = _pattern(r"from origin '?(?P<origin>https?://[^'\s]+|null)'?")
_FIREFOX = _pattern(
    rf"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
    rf"'?(?P<url>{_URL}?)'?\.?\s*\(Reason: (?P<cause>[^()]*(?:\([^()]*\)[^()]*)*)\)"
    r"(?:\.?\s*Status code: (?P<status>\d+))?"
)
_SAFARI_URL = _pattern(
    r"(?:Fetch API cannot load|XMLHttpRequest cannot load|Cannot load (?:\w+ )?|Failed to load resource:)"
    rf"\s*'?(?P<url>{_URL})'? due to access control checks"
)
_SAFARI_ORIGIN = re.compile(r"Origin (?P<origin>\S+) is not allowed by Access-Control-Allow-Origin\.?")
_SAFARI_CAUSE = re.compile(
    r"(?P<cause>(?:Preflight response is not successful|Request header field|Method \S+ is not allowed|"
    r"Credentials flag is true|Access-Control-Allow-Origin cannot contain|Cross-origin redirection)[^\n]*)"
)
_METHOD = _pattern(
    r"Method (?P<chromium>[A-Za-z]+) is not allowed|"
    r"Did not find method in CORS header .Access-Control-Allow-Methods."
)
# Firefox words these so only where it speaks of a preflight's answer (nsCORSPreflightListener).
_FIREFOX_PREFLIGHT = _pattern(
    r"invalid token '.*' in CORS header 'Access-Control-Allow-(?:Methods|Headers)'|"
    r"CORS request external redirect not allowed"
)
_HEADER = _pattern(
    r"[Rr]equest header field (?P<chromium>[\w-]+) is not allowed|header '(?P<firefox>[\w-]+)' is not allowed"
)


class Cause(StrEnum):
    """The value tells what kind of fault the browser names."""

    NO_HEADER = "no-header"
    """The response has no Access-Control-Allow-Origin."""
    SEVERAL_VALUES = "several-values"
    REDIRECT = "redirect"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One blocked request as the console tells it; None for what the text does not say.

    `preflight` tells whether the text blames the preflight; `credentials` whether it speaks of them.
    `url` is what the page asked for; `redirected_to` where a redirect had led when it was blocked.
    """

    browser: str
    url: str | None
    origin: str | None
    cause: str
    method: str | None = None
    headers: tuple[str, ...] = ()
    preflight: bool = False
    credentials: bool = False
    redirected_to: str | None = None
    kind: Cause = Cause.OTHER


def read_complaint(text: str) -> Complaint | None:
    """The first CORS failure in `text`, or None where there is none that a known browser words so."""
    plain = _tidy(text)
    matches = [(pattern.search(plain), browser) for pattern, browser in _WORDINGS]
    hits = [(match, browser) for match, browser in matches if match is not None]
    if not hits:
        return _safari(plain)
    match, browser = min(hits, key=lambda pair: pair[0].start())
    parts = match.groupdict()
    origin = parts.get("origin")
    if origin is None:
        # Another message of the same page, pasted along, may name it.
        named = _OLD_ORIGIN.search(plain) or _FROM_ORIGIN.search(plain)
        origin = named["origin"] if named else None
    first, url = parts.get("first"), str(parts["url"]).rstrip(".,")
    cause = _until_next(str(parts["cause"]))
    return _complaint(browser, plain, first or url, origin, cause, redirected_to=url if first else None)


_WORDINGS = (
    (_CHROMIUM, "chromium"),
    (_CHROMIUM_REDIRECT, "chromium"),
    (_CHROMIUM_OLD, "chromium"),
    (_FIREFOX, "firefox"),
)


def _tidy(text: str) -> str:
    """Straight quotation marks without blanks on their inner side, and single blanks."""
    straight = re.sub(r"[ \t\r\f\v\u00a0]+", " ", text.strip().translate(_QUOTES))
    return re.sub(rf"'\s*({_URL}|null)\s*'", r"'\1'", straight)


def _until_next(cause: str) -> str:
    """The cause without what follows it: another message, or the end of its paragraph."""
    alone = re.split(_NEXT, cause, maxsplit=1)[0]
    alone = re.split(r"(?<=[.!)])\s*\n|\n\s*\n", alone, maxsplit=1)[0]
    return re.sub(r"\s+", " ", alone).strip()


def _safari(plain: str) -> Complaint | None:
    url = _SAFARI_URL.search(plain)
    origin = _SAFARI_ORIGIN.search(plain)
    cause = _SAFARI_CAUSE.search(plain)
    if url is None and origin is None:
        return None
    said = cause["cause"] if cause else origin[0] if origin else "due to access control checks"
    return _complaint(
        "safari", plain, url["url"] if url else None, origin["origin"].strip("'") if origin else None, said
    )


def _complaint(
    browser: str,
    text: str,
    url: str | None,
    origin: str | None,
    cause: str,
    *,
    redirected_to: str | None = None,
) -> Complaint:
    method = _METHOD.search(cause)
    header = _HEADER.search(cause)
    named = next((name for name in header.groups() if name), None) if header else None
    return Complaint(
        browser=browser,
        url=url,
        origin=origin,
        cause=cause.strip(),
        method=(method["chromium"] if method else None) or _logged_method(text, url, redirected_to),
        headers=(named.lower(),) if named else (),
        preflight=_blames_preflight(cause) or method is not None or named is not None,
        credentials="credential" in cause.lower(),
        redirected_to=redirected_to,
        kind=_kind(cause),
    )


def _blames_preflight(cause: str) -> bool:
    return "preflight" in cause.lower() or _FIREFOX_PREFLIGHT.search(cause) is not None


def _logged_method(text: str, *urls: str | None) -> str | None:
    """The method of the line that the console prints beside the message: `PUT URL net::ERR_FAILED`."""
    for url in filter(None, urls):
        beside = re.search(
            rf"\b(?:XHR)?(GET|HEAD|POST|PUT|PATCH|DELETE)\s+'?{re.escape(url)}(?=[\s'\[]|$)", text
        )
        if beside:
            return beside[1]
    return None


def _kind(cause: str) -> Cause:
    lowered = cause.lower()
    if "multiple" in lowered:
        return Cause.SEVERAL_VALUES
    if "redirect" in lowered:
        return Cause.REDIRECT
    if "no 'access-control-allow-origin'" in lowered or "'access-control-allow-origin' missing" in lowered:
        return Cause.NO_HEADER
    return Cause.OTHER
