"""`remediate init`: plan files from what is live, from a page's URL or from a browser's error."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remediate.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remediate.aws import Aws
    from remediate.init.make import Request, Result


class Split(StrEnum):
    """How resources are split into files."""

    APP = "app"
    STAGE = "stage"
    RESOURCE = "resource"
    NONE = "none"


def init(
    source: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="URL|FILE", help="A page's URL; without it, the whole account."),
    ] = None,
    error: Annotated[
        str | None, typer.Option("--error", metavar="TEXT", help="The text of the browser's console.")
    ] = None,
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="Where the files go; - prints them.")
    ] = "plans",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    split: Annotated[Split, typer.Option(help="One file for each of these.")] = Split.STAGE,
    include: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only these addresses or names; repeatable.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Not these addresses or names; repeatable.")
    ] = None,
    with_fixes: Annotated[
        bool, typer.Option("--with-fixes", help="Write targets too that a plan would change.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 2 if a resource with CORS is in no plan.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over files that exist.")] = False,
    json: options.Json = False,
    common: options.CommonOptions = options.CommonOptions(),
) -> int:
    """Write plan files from what is live. Writes nothing to AWS.

    `remediate plan` shows no change after it. What a plan would change is written as a comment. Exit 1 where
    something could not be read, nothing was found, or a file exists already.
    """
    from remediate.cli.context import connected, print_json
    from remediate.errors import UsageError
    from remediate.init.make import uncovered
    from remediate.render.init import init_lines
    from remediate.render.terminal import Progress, is_interactive, show

    if not (yes or check or out == "-" or is_interactive()):
        raise UsageError(
            "stdin is not a terminal, so the files can't be confirmed.",
            hint="Pass --yes to write them, or --out - to print them.",
        )
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    if error is not None:
        return _from_error(error, out, force=force, yes=yes, json=json, common=common)
    with connected(common) as aws, progress.doing("Reading the account", aws.calls):
        result = _made(
            aws,
            source or [],
            Path("plans" if out == "-" else out),
            split=split,
            include=include or [],
            exclude=exclude or [],
            with_fixes=with_fixes,
        )
        if check:
            from remediate.cli.context import plan_files_if_any

            missing = uncovered(result.survey, plan_files_if_any(None))
    document = result.as_json([], aws.calls)
    failed = bool(document["unreadable"])
    if check:
        document |= {"uncovered": [state.address for state in missing]}
        if json:
            print_json(document)
        else:
            for state in missing:
                typer.echo(f"{state.address} has CORS settings and is in no plan")
        return 2 if missing else int(failed)
    files = result.files()
    if not files:
        if json:
            print_json(document)
        else:
            show(init_lines(document, verbose=common.verbose))
        raise UsageError(
            "Nothing was found that a plan file could be written for.",
            hint="Check --region, --profile and --include; -v lists what was left out and why.",
        )
    if not json and out != "-":
        show(init_lines(document, verbose=common.verbose))
    written = [] if json and out == "-" else _written(files, out, force=force, yes=yes)
    if json:
        print_json(result.as_json(written, aws.calls, with_text=out == "-"))
    elif written:
        show_next(written, out)
    return 1 if failed or (out != "-" and not written) else 0


def show_next(written: Sequence[Path], out: str) -> None:
    """Say what was written and what comes next."""
    import shlex

    for path in written:
        typer.echo(f"wrote {path}")
    command = "remediate plan" if out == "plans" else shlex.join(["remediate", "plan", out])
    typer.echo(f"next: {command}")


def _made(
    aws: Aws,
    sources: Sequence[str],
    folder: Path,
    *,
    split: str,
    include: Sequence[str],
    exclude: Sequence[str],
    with_fixes: bool,
) -> Result:
    from datetime import UTC, datetime

    from remediate.init.make import Request, has_cors, make
    from remediate.init.survey import survey
    from remediate.services import target_options

    request = Request(
        options=target_options(),
        now=datetime.now(UTC),
        folder=folder,
        split=str(split),
        include=tuple(include),
        exclude=tuple(exclude),
        with_fixes=with_fixes,
    )
    request = _with_sources(aws, request, sources)
    return make(survey(aws, has_cors), request)


def _with_sources(aws: Aws, request: Request, sources: Sequence[str]) -> Request:
    """Return the request for a page's URL. Raises `UsageError` for what is no URL."""
    from dataclasses import replace
    from urllib.parse import urlsplit

    from remediate.errors import UsageError
    from remediate.reachability.discover import discover
    from remediate.web.origin import OriginError, canonical_origin

    if not sources:
        return request
    if len(sources) > 1:
        raise UsageError("--from takes one URL.", hint="Run `remediate init` once for each page.")
    parts = urlsplit(sources[0])
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(
            f"--from {sources[0]}: templates and state files are not supported yet.",
            hint="Give a page's URL, like https://app.example.com/, or leave --from out for the account.",
        )
    try:
        page = canonical_origin(f"{parts.scheme}://{parts.netloc}")
    except OriginError as problem:
        raise UsageError(f"--from: {problem.message}.", hint=problem.hint) from problem
    chain = discover(aws, sources[0])
    return replace(request, page=page, chain=frozenset(state.address for state in chain.states))


