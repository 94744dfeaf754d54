"""Reads every selected stage: what it serves, and what is edited behind it; in few calls.

Per region one listing of the APIs; per API its stages, its resources with their methods, and its
gateway responses; per deployment one export. Stages that share a deployment serve the same thing
(variables and stage settings change no method), so they share its export.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from remediate.aws import DENIED, Aws, ClientError, error_code
from remediate.core.common_rules import ACCESS_DENIED
from remediate.core.document import Document, digest
from remediate.core.globs import name_matches
from remediate.core.policy import Selector
from remediate.core.state import Reading, State, Unreadable, read_isolated
from remediate.errors import AwsFailure
from remediate.services.rest_api import normal_form
from remediate.services.rest_api.facts import RestApiFacts
from remediate.services.rest_api.resource_policy import policy_facts
from remediate.services.rest_api.rules import MISSING_API, NO_STAGES, THROTTLED, UNKNOWN_STAGE
from remediate.services.rest_api.settings import KIND
from remediate.services.rest_api.stage_export import Served, served_by_stage

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

PAGE = 500
ID = re.compile(r"(?=.*\d)[a-z0-9]{10}")
"""Ids have ten characters; a name of as many seldom has a digit in it."""

CHOSE_NOTHING = frozenset({NO_STAGES.code, UNKNOWN_STAGE.code})


@dataclass(frozen=True, slots=True)
class Api:
    """One API to read, and the selectors that chose it."""

    region: str
    document: Document
    selectors: tuple[Selector, ...]

    @property
    def id(self) -> str:
        """The API's id."""
        return str(self.document["id"])

    @property
    def group(self) -> str:
        """The address of the API as a whole."""
        return f"{KIND}/{self.id}"

    @property
    def is_disabled(self) -> bool:
        """Return whether its default endpoint refuses every request."""
        return bool(self.document.get("disableExecuteApiEndpoint"))

    @property
    def names(self) -> tuple[str, ...]:
        """The id, and the name where there is one."""
        name = str(self.document.get("name") or "")
        return (self.id, name) if name else (self.id,)


@dataclass(frozen=True, slots=True)
class ApiDefinition:
    """What is edited: the same for all stages of an API."""

    resources: tuple[Document, ...]
    gateway_responses: tuple[Document, ...]
    binary_media_types: tuple[str, ...]

    @property
    def config(self) -> dict[str, Any]:
        """In the compared form."""
        return normal_form.config(self.resources, self.gateway_responses, self.binary_media_types)

    def revision(self, stage: Document) -> str:
        """Of what a plan for that stage is computed from. A deployment never changes."""
        return digest(
            [
                sorted(self.resources, key=lambda item: str(item.get("path", ""))),
                sorted(self.gateway_responses, key=lambda item: str(item.get("responseType", ""))),
                sorted(self.binary_media_types),
                stage.get("deploymentId"),
                stage.get("canarySettings"),
            ]
        )


def read(aws: Aws, selectors: Sequence[Selector]) -> Iterator[Reading]:
    """Every selected stage once; APIs or stages that cannot be read are `Unreadable`."""
    by_region: dict[str, list[Selector]] = {}
    for selector in selectors:
        by_region.setdefault(selector.region or aws.region or "", []).append(selector)
    chosen: list[Api] = []
    for region, selected in by_region.items():
        try:
            client: APIGatewayClient = aws.client("apigateway", region or None)
            documents = _named_by_id(aws, client, selected)
            if documents is None:
                with aws.translated_errors("apigateway:GetRestApis"):
                    documents = [api for page in pages(client, "get_rest_apis") for api in page]
        except AwsFailure as error:
            yield from (
                _unreadable(f"{KIND}/{chosen_selector.pattern}", error, (chosen_selector,))
                for chosen_selector in selected
            )
            continue
        for document in documents:
            names = (str(document["id"]), str(document.get("name") or ""))
            matching = tuple(
                chosen_selector
                for chosen_selector in selected
                if chosen_selector.matches(*(name for name in names if name))
            )
            if matching:
                chosen.append(Api(region, document, matching))
    readings = list(aws.map_concurrently(lambda api: _read_alone(aws, api), chosen))
    stages_of = {api.group: _stages_of(of_api) for api, of_api in zip(chosen, readings, strict=True)}
    for api, of_api in zip(chosen, readings, strict=True):
        if stages_of[api.group]:
            yield from of_api
            continue
        for reading in of_api:
            # Nothing of this API was chosen. That is worth saying unless a glob of the plan found
            # its stages elsewhere.
            elsewhere = any(
                selector.is_glob and stages_of[other_api.group]
                for selector in api.selectors
                for other_api in chosen
                if selector in other_api.selectors
            )
            chose_nothing = isinstance(reading, Unreadable) and reading.code in CHOSE_NOTHING
            if not (chose_nothing and elsewhere):
                yield reading


