"""The findings that several services or the workflow share: unreadable resources, undo and drift too."""

from __future__ import annotations

from remediate.core.finding import Level, Topic
from remediate.core.rules import Rule

NOT_EXPRESSIBLE = Rule(
    "not-expressible",
    Level.WARN,
    summary="The service cannot hold a value that the plan lists; the value was left out.",
    meaning=(
        "Each service takes fewer forms than a plan file: S3 one `*` per value and five methods, an HTTP "
        "API no pattern for subdomains, a REST API no patterns at all. A value that does not fit is left "
        "out and named. It is never widened to one that fits."
    ),
    example=(
        'plan     http_api: orders, origins: ["https://*.example.com"]\n'
        "service  an HTTP API takes whole origins, *, https://* and http://*\n"
        "after    pages of https://app.example.com stay blocked"
    ),
    fix=(
        "Write the value in a form that the finding names, for this target only. In front of an API, "
        "CloudFront with `answer: edge` takes https://*.example.com."
    ),
    topic=Topic.ACCESS,
)
NOTHING_EXPRESSIBLE = Rule(
    "nothing-expressible",
    Level.WARN,
    summary="The service can hold none of the plan's origins or methods; the resource stays as it is.",
    meaning=(
        "Every origin, or every method, that the plan lists for this target was left out. Without either "
        "there is nothing to write. The findings beside this one name each value and what to write "
        "instead."
    ),
    example=(
        'plan     http_api: orders, origins: ["https://*.example.com"]\n'
        "after    the CORS settings of the API are as before"
    ),
    fix="List origins by name, or methods that the service takes, for this target.",
    topic=Topic.ACCESS,
)
CREDENTIALS_NEED_NAMED_ORIGINS = Rule(
    "credentials-need-named-origins",
    Level.WARN,
    summary="Credentials cannot be allowed together with a wildcard for the origin.",
    meaning=(
        "A browser refuses `Access-Control-Allow-Origin: *` for a request with cookies, S3 never allows "
        "credentials for `*`, and an HTTP API does not store the two together. That part of the plan was "
        "left out, so a page that sends cookies stays blocked."
    ),
    example=(
        'plan     origins: ["*"], allow: {credentials: true}\n'
        "request  GET with cookies from https://app.example.com\n"
        "after    blocked"
    ),
    fix="List the origins by name, or set `credentials: false`.",
)
MIXED_WILDCARD = Rule(
    "mixed-wildcard",
    Level.INFO,
    summary="`*` stands beside other origins, and already lets everybody in.",
    meaning=(
        "Origins that are listed beside `*` change nothing about who may call. In a rule of S3 it is not "
        "documented which of them answers, so only `*` is written there."
    ),
    example=(
        'plan     origins: ["*", https://app.example.com]\n'
        "request  GET from https://any-other-origin.example\n"
        "after    allowed"
    ),
    fix="Remove `*` from the plan if not everybody is meant, or the other origins if everybody is.",
)
UNLISTED_ORIGINS_STAY = Rule(
    "unlisted-origins-stay",
    Level.INFO,
    summary="The API allows origins that the plan does not list; they stay.",
    meaning=(
        "The settings of API Gateway do not tell who added an origin. One that neither the plan nor the "
        "journal of earlier runs knows may be somebody else's, and `mode: merge` takes nothing away from "
        "anybody."
    ),
    example=(
        "live     AllowOrigins: [https://app.example.com, https://old.example]\n"
        "plan     mode: merge, origins: [https://app.example.com]\n"
        "after    https://old.example is allowed as before"
    ),
    fix=(
        "List those that are wanted. To take the others away, use `mode: exact` on this target, or remove "
        "them by hand."
    ),
)
NO_MATCH = Rule(
    "no-match",
    Level.WARN,
    summary="A target of the plan, or every path that it names, matches nothing that exists.",
    meaning=(
        "It counts as an error (exit code 1): a mistake in a name must not look like a resource that "
        "needs no change."
    ),
    example=(
        'plan     targets: [{s3: "upload-*"}]\n'
        "live     the buckets uploads-eu and uploads-us\n"
        "after    nothing is planned for the target"
    ),
    fix=(
        "Check the name, the region, the account and `paths:`. An id, a name or a glob may stand in a target."
    ),
    topic=Topic.FAILURE,
)
AMBIGUOUS_NAME = Rule(
    "ambiguous-name",
    Level.WARN,
    summary="A name that a target gives without a glob means several resources.",
    meaning=(
        "Names of APIs are not unique. The plan changes every resource of that name, and one of them may be "
        "somebody else's."
    ),
    example=(
        "plan     targets: [{http_api: orders}]\n"
        "live     the HTTP APIs a1b2c3d4e5 and f6g7h8i9j0, both named orders\n"
        "after    both are changed"
    ),
    fix="Write the id of the resource that is meant; a target for each id where all of them are.",
    topic=Topic.ACCESS,
)
ACCESS_DENIED = Rule(
    "access-denied",
    Level.WARN,
    summary="AWS denied a read, so the resource could not be looked at.",
    meaning=(
        'A denied read is never taken for "nothing is configured". Nothing is planned for the resource, '
        "the summary counts it as unreadable, and the command ends with exit code 1. The other resources "
        "go on."
    ),
    example=("call     s3:GetBucketCors of uploads\nanswer   403 AccessDenied\nafter    1 could not be read"),
    fix=(
        "Allow the action that the finding names. `remediate iam` prints the least-privilege policy for "
        "your plans."
    ),
    topic=Topic.FAILURE,
)
BEHIND_UNREADABLE = Rule(
    "behind-unreadable",
    Level.WARN,
    summary="What stands behind a changed distribution could not be read, so its part is not judged.",
    meaning=(
        "Whom a distribution lets in also depends on the bucket or API that it forwards to. That resource "
        "is no target of the plan and could not be looked up. The guards judged the change without it and "
        "may have missed something."
    ),
    example=(
        "plan     targets: [{cloudfront: cdn.example.com}]\n"
        "call     s3:GetBucketCors of files, the bucket behind it\n"
        "answer   403 AccessDenied\n"
        "after    the change is planned; a rule of the bucket for `*` goes unseen"
    ),
    fix="Let the credentials read it, or look at its CORS settings by hand.",
    topic=Topic.FAILURE,
)
EXPECTATION_UNKNOWN = Rule(
    "expectation-unknown",
    Level.INFO,
    summary="Settings alone do not tell whether an entry under `expect` will hold.",
    meaning=(
        "A function, a template or somebody else's server decides the answer, so the verdict is `unknown` "
        "until a real request is sent. That happens after the apply."
    ),
    example=(
        'plan     expect: [{from: "https://app.example.com",\n'
        '                   to: "https://api.example.com/items", verdict: allowed}]\n'
        "live     GET /items is a proxy integration with a Lambda function\n"
        "before   unknown"
    ),
    fix="Nothing before the apply, which probes it for real. `remediate verify` does so at any time.",
)
CHANGED_SINCE = Rule(
    "changed-since",
    Level.WARN,
    summary="The resource changed since the run, so undo leaves it alone.",
    meaning=(
        "Undo puts back what a run found, where the resource is still as that run left it. This one was "
        "changed or deleted since, and the old settings would overwrite that change. Undo ends with exit "
        "code 4."
    ),
    example=(
        "run 7    writes AllowedOrigins: [https://app.example.com]\n"
        "later    somebody adds https://partner.example in the console\n"
        "undo     `remediate undo 7` does not write to the bucket"
    ),
    fix=(
        "Undo the later run first, if `remediate history` shows one. Else compare with `remediate plan`, "
        "and put it back by hand if it should be."
    ),
    topic=Topic.TODO,
)
GONE = Rule(
    "gone",
    Level.WARN,
    summary="A resource that an earlier run wrote to is not found any more.",
    meaning=(
        "The journal says that a run wrote to the resource. It was deleted since, or no target of the "
        "plan selects it any more. In the second case the settings that the run wrote are still in force. "
        "`remediate drift` reports it once."
    ),
    example=(
        "run 3    writes the CORS rules of s3/uploads\n"
        "now      the bucket was deleted, or `s3: uploads` was taken out of the plan"
    ),
    fix="Nothing, if it was deleted. If the target left the plan by mistake, put it back.",
)
UNDONE = Rule(
    "undone",
    Level.WARN,
    summary="A person undid the plan's change here, so `drift --correct` does not make it again.",
    meaning=(
        "`remediate undo` put back the settings that a run had found. An unattended pass does not "
        "overrule a person: it reports the difference as held back until somebody applies the plan again."
    ),
    example=(
        "run 4    `remediate apply` adds https://app.example.com\n"
        "run 5    `remediate undo 4`\n"
        "pass     `remediate drift --correct` writes nothing to the resource"
    ),
    fix="Run `remediate apply` to take the plan up again, or take the change out of the plan file.",
)
CONTESTED = Rule(
    "contested-resource",
    Level.WARN,
    summary="The resource was corrected again and again and changed each time, so passes leave it.",
    meaning=(
        "Two plans, or a plan and another tool, undo each other. After three corrections to the same "
        "settings within a day (`guards: contested` in the plan file) `drift --correct` stops correcting "
        "the resource: it reports it as contested, with exit code 2, and notifies once. Who changed it is "
        "named where CloudTrail tells (`--blame`)."
    ),
    example=(
        "10:00    another tool overwrites the rules of a bucket, a pass corrects them\n"
        "11:00    the same again, and at 12:00\n"
        "13:00    the pass reports `contested` and leaves the bucket as it is"
    ),
    fix=(
        "Settle which of the two may change the resource: take it out of the other plan or tool, or out of "
        "this plan. Then run `remediate apply`, or `remediate drift --accept ADDRESS` to let passes correct "
        "it again."
    ),
)
LOCKED = Rule(
    "locked",
    Level.WARN,
    summary="Another run holds the lock of the journal, so the correction was held back.",
    meaning=(
        "One run writes at a time. While another one is writing, or has left its lock behind because it "
        "was killed, `drift --correct` reports what differs and writes nothing. The next pass tries "
        "again."
    ),
    example=(
        "first    `remediate apply` waits for CloudFront and holds the lock\n"
        "second   `remediate drift --correct` finds drift in s3/uploads\n"
        "after    s3/uploads is held back, and corrected by the next pass"
    ),
    fix="Wait for the next pass. If the other run is gone, `remediate unlock` breaks its lock.",
)
NO_LONGER_IN_THE_PLAN = Rule(
    "no-longer-in-the-plan",
    Level.INFO,
    summary="No target of the plan means the resource any more; what the plan brought there goes.",
    meaning=(
        "An earlier run of the plan wrote to the resource, and the plan file has no target for it now (or "
        "none for that stage or path). What the plan brought is the plan's, so it is taken back as a change "
        "of the plan. What others set stays, and so does what another plan is known to ask for."
    ),
    example=(
        "earlier  targets: [{s3: uploads}, {http_api: orders}]\n"
        "plan     targets: [{http_api: orders}]\n"
        "after    the rule remediate:webapp of the bucket uploads goes"
    ),
    fix="To keep it, put the target back into the plan file.",
)
ORPHANED_PLAN = Rule(
    "orphaned-plan",
    Level.WARN,
    summary="A plan owns settings of the resource, and no plan file here has its name.",
    meaning=(
        "The journal knows that a plan of that name brought settings here, or a rule or policy bears its "
        "name, and its file is not among the plan files here. Nothing takes the settings away when they are "
        "no longer wanted. It may also be the plan of another team, which has its file elsewhere."
    ),
    example=(
        "live     rule remediate:webapp, AllowedOrigins: [http://localhost:3000]\n"
        "plan     name: shop, and no other plan file beside it\n"
        "after    the rule remediate:webapp stays, and localhost stays allowed"
    ),
    fix=(
        "If nobody needs it, `remediate release NAME` takes back what it brought. If a plan file had that "
        "name before, write `formerly: [NAME]` into it. If it is another team's, leave it."
    ),
)
ASKED_BY_ANOTHER_PLAN = Rule(
    "asked-by-another-plan",
    Level.INFO,
    summary="An origin that the plan gave up stays, because another plan asks for it.",
    meaning=(
        "The plan brought the origin, or asked for it while another plan brought it, and lists it no more. "
        "Another plan asked for it when it was last applied, so it is not the first plan's to take away. "
        "Whichever plan gives it up last takes it away."
    ),
    example=(
        "earlier  plans webapp and shop both list http://localhost:3000 for one API\n"
        "plan     webapp lists it no more\n"
        "after    http://localhost:3000 stays allowed, until shop gives it up too"
    ),
    fix="Take the origin out of the other plan too, and apply that plan.",
)
DEFECT = Rule(
    "defect",
    Level.WARN,
    summary="An unforeseen error came up while the resource was looked at; the others go on.",
    meaning=(
        "Something in the settings or in an answer of AWS is of a kind that remediate does not expect, and "
        "an error in its own code was the result. Nothing is written to the resource. The command goes on "
        "with the others and ends with exit code 1."
    ),
    example=(
        "live     a setting that AWS introduced after this version was made\n"
        "after    the resource is counted as unreadable, the others are planned"
    ),
    fix="Report the line that the finding prints, and try a newer version.",
    topic=Topic.FAILURE,
)
ENDPOINT_DISABLED = Rule(
    "endpoint-disabled",
    Level.INFO,
    summary="The API is reached by a custom domain name alone; no browser access is listed for it.",
    meaning=(
        "The API's own execute-api endpoint is disabled, which is the usual hardening of an API behind a "
        "custom domain name or a distribution. The plan changes its settings like any other. It does not "
        "look up the domain name, so it lists no browser access; guards judge the API as if one led to it."
    ),
    example=(
        "live     DisableExecuteApiEndpoint: true\n"
        "request  GET https://a1b2c3.execute-api.eu-west-1.amazonaws.com/items\n"
        "answer   403, whatever the CORS settings say"
    ),
    fix="`remediate explain URL --origin ORIGIN` with a URL of the custom domain name shows what it allows.",
)
ANSWERS_FIRST = Rule(
    "answers-before-cors",
    Level.INFO,
    summary="Something answers before the CORS settings do, or may: no plan changes that.",
    meaning=(
        "The plan changes the CORS settings of a resource. A browser meets them only if nothing answers "
        "before: a disabled distribution, a behavior that serves signed requests only, a resource policy, a "
        "web ACL, a private API. Guards judge the settings as if nothing did, because that can be taken away."
    ),
    example=(
        "live     behavior /videos/*: TrustedKeyGroups\n"
        "request  preflight of https://cdn.example.com/videos/1.mp4\n"
        "answer   403, whatever the CORS settings say"
    ),
    fix="`remediate explain URL --origin ORIGIN` names what answers, and what can be done about it.",
)
DEAD_ORIGIN = Rule(
    "dead-origin",
    Level.WARN,
    summary="A live setting holds a value that no browser sends as an origin; it lets nobody in.",
    meaning=(
        "A browser compares origins byte for byte: scheme and host in lower case, no path, no trailing "
        "slash, no default port. A value with a slash at its end, without a scheme or with capital letters "
        "never matches. In a static header it holds no place, so the plan puts its own origin there. In a "
        "list of others it stays."
    ),
    example=(
        "live     Access-Control-Allow-Origin: https://app.example.com/\n"
        "request  GET from https://app.example.com\n"
        "before   blocked: the header and the origin differ by the slash"
    ),
    fix="Correct the value where it is made: the template, the stack, the policy.",
)