def _written(files: Sequence[tuple[Path, str]], out: str, *, force: bool, yes: bool) -> list[Path]:
    """Write the files, or print them for `-`. Raises `UsageError` where one exists already."""
    from remediate.cli.apply_run import confirmed
    from remediate.errors import UsageError
    from remediate.replace_file import replace_file

    if out == "-":
        typer.echo("---\n".join(text for _, text in files), nl=False)
        return []
    existing = [str(path) for path, _ in files if path.exists()]
    if existing and not force:
        raise UsageError(
            f"{', '.join(existing)} exists already; nothing was written.",
            hint="Choose another --out, or write over it with --force.",
        )
    if not yes and not confirmed(f"Write {len(files)} plan file{'s' if len(files) != 1 else ''}?"):
        return []
    for path, text in files:
        like = path.stat() if path.exists() else None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, text.encode(), like=like)
            if like is None:
                path.chmod(0o644)
        except OSError as problem:
            raise UsageError(
                f"{path} could not be written: {problem.strerror}.", hint="Choose another --out."
            ) from problem
    return [path for path, _ in files]


def _from_error(
    error: str, out: str, *, force: bool, yes: bool, json: bool, common: options.CommonOptions
) -> int:
    """Write the smallest plan that fixes the request of a browser's message."""
    from remediate.cli.context import connected, print_json
    from remediate.cli.explain import complaint_of, request_of
    from remediate.errors import UsageError
    from remediate.explain.walk import explain
    from remediate.explain.weigh import Evidence
    from remediate.reachability.discover import discover
    from remediate.render.terminal import Progress
    from remediate.services import target_options

    complaint = complaint_of(error)
    request = request_of(None, None, None, [], credentials=False, complaint=complaint)
    progress = Progress(quiet=common.quiet, verbose=common.verbose)
    with connected(common) as aws, progress.doing("Looking for the way", aws.calls):
        chain = discover(aws, request.url)
        explanation = explain(chain, request, target_options(), evidence=Evidence(None, complaint))
    if explanation.proposal is None:
        raise UsageError(
            f"No plan fixes this request: {explanation.because}",
            hint=explanation.fix or "`remediate explain --error` shows the way hop by hop.",
        )
    proposal = explanation.proposal
    path = Path("plans" if out == "-" else out) / f"{proposal.file.name}.yaml"
    if not json and out != "-":
        typer.echo(proposal.text, nl=False)
    is_printed = json and out == "-"
    written = [] if is_printed else _written([(path, proposal.text)], out, force=force, yes=yes)
    if json:
        print_json(
            {
                "format": "remediate.init/1",
                "plans": [
                    {
                        "file": str(path),
                        "name": proposal.file.name,
                        "origins": [request.origin],
                        "targets": [
                            {
                                "address": address,
                                "by": "chain",
                                "because": explanation.because,
                                "active": True,
                            }
                            for address in proposal.configs
                        ],
                        "fixes": [],
                        **({"text": proposal.text} if out == "-" else {}),
                    }
                ],
                "unsorted": [],
                "left_out": [],
                "unknown": [],
                "unreadable": [],
                "written": [str(path) for path in written],
                "api_calls": dict(sorted(aws.calls.items())),
            }
        )
    elif written:
        typer.echo(f"wrote {path}\nnext: remediate apply {path}")
    return 0 if written or out == "-" else 1
