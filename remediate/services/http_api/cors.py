"""The CorsConfiguration of an HTTP API as a value: its members, and what AWS makes no difference of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Cors = Mapping[str, Any]

ORIGINS, METHODS, HEADERS, EXPOSE = "AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders"
CREDENTIALS, MAX_AGE = "AllowCredentials", "MaxAge"
LISTS = (ORIGINS, METHODS, HEADERS, EXPOSE)

ANY = "*"
SCHEME_WILDCARDS = ("https://*", "http://*")
"""With `*`, the only wildcards among origins (developer guide, "Configure CORS for HTTP APIs")."""

LONGEST_AGE = 86_400


def values(cors: Cors | None, member: str) -> list[str]:
    """A list member's strings; none where it is missing or no list."""
    listed = (cors or {}).get(member)
    return [value for value in listed if isinstance(value, str)] if isinstance(listed, list | tuple) else []


def configured(document: Mapping[str, Any] | None) -> Cors | None:
    """The configuration inside `{"CorsConfiguration": {...}}`; None where there is none."""
    cors = (document or {}).get("CorsConfiguration")
    return cors if isinstance(cors, Mapping) else None


def tidy(cors: Cors) -> dict[str, Any]:
    """Without the members that are empty: every write sends all six, so absent and empty are the same."""
    return {member: value for member, value in cors.items() if value not in ([], False, 0, None)}


def complete(cors: Cors) -> dict[str, Any]:
    """With all six members: UpdateApi leaves a member alone that is not sent.

    So a member that was written cannot be absent again but by DeleteCorsConfiguration and an update after it,
    and in between no page could call the API. An undo therefore leaves `MaxAge: 0`, `AllowCredentials: false`
    and empty lists where the members were absent: AWS lets in nobody more or less for it.
    """
    return {
        **{member: list(values(cors, member)) for member in LISTS},
        CREDENTIALS: bool(cors.get(CREDENTIALS)),
        MAX_AGE: cors.get(MAX_AGE) or 0,
    }


def meaning(cors: Cors) -> tuple[object, ...]:
    """Return what AWS makes of it, whatever the order and the case: it stores names in lower case itself."""
    lists = [frozenset(value.lower() for value in values(cors, member)) for member in LISTS]
    return (*lists, bool(cors.get(CREDENTIALS)), cors.get(MAX_AGE) or 0)


def origin_entry(cors: Cors, origin: str) -> str | None:
    """The entry that lets the origin in: `*` if it is there, else itself, else its scheme's wildcard."""
    entries = {entry.lower() for entry in values(cors, ORIGINS)}
    if ANY in entries:
        return ANY
    if origin in entries:
        return origin
    return next(
        (entry for entry in SCHEME_WILDCARDS if entry in entries and origin.startswith(entry[:-1])), None
    )
