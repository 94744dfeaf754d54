"""The Lambda recipe: what CloudFormation's own linter says of it, what it grants, what it locks."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from remediate.errors import UsageError
from tests.schedule.making import ODD, TOLD, UPLOADS, WEBAPP, made

ROOT = Path(__file__).parents[2]
CASES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "webapp": ({"plans/webapp.yaml": WEBAPP}, {}),
    "a bucket of the plans' own": ({"plans/uploads.yaml": UPLOADS}, {"every": "1d"}),
    "only looking": ({"plans/uploads.yaml": UPLOADS}, {"every": "15m", "correct": False}),
    "several": (
        {"plans/a.yaml": WEBAPP, "plans/b.yaml": WEBAPP.replace("webapp\n", "second\n", 1)},
        {"every": "6h"},
    ),
    "odd": ({f"{ODD}/webapp.yaml": WEBAPP}, {}),
}


class _Loader(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions as their long forms."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


def read(template: str) -> dict[str, Any]:
    document = yaml.load(template, _Loader)
    assert isinstance(document, dict)
    return document


@pytest.fixture(params=CASES, scope="module")
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    plans, options = CASES[request.param]
    return made("lambda", tmp_path_factory.mktemp("recipe"), plans, **options)


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    """Warnings and remarks are findings too. One run for all: it is slow to start."""
    templates = []
    for number, (plans, options) in enumerate(CASES.values()):
        for name, text in made("lambda", tmp_path / f"plans{number}", plans, **options).items():
            if name.endswith(".yaml"):
                templates.append(f"{number}-{name}")
                (tmp_path / templates[-1]).write_text(text, encoding="utf-8")
    assert len(templates) > len(CASES)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), "--include-checks", "I", "--", *templates],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout, done.stderr) == ("", "")


def test_the_scripts_are_bash(files: Mapping[str, str]) -> None:
    for name in ("package.sh", "deploy.sh"):
        done = subprocess.run(["bash", "-n"], input=files[name], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_what_moto_does_not_deploy_stands_in_the_template(files: Mapping[str, str]) -> None:
    resources = read(files["template.yaml"])["Resources"]
    function = resources["Function"]["Properties"]
    assert function["Architectures"] == ["arm64"]
    assert function["DeadLetterConfig"] == {"TargetArn": {"Fn::GetAtt": "DeadLetters.Arn"}}
    assert resources["Log"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    if "StateBucket" in resources:
        bucket = resources["StateBucket"]
        assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
        assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
        (deny,) = resources["StateBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_it_brings_a_bucket_unless_the_plans_name_one(tmp_path: Path) -> None:
    own = read(made("lambda", tmp_path, {"plans/webapp.yaml": WEBAPP})["template.yaml"])
    theirs = read(made("lambda", tmp_path / "b", {"plans/uploads.yaml": UPLOADS})["template.yaml"])
    state = [
        template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]["REMEDIATE_STATE"]
        for template in (own, theirs)
    ]
    assert state == [{"Fn::Sub": "s3://${StateBucket}/remediate"}, "s3://ops-state/cors"]
    assert ["StateBucket" in template["Resources"] for template in (own, theirs)] == [True, False]


def test_events_of_other_regions_are_sent_to_the_function(tmp_path: Path) -> None:
    """CloudTrail tells of CloudFront in us-east-1, of all else in the region of the resource."""
    both = UPLOADS + "  - s3: others\n    region: eu-central-1\n"
    several = made("lambda", tmp_path, {"u.yaml": both})
    assert "for region in us-east-1 eu-central-1; do" in several["deploy.sh"]
    global_ones = made("lambda", tmp_path, {"webapp.yaml": WEBAPP})
    assert "for region in eu-west-1 us-east-1; do" in global_ones["deploy.sh"]
    unknown = UPLOADS.replace("    region: us-east-1\n", "")
    assert "events.yaml" not in made("lambda", tmp_path, {"unknown.yaml": unknown})
    rules = [
        read(global_ones[name])["Resources"]["Changes"]["Properties"]["EventPattern"]
        for name in ("template.yaml", "events.yaml")
    ]
    assert rules[0]["detail"].pop("$or")
    assert rules[0] == rules[1]


def test_the_lock_holds_what_the_package_needs() -> None:
    """`requirements.txt` is made by the command in its first lines; boto3 is the runtime's."""
    text = (ROOT / "remediate/schedule/places/lambda/requirements.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z0-9._-]+)==(\S+) ", text, re.MULTILINE))
    hashed = re.findall(r"^([a-z0-9._-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert sorted(hashed) == sorted(pinned)
    assert not {"boto3", "botocore", "moto"} & pinned.keys()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for needed in map(Requirement, project["dependencies"]):
        if needed.name != "boto3":
            assert needed.specifier.contains(pinned[canonicalize_name(needed.name)]), needed


def test_a_report_may_write_what_it_remembers_and_nothing_else(tmp_path: Path) -> None:
    template = read(made("lambda", tmp_path, {"plans/u.yaml": UPLOADS}, correct=False)["template.yaml"])
    resources = template["Resources"]
    written = [
        (action, statement["Resource"])
        for policy in resources["Role"]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in (statement.get("Action", []) if isinstance(statement.get("Action"), list) else [])
        if action.partition(":")[2].startswith(("Put", "Update", "Create", "Delete"))
        and not action.startswith("logs:")
    ]
    assert written == [
        ("s3:DeleteObject", ["arn:aws:s3:::ops-state/cors/runs/*"]),
        ("s3:PutObject", ["arn:aws:s3:::ops-state/cors/*"]),
    ]
    variables = resources["Function"]["Properties"]["Environment"]["Variables"]
    assert variables["REMEDIATE_CORRECT"] == "false"


def test_a_policy_that_no_role_holds_is_refused(tmp_path: Path) -> None:
    """Inline policies of a role have 10,240 characters at most (IAM user guide, "IAM quotas")."""
    names = [f"  - s3: a-bucket-with-a-rather-long-name-{number:03}\n" for number in range(120)]
    with pytest.raises(UsageError, match="characters"):
        made("lambda", tmp_path, {"u.yaml": UPLOADS + "".join(names)})


def test_what_channels_refer_to_is_no_variable_of_the_function(tmp_path: Path) -> None:
    text = made("lambda", tmp_path, {"plans/webapp.yaml": TOLD})["template.yaml"]
    head, _, rest = text.partition("\nAWSTemplateFormatVersion")
    assert "refer to SLACK_WEBHOOK, NO, which the function does not have" in head
    assert "SLACK_WEBHOOK" not in rest
    assert "parameter/remediate/teams" in rest
