"""The options that several commands share, told once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

Plans = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[PLAN]...", help="Plan files, or folders of them; plans/ where none is named."),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ADDRESS",
        help="Only this resource: s3/BUCKET, rest_api/ID/STAGE, …, or its name; globs, repeatable.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Profile = Annotated[str | None, typer.Option(metavar="NAME", help="Profile of the AWS configuration.")]
Region = Annotated[
    str | None, typer.Option(metavar="REGION", help="Region where neither target nor plan names one.")
]
Endpoint = Annotated[
    str | None, typer.Option(metavar="URL", help="Another endpoint for every AWS call (or AWS_ENDPOINT_URL).")
]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="Run on an embedded AWS with a broken application; no network.")
]
Concurrency = Annotated[int, typer.Option(min=1, max=256, help="Calls under way at once.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Every line of every difference.")]


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach AWS."""

    profile: str | None
    region: str | None
    endpoint_url: str | None
    sandbox: bool
    concurrency: int
