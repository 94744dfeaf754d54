"""Read the whole account, and the tags of what has CORS settings; I/O, no write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from remediate.aws import Aws
from remediate.core.isolation import isolated
from remediate.core.policy import Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.errors import AwsFailure
from remediate.refresh import snapshot
from remediate.services import kinds, service


@dataclass(frozen=True, slots=True)
class Survey:
    """What was read: every resource, the tags by address, and why tags could not be read."""

    account: str
    region: str
    seen: Snapshot
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tags_unread: Mapping[str, str] = field(default_factory=dict)


def survey(aws: Aws, is_wanted: Callable[[State, Snapshot], bool]) -> Survey:
    """Read every resource of the account that any service knows; tags are read of what `is_wanted` means.

    Raises `AwsFailure` where AWS cannot be asked at all.
    """
    account = aws.account()
    seen = snapshot(aws, [Selector(kind, "*") for kind in kinds()])
    asked = [state for state in seen.states if is_wanted(state, seen)]
    tags: dict[str, Mapping[str, str]] = {}
    unread: dict[str, str] = {}
    for state, read in zip(asked, aws.map_concurrently(lambda state: _tags(aws, state), asked), strict=True):
        if isinstance(read, AwsFailure):
            unread[state.address] = read.message
        else:
            tags[state.address] = read
    return Survey(account, aws.region or "", seen, tags, unread)


def _tags(aws: Aws, state: State) -> Mapping[str, str] | AwsFailure:
    try:
        with isolated(state.address):
            return service(state.service).tags(aws, state)
    except AwsFailure as error:
        return error
