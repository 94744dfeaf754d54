"""Reads the CORS settings of HTTP APIs chosen by id, name or glob.

The listing holds them, so two hundred APIs cost a page or two. Routes and stages, which only
findings need, cost two calls per API and are looked at only where few APIs are selected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from remediate.aws import DENIED, BotoCoreError, ClientError, error_code, to_aws_failure
from remediate.core.common_rules import ACCESS_DENIED
from remediate.core.document import Document, digest
from remediate.core.state import Reading, State, Unreadable, read_isolated
from remediate.errors import AwsFailure
from remediate.services.http_api.cors import configured, tidy
from remediate.services.http_api.deployment import pending
from remediate.services.http_api.facts import HttpApiFacts, StageFacts, facts_of
from remediate.services.http_api.routes import Route
from remediate.services.http_api.rules import WEBSOCKET_API

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client

    from remediate.aws import Aws
    from remediate.core.policy import Selector

KIND = "http_api"
PAGE = 100
CLOSE_LOOK = 50
"""Up to so many selected APIs, routes and stages are read too: 10 calls a second is the account's quota."""

DIRECT = 2
"""Up to so many ids are fetched one by one; for more, the listing is cheaper."""

ID = re.compile(r"[a-z0-9]{8,10}")


def read(aws: Aws, selectors: Sequence[Selector]) -> Iterator[Reading]:
    """Every selected API once; a WebSocket API named exactly is `Unreadable`, globs pass over it."""
    regions: dict[str | None, list[Selector]] = {}
    for selector in selectors:
        regions.setdefault(selector.region or aws.region, []).append(selector)
    states: list[State] = []
    for region, chosen in regions.items():
        for reading in _Region(aws, region, chosen).readings():
            if isinstance(reading, State):
                states.append(reading)
            else:
                yield reading
    if len(states) > CLOSE_LOOK:
        why = f"more than {CLOSE_LOOK} APIs are selected"
        yield from (_unlooked(state, why) for state in states)
    else:
        yield from aws.map_concurrently(
            lambda state: read_isolated(
                partial(_closely, aws, state), state.address, KIND, state.selected_by
            ),
            states,
        )


def names(aws: Aws, region: str | None) -> Iterator[str]:
    """The ids and names of the region's HTTP APIs."""
    client: ApiGatewayV2Client = aws.client("apigatewayv2", region)
    with aws.translated_errors("apigatewayv2:GetApis"):
        for page in client.get_paginator("get_apis").paginate(PaginationConfig={"PageSize": PAGE}):
            for api in page.get("Items", []):
                if api.get("ProtocolType", "HTTP") == "HTTP":
                    yield from (str(name) for name in (api.get("ApiId"), api.get("Name")) if name)


@dataclass(frozen=True)
class _Region:
    """The selectors of one region and the APIs that they mean."""

    aws: Aws
    region: str | None
    wanted: list[Selector]

    def readings(self) -> Iterator[Reading]:
        try:
            client: ApiGatewayV2Client = self.aws.client("apigatewayv2", self.region)
        except AwsFailure as error:
            yield from self._unlisted(error)
            return
        if len(self.wanted) <= DIRECT and all(ID.fullmatch(selector.pattern) for selector in self.wanted):
            direct = [
                self._by_id(client, selector) for selector in {s.pattern: s for s in self.wanted}.values()
            ]
            if all(direct) or not any(selector.is_written for selector in self.wanted):
                yield from (reading for reading in direct if reading)
                return
        try:
            for page in client.get_paginator("get_apis").paginate(PaginationConfig={"PageSize": PAGE}):
                for api in page.get("Items", []):
                    reading = self._reading(api)
                    if reading:
                        yield reading
        except (ClientError, BotoCoreError) as error:
            yield from self._unlisted(
                to_aws_failure(error, f"apigatewayv2:GetApis in {client.meta.region_name}")
            )

    def _by_id(self, client: ApiGatewayV2Client, selector: Selector) -> Reading | None:
        """The API of that id; None where there is none, because it may still be a name."""
        try:
            return self._reading(client.get_api(ApiId=selector.pattern))
        except (ClientError, BotoCoreError) as error:
            if error_code(error) == "NotFoundException":
                return None
            failure = to_aws_failure(error, f"apigatewayv2:GetApi of {selector.pattern}")
            return self._unreadable(selector.pattern, failure, (selector,))

    def _reading(self, api: Mapping[str, Any]) -> Reading | None:
        address = f"{KIND}/{api.get('ApiId')}"
        names = (str(name) for name in (api.get("ApiId"), api.get("Name")) if name)
        selected_by = tuple(selector for selector in self.wanted if selector.matches(*names))
        return read_isolated(partial(self._read, api), address, KIND, selected_by)

    def _read(self, api: Mapping[str, Any]) -> Reading | None:
        identifier, name = str(api["ApiId"]), str(api.get("Name") or "")
        selected_by = tuple(selector for selector in self.wanted if selector.matches(identifier, name))
        if api.get("ProtocolType", "HTTP") != "HTTP":
            selected_by = tuple(selector for selector in selected_by if not selector.is_glob)
            return _websocket(identifier, name, selected_by) if selected_by else None
        if not selected_by:
            return None
        config = document(api)
        region = self.region or str(self.aws.client("apigatewayv2", None).meta.region_name)
        is_disabled = bool(api.get("DisableExecuteApiEndpoint"))
        return State(
            address=f"{KIND}/{identifier}",
            service=KIND,
            region=region,
            config=config,
            revision=digest(config),
            names=(identifier, name),
            group=f"{KIND}/{identifier}",
            facts=HttpApiFacts(tags=dict(api.get("Tags") or {})),
            hosts=() if is_disabled else _hosts(api),
            disabled_hosts=_hosts(api) if is_disabled else (),
            selected_by=selected_by,
            label=name,
        )

    def _unlisted(self, error: AwsFailure) -> Iterator[Unreadable]:
        for selector in self.wanted:
            yield self._unreadable(selector.pattern, error, (selector,))

    @staticmethod
    def _unreadable(name: str, error: AwsFailure, selected_by: tuple[Selector, ...]) -> Unreadable:
        denied = error.code in DENIED
        return Unreadable(
            address=f"{KIND}/{name}",
            service=KIND,
            code=ACCESS_DENIED.code if denied else error.code,
            message=error.message,
            hint="The credentials lack apigateway:GET on /apis." if denied else error.hint,
            selected_by=selected_by,
        )


