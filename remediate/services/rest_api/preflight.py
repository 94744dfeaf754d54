"""Reads what an OPTIONS method answers to a preflight, and writes one that answers as it should."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from remediate.core.document import Document
from remediate.services.rest_api.cors_access import STAR, CorsAccess, simplified
from remediate.services.rest_api.normal_form import method_response, present
from remediate.services.rest_api.settings import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    CORS_HEADERS,
    EXPOSE_HEADERS,
    MAX_AGE,
    METHOD_HEADER,
    VARY,
    items,
    mapped,
    parameter,
    quoted,
    unquoted,
)
from remediate.services.rest_api.velocity import origin_list
from remediate.services.rest_api.velocity.origins import OriginList, misses_a_spelling
from remediate.web.origin import never_sent

STATUS_TEMPLATE = '{"statusCode": 200}'
JSON = "application/json"
_STATUS = re.compile(r"""["']?statusCode["']?\s*:\s*["']?([0-9]{3})["']?""")


ONE_SPELLING = "its template reads one spelling of the header Origin, and a browser may send the other"


class PreflightSource(StrEnum):
    """Who answers the preflight."""

    ABSENT = "absent"
    MOCK = "mock"
    """The gateway by itself, with headers that can be read from the configuration."""
    DYNAMIC = "dynamic"
    """The gateway, with a template or mapping that cannot be proved to be a list of origins."""
    BACKEND = "backend"
    """A function or a server behind the gateway."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """A preflight is what an OPTIONS method answers. `flaws` say why it may not answer at all."""

    kind: PreflightSource
    grants: CorsAccess = field(default_factory=CorsAccess)
    flaws: tuple[str, ...] = ()
    guarded: bool = False
    status: str = "200"
    """The key of the integration response that is sent."""


def read(method: Document | None, *, binary: bool, endpoint_types: tuple[str, ...] = ()) -> Preflight:
    """Return what the method answers; `binary`: the API treats every media type as binary."""
    if method is None:
        return Preflight(PreflightSource.ABSENT)
    guarded = str(method.get("authorizationType") or "NONE") != "NONE" or bool(method.get("apiKeyRequired"))
    integration = method.get("methodIntegration") or {}
    kind = str(integration.get("type") or "MOCK").upper()
    if kind != "MOCK":
        return Preflight(PreflightSource.BACKEND, guarded=guarded)
    responses = integration.get("integrationResponses") or {}
    requested = requested_status(integration.get("requestTemplates"))
    used = selected(responses, requested or "200")
    flaws = flaws_of(integration, requested, used, binary=binary)
    if used is None:
        return Preflight(PreflightSource.MOCK, flaws=flaws, guarded=guarded)
    requests = integration.get("requestTemplates") or {}
    grants = granted(responses[used], requests)
    if grants is None:
        return Preflight(PreflightSource.DYNAMIC, flaws=flaws, guarded=guarded, status=used)
    if _misses_a_spelling(responses[used], requests, endpoint_types):
        flaws += (ONE_SPELLING,)
    return Preflight(PreflightSource.MOCK, grants, flaws, guarded, used)


def _misses_a_spelling(
    response: Document, requests: Mapping[str, str | None], endpoint_types: tuple[str, ...]
) -> bool:
    for template in (*(response.get("responseTemplates") or {}).values(), *requests.values()):
        listed = origin_list.parse_origin_list(template) if template else None
        origins = [origin for origin in (listed.origins if listed else ()) if origin != STAR]
        if template and origins and misses_a_spelling(template, origins[0], endpoint_types):
            return True
    return False


def _parts(method: Document) -> Iterator[tuple[Document, Mapping[str, str | None]]]:
    """Each integration response with the request templates that run before it."""
    integration = method.get("methodIntegration") or {}
    is_mock = str(integration.get("type") or "MOCK").upper() == "MOCK"
    for response in (integration.get("integrationResponses") or {}).values():
        yield response, (integration.get("requestTemplates") or {}) if is_mock else {}


def unsent_by(method: Document) -> tuple[str, ...]:
    """Return what a method's responses name as an origin and no browser ever sends, as clauses."""
    texts: list[str | None] = []
    for response, requests in _parts(method):
        texts.append(unquoted(mapped(response.get("responseParameters"), METHOD_HEADER, ALLOW_ORIGIN)))
        for template in (*(response.get("responseTemplates") or {}).values(), *requests.values()):
            listed = origin_list.parse_origin_list(template) if template else None
            texts += listed.origins if listed else ()
    stripped = [text.strip() for text in texts if text and text.strip()]
    return tuple(dict.fromkeys(reason for text in stripped if (reason := never_sent(text))))


def overriding(method: Document) -> tuple[str, ...]:
    """The method's templates that may override a CORS header."""
    return tuple(
        template
        for response, requests in _parts(method)
        for template in (*(response.get("responseTemplates") or {}).values(), *requests.values())
        if template and origin_list.overrides(template)
    )


