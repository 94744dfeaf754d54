"""The findings on HTTP APIs, as `remediate rule CODE` explains them."""

from __future__ import annotations

from remediate.core.finding import Level, Topic
from remediate.core.rules import Rule

WILDCARD_IS_LITERAL_WITH_CREDENTIALS = Rule(
    "wildcard-is-literal-with-credentials",
    Level.WARN,
    summary="With credentials, a browser takes `*` in a list of headers literally.",
    meaning=(
        "`*` stands for every header only where a request has no credentials. With cookies a browser "
        "looks for a header that is named `*`, so every other one counts as not listed."
    ),
    example=(
        'plan     allow: {headers: ["*"], credentials: true}\n'
        "request  PUT with cookies and content-type: application/json\n"
        "after    blocked: content-type is not listed"
    ),
    fix="List the names in `headers` and `expose`.",
)
MAX_AGE_KEPT = Rule(
    "max-age-kept",
    Level.INFO,
    summary="The API keeps its own max-age, because the plan merges.",
    meaning=(
        "An HTTP API has one MaxAge for all its origins. In merge mode what is there stays, even where "
        "the plan asks for another number. It only decides how long a browser may reuse the answer to a "
        "preflight."
    ),
    example=("live     MaxAge: 300\nplan     mode: merge, allow: {max_age: 600}\nafter    MaxAge: 300"),
    fix="Use `mode: exact` for this target, or write the same number.",
)
OTHER_ORIGINS_GAIN = Rule(
    "other-origins-gain",
    Level.WARN,
    summary="Origins of others gain what the plan brings: an HTTP API has one set of settings.",
    meaning=(
        "An HTTP API has one list of origins, one of methods and one of headers: what one origin may do, "
        "all may. What the plan adds for its own origins counts for those of others too."
    ),
    example=(
        "live     AllowOrigins: [https://partner.example], AllowMethods: [GET]\n"
        "plan     origins: [https://app.example.com], allow: {methods: [DELETE]}\n"
        "request  DELETE from https://partner.example\n"
        "before   blocked\n"
        "after    allowed"
    ),
    fix="If they must not, serve them from another API, or use `mode: exact` to own the whole list.",
    topic=Topic.ACCESS,
)
ORIGINS_GAIN_MORE = Rule(
    "origins-gain-more",
    Level.WARN,
    summary="The plan's origins gain more than it lists: an HTTP API has one set of settings.",
    meaning=(
        "An HTTP API has one list of origins, one of methods and one of headers: what one origin may do, "
        "all may. The API already allows things that the plan does not ask for, and they count for the "
        "plan's origins too."
    ),
    example=(
        "live     AllowOrigins: [https://partner.example], AllowMethods: [DELETE]\n"
        "plan     origins: [https://app.example.com], allow: {methods: [GET]}\n"
        "request  DELETE from https://app.example.com\n"
        "before   blocked\n"
        "after    allowed"
    ),
    fix="If they must not, use `mode: exact`, after asking who needs the rest.",
    topic=Topic.ACCESS,
)
BACKEND_CORS_IGNORED = Rule(
    "backend-cors-ignored",
    Level.WARN,
    summary="With CORS settings of its own, an HTTP API ignores the CORS headers of its functions.",
    meaning=(
        "An HTTP API without CORS settings passes on the headers that its integrations return. With "
        "settings it answers preflights itself and drops those headers. An origin that only a function "
        "lets in today would be blocked."
    ),
    example=(
        "live     no CorsConfiguration; a function returns\n"
        "         Access-Control-Allow-Origin: https://partner.example\n"
        "plan     origins: [https://app.example.com]\n"
        "request  GET from https://partner.example\n"
        "before   allowed\n"
        "after    blocked"
    ),
    fix="If a function returns such headers, list its origins in the plan too.",
)
PREFLIGHT_BEHIND_AUTHORIZER = Rule(
    "preflight-behind-authorizer",
    Level.WARN,
    summary="An authorizer meets the preflight, which carries no credentials, and can turn it away.",
    meaning=(
        "A browser sends a preflight without cookies and without Authorization. Where `$default` or an "
        "ANY route with an authorizer takes OPTIONS, the preflight may be refused, and then the request "
        "itself is never sent."
    ),
    example=(
        "live     route ANY /{proxy+} with an authorizer\n"
        "request  OPTIONS /orders from https://app.example.com\n"
        "after    blocked, where the authorizer turns the preflight away"
    ),
    fix="Add a route OPTIONS /{proxy+} without an authorizer and with any integration.",
    topic=Topic.TODO,
)
NOT_LOOKED_AT = Rule(
    "not-looked-at",
    Level.INFO,
    summary="Routes and stages of the API were not looked at.",
    meaning=(
        "They cost two calls for each API, so they are read only where few APIs are selected, and where "
        "the credentials allow it. An authorizer before the preflight, or a stage without auto-deploy, "
        "goes unnoticed meanwhile."
    ),
    example=(
        'plan     http_api: "*", which matches 80 APIs\n'
        "after    the CORS settings of all are compared; their routes are not read"
    ),
    fix="Plan this API alone, with `--target`, to have them looked at.",
)
EMPTY_MEMBERS_STAY = Rule(
    "empty-members-stay",
    Level.INFO,
    summary="Undo leaves members empty, false or 0 where they were absent before the run.",
    meaning=(
        "UpdateApi keeps the members that are not sent, so remediate sends all six. A member that was absent "
        "is an empty list, false or 0 after an undo. Only DeleteCorsConfiguration and an update after it "
        "would make it absent again, and between the two no page could call the API."
    ),
    example=(
        "before   AllowOrigins: [https://app.example.com]\n"
        "undo     AllowOrigins: [https://app.example.com], MaxAge: 0,\n"
        "         AllowCredentials: false, ExposeHeaders: []"
    ),
    fix="Nothing: AWS and browsers treat both alike.",
)
STAGE_NEEDS_DEPLOYMENT = Rule(
    "stage-needs-deployment",
    Level.WARN,
    summary="A stage without auto-deploy serves other CORS settings than the API has.",
    meaning=(
        "A stage that is not deployed automatically serves what was deployed last. remediate deploys it "
        "only where nothing else goes live with that. Here other edits wait too, or it cannot be seen "
        "whether some do."
    ),
    example=(
        "live     stage prod, AutoDeploy: false; a new route waits for a deployment\n"
        "plan     origins: [https://app.example.com]\n"
        "after    the API has the new settings, and prod serves the old ones"
    ),
    fix="Look at what is waiting, then run `aws apigatewayv2 create-deployment`.",
    topic=Topic.TODO,
)
WEBSOCKET_API = Rule(
    "websocket-api",
    Level.WARN,
    summary="A WebSocket API has no CORS settings.",
    meaning=(
        "A browser does not apply CORS to WebSocket connections: a page of any website may open one. Only "
        "a check of the Origin header, when the connection is made, keeps pages out."
    ),
    example=("plan     http_api: chat\nlive     ProtocolType: WEBSOCKET\nafter    1 could not be read"),
    fix="Take it out of the plan. To keep origins out, check the Origin header in its $connect route.",
    topic=Topic.FAILURE,
)
