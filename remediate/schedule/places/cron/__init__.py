"""A crontab line and the script it starts: locked, logged, and silent unless there is something to say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from remediate.schedule.facts import Facts
from remediate.schedule.template import fill, shell, template

FORGETS = False
INSTALLS = False
VARIABLES = (
    "note: Channels of these plans refer to {names}: write them into ~/.config/remediate/environment "
    "(mode 0600, NAME='value' lines), which the script reads."
)
_SECRETS = """
# What the plans' channels refer to: {names}. Cron does not have them, and a crontab is no place for
# secrets. In a file that is yours alone, one NAME='value' a line:
#   install -d -m 0700 ~/.config/remediate
#   install -m 0600 /dev/null ~/.config/remediate/environment
secrets=${{XDG_CONFIG_HOME:-$HOME/.config}}/remediate/environment
if [ -e "$secrets" ]; then
    set -a
    . "$secrets"
    set +a
fi"""

_ALONE = """ Back it up: undo needs it.
# Several machines or people need one that they share: `state: s3://BUCKET/PREFIX` in each plan file."""


def files(facts: Facts) -> Mapping[str, str]:
    """The script, and the lines for the crontab of the user whose credentials are used."""
    script = PurePosixPath(facts.folder) / "remediate-drift"
    values = {
        "version": facts.version,
        "policy": facts.policy(shell(facts.plans)),
        "secrets": facts.variables_comment(_SECRETS),
        "plans": shell(facts.plans),
        "folder": shell([facts.folder]),
        "command": shell([facts.command]),
        "job": " ".join(facts.job),
        "drift_left": "drift that could not be corrected is left" if facts.correct else "drift",
        "state_comment": f"# The journal is kept in {facts.journal}." + ("" if facts.bucket else _ALONE),
        "cron": facts.every.cron(facts.seed),
        "script_shell": shell([str(script)]),
        # crontab(5): a % that is not escaped becomes a newline.
        "script": shell([str(script)]).replace("%", r"\%"),
    }
    return {
        "remediate-drift": fill(template("cron", "remediate-drift"), values),
        "remediate.crontab": fill(template("cron", "remediate.crontab"), values),
    }