def _named_by_id(aws: Aws, client: Any, chosen: Sequence[Selector]) -> list[Document] | None:
    """A single API that is named by its id, fetched by it; None where the listing must tell."""
    (only, *more) = {selector.pattern for selector in chosen}
    if more or not ID.fullmatch(only):
        return None
    with aws.translated_errors(f"apigateway:GetRestApi of {only}"):
        try:
            return [client.get_rest_api(restApiId=only)]
        except ClientError as error:
            if error_code(error) == "NotFoundException" and not any(
                selector.is_written for selector in chosen
            ):
                return []
            # A name may look like an id: then it is not found, or nobody may ask for it. The listing tells.
            if error_code(error) in {"NotFoundException", *DENIED}:
                return None
            raise


def _stages_of(states_read: list[Reading]) -> bool:
    return any(isinstance(reading, State) for reading in states_read)


def names(aws: Aws, region: str | None) -> Iterator[str]:
    """The ids and names of the region's REST APIs."""
    client: APIGatewayClient = aws.client("apigateway", region)
    with aws.translated_errors("apigateway:GetRestApis"):
        for page in pages(client, "get_rest_apis"):
            for api in page:
                yield from (str(name) for name in (api.get("id"), api.get("name")) if name)


def pages(client: Any, operation: str, **parameters: Any) -> Iterator[list[Any]]:
    """Every page of a listing."""
    position: str | None = None
    while True:
        more = {"position": position} if position else {}
        answer = getattr(client, operation)(limit=PAGE, **parameters, **more)
        yield answer.get("items") or answer.get("item") or []
        position = answer.get("position")
        if not position:
            return


def read_definition(aws: Aws, client: Any, document: Document) -> ApiDefinition:
    """Return what is edited; two calls for up to 500 resources. Raises `AwsFailure`."""
    api = str(document["id"])
    with aws.translated_errors(f"apigateway:GetResources of {api}"):
        resources = [
            item
            for page in pages(client, "get_resources", restApiId=api, embed=["methods"])
            for item in page
            if item.get("resourceMethods")
        ]
    with aws.translated_errors(f"apigateway:GetGatewayResponses of {api}"):
        gateways = [item for page in pages(client, "get_gateway_responses", restApiId=api) for item in page]
    return ApiDefinition(tuple(resources), tuple(gateways), tuple(document.get("binaryMediaTypes") or ()))


def stages(client: Any, api: str) -> dict[str, Document]:
    """The stages by name."""
    items = client.get_stages(restApiId=api).get("item") or []
    return {str(stage["stageName"]): stage for stage in items}


def _read_alone(aws: Aws, api: Api) -> list[Reading]:
    read = read_isolated(partial(_read_api, aws, api), api.group, KIND, api.selectors)
    return [read] if isinstance(read, Unreadable) else read


def _read_api(aws: Aws, api: Api) -> list[Reading]:
    client: APIGatewayClient = aws.client("apigateway", api.region or None)
    try:
        with aws.translated_errors(f"apigateway:GetStages of {api.id}"):
            existing = stages(client, api.id)
        chosen = {name: _selectors(api, name) for name in sorted(existing)}
        if not any(chosen.values()):
            return [_nothing(api, tuple(sorted(existing)))]
        edited = read_definition(aws, client, api.document)
        config = edited.config
    except AwsFailure as error:
        return [_unreadable(api.group, error, api.selectors)]
    states_read: list[Reading] = []
    exports: dict[str, Served | AwsFailure] = {}
    for name, selectors in chosen.items():
        if not selectors:
            continue
        deployment = str(existing[name].get("deploymentId") or "")
        if deployment not in exports:
            exports[deployment] = served_by_stage(client, api.id, name, config)
        live = exports[deployment]
        if isinstance(live, AwsFailure):
            states_read.append(_unreadable(f"{api.group}/{name}", live, selectors))
            continue
        states_read.append(_state(api, edited, config, live, existing, name, selectors))
    return states_read


