"""The findings on REST APIs, as `remediate rule CODE` explains them."""

from __future__ import annotations

from remediate.core.finding import Level, Topic
from remediate.core.rules import Rule

OPTIONS_BY_FUNCTION = Rule(
    "options-by-function",
    Level.WARN,
    summary="A backend answers the preflight, not the gateway, and it was left to the backend.",
    meaning=(
        "The OPTIONS method passes the preflight to a function or server. What that answers cannot be "
        "read from settings, and callers may depend on it, so the method stays as it is."
    ),
    example=(
        "live     OPTIONS /items: AWS_PROXY, the function items\n"
        "request  OPTIONS /items from https://app.example.com\n"
        "after    unknown: the function decides"
    ),
    fix=(
        "Let the function or server answer OPTIONS with 2xx and the headers, or delete its OPTIONS method "
        "and plan again: the gateway then gets one that answers by itself."
    ),
    topic=Topic.TODO,
    is_fixed_by_code=True,
)
OPTIONS_GUARDED_PROXY = Rule(
    "options-guarded-proxy",
    Level.WARN,
    summary="OPTIONS goes to a backend and demands what no browser sends with a preflight.",
    meaning=(
        "The method demands an authorizer, an API key or a signature, which a preflight never carries, so "
        "every preflight fails. Without the demand, unsigned requests would reach the backend. remediate "
        "does not decide that."
    ),
    example=(
        "live     OPTIONS /items: AWS_PROXY, authorizationType: AWS_IAM\n"
        "request  OPTIONS /items from https://app.example.com\n"
        "answer   403\n"
        "after    blocked"
    ),
    fix="Set authorizationType NONE on that OPTIONS method, or delete it and plan again.",
    topic=Topic.TODO,
)
OPTIONS_GUARDED = Rule(
    "options-guarded",
    Level.WARN,
    summary="OPTIONS demands what no browser sends with a preflight; the plan takes the demand away.",
    meaning=(
        "The method demands an authorizer, an API key or a signature, which a preflight never carries. "
        "The gateway answers it by itself, so no request reaches a backend by this change, and the other "
        "methods keep their authorizers."
    ),
    example=(
        "live     OPTIONS /items: MOCK, apiKeyRequired: true\n"
        "request  OPTIONS /items from https://app.example.com\n"
        "before   blocked: the answer is 403\n"
        "after    allowed"
    ),
    fix="Nothing. Check the template or stack that set it: it would set it again.",
)
OPTIONS_TAKEN_FROM_PROXY = Rule(
    "options-taken-from-proxy",
    Level.WARN,
    summary="Preflights reach a backend today and would be answered by the gateway.",
    meaning=(
        "The resource has no OPTIONS method of its own, so an ANY method or a greedy {proxy+} passes "
        "preflights to a backend. The plan gives it one that the gateway answers. Which origins the "
        "backend lets in cannot be read from the configuration."
    ),
    example=(
        "live     ANY /items: AWS_PROXY, a function that lets in\n"
        "         https://partner.example\n"
        "plan     origins: [https://app.example.com]\n"
        "request  PUT from https://partner.example\n"
        "after    blocked: the new OPTIONS method lists the plan's origins"
    ),
    fix="If the backend lets further origins in, list them in the plan before you apply it.",
    topic=Topic.ACCESS,
)
DYNAMIC_UNKNOWN = Rule(
    "dynamic-unknown",
    Level.WARN,
    summary="A template decides the CORS headers in a way that cannot be proved; it was left alone.",
    meaning=(
        "A template that compares the caller's origin with a list of whole origins is understood. This one "
        "does something else: it may echo every origin, or match a pattern. To change it could let in "
        "strangers or block callers."
    ),
    example=(
        "live     #set($context.responseOverride.header.Access-Control-Allow-Origin\n"
        '             = $input.params("origin"))\n'
        "request  OPTIONS /items from https://any-other-origin.example\n"
        "after    as before: every origin is let in"
    ),
    fix="Replace it by hand, or set `mode: exact` on this target, which replaces it on OPTIONS.",
    topic=Topic.TODO,
)
SEVERAL_ORIGINS_STATIC = Rule(
    "several-origins-static",
    Level.WARN,
    summary="A response without a template can name one origin only; none was added or widened.",
    meaning=(
        "The body of the backend passes through without a template, so the header is a constant. A "
        "browser accepts one origin or `*` in it, and never a list. Only a template can choose among "
        "several origins."
    ),
    example=(
        "live     GET /items: HTTP, Access-Control-Allow-Origin: 'https://a.example'\n"
        "plan     origins: [https://a.example, https://b.example]\n"
        "request  GET from https://b.example\n"
        "after    blocked"
    ),
    fix=(
        "Give the integration response a template (for JSON: `$input.json('$')`), make it a proxy whose "
        "function answers, or list one origin."
    ),
    topic=Topic.TODO,
)
GATEWAY_SEVERAL_ORIGINS_STATIC = Rule(
    "gateway-several-origins-static",
    Level.WARN,
    summary="A gateway response cannot choose among several origins, so its errors look like CORS errors.",
    meaning=(
        "The errors that API Gateway makes itself (a missing key, a denied authorizer, throttling) carry "
        'constant headers. Pages of the other origins see "blocked by CORS policy" in place of the error. '
        "Answers that succeed are not concerned."
    ),
    example=(
        "live     DEFAULT_4XX: Access-Control-Allow-Origin: 'https://a.example'\n"
        "plan     origins: [https://a.example, https://b.example]\n"
        "request  GET from https://b.example without a valid token\n"
        "after    the page sees a CORS error in place of 401"
    ),
    fix="List one origin for this target, or put `answer: edge` on a distribution in front of the API.",
)
GATEWAY_DYNAMIC_UNKNOWN = Rule(
    "gateway-dynamic-unknown",
    Level.WARN,
    summary="A gateway response takes its CORS headers from the request: every origin can read the error.",
    meaning=(
        "The header is mapped from the request and is no constant, so it names whoever asks. It concerns "
        "the errors that API Gateway makes itself. In merge mode it was left alone."
    ),
    example=(
        "live     DEFAULT_4XX: Access-Control-Allow-Origin:\n"
        "                      method.request.header.Origin\n"
        "request  GET from https://any-other-origin.example without a token\n"
        "after    the page can read the 401"
    ),
    fix="`mode: exact` replaces it with the plan's origin.",
)
NO_INTEGRATION_RESPONSE = Rule(
    "no-integration-response",
    Level.WARN,
    summary="A method has no integration response, so every call to it fails with 500.",
    meaning=(
        "The gateway finds no output mapping and answers 500, whoever calls. There is nothing that a CORS "
        "header could be put on, and the method does not work without a browser either."
    ),
    example=(
        "live     GET /items: HTTP, no integration response\n"
        "request  GET /items from https://app.example.com\n"
        "answer   500, without CORS headers"
    ),
    fix="Give each its integration response, deploy, and plan again.",
    topic=Topic.TODO,
)
CACHE_IGNORES_ORIGIN = Rule(
    "cache-ignores-origin",
    Level.WARN,
    summary="The stage's cache can give one origin the answer that was made for another.",
    meaning=(
        "The stage has a cache, and the response names the origin that asked, without Origin being part "
        "of the cache's key. What was kept for the first caller is given to the next, whose browser "
        "refuses it."
    ),
    example=(
        "first    GET /items from https://a.example, kept for 300 seconds\n"
        "second   GET /items from https://b.example\n"
        "answer   Access-Control-Allow-Origin: https://a.example\n"
        "after    blocked"
    ),
    fix="Declare the header Origin on the method and make it a cache key parameter, or list one origin.",
)
LISTS_SHARED = Rule(
    "lists-shared",
    Level.INFO,
    summary="Origins that the plan does not list get the plan's methods and headers too.",
    meaning=(
        "An OPTIONS method has one list of methods and one of headers for all its origins. In merge mode "
        "the origins of others stay, and what the plan adds counts for them too."
    ),
    example=(
        "live     OPTIONS /items: https://partner.example, GET\n"
        "plan     origins: [https://app.example.com], allow: {methods: [DELETE]}\n"
        "request  DELETE from https://partner.example\n"
        "after    the preflight passes"
    ),
    fix="`mode: exact` keeps the plan's origins only.",
)
PROXY_NEEDS_FUNCTION = Rule(
    "proxy-needs-function",
    Level.WARN,
    summary="A function or server behind a proxy integration must send the CORS headers itself.",
    meaning=(
        "API Gateway passes on what a proxy answers and adds no header to it. The plan makes the "
        "preflight pass; the answer to the request needs the headers too, and only the code can send "
        "them. The finding prints them."
    ),
    example=(
        "live     GET /items: AWS_PROXY, the function items\n"
        "request  GET /items from https://app.example.com\n"
        "answer   200 without Access-Control-Allow-Origin: blocked\n"
        "needed   Access-Control-Allow-Origin: https://app.example.com\n"
        "         Vary: Origin"
    ),
    fix=(
        "Let the function or server send the headers that the finding prints. `answer: edge` on a "
        "distribution in front adds them to what passes there."
    ),
    topic=Topic.TODO,
    is_fixed_by_code=True,
)
UNKNOWN_STAGE = Rule(
    "unknown-stage",
    Level.WARN,
    summary="The plan names a stage that the API does not have.",
    meaning=(
        "The stages that exist are compared as usual. Where the plan names no stage that exists, the API "
        "could not be read and the command ends with exit code 1."
    ),
    example=(
        "plan     rest_api: backend, stages: [production]\n"
        "live     the stages dev and prod\n"
        "after    1 could not be read"
    ),
    fix="Correct `stages:` or create the stage.",
    topic=Topic.FAILURE,
)
UNKNOWN_PATH = Rule(
    "unknown-path",
    Level.WARN,
    summary="No resource with a method matches a path that the plan names.",
    meaning=(
        "`paths:` are compared with the paths of the API's resources, without the stage and without a "
        "host. `*` stays within a segment; `/items/**` covers /items and all below it."
    ),
    example=(
        'plan     rest_api: backend, paths: ["/items/**", "/item"]\n'
        "live     the resources /items and /items/{id}\n"
        "after    nothing is planned for /item"
    ),
    fix="Correct `paths:`.",
    topic=Topic.FAILURE,
)
EXPORT_WITHOUT_INTEGRATIONS = Rule(
    "export-without-integrations",
    Level.INFO,
    summary="The stage's export shows no integrations; what was edited last was compared.",
    meaning=(
        "What a stage serves is read from its export. Without the integrations in it, what the stage "
        "serves cannot be told from what was edited last. Exports of AWS show them; those of an emulator "
        "may not."
    ),
    example=(
        "call     apigateway:GetExport of prod\n"
        "answer   paths without x-amazon-apigateway-integration\n"
        "after    the plan is made from the edited API"
    ),
    fix="Nothing on AWS. An emulator may need a deployment that this plan cannot see.",
)
EXPORT_WITHOUT_GATEWAY_RESPONSES = Rule(
    "export-without-gateway-responses",
    Level.INFO,
    summary="The stage's export shows no gateway responses; those edited last were compared.",
    meaning=(
        "What a stage serves is read from its export. Without the gateway responses in it, those that the "
        "stage serves cannot be told from those that were edited last. Exports of AWS show them; those of "
        "an emulator may not."
    ),
    example=(
        "call     apigateway:GetExport of prod\n"
        "answer   no x-amazon-apigateway-gateway-responses\n"
        "after    the plan is made with the edited gateway responses"
    ),
    fix="Nothing on AWS. An emulator may need a deployment that this plan cannot see.",
)
UNDEPLOYED_EDITS_REPLACED = Rule(
    "undeployed-edits-replaced",
    Level.WARN,
    summary="The plan writes over edits that were never deployed.",
    meaning=(
        "These methods were edited since the last deployment, and what the plan writes takes the place of "
        "the edit. The stage never served it, so no caller notices."
    ),
    example=(
        "served   no OPTIONS /items\n"
        "edited   OPTIONS /items for https://old.example, not deployed\n"
        "plan     OPTIONS /items for https://app.example.com\n"
        "after    the edit is lost"
    ),
    fix="Nothing, unless somebody still needs those edits: the stage never served them.",
)
UNDEPLOYED_EDITS_UNDO = Rule(
    "undeployed-edits-undo",
    Level.WARN,
    summary="The stage serves what the plan wants, but an edit waits that would take it away.",
    meaning=(
        "The API was edited since the last deployment. Whoever deploys it next, for whatever reason, "
        "publishes that edit and takes away what the stage serves now."
    ),
    example=(
        "served   OPTIONS /items for https://app.example.com\n"
        "edited   OPTIONS /items deleted, not deployed\n"
        "after    allowed, until somebody deploys the API"
    ),
    fix="Undo the edits of these methods. `remediate apply` corrects them only once they are deployed.",
    topic=Topic.TODO,
)
NO_STAGES = Rule(
    "no-stages",
    Level.WARN,
    summary="The API has no stage, so it serves nothing and nothing was compared.",
    meaning=(
        "A REST API is reached through a stage. Without one no browser can call it. The command ends with "
        "exit code 1."
    ),
    example=("plan     rest_api: backend\ncall     apigateway:GetStages of backend\nanswer   no stage"),
    fix="Deploy it to a stage, or take it out of the plan.",
    topic=Topic.FAILURE,
)
BAD_EXPORT = Rule(
    "bad-export",
    Level.WARN,
    summary="The stage's export is not an OpenAPI document as AWS writes it.",
    meaning=(
        "What a stage serves is read from its export. This one could not be decoded, so the stage could "
        "not be read: that is never taken for a stage without CORS."
    ),
    example=(
        "call     apigateway:GetExport of prod\n"
        "answer   a document without the members that AWS writes\n"
        "after    1 could not be read"
    ),
    fix=(
        "Check the endpoint: an emulator may not write exports as AWS does. On AWS, please report the "
        "finding."
    ),
    topic=Topic.FAILURE,
)
MISSING_API = Rule(
    "missing-api",
    Level.WARN,
    summary="API Gateway answered that the API does not exist.",
    meaning=(
        "The API was listed, and was gone when its resources or stages were read. The command ends with "
        "exit code 1."
    ),
    example=("call     apigateway:GetResources of a1b2c3d4e5\nanswer   404 NotFoundException"),
    fix="Plan again; if it was deleted, take it out of the plan.",
    topic=Topic.FAILURE,
)
THROTTLED = Rule(
    "throttled",
    Level.WARN,
    summary="API Gateway refused a call because too many were sent.",
    meaning=(
        "API Gateway takes few calls a second to its control plane, for all users of the account "
        "together. remediate paces and repeats its calls; this one was refused after all repeats, so the "
        "resource could not be read."
    ),
    example=(
        "call     apigateway:GetResources of a1b2c3d4e5\n"
        "answer   429 TooManyRequestsException\n"
        "after    1 could not be read"
    ),
    fix="Run it again, with a lower `--concurrency` or when fewer others use the account.",
    topic=Topic.FAILURE,
)
