"""The writes that turn what is edited into what is wanted, as one pure list, in order.

Only three things are ever written: OPTIONS methods, the response headers and templates of other
methods, and gateway responses. On AWS a method and a method response can be put only once and are
patched afterwards; an integration response is put again as a whole, with everything it held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from remediate.core.document import Document, canonical
from remediate.services.rest_api.normal_form import gateway_types_of, methods_of
from remediate.services.rest_api.settings import parameter

HANDFUL = 12


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call: its operation, the resource's path (if it is about one), and its other parameters."""

    operation: str
    path: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)


def api_calls(
    edited: Document, after: Document, raw: Mapping[tuple[str, str], Any] | None = None
) -> list[ApiCall]:
    """Every edit of the API, before any deployment.

    `raw`: the methods as `get_resources` returned them, for members that the compared form leaves
    out and a put would otherwise lose.
    """
    have, want = methods_of(edited), methods_of(after)
    calls: list[ApiCall] = []
    for path, name in sorted({*have, *want}):
        live, desired = have.get((path, name)), want.get((path, name))
        if canonical(live) == canonical(desired):
            continue
        if desired is None:
            if name == "OPTIONS":
                calls.append(ApiCall("DeleteMethod", path, {"httpMethod": name}))
        elif live is None:
            if name == "OPTIONS":
                calls += _create(path, name, desired)
        else:
            calls += _change(path, name, live, desired, (raw or {}).get((path, name)) or {})
    types, desired_types = gateway_types_of(edited), gateway_types_of(after)
    for kind in sorted({*types, *desired_types}):
        if kind not in desired_types:
            calls.append(ApiCall("DeleteGatewayResponse", request={"responseType": kind}))
        elif canonical(types.get(kind)) != canonical(desired_types[kind]):
            calls.append(ApiCall("PutGatewayResponse", request=dict(desired_types[kind])))
    return calls


def named(edited: Document, after: Document) -> tuple[str, ...]:
    """The calls of a change by name, the deployment last; each operation once where there are many."""
    names = [f"apigateway:{step.operation}" for step in api_calls(edited, after)]
    names.append("apigateway:CreateDeployment")
    return tuple(names) if len(names) <= HANDFUL else tuple(dict.fromkeys(names))


def _create(path: str, name: str, method: Document) -> Iterator[ApiCall]:
    integration = method.get("methodIntegration") or {}
    at = {"httpMethod": name}
    yield ApiCall(
        "PutMethod",
        path,
        at
        | {
            key: method[key]
            for key in ("authorizationType", "authorizerId", "apiKeyRequired", "requestParameters")
            if key in method
        },
    )
    for status, response in (method.get("methodResponses") or {}).items():
        yield ApiCall("PutMethodResponse", path, at | {"statusCode": status} | _headers(response))
    if integration:
        own = {key: value for key, value in integration.items() if key != "integrationResponses"}
        if "httpMethod" in own:
            own["integrationHttpMethod"] = own["httpMethod"]
        yield ApiCall("PutIntegration", path, own | at)
        for status, response in (integration.get("integrationResponses") or {}).items():
            yield ApiCall("PutIntegrationResponse", path, at | dict(response) | {"statusCode": status})


def _headers(response: Document) -> dict[str, Any]:
    names = response.get("responseParameters")
    return {"responseParameters": dict(names)} if names else {}


