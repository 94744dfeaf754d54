"""Absolute http(s) URLs as a browser takes them apart: origin, path and query; no fragment."""

import re
from functools import lru_cache
from urllib.parse import quote, urljoin

from remediate.web.origin import NULL, OriginError, canonical_origin

# What the URL standard's path and query percent-encode sets leave as it is, beyond letters and digits.
_PATH = "/!$%&'()*+,-.:;=@[]^_|~"
_QUERY = "?/!$%&()*+,-.:;=@[]^_`{|}~\\"


@lru_cache(maxsize=1024)
def split_url(url: str) -> tuple[str, str]:
    """Origin, and path with query, percent-encoded as sent. Raises `OriginError`; drops user names."""
    match = re.match(r"(https?)://([^/?#\\]*)([^?#]*)(\?[^#]*)?", url.strip(), re.IGNORECASE)
    if match is None:
        raise OriginError(f"{url!r} is no http(s) URL", "write it like https://api.example.com/x")
    scheme, host, path, query = match.groups(default="")
    origin = canonical_origin(f"{scheme}://{host.rpartition('@')[2]}")
    path = path.replace("\\", "/")
    if "/." in path:
        path = urljoin("/", path)
    if not path.startswith("/"):
        path = f"/{path}"
    return origin, quote(path, safe=_PATH, errors="replace") + quote(query, safe=_QUERY, errors="replace")


def canonical_url(url: str) -> str:
    """The URL in one spelling, without user name and fragment. Raises `OriginError`."""
    return "".join(split_url(url))


def url_origin(url: str) -> str:
    """The URL's origin as a browser serialises it. Raises `OriginError`."""
    return split_url(url)[0]


def scheme_of(url: str) -> str:
    """`http` or `https`. Raises `OriginError`."""
    return url_origin(url).partition(":")[0]


def origin_or_none(url: str) -> str | None:
    """The URL's origin, None for what is no http(s) URL."""
    try:
        return url_origin(url)
    except OriginError:
        return None


def authority(url: str) -> str:
    """Return the part between the scheme and the path: user name, host and port; empty if there is none."""
    match = re.match(r"[a-z]+:/*([^/?#\\]*)", url, re.IGNORECASE)
    return match[1] if match else ""


def page_origin(text: str) -> str:
    """A page's origin in canonical form. Raises `OriginError`.

    Other schemes (app shells, extensions) are taken as they are: they compare the same way.
    """
    if text == NULL or re.match(r"(?!https?:)[a-z][a-z0-9+.\-]*://[^/?#\s]+\Z", text, re.IGNORECASE):
        return text
    return canonical_origin(text)
