"""Writes a REST API's snapshot as the OpenAPI document that AWS exports; does no I/O.

The order of members and what is left out follow documents that AWS exported. The extensions:
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from remediate.sandbox.patches.apigateway.documents import present

Document = dict[str, Any]

# What `extensions` can name; `apigateway` is all of them.
EXTENSIONS = frozenset({"integrations", "authorizers", "apigateway"})

_DEFAULT_TIMEOUT = 29000
_LOCATIONS = {"path": "path", "querystring": "query", "header": "header"}
# Every API has these two models from its creation; moto gives it none.
_BUILT_IN_MODELS: dict[str, Document] = {
    "Empty": {"title": "Empty Schema", "type": "object"},
    "Error": {
        "title": "Error Schema",
        "type": "object",
        "properties": {"message": {"type": "string"}},
    },
}


@dataclass(frozen=True)
class Export:
    """One export of a stage."""

    snapshot: Document
    host: str
    stage: str
    version: str
    extensions: frozenset[str]

    def oas30(self) -> Document:
        """Write an OpenAPI 3.0.1 document."""
        components = present(
            {
                "schemas": self._models("#/components/schemas/") or None,
                "securitySchemes": self._schemes() or None,
            }
        )
        server = {
            "url": f"https://{self.host}/{{basePath}}",
            "variables": {"basePath": {"default": self.stage}},
        }
        return {
            "openapi": "3.0.1",
            "info": self._info(),
            "servers": [server],
            "paths": self._paths(self._oas30_operation),
            "components": components,
            **self._top_level(),
        }

    def swagger(self) -> Document:
        """Write a Swagger 2.0 document."""
        return present(
            {
                "swagger": "2.0",
                "info": self._info(),
                "host": self.host,
                "basePath": f"/{self.stage}",
                "schemes": ["https"],
                "paths": self._paths(self._swagger_operation),
                "securityDefinitions": self._schemes() or None,
                "definitions": self._models("#/definitions/") or None,
                **self._top_level(),
            }
        )

    def _has(self, extension: str) -> bool:
        return bool(self.extensions & {extension, "apigateway"})

    def _info(self) -> Document:
        api = self.snapshot["restApi"]
        return present(
            {
                "title": api["name"],
                "description": api.get("description") or None,
                "version": self.version,
            }
        )

    def _paths(self, operation: Any) -> Document:
        """Write the paths that have methods; AWS leaves a bare one out.

        ANY can be written only as an extension, so without extensions it isn't written.
        """
        paths: Document = {}
        for resource in self.snapshot["resources"]:
            for name, method in resource.get("resourceMethods", {}).items():
                key = "x-amazon-apigateway-any-method" if name == "ANY" else name.lower()
                if name != "ANY" or self.extensions:
                    written = operation(method) | self._operation_extensions(method)
                    paths.setdefault(resource["path"], {})[key] = written
        return paths

    def _oas30_operation(self, method: Document) -> Document:
        parameters = [
            present(
                {
                    "name": name,
                    "in": location,
                    "required": required or None,
                    "schema": {"type": "string"},
                }
            )
            for name, location, required in _parameters(method)
        ]
        models = method.get("requestModels", {})
        request = {"content": _content(models), "required": True} if models else None
        responses = {
            status: present(
                {
                    "description": f"{status} response",
                    "headers": {name: {"schema": {"type": "string"}} for name in _headers(response)} or None,
                    "content": _content(response.get("responseModels") or {}),
                }
            )
            for status, response in method.get("methodResponses", {}).items()
        }
        return present(
            {
                "operationId": method.get("operationName"),
                "parameters": parameters or None,
                "requestBody": request,
                "responses": responses or None,
                "security": self._security(method) or None,
            }
        )

    def _swagger_operation(self, method: Document) -> Document:
        integration = method.get("methodIntegration", {})
        models = method.get("requestModels", {})
        responses = method.get("methodResponses", {})
        consumes = {*models, *(integration.get("requestTemplates") or {})}
        produces = {name for each in responses.values() for name in each.get("responseModels") or {}}
        for each in integration.get("integrationResponses", {}).values():
            produces |= set(each.get("responseTemplates") or {})
        parameters: list[Document] = [
            {"name": name, "in": location, "required": required, "type": "string"}
            for name, location, required in _parameters(method)
        ]
        parameters += [
            {
                "in": "body",
                "name": model,
                "required": True,
                "schema": {"$ref": f"#/definitions/{model}"},
            }
            for model in dict.fromkeys(models.values())
        ]
        return present(
            {
                "operationId": method.get("operationName"),
                "consumes": sorted(consumes) or None,
                "produces": sorted(produces) or None,
                "parameters": parameters or None,
                "responses": {status: _swagger_response(status, each) for status, each in responses.items()},
                "security": self._security(method) or None,
            }
        )

    def _operation_extensions(self, method: Document) -> Document:
        integration = method.get("methodIntegration")
        validator = self.snapshot["requestValidators"].get(method.get("requestValidatorId"))
        return present(
            {
                "x-amazon-apigateway-request-validator": (
                    validator["name"] if validator and self._has("apigateway") else None
                ),
                "x-amazon-apigateway-integration": (
                    _integration(integration) if integration and self._has("integrations") else None
                ),
            }
        )

    def _top_level(self) -> Document:
        if not self._has("apigateway"):
            return {}
        api, validators = self.snapshot["restApi"], self.snapshot["requestValidators"].values()
        policy = api.get("policy")
        source = api.get("apiKeySource")
        return present(
            {
                "x-amazon-apigateway-request-validators": {
                    each["name"]: {
                        "validateRequestParameters": bool(each["validateRequestParameters"]),
                        "validateRequestBody": bool(each["validateRequestBody"]),
                    }
                    for each in validators
                }
                or None,
                "x-amazon-apigateway-policy": json.loads(policy) if policy else None,
                "x-amazon-apigateway-gateway-responses": {
                    name: _gateway_response(each) for name, each in self.snapshot["gatewayResponses"].items()
                }
                or None,
                "x-amazon-apigateway-binary-media-types": api.get("binaryMediaTypes"),
                "x-amazon-apigateway-minimum-compression-size": api.get("minimumCompressionSize"),
                "x-amazon-apigateway-api-key-source": source if source != "HEADER" else None,
            }
        )

    def _security(self, method: Document) -> list[Document]:
        """Name the schemes a caller must satisfy: https://spec.openapis.org/oas/v3.0.1."""
        demands: list[Document] = []
        authorizer = self.snapshot["authorizers"].get(method.get("authorizerId"))
        if method.get("authorizationType") == "AWS_IAM":
            demands.append({"sigv4": []})
        elif authorizer:
            demands.append({authorizer["name"]: method.get("authorizationScopes") or []})
        if method.get("apiKeyRequired"):
            demands.append({"api_key": []})
        return demands

    def _schemes(self) -> Document:
        methods = [
            method
            for each in self.snapshot["resources"]
            for method in each.get("resourceMethods", {}).values()
        ]
        asked = {name for method in methods for demand in self._security(method) for name in demand}
        schemes: Document = {}
        for each in self.snapshot["authorizers"].values():
            if each["name"] in asked:
                schemes[each["name"]] = self._authorizer_scheme(each)
        if "sigv4" in asked:
            schemes["sigv4"] = {"type": "apiKey", "name": "Authorization", "in": "header"}
            if self._has("authorizers"):
                schemes["sigv4"]["x-amazon-apigateway-authtype"] = "awsSigv4"
        if "api_key" in asked:
            schemes["api_key"] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
        return schemes

    def _authorizer_scheme(self, authorizer: Document) -> Document:
        source = authorizer.get("identitySource", "")
        header = re.fullmatch(r"method\.request\.header\.([^,]+)", source)
        scheme: Document = {
            "type": "apiKey",
            "name": header.group(1) if header else "Unused",
            "in": "header",
        }
        if not self._has("authorizers"):
            return scheme
        kind = authorizer["type"].lower()
        extension = {
            name: value
            for name, value in authorizer.items()
            if name not in ("id", "name", "type", "authType", "identitySource")
        }
        if kind == "request":
            extension["identitySource"] = source
        if kind == "cognito_user_pools":
            extension.pop("authorizerResultTtlInSeconds", None)
        custom = "cognito_user_pools" if kind == "cognito_user_pools" else "custom"
        return scheme | {
            "x-amazon-apigateway-authtype": authorizer.get("authType", custom),
            "x-amazon-apigateway-authorizer": extension | {"type": kind},
        }

    def _models(self, reference: str) -> Document:
        own = self.snapshot["models"]
        used: set[str] = set()
        for resource in self.snapshot["resources"]:
            for method in resource.get("resourceMethods", {}).values():
                used |= set(method.get("requestModels", {}).values())
                for response in method.get("methodResponses", {}).values():
                    used |= set((response.get("responseModels") or {}).values())
        models = {name: _BUILT_IN_MODELS[name] for name in sorted(used & set(_BUILT_IN_MODELS))}
        for name, model in own.items():
            schema = json.loads(model.get("schema") or "{}")
            models[name] = {key: value for key, value in schema.items() if key != "$schema"}
        text = re.sub(r"https://apigateway\.[^\"]+/models/", reference, json.dumps(models))
        written: Document = json.loads(text)
        return written


