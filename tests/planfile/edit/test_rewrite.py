"""A plan file is replaced whole or not at all, with its permissions, and only if nobody else was at it."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from remediate.errors import Stale, UsageError
from remediate.planfile.edit.rewrite import rewrite
from remediate.planfile.files import Text, read


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"old\r\n")
    path.chmod(0o640)
    old = read(path)
    rewrite(path, old, old.edited("n\u00e9w\r\n"))
    assert path.read_bytes() == b"n\xc3\xa9w\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == ["p.yaml"]


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbfold")
    old = read(path)
    assert old.text == "old"
    rewrite(path, old, old.edited("new"))
    assert path.read_bytes() == b"\xef\xbb\xbfnew"
    assert read(path).digest == old.edited("new").digest


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there" / "real.yaml", tmp_path / "p.yaml"
    real.write_text("old")
    link.symlink_to(Path("there") / "real.yaml")
    old = read(link)
    rewrite(link, old, old.edited("new"))
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert names(tmp_path / "there") == ["real.yaml"]


@pytest.mark.parametrize("other", [b"other", b"\xff", None])
def test_what_somebody_else_changed_meanwhile_stays_theirs(tmp_path: Path, other: bytes | None) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("old")
    old = read(path)
    path.unlink()
    (tmp_path / "q.yaml").write_text("old")
    if other is None:
        # Another file by a link: what stands at the path is no longer what was read.
        (tmp_path / "q.yaml").write_text("elsewhere")
        path.symlink_to("q.yaml")
    else:
        path.write_bytes(other)
    with pytest.raises(Stale) as refused:
        rewrite(path, old, old.edited("new"))
    assert refused.value.exit_code == 4
    assert path.read_bytes() == (other or b"elsewhere")
    assert names(tmp_path) == ["p.yaml", "q.yaml"]


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"p\.yaml: No such file"):
        rewrite(tmp_path / "p.yaml", Text("old", ""), Text("new", ""))
    assert names(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("mode", [0o555, 0o755])
def test_where_it_must_not_be_written(tmp_path: Path, mode: int) -> None:
    """In a folder that is closed, and a file that is read-only in one that is open."""
    folder = tmp_path / "plans"
    folder.mkdir()
    path = folder / "p.yaml"
    path.write_text("old")
    old = read(path)
    path.chmod(0o444 if mode == 0o755 else 0o644)
    folder.chmod(mode)
    try:
        with pytest.raises(UsageError, match="The file is as it was"):
            rewrite(path, old, old.edited("new"))
        assert path.read_text() == "old"
        assert names(folder) == ["p.yaml"]
    finally:
        folder.chmod(0o755)


class Cut(Text):
    """A text in the middle of which Ctrl-C is pressed."""

    @property
    def bytes(self) -> bytes:
        raise KeyboardInterrupt


def test_interrupted_it_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        rewrite(path, read(path), Cut("new", ""))
    assert path.read_text() == "old"
    assert names(tmp_path) == ["p.yaml"]


def test_of_several_at_once_none_is_lost(tmp_path: Path) -> None:
    """Each adds a letter to what it read: all those that were not refused are there."""
    path = tmp_path / "p.yaml"
    path.write_text("")

    def add(letter: str) -> str:
        old = read(path)
        try:
            rewrite(path, old, old.edited(old.text + letter))
        except Stale:
            return ""
        return letter

    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(add, "abcdefghijklmnopqrstuvwxyz" * 4))
    assert sorted(path.read_text()) == sorted("".join(done))
    assert path.read_text()
