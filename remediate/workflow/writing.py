"""Write, settle and prove: each change under its revision, and read again afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from remediate.aws import Aws
from remediate.core.document import canonical
from remediate.core.outcome import Outcome, Status
from remediate.core.plan import Change
from remediate.core.policy import Policy, Selector
from remediate.core.state import Unreadable
from remediate.errors import AlreadySo, NotTaken, RemediateError, Stale, unexpected
from remediate.services import service
from remediate.workflow.planning import desired
from remediate.workflow.reading import snapshot

PROOF_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each look: S3 bucket settings are eventually consistent (S3 user guide, "Welcome")."""


Report = Callable[[str, str], None]
"""Called with an address and a word on its progress."""


def groups(changes: Sequence[Change]) -> list[list[Change]]:
    """The changes by what is written at once, in the order of the plan."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.group, []).append(change)
    return list(found.values())


def write(
    aws: Aws,
    changes: Sequence[Change],
    *,
    concurrency: int,
    report: Report,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Outcome]:
    """Write group by group, several at a time; one outcome per change, as they end.

    `check` is called before each group and raises where this run may write no longer. A group that
    failed does not stop the others. On Ctrl-C the groups under way are finished, no
    other is begun, every outcome is told, and then the interrupt goes on.
    """
    work = groups(changes)
    if not work:
        return
    threads = ThreadPoolExecutor(min(concurrency, len(work)), thread_name_prefix="write")
    pending: dict[Future[list[Outcome]], list[Change]] = {
        threads.submit(_write_group, aws, group, report, check): group for group in work
    }
    told: set[Future[list[Outcome]]] = set()
    try:
        for future in as_completed(pending):
            told.add(future)
            yield from future.result()
    except KeyboardInterrupt:
        threads.shutdown(cancel_futures=True)
        for future, group in pending.items():
            if future.cancelled():
                yield from (Outcome(change, Status.NOT_STARTED) for change in group)
            elif future not in told:
                yield from future.result()
        raise
    finally:
        threads.shutdown(cancel_futures=True)


def _write_group(aws: Aws, group: list[Change], report: Report, check: Callable[[], None]) -> list[Outcome]:
    for change in group:
        report(change.address, "writing")
    try:
        check()
        service(group[0].service).write(aws, group)
    except AlreadySo:
        return [Outcome(change, Status.UNCHANGED) for change in group]
    except Stale as error:
        return [Outcome(change, Status.STALE, error) for change in group]
    except RemediateError as error:
        return [Outcome(change, Status.FAILED, error) for change in group]
    except Exception as error:  # noqa: BLE001 - a defect here must not lose what became of the others
        return [Outcome(change, Status.FAILED, unexpected(change.address, error)) for change in group]
    return [Outcome(change, Status.WRITTEN) for change in group]


def settle(
    aws: Aws, changes: Sequence[Change], *, wait: bool, concurrency: int, report: Report
) -> dict[str, RemediateError]:
    """Wait until each change is in force; what failed meanwhile, by address."""
    if not changes:
        return {}
    failed: dict[str, RemediateError] = {}

    def one(change: Change) -> None:
        try:
            service(change.service).settle(
                aws, change, wait=wait, tick=lambda word: report(change.address, word)
            )
        except RemediateError as error:
            failed[change.address] = error
        except Exception as error:  # noqa: BLE001 - as above
            failed[change.address] = unexpected(change.address, error)

    with ThreadPoolExecutor(min(concurrency, len(changes)), thread_name_prefix="settle") as threads:
        list(threads.map(one, changes))
    return failed


def prove(
    aws: Aws,
    changes: Sequence[Change],
    policies: Mapping[str, tuple[Policy, ...]],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, RemediateError]:
    """Read the written resources again: each must be as planned, and a new plan must find nothing.

    Returns those that are not, by address, with the reason. A saved plan has no `policies`.
    """
    left = list(changes)
    wrong: dict[str, RemediateError] = {}
    for pause in PROOF_PAUSES:
        if not left:
            break
        sleep(pause)
        wrong = _differing(aws, left, policies)
        left = [change for change in left if change.address in wrong]
    return wrong


def rereading(changes: Sequence[Change]) -> list[Selector]:
    """What reads just these resources again, each once."""
    found: dict[tuple[str, str, str | None, str], Selector] = {}
    for change in changes:
        for one in change.selectors:
            found.setdefault((one.service, one.pattern, one.region, canonical(dict(one.options))), one)
    return list(found.values())


def _differing(
    aws: Aws, changes: Sequence[Change], policies: Mapping[str, tuple[Policy, ...]]
) -> dict[str, RemediateError]:
    seen = snapshot(aws, rereading(changes))
    now = {state.address: state for state in seen.states}
    wrong: dict[str, RemediateError] = {}
    for change in changes:
        failures = [reading for reading in seen.unreadable if _about(reading, change)]
        if change.address in now:
            state = now[change.address]
            again = desired(state, policies.get(change.address, ()), seen.fronts(state))[0]
            if not state.config == change.after == again.config:
                wrong[change.address] = NotTaken(
                    f"{change.address}: written, but reading it again shows other settings than planned.",
                    hint=f"Somebody may have changed it at the same moment: "
                    f"`remediate plan --target {change.address}` shows what it is now.",
                )
        elif failures:
            wrong[change.address] = NotTaken(
                f"{change.address}: written, but it could not be read again: {failures[0].message}",
                hint=failures[0].hint,
            )
        else:
            wrong[change.address] = NotTaken(f"{change.address}: written, but it is gone now.")
    return wrong


def _about(reading: Unreadable, change: Change) -> bool:
    return reading.address == change.address or any(
        selector in change.selectors for selector in reading.selected_by
    )
