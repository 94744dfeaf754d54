"""Tells what a REST API would answer, from its configuration alone; pure.

Routing, authorizers and keys on OPTIONS, MOCK integrations with their templates, static mappings,
proxies, and the gateway's own error responses. What the configuration does not tell is `Unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from remediate.core.document import Document
from remediate.services.rest_api.normal_form import gateway_types_of
from remediate.services.rest_api.preflight import JSON, selected
from remediate.services.rest_api.routing import route, segments
from remediate.services.rest_api.settings import (
    BUILT_IN_STATUS,
    CORS_HEADERS,
    EVERY_TYPE,
    GATEWAY_HEADER,
    METHOD_HEADER,
    PROXIES,
    STAGE,
    VARY,
    unquoted,
)
from remediate.services.rest_api.velocity.interpreter import UNREADABLE, OverriddenTwice, Rendered, render
from remediate.services.rest_api.velocity.parser import Unsupported
from remediate.services.rest_api.velocity.request import ABSENT_READINGS, Parameters, spellings
from remediate.web.http import Request, Response, Unknown

if TYPE_CHECKING:
    from remediate.services import Backend

Headers = list[tuple[str, str]]


_MOCK_STATUS = re.compile(r"""["']?statusCode["']?\s*:\s*["']?([0-9]{3})(?![0-9])""")
_BACKEND_HEADER = "integration.response.header."
_TELLING = {header.lower() for header in (*CORS_HEADERS, VARY)}


@dataclass(frozen=True, slots=True)
class _Call:
    """A request that reached a method: the API, the request, and the path of its resource."""

    config: Document
    request: Request
    resource: str

    def broken(self, doubt: str = "") -> Response:
        """The gateway's answer to a method that does not work."""
        return gateway_response(self.config, "API_CONFIGURATION_ERROR", self.request, doubt=doubt)

    def readings(self) -> Iterator[Parameters]:
        """Yield what a template may read, in every way in which API Gateway may hand it over."""
        path: dict[str, str] = {}
        given = segments(self.request.path)
        for position, part in enumerate(segments(self.resource)):
            if part.startswith("{") and part.endswith("+}"):
                path[part[1:-2]] = "/".join(given[position:])
            elif part.startswith("{") and part.endswith("}"):
                path[part[1:-1]] = given[position]
        query = dict(parse_qsl(self.request.path.partition("?")[2], keep_blank_values=True))
        stage = self.config.get(STAGE) or {}
        context = {"httpMethod": self.request.method, "resourcePath": self.resource}
        if "name" in stage:
            context["stage"] = str(stage["name"])
        for spell in spellings(tuple(stage.get("endpointTypes") or ())):
            headers = {spell(name): value for name, value in self.request.headers}
            for missing in ABSENT_READINGS:
                yield Parameters(headers, path, query, missing, stage.get("variables"), context)


def answer(
    config: Document | None, request: Request, *, backend: Backend | None = None
) -> Response | Unknown:
    """Return what API Gateway would reply to a request for a path without its stage.

    Beside the settings `config` may hold what templates read of the stage: `{"stage": {"name": …,
    "variables": {…}, "endpointTypes": ["EDGE"]}}`. What is missing there is not known.
    """
    if not config:
        return Unknown("the API has no stage, or it could not be read")
    routed = route(config.get("resources") or (), _verb(request), request.path)
    if routed is None:
        return gateway_response(config, "MISSING_AUTHENTICATION_TOKEN", request)
    denied = _denied(config, routed[2], request)
    if denied is not None:
        return denied
    integration = routed[2].get("methodIntegration") or {}
    kind = str(integration.get("type") or "").upper()
    if kind in PROXIES:
        return _ask(backend, request, f"{routed[1]} {routed[0]} passes on what its backend answers")
    call = _Call(config, request, routed[0])
    if kind == "MOCK":
        return _mock(call, integration)
    if kind in ("AWS", "HTTP"):
        return _mapped(call, integration, backend, f"{routed[1]} {routed[0]}")
    return gateway_response(config, "API_CONFIGURATION_ERROR", request)


def _verb(request: Request) -> str:
    """The method; on a POST `X-HTTP-Method-Override` replaces it (developer guide, "Known issues")."""
    override = request.get("X-HTTP-Method-Override")
    return override if override and request.method == "POST" else request.method


