"""`remediate verify`: send the real preflight and the real request, and compare with the prediction."""

from __future__ import annotations

from typing import Annotated

import typer

from remediate.cli import options


def verify(
    plans: options.Plans = None,
    connect_to: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT:ADDR:PORT", help="Connect there instead, as curl does; repeatable."),
    ] = None,
    target: options.Target = None,
    json: options.Json = False,
    common: options.CommonOptions = options.CommonOptions(concurrency=8),
) -> int:
    """Send real requests, and compare them with the settings.

    Sends OPTIONS, GET and HEAD as a browser would. Other methods are judged by their preflight alone:
    nothing is ever written to the application. Exit 5 where the server answers otherwise.
    """
    import shlex

    from remediate.cli.context import connected, plan_files, print_json
    from remediate.engine.plan import probe
    from remediate.errors import UsageError
    from remediate.reachability.transport import ConnectTo
    from remediate.render.terminal import Progress, show
    from remediate.render.verification import verification_lines

    if common.sandbox:
        raise UsageError(
            "The embedded AWS serves no traffic, so there is no server to verify.",
            hint="`remediate plan --sandbox` shows what a browser would conclude, "
            "`remediate explain URL --origin ORIGIN --sandbox` walks one request.",
        )
    redirects = [ConnectTo.parse(text) for text in connect_to or ()]
    files = plan_files(plans)
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    with connected(common) as aws:
        document = probe(
            aws,
            files,
            only=target or (),
            connect_to=redirects,
            concurrency=common.concurrency,
            report=progress.report,
        )
    if json:
        print_json(document)
    else:
        connection = shlex.join(
            [*(word for text in connect_to or () for word in ("--connect-to", text)), *common.as_words()]
        )
        show(verification_lines(document, verbose=common.verbose, connection=connection))
    if document["summary"]["differ"]:
        return 5
    return 1 if document["summary"]["unreachable"] or document["unreadable"] else 0
