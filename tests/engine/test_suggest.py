"""A target whose name nothing has: the error names the nearest name that there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.in_process import run

HEAD = "version: 1\nname: webapp\nregion: eu-west-1\norigins: [https://app.example.com]\n"


def hint_of(tmp_path: Path, target: str) -> str:
    path = tmp_path / "p.yaml"
    path.write_text(f"{HEAD}targets: [{{{target}}}]\n")
    done = run("plan", "--sandbox", "--json", "-q", str(path))
    assert done.returncode == 1, done.stderr
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["code"] in {"no-match", "missing-bucket"}
    return str(finding["hint"])


@pytest.mark.parametrize(
    ("target", "guess"),
    [
        ("s3: webapp-upload", "webapp-uploads"),
        ("http_api: webapp-order", "webapp-orders"),
        ("rest_api: webap-backend", "webapp-backend"),
        ("cloudfront: api.exmple.com", "api.example.com"),
    ],
)
def test_the_nearest_name_is_suggested(tmp_path: Path, target: str, guess: str) -> None:
    assert hint_of(tmp_path, target).startswith(f"Did you mean {guess}? Check the name")


@pytest.mark.parametrize("target", ["s3: photographs", "http_api: nothing", 's3: "webapp-uploadx*"'])
def test_nothing_is_suggested_where_nothing_is_near_or_a_glob_is_written(tmp_path: Path, target: str) -> None:
    assert hint_of(tmp_path, target).startswith("Check the name")
