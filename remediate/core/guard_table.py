"""The guards: what a person must agree to by name before it is written. The guide lists them."""

from __future__ import annotations

from collections.abc import Mapping

from remediate.core.finding import Level
from remediate.core.rules import Rule, RuleKind, by_code, rules_in

COUNT, SHARE, MINIMUM = 50, 50.0, 10
"""`too-many-changes` unless a plan says otherwise: more than so many, and more than so many percent."""

OPENS_TO_ANY = Rule(
    "opens-to-any",
    Level.REFUSE,
    summary="Pages of every website would newly be allowed to call.",
    meaning=(
        "After this plan a script on any page that a user visits could call the resource and read its "
        "answers. The plan asks for it with `*`, `https://*` or `http://*`, or a stranger's request would "
        "pass that does not pass today. What is protected only by a company's network or an IP address is "
        "then open to every page that somebody inside visits. For public data that is read without "
        "cookies it may be right."
    ),
    example=(
        "live     AllowedOrigins: [https://app.example.com]\n"
        'plan     origins: ["*"]\n'
        "request  GET from a page of https://any-other-origin.example\n"
        "before   blocked: the answer has no Access-Control-Allow-Origin\n"
        "after    allowed: Access-Control-Allow-Origin: *"
    ),
    fix="List the origins by name.",
    kind=RuleKind.GUARD,
    opens=True,
)
ANY_WITH_CREDENTIALS = Rule(
    "any-with-credentials",
    Level.REFUSE,
    summary="Pages of every website would newly be allowed to call with the visitor's cookies.",
    meaning=(
        "Whatever website a logged-in user visits could send requests with that user's cookies and read "
        "the answers: it acts as the user. A browser never accepts `*` together with credentials, but a "
        "setting that echoes the caller's origin (`https://*` in a bucket's rule, a template) has the same "
        "effect and passes."
    ),
    example=(
        "live     AllowedOrigins: [https://app.example.com] in a bucket's rule\n"
        'plan     origins: ["https://*"], allow: {credentials: true}\n'
        "request  GET with cookies from a page of https://any-other-origin.example\n"
        "answer   Access-Control-Allow-Origin: https://any-other-origin.example\n"
        "         Access-Control-Allow-Credentials: true\n"
        "after    allowed: the page reads the user's data"
    ),
    fix="List the origins by name, or set `credentials: false`.",
    kind=RuleKind.GUARD,
    opens=True,
)
PUBLIC_SUFFIX_WILDCARD = Rule(
    "public-suffix-wildcard",
    Level.REFUSE,
    summary="A new pattern such as https://*.vercel.app covers names that anybody can have.",
    meaning=(
        "Under a public suffix (`vercel.app`, `github.io`, `amplifyapp.com`, `co.uk`) everybody can have "
        "a name of their own, so the pattern lets in pages of strangers as well as yours. The suffixes "
        "are those of the Public Suffix List, which browsers use too."
    ),
    example=(
        'plan     origins: ["https://*.vercel.app"]\n'
        "meant    https://webapp-git-main-yourteam.vercel.app\n"
        "also in  https://a-page-of-anybody.vercel.app"
    ),
    fix="Put the part that is yours behind the `*`, or list the origins.",
    kind=RuleKind.GUARD,
    opens=True,
)
INSECURE_ORIGIN = Rule(
    "insecure-origin",
    Level.REFUSE,
    summary="A new origin has the scheme http and is not on the user's own machine.",
    meaning=(
        "Without https, whoever is on the network between the user and the page can put a script into "
        "that page. The script speaks with the page's origin and may do everything that the plan allows. "
        "Loopback origins such as http://localhost:3000 are exempt: nobody is in between."
    ),
    example=(
        "plan     origins: [http://intranet.example.com]\n"
        "request  GET from http://intranet.example.com, by a script that somebody on\n"
        "         the network has put into the page\n"
        "after    allowed: the origin is one that the plan lists"
    ),
    fix="Serve the page over https.",
    kind=RuleKind.GUARD,
    opens=True,
)
NULL_ORIGIN = Rule(
    "null-origin",
    Level.REFUSE,
    summary="The origin `null` would newly be allowed, and every website can have it.",
    meaning=(
        "A browser sends `Origin: null` for a page in a sandboxed frame, for a local file and after some "
        "redirects. Every website can put a page of its own into a sandboxed frame, so whoever allows "
        "`null` allows everybody."
    ),
    example=(
        'plan     origins: ["null"]\n'
        'page     <iframe sandbox="allow-scripts" srcdoc="<script>...</script>">\n'
        "request  GET with Origin: null\n"
        "after    allowed, whatever website the frame is part of"
    ),
    fix="Serve the page from a real origin.",
    kind=RuleKind.GUARD,
    opens=True,
)
WIDENS_OTHERS = Rule(
    "widens-others",
    Level.WARN,
    summary="An origin that no plan names would be allowed more than it is allowed now.",
    meaning=(
        "Where one setting serves all origins, a method, a header or credentials that the plan adds count "
        "for everybody who is listed there, also for an origin that somebody else added. A person who "
        "runs `remediate apply` is warned and goes on. An unattended pass (`drift --correct`) leaves the "
        "resource as it is at `warn` and `refuse`; a plan file that sets the level `info` lets it write."
    ),
    example=(
        "live     AllowOrigins: [https://evil.example], AllowMethods: [GET]\n"
        "plan     origins: [https://app.example.com], methods: [GET, PUT]\n"
        "request  PUT from https://evil.example\n"
        "before   blocked\n"
        "after    allowed: the API has one list of methods for all origins"
    ),
    fix="List the origin in the plan, remove it by hand, or use `mode: exact`.",
    kind=RuleKind.GUARD,
    opens=True,
)
REMOVES_ACCESS = Rule(
    "removes-access",
    Level.REFUSE,
    summary="A caller that works today would be blocked, and the plan did not bring it.",
    meaning=(
        "`mode: exact` takes away what the plan does not list. The origin is allowed today, as a browser "
        "sees it through every hop, and would be blocked. The plan neither lists it as expired nor "
        "brought it by an earlier run, so somebody else may depend on it. In any mode, a caller would "
        "lose what a rule or policy allows that bears the plan's name, while the journal has no run of "
        "the plan that wrote it: another plan may have the same name (rename one of the two), or the "
        "journal was lost (name it with `state:`)."
    ),
    example=(
        "live     AllowedOrigins: [https://app.example.com, https://partner.example]\n"
        "plan     mode: exact, origins: [https://app.example.com]\n"
        "request  GET from https://partner.example\n"
        "before   allowed\n"
        "after    blocked"
    ),
    fix="Add the origin to the plan, or use `mode: merge`.",
    kind=RuleKind.GUARD,
    narrows=True,
)
REMOVES_ALL = Rule(
    "removes-all",
    Level.REFUSE,
    summary="A resource that allows an origin today would allow none.",
    meaning=(
        "The change leaves no origin in the CORS settings of the resource, so every page of another "
        "origin stops working. Origins whose `expires` has passed do not count, and neither does a target "
        "that was taken out of the plan file: then the plan says so itself."
    ),
    example=(
        "live     AllowedOrigins: [https://app.example.com]\n"
        "plan     mode: exact, origins: []\n"
        "after    the bucket has no CORS configuration any more"
    ),
    fix="Leave an origin in the plan, or take the target out of it.",
    kind=RuleKind.GUARD,
    narrows=True,
)
TOO_MANY_CHANGES = Rule(
    "too-many-changes",
    Level.REFUSE,
    summary=f"More than {COUNT} resources and more than {SHARE:.0f} % of those looked at would change.",
    meaning=(
        "A glob that matches more than it should, or a mistake in `origins`, shows itself by a plan that "
        f"changes nearly everything. It is counted per plan file, from {MINIMUM} resources on. A plan file "
        "sets its own limits with `guards: max_changes`, `max_share` and `minimum`; a limit that is given "
        "alone counts alone."
    ),
    example=(
        'plan     targets: [{s3: "*"}], which matches 120 buckets\n'
        "after    118 of them would change: more than 50, and more than 50 %"
    ),
    fix="Narrow down with `--target`, or set `guards: {max_changes, max_share, minimum}`.",
    kind=RuleKind.GUARD,
)
OWNED_ELSEWHERE = Rule(
    "owned-elsewhere",
    Level.REFUSE,
    summary="Another tool manages the resource, and its next deploy would undo the change.",
    meaning=(
        "The tags of the resource say that CloudFormation, SAM, CDK, Terraform, the Serverless Framework "
        "or Amplify manages it. A change that is made beside that tool works until the tool deploys "
        "again, and then the page is blocked again. The finding prints the settings in the tool's own "
        "language, to be copied into its source."
    ),
    example=(
        "live     tag aws:cloudformation:stack-name = orders-prod\n"
        "plan     origins: [https://app.example.com]\n"
        "after    allowed, until the stack orders-prod is deployed with its own\n"
        "         CORS settings"
    ),
    fix="Make the change there; the finding prints it in that tool's own language.",
    kind=RuleKind.GUARD,
)
OWNER_UNKNOWN = Rule(
    "owner-unknown",
    Level.INFO,
    summary="The tags that tell who manages the resource could not be read.",
    meaning=(
        "Whether CloudFormation, Terraform or another tool manages the resource is not known, so "
        "`owned-elsewhere` cannot hold the change back. That alone is no danger, and the plan goes on; a "
        "plan file can make it a refusal."
    ),
    example=(
        "call     s3:GetBucketTagging of uploads\n"
        "answer   403 AccessDenied\n"
        "after    the change is planned, with this finding beside it"
    ),
    fix="Let the credentials read tags.",
    kind=RuleKind.GUARD,
)
OTHER_EDITS_WOULD_GO_LIVE = Rule(
    "other-edits-would-go-live",
    Level.REFUSE,
    summary="Deploying the REST API would publish edits that are not the plan's.",
    meaning=(
        "A stage of a REST API serves its last deployment, and a deployment publishes everything that was "
        "edited since. Somebody has edited this API and not deployed it. The plan's CORS settings need a "
        "deployment, which would put that unfinished work live. The finding lists the edited methods."
    ),
    example=(
        "served   GET /orders calls the function orders-v1\n"
        "edited   GET /orders calls the function orders-v2, not deployed\n"
        "plan     adds OPTIONS /orders and deploys\n"
        "after    orders-v2 is live as well"
    ),
    fix="Deploy or undo those edits first.",
    kind=RuleKind.GUARD,
)
CANARY_ACTIVE = Rule(
    "canary-active",
    Level.REFUSE,
    summary="The stage has a canary release under way.",
    meaning=(
        "API Gateway refuses an ordinary deployment of a stage that has a canary. Until the canary is "
        "promoted or deleted, a preflight and the request that follows it may also meet different "
        "deployments."
    ),
    example=(
        "live     stage prod, canarySettings: {percentTraffic: 10}\n"
        "plan     adds OPTIONS /items, which needs a deployment\n"
        "after    apigateway:CreateDeployment would be refused"
    ),
    fix="Promote or delete the canary.",
    kind=RuleKind.GUARD,
)
WRONG_ACCOUNT = Rule(
    "wrong-account",
    Level.REFUSE,
    summary="The credentials are for another account than the plan names.",
    meaning=(
        "`account:` in the plan file says which AWS account the plan is about. In another account the "
        "same names of buckets and APIs may mean other resources, so nothing is read or written."
    ),
    example=(
        'plan     account: "123456789012"\n'
        "call     sts:GetCallerIdentity\n"
        "answer   210987654321\n"
        "after    exit code 3, before anything is read"
    ),
    fix="Use the credentials of that account, or correct `account:`.",
    kind=RuleKind.GUARD,
    liftable=False,
)
EXPECTATION_FAILS = Rule(
    "expectation-fails",
    Level.REFUSE,
    summary="An entry under `expect` would not hold after the plan.",
    meaning=(
        "`expect:` in a plan file says which page must be allowed and which must be blocked. Before "
        "anything is written, remediate predicts every verdict from the settings as they would be, "
        "through every hop. This one would not be as expected."
    ),
    example=(
        'plan     origins: ["*"]\n'
        '         expect: [{from: "https://evil.example",\n'
        '                   to: "https://api.example.com/items", verdict: blocked}]\n'
        "after    allowed, not blocked"
    ),
    fix="Correct the plan or the expectation.",
    kind=RuleKind.GUARD,
)
TARGETS_DISAGREE = Rule(
    "targets-disagree",
    Level.REFUSE,
    summary="Two targets want different settings for one resource; it stays as it is.",
    meaning=(
        "Several targets select the resource, and at least one of them has `mode: exact`: it takes away "
        "what another one asks for. Each run would undo the one before, so nothing is written to this "
        "resource."
    ),
    example=(
        "plan     - {s3: uploads, mode: exact, origins: [https://a.example]}\n"
        '         - {s3: "up*", mode: exact, origins: [https://b.example]}\n'
        "after    s3/uploads is as before; other resources are changed"
    ),
    fix="Name it in one target only. `--allow` lets the other resources go on.",
    kind=RuleKind.GUARD,
    local=True,
)
TOO_MANY_RULES = Rule(
    "too-many-rules",
    Level.REFUSE,
    summary="A bucket would have more than the 100 rules that S3 takes; it stays as it is.",
    meaning=(
        "S3 refuses a CORS configuration of more than 100 rules. The plan needs a rule of its own, the "
        "bucket has no room for it, and `mode: merge` takes no rule away from anybody."
    ),
    example=(
        "live     CORSRules: 100 rules of others\n"
        "plan     adds the rule remediate:webapp\n"
        "after    s3:PutBucketCors of 101 rules would be refused"
    ),
    fix="Remove rules. `--allow` lets the other resources go on.",
    kind=RuleKind.GUARD,
    local=True,
)
DOCUMENT_TOO_LARGE = Rule(
    "document-too-large",
    Level.REFUSE,
    summary="A bucket's rules would be larger than the 64 KB that S3 takes; it stays as it is.",
    meaning=(
        "S3 takes at most 64 KB of XML as the CORS configuration of a bucket. Long lists of origins and "
        "headers add up over all rules, those of other plans included."
    ),
    example=(
        "plan     1,500 origins of 45 characters each\n"
        "after    s3:PutBucketCors of about 110 KB would be refused"
    ),
    fix="Shorten the lists. `--allow` lets the other resources go on.",
    kind=RuleKind.GUARD,
    local=True,
)
POLICY_QUOTA = Rule(
    "policy-quota",
    Level.REFUSE,
    summary="CloudFront would need more custom policies than the default quota of 20 of a kind.",
    meaning=(
        "The plan needs a custom policy of its own: a copy of the policy in use, with what CORS needs "
        "added. The account has as many custom policies of this kind as AWS allows by default. Whether "
        "AWS raised the quota of the account is not known here."
    ),
    example=(
        "live     20 custom cache policies\n"
        "plan     needs remediate-webapp-cache-4525bdc2 besides\n"
        "after    cloudfront:CreateCachePolicy answers TooManyCachePolicies"
    ),
    fix="Delete unused ones; `--allow` where the account's quota was raised.",
    kind=RuleKind.GUARD,
)

WIDENING_HINT = (
    "List such an origin in the plan if it is wanted. If not, remove it by hand or use `mode: exact`. "
    "`drift --correct` leaves the resource as it is. In the plan file, `guards: {levels: {widens-others: "
    "info}}` lets it write such a change, and `refuse` makes apply refuse it without `--allow widens-others`."
)


GUARDS: Mapping[str, Rule] = by_code(rules_in(globals()))
"""Every guard by its code."""


def markdown() -> str:
    """The table as the guide shows it."""
    rows = [
        f"| `{guard.code}` | {guard.level} | {guard.summary} | {guard.fix}"
        f"{'' if guard.liftable else ' `--allow` does not lift it.'} |"
        for guard in GUARDS.values()
    ]
    head = ["| code | level | meaning | what to do, besides `--allow CODE` |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])
