"""Tells what a method grants to callers from other origins, and how a policy meets it; pure values.

One OPTIONS method has one list of methods and headers for all its origins; only the origin and the
credentials can depend on who asks. `*` can stand beside listed origins: they are the ones that get
credentials, everybody else gets `*`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from remediate.core.policy import Policy

STAR = "*"


@dataclass(frozen=True, slots=True)
class CorsAccess:
    """Origins (exact or `*`), those that may send credentials, and the lists that all share."""

    origins: tuple[str, ...] = ()
    credentialed: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    max_age: str | None = None

    @property
    def listed(self) -> tuple[str, ...]:
        """The origins that must be told apart from others: all but `*` and what `*` covers."""
        if STAR in self.origins:
            return tuple(origin for origin in self.origins if origin in self.credentialed)
        return self.origins

    @property
    def static(self) -> str | None:
        """The one origin that a static header can say, None where it takes a template or nothing."""
        if STAR in self.origins:
            return STAR
        return self.origins[0] if len(self.origins) == 1 else None

    @property
    def needs_template(self) -> bool:
        """Return whether the answer depends on who asks."""
        return bool(self.listed) if STAR in self.origins else len(self.origins) > 1

    def covers(self, access: CorsAccess) -> bool:
        """Return whether everything that `access` grants is granted here too."""
        if not access.origins:
            return True
        shared_by_credentials = bool(access.credentialed)
        return (
            all(self.allows(origin, origin in access.credentialed) for origin in access.origins)
            and contains(self.methods, access.methods, wildcard=not shared_by_credentials)
            and contains(self.headers, access.headers, wildcard=not shared_by_credentials)
            and contains(self.expose, access.expose, wildcard=not shared_by_credentials)
        )

    def allows(self, origin: str, credentials: bool) -> bool:
        """Return whether that origin is answered, with credentials if asked for."""
        if credentials:
            return origin in self.origins and origin in self.credentialed
        return origin in self.origins or STAR in self.origins


def simplified(grants: CorsAccess) -> CorsAccess:
    """Without what `*` covers anyway, so that equal grants are equal values."""
    if STAR not in grants.origins:
        credentialed = tuple(origin for origin in grants.origins if origin in grants.credentialed)
        return _with(grants, grants.origins, credentialed)
    credentialed = tuple(
        origin for origin in grants.origins if origin in grants.credentialed and origin != STAR
    )
    return _with(grants, (STAR, *credentialed), credentialed)


def _with(grants: CorsAccess, origins: tuple[str, ...], credentialed: tuple[str, ...]) -> CorsAccess:
    return CorsAccess(origins, credentialed, grants.methods, grants.headers, grants.expose, grants.max_age)


def requested_access(policy: Policy, origins: Iterable[str]) -> CorsAccess:
    """The policy by itself; `origins` are those of its origins that can be expressed.

    A policy that lets nobody in grants no methods or headers either.
    """
    listed = tuple(dict.fromkeys(origins))
    if not listed:
        return CorsAccess()
    return simplified(
        CorsAccess(
            listed,
            tuple(origin for origin in listed if origin != STAR) if policy.credentials else (),
            tuple(dict.fromkeys(policy.methods)),
            tuple(dict.fromkeys(policy.headers)),
            tuple(dict.fromkeys(policy.expose)),
            None if policy.max_age is None else str(policy.max_age),
        )
    )


def merged_access(live: CorsAccess, requested: CorsAccess, policy: Policy) -> CorsAccess:
    """Return what should be granted, given what is: `requested` itself in exact mode, else the union.

    The union takes nothing from anybody but what the plan brought itself and retired; a Max-Age
    that is there stays.
    """
    if policy.exact:
        return requested
    retired = policy.retired
    gone = set(retired.origins) - set(policy.origins)
    origins = tuple(origin for origin in live.origins if origin not in gone)
    credentialed = tuple(origin for origin in live.credentialed if origin not in gone)
    added = tuple(
        origin
        for origin in requested.origins
        if not CorsAccess(origins, credentialed).allows(origin, origin in requested.credentialed)
    )
    everybody = (*credentialed, *(origin for origin in added if origin in requested.credentialed))
    return simplified(
        CorsAccess(
            tuple(dict.fromkeys((*origins, *added))),
            tuple(dict.fromkeys(everybody)),
            _union(live.methods, requested.methods, retired.methods, bool(everybody)),
            _union(live.headers, requested.headers, retired.headers, bool(everybody)),
            _union(live.expose, requested.expose, retired.expose, bool(everybody)),
            requested.max_age if live.max_age is None else live.max_age,
        )
    )


def is_same_access(left: CorsAccess, right: CorsAccess) -> bool:
    """Return whether a browser would see no difference: order and the case of header names do not count."""
    left, right = simplified(left), simplified(right)
    return (
        set(left.origins) == set(right.origins)
        and set(left.credentialed) == set(right.credentialed)
        and set(left.methods) == set(right.methods)
        and _lower(left.headers) == _lower(right.headers)
        and _lower(left.expose) == _lower(right.expose)
        and left.max_age == right.max_age
    )


def contains(live: Iterable[str], desired: Iterable[str], *, wildcard: bool) -> bool:
    """Return whether a list of methods or header names covers another one.

    `*` covers all but Authorization, and nothing for a caller with credentials (Fetch, 4.8).
    """
    names = _lower(live)
    star = wildcard and STAR in names
    return all(name in names or (star and name != "authorization") for name in _lower(desired))


def _union(
    live: tuple[str, ...],
    desired: tuple[str, ...],
    retired: tuple[str, ...],
    credentials: bool,
) -> tuple[str, ...]:
    gone = _lower(retired) - _lower(desired)
    staying = tuple(name for name in live if name.lower() not in gone)
    added = (name for name in desired if not contains(staying, (name,), wildcard=not credentials))
    return tuple(dict.fromkeys((*staying, *added)))


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}
