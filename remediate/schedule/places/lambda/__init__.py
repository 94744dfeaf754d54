"""A Lambda function with all that it needs: CloudFormation, and the scripts that build and deploy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import yaml

from remediate.errors import UsageError
from remediate.schedule.facts import Facts, PlanText
from remediate.schedule.template import fill, shell, template, yaml_text

FORGETS = False
INSTALLS = True
"""The disk does; but the template brings a bucket, which comes before what the plans say."""

VARIABLES = (
    "warning: Channels of these plans refer to {names}, and a function's settings are no safe place for "
    "secrets: whoever may look at it reads its variables, so this template sets none and these channels "
    "would fail. Write `ssm:/NAME` into the plan file instead of `env:NAME`; "
    "`aws ssm put-parameter --type SecureString --name /NAME --value …` keeps it."
)
_SECRETS = """#
# WARNING: the plans' channels refer to {names}, which the function does not have: its
# settings show a variable to whoever may look at it. Keep each as a SecureString of Systems Manager
# (aws ssm put-parameter), write `ssm:/NAME` into the plan file instead of `env:NAME`, and make this
# anew: then its role may read them."""

MOST = 8_500
"""A role's inline policies hold 10,240 characters (IAM user guide, "IAM quotas"); the rest is the job's."""

_OWN_BUCKET = """# The plans keep their journal in a folder, the function its own in the output StateBucket.
# So that people and function know of each other's runs, write into each plan file, once that exists:
#   state: s3://BUCKET/remediate
# A recipe made from such plans has no bucket of its own; this one stays, as DeletionPolicy says."""

GLOBAL = {"cloudfront.amazonaws.com": "us-east-1"}
"""The Region where CloudTrail reports global services (user guide, "Global service events")."""


def files(facts: Facts) -> Mapping[str, str]:
    """The template, one more for the regions whose events it needs, the package's parts, two scripts."""
    if not facts.events:
        raise UsageError(
            "No service of these plans reports its changes as events.", hint="Name a plan with targets."
        )
    size = sum(len(json.dumps(statement, separators=(",", ":"))) for statement in facts.statements)
    if size > MOST:
        raise UsageError(
            f"The policy for these plans has {size:,} characters; a role of its own holds about {MOST:,}.",
            hint="Name the targets by globs, or make recipes for some of the plans at a time.",
        )
    regions = _regions(facts)
    values = {
        **_words(facts),
        **_journal(facts),
        **_pattern(facts),
        "requirement": shell([facts.requirement]),
        "copies": "\n".join(
            f'cp -- {shell([file.path])} "$build/plans/{file.file_name}"' for file in facts.files
        ),
        "regions": " ".join(regions),
        "region_default": f"${{AWS_REGION:-{facts.regions[0]}}}" if facts.regions else "${AWS_REGION:?}",
        "region_words": facts.regions[0] if facts.regions else "must be set",
        "statements": _block(facts.statements),
    }
    names = ["template.yaml", "package.sh", "deploy.sh", *(["events.yaml"] if regions else [])]
    made = {name: fill(template("lambda", name), values) for name in names}
    return made | {"requirements.txt": template("lambda", "requirements.txt")}


def _words(facts: Facts) -> dict[str, str]:
    return {
        "version": facts.version,
        "names": ", ".join(facts.names),
        "secrets_comment": facts.variables_comment(_SECRETS),
        "every": facts.every.words,
        "does": facts.does,
        "correct": "true" if facts.correct else "false",
        "rate": f"rate({facts.every.count} {facts.every.unit})",
        "seconds": str(facts.every.seconds),
        # As the job names its metrics: all plans of a pass, in the order of the package's folder.
        "dimension": yaml_text(", ".join(file.name for file in sorted(facts.files, key=_file_name))),
    }


def _journal(facts: Facts) -> dict[str, str]:
    """The bucket that the plans name, or one of the stack's own."""
    if facts.bucket:
        return {
            "state_comment": f"# The journal is in the bucket that the plans name: {facts.state}",
            "state": yaml_text(facts.state),
            "bucket": yaml_text(facts.bucket),
            "plans_in_bucket": yaml_text(f"s3://{facts.bucket}/plans"),
            "bucket_sub": facts.bucket,
            "state_bucket": "",
            # The policy for these plans has it already.
            "journal_statements": "",
        }
    return {
        "state_comment": _OWN_BUCKET,
        "state": "!Sub s3://${StateBucket}/remediate",
        "bucket": "!Ref StateBucket",
        "plans_in_bucket": '!Sub "s3://${StateBucket}/plans"',
        "bucket_sub": "${StateBucket}",
        "state_bucket": _indented(template("lambda", "state_bucket.yaml")),
        "journal_statements": template("lambda", "journal_statements.yaml").rstrip("\n"),
    }


def _pattern(facts: Facts) -> dict[str, str]:
    """The event pattern of the EventBridge rule."""
    names = sorted({name for several in facts.events.values() for name in several})
    return {
        "sources": _items(f"aws.{source.removesuffix('.amazonaws.com')}" for source in facts.events),
        "event_sources": _items(facts.events),
        "event_names": _items(names),
    }


def _regions(facts: Facts) -> list[str]:
    """The Regions in which CloudTrail reports changes, as far as the plans name them."""
    everywhere = [region for source, region in GLOBAL.items() if source in facts.events]
    return list(dict.fromkeys([*facts.regions, *everywhere]))


def _file_name(file: PlanText) -> str:
    return file.file_name


def _items(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _indented(text: str) -> str:
    return "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def _block(statements: Iterable[Mapping[str, object]]) -> str:
    dumped: str = yaml.safe_dump(
        [dict(statement) for statement in statements], sort_keys=False, width=10_000, allow_unicode=True
    )
    return dumped.rstrip("\n")
