"""Where a browser leaves the Fetch standard: each difference by name, with its reason and source.

A case that a browser treats otherwise than the standard must be explained by these, and a difference
that no named case shows any more is an error: the list is neither too short nor too long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from remediate.web.browser import BrowserRequest
from remediate.web.headers import list_values
from remediate.web.http import Response
from tests.browser.cases import ACAH, ACAM, ACAO, ACEH
from tests.browser.oracle import Case

CLIENT_HINTS = ("dpr", "save-data", "device-memory", "viewport-width", "width", "rtt", "downlink", "ect")


@dataclass(frozen=True)
class Bound:
    """A case with its placeholders filled in: the browser's side, and the judge's.

    ``asks_again`` and ``preflight_names_page`` are for what answers cannot tell; see `FIREFOX`.
    """

    name: str
    case: Case
    request: BrowserRequest
    answers: Mapping[str, tuple[Response | None, Response]]
    asks_again: bool = False
    preflight_names_page: bool = False


@dataclass(frozen=True)
class Difference:
    """Judging ``retold`` by the standard gives the browser's verdict; ``drawn``: random cases show it."""

    why: str
    retold: Callable[[Bound], Bound]
    drawn: bool = False


def _preflights(change: Callable[[Bound, Response], Response]) -> Callable[[Bound], Bound]:
    """Retell the answers to preflights."""

    def retold(bound: Bound) -> Bound:
        answers = {
            path: (preflight and change(bound, preflight), actual)
            for path, (preflight, actual) in bound.answers.items()
        }
        return replace(bound, answers=answers)

    return retold


def _all_answers(change: Callable[[Response], Response]) -> Callable[[Bound], Bound]:
    """Retell all answers."""

    def retold(bound: Bound) -> Bound:
        answers = {
            path: (preflight and change(preflight), change(actual))
            for path, (preflight, actual) in bound.answers.items()
        }
        return replace(bound, answers=answers)

    return retold


def _request_headers(
    change: Callable[[Sequence[tuple[str, str]]], Sequence[tuple[str, str]]],
) -> Callable[[Bound], Bound]:
    """Retell the headers that script sets."""

    def retold(bound: Bound) -> Bound:
        return replace(bound, request=replace(bound.request, headers=change(bound.request.headers)))

    return retold


def _authorization_under_a_star(bound: Bound, preflight: Response) -> Response:
    try:
        wild = "*" in (list_values(preflight, ACAH) or ())
    except ValueError:
        wild = False
    if not wild or bound.request.credentials:
        return preflight
    return Response(preflight.status, [*preflight.headers, (ACAH, "authorization")])


def _upload_without_a_list(bound: Bound, preflight: Response) -> Response:
    if not bound.request.upload_listener or preflight.get(ACAM) is not None:
        return preflight
    return Response(preflight.status, [*preflight.headers, (ACAM, "GET")])


def _without(*names: str) -> Callable[[Bound], Bound]:
    return _request_headers(lambda headers: [pair for pair in headers if pair[0].lower() not in names])