def _parameters(method: Document) -> list[tuple[str, str, bool]]:
    parameters = []
    for key, required in method.get("requestParameters", {}).items():
        _, _, location, name = key.split(".", 3)
        if location in _LOCATIONS:
            parameters.append((name, _LOCATIONS[location], bool(required)))
    return parameters


def _headers(response: Document) -> list[str]:
    prefix = "method.response.header."
    declared = response.get("responseParameters") or {}
    return [each.removeprefix(prefix) for each in declared if each.startswith(prefix)]


def _content(models: Document) -> Document:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{model}"}} for kind, model in models.items()}


def _swagger_response(status: str, response: Document) -> Document:
    models = list((response.get("responseModels") or {}).values())
    return present(
        {
            "description": f"{status} response",
            "schema": {"$ref": f"#/definitions/{models[0]}"} if models else None,
            "headers": {name: {"type": "string"} for name in _headers(response)} or None,
        }
    )


def _integration(integration: Document) -> Document:
    """Write x-amazon-apigateway-integration; its enumerations are in lower case, but for one."""
    responses = {
        each.get("selectionPattern") or "default": present(
            {
                "statusCode": each["statusCode"],
                "responseParameters": each.get("responseParameters") or None,
                "responseTemplates": each.get("responseTemplates") or None,
                "contentHandling": each.get("contentHandling"),
            }
        )
        for each in integration.get("integrationResponses", {}).values()
    }
    timeout = integration.get("timeoutInMillis")
    cached = integration.get("cacheKeyParameters") or None
    return present(
        {
            "connectionId": integration.get("connectionId"),
            "httpMethod": integration.get("httpMethod"),
            "uri": integration.get("uri"),
            "credentials": integration.get("credentials"),
            "responses": responses or None,
            "requestParameters": integration.get("requestParameters") or None,
            "requestTemplates": integration.get("requestTemplates") or None,
            "passthroughBehavior": (integration.get("passthroughBehavior") or "").lower() or None,
            "contentHandling": integration.get("contentHandling"),
            "timeoutInMillis": timeout if timeout != _DEFAULT_TIMEOUT else None,
            "connectionType": integration.get("connectionType"),
            "cacheNamespace": integration.get("cacheNamespace") if cached else None,
            "cacheKeyParameters": cached,
            "tlsConfig": integration.get("tlsConfig"),
            "type": integration["type"].lower(),
        }
    )


def _gateway_response(stored: Document) -> Document:
    """Write what was customised and nothing of what AWS fills in; the code as a number."""
    status = {"statusCode": int(stored["statusCode"])} if "statusCode" in stored else {}
    rest = {key: stored[key] for key in ("responseParameters", "responseTemplates") if key in stored}
    return status | rest
