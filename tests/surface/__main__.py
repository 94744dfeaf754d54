"""Writes the files of this folder anew."""

from tests.surface import FOLDER, surface

for name, text in surface().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