def _selectors(api: Api, stage: str) -> tuple[Selector, ...]:
    def means(selector: Selector) -> bool:
        patterns = selector.options.get("stages") or ()
        return not patterns or any(name_matches(str(pattern), stage) for pattern in patterns)

    return tuple(selector for selector in api.selectors if means(selector))


def _state(  # noqa: PLR0917 - what one stage is made of
    api: Api,
    edited: ApiDefinition,
    config: Document,
    live: Served,
    existing: dict[str, Document],
    name: str,
    selectors: tuple[Selector, ...],
) -> State:
    stage = existing[name]
    facts: RestApiFacts = {
        "stage": name,
        "stages": tuple(sorted(existing)),
        "edited": config,
        "unseen": live.unseen,
        "canary": bool(stage.get("canarySettings")),
        "deploymentId": str(stage.get("deploymentId") or ""),
        "cached": bool(stage.get("cacheClusterEnabled")),
        "web_acl": str(stage.get("webAclArn") or ""),
        **policy_facts(live.policy or api.document.get("policy")),
        "variables": dict(stage.get("variables") or {}),
        "endpointTypes": tuple((api.document.get("endpointConfiguration") or {}).get("types") or ()),
        "tags": {**(api.document.get("tags") or {}), **(stage.get("tags") or {})},
    }
    return State(
        address=f"{api.group}/{name}",
        service=KIND,
        region=api.region,
        config=live.config,
        revision=edited.revision(stage),
        names=api.names,
        group=api.group,
        facts=facts,
        hosts=() if api.is_disabled else (_host(api),),
        disabled_hosts=(_host(api),) if api.is_disabled else (),
        upstreams=_upstreams(live.config),
        selected_by=selectors,
        label=str(api.document.get("name") or ""),
    )


def _nothing(api: Api, existing: tuple[str, ...]) -> Unreadable:
    """An API of which no stage was chosen: an error, for a target that names nothing changes nothing."""
    label = str(api.document.get("name") or api.id)
    if not existing:
        return Unreadable(
            api.group,
            KIND,
            NO_STAGES.code,
            f"The API {label} has no stage, so it serves nothing and nothing was compared.",
            "Deploy it to a stage, or take it out of the plan.",
            api.selectors,
            gone=True,
        )
    asked = sorted(
        {str(stage) for selector in api.selectors for stage in selector.options.get("stages") or ()}
    )
    return Unreadable(
        api.group,
        KIND,
        UNKNOWN_STAGE.code,
        f"The API {label} has no stage {', '.join(asked)}; it has {', '.join(existing)}.",
        "Correct `stages:` or create the stage.",
        api.selectors,
        gone=True,
    )


def _host(api: Api) -> str:
    suffix = "amazonaws.com.cn" if api.region.startswith("cn-") else "amazonaws.com"
    return f"{api.id}.execute-api.{api.region}.{suffix}"


def _upstreams(config: Document) -> tuple[str, ...]:
    """Hosts of HTTP integrations."""
    uris = (
        str((method.get("methodIntegration") or {}).get("uri") or "")
        for method in normal_form.methods_of(config).values()
    )
    hosts = (_hostname(uri) for uri in uris if uri.startswith(("http://", "https://")))
    return tuple(sorted({host for host in hosts if host}))


def _hostname(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def _unreadable(address: str, error: AwsFailure, selectors: tuple[Selector, ...]) -> Unreadable:
    return Unreadable(
        address=address,
        service=KIND,
        code=_word(error.code),
        message=error.message,
        hint=error.hint,
        selected_by=selectors,
        gone=error.code == "NotFoundException",
    )


def _word(code: str) -> str:
    return {
        "AccessDeniedException": ACCESS_DENIED.code,
        "AccessDenied": ACCESS_DENIED.code,
        "NotFoundException": MISSING_API.code,
        "TooManyRequestsException": THROTTLED.code,
    }.get(code, code)
