"""What a change does to an API's CORS settings, in plain words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.core.wording import list_phrases, listing
from remediate.services.http_api.cors import (
    CREDENTIALS,
    EXPOSE,
    HEADERS,
    MAX_AGE,
    METHODS,
    ORIGINS,
    configured,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remediate.core.document import Document


def summary(before: Document | None, after: Document | None) -> tuple[str, ...]:
    """The phrases for one change of the API's one set of lists."""
    live, desired = configured(before), configured(after)
    if desired is None:
        return ("remove the CORS settings: preflights go to the routes again",)
    if live is None:
        methods, origins = values(desired, METHODS), values(desired, ORIGINS)
        return (
            f"answer preflights: {', '.join(methods) or 'no method'} from {listing(origins) or 'no origin'}",
        )
    return tuple(_changed(live, desired))


def _changed(live: Document, desired: Document) -> Iterator[str]:
    lists = ((ORIGINS, "origin"), (METHODS, "method"), (HEADERS, "header"))
    yield from list_phrases((noun, values(live, member), values(desired, member)) for member, noun in lists)
    if set(values(live, EXPOSE)) != set(values(desired, EXPOSE)):
        yield f"let scripts read {listing(list(values(desired, EXPOSE))) or 'no header'}"
    if bool(live.get(CREDENTIALS)) != bool(desired.get(CREDENTIALS)):
        yield "allow credentials" if desired.get(CREDENTIALS) else "stop allowing credentials"
    if live.get(MAX_AGE) != desired.get(MAX_AGE):
        seconds = desired.get(MAX_AGE)
        yield "send no max-age" if seconds is None else f"let browsers keep a preflight for {seconds} s"
