"""A file is replaced whole or not at all."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from remediate.replace_file import replace_file


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_the_permissions_of_the_old_file_can_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "webapp.yaml"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_file(path, b"new", like=path.stat())
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_refused_rename_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "webapp.yaml"
    path.write_bytes(b"old")

    @contextmanager
    def refusing() -> Iterator[None]:
        raise PermissionError(1, "edited meanwhile")
        yield

    with pytest.raises(PermissionError, match="edited meanwhile"):
        replace_file(path, b"new", renaming=refusing)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
