"""The findings about dangers that stand in live settings, and that a plan does not change."""

from __future__ import annotations

from remediate.core.finding import Level, Topic
from remediate.core.rules import Rule

ANY_ORIGIN = Rule(
    "any-origin",
    Level.WARN,
    summary="The settings let pages of every website in, and no plan asks for that.",
    meaning=(
        "Somebody else allowed every origin, and `mode: merge` takes nothing away from anybody: the plan may "
        "have nothing to change while the resource is open. A page of an origin that no setting names was "
        "judged with the browser's rules and gets in, or its preflight is answered and the rest depends on "
        "the backend."
    ),
    example=(
        "live     AllowedOrigins: [*] in a bucket's rule that is not the plan's\n"
        "plan     origins: [https://app.example.com]\n"
        "request  GET from https://any-other-origin.example\n"
        "answer   Access-Control-Allow-Origin: *"
    ),
    fix="Remove it by hand, or set `mode: exact` on this target. List `*` in the plan if everybody is meant.",
    topic=Topic.ACCESS,
)
ANY_ORIGIN_WITH_CREDENTIALS = Rule(
    "any-origin-with-credentials",
    Level.WARN,
    summary="The settings let pages of every website in with cookies, and no plan asks for that.",
    meaning=(
        "Whatever website a logged-in user visits can send requests with that user's cookies and read the "
        "answers. Somebody else made the settings so, and `mode: merge` takes nothing away from anybody. "
        "Settings that echo the caller's origin, as `https://*` in a bucket's rule does, have this effect."
    ),
    example=(
        "live     AllowedOrigins: [https://*] in a rule that is not the plan's\n"
        "request  GET with cookies from https://any-other-origin.example\n"
        "answer   Access-Control-Allow-Origin: https://any-other-origin.example\n"
        "         Access-Control-Allow-Credentials: true"
    ),
    fix="Remove it by hand, or set `mode: exact` on this target.",
    topic=Topic.ACCESS,
)
UNSAFE_ORIGIN = Rule(
    "unsafe-origin",
    Level.WARN,
    summary="The settings let in an origin that anybody can have a page of, and no plan lists it.",
    meaning=(
        "`null` is the origin of every sandboxed frame, an http:// page can be changed by whoever is on the "
        "network, and a wildcard under a public suffix (https://*.vercel.app) covers the customers of a "
        "hosting company. Somebody else allowed it, and `mode: merge` takes nothing away from anybody."
    ),
    example=(
        "live     AllowOrigins: [https://app.example.com, null]\n"
        "plan     origins: [https://app.example.com]\n"
        "request  GET from a sandboxed frame of any website\n"
        "answer   Access-Control-Allow-Origin: null"
    ),
    fix="Remove it by hand, use `mode: exact` on this target, or list the origin in the plan.",
    topic=Topic.ACCESS,
)
