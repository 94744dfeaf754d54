"""What a method grants to callers from other origins, and how a policy meets it; pure values.

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
        """Whether the answer depends on who asks."""
        return bool(self.listed) if STAR in self.origins else len(self.origins) > 1

    def covers(self, other: CorsAccess) -> bool:
        """Whether everything that `other` grants is granted here too."""
        if not other.origins:
            return True
        shared_by_credentials = bool(other.credentialed)
        return (
            all(self.allows(origin, origin in other.credentialed) for origin in other.origins)
            and contains(self.methods, other.methods, wildcard=not shared_by_credentials)
            and contains(self.headers, other.headers, wildcard=not shared_by_credentials)
            and contains(self.expose, other.expose, wildcard=not shared_by_credentials)
        )

    def allows(self, origin: str, credentials: bool) -> bool:
        """Whether that origin is answered, with credentials if asked for."""
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
    kept = tuple(dict.fromkeys(origins))
    if not kept:
        return CorsAccess()
    return simplified(
        CorsAccess(
            kept,
            tuple(origin for origin in kept if origin != STAR) if policy.credentials else (),
            tuple(dict.fromkeys(policy.methods)),
            tuple(dict.fromkeys(policy.headers)),
            tuple(dict.fromkeys(policy.expose)),
            None if policy.max_age is None else str(policy.max_age),
        )
    )


def merged_access(there: CorsAccess, wish: CorsAccess, policy: Policy) -> CorsAccess:
    """What should be granted, given what is: the wish itself in exact mode, else the union.

    The union takes nothing from anybody but what the plan brought itself and retired; a Max-Age
    that is there stays.
    """
    if policy.exact:
        return wish
    retired = policy.retired
    gone = set(retired.origins) - set(policy.origins)
    origins = tuple(origin for origin in there.origins if origin not in gone)
    credentialed = tuple(origin for origin in there.credentialed if origin not in gone)
    added = tuple(
        origin
        for origin in wish.origins
        if not CorsAccess(origins, credentialed).allows(origin, origin in wish.credentialed)
    )
    everybody = (*credentialed, *(origin for origin in added if origin in wish.credentialed))
    return simplified(
        CorsAccess(
            tuple(dict.fromkeys((*origins, *added))),
            tuple(dict.fromkeys(everybody)),
            _union(there.methods, wish.methods, retired.methods, bool(everybody)),
            _union(there.headers, wish.headers, retired.headers, bool(everybody)),
            _union(there.expose, wish.expose, retired.expose, bool(everybody)),
            wish.max_age if there.max_age is None else there.max_age,
        )
    )


def is_same_access(one: CorsAccess, other: CorsAccess) -> bool:
    """Whether a browser would see no difference: order and the case of header names do not count."""
    one, other = simplified(one), simplified(other)
    return (
        set(one.origins) == set(other.origins)
        and set(one.credentialed) == set(other.credentialed)
        and set(one.methods) == set(other.methods)
        and _lower(one.headers) == _lower(other.headers)
        and _lower(one.expose) == _lower(other.expose)
        and one.max_age == other.max_age
    )


def contains(there: Iterable[str], wanted: Iterable[str], *, wildcard: bool) -> bool:
    """Whether a list of methods or header names covers another one.

    `*` covers all but Authorization, and nothing for a caller with credentials (Fetch, 4.8).
    """
    held = _lower(there)
    star = wildcard and STAR in held
    return all(name in held or (star and name != "authorization") for name in _lower(wanted))


def _union(
    there: tuple[str, ...],
    wanted: tuple[str, ...],
    retired: tuple[str, ...],
    credentials: bool,
) -> tuple[str, ...]:
    gone = _lower(retired) - _lower(wanted)
    kept = tuple(name for name in there if name.lower() not in gone)
    added = (name for name in wanted if not contains(kept, (name,), wildcard=not credentials))
    return tuple(dict.fromkeys((*kept, *added)))


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}
