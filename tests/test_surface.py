"""The public surface is what the files of `tests/surface` say; `python -m tests.surface` writes them anew."""

from __future__ import annotations

import pytest

from tests.surface import FOLDER, surface


@pytest.fixture(scope="module")
def current() -> dict[str, str]:
    return surface()


@pytest.mark.parametrize("name", ["api.txt", "help.txt", "exit_codes.txt", "formats.txt", "recipes.txt"])
def test_the_surface_changes_only_on_purpose(current: dict[str, str], name: str) -> None:
    assert current[name] == (FOLDER / name).read_text(encoding="utf-8")
