"""API Gateway REST APIs: one stage of one API is one resource, at `rest_api/ID/STAGE`.

A REST API has no CORS settings. CORS is made of OPTIONS methods, of headers on the responses of
other methods, and of the gateway's own error responses; all of it takes effect only with a
deployment, which is a snapshot of the whole API. The rooms:

- `settings`  target options, rates, error types, quoting
- `shape`     the one form in which what is edited and what is served compare
- `export`    a stage's export decoded into that form: what the stage serves
- `read`      the calls that bring both, few of them
- `grants`    who may do what, as a value; how a policy meets what is there
- `syntax`, `vtl`, `velocity`  parse and run the templates that CORS is written in; `velocity_methods`
  and `velocity_regex` are Java's strings, lists and patterns, `velocity_request` what a template reads
- `velocity_origins`, `velocity_watch`  to which origins a template answers, found out by running it
- `verdicts`  whether a template that is no list serves a plan, and whom it should not let in
- `lists`     write and recognise the template that answers several origins
- `routing`   which method AWS runs for a request
- `preflight` read and write an OPTIONS method
- `responses` headers on non-proxy methods and on gateway responses
- `undeployed` whose edits a deployment would publish besides ours
- `rules`     the findings that only this service makes
- `findings`  their sentences
- `desired`   all of these put together
- `steps`, `write`  the calls, as a pure list and as deeds
- `answer`    what AWS would reply
- `owner`     who manages the API, and its settings in that tool's language
- `events`    which CloudTrail records tell that a stage serves something else
- `permissions` what IAM must allow

A deployment is at once in force for new requests, so there is nothing to settle.
"""

from __future__ import annotations

from collections.abc import Callable

from remediate.aws import Aws
from remediate.core.plan import Change
from remediate.services.rest_api.answer import answer
from remediate.services.rest_api.desired import desired
from remediate.services.rest_api.events import EVENT_SOURCE, EVENTS, affects, resource_id
from remediate.services.rest_api.find_by_host import find_by_host
from remediate.services.rest_api.gate import gate
from remediate.services.rest_api.near_miss import methods_at, narrowest_options, near_miss
from remediate.services.rest_api.permissions import addressed, permissions
from remediate.services.rest_api.read import read
from remediate.services.rest_api.serving import answer_config, cache_warning, path_within, sample_requests
from remediate.services.rest_api.settings import IDENTITY, OPTIONS, RATES, REGIONAL
from remediate.services.rest_api.tags import as_iac, tags
from remediate.services.rest_api.write import calls, context, write


def settle(aws: Aws, change: Change, *, wait: bool, on_progress: Callable[[str], None]) -> None:
    """Nothing to wait for: a stage serves a new deployment within seconds."""


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
