"""`remediate init` as a user calls it, on the embedded AWS, which is the same at every start."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from remediate.notify import channel_kinds
from remediate.planfile import schema
from remediate.services import target_options
from tests.in_process import run

CONSOLE = (
    "Access to fetch at 'https://api.example.com/items' from origin 'http://localhost:3000' has been blocked "
    "by CORS policy: Response to preflight request doesn't pass access control check: No "
    "'Access-Control-Allow-Origin' header is present on the requested resource."
)


def init(folder: Path, *arguments: str) -> str:
    done = run("init", "--sandbox", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_plan_of_what_init_wrote_shows_no_change(tmp_path: Path) -> None:
    """From an empty folder to an empty plan in two commands; the proofs are in the files and hold."""
    said = init(tmp_path, "--yes")
    assert said.endswith("wrote plans/webapp.yaml\nwrote plans/webapp-orders.yaml\nnext: remediate plan\n")
    done = run("plan", "--sandbox", "--detailed-exitcode", "--json", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert (done.returncode, document["changes"], document["summary"]["refused"]) == (0, [], 0)
    assert "expect:" in (tmp_path / "plans/webapp-orders.yaml").read_text()
    for path in (tmp_path / "plans").glob("*.yaml"):
        jsonschema.validate(yaml.safe_load(path.read_text()), schema(target_options(), channel_kinds()))


def test_the_same_account_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = init(tmp_path, "--out", "-"), init(tmp_path, "--out", "-")
    assert first == second
    assert not (tmp_path / "plans").exists()
    assert [document["name"] for document in yaml.safe_load_all(first)] == ["webapp", "webapp-orders"]


def test_the_document_tells_of_every_resource_once(tmp_path: Path) -> None:
    document = json.loads(init(tmp_path, "--yes", "--json"))
    assert document["format"] == "remediate.init/1"
    by_file = {
        plan["file"]: {target["address"].partition("/")[0]: target["active"] for target in plan["targets"]}
        for plan in document["plans"]
    }
    assert by_file == {
        "plans/webapp.yaml": {"cloudfront": False, "rest_api": True},
        "plans/webapp-orders.yaml": {"cloudfront": False, "http_api": True, "s3": True},
    }
    assert document["written"] == list(by_file)
    assert [len(plan["fixes"]) for plan in document["plans"]] == [1, 1]
    assert (document["unsorted"], document["left_out"], document["unreadable"]) == ([], [], [])
    assert [call for call in document["api_calls"] if "Put" in call or "Update" in call] == []


def test_json_prints_the_texts_in_the_document_and_nothing_else(tmp_path: Path) -> None:
    document = json.loads(init(tmp_path, "--out", "-", "--json"))
    assert [yaml.safe_load(plan["text"])["name"] for plan in document["plans"]] == ["webapp", "webapp-orders"]
    assert document["written"] == []


def test_a_file_that_exists_is_named_and_kept(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    own = tmp_path / "plans/webapp.yaml"
    own.write_text("mine")
    done = run("init", "--sandbox", "--yes", cwd=tmp_path)
    assert done.returncode == 1
    assert "plans/webapp.yaml exists already; nothing was written." in done.stderr
    assert [path.name for path in own.parent.iterdir()] == ["webapp.yaml"]
    assert own.read_text() == "mine"
    init(tmp_path, "--yes", "--force")
    assert own.read_text().startswith("# `remediate init` wrote this file")


def test_off_a_terminal_without_yes_it_refuses_at_once(tmp_path: Path) -> None:
    done = run("init", "--sandbox", cwd=tmp_path)
    assert done.returncode == 1
    assert "Pass --yes" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_check_names_what_is_in_no_plan(tmp_path: Path) -> None:
    done = run("init", "--sandbox", "--check", cwd=tmp_path)
    assert done.returncode == 2
    assert "s3/webapp-uploads has CORS settings and is in no plan\n" in done.stdout
    init(tmp_path, "--yes")
    done = run("init", "--sandbox", "--check", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


def test_include_and_exclude_choose_by_address_or_name(tmp_path: Path) -> None:
    document = json.loads(
        init(tmp_path, "--yes", "--json", "--include", "webapp-*", "--exclude", "http_api/*")
    )
    targets = [target["address"] for plan in document["plans"] for target in plan["targets"]]
    assert "s3/webapp-uploads" in targets
    assert not [address for address in targets if address.startswith(("http_api/", "cloudfront/"))]
    reasons = {entry["because"] for entry in document["left_out"]}
    assert reasons == {"--include names other resources", "--exclude names it"}


def test_with_fixes_writes_what_a_plan_would_change(tmp_path: Path) -> None:
    init(tmp_path, "--yes", "--with-fixes")
    done = run("plan", "--sandbox", "--json", cwd=tmp_path)
    changed = {change["service"] for change in json.loads(done.stdout)["changes"]}
    assert changed == {"cloudfront"}


@pytest.mark.parametrize(("split", "files"), [("resource", 5), ("none", 1), ("app", 2)])
def test_split(tmp_path: Path, split: str, files: int) -> None:
    document = json.loads(init(tmp_path, "--yes", "--json", "--split", split))
    live = [plan for plan in document["plans"] if any(target["active"] for target in plan["targets"])]
    assert len(document["plans"]) == len(live)
    assert len(live) + len(document["left_out"]) == files


def test_from_a_page_only_what_lets_it_in_and_its_chain(tmp_path: Path) -> None:
    document = json.loads(init(tmp_path, "--yes", "--json", "--from", "https://partner.example/gallery"))
    assert [target["address"] for plan in document["plans"] for target in plan["targets"]] == [
        "s3/webapp-uploads"
    ]


def test_from_a_template_is_not_supported_yet(tmp_path: Path) -> None:
    done = run("init", "--sandbox", "--yes", "--from", "template.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "template.yaml: templates and state files are not supported yet" in done.stderr


def test_from_a_browsers_error_the_smallest_plan_that_fixes_it(tmp_path: Path) -> None:
    said = init(tmp_path, "--yes", "--error", CONSOLE)
    (path,) = (tmp_path / "plans").glob("*.yaml")
    assert said.endswith(f"wrote plans/{path.name}\nnext: remediate apply plans/{path.name}\n")
    plan = yaml.safe_load(path.read_text())
    assert plan["origins"] == ["http://localhost:3000"]
    done = run("plan", "--sandbox", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["changes"]


def test_what_has_no_plan_files_is_told_of_init(tmp_path: Path) -> None:
    done = run("plan", "--sandbox", cwd=tmp_path)
    assert done.returncode == 1
    assert "`remediate init` writes plan files from what is live" in done.stderr
    (tmp_path / "plans").mkdir()
    done = run("plan", "--sandbox", cwd=tmp_path)
    assert "`remediate init` writes plan files from what is live" in done.stderr
