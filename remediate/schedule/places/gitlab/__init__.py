"""GitLab jobs: the plan on merge requests, a pass on a schedule and on the default branch."""

from __future__ import annotations

from collections.abc import Mapping

from remediate.schedule.facts import Facts
from remediate.schedule.places.requirement import image, in_repository
from remediate.schedule.template import fill, inside, shell, template

FORGETS = True
INSTALLS = True
VARIABLES = (
    "note: Channels of these plans refer to {names}: add CI/CD variables of these names, masked and "
    "protected (Settings > CI/CD > Variables), which the job gets by itself."
)
_SECRETS = """# 5. What the plans' channels refer to, as CI/CD variables (Settings > CI/CD > Variables):
#    masked, and protected so that only protected branches get them. A job needs not name them:
#      {names}"""


def files(facts: Facts) -> Mapping[str, str]:
    """One file to include from `.gitlab-ci.yml`, which most repositories have already."""
    plans = shell(inside(facts))
    text = fill(
        template("gitlab", "remediate.gitlab-ci.yml"),
        {
            "does": facts.does,
            "version": facts.version,
            "requirement": in_repository(facts),
            "image": image(facts),
            "plans_comment": plans,
            "plans": plans,
            "policy": facts.policy(plans),
            "secrets_comment": facts.variables_comment(_SECRETS),
            "state_comment": facts.state_comment(),
            "cron": facts.every.cron(facts.seed),
            "names": ", ".join(facts.names),
            "region": facts.regions[0] if facts.regions else "us-east-1",
            "job": " ".join(facts.job),
        },
    )
    return {"remediate.gitlab-ci.yml": text}
