"""What IAM must allow for plan files, as one policy document. I/O only in `look_up`.

The services say what their targets need; here it becomes statements: the same for the same plans,
without what another resource of the statement already covers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from remediate.aws import Aws
from remediate.core.globs import name_matches
from remediate.core.notice import Channel
from remediate.core.permission import ANY, UNRESOLVED, Permission, Purpose, Resolved
from remediate.core.policy import Selector
from remediate.engine.guard import same_account
from remediate.errors import AwsFailure, UsageError
from remediate.journal.permissions import permissions as journal_permissions
from remediate.notify import permissions as channel_permissions
from remediate.notify import reference_permissions
from remediate.planfile import PlanFile
from remediate.refresh import snapshot
from remediate.services import service

LARGEST = 6144
"""Characters of a managed policy, white space not counted (IAM user guide, "IAM quotas")."""

BLAME = Permission(("cloudtrail:LookupEvents",), (ANY,), "tell who changed it")
"""Service Authorization Reference, "AWS CloudTrail": it takes no ARN."""


def permissions(
    files: Sequence[PlanFile],
    purpose: Purpose,
    *,
    region: str | None = None,
    resolved: Resolved = UNRESOLVED,
    channels: Sequence[Channel] = (),
    correcting: bool = True,
) -> list[Permission]:
    """All that a run with these files needs. `region` is that of targets that name none. Pure.

    `channels` are notified of drift besides those of the plan files; drift that is not to be corrected
    is only read, but journaled and reported like any other. Raises `UsageError` for plan files
    of several accounts, which no run takes together.
    """
    account = resolved.account or _account(files)
    on_targets = purpose if correcting else Purpose.PLAN
    found: list[Permission] = []
    for kind, selectors in _targets(files, region).items():
        found += service(kind).permissions(selectors, on_targets, account, resolved)
    for state in sorted({file.state for file in files}):
        found += journal_permissions(state, purpose, region)
    if purpose is Purpose.DRIFT:
        found.append(BLAME)
        found += notification_permissions(files, channels, account)
    return found


def notification_permissions(
    files: Sequence[PlanFile], channels: Sequence[Channel], account: str
) -> Iterator[Permission]:
    """What the channels of the plan files, and these, need to be notified of drift. Pure."""
    for channel in dict.fromkeys([*channels, *(one for file in files for one in file.notify)]):
        yield from channel_permissions(channel, account)
    for heartbeat in dict.fromkeys(file.heartbeat for file in files if file.heartbeat):
        yield from reference_permissions(heartbeat, account, "what the heartbeat refers to")


def look_up(aws: Aws, files: Sequence[PlanFile]) -> Resolved:
    """The account, and the ids that names and globs mean today, where ARNs need them.

    Raises `AwsFailure` for a target that cannot be read, for its ids would be missing, and
    `Refused` for credentials of another account than a plan file names.
    """
    account = aws.account()
    for file in files:
        same_account(file.account, account, str(file.path))
    selectors = [
        selector
        for kind, among in _targets(files, aws.region).items()
        for selector in among
        if not service(kind).addressed(selector)
    ]
    seen = snapshot(aws, selectors)
    for reading in seen.unreadable:
        raise AwsFailure(reading.message, code=reading.code, operation=reading.service, hint=reading.hint)
    ids: dict[tuple[str | None, str], set[str]] = {}
    for one in selectors:
        means = (state.names[0] for state in seen.states if one in state.selected_by)
        ids.setdefault((one.region, one.pattern), set()).update(means)
    return Resolved({key: sorted(found) for key, found in ids.items()}, account)


def document(needed: Iterable[Permission]) -> dict[str, Any]:
    """The policy document."""
    return {"Version": "2012-10-17", "Statement": statements(needed)}


def statements(needed: Iterable[Permission]) -> list[dict[str, Any]]:
    """One statement for each reason, its actions and resources sorted; all in the order of their Sids.

    A statement without resources is left out: a target that names nothing needs nothing.
    """
    merged: dict[tuple[str, tuple[str, ...], Any], set[str]] = {}
    for one in needed:
        key = (one.why, tuple(sorted(one.actions)), one.conditions)
        merged.setdefault(key, set()).update(one.resources)
    made: list[dict[str, Any]] = []
    sids: dict[str, int] = {}
    for (why, actions, conditions), resources in sorted(merged.items(), key=itemgetter(0)):
        if not resources:
            continue
        sid = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", why))
        sids[sid] = sids.get(sid, 0) + 1
        statement: dict[str, Any] = {
            "Sid": sid if sids[sid] == 1 else f"{sid}{sids[sid]}",
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": list(_uncovered(resources)),
        }
        if conditions:
            statement["Condition"] = _condition(conditions)
        made.append(statement)
    return sorted(made, key=lambda statement: str(statement["Sid"]))


def _uncovered(resources: Iterable[str]) -> Iterator[str]:
    """Sorted, without those that another one's `*` covers."""
    among = sorted(set(resources))
    for one in among:
        if not any(other != one and _covers(other, one) for other in among):
            yield one


