"""The options that several commands share, each declared once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, get_args, get_type_hints

import typer

from remediate.cli import complete
from remediate.deadline import TIMEOUT

Plans = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PLAN",
        help="Plan files, or folders of them; plans/ where none is named.",
        autocompletion=complete.plan_files,
    ),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ADDRESS",
        help="Only this resource: s3/BUCKET, rest_api/ID/STAGE, …, or its name; globs, repeatable.",
        autocompletion=complete.targets,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Diff = Annotated[bool, typer.Option("--diff", help="Show every field that changes.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """The options of every command that reaches AWS, in the order of `--help`.

    A command takes them as one parameter whose default holds the command's own defaults:
    `common: CommonOptions = CommonOptions(concurrency=8)`. `expand` turns each field into an option.
    """

    profile: Annotated[str | None, typer.Option(metavar="NAME", help="Profile of the AWS configuration.")] = (
        None
    )
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="Region where neither target nor plan names one.")
    ] = None
    endpoint_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Another endpoint for every AWS call (or AWS_ENDPOINT_URL)."),
    ] = None
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Run on an embedded AWS with a broken application; no network.")
    ] = False
    concurrency: Annotated[
        int, typer.Option(metavar="N", min=1, max=256, help="Calls under way at once.")
    ] = 32
    timeout: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=3600,
            metavar="SECONDS",
            help="Total deadline of one request to AWS, a webhook or a probed URL; a retry has its own.",
        ),
    ] = TIMEOUT
    quiet: Quiet = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show all notes, rows and reasons.")] = (
        False
    )

    def as_words(self) -> list[str]:
        """The words of a command line that make another command reach the same account."""
        named = {"--profile": self.profile, "--region": self.region, "--endpoint-url": self.endpoint_url}
        words = [word for name, value in named.items() if value for word in (name, value)]
        return [*words, *(["--sandbox"] if self.sandbox else [])]


class Without:
    """Marks a `common` parameter whose command does not offer these options; they keep their defaults.

    `common: Annotated[CommonOptions, Without("verbose")] = CommonOptions()`.
    """

    def __init__(self, *names: str) -> None:
        """Raise `ValueError` for a name that is not a common option."""
        if unknown := set(names) - {field.name for field in fields(CommonOptions)}:
            raise ValueError(f"no common option: {', '.join(sorted(unknown))}")
        self.names = frozenset(names)


def expand(command: Callable[..., int]) -> Callable[..., int]:
    """The command with a parameter for each common option in place of `common`, as Typer reads signatures."""
    signature = inspect.signature(command, eval_str=True)
    common = signature.parameters.get("common")
    if common is None:
        return command
    options = _parameters(common)
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters += options if parameter is common else [parameter]

    @functools.wraps(command)
    def expanded(**values: object) -> int:
        chosen = {option.name: values.pop(option.name) for option in options}
        return command(**values, common=replace(common.default, **chosen))

    expanded.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    expanded.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return expanded


def _parameters(common: inspect.Parameter) -> list[inspect.Parameter]:
    """The parameter of each common option that a command offers, with the command's default."""
    omitted = {
        name for mark in get_args(common.annotation) if isinstance(mark, Without) for name in mark.names
    }
    annotations = get_type_hints(CommonOptions, include_extras=True)
    return [
        common.replace(
            name=field.name,
            default=getattr(common.default, field.name),
            annotation=annotations[field.name],
        )
        for field in fields(CommonOptions)
        if field.name not in omitted
    ]
