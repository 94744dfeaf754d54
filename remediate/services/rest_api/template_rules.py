"""The rules about templates of people that decide whose origin is answered. It imports only the core."""

from __future__ import annotations

from remediate.core.finding import Level, Topic
from remediate.core.rules import Rule

TEMPLATE_LETS_STRANGERS_IN = Rule(
    "template-lets-strangers-in",
    Level.WARN,
    summary="A template answers origins that it does not name; the finding shows one.",
    meaning=(
        "The template compares the caller's origin with a pattern that is too loose, or looks for a text "
        "inside it. In Java's regular expressions an unescaped dot stands for any character, and `contains` "
        "is satisfied by a name that somebody else can register. The origin in the finding passes."
    ),
    example=(
        'live     #if($origin.matches("https://.*example.com"))\n'
        "request  GET from https://evilexample.com\n"
        "before   allowed: the pattern has no dot before the domain"
    ),
    fix=(
        "Compare with whole origins, or escape every dot of a pattern (Java: `[.]`). On OPTIONS `mode: "
        "exact` puts the plan's origins in the template's place."
    ),
    topic=Topic.TODO,
)
ORIGIN_READ_FROM_QUERY = Rule(
    "origin-read-from-query",
    Level.INFO,
    summary="A template takes the origin from the query string as well as from the header.",
    meaning=(
        'API Gateway\'s `$input.params("origin")` looks at the path and the query string before the headers. '
        "A URL with `?origin=...` gets the answer for another page's origin."
    ),
    example=(
        'live     #set($origin = $input.params("origin"))\n'
        "request  GET /items?origin=https://a.example from https://b.example\n"
        "answer   Access-Control-Allow-Origin: https://a.example"
    ),
    fix='Read `$input.params().header.get("Origin")`, and "origin" where that is empty.',
)
TEMPLATE_READS_ONE_SPELLING = Rule(
    "template-reads-one-spelling",
    Level.INFO,
    summary="A template reads the header Origin in one spelling only; both will be read.",
    meaning=(
        "Names of headers reach a template as the caller sent them: `Origin` over HTTP/1.1, `origin` over "
        "HTTP/2. A template that reads one of them answers only some callers. The plan writes the list anew "
        "so that both are read; the origins that it lists stay."
    ),
    example=(
        'live     #set($origin = $input.params().header.get("Origin"))\n'
        "request  OPTIONS over HTTP/2, with the header origin\n"
        "before   answered for no origin"
    ),
    fix="Nothing to do. The origins that the template lists stay.",
)
