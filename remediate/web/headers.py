"""Tells which headers a browser lets script send and read: the header rules of the Fetch standard.

Sections are those of https://fetch.spec.whatwg.org/. Values are text with one character per byte,
as HTTP libraries give them ("isomorphic decoding").
"""

import re
from collections.abc import Iterable, Sequence

from remediate.web.http import HTTP_WHITESPACE, Response

SAFELISTED_METHODS = frozenset({"GET", "HEAD", "POST"})
SAFELISTED_RESPONSE_HEADERS = frozenset(
    {
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    }
)
NON_WILDCARD_REQUEST_HEADERS = frozenset({"authorization"})
"""Names that ``*`` in Access-Control-Allow-Headers does not cover (Fetch 2.2.2)."""

REQUEST_BODY_HEADERS = frozenset({"content-encoding", "content-language", "content-location", "content-type"})
"""Names that go when a redirect turns the request into a GET (Fetch 2.2.2)."""

LONGEST_SAFE_VALUE = 128
LONGEST_SAFE_VALUES = 1024

_FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_NORMALISED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
_FORBIDDEN_RESPONSE_HEADERS = frozenset({"set-cookie", "set-cookie2"})
_FORBIDDEN_REQUEST_HEADERS = frozenset(
    {
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
_METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
_SAFE_CONTENT_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSAFE_BYTE = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]')
_LANGUAGE = re.compile(r"[0-9A-Za-z *,\-.;=]*")
_SINGLE_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]*)")
_NO_HEADER_VALUE = re.compile(r"[\x00\n\r]|[^\x00-\xff]")


def is_token(text: str) -> bool:
    """Return whether the text is an HTTP token: what a method and a header's name are made of."""
    return _TOKEN.fullmatch(text) is not None


def is_header_value(text: str) -> bool:
    """Return whether script could set this value at all: one byte per character, no NUL, no line end."""
    return _NO_HEADER_VALUE.search(text.strip(HTTP_WHITESPACE)) is None


def normalise_method(method: str) -> str:
    """Fetch 2.2.1 "normalize": six methods are upper-cased, all others keep their case."""
    upper = _ascii_upper(method)
    return upper if upper in _NORMALISED_METHODS else method


def is_forbidden_method(method: str) -> bool:
    """Fetch 2.2.1 "forbidden method": script that asks for it gets an exception."""
    return _ascii_upper(method) in _FORBIDDEN_METHODS


def is_forbidden_request_header(name: str, value: str) -> bool:
    """Fetch 2.2.2 "forbidden request-header": the browser drops it without a word."""
    lowered = name.lower()
    if lowered in _FORBIDDEN_REQUEST_HEADERS or lowered.startswith(("proxy-", "sec-")):
        return True
    if lowered not in _METHOD_OVERRIDES:
        return False
    return any(is_forbidden_method(part.strip("\t ")) for part in _split_outside_quotes(value))


def is_safelisted_request_header(name: str, value: str) -> bool:
    """Fetch 2.2.2 "CORS-safelisted request-header": may be sent without asking first."""
    if len(value) > LONGEST_SAFE_VALUE:
        return False
    match name.lower():
        case "accept":
            return _UNSAFE_BYTE.search(value) is None
        case "accept-language" | "content-language":
            return _LANGUAGE.fullmatch(value) is not None
        case "content-type":
            return _UNSAFE_BYTE.search(value) is None and essence(value) in _SAFE_CONTENT_TYPES
        case "range":
            parts = _SINGLE_RANGE.fullmatch(value)
            return parts is not None and (not parts[2] or int(parts[1]) <= int(parts[2]))
        case _:
            return False


def unsafe_names(headers: Iterable[tuple[str, str]]) -> list[str]:
    """Fetch 2.2.2 "CORS-unsafe request-header names": lower case, sorted, each once."""
    unsafe: set[str] = set()
    safe: set[str] = set()
    size = 0
    for name, value in headers:
        if is_safelisted_request_header(name, value):
            safe.add(name.lower())
            size += len(value)
        else:
            unsafe.add(name.lower())
    return sorted(unsafe | safe if size > LONGEST_SAFE_VALUES else unsafe)


def essence(value: str) -> str | None:
    """``type/subtype`` of a MIME type in lower case, None if it does not parse (MIME Sniffing 4.4)."""
    kind, slash, rest = value.strip(HTTP_WHITESPACE).partition("/")
    subtype = rest.partition(";")[0].rstrip(HTTP_WHITESPACE)
    if not slash or not is_token(kind) or not is_token(subtype):
        return None
    return f"{kind}/{subtype}".lower()


def list_values(response: Response, name: str) -> list[str] | None:
    """Fetch 2.2.2 "extract header list values" for a list of tokens; None if the header is absent.

    Empty elements are dropped. Raises `ValueError` with the element that is no token.
    """
    values = response.all(name)
    if not values:
        return None
    elements = []
    for part in ",".join(values).split(","):
        element = part.strip("\t ")
        if not element:
            continue
        if not is_token(element):
            raise ValueError(element)
        elements.append(element)
    return elements


def exposed_names(response: Response, *, credentials: bool) -> tuple[str, ...]:
    """Names that script of another origin may read: lower case, sorted (Fetch 4.1, 2.2.6)."""
    try:
        listed = {name.lower() for name in list_values(response, _EXPOSE) or ()}
    except ValueError:
        listed = set()
    present = readable_names(response.headers)
    if "*" in listed and not credentials:
        return present
    return tuple(name for name in present if name in listed | SAFELISTED_RESPONSE_HEADERS)


def readable_names(headers: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Names that script of the same origin may read: all but the forbidden ones."""
    names = {name.lower() for name, _ in headers if is_token(name)}
    return tuple(sorted(names - _FORBIDDEN_RESPONSE_HEADERS))


_EXPOSE = "Access-Control-Expose-Headers"


def _ascii_upper(text: str) -> str:
    return text.upper() if text.isascii() else text


def _split_outside_quotes(value: str) -> list[str]:
    """Fetch 2.2.2 "get, decode, and split": commas inside quoted strings do not count."""
    quoted = r'"(?:[^"\\]|\\.)*(?:"|\\?$)'
    return re.findall(rf'(?:{quoted}|[^",])+', value, re.DOTALL)
