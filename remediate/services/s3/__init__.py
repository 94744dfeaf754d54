"""S3 buckets: one list of CORS rules per bucket, of which the first that matches decides.

The files of this folder, in the order in which they build on each other:

    rule.py             what one rule is: which requests it matches, when two rules mean the same
    get_cors.py         one GetBucketCors, and where it was answered
    read.py             buckets by name or glob, each in the region it lives in
    rule_for_policy.py  the one rule that a policy asks for, and what S3 cannot express of it
    desired.py          that rule put into the bucket's list, owned by its ID; all other rules stay
    marks.py            which rules bear a plan's ID, and what every rule allows
    limits.py           what S3 refuses as a whole: the number of rules, the size of the document
    rules.py            the findings that only this service makes
    write.py            read again, compare, put or delete the whole list (S3 knows nothing smaller)
    hosts.py            the host names that lead to buckets, taken apart
    serving.py          where a bucket is reached, and what can be asked there
    find_by_host.py     which bucket is behind a host name
    gate.py             what S3 answers before a bucket's rules are looked at
    answer.py           what S3 replies, to a preflight and to the request itself
    near_miss.py        which rule comes nearest to a preflight that none matches, and what it lacks
    tags.py             who manages the bucket, and the rules in that tool's language
    events.py           which CloudTrail records tell that a bucket's rules changed
    permissions.py      what IAM must allow

`State.config` is `{"CORSRules": [...]}` as GetBucketCors returns it, None where nothing is configured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from remediate.services.s3.answer import answer
from remediate.services.s3.desired import desired, mark_of, plan_marks
from remediate.services.s3.events import EVENT_SOURCE, EVENTS, affects, resource_id
from remediate.services.s3.find_by_host import find_by_host
from remediate.services.s3.gate import gate
from remediate.services.s3.marks import allowances
from remediate.services.s3.near_miss import methods_at, narrowest_options, near_miss
from remediate.services.s3.permissions import addressed, permissions
from remediate.services.s3.read import read
from remediate.services.s3.serving import answer_config, cache_warning, path_within, sample_requests
from remediate.services.s3.tags import as_iac, tags
from remediate.services.s3.write import calls, context, settle, write

if TYPE_CHECKING:
    from remediate.aws import Rate
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
    "allowances",
    "answer",
    "answer_config",
    "as_iac",
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

OPTIONS: Mapping[str, Option] = {}
"""A bucket has one list of rules: there is nothing to narrow a target down to."""

RATES: Mapping[str, Rate] = {}
"""S3 publishes no account-wide rate for bucket settings; retries with backoff suffice."""

REGIONAL = False
"""A bucket's name is unique in all regions."""

IDENTITY: Mapping[str, str] = {}
"""Rules are told apart by their place: S3 takes the first that matches, and an ID is optional."""
