"""`remediate explain`: walk the hops behind a URL and name the hop that blocks the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from remediate.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remediate.errors import RemediateError
    from remediate.reachability.chain import Chain
    from remediate.reachability.observe import Observation
    from remediate.reachability.transport import ConnectTo
    from remediate.web.browser import BrowserRequest
    from remediate.web.console import Complaint


def explain(
    url: Annotated[str | None, typer.Argument(metavar="URL", help="What the page calls.")] = None,
    origin: Annotated[
        str | None,
        typer.Option("--origin", metavar="ORIGIN", help="The page's origin: http://localhost:3000."),
    ] = None,
    method: Annotated[
        str | None, typer.Option("-X", "--request", metavar="METHOD", help="GET by default.")
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option("-H", "--header", metavar="NAME", help="A header that script sets; `Name: value` too."),
    ] = None,
    credentials: Annotated[
        bool, typer.Option("--credentials", help="With cookies: credentials include.")
    ] = False,
    error: Annotated[
        str | None, typer.Option("--error", metavar="TEXT", help="The text of the browser's console instead.")
    ] = None,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe", help="Ask the server too: OPTIONS, and GET or HEAD where that is the method."
        ),
    ] = False,
    connect_to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST:PORT:ADDR:PORT",
            help="With --probe: connect there instead, as curl does; repeatable.",
        ),
    ] = None,
    target: options.Target = None,
    json: options.Json = False,
    common: options.CommonOptions = options.CommonOptions(),
) -> int:
    """Say why a browser blocks a call, and the plan that fixes it. Writes nothing.

    --probe sends the real preflight, and the request itself where it is GET or HEAD; what the server answers
    outweighs what its settings predict. Exit 1 where no answer comes.
    --target leaves only those hops in the answer; the verdict is that of the whole way. Exit 1 where AWS
    refused to tell of a hop, or of what the proposed plan would meet.
    """
    import shlex
    from dataclasses import replace

    from remediate.cli.context import connected, plan_files_if_any, print_json
    from remediate.errors import PlanFileError, UsageError
    from remediate.explain.evidence import assumed_method
    from remediate.explain.explanation import chosen
    from remediate.explain.rehearse import rehearsed, was_checked
    from remediate.explain.runtime import in_its_language
    from remediate.explain.walk import explain as explained
    from remediate.explain.weigh import Evidence
    from remediate.reachability.discover import discover
    from remediate.reachability.transport import ConnectTo
    from remediate.render.explanation import explanation_lines
    from remediate.render.terminal import Progress, print_error, show
    from remediate.services import target_options

    send_to = [ConnectTo.parse(text) for text in connect_to or ()]
    complaint = complaint_of(error)
    request = request_of(url, origin, method, header or [], credentials, complaint)
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    if probe and common.sandbox:
        raise UsageError(
            "The embedded AWS holds settings and serves no traffic: there is no server to probe.",
            hint="Run it without --probe, or without --sandbox.",
        )
    if send_to and not probe:
        progress.note("--connect-to has no effect without --probe: nothing is sent to the server.")
    unreached = None
    try:
        files = plan_files_if_any(None)
    except PlanFileError:
        progress.note("The plan files of plans/ have problems and were not compared; see `remediate plan`.")
        files = ()
    assumed = ""
    with connected(common) as aws, progress.doing("Looking for the way", aws.calls):
        chain = discover(aws, request.url)
        if complaint is not None and not (method or complaint.method):
            word, assumed = assumed_method(chain, request, preflight=complaint.preflight)
            request = replace(request, method=word)
        observation, unreached = _observation(chain, request, send_to) if probe else (None, None)
        evidence = Evidence(observation, complaint)
        explanation = explained(chain, request, target_options(), files=files, evidence=evidence)
        explanation = replace(
            in_its_language(aws, rehearsed(aws, explanation, chain.states)), assumed=assumed
        )
    document = (chosen(explanation, target) if target else explanation).as_json()
    if json:
        print_json(document)
    else:
        connection = shlex.join(common.as_words())
        again = _again(request, connection)
        show(explanation_lines(document, verbose=common.verbose, connection=connection, again=again))
    for host, why in chain.unreadable.items():
        print_error(f"{host} could not be looked up: {why}", "The verdict rests on the other hops alone.")
    if unreached is not None:
        print_error(f"The probe got no answer: {unreached.message}", unreached.hint)
    is_whole = was_checked(explanation) and not chain.unreadable and unreached is None
    return 0 if is_whole else 1


def _again(request: BrowserRequest, connection: str) -> str:
    """The command that explains the same request in the same account."""
    import shlex

    words = ["remediate", "explain", request.url, "--origin", request.origin, "-X", request.method]
    words += [word for name, _ in request.headers for word in ("-H", name)]
    words += ["--credentials"] if request.credentials else []
    return " ".join(filter(None, (shlex.join(words), connection)))


def _observation(
    chain: Chain, request: BrowserRequest, send_to: Sequence[ConnectTo]
) -> tuple[Observation | None, RemediateError | None]:
    """Return what the server answers; an error in its place where no answer comes."""
    from datetime import UTC, datetime
    from urllib.parse import urlsplit

    from remediate.errors import RemediateError
    from remediate.reachability.observe import observe
    from remediate.reachability.transport import send

    host = urlsplit(request.url).netloc
    try:
        observation = observe(
            request,
            lambda url, sent: send(url, sent, send_to),
            lambda sent: chain.ask(host, sent),
            at=datetime.now(UTC),
        )
    except RemediateError as error:
        return None, error
    return observation, None


def complaint_of(error: str | None) -> Complaint | None:
    """The complaint in the console's text. Raises `UsageError` for a text that no browser prints."""
    from remediate.errors import UsageError
    from remediate.web.console import read_complaint

    if error is None:
        return None
    complaint = read_complaint(error)
    if complaint is None:
        raise UsageError(
            "--error: this is not a CORS message that Chrome, Firefox or Safari prints.",
            hint="Paste the whole message from the console, or give URL and --origin.",
        )
    return complaint


def request_of(
    url: str | None,
    origin: str | None,
    method: str | None,
    headers: list[str],
    credentials: bool,
    complaint: Complaint | None,
) -> BrowserRequest:
    """The request of the options, or of the console's text; options win."""
    from remediate.errors import UsageError
    from remediate.web.browser import BrowserRequest
    from remediate.web.headers import normalise_method
    from remediate.web.origin import OriginError
    from remediate.web.url import page_origin

    url = url or (complaint.url if complaint else None)
    origin = origin or (complaint.origin if complaint else None)
    if url is None or origin is None:
        what = "URL" if url is None else "--origin"
        raise UsageError(
            f"{what} is missing" + (": the console's text does not name it." if complaint else "."),
            hint="remediate explain https://api.example.com/items --origin http://localhost:3000 -X POST",
        )
    pairs = [
        (name.strip(), value.strip() or "x") for name, _, value in (text.partition(":") for text in headers)
    ]
    pairs += [(name, "x") for name in (complaint.headers if complaint else ())]
    try:
        page_origin(origin)
    except OriginError as problem:
        raise UsageError(f"--origin: {problem.message}.", hint=problem.hint) from problem
    try:
        return BrowserRequest(
            origin,
            url,
            normalise_method(method or (complaint.method if complaint and complaint.method else "GET")),
            pairs,
            credentials or bool(complaint and complaint.credentials),
            upload_listener=bool(complaint and complaint.preflight),
        )
    except OriginError as problem:
        raise UsageError(f"URL: {problem.message}.", hint=problem.hint) from problem
