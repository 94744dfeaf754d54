"""The GitLab jobs: against their published schema, and the script run with a server that keeps notes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.schedule.making import ODD, TOLD, UPLOADS, WEBAPP, made
from tests.schedule.test_github import REMEDIATE

NAME = "remediate.gitlab-ci.yml"
CASES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "a folder": ({"plans/webapp.yaml": WEBAPP}, {}),
    "only looking": ({"uploads.yaml": UPLOADS}, {"every": "15m", "correct": False}),
    "channels": ({"plans/webapp.yaml": TOLD}, {}),
    "odd": ({f"{ODD}/webapp.yaml": WEBAPP}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_what_gitlab_published_of_its_jobs(case: str, tmp_path: Path) -> None:
    plans, options = CASES[case]
    text = made("gitlab", tmp_path, plans, **options)[NAME]
    path = tmp_path / "jobs.yml"
    path.write_text(text, encoding="utf-8")
    command = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", str(path)]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def notes(kept: list[dict[str, Any]]) -> Iterator[str]:
    """Answers as GitLab's API of notes, in pages of one; yields the URL of its API."""

    class Notes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = re.search(r"[?&]page=([0-9]+)", self.path)
            assert asked
            page = int(asked[1])
            following = str(page + 1) if page < len(kept) else ""
            self._answer(kept[page - 1 : page], following)

        def do_POST(self) -> None:
            kept.append({"id": 100 + len(kept), **self._sent()})
            self._answer(kept[-1])

        def do_PUT(self) -> None:
            note = next(
                candidate for candidate in kept if str(candidate["id"]) == self.path.rpartition("/")[2]
            )
            note.update(self._sent())
            self._answer(note)

        def _sent(self) -> dict[str, Any]:
            assert self.headers["PRIVATE-TOKEN"] == "secret"
            sent: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
            return sent

        def _answer(self, document: Any, following: str = "") -> None:
            assert self.path.startswith("/api/v4/projects/12/merge_requests/3/notes")
            self.send_response(200)
            self.send_header("x-next-page", following)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Notes)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v4"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run(job: dict[str, Any], folder: Path, status: int = 0, **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs a job's script as GitLab's runner does, with a stand-in for `remediate`."""
    tools = folder / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    (tools / "remediate").write_text(REMEDIATE, encoding="utf-8")
    (tools / "remediate").chmod(0o755)
    environment = {
        "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "STATUS": str(status),
        "CALLED": str(folder / "called"),
        "CI_PROJECT_ID": "12",
        "CI_MERGE_REQUEST_IID": "3",
        **{key: str(value) for key, value in job["variables"].items()},
        **more,
    }
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_note_is_made_and_then_replaced(tmp_path: Path) -> None:
    jobs = yaml.safe_load(made("gitlab", tmp_path, {"plans/webapp.yaml": WEBAPP})[NAME])
    job = jobs["remediate plan"]
    kept: list[dict[str, Any]] = [{"id": 7, "body": "mine"}, {"id": 8, "body": "another"}]
    with notes(kept) as url:
        more: Any = {"CI_API_V4_URL": url, "REMEDIATE_GITLAB_TOKEN": "secret"}
        done = run(job, tmp_path / "run", **more)
        assert (done.returncode, done.stdout) == (0, "## The plan\n"), done.stderr
        assert [note["id"] for note in kept] == [7, 8, 102]
        assert kept[2]["body"] == "<!-- remediate plan: webapp -->\n## The plan\n"
        assert run(job, tmp_path / "run", status=1, **more).returncode == 1
    assert [note["id"] for note in kept] == [7, 8, 102]
    assert "exit code 1" in kept[2]["body"]


def test_without_a_token_the_plan_is_in_the_log(tmp_path: Path) -> None:
    jobs = yaml.safe_load(made("gitlab", tmp_path, {"plans/webapp.yaml": WEBAPP})[NAME])
    done = run(jobs["remediate plan"], tmp_path / "run", status=3)
    assert (done.returncode, done.stdout) == (3, "## The plan\n")
    # A difference is what a merge request is for.
    assert run(jobs["remediate plan"], tmp_path / "run", status=2).returncode == 0
    assert "REMEDIATE_GITLAB_TOKEN is not set" in done.stderr


def test_an_odd_path_arrives_as_it_is(tmp_path: Path) -> None:
    jobs = yaml.safe_load(made("gitlab", tmp_path, {f"{ODD}/webapp.yaml": WEBAPP})[NAME])
    assert run(jobs["remediate drift"], tmp_path / "run", status=2).returncode == 2
    called = (tmp_path / "run/called").read_text(encoding="utf-8").splitlines()
    assert called == ["drift", "--correct", "--once", "--blame", ODD]


def test_what_channels_refer_to_is_named(tmp_path: Path) -> None:
    """GitLab gives every job its CI/CD variables (GitLab docs, "GitLab CI/CD variables")."""
    named = made("gitlab", tmp_path, {"plans/webapp.yaml": TOLD})[NAME]
    assert "#      SLACK_WEBHOOK, NO\n" in named
    assert "channels" not in made("gitlab", tmp_path / "b", {"plans/webapp.yaml": WEBAPP})[NAME]
