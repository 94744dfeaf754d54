"""What a change does to an API's methods and gateway responses, in plain words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remediate.core.wording import counted, list_phrases, listing
from remediate.services.rest_api.preflight import PreflightSource, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from remediate.core.document import Document

_PREFLIGHT = "OPTIONS"
_METHODS_SHOWN = 3


def summary(before: Document | None, after: Document | None) -> tuple[str, ...]:
    """The phrases for one change: preflights answered anew, differently or no more, then responses."""
    live, desired = _methods(before), _methods(after)
    phrases: dict[str, list[str]] = {}
    responses: list[str] = []
    for path, name in dict.fromkeys([*desired, *live]):
        old, new = live.get((path, name)), desired.get((path, name))
        if old == new:
            continue
        if name != _PREFLIGHT:
            responses.append(f"{name} {path}")
        elif old is None:
            phrases.setdefault("answer preflights", []).append(path)
        elif new is None:
            phrases.setdefault("stop answering preflights", []).append(path)
        else:
            phrases.setdefault(", ".join(_changed(old, new)), []).append(path)
    lines = [f"{text} at {listing(paths)}" for text, paths in phrases.items()]
    if responses:
        lines.append(f"set the response headers of {_some(responses, 'method')}")
    if types := _gateway_responses(before, after):
        lines.append(f"set the headers of {_some(types, 'gateway response')}")
    return tuple(lines)


def _some(names: list[str], noun: str) -> str:
    return listing(names) if len(names) <= _METHODS_SHOWN else counted(len(names), noun)


def _methods(config: Document | None) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (str(resource["path"]), name): method
        for resource in (config or {}).get("resources") or ()
        for name, method in (resource.get("resourceMethods") or {}).items()
    }


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """A preflight's lists, where both answers can be read; the words of a whole answer elsewhere."""
    old, new = read(before, binary=False), read(after, binary=False)
    phrases: list[str] = []
    if {old.kind, new.kind} == {PreflightSource.MOCK}:
        phrases += list_phrases(
            [
                ("origin", old.grants.origins, new.grants.origins),
                ("method", old.grants.methods, new.grants.methods),
                ("header", old.grants.headers, new.grants.headers),
            ]
        )
    yield from phrases or ["change the answer to preflights"]


def _gateway_responses(before: Document | None, after: Document | None) -> list[str]:
    live, desired = (
        {str(entry["responseType"]): entry for entry in (config or {}).get("gatewayResponses") or ()}
        for config in (before, after)
    )
    return [name for name in dict.fromkeys([*desired, *live]) if live.get(name) != desired.get(name)]