def _covers(wide: str, narrow: str) -> bool:
    # A `*` of the narrow one is covered by a `*` alone, never by a `?`.
    parts = (
        ".*" if part == "*" else "[^*]" if part == "?" else re.escape(part)
        for part in re.split(r"([*?])", wide)
    )
    return re.fullmatch("".join(parts), narrow) is not None


def _condition(conditions: Iterable[tuple[str, str, tuple[str, ...]]]) -> dict[str, dict[str, list[str]]]:
    made: dict[str, dict[str, list[str]]] = {}
    for operator, key, values in conditions:
        made.setdefault(operator, {})[key] = list(values)
    return made


def size(policy: Any) -> int:
    """Its characters as IAM counts them."""
    return len(re.sub(r"\s", "", json.dumps(policy, ensure_ascii=False)))


def remarks(
    files: Sequence[PlanFile], policy: Any, *, region: str | None, resolved: Resolved = UNRESOLVED
) -> list[str]:
    """What whoever attaches the policy should know of it; whole sentences. Pure."""
    targets = _targets(files, region)
    found: list[str] = []
    for kind, selectors in targets.items():
        wide = [
            selector
            for selector in selectors
            if not service(kind).addressed(selector) and resolved.of(selector) is None
        ]
        if wide:
            named = ", ".join(dict.fromkeys(one.pattern for one in wide))
            found.append(
                f"{kind}: ARNs hold ids, not names or globs ({named}), so the policy means every {kind} "
                "of the account and region, those of others too; --resolve asks AWS for the ids."
            )
        missing = [selector for selector in selectors if resolved.of(selector) == []]
        found += [f"{one} names nothing today, so the policy allows nothing for it." for one in missing]
    if region is None and any(one.region is None for among in targets.values() for one in among):
        found.append(
            "No region is known for some targets, so the policy means all: set `region:` or --region."
        )
    found += _elsewhere(files)
    if (length := size(policy)) > LARGEST:
        found.append(
            f"The policy has {length} characters, and a managed policy holds {LARGEST}: "
            "print one for each plan file, or name the targets by globs."
        )
    return found


def _elsewhere(files: Sequence[PlanFile]) -> Iterator[str]:
    """Expectations about hosts that no target seems to be: where they lead, plan asks AWS."""
    patterns = [target.selector.pattern for file in files for target in file.targets]
    hosts = dict.fromkeys(urlsplit(one.url).hostname or "" for file in files for one in file.expect)
    for host in hosts:
        if not any(
            name_matches(pattern, name) for pattern in patterns for name in (host, host.partition(".")[0])
        ):
            yield (
                f"`expect` speaks of {host}: if no target serves it, plan looks it up among all "
                "distributions and domain names, and the policy does not allow that."
            )


def _targets(files: Sequence[PlanFile], region: str | None) -> dict[str, list[Selector]]:
    """The files' selectors by service, each with the region that it is read in."""
    found: dict[str, list[Selector]] = {}
    for file in files:
        for target in file.targets:
            selector = target.selector
            found.setdefault(selector.service, []).append(
                selector if selector.region else replace(selector, region=region)
            )
    return dict(sorted(found.items()))


def _account(files: Sequence[PlanFile]) -> str:
    accounts = sorted({file.account for file in files if file.account})
    if len(accounts) > 1:
        raise UsageError(
            f"These plan files are for several accounts: {', '.join(accounts)}.",
            hint="Name the plans of one account at a time.",
        )
    return accounts[0] if accounts else ANY
