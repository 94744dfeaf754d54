"""HTTP APIs: one CorsConfiguration per API, which the gateway enforces by itself.

The files of this folder, in the order in which they build on each other:

    cors.py          the configuration as a value: its six members, and what AWS makes no difference of
    routes.py        which route a request meets, and whether an authorizer stands before it
    deployment.py    whether a stage that is deployed by hand would publish more than CORS
    read.py          APIs by id, name or glob, from the listing that already holds their CORS
    desired_cors.py  the configuration that a policy asks for, and what the service cannot express of it
    desired.py       that configuration merged into the live one, or in its place
    rules.py         the findings that only this service makes
    write.py         read again, compare, update all six members or delete, deploy where it must be
    serving.py       where an API is reached, and what can be asked there
    find_by_host.py  which API is behind a host name
    gate.py          what the API answers before its CORS settings are looked at
    answer.py        what the gateway replies, to a preflight and to the request itself
    integration.py   which function stands behind a route
    near_miss.py     what a request lacks that the API refuses
    tags.py          who manages the API, and its settings in that tool's language
    events.py        which CloudTrail records tell that its settings changed
    permissions.py   what IAM must allow

`State.config` is `{"CorsConfiguration": {...}}`, the part of GetApi's answer that UpdateApi takes
back, without the members that are empty; None where nothing is configured. The routes are in
`State.facts["routes"]`; `answer` takes both in one document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from remediate.aws import Rate
from remediate.services.http_api.answer import answer
from remediate.services.http_api.desired import desired
from remediate.services.http_api.events import EVENT_SOURCE, EVENTS, affects, resource_id
from remediate.services.http_api.find_by_host import find_by_host
from remediate.services.http_api.gate import gate
from remediate.services.http_api.integration import integration
from remediate.services.http_api.near_miss import methods_at, narrowest_options, near_miss
from remediate.services.http_api.permissions import addressed, permissions
from remediate.services.http_api.read import read
from remediate.services.http_api.serving import answer_config, cache_warning, path_within, sample_requests
from remediate.services.http_api.tags import as_iac, tags
from remediate.services.http_api.write import calls, context, settle, write

if TYPE_CHECKING:
    from remediate.core.policy import Option

__all__ = [
    "EVENTS",
    "EVENT_SOURCE",
    "IDENTITY",
    "OPTIONS",
    "RATES",
    "REGIONAL",
    "addressed",
    "affects",
    "answer",
    "answer_config",
    "as_iac",
    "cache_warning",
    "calls",
    "context",
    "desired",
    "find_by_host",
    "gate",
    "integration",
    "methods_at",
    "narrowest_options",
    "near_miss",
    "path_within",
    "permissions",
    "read",
    "resource_id",
    "sample_requests",
    "settle",
    "tags",
    "write",
]

OPTIONS: Mapping[str, Option] = {}
"""An API has one set of CORS settings for all stages and routes: nothing narrows a target down."""

RATES: Mapping[str, Rate] = {"apigatewayv2:*": Rate(10, 40)}
"""The account's quota for all API Gateway management calls together (developer guide, "Quotas")."""

REGIONAL = True
"""Two APIs in different regions may have one name."""

IDENTITY: Mapping[str, str] = {}
