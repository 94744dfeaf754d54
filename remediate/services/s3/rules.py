"""The findings on S3 buckets, as `remediate rule CODE` explains them."""

from __future__ import annotations

from remediate.core.finding import Level, Topic
from remediate.core.rules import Rule

S3_ALWAYS_CREDENTIALS = Rule(
    "s3-always-credentials",
    Level.INFO,
    summary="S3 allows credentials to every origin that is listed by name or by pattern.",
    meaning=(
        "S3 sends `Access-Control-Allow-Credentials: true` to every origin that is not allowed by a bare "
        "`*`. `credentials: false` cannot be expressed. S3 itself knows no cookies; something in front of "
        "the bucket may, such as CloudFront with signed cookies."
    ),
    example=(
        "plan     allow: {credentials: false}\n"
        "live     AllowedOrigins: [https://app.example.com]\n"
        "request  GET from https://app.example.com\n"
        "answer   Access-Control-Allow-Origin: https://app.example.com\n"
        "         Access-Control-Allow-Credentials: true"
    ),
    fix="Nothing, unless the content depends on a visitor's cookies.",
)
WILDCARD_CROSSES_DOTS = Rule(
    "wildcard-crosses-dots",
    Level.INFO,
    summary="For S3, a `*` in an origin covers several levels of subdomains.",
    meaning=(
        "For S3 `*` is any run of characters, dots included. A pattern for one level of subdomains lets "
        "deeper ones in too; they belong to the same domain."
    ),
    example=(
        'plan     origins: ["https://*.example.com"]\n'
        "meant    https://app.example.com\n"
        "also in  https://a.b.example.com"
    ),
    fix="List the origins by name if only one level is meant.",
)
WILDCARD_TOO_WIDE = Rule(
    "wildcard-too-wide",
    Level.WARN,
    summary="For S3, the `*` in an origin reaches domains of other people.",
    meaning=(
        "For S3 `*` is any run of characters: letters, dots, colons and slashes. Without a dot and a "
        "whole domain after it, the pattern covers names that anybody can register."
    ),
    example=(
        'plan     origins: ["https://*example.com"]\n'
        "meant    https://app.example.com\n"
        "also in  https://evilexample.com"
    ),
    fix="Put a dot and the whole domain after the `*`, like https://*.example.com, or list the origins.",
    topic=Topic.ACCESS,
)
OPTIONS_NEEDS_NO_LISTING = Rule(
    "options-needs-no-listing",
    Level.INFO,
    summary="S3 answers OPTIONS by itself, so the method was left out of the rule.",
    meaning=(
        "A rule takes the methods GET, PUT, POST, DELETE and HEAD. A preflight needs none of its own: S3 "
        "answers it for every method that a rule lists."
    ),
    example=("plan     allow: {methods: [GET, OPTIONS]}\nwritten  AllowedMethods: [GET]"),
    fix="Nothing.",
)
SHADOWED_BY_FOREIGN_RULE = Rule(
    "shadowed-by-foreign-rule",
    Level.WARN,
    summary="A rule of others answers before the plan's rule, and answers less.",
    meaning=(
        "S3 answers with the first rule that matches a request; it never combines two. A rule of others "
        "matches origins and methods of the plan and stands first, and it lacks credentials or exposed "
        "headers that the plan asks for. The plan's rule cannot go first without taking something from "
        "callers of the other one."
    ),
    example=(
        "live     rule 1: https://app.example.com, GET, exposes x-request-id\n"
        "plan     rule 2: https://app.example.com, GET, exposes etag\n"
        "request  GET from https://app.example.com\n"
        "answer   rule 1 answers: the script can read x-request-id, and not etag"
    ),
    fix="Give that rule what it lacks, or remove it, or own the whole list with `mode: exact`.",
    topic=Topic.TODO,
)
RETIRED_ORIGIN_IN_FOREIGN_RULE = Rule(
    "retired-origin-in-foreign-rule",
    Level.WARN,
    summary="An origin that the plan gave up is still allowed by a rule of others.",
    meaning=(
        "The plan no longer lists the origin, or its `expires` has passed, and it is gone from the plan's "
        "own rule. Another rule of the bucket lists it too. That rule is not this plan's, so it stays."
    ),
    example=(
        "plan     {origin: https://old.example, expires: 2026-01-01T00:00:00Z}\n"
        "live     a rule of others: AllowedOrigins: [https://old.example]\n"
        "request  GET from https://old.example\n"
        "after    allowed"
    ),
    fix="Ask whose rule it is and remove the origin there.",
    topic=Topic.TODO,
)
OTHER_REGION = Rule(
    "other-region",
    Level.INFO,
    summary="The bucket is not in the region where the plan expects it.",
    meaning=(
        "The bucket is read and written where it is. A page must call the host name of that region: "
        "elsewhere S3 answers with a redirect, and a browser does not follow one for a preflight. Where "
        "S3 does not say in which region the bucket is, it could not be read (exit code 1)."
    ),
    example=(
        "plan     s3: uploads, region: eu-west-1\n"
        "live     uploads is in eu-central-1\n"
        "request  OPTIONS https://uploads.s3.eu-west-1.amazonaws.com/key\n"
        "after    blocked: the preflight is redirected"
    ),
    fix="Set `region:` of the target, and let pages call the host name of that region.",
)
NO_VARY_WITHOUT_MATCH = Rule(
    "no-vary-without-match",
    Level.INFO,
    summary="Where no rule matches, S3 sends no `Vary: Origin`; a cache in front must key on Origin.",
    meaning=(
        "S3 answers a request that no rule matches, or that has no Origin, without CORS headers and "
        "without Vary. A distribution without Origin in its cache key keeps that answer and gives it to "
        "pages that are allowed."
    ),
    example=(
        "first    GET /logo.svg without Origin: an answer without CORS headers\n"
        "cache    keeps the answer under a key without Origin\n"
        "second   GET /logo.svg from https://app.example.com\n"
        "after    blocked: the page gets the answer that was kept"
    ),
    fix="Nothing, as long as the plan's `paths` for the distribution cover the behaviors that lead here.",
)
DIRECTORY_BUCKET = Rule(
    "directory-bucket",
    Level.WARN,
    summary="A directory bucket (S3 Express One Zone) has no CORS settings.",
    meaning="S3 has CORS for general purpose buckets only. No page can call a directory bucket directly.",
    example=("plan     s3: fast--use1-az4--x-s3\nafter    1 could not be read"),
    fix="Take it out of the plan; a browser can only be let in by something in front of it.",
    topic=Topic.FAILURE,
)
MISSING_BUCKET = Rule(
    "missing-bucket",
    Level.WARN,
    summary="There is no bucket of that name.",
    meaning=(
        "S3 answered that the bucket does not exist. That is an error (exit code 1), and not a bucket "
        "without CORS settings."
    ),
    example=("plan     s3: uplaods\ncall     s3:GetBucketCors of uplaods\nanswer   404 NoSuchBucket"),
    fix="Check the name in the plan; `aws s3api list-buckets` shows the buckets of the account.",
    topic=Topic.FAILURE,
)
INVALID_NAME = Rule(
    "invalid-name",
    Level.WARN,
    summary="The target cannot be the name of a bucket.",
    meaning=(
        "The name of a bucket consists of lower-case letters, digits, dots and hyphens. A URL or a path "
        "to an object is not a name."
    ),
    example=('plan     s3: "s3://uploads/incoming"\nmeant    s3: uploads'),
    fix="Write the bare name, without s3:// or a path.",
    topic=Topic.FAILURE,
)
