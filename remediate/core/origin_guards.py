"""Tells which guards an origin of a plan runs into, whatever is live: decided from the origin alone. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from remediate.core.guard_table import (
    ANY_WITH_CREDENTIALS,
    INSECURE_ORIGIN,
    NULL_ORIGIN,
    OPENS_TO_ANY,
    PUBLIC_SUFFIX_WILDCARD,
)
from remediate.core.policy import Policy
from remediate.core.rules import Rule
from remediate.web.origin import OriginError, is_any, is_loopback, is_null, parse_origin


def wildcard_suffix(origin: str) -> str | None:
    """Return what follows the label with the wildcard, None where the host has none: `vercel.app`.

    Empty where nothing follows, so that every host is meant that begins like it.
    """
    try:
        host = parse_origin(origin).host
    except OriginError:
        return None
    labels = host.split(".")
    place = next((place for place, label in enumerate(labels) if "*" in label), None)
    return None if place is None else ".".join(labels[place + 1 :])


def is_everybody(origin: str) -> bool:
    """Return whether the pattern covers every website: `*`, `https://*`, `http://*`, `https://*:8443`."""
    if is_any(origin):
        return True
    try:
        return parse_origin(origin).host == "*"
    except OriginError:
        return False


def is_insecure(origin: str) -> bool:
    """Return whether the origin, or one that the pattern covers, is http and not the user's own machine."""
    return origin.startswith("http://") and not is_loopback(origin)


def guards_for_origin(origin: str, policy: Policy, is_public_suffix: Callable[[str], bool]) -> Iterator[Rule]:
    """The guards that a plan runs into which asks for the origin, whatever is live."""
    if is_null(origin):
        yield NULL_ORIGIN
        return
    if is_everybody(origin):
        yield OPENS_TO_ANY
        if policy.credentials:
            yield ANY_WITH_CREDENTIALS
    elif not is_loopback(origin):
        suffix = wildcard_suffix(origin)
        if suffix is not None and (not suffix or is_public_suffix(suffix)):
            yield PUBLIC_SUFFIX_WILDCARD
    if is_insecure(origin):
        yield INSECURE_ORIGIN