def _denied(config: Document, method: Document, request: Request) -> Response | Unknown | None:
    """The refusal by authorizer, signature or API key; None where the request goes through.

    What a browser sends with a preflight is known: no Authorization and no key.
    """
    authorization = str(method.get("authorizationType") or "NONE").upper()
    if authorization != "NONE" and request.get("Authorization") is None:
        if authorization == "AWS_IAM":
            return gateway_response(config, "MISSING_AUTHENTICATION_TOKEN", request)
        if authorization == "CUSTOM" and request.method != "OPTIONS":
            return Unknown("a Lambda authorizer decides, and it need not look at the Authorization header")
        return gateway_response(
            config, "UNAUTHORIZED", request, doubt="An authorizer can take its proof from elsewhere."
        )
    if method.get("apiKeyRequired") and request.get("x-api-key") is None:
        return gateway_response(config, "INVALID_API_KEY", request)
    return None


def gateway_response(config: Document, kind: str, request: Request, *, doubt: str = "") -> Response:
    """The gateway's own answer. A customised type inherits nothing; others take DEFAULT_4XX or 5XX."""
    customised = gateway_types_of(config)
    built_in = BUILT_IN_STATUS[kind]
    given = customised.get(kind) or customised.get(f"DEFAULT_{built_in[0]}XX") or {}
    headers: Headers = []
    for name, mapping in (given.get("responseParameters") or {}).items():
        if not name.lower().startswith(GATEWAY_HEADER):
            continue
        text = unquoted(mapping)
        if text is None and str(mapping).startswith("method.request.header."):
            text = request.get(str(mapping).removeprefix("method.request.header."))
        if text is not None:
            headers.append((name[len(GATEWAY_HEADER) :], text))
    status = str(given.get("statusCode") or built_in)
    return Response(int(status) if status.isdecimal() else int(built_in), headers, doubt=doubt)


def _ask(backend: Backend | None, request: Request, otherwise: str) -> Response | Unknown:
    if backend is None:
        return Unknown(f"{otherwise}, and that cannot be read from the configuration")
    return backend if isinstance(backend, Response | Unknown) else backend(request)


def _mock(call: _Call, integration: Document) -> Response | Unknown:
    if (
        EVERY_TYPE in (call.config.get("binaryMediaTypes") or ())
        and integration.get("contentHandling") != "CONVERT_TO_TEXT"
    ):
        # The template is then treated as binary (aws/chalice#1310 and others).
        return call.broken()
    templates = integration.get("requestTemplates") or {}
    template = _chosen(templates, call.request)
    if template is None and integration.get("passthroughBehavior") in ("NEVER", "WHEN_NO_TEMPLATES"):
        return gateway_response(call.config, "UNSUPPORTED_MEDIA_TYPE", call.request)
    if template is None:
        return call.broken("A MOCK without a template that fits: seen to answer 500, not recorded.")
    asked = _run(template, call)
    if isinstance(asked, Unknown):
        return asked
    statuses = _statuses(asked)
    if not statuses and asked is not None and UNREADABLE in asked.text:
        return Unknown("the MOCK's template takes its statusCode from what only API Gateway knows")
    if asked is None or not statuses:
        return call.broken()
    if len(set(statuses)) > 1:
        return Unknown("the MOCK's template names more than one statusCode")
    responses = integration.get("integrationResponses") or {}
    key = selected(responses, statuses[0])
    if key is None:
        return call.broken()
    return _sent(call, responses[key], asked, None)


def _chosen(templates: Mapping[str, str | None], request: Request) -> str | None:
    """The request template for the request's Content-Type; a preflight has none: application/json."""
    content = (request.get("Content-Type") or JSON).split(";", 1)[0].strip().lower()
    return next((text for kind, text in templates.items() if kind.lower() == content and text), None)


def _mapped(
    call: _Call,
    integration: Document,
    backend: Backend | None,
    place: str,
) -> Response | Unknown:
    """A non-proxy integration: the backend's headers are dropped unless they are mapped."""
    kind = str(integration.get("type") or "").upper()
    responses = integration.get("integrationResponses") or {}
    if not responses:
        return call.broken()
    if backend is None:
        return _alike(call, responses, place)
    behind = _ask(backend, call.request, place)
    if isinstance(behind, Unknown):
        return behind
    if kind == "HTTP":
        key = selected(responses, str(behind.status))
    else:
        # For AWS integrations the pattern is compared with the error's text, not with the status.
        key = selected(
            {name: response for name, response in responses.items() if not response.get("selectionPattern")},
            "",
        )
        if behind.status >= 400 and any(response.get("selectionPattern") for response in responses.values()):
            return _alike(call, responses, place)
    if key is None:
        return call.broken()
    return _sent(call, responses[key], None, behind)


