"""Names the edits that a deployment would publish and that are not the plan's; pure.

The plan's own wish applied to what is served and to what is edited gives two results. Where they
differ, somebody else's edit would go live with ours. An OPTIONS method in scope is judged by what it
grants, so that one made right by hand and never deployed is simply deployed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from remediate.core.document import Document, canonical
from remediate.services.rest_api import preflight
from remediate.services.rest_api.cors_access import CorsAccess
from remediate.services.rest_api.normal_form import gateway_types_of, methods_of
from remediate.services.rest_api.preflight import PreflightSource
from remediate.services.rest_api.settings import EVERY_TYPE


def others(
    served: Document, edited: Document, live: Document, wanted: Document, scope: Iterable[str]
) -> tuple[str, ...]:
    """Lines like `/items GET: integration uri`; `live` and `wanted` hold the wish applied to each."""
    lines: list[str] = []
    before, after = methods_of(live), methods_of(wanted)
    found = {*methods_of(served), *methods_of(edited)}
    binary = EVERY_TYPE in (edited.get("binaryMediaTypes") or ())
    inside = set(scope)
    for path, name in sorted({*before, *after}):
        one, other = before.get((path, name)), after.get((path, name))
        if canonical(one) == canonical(other) or (path, name) not in found:
            continue  # neither served nor edited: the plan brings it itself, to somebody's new resource
        if name == "OPTIONS" and path in inside and _harmless(one, other, binary=binary):
            continue
        what = "added" if one is None else "removed" if other is None else ", ".join(_members(one, other))
        lines.append(f"{path} {name}: {what}")
    types_before, types_after = gateway_types_of(live), gateway_types_of(wanted)
    lines += [
        f"gateway response {kind}: {_verb(types_before.get(kind), types_after.get(kind))}"
        for kind in sorted({*types_before, *types_after})
        if canonical(types_before.get(kind)) != canonical(types_after.get(kind))
    ]
    if canonical(served.get("binaryMediaTypes")) != canonical(edited.get("binaryMediaTypes")):
        lines.append("binary media types: changed")
    return tuple(lines)


def replaced(served: Document, edited: Document, live: Document, wanted: Document) -> tuple[str, ...]:
    """The methods whose edits are lost: the wish makes the same of them as if nobody had edited them."""
    was, there, before, after = (methods_of(one) for one in (served, edited, live, wanted))
    return tuple(
        f"{path} {name}"
        for path, name in sorted(there)
        if canonical(there[path, name]) != canonical(was.get((path, name)))
        and canonical(there[path, name]) != canonical(after[path, name])
        and canonical(before.get((path, name))) == canonical(after[path, name])
    )


def _harmless(one: Document | None, other: Document | None, *, binary: bool) -> bool:
    """Whether the edited OPTIONS lets in nobody but whom the wish lets in, and locks nobody out."""
    if other is None:
        return False
    mine, theirs = preflight.read(one, binary=binary), preflight.read(other, binary=binary)
    if theirs.kind is not PreflightSource.MOCK or mine.kind not in (
        PreflightSource.MOCK,
        PreflightSource.ABSENT,
    ):
        return False
    return theirs.grants.covers(mine.grants) and mine.grants.covers(_callers(theirs.grants))


def _callers(grants: CorsAccess) -> CorsAccess:
    return replace(grants, methods=(), headers=(), expose=(), max_age=None)


def _verb(one: Any, other: Any) -> str:
    return "added" if one is None else "removed" if other is None else "changed"


def _members(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Names of the members that differ, those of the integration by their own names."""
    found: list[str] = []
    for key in sorted({*one, *other}):
        left, right = one.get(key), other.get(key)
        if canonical(left) == canonical(right):
            continue
        if key == "methodIntegration" and left and right:
            found += [f"integration {name}" for name in _members(left, right)]
        else:
            found.append(key)
    return found
