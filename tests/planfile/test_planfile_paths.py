"""Files and folders: which are read, and what is said where nothing can be read."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediate.errors import PlanFileError, Problem
from remediate.planfile import load
from tests.planfile.loading import HEAD, NOW, TAIL, TARGETS, write

GOOD = HEAD + "origins: []\n" + TAIL


def failures(*paths: Path) -> tuple[Problem, ...]:
    with pytest.raises(PlanFileError) as caught:
        load(paths, TARGETS, now=NOW)
    return caught.value.problems


def test_a_folder_is_its_yaml_files_in_order(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("name: a", "name: two"), "b.yml")
    write(tmp_path, GOOD.replace("name: a", "name: one"), "a.yaml")
    write(tmp_path, "not: a plan", "notes.txt")
    write(tmp_path, "not: a plan", ".a.yaml")
    (tmp_path / "deeper").mkdir()
    write(tmp_path / "deeper", "not: a plan", "c.yaml")
    assert [plan.name for plan in load([tmp_path], TARGETS, now=NOW)] == ["one", "two"]


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    (tmp_path / "link.yaml").symlink_to(path)
    assert len(load([tmp_path, path, path], TARGETS, now=NOW)) == 1
    assert load([], TARGETS, now=NOW) == ()


def test_positions_keep_the_path_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, GOOD.replace("version: 1", "version: 2"))
    monkeypatch.chdir(tmp_path)
    (problem,) = failures(Path("p.yaml"))
    assert problem.where == "p.yaml:1:10"


def test_problems_of_all_files_are_told_together(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("version: 1", "version: 2"), "a.yaml")
    write(tmp_path, "a: [b", "b.yaml")
    reported = failures(tmp_path / "missing.yaml", tmp_path)
    assert [problem.where.removeprefix(f"{tmp_path}/") for problem in reported] == [
        "missing.yaml",
        "a.yaml:1:10",
        "b.yaml:2:1",
    ]


def test_two_plans_of_one_name(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "a.yaml")
    write(tmp_path, GOOD, "b.yaml")
    write(tmp_path, GOOD.replace("version: 1", "version: 2"), "c.yaml")
    reported = failures(tmp_path)
    assert [problem.where.removeprefix(f"{tmp_path}/") for problem in reported] == [
        "b.yaml:2:7",
        "c.yaml:1:10",
        "c.yaml:2:7",
    ]
    assert reported[0].rule == f"the plan's name 'a' is taken by {tmp_path}/a.yaml:2:7"
    assert "a name of its own" in reported[0].hint


def test_missing(tmp_path: Path) -> None:
    (problem,) = failures(tmp_path / "plans")
    assert (problem.where, problem.rule) == (f"{tmp_path}/plans", "no such file or folder")
    assert problem.hint


def test_an_empty_folder(tmp_path: Path) -> None:
    (problem,) = failures(tmp_path)
    assert problem.rule == "no plan file in this folder"
    assert "*.yaml" in problem.hint


def test_a_folder_that_is_called_like_a_plan(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    (problem,) = failures(tmp_path)
    assert problem.rule == "a folder, not a file"


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    (problem,) = failures(tmp_path / "a.yaml")
    assert problem.rule == "a named pipe, not a file"


def test_a_device() -> None:
    (problem,) = failures(Path("/dev/zero"))
    assert problem.rule == "a device, not a file"


def test_a_link_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "b.yaml")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "a.yaml")
    (problem,) = failures(tmp_path / "a.yaml")
    assert "leads back to itself" in problem.rule
    assert len(failures(tmp_path)) == 2


@pytest.fixture
def anybody() -> Iterator[Path]:
    """A folder of a user without privileges: root may read everything."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    if os.getuid() == 0:
        os.seteuid(0)
    folder.chmod(0o700)
    shutil.rmtree(folder)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_permission(anybody: Path, what: str) -> None:
    locked = write(anybody, GOOD) if what == "file" else anybody
    locked.chmod(0)
    (problem,) = failures(locked)
    assert problem.rule == "permission denied"
    assert "readable" in problem.hint


def test_paths_that_no_system_has(tmp_path: Path) -> None:
    for path in (tmp_path / "a\0b", tmp_path / ("a" * 5000), write(tmp_path, GOOD) / "x"):
        (problem,) = failures(path)
        assert problem.where.isprintable()
        assert problem.rule


def test_a_path_with_control_characters_is_shown_escaped(tmp_path: Path) -> None:
    (problem,) = failures(write(tmp_path, "version: 2", "a\x1b[2J\u202e.yaml"))[:1]
    assert problem.where.endswith("/a\\x1b[2J\\u202e.yaml:1:1")


@pytest.mark.parametrize(
    ("data", "where", "rule"),
    [
        (b"a: 1\nb: \xff\n", "2:4", "not UTF-8: byte 0xff"),
        (b"\xef\xbb\xbfa: \xe4", "1:4", "not UTF-8: byte 0xe4"),
        ("version: 1".encode("utf-16"), "1:1", "UTF-16, not UTF-8"),
        (b"a: 1\r\nb: \x00\n", "2:4", "control character U+0000"),
        (b"a: 1\nb: \x1b[31m\n", "2:4", "control character U+001B"),
        ("a: 1\nb: x\u2028y\n".encode(), "2:5", "control character U+2028"),
        (b"", "1:1", "empty"),
        (b"# nothing\n", "1:1", "empty"),
        (b"---\n", "1:1", "empty"),
        (b"- a\n", "1:1", "a mapping of keys, not a list"),
        (b"plan\n", "1:1", "a mapping of keys, not one text"),
        (b"a: 1\n---\nb: 2\n", "2:1", "a second YAML document"),
    ],
)
def test_texts_that_are_no_plan(tmp_path: Path, data: bytes, where: str, rule: str) -> None:
    (problem,) = failures(write(tmp_path, data))
    assert problem.where == f"{tmp_path}/p.yaml:{where}"
    assert rule in problem.rule
    assert problem.hint
