"""A GitHub workflow: the plan on pull requests, a pass on a schedule and on the default branch."""

from __future__ import annotations

import re
from collections.abc import Mapping

from remediate.schedule.facts import Facts
from remediate.schedule.places.requirement import in_repository
from remediate.schedule.template import fill, inside, shell, template, yaml_text

FORGETS = True
INSTALLS = True
VARIABLES = (
    "note: Channels of these plans refer to {names}: add repository secrets of these names "
    "(Settings > Secrets and variables > Actions), which the job gets as environment variables."
)
_SECRETS = """#   4. What the plans' channels refer to, as the repository's secrets (same page > Secrets).
#      The job that looks for drift gets them, the one on pull requests does not:
#        {names}"""


def files(facts: Facts) -> Mapping[str, str]:
    """One workflow, where GitHub looks for it in a repository."""
    plans = inside(facts)
    # A cut in the quoted word: GitHub would take `${{` for an expression wherever it stands.
    words = shell(plans).replace("${{", "$''{{")
    text = fill(
        template("github", "remediate.yml"),
        {
            "does": facts.does,
            "version": facts.version,
            "requirement": in_repository(facts).replace("${{", "$''{{"),
            "plans_comment": shell(plans),
            "plans": words,
            "policy": facts.policy(shell(plans)),
            "secrets_comment": facts.variables_comment(_SECRETS),
            "environment": _environment(facts),
            "state_comment": facts.state_comment(),
            "cron": facts.every.cron(facts.seed),
            "paths": "\n".join(f"- {yaml_text(_filter(facts, plan))}" for plan in plans),
            "names": ", ".join(facts.names),
            "region": facts.regions[0] if facts.regions else "us-east-1",
            "job": " ".join(facts.job),
            "job_name": "Correct drift" if facts.correct else "Look for drift",
        },
    )
    return {".github/workflows/remediate.yml": text}


def _environment(facts: Facts) -> str:
    """The secrets as the step's environment variables."""
    lines = (f"  {yaml_text(name)}: ${{{{ secrets.{name} }}}}" for name in facts.variables)
    return "\n".join(["env:", *lines]) if facts.variables else ""


def _filter(facts: Facts, plan: str) -> str:
    """The plan as a path filter: a folder means what is in it, and globs are spelled out."""
    literal = re.sub(r"([\\*?+\[\]!])", r"\\\1", plan)
    if plan in {file.path for file in facts.files}:
        return literal
    return "**" if plan == "." else f"{literal}/**"
