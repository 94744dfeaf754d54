"""The origins that a settings document names, wherever it does; no service is known here. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# Plain values: AllowedOrigins, AllowOrigins, AccessControlAllowOrigins, …header.Access-Control-Allow-Origin.
_KEYS = ("allowedorigins", "alloworigins", "alloworigin")
_HEADER = "access-control-allow-origin"
# In a template, an origin stands between quotes.
_QUOTED = re.compile(r"""(["'])(\*|null|https?://[^\s"'/]+)\1""")


def origins_in(document: object) -> frozenset[str]:
    """Origins and patterns that the document says are allowed, as they are written.

    Found by where they stand (a member named for allowed origins, a template that sets the
    header), so that the addresses of backends are not taken for origins. What a template computes
    cannot be found so; judging requests does that.
    """
    return frozenset(_found(document, ""))


def _found(value: object, key: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _found(member, key if name == "Items" else str(name))
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _found(member, key)
    elif isinstance(value, str):
        if key.lower().replace("-", "").endswith(_KEYS):
            yield from (part for part in re.split(r"[\s,'\"]+", value) if part)
        elif _HEADER in value.lower():
            yield from (match[2] for match in _QUOTED.finditer(value))
