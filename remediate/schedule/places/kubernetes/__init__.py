"""A Kubernetes CronJob: not root, a root file system that cannot be written, no rights in the cluster."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from remediate.errors import UsageError
from remediate.schedule.facts import Facts
from remediate.schedule.places.requirement import image, local_file
from remediate.schedule.template import fill, shell, template, yaml_block, yaml_text

FORGETS = True
INSTALLS = True
VARIABLES = (
    "note: Channels of these plans refer to {names}: put them into the secret remediate-environment of the "
    "namespace remediate, under keys of these names."
)
_SECRETS = """#   4. What the plans' channels refer to ({names}), as NAME=value lines of a file:
#        kubectl -n remediate create secret generic remediate-environment --from-env-file=FILE"""
MOST = 1_000_000
"""A ConfigMap holds 1 MiB, names included."""


def files(facts: Facts) -> Mapping[str, str]:
    """The manifests in one file, and the image's Dockerfile."""
    size = sum(len(file.text.encode()) + len(file.name) for file in facts.files)
    if size > MOST:
        raise UsageError(
            f"The plan files have {size:,} bytes; a ConfigMap holds {MOST:,}.",
            hint="Make recipes for some of the plans at a time.",
        )
    wheel = _wheel(facts)
    values = {
        "version": facts.version,
        "requirement": shell([f"/opt/{wheel}" if wheel else facts.requirement]),
        "image": image(facts),
        "wheel": f"# Put {wheel} beside this file.\nCOPY {json.dumps([wheel, '/opt/'])}" if wheel else "",
        "policy": facts.policy(shell(facts.plans)),
        "plans": shell(facts.plans),
        "secrets_comment": facts.variables_comment(_SECRETS),
        "environment": "\n".join(_from_secret(name) for name in facts.variables),
        "state_comment": facts.state_comment(),
        "account": facts.account or "ACCOUNT",
        "data": "\n".join(f"{file.file_name}: {yaml_block(file.text)}" for file in facts.files),
        "cron": facts.every.cron(facts.seed),
        "deadline": str(facts.every.seconds - 60),
        "args": json.dumps([*facts.job, "/plans"]),
        "region": facts.regions[0] if facts.regions else "us-east-1",
        "mounts": _mounts(facts),
    }
    names = ("remediate.yaml", "Dockerfile")
    return {name: fill(template("kubernetes", name), values) for name in names}


def _wheel(facts: Facts) -> str:
    """The name of the file that the image is to install, where it is one. Raises `UsageError`."""
    name = PurePosixPath(local_file(facts)).name
    if not re.fullmatch(r"[\w.!+-]*", name, re.ASCII):
        raise UsageError(
            f"--install {name}: a character of this name has a meaning of its own in a Dockerfile.",
            hint="Give the file a name that has only letters, digits and . _ + ! -.",
        )
    return name


def _from_secret(name: str) -> str:
    """One variable. Without the secret a pass still corrects, and reports the channels that it skipped."""
    key = yaml_text(name)
    return (
        f"- name: {key}\n  valueFrom:\n    secretKeyRef:\n"
        f"      name: remediate-environment\n      key: {key}\n      optional: true"
    )


def _mounts(facts: Facts) -> str:
    """The plans; among folders that can be written, where the journal is kept beside them for a pass."""
    if facts.bucket:
        return "- name: plans\n  mountPath: /plans\n  readOnly: true"
    mount = "\n- name: plans\n  mountPath: /plans/{0}\n  subPath: {0}\n  readOnly: true"
    single = "".join(mount.format(file.file_name) for file in facts.files)
    return f"- name: tmp\n  mountPath: /plans\n  subPath: plans{single}"