def _change(path: str, name: str, live: Document, desired: Document, raw: Document) -> Iterator[ApiCall]:
    at = {"httpMethod": name}
    if name == "OPTIONS":
        patches = [
            _replace(f"/{key}", desired.get(key))
            for key in ("authorizationType", "authorizerId", "apiKeyRequired")
            if live.get(key) != desired.get(key) and (key != "authorizerId" or desired.get(key))
        ]
        if patches:
            yield ApiCall("UpdateMethod", path, at | {"patchOperations": patches})
    have, want = live.get("methodResponses") or {}, desired.get("methodResponses") or {}
    integration, desired_integration = (
        live.get("methodIntegration") or {},
        desired.get("methodIntegration") or {},
    )
    responses = integration.get("integrationResponses") or {}
    desired_responses = desired_integration.get("integrationResponses") or {}
    for status, response in want.items():
        if status not in have:
            yield ApiCall("PutMethodResponse", path, at | {"statusCode": status} | _headers(response))
        elif added := _names(have[status], response):
            yield _patch_response(path, name, status, "add", added)
    yield from _integration(path, name, integration, desired_integration, raw)
    raw_responses = (raw.get("methodIntegration") or {}).get("integrationResponses") or {}
    # A response that gives its selection pattern up, or goes, must do so before another one takes it.
    for status in responses:
        if status not in desired_responses and name == "OPTIONS":
            yield ApiCall("DeleteIntegrationResponse", path, at | {"statusCode": status})
    for status in sorted(
        desired_responses, key=lambda key: not desired_responses[key].get("selectionPattern")
    ):
        if canonical(responses.get(status)) != canonical(desired_responses[status]):
            request = carried(
                desired_responses[status], raw_responses.get(status) or {}, responses.get(status) or {}
            )
            yield ApiCall("PutIntegrationResponse", path, at | request | {"statusCode": status})
    # What is no longer mapped went first, now its declaration.
    for status, response in have.items():
        if status not in want:
            yield ApiCall("DeleteMethodResponse", path, at | {"statusCode": status})
        elif gone := _names(want[status], response):
            yield _patch_response(path, name, status, "remove", gone)


def _integration(path: str, name: str, live: Document, desired: Document, raw: Document) -> Iterator[ApiCall]:
    """Patches to the integration itself; a put would take its responses with it."""
    patches: list[dict[str, str]] = []
    if name == "OPTIONS" and not live and desired:
        own = {key: value for key, value in desired.items() if key != "integrationResponses"}
        yield ApiCall("PutIntegration", path, own | {"httpMethod": name})
        return
    raw_templates = (raw.get("methodIntegration") or {}).get("requestTemplates") or {}
    have, want = live.get("requestTemplates") or {}, desired.get("requestTemplates") or {}
    if name == "OPTIONS":
        for kind in sorted({*have, *want}):
            pointer = "/requestTemplates/" + kind.replace("~", "~0").replace("/", "~1")
            if kind not in want:
                patches.append({"op": "remove", "path": pointer})
            elif kind not in have:
                op = "replace" if kind in raw_templates else "add"
                patches.append({"op": op, "path": pointer, "value": want[kind]})
            elif have[kind] != want[kind]:
                patches.append({"op": "replace", "path": pointer, "value": want[kind]})
        if live.get("contentHandling") != desired.get("contentHandling"):
            patches.append(_replace("/contentHandling", desired.get("contentHandling")))
    if patches:
        yield ApiCall("UpdateIntegration", path, {"httpMethod": name, "patchOperations": patches})


def carried(desired: Document, raw: Document, compared: Document) -> dict[str, Any]:
    """An integration response to put: what is wanted, and the empty templates that were there."""
    request = {key: value for key, value in desired.items() if key != "responseTemplates"}
    templates = dict(desired.get("responseTemplates") or {})
    shown = compared.get("responseTemplates") or {}
    for kind in raw.get("responseTemplates") or {}:
        if kind not in templates and kind not in shown:
            templates[kind] = ""
    return request | ({"responseTemplates": templates} if templates else {})


def _names(live: Document, desired: Document) -> list[str]:
    declared = live.get("responseParameters") or {}
    return [name for name in desired.get("responseParameters") or {} if parameter(declared, "", name) is None]


def _patch_response(path: str, name: str, status: str, op: str, headers: list[str]) -> ApiCall:
    patches = [
        {"op": op, "path": f"/responseParameters/{header}"} | ({"value": "false"} if op == "add" else {})
        for header in headers
    ]
    return ApiCall(
        "UpdateMethodResponse",
        path,
        {"httpMethod": name, "statusCode": status, "patchOperations": patches},
    )


def _replace(path: str, value: Any) -> dict[str, str]:
    text = str(value).lower() if isinstance(value, bool) else str(value or "")
    return {"op": "replace", "path": path, "value": text}
