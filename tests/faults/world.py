"""One embedded AWS, the proxy before it, and warm commands that run against it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from remediate.sandbox import KEYS
from tests.faults.commands import Commands, Ended
from tests.faults.embedded import Embedded
from tests.faults.live import Live
from tests.faults.proxy import Proxy

ROOT = Path(__file__).parents[2]
PLAN = ROOT / "plans" / "webapp.yaml"


def environment() -> dict[str, str]:
    """Nothing of the developer's own settings reaches a command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    path = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH", "")]))
    return kept | nowhere | KEYS | {"PYTHONPATH": path, "AWS_EC2_METADATA_DISABLED": "true"}


class World:
    """The broken application of the sandbox, reset at will; `folder` holds plan and journal."""

    def __init__(self, folder: Path) -> None:
        self._environment = environment()
        self._root = folder
        self._runs = 0
        self._kept = False
        self.aws = Embedded(self._environment)
        self.proxy = Proxy(self.aws.url)
        self.commands = Commands(self._environment)
        self.live = Live(self.aws.url)
        self.folder = folder

    def fresh(self, plan: str | None = None) -> None:
        """Everything from the start: AWS, proxy, plan file and journal."""
        self.aws.do("load" if self._kept else "reset")
        if not self._kept:
            self.aws.do("save")
            self._kept = True
        self.proxy.reset()
        self._runs += 1
        self.folder = self._root / f"run{self._runs}"
        self.folder.mkdir()
        if plan is None:
            shutil.copy(PLAN, self.folder / "plan.yaml")
        else:
            (self.folder / "plan.yaml").write_text(plan)

    @property
    def journal(self) -> Path:
        return self.folder / ".remediate"

    def apply(self, *more: str, limit: int | None = None) -> Ended:
        return self.run("apply", "--yes", *more, "plan.yaml", limit=limit)

    def plan(self, *more: str) -> Ended:
        return self.run("plan", "--detailed-exitcode", *more, "plan.yaml")

    def undo(self, *run: str) -> Ended:
        return self.run("undo", "--yes", "--state", str(self.journal), *run)

    def history(self) -> Ended:
        return self.run("history", "--json", "--state", str(self.journal))

    def run(self, *arguments: str, limit: int | None = None) -> Ended:
        ended = self.commands.run(arguments, self.folder, {"AWS_ENDPOINT_URL": self.proxy.url}, limit)
        assert "Traceback" not in ended.stderr, ended.told
        return ended

    def close(self) -> None:
        self.commands.close()
        self.proxy.close()
        self.aws.close()


def world(folder: Path) -> Iterator[World]:
    """For a fixture: one for all tests, as starting it takes seconds; each begins with `fresh`."""
    one = World(folder)
    try:
        yield one
    finally:
        one.close()
