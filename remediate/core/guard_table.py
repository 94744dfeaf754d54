"""Every guard: its code, its level, what it means and what lifts it. The README's table is made of this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from remediate.core.finding import Level

COUNT, SHARE, MINIMUM = 50, 50.0, 10
"""`too-many-changes` unless a plan says otherwise: more than so many, and more than so many percent."""


WIDENING_HINT = (
    "List such an origin in the plan if it is wanted. If not, remove it by hand or use `mode: exact`. "
    "`drift --correct` leaves the resource as it is. In the plan file, `guards: {levels: {widens-others: "
    "info}}` lets it write such a change, and `refuse` makes apply refuse it without `--allow widens-others`."
)


@dataclass(frozen=True, slots=True)
class Guard:
    """One thing that a person must first agree to by name.

    `lifted` says what else than `--allow` makes it go; `liftable` is whether `--allow` does.
    """

    code: str
    level: Level
    meaning: str
    lifted: str
    liftable: bool = True


def _refuse(code: str, meaning: str, lifted: str) -> Guard:
    return Guard(code, Level.REFUSE, meaning, lifted)


GUARDS: Mapping[str, Guard] = {
    guard.code: guard
    for guard in (
        _refuse(
            "opens-to-any",
            "A page of any website would newly be allowed: by `*`, `https://*` or `http://*` in the plan, "
            "or because a stranger's request would pass that does not pass today.",
            "List the origins by name.",
        ),
        _refuse(
            "any-with-credentials",
            "A page of any website would newly be allowed to call with its visitor's cookies.",
            "List the origins by name, or set `credentials: false`.",
        ),
        _refuse(
            "public-suffix-wildcard",
            "A new pattern like `https://*.vercel.app`, `https://*.github.io` or `https://*.co.uk` ends in "
            "a public suffix: anybody can have a name there.",
            "Put the part that is yours behind the `*`, or list the origins.",
        ),
        _refuse(
            "insecure-origin",
            "A new origin has the scheme http and is not loopback: whoever is on the network between can "
            "speak as that page.",
            "Serve the page over https.",
        ),
        _refuse(
            "null-origin",
            "The origin `null` would be new: every website can have it, by a sandboxed frame.",
            "Serve the page from a real origin.",
        ),
        Guard(
            "widens-others",
            Level.WARN,
            "An origin that no plan names would be allowed a method, a header, credentials or a response "
            "header that it is not allowed now, because others listed it where one setting serves all "
            "origins. `drift --correct` holds such a change at `warn` and `refuse`; `info` lets it write.",
            "List the origin in the plan, remove it by hand, or use `mode: exact`.",
        ),
        _refuse(
            "removes-access",
            "In exact mode, a caller that works today would no longer, and the plan neither lists it as "
            "expired nor otherwise gives it up.",
            "Add the origin to the plan, or use `mode: merge`.",
        ),
        _refuse(
            "removes-all",
            "A resource that allows an origin today would allow none, and not only because they expired.",
            "Leave an origin in the plan, or take the target out of it.",
        ),
        _refuse(
            "too-many-changes",
            f"More than {COUNT} resources and more than {SHARE:.0f} % of those looked at would change; "
            f"counted per plan file, from {MINIMUM} resources on.",
            "Narrow down with `--target`, or set `guards: {max_changes, max_share, minimum}`.",
        ),
        _refuse(
            "owned-elsewhere",
            "Tags say that CloudFormation, SAM, CDK, Terraform, the Serverless Framework or Amplify manages "
            "the resource: its next deploy would undo the change.",
            "Make the change there; the finding prints it in that tool's own language.",
        ),
        Guard(
            "owner-unknown",
            Level.INFO,
            "The tags that tell who manages a resource could not be read; that alone is no danger.",
            "Let the credentials read tags.",
        ),
        _refuse(
            "other-edits-would-go-live",
            "The deployment of a REST API would publish edits that are not the plan's.",
            "Deploy or undo those edits first.",
        ),
        _refuse(
            "canary-active",
            "A stage has a canary release under way.",
            "Promote or delete the canary.",
        ),
        _refuse(
            "shared-policy",
            "Cannot happen at present, and is never raised: policies on CloudFront are named after what they "
            "hold and never edited, those of others are copied, and CloudFront keeps one that is in use.",
            "Nothing to lift.",
        ),
        Guard(
            "wrong-account",
            Level.REFUSE,
            "The credentials are for another account than the plan names; nothing is read or written.",
            "Use the credentials of that account, or correct `account:`.",
            liftable=False,
        ),
        _refuse(
            "expectation-fails",
            "An entry under `expect` would not hold after the plan.",
            "Mend the plan or the expectation.",
        ),
        _refuse(
            "targets-disagree",
            "Two targets want different settings for one resource; it stays as it is.",
            "Name it in one target only. `--allow` lets the other resources go on.",
        ),
        _refuse(
            "too-many-rules",
            "A bucket would have more than the 100 rules that S3 takes; it stays as it is.",
            "Remove rules. `--allow` lets the other resources go on.",
        ),
        _refuse(
            "document-too-large",
            "A bucket's rules would be larger than the 64 KB that S3 takes; it stays as it is.",
            "Shorten the lists. `--allow` lets the other resources go on.",
        ),
        _refuse(
            "policy-quota",
            "CloudFront would need more custom policies than the default quota of 20 of a kind.",
            "Delete unused ones; `--allow` where the account's quota was raised.",
        ),
    )
}


def markdown() -> str:
    """The table as the README shows it."""
    rows = [
        f"| `{guard.code}` | {guard.level} | {guard.meaning} | {guard.lifted}"
        f"{'' if guard.liftable else ' `--allow` does not lift it.'} |"
        for guard in GUARDS.values()
    ]
    head = ["| code | level | meaning | what mends it, besides `--allow CODE` |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])
