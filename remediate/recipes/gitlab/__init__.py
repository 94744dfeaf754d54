"""GitLab jobs: the plan on merge requests, a pass on a schedule and on the default branch."""

from __future__ import annotations

from collections.abc import Mapping

from remediate.recipes.facts import Facts
from remediate.recipes.filling import fill, inside, shell, template

FORGETS = True


def files(facts: Facts) -> Mapping[str, str]:
    """One file to include from `.gitlab-ci.yml`, which most repositories have already."""
    plans = shell(inside(facts))
    text = fill(
        template("gitlab", "remediate.gitlab-ci.yml"),
        {
            "does": facts.does,
            "version": facts.version,
            "requirement": facts.requirement,
            "plans_comment": plans,
            "plans": plans,
            "policy": facts.policy(plans),
            "state_comment": facts.state_comment(),
            "cron": facts.every.cron(facts.seed),
            "names": ", ".join(facts.names),
            "region": facts.regions[0] if facts.regions else "us-east-1",
            "job": " ".join(facts.job),
        },
    )
    return {"remediate.gitlab-ci.yml": text}
