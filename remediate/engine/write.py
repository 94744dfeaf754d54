"""Write, settle and prove: each change under its revision, and read again afterwards."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as completed
from itertools import chain

from remediate import activity
from remediate.aws import Aws
from remediate.core.change_result import ApplyStatus, ChangeResult
from remediate.core.document import canonical
from remediate.core.plan import Change
from remediate.core.policy import Policy, Selector
from remediate.core.state import Unreadable
from remediate.engine.compare import desired
from remediate.errors import NoChangeNeeded, NotConverged, RemediateError, Stale, unexpected
from remediate.refresh import snapshot
from remediate.services import service
from remediate.threads import thread_pool

PROOF_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each look: S3 bucket settings are eventually consistent (S3 user guide, "Welcome")."""
FEW = 4
"""Groups at once of a service one of whose operations is rarer than one a second (REST deployments).

Enough that one is always ready for it. If all began at once, the first would be ready only when all
nearly are, and on Ctrl-C all would have to be waited for.
"""

Report = Callable[[str, str], None]
"""Called with an address and a word on its progress."""


def groups(changes: Sequence[Change]) -> list[list[Change]]:
    """Group the changes by what is written at once, in the order of the plan."""
    by_group: dict[str, list[Change]] = {}
    for change in changes:
        by_group.setdefault(change.group, []).append(change)
    return list(by_group.values())


def write(
    aws: Aws,
    changes: Sequence[Change],
    *,
    concurrency: int,
    report: Report,
    check: Callable[[], None] = lambda: None,
) -> Generator[ChangeResult]:
    """Write group by group, several at a time; one outcome per change, as they end.

    `check` is called before each group and raises where this run may write no longer: then the group
    is not started. A group that failed does not stop the others. On Ctrl-C the groups under way are
    finished as long as AWS answers, no other is begun, every outcome that is known is reported, and then the
    interrupt goes on. A change without an outcome may be written or not.
    """
    waiting: dict[str, deque[list[Change]]] = {}
    for group in sorted(groups(changes), key=lambda group: not _rare(group[0].service)):
        waiting.setdefault(group[0].service, deque()).append(group)
    under_way: dict[Future[list[ChangeResult]], list[Change]] = {}
    ended: deque[ChangeResult] = deque()
    with thread_pool(concurrency, "write") as threads:
        try:
            while True:
                for group in _next(waiting, under_way.values(), concurrency):
                    under_way[threads.submit(_write_group, aws, group, report, check)] = group
                if not under_way:
                    break
                future = completed(under_way, return_when=FIRST_COMPLETED).done.pop()
                ended.extend(future.result())
                del under_way[future]
                # Reported before the next begins: where the journal cannot take it, none does.
                while ended:
                    yield ended.popleft()
        except KeyboardInterrupt:
            yield from ended
            yield from _ended_after_stop(under_way, report)
            for group in chain.from_iterable(waiting.values()):
                yield from (ChangeResult(change, ApplyStatus.NOT_STARTED) for change in group)
            raise


def _ended_after_stop(
    under_way: Mapping[Future[list[ChangeResult]], list[Change]], report: Report
) -> Iterator[ChangeResult]:
    """The outcomes of the groups that still end. A group is left alone once nothing is answered any more."""
    began = activity.now()
    pending = set(under_way)
    while pending and activity.idle_since(began) < activity.PATIENCE:
        ended, pending = completed(pending, timeout=0.1, return_when=FIRST_COMPLETED)
        for future in ended:
            yield from future.result()
    for future in pending:
        for change in under_way[future]:
            report(change.address, "no answer; it may be written or not")


def _rare(kind: str) -> bool:
    return any(rate.per_second < 1 for rate in service(kind).RATES.values())


def _next(
    waiting: Mapping[str, deque[list[Change]]], under_way: Iterable[list[Change]], concurrency: int
) -> Iterator[list[Change]]:
    """Take from those that wait what may begin now, the slow services first."""
    count = Counter(group[0].service for group in under_way)
    for kind, queue in waiting.items():
        most = FEW if _rare(kind) else concurrency
        while queue and count[kind] < most and count.total() < concurrency:
            count[kind] += 1
            yield queue.popleft()


