"""The commands where nothing is that Windows lacks: modules, functions and signals of POSIX alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_commands import ROOT, environment

MODULES = ("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "syslog", "crypt", "spwd", "posix_ipc")
"""Standard modules that only POSIX has (library reference, "Unix-specific services" and availability)."""

FUNCTIONS = (
    "O_CLOEXEC O_DIRECTORY O_DSYNC O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC chown chroot confstr fchdir "
    "fchmod fchown fdatasync fork forkpty fpathconf fstatvfs getegid geteuid getgid getgroups "
    "getloadavg getpgid getpgrp getpriority getresuid getsid getuid initgroups killpg lchown lockf "
    "mkfifo mknod openpty pathconf pipe2 posix_fadvise posix_fallocate posix_spawn pread preadv "
    "pwrite pwritev readv register_at_fork sched_getaffinity sendfile setegid seteuid setgid "
    "setgroups setpgid setpriority setsid setuid statvfs sync sysconf tcgetpgrp tcsetpgrp ttyname "
    "uname wait wait3 wait4 waitid writev "
)
"""Members of `os` that the library reference gives as "Availability: Unix"; what Python's own start needs
of them it has taken by then."""

SIGNALS = "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 "

WITHOUT = f"""
import importlib.abc, os, signal, subprocess, sys

class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in {MODULES!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        return None

sys.meta_path.insert(0, Hidden())
for name in {MODULES!r}:
    sys.modules.pop(name, None)
for name in {FUNCTIONS!r}.split():
    if hasattr(os, name):
        delattr(os, name)
for name in {SIGNALS!r}.split():
    if hasattr(signal, name):
        delattr(signal, name)

import shutil
shutil._use_fd_functions = False  # as on Windows: it opens no folders

opened = os.open
def open_file(path, *arguments, **named):
    if isinstance(path, (str, bytes, os.PathLike)) and os.path.isdir(path):
        raise PermissionError(13, "Permission denied", path)
    return opened(path, *arguments, **named)
os.open = open_file

from remediate.cli import main
main()
"""


def run(*arguments: str, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
    kept = environment(**more)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        kept.pop(name, None)
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments],
        cwd=cwd,
        env=kept,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments", [["plan", "--sandbox"], ["apply", "--sandbox", "--yes"], ["drift", "--sandbox"]], ids=str
)
def test_the_sandbox_in_process(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == (2 if "drift" in arguments else 0), done.stdout + done.stderr
    assert "defect" not in done.stderr


def test_a_run_its_history_and_its_undo_against_a_server(tmp_path: Path) -> None:
    plan = tmp_path / "webapp.yaml"
    plan.write_bytes((ROOT / "plans" / "webapp.yaml").read_bytes())
    # The server may be a process of any machine, but this one lacks everything too.
    server = subprocess.Popen(
        [sys.executable, "-c", WITHOUT, "sandbox"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        exports = dict(
            server.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(5)
        )
        granted = run("grant", "http://localhost:5173", str(plan), "--for", "4h", "--reason", "x")
        assert granted.returncode == 0, granted.stderr
        assert "localhost:5173" in plan.read_text(encoding="utf-8")
        assert [path.name for path in tmp_path.iterdir()] == ["webapp.yaml"]

        applied = run("apply", "--yes", str(plan), "--json", **exports)
        assert applied.returncode == 0, applied.stdout + applied.stderr
        state = str(tmp_path / ".remediate")
        listed = json.loads(run("history", "--state", state, "--json", **exports).stdout)
        (listed_run,) = listed["runs"]
        assert listed_run["who"].startswith("unknown@")
        drifted = run("drift", str(plan), **exports)
        assert drifted.returncode == 0, drifted.stdout + drifted.stderr
        unlocked = run("unlock", "--state", state, **exports)
        assert "nobody held" in unlocked.stdout
        undone = run("undo", "--yes", "--state", state, **exports)
        assert undone.returncode == 0, undone.stderr
    finally:
        server.kill()
        server.communicate()


def test_no_module_names_what_only_posix_has() -> None:
    """What is asked for by `hasattr` or `getattr` is not needed."""
    needed = []
    for path in sorted((ROOT / "remediate").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            imported = re.match(rf"\s*(import|from) ({'|'.join(MODULES)})\b", line)
            used = re.search(
                rf"\bos\.({'|'.join(FUNCTIONS.split())})\b|\bsignal\.({'|'.join(SIGNALS.split())})\b", line
            )
            guarded = "hasattr(os" in "\n".join(text.splitlines()[max(0, number - 5) : number])
            if imported or (used and not guarded):
                needed.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert needed == []
