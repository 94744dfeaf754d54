"""Requests that a browser does not send at all, because an https page may not load from http. Pure.

Source: Mixed Content (https://www.w3.org/TR/mixed-content/), "Should fetching request be blocked as mixed
content?". Loopback hosts are potentially trustworthy (Secure Contexts, section 3.1), so an https page may
call them over http.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from remediate.web.loopback import is_loopback_host


def is_mixed_content(origin: str, url: str) -> bool:
    """Return whether a page of that origin may not load the URL: the page is https and the URL is not."""
    return origin.startswith("https://") and url.startswith("http://") and not is_loopback(url)


def is_loopback(url: str) -> bool:
    """Return whether the URL's host is this machine: 127.0.0.0/8, ::1, localhost or a name under it."""
    return is_loopback_host(urlsplit(url).hostname or "")
