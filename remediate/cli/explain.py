"""`remediate explain`: walk the hops behind a URL and name the hop that blocks the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from remediate.cli import options

if TYPE_CHECKING:
    from remediate.web.browser import BrowserRequest
    from remediate.web.console import Complaint


def explain(
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help="What the page calls.")] = None,
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
    target: options.Target = None,
    json: options.Json = False,
    common: options.CommonOptions = options.CommonOptions(),
) -> int:
    """Say what a browser concludes, which hop is to blame and the plan that fixes it. Writes nothing.

    --target leaves only those hops in the answer; the verdict is that of the whole way. Exit 1 where AWS
    refused to tell of a hop, or of what the proposed plan would meet.
    """
    from dataclasses import replace

    from remediate.cli.context import connected, plan_files_if_any, print_json
    from remediate.errors import PlanFileError
    from remediate.explain.evidence import assumed_method
    from remediate.explain.rehearse import rehearsed, was_checked
    from remediate.explain.runtime import in_its_language
    from remediate.explain.walk import chosen
    from remediate.explain.walk import explain as explained
    from remediate.reachability.discover import discover
    from remediate.refresh import target_options
    from remediate.render.explanation import explanation_lines
    from remediate.render.terminal import Progress, print_error, show

    complaint = _complaint(error)
    request = _request(url, origin, method, header or [], credentials, complaint)
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
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
        explanation = explained(chain, request, target_options(), files=files, complaint=complaint)
        explanation = replace(in_its_language(aws, rehearsed(aws, explanation)), assumed=assumed)
    document = (chosen(explanation, target) if target else explanation).as_json()
    if json:
        print_json(document)
    else:
        show(explanation_lines(document, verbose=common.verbose))
    for host, why in chain.unreadable.items():
        print_error(f"{host} could not be looked up: {why}", "The verdict rests on the other hops alone.")
    return 0 if was_checked(explanation) and not chain.unreadable else 1


def _complaint(error: str | None) -> Complaint | None:
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


def _request(
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
            method or (complaint.method if complaint and complaint.method else "GET"),
            pairs,
            credentials or bool(complaint and complaint.credentials),
            upload_listener=bool(complaint and complaint.preflight),
        )
    except OriginError as problem:
        raise UsageError(f"URL: {problem.message}.", hint=problem.hint) from problem
