"""The three sets of methods that a behavior can allow, and the smallest that holds what is desired. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from remediate.core.document import Document
from remediate.services.cloudfront.documents import items, listed

SIMPLE = ("GET", "HEAD", "POST")
"""Never need listing in a preflight's answer (Fetch, "CORS-safelisted method")."""

# The only legal sets (API Reference, AllowedMethods), in the order in which AWS shows them.
LEGAL: tuple[tuple[str, ...], ...] = (
    ("HEAD", "GET"),
    ("HEAD", "GET", "OPTIONS"),
    ("HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"),
)
LARGEST = LEGAL[-1]


def allowed(behavior: Document) -> tuple[str, ...]:
    """The methods that a behavior lets through; GET and HEAD where nothing is said."""
    return tuple(items(behavior.get("AllowedMethods"))) or LEGAL[0]


def allowing(behavior: Document, desired: Collection[str]) -> dict[str, Any]:
    """`AllowedMethods` with at least what is allowed now and `desired`; never fewer methods.

    Taking a method away would break callers that have nothing to do with CORS, so `exact` does
    not either. What is cached stays as it is.
    """
    now = dict(behavior.get("AllowedMethods") or {})
    need = {*allowed(behavior), *desired}
    if need <= set(allowed(behavior)):
        return now
    fitting = next(legal for legal in LEGAL if need <= set(legal))
    return {"CachedMethods": listed(LEGAL[0]), **now, **listed(fitting)}
