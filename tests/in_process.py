"""The command line as a user calls it, in this process: no interpreter starts, and moto stays loaded.

Signals, pipes, terminals and the loading of modules need a process (`tests/cli/test_commands.py`).
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import warnings
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from remediate import cli

ROOT = Path(__file__).parent.parent
SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Completed:
    """What a process would have left, named as `subprocess` names it."""

    returncode: int
    stdout: str
    stderr: str


class _Stream(io.TextIOWrapper):
    """A pipe's end in memory: no terminal, UTF-8."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


def environment(**more: str) -> dict[str, str]:
    """The environment of a command: no setting of the developer's own reaches it."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "REMEDIATE_"))
    }
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return variables | nowhere | {"AWS_EC2_METADATA_DISABLED": "true"} | more


def run(*arguments: str, cwd: Path = ROOT, stdin: str = "", **more: str) -> Completed:
    """Run `remediate` with these arguments in `cwd`; `more` are variables of its environment."""
    out, err = _Stream(), _Stream()
    streams = sys.stdin, sys.stdout, sys.stderr, sys.argv
    before, threshold = dict(os.environ), gc.get_threshold()
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        os.environ.clear()
        os.environ.update(environment(**more))
        sys.stdin, sys.stdout, sys.stderr = io.StringIO(stdin), out, err
        sys.argv = ["remediate", *arguments]
        with chdir(cwd), warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                cli.main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            else:
                code = 0
    finally:
        sys.stdin, sys.stdout, sys.stderr, sys.argv = streams
        os.environ.clear()
        os.environ.update(before)
        gc.set_threshold(*threshold)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return Completed(code, out.text(), err.text())
