"""What plan and apply have in common: load the plan files, open the way to AWS, or the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from remediate.aws import Aws
from remediate.cli.options import Connection
from remediate.errors import UsageError
from remediate.planfile import PlanFile, load
from remediate.workflow.reading import published_rates, target_options

DEFAULT_PLANS = Path("plans")


def plan_files(paths: Sequence[Path] | None) -> tuple[PlanFile, ...]:
    """The plan files named, or those of plans/. Raises `PlanFileError` with every problem."""
    return load(list(paths or [DEFAULT_PLANS]), target_options(), now=datetime.now(UTC))


@contextmanager
def connected(connection: Connection) -> Iterator[Aws]:
    """The account behind the credentials, or a fresh embedded one."""
    if connection.sandbox:
        if connection.profile or connection.endpoint_url:
            raise UsageError("--sandbox goes with neither --profile nor --endpoint-url.")
        from remediate.sandbox import embedded

        with embedded(), _opened(Connection(None, connection.region or "eu-west-1", None, True, 4)) as aws:
            yield aws
    else:
        with _opened(connection) as aws:
            yield aws


@contextmanager
def _opened(connection: Connection) -> Iterator[Aws]:
    aws = Aws(
        profile=connection.profile,
        region=connection.region,
        endpoint_url=connection.endpoint_url,
        concurrency=connection.concurrency,
        rates={} if connection.sandbox else published_rates(),
    )
    try:
        yield aws
    except KeyboardInterrupt:
        aws.stop()
        raise
    aws.close()


def print_json(document: dict[str, Any]) -> None:
    """The one document of `--json`."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))
