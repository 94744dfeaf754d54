"""A systemd service and its timer, closed as far as a program that talks to AWS can be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from remediate.schedule.facts import Facts, Interval
from remediate.schedule.template import fill, shell, template

FORGETS = False
INSTALLS = True
VARIABLES = (
    "note: Channels of these plans refer to {names}: write them into /etc/remediate/environment (root's, "
    "mode 0600, NAME=value lines), which the service reads."
)
_SECRETS = """#
# What the plans' channels refer to, as NAME=value lines in a file that systemd reads as root:
#   install -m 0600 /dev/null /etc/remediate/environment
#   {names}"""
PLANS = PurePosixPath("/etc/remediate/plans")


def files(facts: Facts) -> Mapping[str, str]:
    """The service, its timer, and the unit that reports a failure."""
    place = str(PLANS / facts.state)
    journal = (
        f"# The journal is kept in {facts.state}."
        if facts.bucket
        else "# The journal is kept in /var/lib/remediate, which the service sees in the place of\n"
        f"# {place}; back it up, undo needs it. People who apply the same plans need one\n"
        "# that they share with it: `state: s3://BUCKET/PREFIX` in each plan file."
    )
    values = {
        "version": facts.version,
        "requirement": shell([facts.requirement]),
        "policy": facts.policy(shell(facts.plans)),
        "secrets_comment": facts.variables_comment(_SECRETS),
        "plans": shell(facts.plans),
        "copies": "\n".join(
            f"#   install -m 0644 -- {shell([file.path, str(PLANS / file.file_name)])}"
            for file in facts.files
        ),
        "state_comment": journal,
        "bind": "" if facts.bucket else f"BindPaths={_quoted(f'/var/lib/remediate:{place}')}",
        "job": " ".join(facts.job),
        "every": facts.every.words,
        "calendar": calendar(facts.every, facts.seed),
        "delay": str(min(300, facts.every.seconds // 10)),
    }
    names = ("remediate-drift.service", "remediate-drift.timer", "remediate-failed@.service")
    return {name: fill(template("systemd", name), values) for name in names}


def calendar(every: Interval, seed: str) -> str:
    """The interval as systemd.time(7) writes it."""
    hour, minute = every.first(seed)
    if every.minutes < 60:
        return f"*:{minute:02d}/{every.minutes}"
    if every.minutes == 60:
        return f"*:{minute:02d}"
    if every.minutes == 1440:
        return f"{hour:02d}:{minute:02d}"
    return f"{hour:02d}/{every.minutes // 60}:{minute:02d}"


def _quoted(path: str) -> str:
    """A word of a setting: systemd expands `%` and takes quotes and backslashes away."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'