def _write_group(
    aws: Aws, group: list[Change], report: Report, check: Callable[[], None]
) -> list[ChangeResult]:
    for change in group:
        report(change.address, "writing")
    try:
        check()
    except RemediateError as error:
        return [ChangeResult(change, ApplyStatus.NOT_STARTED, error) for change in group]
    try:
        service(group[0].service).write(aws, group)
    except NoChangeNeeded:
        return [ChangeResult(change, ApplyStatus.UNCHANGED) for change in group]
    except Stale as error:
        return [ChangeResult(change, ApplyStatus.STALE, error) for change in group]
    except RemediateError as error:
        return [ChangeResult(change, ApplyStatus.FAILED, error) for change in group]
    except Exception as error:  # noqa: BLE001 - a defect here must not lose what became of the others
        return [
            ChangeResult(change, ApplyStatus.FAILED, unexpected(change.address, error)) for change in group
        ]
    return [ChangeResult(change, ApplyStatus.WRITTEN) for change in group]


def settle(
    aws: Aws, changes: Sequence[Change], *, wait: bool, concurrency: int, report: Report
) -> dict[str, RemediateError]:
    """Wait until each change is in force; return what failed meanwhile, by address."""
    if not changes:
        return {}
    failed: dict[str, RemediateError] = {}

    def settle_change(change: Change) -> None:
        try:
            service(change.service).settle(
                aws, change, wait=wait, on_progress=lambda word: report(change.address, word)
            )
        except RemediateError as error:
            failed[change.address] = error
        except Exception as error:  # noqa: BLE001 - as above
            failed[change.address] = unexpected(change.address, error)

    with thread_pool(min(concurrency, len(changes)), "settle") as threads:
        list(threads.map(settle_change, changes))
    return failed


def verify_written(
    aws: Aws,
    changes: Sequence[Change],
    policies: Mapping[str, tuple[Policy, ...]],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, RemediateError]:
    """Read the written resources again: each must be as planned, and a new plan must find nothing.

    Returns those that are not, by address, with the reason. An undo has no `policies`.
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


def selectors_of(changes: Sequence[Change]) -> list[Selector]:
    """Return the selectors that read just these resources again, each once."""
    selectors: dict[tuple[str, str, str | None, str], Selector] = {}
    for change in changes:
        for selector in change.selectors:
            selectors.setdefault(
                (selector.service, selector.pattern, selector.region, canonical(dict(selector.options))),
                selector,
            )
    return list(selectors.values())


def _differing(
    aws: Aws, changes: Sequence[Change], policies: Mapping[str, tuple[Policy, ...]]
) -> dict[str, RemediateError]:
    seen = snapshot(aws, selectors_of(changes))
    now = {state.address: state for state in seen.states}
    wrong: dict[str, RemediateError] = {}
    for change in changes:
        failures = [reading for reading in seen.unreadable if _about(reading, change)]
        if change.address in now:
            state = now[change.address]
            try:
                again = desired(state, policies.get(change.address, ()), seen.distributions_for(state))[0]
            except Exception as error:  # noqa: BLE001 - as above
                wrong[change.address] = unexpected(change.address, error)
                continue
            if not state.config == change.after == again.config:
                wrong[change.address] = NotConverged(
                    f"{change.address}: written, but reading it again shows other settings than planned.",
                    hint=f"Somebody may have changed it at the same moment: "
                    f"`remediate plan --target {change.address}` shows what it is now.",
                )
        elif failures:
            wrong[change.address] = NotConverged(
                f"{change.address}: written, but it could not be read again: {failures[0].message}",
                hint=failures[0].hint,
            )
        else:
            wrong[change.address] = NotConverged(f"{change.address}: written, but it is gone now.")
    return wrong


def _about(reading: Unreadable, change: Change) -> bool:
    return reading.address == change.address or any(
        selector in change.selectors for selector in reading.selected_by
    )
