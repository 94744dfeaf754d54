"""Tells what stands before the CORS settings of a resource and may answer in their place. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from remediate.web.http import NO_ANSWER, Request, Response
from remediate.web.mixed_content import is_loopback

_AWS = re.compile(r".+\.amazonaws\.com(?:\.cn)?")


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a request reaches a resource.

    `host` and `path` are as the caller wrote them; `request` has the path as the resource knows it.
    `is_own` says that the host is a name that AWS gave the resource, `strays` that no path of the resource
    begins as this one does. `host_header` is the Host that is sent, where a hop before sends another one.
    """

    host: str
    path: str
    request: Request
    is_own: bool = True
    strays: bool = False
    host_header: str = ""

    @property
    def url(self) -> str:
        """The URL of this arrival, over https."""
        return f"https://{self.host}{self.path}"

    @property
    def actual_method(self) -> str:
        """The method of the request itself, which its preflight asks for."""
        asked = self.request.get("access-control-request-method")
        return asked if self.request.method == "OPTIONS" and asked else self.request.method

    @property
    def is_plain_http(self) -> bool:
        """Return whether it comes without TLS, from elsewhere than an emulator on this machine."""
        return (
            self.request.scheme == "http" and ":" not in self.host and not is_loopback(f"http://{self.host}")
        )

    @property
    def is_foreign_host(self) -> bool:
        """Return whether a hop before sends the Host of its own callers on."""
        return bool(self.host_header) and self.host_header != self.host


@dataclass(frozen=True, slots=True)
class Gate:
    """What answers before the CORS settings, or may.

    `answer` is certain. Without it the settings answer: `condition` is what no setting tells and what
    decides whether they are asked, `doubt` what may answer first and seldom does; both are sentences.
    `fix` says what can be done, `use_url` is the URL to call in place of this one.
    """

    answer: Response | None = None
    condition: str = ""
    doubt: str = ""
    fix: str = ""
    use_url: str = ""

    def on(self, answer: Response) -> Response:
        """The settings' answer, with what may come in its place."""
        condition = " ".join(dict.fromkeys(filter(None, (self.condition, answer.condition))))
        doubt = "; ".join(dict.fromkeys(filter(None, (answer.doubt, self.doubt))))
        return Response(answer.status, answer.headers, doubt=doubt, cause=answer.cause, condition=condition)


OPEN = Gate()
"""Nothing stands before the settings."""


def refusal(
    status: int, cause: str, *, fix: str = "", use_url: str = "", headers: tuple[tuple[str, str], ...] = ()
) -> Gate:
    """A gate that certainly answers."""
    return Gate(Response(status, headers, cause=cause), fix=fix, use_url=use_url)


def no_answer(cause: str, *, fix: str = "", use_url: str = "") -> Gate:
    """A gate that no answer comes through: no connection."""
    return refusal(NO_ANSWER, cause, fix=fix, use_url=use_url)


def may_answer_first(web_acl: str, address: str) -> Gate:
    """The gate of a web ACL, by its ARN or id: its rules decide first, and they are not read."""
    if not web_acl:
        return OPEN
    parts = web_acl.split("/")
    name = parts[-2] if len(parts) > 2 else web_acl
    return Gate(
        condition=f"The web ACL {name} of {address} may answer first: its rules in AWS WAF decide.",
        fix=f"Look at the rules of the web ACL {name}: they must let the request in, and OPTIONS without "
        "credentials too. `explain --probe` asks the server itself.",
    )


def is_aws_name(host: str) -> bool:
    """Return whether the host name is one that AWS gives, and not an emulator's."""
    return _AWS.fullmatch(host) is not None