def document(api: Mapping[str, Any]) -> Document | None:
    """`{"CorsConfiguration": {...}}` from an answer of GetApi or GetApis; None where it has none."""
    cors = configured(api)
    return None if cors is None else {"CorsConfiguration": tidy(cors)}


def _hosts(api: Mapping[str, Any]) -> tuple[str, ...]:
    """The default endpoint's host; custom domain names are another resource."""
    try:
        host = urlsplit(str(api.get("ApiEndpoint") or "")).hostname
    except ValueError:
        return ()
    return (host,) if host else ()


def _websocket(identifier: str, name: str, selected_by: tuple[Selector, ...]) -> Unreadable:
    return Unreadable(
        address=f"{KIND}/{identifier}",
        service=KIND,
        code=WEBSOCKET_API.code,
        message=f"{name or identifier} is a WebSocket API, and those have no CORS settings.",
        hint="Take it out of the plan. To keep origins out, check the Origin header in its $connect route.",
        selected_by=selected_by,
    )


def _unlooked(state: State, why: str) -> State:
    """The state with the reason why its routes and stages were not looked at."""
    facts: HttpApiFacts = {**facts_of(state), "unlooked": why}
    return replace(state, facts=facts)


def _closely(aws: Aws, state: State) -> State:
    """The state with its routes and stages as facts; where they may not be read, with the reason."""
    client: ApiGatewayV2Client = aws.client("apigatewayv2", state.region)
    identifier = state.names[0]
    facts: HttpApiFacts = {**facts_of(state)}
    try:
        pages = client.get_paginator("get_routes").paginate(ApiId=identifier)
        facts["routes"] = [_route(route) for page in pages for route in page.get("Items", [])]
        stages = client.get_paginator("get_stages").paginate(ApiId=identifier)
        facts["stages"] = [
            _stage(client, identifier, stage) for page in stages for stage in page.get("Items", [])
        ]
    except (ClientError, BotoCoreError) as error:
        facts["unlooked"] = to_aws_failure(error, f"routes and stages of {state.label or identifier}").message
    return replace(state, facts=facts)


def _route(route: Any) -> Route:
    members = ("RouteKey", "AuthorizationType", "AuthorizerId", "ApiKeyRequired", "Target")
    return {member: route[member] for member in members if member in route}


def _stage(client: ApiGatewayV2Client, identifier: str, stage: Any) -> StageFacts:
    stage_facts: StageFacts = {"StageName": stage["StageName"], "AutoDeploy": bool(stage.get("AutoDeploy"))}
    if not stage_facts["AutoDeploy"]:
        waiting = pending(client, identifier, stage["StageName"])
        stage_facts["CorsPending"], stage_facts["OthersPending"] = waiting.cors, waiting.others
    return stage_facts
