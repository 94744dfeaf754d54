"""The session of a command: it loads the plan files and connects to AWS, or to the sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from remediate.aws import Aws
from remediate.cli.options import CommonOptions
from remediate.cli.streams import echo_json
from remediate.core.document import readable
from remediate.core.journal_url import parse_journal_url
from remediate.errors import PlanFileError, UsageError
from remediate.journal import FOLDER, Store, open_store
from remediate.journal.local import LocalStore
from remediate.notify import channel_kinds
from remediate.planfile import PlanFile, load
from remediate.planfile.files import expand
from remediate.refresh import published_rates
from remediate.services import target_options

DEFAULT_PLANS = Path("plans")
DEFAULT_STATE = DEFAULT_PLANS / FOLDER


def plan_files(paths: Sequence[Path] | None, now: datetime | None = None) -> tuple[PlanFile, ...]:
    """The plan files at these paths, or those of plans/. Raises `PlanFileError` with every problem."""
    return load(
        list(paths or [DEFAULT_PLANS]),
        target_options(),
        now=now or datetime.now(UTC),
        channels=channel_kinds(),
    )


def plan_files_if_any(paths: Sequence[Path] | None) -> tuple[PlanFile, ...]:
    """The plan files at these paths, or those of plans/ where there are any. Raises `PlanFileError` too."""
    is_empty = not DEFAULT_PLANS.is_dir() or bool(expand([DEFAULT_PLANS])[1])
    return () if not paths and is_empty else plan_files(paths)


@contextmanager
def connected(common: CommonOptions, *, resolve: bool = True) -> Iterator[Aws]:
    """The account behind the credentials, or a fresh embedded one.

    Without `resolve` the credentials are looked for at the first call, if there is one.
    """
    if common.sandbox:
        if common.profile or common.endpoint_url:
            raise UsageError(
                "--sandbox can't be combined with --profile or --endpoint-url.",
                hint="Leave --sandbox out, or leave the others out.",
            )
        from remediate.sandbox import embedded

        inside = replace(
            common, profile=None, endpoint_url=None, region=common.region or "eu-west-1", concurrency=4
        )
        with embedded(), _opened(inside) as aws:
            yield aws
    else:
        with _opened(common) as aws:
            if resolve:
                aws.resolve_credentials()
            yield aws


@contextmanager
def _opened(common: CommonOptions) -> Iterator[Aws]:
    aws = Aws(
        profile=common.profile,
        region=common.region,
        endpoint_url=common.endpoint_url,
        concurrency=common.concurrency,
        rates={} if common.sandbox else published_rates(),
        timeout=common.timeout,
    )
    try:
        yield aws
    except KeyboardInterrupt:
        aws.stop()
        raise
    except BaseException:
        # Other reads may be under way. Here Ctrl-C still ends the wait for them; after `main` it would not.
        aws.stop()
        aws.close()
        raise
    aws.close()


def print_json(document: dict[str, Any]) -> None:
    """The one document of `--json`."""
    echo_json(readable(document))


@contextmanager
def journal(
    aws: Aws,
    sandbox: bool,
    files: Sequence[PlanFile] = (),
    state: str | None = None,
) -> Iterator[Store]:
    """The journal that the plan files name; for the sandbox a new one, as the sandbox itself is new."""
    if sandbox:
        with TemporaryDirectory(prefix="remediate-") as folder:
            # Not by `open_store`: a run on an embedded AWS keeps no run on a real account waiting.
            yield LocalStore(Path(folder))
        return
    named = list(dict.fromkeys(file.state for file in files))
    if len(named) > 1:
        raise UsageError(
            f"These plan files keep their journals in several places: {', '.join(named)}.",
            hint="Write the same `state:` into each, or name the plans of one place at a time.",
        )
    yield open_store(state or (named[0] if named else str(DEFAULT_STATE)), aws)


def account_of(files: Sequence[PlanFile], aws: Aws) -> str:
    """The account of the plan files; where one names none, AWS is asked whose the credentials are."""
    named = {file.account for file in files}
    if len(named) > 1 or None in named:
        return aws.account()
    return str(named.pop())


def state_named(state: str | None) -> str:
    """The journal that `--state` names; without it, the one of this folder."""
    return parse_journal_url(state, "--state") if state else default_state()


def default_state() -> str:
    """The journal of the plans in `plans/`; else the journal in this folder, where there is one."""
    try:
        named = next((file.state for file in plan_files(None)), str(DEFAULT_STATE))
    except PlanFileError:
        named = str(DEFAULT_STATE)
    here = Path(FOLDER)
    if named == str(DEFAULT_STATE) and here.is_dir() and not DEFAULT_STATE.is_dir():
        return str(here)
    return named
