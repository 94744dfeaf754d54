"""`apply FILE`: a saved plan is judged by its plan files and the live settings, not believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from remediate.core.document import digest
from remediate.core.plan import Plan
from tests.cli.test_commands import Served

TARGETS = "targets:\n  - s3: webapp-uploads\n  - http_api: webapp-orders\n"
PLAN = f"""\
version: 1
name: webapp
region: eu-west-1
origins: [https://a.example]
allow: {{methods: [GET]}}
{TARGETS}"""
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served"))
    yield server
    server.stop()


def live(served: Served) -> tuple[Any, Any]:
    """The settings of the bucket and of the HTTP API."""
    rules = served.client("s3").get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]
    return rules, served.client("apigatewayv2").get_apis()["Items"][0].get("CorsConfiguration")


def save(served: Served, folder: Path, text: str = PLAN, *options: str) -> Path:
    """A plan file in the folder, and the plan saved from it."""
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    done = served.run("plan", "--out", "saved.json", *options, "plan.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "saved.json"


def edit(saved: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Edit a saved plan as somebody does who knows how its checksum and its seal are computed."""
    document = json.loads(saved.read_text())
    document.pop("seal")
    change(document)
    document["checksum"] = Plan.from_json(document).checksum
    document["seal"] = digest(document)
    saved.write_text(json.dumps(document))


def first(document: dict[str, Any], service: str = "s3") -> dict[str, Any]:
    """The change of the service."""
    changes: list[dict[str, Any]] = [change for change in document["changes"] if change["service"] == service]
    (change,) = changes
    return change


def evil_after(document: dict[str, Any]) -> None:
    first(document)["after"]["CORSRules"][-1]["AllowedOrigins"] = [EVIL]


def other_before(document: dict[str, Any]) -> None:
    first(document)["before"] = None


def other_address(document: dict[str, Any]) -> None:
    first(document)["address"] = "s3/webapp-assets"


def other_selectors(document: dict[str, Any]) -> None:
    first(document)["selectors"][0]["pattern"] = "webapp-*"


def other_context(document: dict[str, Any]) -> None:
    first(document, "http_api")["context"] = {"deploy": ["evil"]}


def other_calls(document: dict[str, Any]) -> None:
    first(document)["calls"] = []


def other_group(document: dict[str, Any]) -> None:
    first(document)["group"] = "s3/webapp-assets"


def other_region(document: dict[str, Any]) -> None:
    first(document)["region"] = "us-east-1"


def other_revision(document: dict[str, Any]) -> None:
    first(document)["revision"] = "sha256:0"


def other_service(document: dict[str, Any]) -> None:
    first(document)["service"] = "cloudfront"


def fewer_changes(document: dict[str, Any]) -> None:
    document["changes"].pop()


def same_change_twice(document: dict[str, Any]) -> None:
    document["changes"].append(document["changes"][0])


def other_name(document: dict[str, Any]) -> None:
    document["plan"] = "other"


def narrower(document: dict[str, Any]) -> None:
    document["only"] = ["http_api/*"]


@pytest.mark.parametrize(
    "change",
    [
        evil_after,
        other_before,
        other_address,
        other_selectors,
        other_context,
        other_calls,
        other_group,
        other_region,
        other_revision,
        other_service,
        fewer_changes,
        same_change_twice,
        other_name,
        narrower,
    ],
)
def test_a_saved_plan_with_other_changes_writes_nothing(
    served: Served, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    saved = save(served, tmp_path)
    before = live(served)
    edit(saved, change)
    done = served.run("apply", "saved.json", cwd=tmp_path)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "does not hold the changes that its plan files and the live settings give now" in done.stderr
    assert live(served) == before
    assert served.run("history", "--json", "--state", ".remediate", cwd=tmp_path).stdout.count('"id"') == 0


def test_another_account_is_refused(served: Served, tmp_path: Path) -> None:
    saved = save(served, tmp_path)
    before = live(served)
    edit(saved, lambda document: document.update(account="999999999999"))
    done = served.run("apply", "saved.json", cwd=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "wrong-account" in done.stderr
    assert live(served) == before


def test_other_plan_files_are_read_themselves(served: Served, tmp_path: Path) -> None:
    """What a saved plan names as its plan files decides nothing: their text does."""
    saved = save(served, tmp_path)
    before = live(served)
    (tmp_path / "evil.yaml").write_text(PLAN.replace("https://a.example", EVIL))
    source = json.loads(saved.read_text())["sources"]["plan.yaml"]
    whole = saved.read_text()
    for sources, code, said in (
        ({"evil.yaml": source}, 4, "evil.yaml was edited since saved.json was saved"),
        ({"nowhere.yaml": source}, 4, "nowhere.yaml, of which saved.json was made, cannot be read"),
        ({"\0": source}, 4, "cannot be read here"),
        ({"plan.yaml": source, "./plan.yaml": source}, 4, "What differs"),
        ({}, 1, "is no saved plan of this version"),
        ({"plan.yaml": 7}, 1, "is no saved plan of this version"),
    ):
        saved.write_text(whole)
        edit(saved, lambda document, sources=sources: document.update(sources=sources))  # type: ignore[misc]
        done = served.run("apply", "saved.json", cwd=tmp_path)
        assert (done.returncode, said in done.stderr) == (code, True), done.stderr
        assert live(served) == before


def test_the_journal_is_where_the_plan_file_says(served: Served, tmp_path: Path) -> None:
    """And who asked for what is not what the saved plan says, nor are guards, which are judged again."""
    before = live(served)
    inside = tmp_path / "inside"
    inside.mkdir()
    wide = PLAN.replace("[https://a.example]", '["*"]') + "guards: {never: [opens-to-any]}\n"
    saved = save(served, inside, wide)

    def lift(document: dict[str, Any]) -> None:
        document["state"] = str(tmp_path / "elsewhere")
        document["findings"] = []
        document["access"] = []
        document["never"] = []

    edit(saved, lift)
    for allow in ((), ("--allow", "opens-to-any")):
        done = served.run("apply", *allow, "saved.json", cwd=inside)
        assert done.returncode == 3, done.stdout + done.stderr
        assert "opens-to-any" in done.stderr
        assert live(served) == before
    assert not (tmp_path / "elsewhere").exists()


def test_an_untouched_saved_plan_is_applied_once(served: Served, tmp_path: Path) -> None:
    saved = save(served, tmp_path, PLAN.replace("https://a.example", "https://once.example"))
    text = saved.read_text()

    def harmless(document: dict[str, Any]) -> None:
        document["state"] = str(tmp_path / "elsewhere")
        for kinds in document["asked"].values():
            kinds["origins"] = [EVIL]
        for plans in document["asked_by"].values():
            plans["other"] = plans.pop("webapp")

    edit(saved, harmless)
    assert saved.read_text() != text
    done = served.run("apply", "--json", "saved.json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    rules, cors = live(served)
    assert "https://once.example" in str(rules)
    assert "https://once.example" in str(cors)
    assert not (tmp_path / "elsewhere").exists()
    asked = json.loads(done.stdout)["asked_by"]["s3/webapp-uploads"]
    assert asked["webapp"]["origins"] == ["https://once.example"]
    assert set(asked) == {"webapp"}
    runs = [path.read_text() for path in (tmp_path / ".remediate" / "runs").iterdir()]
    assert len(runs) == 1
    assert EVIL not in runs[0]
    again = served.run("apply", "saved.json", cwd=tmp_path)
    assert again.returncode == 4, again.stdout + again.stderr
    assert "the saved plan changes it, and now nothing is to be changed there" in again.stderr


def test_a_saved_plan_of_some_targets_is_made_again_of_them(served: Served, tmp_path: Path) -> None:
    text = PLAN.replace("https://a.example", "https://some.example").replace("name: webapp", "name: some")
    save(served, tmp_path, text, "--target", "s3/webapp-uploads")
    _, cors = live(served)
    done = served.run("apply", "saved.json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    rules, after = live(served)
    assert "https://some.example" in str(rules)
    assert after == cors


def test_live_settings_that_moved_are_stale(served: Served, tmp_path: Path) -> None:
    save(served, tmp_path, PLAN.replace("https://a.example", "https://moved.example"))
    client = served.client("apigatewayv2")
    (api,) = client.get_apis()["Items"]
    client.update_api(ApiId=api["ApiId"], CorsConfiguration={"AllowOrigins": ["https://theirs.example"]})
    before = live(served)
    done = served.run("apply", "saved.json", cwd=tmp_path)
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"http_api/{api['ApiId']}: before, after" in done.stderr
    assert "s3/webapp-uploads:" not in done.stderr
    assert live(served) == before


def test_the_reviewed_checksum_is_demanded_of_a_saved_plan_too(served: Served, tmp_path: Path) -> None:
    saved = save(
        served,
        tmp_path,
        PLAN.replace("https://a.example", "https://expect.example").replace("name: webapp", "name: expect"),
    )
    checksum = json.loads(saved.read_text())["checksum"]
    before = live(served)
    assert served.run("apply", "--expect", "sha256:0", "saved.json", cwd=tmp_path).returncode == 4
    assert live(served) == before
    assert served.run("apply", "--expect", checksum, "saved.json", cwd=tmp_path).returncode == 0
    assert live(served) != before


@pytest.mark.parametrize("only", ["s3/x", [1], None, {}])
def test_targets_of_another_form_are_no_saved_plan(served: Served, tmp_path: Path, only: object) -> None:
    saved = save(served, tmp_path)
    document = json.loads(saved.read_text())
    document["only"] = only
    saved.write_text(json.dumps(document))
    done = served.run("apply", "saved.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "is no saved plan of this version" in done.stderr
