"""Every command on streams that lack characters: nothing fails, text gets an ASCII form, JSON stays JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.render.ascii import fitting, fitting_json
from tests.cli.test_commands import Served
from tests.processes import ROOT, Cold, environment, run_bytes

NAME = "Bestellungen → “日本” 😀"
ENCODINGS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "strict ascii": {"PYTHONIOENCODING": "ascii:strict"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "cp437": {"PYTHONIOENCODING": "cp437"},
    "iso8859-1": {"PYTHONIOENCODING": "iso8859-1"},
    "POSIX": {"LC_ALL": "POSIX", "LANG": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}
"""A pipe on Windows has cp1252 or cp437; a job without a locale has POSIX."""
CODECS = {"strict ascii": "ascii", "POSIX": "ascii"}

COMMANDS = {
    "help": ["explain", "--help"],
    "plan": ["plan", "{plan}", "-v"],
    "plan json": ["plan", "{plan}", "--json"],
    "plan markdown": ["plan", "{plan}", "--markdown"],
    "apply": ["apply", "{plan}", "--json", "--yes", "--target", "s3/none"],
    "apply refused": ["apply", "{plan}"],
    "drift": ["drift", "{plan}"],
    "drift json": ["drift", "{plan}", "--json"],
    "metrics": ["drift", "{plan}", "--metrics"],
    "explain": ["explain", "https://api.example.com/items", "--origin", "http://localhost:3000", "-X", "PUT"],
    "explain json": [
        "explain",
        "https://{api}.execute-api.eu-west-1.amazonaws.com/",
        "--origin",
        "https://a.example",
        "--json",
    ],
    "grants": ["grants", "{plan}"],
    "grants json": ["grants", "{plan}", "--json"],
    "history": ["history", "--state", "{folder}/.remediate"],
    "undo": ["undo", "--yes", "--state", "{folder}/.remediate"],
    "unlock": ["unlock", "--json", "--state", "{folder}/.remediate"],
    "iam": ["iam", "{plan}"],
    "schedule": ["schedule", "--on", "cron", "{plan}"],
    "schema": ["schema"],
    "bad plan": ["plan", "{folder}/→.yaml"],
    "bad plan json": ["plan", "{folder}/→.yaml", "--json"],
    "bad usage": ["plan", "--→"],
}


EVERYWHERE = ("plan", "bad plan json")
"""Commands that are run in all encodings; the others in the two that differ most."""


class World:
    """One server for all commands, with an API whose name no narrow encoding has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Served(folder)
        client = self.server.client("apigatewayv2")
        self.api = str(client.create_api(Name=NAME, ProtocolType="HTTP")["ApiId"])
        self.plan = folder / "plan.yaml"
        self.plan.write_text(
            "version: 1\nname: webapp\nregion: eu-west-1\norigins:\n"
            "  - origin: https://a.example\n    reason: für „später“ →\n    expires: 2099-01-01T00:00:00Z\n"
            f"targets:\n  - http_api: {self.api}\n  - s3: webapp-uploads\n",
            encoding="utf-8",
        )
        (folder / "→.yaml").write_text("version: 1\nname: →\nwörter: 1\n", encoding="utf-8")

    def run(self, command: str, **more: str) -> subprocess.CompletedProcess[bytes]:
        values = {"plan": str(self.plan), "api": self.api, "folder": str(self.folder)}
        arguments = [part.format(**values) for part in COMMANDS[command]]
        settings = environment(**self.server.exports, **more)
        if "LC_ALL" in more:  # an interpreter asks for its locale when it starts
            return Cold(arguments, ROOT, settings).complete()
        return run_bytes(arguments, ROOT, settings)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.server.stop()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_ends_alike_in_every_encoding(world: World, command: str) -> None:
    wide = world.run(command, PYTHONIOENCODING="utf-8")
    for name in ENCODINGS if command in EVERYWHERE else ("strict ascii", "cp1252"):
        codec = CODECS.get(name, name)
        done = world.run(command, **ENCODINGS[name])
        out, err = done.stdout.decode(codec), done.stderr.decode(codec)
        assert done.returncode == wide.returncode, (name, out, err)
        assert "defect" not in err, (name, err)
        assert "Traceback" not in err, (name, err)
        if out.startswith("{"):
            same = json.loads(wide.stdout)
            assert json.loads(out).keys() == same.keys(), name
            assert json.loads(out).get("changes") == same.get("changes"), name
            assert json.loads(out).get("hops") == same.get("hops"), name
        else:
            lines = wide.stdout.decode().splitlines()
            assert len(out.splitlines()) == len(lines), (name, out)


@pytest.mark.parametrize("name", ["ascii", "cp1252"])
def test_text_has_an_ascii_form(world: World, name: str) -> None:
    codec = CODECS.get(name, name)
    out = world.run("plan", **ENCODINGS[name]).stdout.decode(codec)
    assert 'Bestellungen -> "' in out or "Bestellungen -> “" in out
    assert "\\u65e5\\u672c" in out
    assert "\\U0001f600" in out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1", "shift_jis", "utf-8"])
@given(value=st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_means_the_same(encoding: str, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert json.loads(fitting_json(text, encoding).encode(encoding).decode(encoding)) == value


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1", "shift_jis", "utf-8"])
@given(text=st.text() | st.text(st.characters(categories=["Cs", "So", "Sm", "Pd"])))
def test_any_text_fits(encoding: str, text: str) -> None:
    printed = fitting(text, encoding)
    assert printed.encode(encoding).decode(encoding) == printed


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a → b", "a -> b"),
        ("…", "..."),
        ("✔ ✘", "ok x"),
        ("┌─┬─┐│├", "+-+-+|+"),
        ("“it’s”", '"it\'s"'),
        ("für", "f\\xfcr"),
        ("日", "\\u65e5"),
    ],
)
def test_the_forms(text: str, form: str) -> None:
    assert fitting(text, "ascii") == form
    assert fitting(text, "utf-8") == text


def test_what_an_encoding_has_stays() -> None:
    assert fitting("für → “ab”", "cp1252") == "für -> “ab”"