def _combined(headers: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Only safelisted headers: of two equal names the standard looks at each value by itself."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    return [(name, ", ".join(each)) for name, each in values.items()]


def _empty_duplicate(answer: Response) -> Response:
    if sum(name == ACAO for name, _ in answer.headers) > 1:
        return answer
    kept = [pair for pair in answer.headers if pair[0].lower() != ACAO.lower() or pair[1].strip()]
    return Response(answer.status, kept)


def _star_before_nonsense(answer: Response) -> Response:
    names = [name.strip() for name in (answer.get(ACEH) or "").split(",")]
    nonsense = next((number for number, name in enumerate(names) if " " in name), None)
    if nonsense is None or "*" not in names[:nonsense]:
        return answer
    others = [pair for pair in answer.headers if pair[0].lower() != ACEH.lower()]
    return Response(answer.status, [*others, (ACEH, "*")])


def _proxy_status(answer: Response) -> Response:
    return replace(answer, status=400) if answer.status == 407 else answer


def _unsafe_comma(headers: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    unsafe = ("content-type", "application/json")
    return [unsafe if pair[0].lower() == unsafe[0] and "," in pair[1] else pair for pair in headers]


def _unsafe_high_byte(headers: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    return [(name, "(" if max(value, default="") > "\x7f" else value) for name, value in headers]


AUTHORIZATION = Difference(
    "Access-Control-Allow-Headers: * covers Authorization; the standard excludes it (4.8). Firefox has a "
    "preference for it, network.cors_preflight.authorization_covered_by_wildcard.",
    _preflights(_authorization_under_a_star),
    drawn=True,
)
UPLOAD = Difference(
    "With an upload listener and no Access-Control-Allow-Methods the standard lets every method pass (4.8); "
    "both browsers want it listed.",
    _preflights(_upload_without_a_list),
)
CHROMIUM = {
    "authorization under a star": AUTHORIZATION,
    "upload without a list": UPLOAD,
    "client hints": Difference(
        "Chromium still safelists the client hints that the standard took off the list (2.2.2).",
        _without(*CLIENT_HINTS),
    ),
    "User-Agent": Difference(
        "Chromium drops a User-Agent that script sets; the standard no longer forbids it (2.2.2).",
        _without("user-agent"),
    ),
    "repeated headers": Difference(
        "Chromium joins a repeated request header before it counts its bytes; the standard counts each.",
        _request_headers(_combined),
    ),
}
FIREFOX = {
    "authorization under a star": AUTHORIZATION,
    "upload without a list": UPLOAD,
    "an empty duplicate": Difference(
        "A repeated Access-Control-Allow-Origin is only noticed where each is spelled exactly so "
        "(CheckOriginHeader in netwerk/protocol/http/nsCORSListenerProxy.cpp), and an empty value is not "
        "joined to the other. The standard joins them, and the sum equals no origin (4.10).",
        _all_answers(_empty_duplicate),
        drawn=True,
    ),
    "a star before nonsense": Difference(
        "Access-Control-Expose-Headers is read up to the first element that is no name, and a * before it "
        "counts (InternalHeaders::CORSHeaders in dom/fetch/InternalHeaders.cpp). By the standard the value "
        'is a failure then, and exposes nothing (4.4, "extract header list values").',
        _all_answers(_star_before_nonsense),
        drawn=True,
    ),
    "407 without a proxy": Difference(
        "Script reads an answer of 407 where no proxy is in use; by the standard it is an error (4.6).",
        _all_answers(_proxy_status),
    ),
    "a comma in Content-Type": Difference(
        "A Content-Type with a comma is no safe one (NS_ParseRequestContentType takes one type only); in the "
        "standard's parser of MIME types a comma may stand in a parameter (2.2.2).",
        _request_headers(_unsafe_comma),
    ),
    "bytes from 0x80": Difference(
        "Bytes from 0x80 on are unsafe in a safelisted header: IsCorsUnsafeRequestHeaderValue in "
        "dom/base/nsContentUtils.cpp compares signed chars, and those are below a space. To the standard "
        "they are safe (2.2.2).",
        _request_headers(_unsafe_high_byte),
    ),
    "a redirect asks as before": Difference(
        "Whether the target of a redirect needs a preflight is decided with the method and the headers "
        "before the redirect has changed them, though the preflight names the new ones (CheckPreflightNeeded "
        "in nsCORSListenerProxy.cpp). The standard decides after it (4.4).",
        lambda bound: replace(bound, asks_again=True),
        drawn=True,
    ),
    "a preflight names the page": Difference(
        "After a redirect to another origin a preflight still carries the page's origin, and is checked with "
        "it; the request itself carries null (StartCORSPreflight in nsCORSListenerProxy.cpp takes the "
        "loading principal). Back at the page's own origin only its methods and headers are checked. By the "
        "standard both carry null and both are checked (2.2.5, 4.8).",
        lambda bound: replace(bound, preflight_names_page=True),
        drawn=True,
    ),
}
DIFFERENCES: Mapping[str, Mapping[str, Difference]] = {"chromium": CHROMIUM, "firefox": FIREFOX}
