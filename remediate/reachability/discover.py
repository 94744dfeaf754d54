"""Find the chain behind a URL from live settings alone: host by host, hop by hop. I/O, no write."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from urllib.parse import urlsplit

from remediate.aws import Aws
from remediate.core.common_rules import BEHIND_UNREADABLE
from remediate.core.finding import Finding
from remediate.core.isolation import isolated
from remediate.core.snapshot import Snapshot
from remediate.core.state import LocatedResource, State, Unreadable
from remediate.core.upstream import split_upstream
from remediate.errors import AwsFailure
from remediate.reachability.chain import LONGEST, Alias, Chain
from remediate.refresh import snapshot
from remediate.services import kinds, service

MOST_BEYOND = 100
"""Origins that are looked up at most; distributions have a few."""
_GIVEN = re.compile(r"\.amazonaws\.")

_MISSING = ("missing-", "NoSuch", "NotFound")


def discover(aws: Aws, url: str) -> Chain:
    """Return every resource of the account that a request for `url` can meet, outermost first.

    Raises `AwsFailure` where the first resource was found and could not be read, or where nobody knows
    the URL's host and one service could not be asked: that is no answer. A host behind the first that
    cannot be looked up stays unknown, and the chain says why where AWS refused to tell; most of them are
    no resource of the account at all.
    """
    parts = urlsplit(url)
    chain = Chain(())
    waiting = [(parts.netloc, parts.path or "/")]
    asked: set[str] = set()
    while waiting and len(chain.states) < LONGEST:
        host, path = waiting.pop(0)
        if host in asked:
            continue
        asked.add(host)
        try:
            behind_host = _behind(aws, host, path, first=not chain.states)
        except AwsFailure as error:
            if not chain.states:
                raise
            chain = replace(chain, unreadable={**chain.unreadable, host: error.message})
            continue
        for state, alias in behind_host:
            if any(state.address == hop.address for hop in chain.states):
                continue
            aliases = dict(chain.aliases)
            if not state.is_named(host):
                aliases[host] = (*aliases.get(host, ()), alias)
            chain = replace(chain, states=(*chain.states, state), aliases=aliases)
            for upstream in state.upstreams:
                behind, prefix = split_upstream(upstream)
                waiting.append((behind, prefix + path))
    return chain


def dependencies_of(
    aws: Aws, seen: Snapshot, changed: Collection[str]
) -> tuple[tuple[State, ...], list[Finding]]:
    """Return what the changed resources forward to and no target means: it decides whom a change lets in.

    Looked up are the names that AWS gives, which tell by themselves what they are of. A finding says
    which could not be.
    """

    def hidden(front: State, host: str, why: str, hint: str) -> Finding:
        message = f"Whom this lets in depends on {host} behind it too, which could not be read: {why}"
        return BEHIND_UNREADABLE.finding(front.address, message, hint)

    chain = Chain(seen.states)
    waiting = [
        (state, upstream) for state in seen.states if state.address in changed for upstream in state.upstreams
    ]
    findings: list[Finding] = []
    asked: set[str] = set()
    while waiting:
        front, upstream = waiting.pop(0)
        host, path = split_upstream(upstream)
        if upstream in asked or not _GIVEN.search(host) or chain.serving(host, path or "/"):
            continue
        if len(asked) == MOST_BEYOND:
            why = f"{MOST_BEYOND} were looked up, and no more are."
            findings.append(hidden(front, host, why, "Plan fewer distributions at a time (--target)."))
            break
        asked.add(upstream)
        try:
            with isolated(front.address):
                behind = [state for state, _ in _behind(aws, host, path or "/", first=False, strays=False)]
        except AwsFailure as error:
            if error.code.startswith(_MISSING):
                continue  # nothing is there that could let anybody in
            findings.append(hidden(front, host, error.message, error.hint))
            continue
        addresses = {state.address for state in chain.states}
        more = tuple(state for state in behind if state.address not in addresses and state.is_named(host))
        chain = Chain((*chain.states, *more))
        waiting += [(front, further) for state in more for further in state.upstreams]
    return tuple(chain.states[len(seen.states) :]), findings


def _behind(aws: Aws, host: str, path: str, *, first: bool, strays: bool = True) -> list[tuple[State, Alias]]:
    """Return the resources that the host and the path lead to: those of the longest base path alone.

    Several services may have mappings of one custom domain name, and the longest that matches wins.
    With `strays`, also an API whose stages the path names none of.
    """
    places: list[LocatedResource] = []
    unasked: list[AwsFailure] = []
    for kind in kinds():
        try:
            places += [
                place for place in service(kind).find_by_host(aws, host, path) if strays or not place.strays
            ]
        except AwsFailure as error:
            unasked.append(error)
    by_length: dict[int, list[LocatedResource]] = {}
    for place in places:
        by_length.setdefault(len(place.base), []).append(place)
    for length in sorted(by_length, reverse=True):
        located: list[tuple[State, Alias]] = []
        failures: list[Unreadable] = []
        for place in by_length[length]:
            seen = snapshot(aws, [place.selector])
            if (
                strays
                and place.otherwise is not None
                and not seen.states
                and all(each.gone for each in seen.unreadable)
            ):
                seen = snapshot(aws, [place.otherwise])
            failures += seen.unreadable
            located += [(state, Alias(state.own_host, place.base, place.own)) for state in seen.states]
        if located:
            return located
        if failures:
            worst = failures[0]
            raise AwsFailure(
                f"{worst.address}: {worst.message}", code=worst.code, operation=worst.service, hint=worst.hint
            )
    if unasked and first:
        raise unasked[0]
    return []
