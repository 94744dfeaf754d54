"""The Kubernetes manifests, against the schemas that Kubernetes publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from cronsim import CronSim
from kubernetes_validate.utils import latest_version, validate

from remediate.errors import UsageError
from tests.schedule.making import NOW, TOLD, UPLOADS, WEBAPP, made

VERSIONS = ("1.30", latest_version())
STRANGE = WEBAPP + "# tab\there, trailing  \n\n# @{names} ${{ x }} ☃ 😀\n   \n"
CASES: dict[str, dict[str, str]] = {
    "a folder": {"plans/webapp.yaml": WEBAPP},
    "a bucket": {"uploads.yaml": UPLOADS},
    "channels": {"plans/webapp.yaml": TOLD},
    "strange": {"a b/webapp.yaml": STRANGE},
    "no newline": {"webapp.yaml": WEBAPP.rstrip("\n")},
    "two of one name": {
        "a/plan.yaml": UPLOADS,
        "b/plan.yaml": UPLOADS.replace("name: uploads", "name: other"),
    },
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> dict[str, str]:
    return CASES[request.param]


def manifests(text: str) -> dict[str, Any]:
    return {manifest["kind"]: manifest for manifest in yaml.safe_load_all(text)}


def test_they_are_what_kubernetes_published(case: dict[str, str], tmp_path: Path) -> None:
    by_kind = manifests(made("kubernetes", tmp_path, case)["remediate.yaml"])
    assert by_kind.keys() == {"Namespace", "ServiceAccount", "ConfigMap", "CronJob"}
    for version in VERSIONS:
        for manifest in by_kind.values():
            validate(manifest, version, strict=True)


def test_the_plans_arrive_as_they_are(case: dict[str, str], tmp_path: Path) -> None:
    by_kind = manifests(made("kubernetes", tmp_path, case)["remediate.yaml"])
    data = by_kind["ConfigMap"]["data"]
    assert sorted(data.values()) == sorted(case.values())
    assert {name.removesuffix(".yaml") for name in data} == {
        yaml.safe_load(text)["name"] for text in data.values()
    }


def test_it_is_not_root_and_writes_nowhere_but_in_its_own(case: dict[str, str], tmp_path: Path) -> None:
    job = manifests(made("kubernetes", tmp_path, case, every="30m")["remediate.yaml"])["CronJob"]["spec"]
    assert job["concurrencyPolicy"] == "Forbid"
    CronSim(job["schedule"], NOW)
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["args"] == ["drift", "--correct", "--once", "--blame", "/plans"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for mount in container["volumeMounts"]:
        assert mount.get("readOnly") or "emptyDir" in volumes[mount["name"]], mount


def test_a_journal_that_would_be_lost_is_said(tmp_path: Path) -> None:
    assert "# WARNING" in made("kubernetes", tmp_path / "a", {"webapp.yaml": WEBAPP})["remediate.yaml"]
    assert "# WARNING" not in made("kubernetes", tmp_path / "b", {"u.yaml": UPLOADS})["remediate.yaml"]


def test_plans_that_no_config_map_holds_are_refused(tmp_path: Path) -> None:
    long = "#" + "x" * 600_000 + "\n"
    plans = {"a.yaml": WEBAPP + long, "b.yaml": UPLOADS.replace("state: s3://ops-state/cors\n", "") + long}
    with pytest.raises(UsageError, match="ConfigMap"):
        made("kubernetes", tmp_path, plans)


def test_what_channels_refer_to_comes_from_a_secret_that_may_be_missing(tmp_path: Path) -> None:
    text = made("kubernetes", tmp_path, {"plans/webapp.yaml": TOLD})["remediate.yaml"]
    job = manifests(text)["CronJob"]["spec"]["jobTemplate"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    assert [variable for variable in container["env"] if "valueFrom" in variable] == [
        {
            "name": name,
            "valueFrom": {"secretKeyRef": {"name": "remediate-environment", "key": name, "optional": True}},
        }
        for name in ("SLACK_WEBHOOK", "NO")
    ]
    assert "create secret generic remediate-environment" in text
