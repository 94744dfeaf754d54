"""Asks the configuration what it answers, where its template is no list of origins that can be read off.

A template that is not recognised may still answer the plan's origins as it should: then nothing differs,
and a plan agrees with what `explain` says. It may as well let strangers in, and then a witness is found:
an origin under a foreign name that the template answers. Both come from running it, in every reading of
a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from remediate.core.document import Document
from remediate.services.rest_api.answer import answer
from remediate.services.rest_api.cors_access import STAR, CorsAccess, contains
from remediate.services.rest_api.normal_form import methods_of
from remediate.services.rest_api.settings import ALLOW_HEADERS, EXPOSE_HEADERS, MAX_AGE, STAGE, items
from remediate.services.rest_api.velocity.ast import Literal, Text, every
from remediate.services.rest_api.velocity.origins import is_short
from remediate.services.rest_api.velocity.parser import Unsupported, parse
from remediate.services.rest_api.velocity.regex import samples
from remediate.web.cors_check import ALLOW_ORIGIN, headers_failure, method_failure, origin_failure
from remediate.web.http import Request, Response
from remediate.web.origin import OriginError, canonical_origin

OPTIONS = "OPTIONS"
STRANGER = "https://stranger.example"
"""An origin under a name that nobody can have (RFC 6761)."""
MOST_TEXTS = 100
MOST_TRIES = 100
"""How many origins are tried for a witness."""


def alone(config: Document, path: str) -> Document:
    """The configuration with one resource only: asked often, it should not be looked for among many."""
    resources = [item for item in config.get("resources") or () if item.get("path") == path]
    return {**config, "resources": resources}


def serves(config: Document, path: str, name: str, requested: CorsAccess) -> bool:
    """Return whether the method answers every requested origin as requested, for certain."""
    return bool(requested.origins) and all(
        _serves(
            config,
            path,
            name,
            requested,
            STRANGER if origin == STAR else origin,
            origin in requested.credentialed,
        )
        for origin in requested.origins
    )


def lets_in(config: Document, path: str, name: str, origin: str) -> bool:
    """Return whether the method's answer is for this very origin, for certain."""
    reply = _reply(config, path, name, origin)
    return reply is not None and reply.get(ALLOW_ORIGIN) == origin


def _reply(config: Document, path: str, name: str, origin: str, *more: tuple[str, str]) -> Response | None:
    verb = "GET" if name == "ANY" else name
    reply = answer(config, Request(verb, path, [("origin", origin), *more]))
    return reply if isinstance(reply, Response) else None


def _serves(  # noqa: PLR0917 - what a request is made of
    config: Document, path: str, name: str, requested: CorsAccess, origin: str, credentials: bool
) -> bool:
    if name != OPTIONS:
        reply = _reply(config, path, name, origin)
        if reply is None or origin_failure(reply, origin, credentials=credentials):
            return False
        return contains(items(reply.get(EXPOSE_HEADERS)), requested.expose, wildcard=not credentials)
    names = [header for header in requested.headers if header != STAR]
    asked = (("access-control-request-headers", ",".join(sorted(names))),) if names else ()
    for method in requested.methods:
        reply = _reply(config, path, name, origin, ("access-control-request-method", method), *asked)
        if reply is None or not 200 <= reply.status < 300:
            return False
        if (
            origin_failure(reply, origin, credentials=credentials)
            or method_failure(reply, method, credentials=credentials, forced=False)
            or headers_failure(reply, names, set(names), credentials=credentials)
            or (STAR in requested.headers and STAR not in items(reply.get(ALLOW_HEADERS)))
            or (requested.max_age is not None and reply.get(MAX_AGE) is None)
        ):
            return False
    return True


def stranger(config: Document, path: str, name: str, requested: CorsAccess) -> str:
    """An origin that the method answers although neither its templates nor the plan names its host.

    Empty where none is found.
    """
    texts = list(dict.fromkeys(_texts(config, path, name)))[:MOST_TEXTS]
    hosts = {host for text in (*texts, *requested.origins) for host in _hosts(text)}
    near = dict.fromkeys((STRANGER, *(origin for text in texts for origin in _near(text))))
    tried = [origin for origin in near if _is_origin(origin) and not _is_under(origin, hosts)][:MOST_TRIES]
    if not all(is_short(template, STRANGER) for template in _templates(config, path, name)):
        tried = tried[:1]
    return next((origin for origin in tried if lets_in(config, path, name, origin)), "")


def _is_under(origin: str, hosts: Iterable[str]) -> bool:
    host = origin.partition("://")[2].partition(":")[0]
    return any(host == domain or host.endswith(f".{domain}") for domain in hosts)


def _templates(config: Document, path: str, name: str) -> list[str]:
    integration = (methods_of(config).get((path, name)) or {}).get("methodIntegration") or {}
    templates = [*(integration.get("requestTemplates") or {}).values()]
    for response in (integration.get("integrationResponses") or {}).values():
        templates += (response.get("responseTemplates") or {}).values()
    return [template for template in templates if template]


def _texts(config: Document, path: str, name: str) -> Iterator[str]:
    """The texts that the method's templates hold, and those of the stage's variables."""
    uses_stage = False
    for template in _templates(config, path, name):
        try:
            parts = list(every(parse(template)))
        except Unsupported:
            continue
        uses_stage = uses_stage or "stageVariables" in template
        for part in parts:
            if isinstance(part, Literal) and isinstance(part.value, str):
                yield part.value
            elif isinstance(part, Text) and "://" in part.text:
                yield part.text.strip()
    variables: Mapping[str, Any] = (config.get(STAGE) or {}).get("variables") or {}
    for text in variables.values() if uses_stage else ():
        yield from (part for part in re.split(r"[\s,;|]+", str(text)) if part)


def _near(text: str) -> Iterator[str]:
    """Foreign origins that a comparison with this text takes for its own, if it is loose."""
    yield from samples(text, "stranger")
    bare = text.removeprefix("https://").removeprefix("http://").lstrip("*.")
    for scheme in ("https://", "http://"):
        yield f"{scheme}{bare}.stranger.example"  # the text at the start, or anywhere
        yield f"{scheme}stranger{bare}"  # at the end
        yield f"{scheme}{bare[:-1]}"  # the origin inside of the text
        yield f"{scheme}{bare}stranger.example"  # a start that ends within a name


def _hosts(text: str) -> Iterator[str]:
    """The names that a text means: the host of an origin, or what each alternative of a pattern ends with."""
    plain = re.sub(r"\\(.)|\[\.\]", lambda match: match[1] or ".", text)
    for option in plain.split("|"):
        tail = re.split(r"[*+?()\[\]{}^]", option.rstrip("$)"))[-1]
        host = tail.rpartition("://")[2].partition(":")[0].partition("/")[0].lstrip(".").lower()
        if "." in host or host == "localhost":
            yield host


def _is_origin(text: str) -> bool:
    """Return whether somebody may have that origin: browsers write it so, and its host is below a domain."""
    try:
        return canonical_origin(text) == text and "." in text.partition("://")[2]
    except OriginError:
        return False
