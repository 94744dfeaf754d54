"""Find the chain behind a URL from live settings alone: host by host, hop by hop. I/O, no write."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from remediate.aws import Aws
from remediate.core.state import State, Unreadable
from remediate.errors import AwsFailure
from remediate.services import kinds, service
from remediate.workflow.chain import LONGEST, Alias, Chain
from remediate.workflow.reading import snapshot


def discover(aws: Aws, url: str) -> Chain:
    """Every resource of the account that a request for `url` can meet, outermost first.

    Raises `AwsFailure` where a resource was found and could not be read, or where nobody knows the
    URL's host and one service could not be asked: that is no answer. A host behind the first that
    cannot be looked up stays unknown; most of them are no resource of the account at all.
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
        for state, alias in _behind(aws, host, path, first=not chain.states):
            if any(state.address == known.address for known in chain.states):
                continue
            aliases = dict(chain.aliases)
            if host not in state.hosts:
                aliases[host] = (*aliases.get(host, ()), alias)
            chain = replace(chain, states=(*chain.states, state), aliases=aliases)
            for upstream in state.upstreams:
                behind, _, prefix = upstream.partition("/")
                waiting.append((behind, f"/{prefix}{path}" if prefix else path))
    return chain


def _behind(aws: Aws, host: str, path: str, *, first: bool) -> list[tuple[State, Alias]]:
    found: list[tuple[State, Alias]] = []
    failures: list[Unreadable] = []
    unasked: list[AwsFailure] = []
    for kind in kinds():
        try:
            places = list(service(kind).locate(aws, host, path))
        except AwsFailure as error:
            unasked.append(error)
            continue
        for place in places:
            seen = snapshot(aws, [place.selector])
            failures += seen.unreadable
            found += [(state, Alias(state.hosts[0], place.base, place.own)) for state in seen.states]
    if not found and failures:
        worst = failures[0]
        raise AwsFailure(
            f"{worst.address}: {worst.message}", code=worst.code, operation=worst.service, hint=worst.hint
        )
    if not found and unasked and first:
        raise unasked[0]
    return found
