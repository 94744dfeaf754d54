"""Gives the responses of non-proxy methods and of the gateway itself their CORS headers.

A non-proxy integration drops the backend's headers, so the gateway must add them to each of the
method's responses. Error responses of the gateway (a missing key, a denied authorizer) carry only
what their own response type says: a customised one inherits nothing from DEFAULT_4XX.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from remediate.core.document import Document
from remediate.core.policy import Policy
from remediate.services.rest_api.cors_access import (
    STAR,
    CorsAccess,
    is_same_access,
    merged_access,
    simplified,
)
from remediate.services.rest_api.preflight import answering, declared, granted, with_headers
from remediate.services.rest_api.settings import (
    ALLOW_CREDENTIALS,
    ALLOW_ORIGIN,
    CORS_HEADERS,
    DEFAULT_TYPES,
    EXPOSE_HEADERS,
    GATEWAY_HEADER,
    items,
    mapped,
    unquoted,
)
from remediate.services.rest_api.velocity import origin_list
from remediate.web.origin import never_sent


class Obstacle(StrEnum):
    """An obstacle is why a response could not be given what the policy asks for."""

    SEVERAL = "several"
    """Several origins, and only a constant header for them."""
    DYNAMIC = "dynamic"
    """A template or a mapping decides, and what it decides is not known."""


def actual(requested: CorsAccess) -> CorsAccess:
    """Return the part of the requested access that concerns actual responses, not preflights."""
    return replace(requested, methods=(), headers=(), max_age=None)


def method(given: Document, requested: CorsAccess, policy: Policy) -> tuple[Document, set[Obstacle]]:
    """A non-proxy method whose responses carry the header; the same object where nothing differs."""
    integration = given.get("methodIntegration") or {}
    responses = dict(integration.get("integrationResponses") or {})
    mock = str(integration.get("type", "")).upper() == "MOCK"
    requests = integration.get("requestTemplates") or {}
    obstacles: set[Obstacle] = set()
    changed = False
    for status, response in responses.items():
        after, obstacle = _response(response, requests if mock else {}, requested, policy, mock=mock)
        if obstacle:
            obstacles.add(obstacle)
        if after is not response:
            responses[status] = after
            changed = True
    if not changed:
        return given, obstacles
    return {
        **given,
        "methodResponses": declared(given.get("methodResponses") or {}, responses),
        "methodIntegration": {**integration, "integrationResponses": responses},
    }, obstacles


def _response(
    response: Document, requests: Mapping[str, str], requested: CorsAccess, policy: Policy, *, mock: bool
) -> tuple[Document, Obstacle | None]:
    live = granted(response, requests)
    templates = response.get("responseTemplates") or {}
    foreign = any(
        origin_list.overrides(origin_list.without_origin_list(text)) for text in templates.values()
    ) or any(origin_list.overrides(text) for text in requests.values())
    if live is None and (foreign or not policy.exact):
        # Overriding a header twice gives a 5xx, so nothing is put before such a template.
        return response, Obstacle.DYNAMIC
    target = merged_access(live or CorsAccess(), requested, policy)
    if live is not None and is_same_access(live, target):
        return response, None
    if foreign:
        return response, Obstacle.DYNAMIC
    if target.needs_template and not mock and not templates:
        fallen = CorsAccess() if live is None else _without_template(live, target, policy)
        if fallen is None:
            return response, Obstacle.SEVERAL
        return answering(response, fallen, mock=mock), Obstacle.SEVERAL
    return answering(response, target, mock=mock), None


def _without_template(live: CorsAccess, target: CorsAccess, policy: Policy) -> CorsAccess | None:
    """Return what a static header can keep of `live`; None where it can stay as it is."""
    staying = tuple(origin for origin in live.origins if origin in target.origins)
    if staying == live.origins and (
        not policy.exact or set(live.credentialed) == set(target.credentialed) & set(staying)
    ):
        return None
    return simplified(replace(target, origins=staying[:1], credentialed=()))


def gateway(
    given: Document | None, kind: str, requested: CorsAccess, policy: Policy
) -> tuple[Document | None, Obstacle | None]:
    """A gateway response with the header; None where nothing is customised.

    Templates, codes and other headers stay. A code is never added: one on DEFAULT_4XX would change
    the code of every response type that is not customised.
    """
    parameters = (given or {}).get("responseParameters") or {}
    live = _gateway_grants(parameters)
    if live is None and not policy.exact:
        return given, Obstacle.DYNAMIC
    target = merged_access(live or CorsAccess(), requested, policy)
    obstacle = None
    if target.needs_template or (
        target.origins and target.credentialed and target.static not in target.credentialed
    ):
        obstacle = Obstacle.SEVERAL
        staying = tuple(origin for origin in (live or CorsAccess()).origins if origin in target.origins)
        target = replace(target, origins=staying[:1], credentialed=())
        if live is not None and staying == live.origins:
            target = replace(target, credentialed=live.credentialed, expose=live.expose)
    if live is not None and is_same_access(live, target):
        return given, obstacle
    desired: dict[str, str | None] = dict.fromkeys(CORS_HEADERS)
    if target.origins:
        desired = {
            ALLOW_ORIGIN: target.static,
            ALLOW_CREDENTIALS: "true" if target.credentialed else None,
            EXPOSE_HEADERS: ",".join(target.expose) or None,
        }
    after = {key: value for key, value in (given or {}).items() if key != "responseParameters"}
    after = {"responseType": kind} | after
    headers = with_headers(parameters, GATEWAY_HEADER, desired)
    if headers:
        after["responseParameters"] = headers
    if kind in DEFAULT_TYPES and len(after) == 1:
        return None, obstacle
    return after, obstacle


def gateway_unsent(given: Document | None) -> str:
    """Return why no browser sends what the response names as an origin; empty where one may."""
    text = unquoted(mapped((given or {}).get("responseParameters"), GATEWAY_HEADER, ALLOW_ORIGIN))
    return never_sent(text.strip()) if text and text.strip() else ""


def _gateway_grants(parameters: Mapping[str, Any]) -> CorsAccess | None:
    texts: dict[str, str | None] = {}
    for header in (ALLOW_ORIGIN, ALLOW_CREDENTIALS, EXPOSE_HEADERS):
        mapping = mapped(parameters, GATEWAY_HEADER, header)
        texts[header] = unquoted(mapping)
        if mapping is not None and texts[header] is None:
            return None
    static = (texts[ALLOW_ORIGIN] or "").strip()
    origins = (static,) if static and not never_sent(static) else ()
    credentialed = origins if texts[ALLOW_CREDENTIALS] == "true" and static != STAR else ()
    return CorsAccess(origins, credentialed, (), (), items(texts[EXPOSE_HEADERS]))
