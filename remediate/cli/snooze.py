"""`remediate snooze` and `pause`: the job leaves a resource, or everything, alone for a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from remediate.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from remediate.drift.holds import Holds

Length = Annotated[str | None, typer.Option("--for", metavar="DURATION", help="30m, 8h, 2d, 1h30m.")]
Reason = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Why; for those who read `remediate status`.")
]
Common = Annotated[options.CommonOptions, options.Without("sandbox", "concurrency", "quiet", "verbose")]


def snooze(
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Like s3/BUCKET or http_api/ID; globs allowed.")
    ],
    plans: options.Plans = None,
    length: Length = None,
    reason: Reason = None,
    end: Annotated[bool, typer.Option("--end", help="The job looks at it again from now on.")] = False,
    json: options.Json = False,
    common: Common = options.CommonOptions(),
) -> int:
    """Leave a resource alone for a time.

    No pass corrects it, reports it or ends with its exit code.
    """
    from remediate.drift.holds import hold
    from remediate.journal.user_state import person

    _check_address(address)
    until = _until(length, end=end)

    def edit(holds: Holds, now: datetime) -> Holds:
        if end:
            return holds.without_snooze(address, person(), now)
        return holds.with_snooze(address, hold(person(), now, until(now), reason or ""))

    return _edited(edit, plans, common, json=json)


def pause(
    plans: options.Plans = None,
    length: Length = None,
    reason: Reason = None,
    end: Annotated[bool, typer.Option("--end", help="The job goes on from now on.")] = False,
    json: options.Json = False,
    common: Common = options.CommonOptions(),
) -> int:
    """Pause the unattended job for a time.

    Its passes end at once with exit code 0 and look at nothing.
    """
    from remediate.drift.holds import hold
    from remediate.journal.user_state import person

    until = _until(length, end=end)

    def edit(holds: Holds, now: datetime) -> Holds:
        if end:
            return holds.without_pause(person(), now)
        return holds.with_pause(hold(person(), now, until(now), reason or ""))

    return _edited(edit, plans, common, json=json)


def _check_address(address: str) -> None:
    from remediate.core.globs import name_matches
    from remediate.errors import UsageError
    from remediate.services import kinds

    service, slash, rest = address.partition("/")
    if not slash or not rest or not any(name_matches(service, kind) for kind in kinds()):
        raise UsageError(
            f"{address} is not an address.",
            hint="An address is s3/BUCKET, http_api/ID, rest_api/ID/STAGE or cloudfront/ID; globs allowed.",
        )


def _until(length: str | None, *, end: bool) -> Callable[[datetime], datetime]:
    """Return the instant that --for means, as a function of now. Raises `UsageError`."""
    from remediate.errors import UsageError
    from remediate.planfile.durations import MomentError, duration

    if end:
        if length is not None:
            raise UsageError("--end and --for exclude each other.", hint="Leave one of them out.")
        return lambda now: now
    if length is None:
        raise UsageError("--for is missing: it always ends.", hint="Say how long, like --for 8h.")
    try:
        lasts = duration(length)
    except MomentError as error:
        raise UsageError(f"--for: {error.rule}.", hint=f"{error.hint[0].upper()}{error.hint[1:]}.") from error
    return lambda now: now + lasts


def _edited(
    edit: Callable[[Holds, datetime], Holds],
    plans: list[Path] | None,
    common: options.CommonOptions,
    *,
    json: bool,
) -> int:
    """Change the note of the plans' journal, and print what holds now."""
    from datetime import UTC

    from remediate.cli.context import account_of, connected, journal, plan_files, print_json
    from remediate.drift.holds import Holds, holds_name
    from remediate.errors import Stale
    from remediate.render.holds import holds_lines
    from remediate.render.terminal import show

    now = datetime.now(UTC)
    files = plan_files(plans, now)
    with connected(common, resolve=False) as aws, journal(aws, False, files) as store:
        name = holds_name(account_of(files, aws))
        for _ in range(5):
            content, version = store.versioned(name)
            holds = edit(Holds.from_json(content), now)
            if store.replace(name, holds.as_json(), version):
                break
        else:
            raise Stale(
                f"{name} in {store.where} was changed by others again and again. Nothing was changed.",
                hint="Run the same command again.",
            )
    document = {**holds.at(now).as_json(), "state": store.where}
    if json:
        print_json(document)
    else:
        show(holds_lines(document))
    return 0
