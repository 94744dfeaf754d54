"""Send real requests as a browser would, to see what a server answers.

Only OPTIONS, GET and HEAD are ever sent: nothing is written to anybody's system.
"""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from remediate.deadline import TIMEOUT, Deadline, connect
from remediate.errors import RemediateError, UsageError
from remediate.web.http import Request, Response
from remediate.web.loopback import is_loopback_host

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SILENCE = 15.0
"""Seconds that a server may say nothing at all; how long the whole answer may take is the deadline."""


class Unreachable(RemediateError):
    """No answer came: the probe says nothing about CORS."""


@dataclass(frozen=True, slots=True)
class ConnectTo:
    """Connect to `address:port` instead of `host:for_port`, as curl's option of that name does.

    An empty host or port stands for any; TLS and the Host header keep the name of the URL.
    """

    host: str
    for_port: str
    address: str
    port: str

    @classmethod
    def parse(cls, text: str) -> ConnectTo:
        """Parse `HOST:PORT:ADDR:PORT`; an IPv6 address stands in brackets. Raises `UsageError`."""
        match = re.fullmatch(
            r"(?P<host>\[[^\]]*\]|[^:\[\]]*):(?P<port>\d*):(?P<addr>\[[^\]]*\]|[^:\[\]]*):(?P<to>\d*)", text
        )
        if match is None:
            raise UsageError(
                f"--connect-to {text}: it takes HOST:PORT:ADDR:PORT.",
                hint="For example api.example.com:443:127.0.0.1:8443; an empty HOST or PORT stands for any.",
            )
        return cls(*(part.strip("[]") for part in match.groups()))

    def covers(self, host: str, port: int) -> bool:
        """True if it redirects connections to that host and port."""
        return self.host in {"", host} and self.for_port in {"", str(port)}


def send(
    url: str, request: Request, connect_to: Sequence[ConnectTo] = (), *, timeout: float = TIMEOUT
) -> Response:
    """Return the server's answer to one request; redirects are not followed.

    `timeout` is the total deadline of the request, in seconds.
    On a loopback address that does not speak TLS, plain HTTP is spoken instead: a local stand-in for
    an https host. Raises `Unreachable`, and `ValueError` for a method that could write.
    """
    if request.method not in SAFE_METHODS:
        raise ValueError(f"{request.method} could write; only {sorted(SAFE_METHODS)} are sent")
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    override = next((rule for rule in connect_to if rule.covers(host, port)), None)
    address = override.address or host if override else host
    real_port = int(override.port or port) if override else port
    server = _Server(host, (address, real_port), parts.netloc, timeout)
    try:
        return _exchange(server, request, secure=parts.scheme == "https")
    except ssl.SSLError as error:
        if error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST"} and is_loopback_host(address):
            return _sent_plain(server, request)
        raise Unreachable(
            f"{url}: TLS: {error}", hint="SSL_CERT_FILE names certificates to trust besides the system's."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(
            f"{url}: {error or type(error).__name__}",
            hint="Is the name right, and can it be reached from here?",
        ) from error


@dataclass(frozen=True, slots=True)
class _Server:
    """Where a request goes: the name for TLS, the address, and the name and port of its Host header."""

    name: str
    address: tuple[str, int]
    netloc: str
    timeout: float


def _sent_plain(server: _Server, request: Request) -> Response:
    try:
        return _exchange(server, request, secure=False)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{server.netloc}: {error or type(error).__name__}") from error


def _exchange(server: _Server, request: Request, *, secure: bool) -> Response:
    with Deadline(server.timeout) as deadline:
        try:
            answer = _ask(server, request, secure=secure)
        except (OSError, http.client.HTTPException) as error:
            if deadline.passed:
                raise _late(server.timeout) from error
            raise
    if deadline.passed:
        raise _late(server.timeout)
    return answer


def _late(timeout: float) -> TimeoutError:
    return TimeoutError(f"no whole answer came within {timeout:g} s (--timeout)")


def _ask(server: _Server, request: Request, *, secure: bool) -> Response:
    silence = min(SILENCE, server.timeout)
    connection = http.client.HTTPConnection(server.name, timeout=silence)
    plain = connect(server.address, silence)
    try:
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=server.name) if secure else plain
        )
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", server.netloc)
        for name, value in request.headers:
            if name.lower() != "host":
                connection.putheader(name, value)
        connection.putheader("User-Agent", "cors-remediate")
        connection.endheaders()
        answer = connection.getresponse()
        return Response(answer.status, answer.getheaders())
    finally:
        connection.close()
        plain.close()
