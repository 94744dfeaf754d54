"""Weigh what a browser's console proves about a request against what the settings predict. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from remediate.explain.propose import walked
from remediate.reachability.chain import Chain, Hop
from remediate.services import service
from remediate.web.browser import BrowserRequest, needs_preflight, preflight_for
from remediate.web.console import Cause, Complaint
from remediate.web.evaluate import Decision, Evaluation
from remediate.web.headers import SAFELISTED_METHODS
from remediate.web.http import Response


@dataclass(frozen=True, slots=True)
class ConsoleReading:
    """`because` leads the verdict; `contradiction` is empty where the settings agree with the browser."""

    because: str
    contradiction: str = ""


def assumed_method(chain: Chain, request: BrowserRequest, *, preflight: bool) -> tuple[str, str]:
    """Return the method to judge where neither console nor user names one, and a sentence on it.

    Of the methods that the settings name for the path; where the browser sent a preflight, one that
    needs a preflight by itself comes first.
    """
    methods: list[str] = []
    for hop in walked(chain, request):
        methods += service(hop.state.service).methods_at(hop.state, hop.request.path)
    ordered = sorted(
        dict.fromkeys(methods),
        key=lambda method: (method in SAFELISTED_METHODS) is preflight,
    )
    if not ordered:
        return "GET", "The text does not name the method; GET is assumed (-X names another)."
    more = f", besides {', '.join(ordered[1:])}" if ordered[1:] else ""
    sentence = f"The text does not name the method; {ordered[0]} is assumed, which the path has{more}"
    return ordered[0], f"{sentence} (-X names another)."


def weighed(
    complaint: Complaint,
    request: BrowserRequest,
    predicted: Evaluation,
    hops: Sequence[Hop],
    *,
    is_probed: bool = False,
) -> ConsoleReading:
    """Return the evidence: the browser's word first, then how the settings fit it.

    With `is_probed`, `predicted` is what a browser concludes from the server's own answers.
    """
    said = f"The browser says: {complaint.cause.rstrip('.')}."
    if complaint.redirected_to:
        return _redirected(complaint, request, predicted, said)
    if predicted.outcome is Decision.UNKNOWN:
        return ConsoleReading(f"{said} {_settled(complaint, predicted)}")
    if predicted.outcome is Decision.ALLOWED:
        return ConsoleReading(said, _contradiction(complaint, request, predicted, hops, is_probed))
    if _fits(complaint, predicted):
        who = "The server's answer agrees" if is_probed else "The settings agree"
        return ConsoleReading(f"{said} {who}: {predicted.because}")
    return ConsoleReading(said, _contradiction(complaint, request, predicted, hops, is_probed))


def _settled(complaint: Complaint, predicted: Evaluation) -> str:
    """Return what of an answer that no setting tells is known now."""
    if complaint.kind is Cause.NO_HEADER and predicted.actual is not None and not complaint.preflight:
        return (
            "The settings alone do not tell what the code behind them answers; now it is known that its "
            "response carries no Access-Control-Allow-Origin."
        )
    return f"The settings alone do not tell: {predicted.because}"


def _fits(complaint: Complaint, predicted: Evaluation) -> bool:
    """True if the predicted failure may be the one that the browser names."""
    answer = predicted.actual if predicted.actual is not None else predicted.preflight
    if complaint.kind is Cause.SEVERAL_VALUES:
        return isinstance(answer, Response) and len(answer.all("access-control-allow-origin")) > 1
    if complaint.kind is Cause.REDIRECT:
        return isinstance(answer, Response) and 300 <= answer.status < 400
    is_at_preflight = predicted.actual is None and predicted.preflight is not None
    # Chromium says of every failed preflight that it was one; the others do not.
    return complaint.preflight is is_at_preflight or complaint.browser != "chromium"


def _contradiction(
    complaint: Complaint,
    request: BrowserRequest,
    predicted: Evaluation,
    hops: Sequence[Hop],
    is_probed: bool,
) -> str:
    who = "The server, asked just now, gives" if is_probed else "The settings lead to"
    lead = f"{who} another answer ({predicted.outcome}: {predicted.because.rstrip('.')})."
    last = hops[-1].state.address if hops else "the last hop"
    if complaint.kind is Cause.SEVERAL_VALUES:
        why = (
            f"The settings send one value, so the function or server behind {last} sends another: only "
            "one of the two may add the header."
        )
    elif complaint.kind is Cause.REDIRECT:
        why = (
            "The settings do not redirect, so something in front or behind does: a change to https, a "
            "trailing slash, a login page. Call the URL that it leads to."
        )
    else:
        why = (
            "Either a cache (the browser's or CloudFront's) handed out a copy that was made without this "
            "origin, for lack of Vary: Origin; or another answer came first (a firewall, a proxy, an error "
            f"of what stands behind {last}); or a browser extension changed the headers; or the settings "
            "changed since."
        )
    return f"{lead} {why} To tell which: run `{curl_line(request)}`, `explain --probe` or `remediate verify`."


def _redirected(
    complaint: Complaint, request: BrowserRequest, predicted: Evaluation, said: str
) -> ConsoleReading:
    host = urlsplit(request.url).netloc
    lead = (
        f"{host} redirected the browser from {request.url} to {complaint.redirected_to}, and the answer "
        f"there was blocked. {said}"
    )
    if isinstance(predicted.actual, Response) and 300 <= predicted.actual.status < 400:
        return ConsoleReading(lead)
    why = (
        f"The settings of {host} do not redirect this request, so what stands behind them does. Call "
        f"{complaint.redirected_to} in the page, or take the redirect away. To see it: run "
        f"`{curl_line(request)}`."
    )
    return ConsoleReading(lead, why)


def curl_line(request: BrowserRequest) -> str:
    """Return the command that asks the server as the browser did; never one that could write."""
    if request.method in {"GET", "HEAD"} and not needs_preflight(request):
        method = "" if request.method == "GET" else "-I "
        headers = [f"Origin: {request.origin}"]
    else:
        method = "-X OPTIONS "
        sent = preflight_for(request)
        headers = [f"{name}: {value}" for name, value in sent.headers if name != "Accept"]
    options = " ".join(f"-H {shlex.quote(header)}" for header in headers)
    return f"curl -si {method}{options} {shlex.quote(request.url)}"
