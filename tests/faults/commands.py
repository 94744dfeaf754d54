"""Runs `remediate` in processes that are forked from a warm one: real ones to kill, without a start-up.

`python -m tests.faults.commands` imports everything once, then reads one JSON request a line
(`arguments`, `environment`, `folder`, `limit`), forks, and prints the process's number; on the next
empty line it waits for its end and prints the exit code (negative: the signal that killed it).
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

FACTOR = 50.0
"""How much faster time goes in these processes: pacing and backing off are not what is tested."""


def serve() -> None:
    """Fork a `remediate` for each request on standard input."""
    from tests.faults.clock import hasten

    hasten(FACTOR)
    _warm()
    import remediate.cli

    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(request)
            _leave(remediate.cli.main)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        sys.stdin.readline()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _leave(main: Callable[[], None]) -> NoReturn:
    """End with the command's code, but without taking the interpreter down, which takes long."""
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _warm() -> None:
    """Import what a command would, and keep the API models that botocore would read again."""
    import boto3
    import deepdiff  # noqa: F401

    import remediate
    from tests.models import share_models

    for module in pkgutil.walk_packages(remediate.__path__, "remediate."):
        if not module.name.startswith(("remediate.sandbox", "remediate.__main__")):
            importlib.import_module(module.name)
    share_models()
    for service in ("sts", "s3", "apigateway", "apigatewayv2", "cloudfront"):
        boto3.client(service, region_name="eu-west-1").close()


def _become(request: Mapping[str, Any]) -> None:
    folder = Path(request["folder"])
    for number, name in ((0, os.devnull), (1, folder / "stdout"), (2, folder / "stderr")):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        handle = os.open(name, flags, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    os.chdir(folder)
    os.environ.update(request["environment"])
    sys.argv = ["remediate", *request["arguments"]]
    if request["limit"] is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (request["limit"], request["limit"]))


@dataclass(frozen=True)
class Ended:
    """How a command ended; `code` is negative where a signal killed it."""

    code: int
    stdout: str
    stderr: str

    @property
    def told(self) -> str:
        """Everything it said, for the message of a failed assertion."""
        return f"exit {self.code}\n{self.stdout}\n{self.stderr}"

    @property
    def document(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.stdout)


class Commands:
    """The warm process. One command at a time; several of these for several at once."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.commands"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = 0

    @contextmanager
    def started(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        limit: int | None = None,
    ) -> Iterator[list[Ended]]:
        """Start the command; at the end of the block wait for it and append how it ended."""
        request = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
            "limit": limit,
        }
        self._say(json.dumps(request))
        self.pid = int(self._hear())
        ended: list[Ended] = []
        try:
            yield ended
        finally:
            self._say("")
            code = int(self._hear())
            self.pid = 0
            ended.append(Ended(code, (folder / "stdout").read_text(), (folder / "stderr").read_text()))

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        limit: int | None = None,
    ) -> Ended:
        """Run the command to its end."""
        with self.started(arguments, folder, environment, limit) as ended:
            pass
        return ended[0]

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


if __name__ == "__main__":
    serve()
