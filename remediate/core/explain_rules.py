"""The findings of `explain`: what the page, the URL or the function must do, and what it could not check."""

from __future__ import annotations

from remediate.core.finding import Level
from remediate.core.rules import Rule

PAGE_SENDS_RESPONSE_HEADER = Rule(
    "page-sends-response-header",
    Level.WARN,
    summary="The page sends a header of the `Access-Control-` kind, which belongs to responses alone.",
    meaning=(
        "A server allows a page with these headers; a page that sends one allows nothing. It only makes "
        "the browser ask first whether the page may send that header, and no server should allow it. No "
        "plan is proposed for such a request."
    ),
    example=(
        'page     fetch(url, {headers: {"Access-Control-Allow-Origin": "*"}})\n'
        "browser  asks for the header access-control-allow-origin in a preflight\n"
        "result   blocked"
    ),
    fix="Remove the header from the page's request.",
)
METHOD_IN_LOWER_CASE = Rule(
    "method-in-lower-case",
    Level.WARN,
    summary="The page spells a method in lower case that the browser sends as it is.",
    meaning=(
        "Browsers write DELETE, GET, HEAD, OPTIONS, POST and PUT in upper case by themselves. Every other "
        "method is sent as the page spells it, and `patch` is not `PATCH` to any server."
    ),
    example=('page     fetch(url, {method: "patch"})\nserver   allows PATCH\nresult   blocked'),
    fix="Spell the method in upper case in the page.",
)
PAGE_WITHOUT_ORIGIN = Rule(
    "page-without-origin",
    Level.WARN,
    summary="The page's origin is `null`, which no server can allow without allowing every site.",
    meaning=(
        "Pages from `file:` and `data:` URLs, and those in a sandboxed frame, have the origin `null`. Every "
        "site can make a frame with that origin, so allowing it allows everybody."
    ),
    example=("page     file:///home/me/index.html\nbrowser  sends Origin: null\nresult   blocked"),
    fix="Serve the page over HTTP, for example at http://localhost:3000, and allow that origin.",
)
BACKEND_MUST_ANSWER = Rule(
    "backend-must-answer",
    Level.INFO,
    summary="The answer comes from code or a server behind the settings, which must send the headers.",
    meaning=(
        "A proxy passes on what the function or server behind it answers. No setting of AWS adds the headers "
        "there, so the verdict stays unknown until somebody looks at that code or probes the server."
    ),
    example=(
        "live     GET /items is a Lambda proxy integration\n"
        "request  GET /items from https://app.example.com\n"
        "result   unknown: the function decides"
    ),
    fix="Send the headers in the function, as the snippet shows; `remediate verify` probes the result.",
    is_fixed_by_code=True,
)
PATH_NOT_SERVED = Rule(
    "path-not-served",
    Level.WARN,
    summary="Nothing serves the request's path and method, so no setting of CORS can help.",
    meaning=(
        "The API answers an unknown path or method with an error of its own. A browser shows that error as a "
        "CORS failure, because it comes without the headers."
    ),
    example=(
        "live     the API has a resource /items\n"
        "request  GET /item\n"
        "result   blocked: 403, Missing Authentication Token"
    ),
    fix="Correct the URL or the method in the page, or add the method to the API and deploy it.",
)
PLAN_NOT_APPLIED = Rule(
    "plan-not-applied",
    Level.INFO,
    summary="A plan file of the folder asks for this already, and the live settings differ from it.",
    meaning=(
        "The verdict is of the live settings. What a plan file lists changes nothing before it is applied, "
        "so the same is not proposed a second time."
    ),
    example=(
        "plan     plans/webapp.yaml lists http://localhost:3000\n"
        "live     the bucket has no rule for it\n"
        "result   blocked, until `remediate apply plans/webapp.yaml`"
    ),
    fix="Apply the plan file.",
)
SEEN_OTHERWISE = Rule(
    "seen-otherwise",
    Level.WARN,
    summary="The browser blocked a request that the settings allow, or for another reason than they give.",
    meaning=(
        "What the browser saw is a fact. Where the settings lead to another answer, a cache handed out an "
        "older one, something in front answered or redirected, an extension of the browser interfered, or "
        "the settings changed since."
    ),
    example=(
        "console  No 'Access-Control-Allow-Origin' header is present\n"
        "live     the settings send the header\n"
        "result   blocked, and the two contradict each other"
    ),
    fix="Ask the server itself: run the command that `explain` prints, or `remediate verify`.",
)
PROPOSAL_NOT_CHECKED = Rule(
    "proposal-not-checked",
    Level.WARN,
    summary="Whether `apply` would refuse the proposed plan could not be checked.",
    meaning=(
        "`explain` asks the guards about the plan that it proposes, as `plan` does. That needs to read what "
        "the plan's targets mean, and the tags that tell who manages them; one of these calls failed."
    ),
    example=(
        "explain  proposes a plan for s3: uploads\n"
        "AWS      denies sts:GetCallerIdentity\n"
        "result   the plan is shown, and its refusals are not known"
    ),
    fix="Run `remediate plan` on the proposed file; it names what is missing.",
)
