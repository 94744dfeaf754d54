"""A journal's folder that others may write to, or have put in place, is refused as ssh refuses a key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediate.journal import JournalError
from remediate.journal.local import LocalStore

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")


@pytest.mark.parametrize("inner", ["", "runs"])
def test_a_folder_that_everybody_can_write_to(tmp_path: Path, inner: str) -> None:
    folder = tmp_path / ".remediate"
    (folder / "runs").mkdir(parents=True)
    (folder / inner).chmod(0o777)
    with pytest.raises(JournalError, match="Everybody on this machine can write") as error:
        LocalStore(folder)
    assert error.value.hint.endswith(f"chmod o-w {folder / inner}".removesuffix("/"))
    (folder / inner).chmod(0o775)
    assert LocalStore(folder).runs() == []


@pytest.mark.parametrize("inner", ["", "runs"])
def test_a_folder_that_is_a_link(tmp_path: Path, inner: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = tmp_path / ".remediate"
    if inner:
        folder.mkdir(mode=0o700)
    (folder / inner).symlink_to(elsewhere)
    with pytest.raises(JournalError, match=f"is a symbolic link to {elsewhere}") as error:
        LocalStore(folder)
    assert "Name the folder itself by `state:`" in error.value.hint
    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_becomes_a_link_before_a_write(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ".remediate")
    (tmp_path / ".remediate").symlink_to(tmp_path)
    with pytest.raises(JournalError, match="symbolic link"), store.lease("123456789012", "me"):
        pass
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert LocalStore(tmp_path / ".remediate").runs() == []
