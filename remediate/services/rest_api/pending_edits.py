"""Names the edits that a deployment would publish and that are not the plan's; pure.

The plan applied to what is served and to what is edited gives two results. Where they
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
    served: Document, edited: Document, live: Document, desired_after: Document, scope: Iterable[str]
) -> tuple[str, ...]:
    """Lines like `/items GET: integration uri`; `live` and `desired_after` hold the plan applied to each."""
    lines: list[str] = []
    before, after = methods_of(live), methods_of(desired_after)
    present = {*methods_of(served), *methods_of(edited)}
    binary = EVERY_TYPE in (edited.get("binaryMediaTypes") or ())
    inside = set(scope)
    for path, name in sorted({*before, *after}):
        method_before, method_after = before.get((path, name)), after.get((path, name))
        if canonical(method_before) == canonical(method_after) or (path, name) not in present:
            continue  # neither served nor edited: the plan brings it itself, to somebody's new resource
        if name == "OPTIONS" and path in inside and _harmless(method_before, method_after, binary=binary):
            continue
        what = (
            "added"
            if method_before is None
            else "removed"
            if method_after is None
            else ", ".join(_members(method_before, method_after))
        )
        lines.append(f"{path} {name}: {what}")
    types_before, types_after = gateway_types_of(live), gateway_types_of(desired_after)
    lines += [
        f"gateway response {kind}: {_verb(types_before.get(kind), types_after.get(kind))}"
        for kind in sorted({*types_before, *types_after})
        if canonical(types_before.get(kind)) != canonical(types_after.get(kind))
    ]
    if canonical(served.get("binaryMediaTypes")) != canonical(edited.get("binaryMediaTypes")):
        lines.append("binary media types: changed")
    return tuple(lines)


def replaced(served: Document, edited: Document, live: Document, desired: Document) -> tuple[str, ...]:
    """The methods whose edits are lost: the plan makes the same of them as if nobody had edited them."""
    was, edits, before, after = (methods_of(document) for document in (served, edited, live, desired))
    return tuple(
        f"{path} {name}"
        for path, name in sorted(edits)
        if canonical(edits[path, name]) != canonical(was.get((path, name)))
        and canonical(edits[path, name]) != canonical(after[path, name])
        and canonical(before.get((path, name))) == canonical(after[path, name])
    )


def _harmless(method_before: Document | None, method_after: Document | None, *, binary: bool) -> bool:
    """Return whether the edited OPTIONS lets in nobody but whom the plan lets in, and locks nobody out."""
    if method_after is None:
        return False
    mine, theirs = preflight.read(method_before, binary=binary), preflight.read(method_after, binary=binary)
    if theirs.kind is not PreflightSource.MOCK or mine.kind not in (
        PreflightSource.MOCK,
        PreflightSource.ABSENT,
    ):
        return False
    return theirs.grants.covers(mine.grants) and mine.grants.covers(_callers(theirs.grants))


def _callers(grants: CorsAccess) -> CorsAccess:
    return replace(grants, methods=(), headers=(), expose=(), max_age=None)


def _verb(value_before: Any, value_after: Any) -> str:
    return "added" if value_before is None else "removed" if value_after is None else "changed"


def _members(value_before: Mapping[str, Any], value_after: Mapping[str, Any]) -> list[str]:
    """Names of the members that differ, those of the integration by their own names."""
    members: list[str] = []
    for key in sorted({*value_before, *value_after}):
        left, right = value_before.get(key), value_after.get(key)
        if canonical(left) == canonical(right):
            continue
        if key == "methodIntegration" and left and right:
            members += [f"integration {name}" for name in _members(left, right)]
        else:
            members.append(key)
    return members
