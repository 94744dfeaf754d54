"""The findings on CloudFront distributions, as `remediate rule CODE` explains them."""

from __future__ import annotations

from remediate.core.finding import Level, Topic
from remediate.core.rules import Rule

POLICY_UNREADABLE = Rule(
    "policy-unreadable",
    Level.WARN,
    summary="The settings of a policy on a behavior are not known; the behavior stays as it is.",
    meaning=(
        "The behavior refers to a cache, origin request or response headers policy whose settings could "
        "not be read. A copy of it would lose what is not known, so none is made."
    ),
    example=(
        "live     behavior /api/*: CachePolicyId 1a2b3c4d-...\n"
        "call     cloudfront:ListCachePolicies\n"
        "answer   no policy of that id"
    ),
    fix=(
        "Let the credentials use cloudfront:ListCachePolicies, ListOriginRequestPolicies and "
        "ListResponseHeadersPolicies."
    ),
    topic=Topic.FAILURE,
)
WILDCARD_NOT_SUPPORTED = Rule(
    "wildcard-not-supported",
    Level.WARN,
    summary="A response headers policy cannot hold an origin of the plan; it was left out.",
    meaning=(
        "In a response headers policy `*` stands alone and without credentials, or is the whole leftmost "
        "label of a name. CloudFront refuses every other pattern."
    ),
    example=(
        'plan     answer: edge, origins: ["https://app-*.example.com"]\n'
        "request  GET from https://app-1.example.com\n"
        "after    blocked"
    ),
    fix="List the origins one by one, or let the origin answer (`answer: origin`).",
    topic=Topic.ACCESS,
)
WILDCARD_WITH_CREDENTIALS = Rule(
    "wildcard-with-credentials",
    Level.WARN,
    summary="With credentials, `*` in a list of headers is only a name; it was left out.",
    meaning=(
        "`*` stands for every header only where a request has no credentials. With cookies a browser "
        "looks for a header that is named `*`, and CloudFront refuses it in Access-Control-Allow-Headers."
    ),
    example=(
        'plan     answer: edge, allow: {headers: ["*"], credentials: true}\n'
        "request  PUT with cookies and content-type: application/json\n"
        "after    blocked: content-type is not listed"
    ),
    fix="List the headers by name.",
)
ORIGIN_HEADERS_WIN = Rule(
    "origin-headers-win",
    Level.INFO,
    summary="The policy on the behavior gives way to CORS headers that the origin sends.",
    meaning=(
        "The CORS section has OriginOverride: false, so the policy does not replace a header that the origin "
        "sends. Merging keeps that."
    ),
    example=(
        "live     CorsConfig: {OriginOverride: false}\n"
        "origin   Access-Control-Allow-Origin: https://other.example\n"
        "request  GET from https://app.example.com\n"
        "after    blocked: the header of the origin counts"
    ),
    fix="`mode: exact` lets the plan's headers win.",
)
CREDENTIALS_CONFLICT = Rule(
    "credentials-conflict",
    Level.WARN,
    summary="A CORS section with credentials and one without cannot be merged.",
    meaning=(
        "A response headers policy has one AllowCredentials for all its origins. The section that is "
        "there and the plan differ in it, so adding one to the other would change what somebody may do. "
        "The behavior's policy is left as it is."
    ),
    example=(
        "live     https://partner.example with credentials\n"
        "plan     https://app.example.com, allow: {credentials: false}\n"
        "after    as before"
    ),
    fix="Set `credentials` as it is there, or `mode: exact` if the plan lists everybody.",
)
SHARED_SECTION = Rule(
    "shared-section",
    Level.WARN,
    summary="All origins of a CORS section may use the methods and headers of both.",
    meaning=(
        "A response headers policy has one CORS section: one list of methods and one of headers for all "
        "its origins. The plan's origins gain what others configured, and those of others gain what the "
        "plan brings."
    ),
    example=(
        "live     https://partner.example may send GET\n"
        "plan     https://app.example.com may send PUT\n"
        "after    both may send GET and PUT"
    ),
    fix="Give the plan's paths a behavior of their own if that is too much.",
    topic=Topic.ACCESS,
)
EDGE_PREFLIGHT_STATUS = Rule(
    "edge-preflight-status",
    Level.WARN,
    summary="Preflights get their status from the origin, and a policy cannot change it.",
    meaning=(
        "With `answer: edge` CloudFront adds the CORS headers to what the origin answers. A browser also "
        "demands a status from 200 to 299 of a preflight, and an origin that answers OPTIONS with 403 "
        "fails it, whatever headers are added."
    ),
    example=(
        "live     the origin answers OPTIONS with 403\n"
        "edge     adds Access-Control-Allow-Origin: https://app.example.com\n"
        "request  PUT from https://app.example.com\n"
        "after    blocked: the preflight was answered 403"
    ),
    fix=(
        "Make the origin answer OPTIONS with 2xx (an S3 bucket does with a CORS rule), or check it with "
        "`remediate verify`."
    ),
    topic=Topic.TODO,
)
HEADER_LIMIT = Rule(
    "header-limit",
    Level.WARN,
    summary="A policy or whitelist has no room for the headers that CORS needs.",
    meaning=(
        "CloudFront takes at most 10 headers in a cache policy, an origin request policy and a legacy "
        "whitelist. The cache must be keyed on Origin where the answer depends on it, and the origin must "
        "get Origin and, for a preflight, Access-Control-Request-Method and "
        "Access-Control-Request-Headers."
    ),
    example=(
        "live     a cache policy with 10 headers, Origin not among them\n"
        "plan     needs Origin besides\n"
        "after    as before: all origins share one cached answer"
    ),
    fix="Drop headers that the origin does not need, or let the edge answer (`answer: edge`).",
)
NO_CACHE_SETTINGS = Rule(
    "no-cache-settings",
    Level.WARN,
    summary="A behavior shows neither a cache policy nor legacy settings; it stays as it is.",
    meaning=(
        "One of the two says what a behavior forwards and what it keys its cache on. Without either that "
        "is not known, so nothing is changed."
    ),
    example=("live     behavior /api/*: no CachePolicyId and no ForwardedValues\nafter    as before"),
    fix="Attach a cache policy to the behavior and plan again.",
)
HOST_FORWARDED = Rule(
    "host-forwarded",
    Level.WARN,
    summary="A behavior forwards the viewer's Host to an origin that needs its own.",
    meaning=(
        "API Gateway and Lambda function URLs answer 403 to a Host that is not theirs, and S3 finds the "
        "bucket by it. The error has no CORS headers, so a browser reports a CORS error."
    ),
    example=(
        "live     behavior /api/*: origin request policy AllViewer\n"
        "origin   a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com\n"
        "request  GET https://cdn.example.com/api/items\n"
        "answer   403"
    ),
    fix=(
        "Attach the managed origin request policy AllViewerExceptHostHeader, or take Host out of the "
        "forwarded headers and the cache key."
    ),
    topic=Topic.TODO,
)
ORIGIN_HARD_CODED = Rule(
    "origin-hard-coded",
    Level.WARN,
    summary="A custom header replaces the browser's Origin, so the answer is always for one origin.",
    meaning=(
        "The distribution adds the header Origin to every request to this origin, in place of the one "
        "that the browser sent. Whoever calls, the answer is for that constant."
    ),
    example=(
        "live     CustomHeaders: {HeaderName: Origin, HeaderValue: https://a.example}\n"
        "request  GET from https://b.example\n"
        "answer   Access-Control-Allow-Origin: https://a.example\n"
        "after    blocked"
    ),
    fix="Remove the custom header from the distribution's origin.",
    topic=Topic.TODO,
)
ANSWER_DEPENDS_ON_CODE = Rule(
    "answer-depends-on-code",
    Level.INFO,
    summary="A behavior runs code that can change headers and answer preflights itself.",
    meaning=(
        "A CloudFront Function or a Lambda@Edge function is attached. Settings do not show what its code "
        "does to an answer, so a verdict behind it is `unknown`."
    ),
    example=(
        "live     behavior /api/*: a function on viewer-response\n"
        "request  GET https://cdn.example.com/api/items\n"
        "after    unknown"
    ),
    fix="Check the functions, or the real answers with `remediate verify`.",
)
ERROR_PAGE_HIDES_FAILURE = Rule(
    "error-page-hides-failure",
    Level.WARN,
    summary="A custom error response turns failures into a page with status 2xx.",
    meaning=(
        "Single-page applications are often served so: 403 and 404 become /index.html with status 200. It "
        "holds for the whole distribution. A failed preflight or an API's error arrives as HTML without "
        "CORS headers, and the browser reports CORS."
    ),
    example=(
        "live     CustomErrorResponses: 404 becomes /index.html with 200\n"
        "request  GET https://cdn.example.com/api/items/9, which the API answers 404\n"
        "answer   200, HTML, without CORS headers"
    ),
    fix="Serve the single-page application's fallback by a function on its own behavior instead.",
    topic=Topic.TODO,
)
METHOD_NOT_SUPPORTED = Rule(
    "method-not-supported",
    Level.WARN,
    summary="CloudFront does not let a method through that the plan lists.",
    meaning=(
        "A behavior takes GET, HEAD, OPTIONS, POST, PUT, PATCH and DELETE. CloudFront itself answers any "
        "other method. A plan file takes the same seven, so this is found only where a policy was made "
        "without one."
    ),
    example=("plan     allow: {methods: [GET, TRACE]}\nafter    TRACE does not reach the origin"),
    fix="Leave it out of `methods`.",
    topic=Topic.ACCESS,
)
LEFT_ALONE = Rule(
    "left-alone",
    Level.INFO,
    summary="A staging or multi-tenant distribution is left alone.",
    meaning=(
        "Promoting a staging distribution overwrites the primary one, so CORS settings belong to the "
        "primary one. A distribution that serves tenants has settings that differ from tenant to tenant."
    ),
    example=("plan     cloudfront: E2EXAMPLE1\nlive     Staging: true\nafter    nothing is planned for it"),
    fix="Name the primary distribution. For tenants, change the template or set CORS at the origins.",
)
NO_SUCH_BEHAVIOR = Rule(
    "no-such-behavior",
    Level.WARN,
    summary="No behavior of the distribution has a path pattern that the plan names.",
    meaning=(
        "`paths:` are compared with the path patterns of the behaviors, and not with URLs. The finding "
        "lists the patterns that there are."
    ),
    example=(
        'plan     cloudfront: cdn.example.com, paths: ["/v2/*"]\n'
        "live     the behaviors /api/* and * (the default)\n"
        "after    nothing is planned for /v2/*"
    ),
    fix="Write the path pattern of one of its behaviors.",
    topic=Topic.FAILURE,
)
OWN_POLICY_EDITED = Rule(
    "own-policy-edited",
    Level.WARN,
    summary="Somebody edited a policy of this plan in place.",
    meaning=(
        "Policies that remediate makes are named after what they hold and never edited. The plan starts "
        "from what others had set and makes another one in its place; the finding names the origins that "
        "go with the edit. Where the plan has nothing to start from, the edited policy is left."
    ),
    example=(
        "live     remediate-webapp-response-headers-1a2b3c4d, to which somebody\n"
        "         added https://partner.example\n"
        "after    another policy is attached; https://partner.example is blocked"
    ),
    fix=(
        "List in the plan what is wanted of it. The edited policy itself stays, unattached, so that "
        "`remediate undo` can go back to it."
    ),
)
EDGE_ADDS_HEADERS = Rule(
    "edge-adds-headers",
    Level.WARN,
    summary="The edge adds CORS headers too, and they mix with what the origin answers.",
    meaning=(
        "The plan lets the origin answer (`answer: origin`), and a response headers policy on the "
        "behavior has a CORS section. What a browser gets may come from either. Merging takes nothing "
        "away from others, so the policy stays."
    ),
    example=(
        "live     behavior *: the response headers policy Managed-SimpleCORS\n"
        "plan     answer: origin, origins: [https://app.example.com]\n"
        "request  GET from https://any-other-origin.example\n"
        "origin   no Access-Control-Allow-Origin\n"
        "edge     Access-Control-Allow-Origin: *"
    ),
    fix="Detach it if the origin answers for everybody, or use `answer: edge`.",
)