def is_dynamic(method: Document) -> bool:
    """Return whether a template or mapping decides what cannot be read off."""
    return any(granted(response, requests) is None for response, requests in _parts(method))


def flaws_of(
    integration: Document, requested: str | None, used: str | None, *, binary: bool
) -> tuple[str, ...]:
    """Return why the gateway would not answer a preflight with 2xx, each as a clause."""
    flaws = []
    if requested is None:
        flaws.append("its request template gives no statusCode, so it answers 500")
    if used is None:
        flaws.append("no integration response fits, so it answers 500")
    elif not used.startswith("2"):
        flaws.append(f"it answers {used}, and a preflight needs 2xx")
    if binary and integration.get("contentHandling") != "CONVERT_TO_TEXT":
        flaws.append("the API treats `*/*` as binary and its contentHandling is not CONVERT_TO_TEXT")
    return tuple(flaws)


def requested_status(templates: Mapping[str, str | None] | None) -> str | None:
    """The statusCode that a MOCK's request template asks for; None where it cannot be read.

    A preflight has no Content-Type, so the template for application/json is the one that runs.
    """
    text = (templates or {}).get(JSON) or ""
    statuses = _STATUS.findall(text)
    return statuses[0] if len(set(statuses)) == 1 else None


def selected(responses: Mapping[str, Document], status: str) -> str | None:
    """Return which integration response a status selects: one whose pattern matches, else the default."""
    for key in sorted(responses):
        pattern = responses[key].get("selectionPattern")
        if pattern and _matches(str(pattern), status):
            return key
    return next((key for key in sorted(responses) if not responses[key].get("selectionPattern")), None)


def _matches(pattern: str, text: str) -> bool:
    try:
        return len(pattern) < 1000 and re.fullmatch(pattern, text) is not None
    except (re.error, RecursionError, OverflowError):
        return False


def granted(response: Document, request_templates: Mapping[str, str | None]) -> CorsAccess | None:
    """Return what one integration response grants, None where that depends on something unproved."""
    parameters = response.get("responseParameters") or {}
    texts: dict[str, str | None] = {}
    for header in CORS_HEADERS:
        mapping = mapped(parameters, METHOD_HEADER, header)
        text = unquoted(mapping)
        if mapping is not None and text is None:
            return None
        texts[header] = text
    listed = _listed(response.get("responseTemplates") or {}, request_templates)
    if listed is None:
        return None
    texts |= dict(listed.fixed)
    static = texts[ALLOW_ORIGIN] if listed.default is None else None
    # A value that no browser sends lets nobody in, a comma list neither: it holds no place.
    every = tuple(
        dict.fromkeys(
            origin
            for origin in (*((static.strip(),) if static else ()), *listed.origins)
            if origin and not never_sent(origin)
        )
    )
    shared = texts[ALLOW_CREDENTIALS] == "true"
    credentialed = every if shared else tuple(origin for origin in listed.credentialed if origin in every)
    return simplified(
        CorsAccess(
            every,
            tuple(origin for origin in credentialed if origin != STAR),
            items(texts[ALLOW_METHODS]),
            items(texts[ALLOW_HEADERS]),
            items(texts[EXPOSE_HEADERS]),
            texts[MAX_AGE],
        )
    )


def _listed(
    templates: Mapping[str, str | None], request_templates: Mapping[str, str | None]
) -> OriginList | None:
    lists = {origin_list.parse_origin_list(text) for text in templates.values() if text}
    earlier = {origin_list.parse_origin_list(text) for text in request_templates.values() if text} - {
        OriginList()
    }
    if earlier and lists <= {OriginList()}:
        lists = earlier
    elif earlier:
        return None  # both templates override: which of them wins is not known
    return lists.pop() if len(lists) == 1 else (None if lists else OriginList())


def write(method: Document | None, status: str, grants: CorsAccess, *, binary: bool) -> dict[str, Any]:
    """An OPTIONS method that grants this and answers by itself; what else it holds stays.

    `status` is the integration response that is sent, if there is one already.
    """
    given = dict(method or {})
    integration = dict(given.get("methodIntegration") or {"type": "MOCK"})
    integration.setdefault("passthroughBehavior", "WHEN_NO_MATCH")
    requests = dict(integration.get("requestTemplates") or {})
    if requested_status(requests) is None or any(origin_list.overrides(text) for text in requests.values()):
        requests = {**dict.fromkeys(requests, STATUS_TEMPLATE), JSON: STATUS_TEMPLATE}
    responses = dict(integration.get("integrationResponses") or {})
    if selected(responses, requested_status(requests) or "200") != status or not status.startswith("2"):
        status = "200"
        requests = {**requests, JSON: STATUS_TEMPLATE}
        if selected(responses, status) != status:
            chosen = dict(responses.get(status) or {})
            chosen.pop("selectionPattern", None)
            # Only one response can be the default: another one gets a pattern that never fits.
            responses = {
                key: value if value.get("selectionPattern") else {**value, "selectionPattern": key}
                for key, value in responses.items()
            }
            responses[status] = chosen
    response = answering({"statusCode": status, **(responses.get(status) or {})}, grants, mock=True)
    if binary:
        integration["contentHandling"] = response["contentHandling"] = "CONVERT_TO_TEXT"
    responses[status] = _ordered(response, RESPONSE_ORDER)
    integration |= {
        "requestTemplates": dict(sorted(requests.items())),
        "integrationResponses": dict(sorted(responses.items())),
    }
    given |= {
        "authorizationType": "NONE",
        "apiKeyRequired": False,
        "methodResponses": declared(given.get("methodResponses") or {}, responses),
        "methodIntegration": _ordered(integration, INTEGRATION_ORDER),
    }
    given.pop("authorizerId", None)
    return _ordered(given, METHOD_ORDER)


