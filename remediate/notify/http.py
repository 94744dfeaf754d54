"""Posts JSON to a URL that is a secret: with retries, without redirects, and shown by its host alone."""

from __future__ import annotations

import http.client
import re
import ssl
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from remediate.errors import RemediateError
from remediate.web.mixed_content import is_loopback

TIMEOUT = 10.0
"""Seconds, for each wait on the network."""
PAUSES = (1.0, 2.0, 4.0)
"""Seconds before each further attempt."""
LONGEST = 20.0
"""Seconds from the first attempt within which a further one may begin: who posts may hold a lock."""

_GONE = "Is the webhook still there? Make a new one, and put its URL where the plan refers to."
_HINTS = {
    400: "The receiver does not take what was sent: is the URL of the right kind of webhook?",
    401: _GONE,
    403: _GONE,
    404: _GONE,
    410: _GONE,
    429: "It takes no more for now; it is sent again at the next pass.",
}


class NotPosted(RemediateError):
    """The receiver did not take it."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    retry_after: str
    word: str


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: a message is for one receiver, not for another that it names."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Post a JSON body until the answer is 2xx. Raises `NotPosted` after three further attempts.

    Tried again are failed connections, 429 and 5xx, so the receiver may see the body more than once;
    not what would begin too late, as where a receiver hangs or asks for more time (`Retry-After`).
    `url` is https, or http on loopback; proxies of the environment are used, except on loopback.
    """
    host = host_of(url)
    end = clock() + LONGEST
    for pause in (*PAUSES, None):
        try:
            answer = _sent(url, body, headers)
        # No word of the error itself: some hold the URL.
        except (OSError, http.client.HTTPException, ValueError, OverflowError) as error:
            reason, hopeless = _reason(error)
            if hopeless or pause is None or clock() + pause > end:
                raise NotPosted(
                    f"{host}: {reason}", hint="Check the host name, and that this machine can reach it."
                ) from None
            sleep(pause)
            continue
        if 200 <= answer.status < 300:
            return
        wait = float(answer.retry_after) if re.fullmatch("[0-9]{1,6}", answer.retry_after) else pause
        if pause is None or wait is None or clock() + wait > end or not _passing(answer.status):
            raise NotPosted(
                f"{host} answered {_described(answer)}",
                hint=_HINTS.get(answer.status, "It is sent again at the next pass.")
                if answer.status >= 400
                else "Redirects are not followed: use the URL that it leads to.",
            )
        sleep(wait)


def host_of(url: str) -> str:
    """The part of the URL that may be shown: host, and port where there is one."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _sent(url: str, body: bytes, headers: Mapping[str, str]) -> _Answer:
    request = urllib.request.Request(  # noqa: S310  the scheme is a rule of core.channel
        url,
        data=body,
        method="POST",
        headers={"content-type": "application/json", "user-agent": "cors-remediate", **headers},
    )
    proxies = [urllib.request.ProxyHandler({})] if is_loopback(url) else []
    opener = urllib.request.build_opener(_NoRedirect, *proxies)
    try:
        answer = opener.open(request, timeout=TIMEOUT)
    except HTTPError as error:
        answer = error
    with answer:
        status = int(answer.status)
        said = b"" if status < 300 else answer.read(200)
        return _Answer(status, answer.headers.get("retry-after", ""), _word(said, url))


def _word(said: bytes, url: str) -> str:
    # Slack says `no_service`; others answer with a page that has the path in it, which is a secret.
    text = said.decode("ascii", "replace").strip()
    return text if re.fullmatch("[a-z_]{3,60}", text) and text not in url else ""


def _described(answer: _Answer) -> str:
    phrase = next((status.phrase for status in HTTPStatus if status == answer.status), "")
    return f"{answer.status} {phrase}".strip() + (f": {answer.word}" if answer.word else "")


def _passing(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500


def _reason(error: Exception) -> tuple[str, bool]:
    """The reason of the failure, and true where a retry would fail too."""
    inner = error.reason if isinstance(error, URLError) else error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {inner.verify_message}", True
    if isinstance(inner, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} s", False
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror, False
    if isinstance(inner, OSError) and str(inner).startswith("Tunnel connection failed"):
        return f"{inner} (by the proxy)", False
    return type(inner).__name__, False