def _alike(call: _Call, responses: Mapping[str, Any], place: str) -> Response | Unknown:
    """Without the backend: known only if all of the method's responses say the same about CORS."""
    sent = [_sent(call, response, None, None) for response in responses.values()]
    known_responses: list[Response] = []
    for response in sent:
        if isinstance(response, Unknown):
            return response
        known_responses.append(response)
    views = {
        tuple(sorted((n.lower(), v) for n, v in response.headers if n.lower() in _TELLING))
        for response in known_responses
    }
    if len(views) > 1:
        return Unknown(f"which of its responses {place} sends depends on its backend")
    default = next((key for key, response in responses.items() if not response.get("selectionPattern")), None)
    keys = list(responses)
    chosen = known_responses[keys.index(default)] if default is not None else known_responses[0]
    return Response(
        chosen.status,
        chosen.headers,
        doubt="the status depends on the backend; all of the method's responses carry these CORS headers",
    )


def _sent(
    call: _Call,
    response: Document,
    asked: Rendered | None,
    behind: Response | None,
) -> Response | Unknown:
    """An integration response as it is sent: static and mapped headers, then overrides."""
    key = str(response.get("statusCode") or "")
    headers: dict[str, tuple[str, str]] = {}
    for name, mapping in (response.get("responseParameters") or {}).items():
        if not name.lower().startswith(METHOD_HEADER):
            continue
        header = name[len(METHOD_HEADER) :]
        text = unquoted(mapping)
        if text is None:
            if not str(mapping).startswith(_BACKEND_HEADER) or (behind is None and asked is None):
                if header.lower() in _TELLING:
                    return Unknown(f"the header {header} is taken from {mapping}")
                continue
            text = behind.get(str(mapping).removeprefix(_BACKEND_HEADER)) if behind else None
        if text is not None:
            headers[header.lower()] = (header, text)
    status = int(key) if key.isdecimal() else 500
    templates = [text for text in (response.get("responseTemplates") or {}).values() if text]
    overrides = [asked] if asked is not None else []
    if templates:
        outcomes = [_run(text, call) for text in templates]
        unknown = next((outcome for outcome in outcomes if isinstance(outcome, Unknown)), None)
        rendered = [outcome for outcome in outcomes if isinstance(outcome, Rendered)]
        if unknown is not None:
            return unknown
        if len(rendered) < len(outcomes):
            return call.broken()
        if any(
            (outcome.headers, outcome.status) != (rendered[0].headers, rendered[0].status)
            for outcome in rendered
        ):
            return Unknown("the templates for different content types override different headers")
        overrides.append(rendered[0])
    for outcome in overrides:
        status = outcome.status or status
        for name, text in outcome.headers.items():
            headers[name.lower()] = (name, text)
    return Response(status, list(headers.values()))


def _run(template: str, call: _Call) -> Rendered | Unknown | None:
    """The template's outcome; None where it overrides a header twice, which is a 5xx.

    It is followed in every reading of the request, and known where all of them come to the same.
    """
    if "$" not in template and "#" not in template:
        return Rendered(template)
    outcomes: list[Rendered | None] = []
    for parameters in call.readings():
        try:
            outcomes.append(render(template, parameters))
        except OverriddenTwice:
            outcomes.append(None)
        except Unsupported as reason:
            return Unknown(f"the template cannot be followed: {reason}")
    views = [_view(outcome) for outcome in outcomes]
    if all(view == views[0] for view in views):
        return outcomes[0]
    readings = len(ABSENT_READINGS)
    if any(views[place] != views[place % readings] for place in range(len(views))):
        return Unknown(
            "the template reads a header in one spelling only, and endpoints differ in it: over HTTP/2 a "
            "browser writes `origin`, over HTTP/1.1 `Origin`"
        )
    return Unknown("the template depends on whether an absent header is null or an empty text")


def _view(outcome: Rendered | None) -> object:
    """Return what of an outcome reaches the answer."""
    return None if outcome is None else (outcome.headers, outcome.status, _statuses(outcome))


def _statuses(outcome: Rendered | None) -> list[str]:
    """The status codes that a MOCK's template names."""
    return [] if outcome is None else _MOCK_STATUS.findall(outcome.text)