METHOD_ORDER = (
    "authorizationType",
    "authorizerId",
    "apiKeyRequired",
    "requestParameters",
    "methodResponses",
    "methodIntegration",
)
INTEGRATION_ORDER = ("type", "requestTemplates", "passthroughBehavior", "contentHandling")
RESPONSE_ORDER = ("statusCode", "selectionPattern", "responseParameters", "responseTemplates")


def _ordered(given: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    first = {name: given[name] for name in order if name in given}
    return present(**first, **{name: value for name, value in given.items() if name not in first})


def declared(live: Mapping[str, Any], responses: Mapping[str, Document]) -> dict[str, Any]:
    """Method responses that declare every header that the integration responses map."""
    result = dict(live)
    for status, response in responses.items():
        names = (result.get(status) or {}).get("responseParameters") or {}
        missing = [
            name
            for name in response.get("responseParameters") or {}
            if name.startswith(METHOD_HEADER) and parameter(names, "", name) is None
        ]
        if missing or status not in result:
            result[status] = method_response(status, (*names, *missing))
    return dict(sorted(result.items()))


def answering(response: Document, grants: CorsAccess, *, mock: bool) -> dict[str, Any]:
    """An integration response that grants this: its headers, and its templates where origins differ.

    Without origins every Access-Control header goes, because none means anything then.
    """
    desired: dict[str, str | None] = dict.fromkeys(CORS_HEADERS)
    if grants.origins:
        everybody = set(grants.origins) == set(grants.credentialed)
        desired = {
            ALLOW_ORIGIN: grants.static,
            ALLOW_CREDENTIALS: "true" if everybody else None,
            ALLOW_METHODS: ",".join(grants.methods) or None,
            ALLOW_HEADERS: ",".join(grants.headers) or None,
            EXPOSE_HEADERS: ",".join(grants.expose) or None,
            MAX_AGE: grants.max_age,
        }
    before = items(unquoted(mapped(response.get("responseParameters"), METHOD_HEADER, VARY)))
    if grants.needs_template:
        varied = {name.lower() for name in before}
        desired[VARY] = ",".join(before if {"origin", "*"} & varied else (*before, "Origin"))
    elif any(
        origin_list.has_origin_list(text or "") for text in (response.get("responseTemplates") or {}).values()
    ):
        desired[VARY] = ",".join(name for name in before if name != "Origin") or None
    parameters = with_headers(response.get("responseParameters") or {}, METHOD_HEADER, desired)
    templates = {
        kind: plain
        for kind, text in (response.get("responseTemplates") or {}).items()
        if (plain := without_list(text))
    }
    if grants.needs_template:
        code = origin_list.render_origin_list(
            grants.listed,
            () if set(grants.origins) == set(grants.credentialed) else grants.credentialed,
        )
        kinds = [kind for kind, text in (response.get("responseTemplates") or {}).items() if text]
        if mock and not kinds:
            kinds = [JSON]  # an absent template and one that writes nothing both leave an empty body
        templates |= {kind: code + templates.get(kind, "") for kind in kinds}
    result = {key: value for key, value in response.items() if key != "responseTemplates"}
    return _ordered(
        result | {"responseParameters": parameters, "responseTemplates": templates}, RESPONSE_ORDER
    )


def without_list(template: str | None) -> str:
    """The template without the list of origins: our block goes, and so does a list by others."""
    if not template or not origin_list.overrides(template):
        return template or ""
    rest = origin_list.without_origin_list(template)
    return "" if origin_list.overrides(rest) else rest


def with_headers(
    parameters: Mapping[str, Any], prefix: str, desired: Mapping[str, str | None]
) -> dict[str, Any]:
    """Parameter mappings with these static headers; None takes a header away.

    A mapping that says the same already keeps its spelling.
    """
    result = dict(parameters)
    for header, text in desired.items():
        key = parameter(result, prefix, header)
        if text is None:
            if key is not None:
                del result[key]
        elif key is None or result[key] != quoted(text):
            result[key or prefix + header] = quoted(text)
    return dict(sorted(result.items()))
