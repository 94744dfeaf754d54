"""Recipes as a user gets them, for the plans of the tests."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path

from remediate.notify import channel_kinds
from remediate.planfile import load
from remediate.schedule.build import facts, recipe
from remediate.services import target_options

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WEBAPP = """\
version: 1
name: webapp
account: "123456789012"
region: eu-west-1
origins: [https://app.example.com]
allow: {methods: [GET, POST, PUT], headers: [content-type]}
targets:
  - s3: webapp-uploads
  - http_api: webapp-orders
  - rest_api: webapp-backend
    stages: [prod]
  - cloudfront: cdn.example.com
"""
UPLOADS = """\
version: 1
name: uploads
state: s3://ops-state/cors
origins: [https://app.example.com]
targets:
  - s3: uploads-*
    region: us-east-1
"""
TOLD = (
    WEBAPP
    + """\
notify:
  - slack: env:SLACK_WEBHOOK
  - webhook: https://ops.example.com/hook
    secret: env:NO
  - teams: ssm:/remediate/teams
"""
)
"""Its channels refer to two variables; one has a name that YAML takes for a boolean."""
ODD = "my plans; $(touch pwned) '\"`%i ${{ github.token }} #!&|<>\\é☃ -n"
"""A folder's name with what shells, YAML, systemd, crontabs and GitHub take for theirs."""


def made(
    on: str,
    folder: Path,
    plans: Mapping[str, str],
    *,
    every: str = "1h",
    correct: bool = True,
    install: str | None = None,
) -> Mapping[str, str]:
    """The recipe for these plan files (by path), made in `folder`."""
    for name, text in plans.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with chdir(folder):
        paths = sorted({Path(Path(name).parts[0]) for name in plans})
        files = load(paths, target_options(), now=NOW, channels=channel_kinds())
        return recipe(on, facts(paths, files, every=every, correct=correct, install=install)).files
