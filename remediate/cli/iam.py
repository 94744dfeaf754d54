"""`remediate iam`: the least that IAM must allow for the plans."""

from __future__ import annotations

from typing import Annotated

import typer

from remediate.cli import options
from remediate.core.permission import Purpose


def iam(
    plans: options.Plans = None,
    purpose: Annotated[
        Purpose, typer.Option("--for", help="What is to be allowed; apply allows undo too.")
    ] = Purpose.APPLY,
    report: Annotated[
        bool, typer.Option("--report", help="With --for drift: for a job that corrects nothing.")
    ] = False,
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Ask AWS for the ids that names mean, instead of allowing all.")
    ] = False,
    notify: Annotated[
        list[str] | None,
        typer.Option(metavar="CHANNEL", help="Told of drift besides those of the plans, as in `drift`."),
    ] = None,
    json: options.Json = False,
    common: Annotated[options.CommonOptions, options.Without("verbose")] = options.CommonOptions(),
) -> int:
    """Print the least-privilege IAM policy for these plans. Asks AWS only with --resolve."""
    from remediate.cli.context import connected, plan_files, print_json
    from remediate.core.permission import UNRESOLVED
    from remediate.errors import UsageError
    from remediate.iam import document, look_up, permissions, remarks
    from remediate.notify import parse
    from remediate.render.terminal import Progress

    if report and purpose is not Purpose.DRIFT:
        raise UsageError(
            "--report needs --for drift.", hint="Add it, or write --for plan for a job that only reads."
        )
    del json  # a policy is JSON in any case; an error is then, too
    files = plan_files(plans)
    progress = Progress(quiet=common.quiet)
    with connected(common, resolve=resolve) as aws:
        resolved = UNRESOLVED
        if resolve:
            with progress.doing("Asking for ids", aws.calls):
                resolved = look_up(aws, files)
        channels = [parse(text) for text in notify or ()]
        needed = permissions(
            files, purpose, region=aws.region, resolved=resolved, channels=channels, correcting=not report
        )
        policy = document(needed)
        notes = remarks(files, policy, region=aws.region, resolved=resolved)
    print_json(policy)
    for note in notes:
        progress.note(f"note: {note}")
    return 0
