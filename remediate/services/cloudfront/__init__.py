"""CloudFront distributions: what their behaviors let through, forward, key the cache on and add.

CloudFront has no CORS setting. Whether a browser is content depends on four things per behavior:
the allowed methods (`methods`), what reaches the origin and what is in the cache key
(`forwarding`), and the headers that a response headers policy adds (`edge_headers`). A plan
chooses who answers: the origin (`at_origin`), or CloudFront itself (`at_edge`).

`State.config` holds, in the API's own shape, of a DistributionConfig what matters to that:

    DefaultCacheBehavior, CacheBehaviors  their CORS members; only `documents.WRITTEN` is written
    Origins, OriginGroups                 ids, domain names, paths; no secrets
    CustomErrorResponses
    policies                              reference -> {"CachePolicyConfig": {…}} and its like

A reference is a policy's id, except for policies of ours: these are named after what they hold
(`owned_policies`), so a behavior refers to them by name, and `policies` carries what they hold. So
a config can be planned before its policies exist, and put back after they are gone. Managed cache and
origin request policies are not carried: their documentation (`managed_policies`) says what they do.

`read` lists, `desired` decides on a `distribution_draft`, `api_calls` says what a write will do,
`write` does it and waits, `answer` predicts replies and judges caches. `findings` are the findings about
the rest, `edited_policies` those about policies of ours that somebody edited in place; `rules` explains
the findings that only this service makes. `marks` tells which policies bear a plan's name, `tags` who
manages a distribution, `events` which CloudTrail records name one, `permissions` what IAM must allow.
`serving` and `find_by_host` tell where a distribution is reached and which one is behind a host name,
`gate` what CloudFront answers before the settings are looked at, `near_miss` what it refuses by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from remediate.aws import Rate
from remediate.core.policy import Option
from remediate.services.cloudfront.answer import (
    CacheJudgement,
    CacheRisk,
    answer,
    behavior_for,
    cache_verdict,
)
from remediate.services.cloudfront.api_calls import calls, context
from remediate.services.cloudfront.desired import desired
from remediate.services.cloudfront.events import EVENT_SOURCE, EVENTS, SHARED, affects, resource_id
from remediate.services.cloudfront.find_by_host import find_by_host
from remediate.services.cloudfront.gate import gate
from remediate.services.cloudfront.marks import allowances
from remediate.services.cloudfront.near_miss import methods_at, narrowest_options, near_miss
from remediate.services.cloudfront.owned_policies import mark_of, plan_marks
from remediate.services.cloudfront.permissions import addressed, permissions
from remediate.services.cloudfront.read import read
from remediate.services.cloudfront.serving import answer_config, cache_warning, path_within, sample_requests
from remediate.services.cloudfront.tags import as_iac, tags
from remediate.services.cloudfront.write import settle, write

__all__ = [
    "EVENTS",
    "EVENT_SOURCE",
    "IDENTITY",
    "OPTIONS",
    "RATES",
    "REGIONAL",
    "SHARED",
    "CacheJudgement",
    "CacheRisk",
    "addressed",
    "affects",
    "allowances",
    "answer",
    "answer_config",
    "as_iac",
    "behavior_for",
    "cache_verdict",
    "cache_warning",
    "calls",
    "context",
    "desired",
    "find_by_host",
    "gate",
    "mark_of",
    "methods_at",
    "narrowest_options",
    "near_miss",
    "path_within",
    "permissions",
    "plan_marks",
    "read",
    "resource_id",
    "sample_requests",
    "settle",
    "tags",
    "write",
]

OPTIONS: Mapping[str, Option] = {
    "paths": Option(
        "strings",
        'behaviors by path pattern; "*" is the default behavior; without it, all of them',
    ),
    "answer": Option(
        "choice",
        "who answers: origin (forward what it needs, key the cache on Origin) or edge (CloudFront "
        "adds the CORS headers)",
        default="origin",
        choices=("origin", "edge"),
    ),
}

RATES: Mapping[str, Rate] = {}
"""CloudFront's API rates are not published; botocore's adaptive retries keep within them."""

REGIONAL = False
"""A distribution belongs to no region."""

IDENTITY: Mapping[str, str] = {
    "CacheBehaviors.Items": "PathPattern",
    "Origins.Items": "Id",
    "CustomErrorResponses.Items": "ErrorCode",
}
