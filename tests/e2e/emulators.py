"""LocalStack and MiniStack as processes on loopback: AWS written twice more, by others.

Each lives in a virtual environment of its own (`install.sh` makes both) and sees nothing of the
caller's environment: no AWS settings, no proxies, no network. `Popen(start_new_session=True)` and a
kill of the whole group at the end: both start children.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import boto3
from botocore.config import Config

ROOT = Path(__file__).parent.parent.parent
REGION = "us-east-1"
PATIENCE = 90
"""Seconds to become ready; two are enough on an idle machine."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One emulator: where it is installed, how it is started, when it is ready."""

    name: str
    command: tuple[str, ...]
    ready: str
    environment: Callable[[int, Path], Mapping[str, str]]

    @property
    def variable(self) -> str:
        """The variable that names the Python of its virtual environment."""
        return f"REMEDIATE_{self.name.upper()}_PYTHON"

    @property
    def python(self) -> Path:
        """The Python that it is started with."""
        named = os.environ.get(self.variable)
        return Path(named) if named else ROOT / ".e2e" / self.name.lower() / "bin" / "python"

    @property
    def missing(self) -> str:
        """Why it cannot be started; empty where it can."""
        if self.python.is_file():
            return ""
        return (
            f"no {self.name}: tests/e2e/install.sh installs it under .e2e/, "
            f"or name the Python of its virtual environment in {self.variable}"
        )


def _localstack(port: int, folder: Path) -> Mapping[str, str]:
    nowhere = "http://127.0.0.1:9/v1"
    return {
        "SERVICES": "s3,apigateway,sts",
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_SERVER": "hypercorn",  # the default server listens on every interface
        "LOCALSTACK_HOST": f"localhost:{port}",
        "LOCALSTACK_VOLUME_DIR": str(folder / "volume"),
        "FILESYSTEM_ROOT": str(folder / "fs"),  # emptied at start and at exit
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "API_ENDPOINT": nowhere,
        "ANALYTICS_API": nowhere,
    }


def _ministack(port: int, folder: Path) -> Mapping[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "AUTH": "true",  # without it every answer of S3 allows every origin
        "LOG_LEVEL": "WARNING",
        "DOCKER_HOST": "unix:///nonexistent",
        "S3_DATA_DIR": str(folder / "s3"),
    }


LOCALSTACK = Kind("LocalStack", ("-m", "localstack.runtime.main"), "/_localstack/health", _localstack)
MINISTACK = Kind("MiniStack", ("-m", "ministack"), "/_ministack/health", _ministack)


class Emulator:
    """A running emulator, for the length of a ``with`` block."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="e2e-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(self.kind.python), *self.kind.command],
                cwd=folder,
                env=self._environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._await_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def client(self, service: str) -> Any:
        """A boto3 client as any user's, but for its endpoint."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
        )

    def _environment(self, folder: Path) -> dict[str, str]:
        own = {
            "PATH": f"{self.kind.python.parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }
        return own | dict(self.kind.environment(self.port, folder))

    def _await_ready(self) -> None:
        direct = build_opener(ProxyHandler({}))
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with direct.open(self.endpoint + self.kind.ready, timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.05)
        said = self._log.read_text(encoding="utf-8", errors="replace")[-3000:]
        message = f"{self.kind.name} ({self.kind.python}) did not become ready; it said:\n{said}"
        raise RuntimeError(message)

    def _stop(self) -> None:
        # Nothing in it is to be kept, and LocalStack takes seconds to say goodbye.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._folder.cleanup()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
