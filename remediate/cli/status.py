"""`remediate status`: the health of the unattended job, from its journal alone."""

from __future__ import annotations

from typing import Annotated

from remediate.cli import options


def status(
    plans: options.Plans = None,
    json: options.Json = False,
    common: Annotated[
        options.CommonOptions, options.Without("sandbox", "concurrency", "quiet", "verbose")
    ] = options.CommonOptions(),
) -> int:
    """Show how the unattended job fares, from its journal.

    The last pass, and what is open, held, accepted, snoozed or paused; exit 2 where something is open.

    Reads the journal and no resource, and no credentials where the plan files name the account and keep
    their journal in a folder.
    """
    from datetime import UTC, datetime

    from remediate.cli.context import account_of, connected, journal, plan_files, print_json
    from remediate.drift.holds import Holds, holds_name
    from remediate.drift.memory import DriftState
    from remediate.drift.options import note_name
    from remediate.drift.status import status_document
    from remediate.render.status import status_lines
    from remediate.render.terminal import show

    now = datetime.now(UTC)
    files = plan_files(plans, now)
    with connected(common, resolve=False) as aws, journal(aws, False, files) as store:
        account = account_of(files, aws)
        document = status_document(
            tuple(file.name for file in files),
            account,
            store.where,
            memory=DriftState.from_json(store.note(note_name(account))),
            holds=Holds.from_json(store.note(holds_name(account))),
            locks={"run": store.alive(account), "pass": store.alive(note_name(account))},
            now=now,
        )
    if json:
        print_json(document)
    else:
        show(status_lines(document))
    return int(document["exit_code"])
