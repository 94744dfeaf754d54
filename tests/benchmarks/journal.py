"""What a long journal costs: calls to a bucket with 2,000 runs, memory for a folder with 4,000.

`python -m tests.benchmarks.journal` prints one line per command. Calls are counted on objects in memory
(`tests/journal/test_calls.py` holds them); memory is the peak of a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from remediate.engine.baseline import load_baseline, save_baseline
from remediate.engine.recent import last_runs
from remediate.engine.undo import choose_run
from remediate.journal.local import LocalStore
from tests.benchmarks.measuring import environment
from tests.journal.memory_s3 import MemoryS3, store_in
from tests.journal.test_calls import RUNS, journaled

LOCAL_RUNS = 4000
PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)"
COMMAND = "import sys; from remediate import cli\ntry: cli.main()\nexcept SystemExit: pass\n" + PEAK


def main() -> None:
    """Print the figures."""
    s3 = MemoryS3()
    for number in range(1, RUNS + 1):
        journaled(store_in(s3), number, gathered=True)
    save_baseline(store_in(s3))
    for name, work in {
        "plan": lambda: load_baseline(store_in(s3)),
        "history --last 20": lambda: last_runs(store_in(s3), 20),
        "undo": lambda: choose_run(store_in(s3), None),
        "undo 1234": lambda: choose_run(store_in(s3), "1234"),
        "history": lambda: store_in(s3).runs(),
    }.items():
        s3.calls.clear()
        work()
        print(f"{RUNS} runs in a bucket, {name}: {len(s3.calls)} calls {dict(Counter(s3.calls))}")
    with TemporaryDirectory() as folder:
        store = LocalStore(Path(folder) / "journal")
        for number in range(1, LOCAL_RUNS + 1):
            journaled(store, number, gathered=True)
        for arguments in (["--json"], [], ["--last", "20"]):
            command = [sys.executable, "-c", COMMAND, "history", "--state", store.where, *arguments]
            done = subprocess.run(
                command, check=True, capture_output=True, text=True, env=environment("http://127.0.0.1:9")
            )
            print(
                f"{LOCAL_RUNS} runs in a folder, history {' '.join(arguments)}: "
                f"{done.stderr.split()[-1]} MB at the peak"
            )


if __name__ == "__main__":
    main()
