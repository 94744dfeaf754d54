"""API Gateway REST APIs: one stage of one API is one resource, at `rest_api/ID/STAGE`.

A REST API has no CORS settings. CORS is made of OPTIONS methods, of headers on the responses of
other methods, and of the gateway's own error responses; all of it takes effect only with a
deployment, which is a snapshot of the whole API. The files of this folder:

- `settings`       target options, rates, error types, quoting
- `normal_form`    the one form in which what is edited and what is served compare
- `export`, `stage_export`  a stage's export decoded into that form: what the stage serves
- `read`           the calls that bring both, few of them
- `cors_access`    who may do what, as a value; how a policy meets what is there
- `velocity/ast`, `velocity/parser`, `velocity/interpreter`  parse and run the templates that CORS is
  written in; `velocity/methods` and `velocity/regex` are Java's strings, lists and patterns,
  `velocity/request` what a template reads
- `velocity/origins`, `velocity/watch`  to which origins a template answers, found out by running it
- `velocity/origin_list`  write and recognise the template that answers several origins
- `verdicts`       whether a template that is no list serves a plan, and whom it should not let in
- `routing`        which method AWS runs for a request
- `preflight`      read and write an OPTIONS method
- `responses`      headers on non-proxy methods and on gateway responses
- `pending_edits`  whose edits a deployment would publish besides ours
- `rules`, `template_rules`  the findings that only this service makes
- `findings`       their sentences
- `desired`        all of these put together
- `api_calls`, `write`  the calls as a pure list, and the sending of them
- `repeated`       calls that were sent twice because the first answer was lost on the way
- `serving`, `find_by_host`  where a stage is reached, and which stage is behind a host name
- `gate`, `resource_policy`  what the API answers before its methods are looked at
- `answer`         what AWS would reply
- `integration`    which function stands behind a method
- `near_miss`      what a request lacks that the API refuses
- `tags`           who manages the API, and its settings in that tool's language
- `events`         which CloudTrail records tell that a stage serves something else
- `permissions`    what IAM must allow

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
from remediate.services.rest_api.integration import integration
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
