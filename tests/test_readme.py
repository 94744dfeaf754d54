"""What the README and the guide show is what the program prints."""

from __future__ import annotations

import re
import shlex
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from remediate.notify import channel_kinds
from remediate.notify.channels.webhook import signature
from remediate.planfile import load, schema
from remediate.services import target_options
from tests.cli.test_commands import ROOT, run

README = (ROOT / "README.md").read_text()
GUIDE = {path.stem: path.read_text() for path in sorted((ROOT / "remediate" / "guide").glob("*.md"))}
SHOWN = "\n".join([README, *GUIDE.values()])


def test_the_output_shown_is_the_output_printed() -> None:
    shown = re.search(
        r"<!-- output of: remediate apply --sandbox --yes -->\n```text\n(.*?)```", SHOWN, re.DOTALL
    )
    assert shown is not None
    printed = run("apply", "--sandbox", "--yes").stdout.splitlines()
    assert [line for line in shown[1].splitlines() if line and line not in printed] == []


def test_the_grant_shown_is_the_grant_printed(tmp_path: Path) -> None:
    shown = re.search(r"<!-- output of: remediate (grant .*?) -->\n```text\n(.*?)```", SHOWN, re.DOTALL)
    assert shown is not None
    shutil.copytree(ROOT / "plans", tmp_path / "plans", ignore=shutil.ignore_patterns(".*"))
    printed = run(*shlex.split(shown[1]), cwd=tmp_path).stdout
    instant = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.sub(instant, "…", printed) == re.sub(instant, "…", shown[2])


def test_the_policy_shown_is_the_policy_printed() -> None:
    shown = re.search(
        r"<!-- output of: remediate iam --for plan --resolve --sandbox -->\n```json\n(.*?)```",
        SHOWN,
        re.DOTALL,
    )
    assert shown is not None
    assert shown[1] in run("iam", "--for", "plan", "--resolve", "--sandbox").stdout


def test_the_python_example_runs() -> None:
    example = re.search(r"```python\n(.*?)```", GUIDE["python"], re.DOTALL)
    assert example is not None
    names: dict[str, object] = {}
    exec(example[1], names)
    assert getattr(names["verdict"], "allowed") is True  # noqa: B009


def test_every_command_is_told() -> None:
    listed = re.findall(r"^  (\w+)  ", run("--help").stdout, re.MULTILINE)
    assert listed
    assert [name for name in listed if f"`remediate {name}" not in README] == []


def test_the_check_of_a_signature_tells_ours_from_others() -> None:
    example = re.search(r"<!-- check of a signature -->\n```python\n(.*?)```", SHOWN, re.DOTALL)
    assert example is not None
    names: dict[str, Any] = {}
    exec(example[1], names)
    body, now = b'{"notices": []}', int(time.time())
    ours = signature("k3y", body, now)
    assert names["is_ours"](body, ours, "k3y") is True
    assert names["is_ours"](body, ours, "another") is False
    assert names["is_ours"](body + b" ", ours, "k3y") is False
    assert names["is_ours"](body, signature("k3y", body, now - 3600), "k3y") is False


def test_the_notifications_shown_are_a_plans(tmp_path: Path) -> None:
    shown = re.search(r"```yaml\n(notify:\n.*?)```", SHOWN, re.DOTALL)
    assert shown is not None
    path = tmp_path / "p.yaml"
    head = "version: 1\nname: a\norigins: [https://a.example]\ntargets: [{s3: b}]\n"
    path.write_text(head + shown[1])
    (plan,) = load([path], target_options(), now=datetime.now(UTC), channels=channel_kinds())
    assert {channel.kind for channel in plan.notify} == set(channel_kinds())
    jsonschema.validate(yaml.safe_load(path.read_text()), schema(target_options(), channel_kinds()))


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    assert README.count("\n") <= 200
    assert [topic for topic in GUIDE if f"(remediate/guide/{topic}.md)" not in README] == []


def test_every_link_leads_to_a_file() -> None:
    pages = {ROOT / "README.md": README}
    pages |= {ROOT / "remediate" / "guide" / f"{topic}.md": text for topic, text in GUIDE.items()}
    links = [
        (path, link)
        for path, text in pages.items()
        for link in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text)
    ]
    assert len(links) > len(GUIDE)
    assert [(path.name, link) for path, link in links if not (path.parent / link).exists()] == []


def test_the_plan_files_shown_are_plan_files(tmp_path: Path) -> None:
    shown = re.findall(r"```yaml\n(version: 1\n.*?)```", SHOWN, re.DOTALL)
    assert len(shown) == 2
    for number, text in enumerate(shown):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        (plan,) = load(
            [path], target_options(), now=datetime(2026, 1, 1, tzinfo=UTC), channels=channel_kinds()
        )
        assert plan.name == "webapp"
        assert len(plan.targets) == 4


def test_the_exit_codes_stand_alike_in_the_readme_and_the_guide() -> None:
    table = re.search(r"\| exit \|.*?\n\n", README, re.DOTALL)
    assert table is not None
    assert table[0] in GUIDE["commands"]


def test_the_page_on_json_names_every_format() -> None:
    # Objects of the journal and the locks, which no command prints.
    stored = {f"remediate.{name}" for name in ("claims/1", "known/2", "run/1", "watch/1")}
    sources = "".join(path.read_text() for path in (ROOT / "remediate").rglob("*.py"))
    formats = set(re.findall(r'"(remediate\.[a-z-]+/\d)"', sources)) - stored
    assert [name for name in sorted(formats) if f"`{name}`" not in GUIDE["json"]] == []
