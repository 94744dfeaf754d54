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

from remediate.deadline import TIMEOUT, Deadline, connect
from remediate.errors import RemediateError
from remediate.web.mixed_content import is_loopback

SILENCE = 10.0
"""Seconds that a receiver may say nothing at all; how long the whole answer may take is the deadline."""
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


class _Connection(http.client.HTTPConnection):
    """A connection that the deadline watches, from the first byte to the last."""

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self._create_connection = connect


class _SecureConnection(http.client.HTTPSConnection):
    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self._create_connection = connect


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, req)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: a message is for one receiver, not for another that it names."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout: float = TIMEOUT,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Post a JSON body until the answer is 2xx. Raises `NotPosted` after three further attempts.

    Tried again are failed connections, 429 and 5xx, so the receiver may see the body more than once;
    not what would begin too late, as where a receiver hangs or asks for more time (`Retry-After`).
    `timeout` is the total deadline of one attempt, in seconds.
    `url` is https, or http on loopback; proxies of the environment are used, except on loopback.
    """
    host = host_of(url)
    end = clock() + LONGEST
    for pause in (*PAUSES, None):
        try:
            answer = _sent(url, body, headers, timeout)
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


def _sent(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> _Answer:
    with Deadline(timeout) as deadline:
        try:
            answer = _answer(url, body, headers, min(SILENCE, timeout))
        except (OSError, http.client.HTTPException) as error:
            if isinstance(getattr(error, "reason", error), TimeoutError):
                raise TimeoutError(f"no answer within {min(SILENCE, timeout):g} s") from error
            if not deadline.passed:
                raise
    if deadline.passed:
        raise TimeoutError(f"no whole answer within {timeout:g} s")
    return answer


def _answer(url: str, body: bytes, headers: Mapping[str, str], silence: float) -> _Answer:
    request = urllib.request.Request(  # noqa: S310  the scheme is a rule of core.channel
        url,
        data=body,
        method="POST",
        headers={"content-type": "application/json", "user-agent": "cors-remediate", **headers},
    )
    proxies = [urllib.request.ProxyHandler({})] if is_loopback(url) else []
    opener = urllib.request.build_opener(_NoRedirect, _Http, _Https, *proxies)
    try:
        answer = opener.open(request, timeout=silence)
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
        return str(inner), False
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror, False
    if isinstance(inner, OSError) and str(inner).startswith("Tunnel connection failed"):
        return f"{inner} (by the proxy)", False
    return type(inner).__name__, False
