"""Answers from a recording, out of memory, each 50 ms late, over kept connections; counts the calls.

moto answers some 200 calls a second on all the machine's cores; measured against it, every reader
is as fast as moto and none has a core to itself. So moto is asked once, and the measured runs ask
this. A request that is not in the recording is answered 501 and counted as unknown.

`python -m tests.benchmarks.replay RECORDING` prints its address.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
from collections import Counter
from pathlib import Path

from tests.benchmarks.wire import CALLS, DELAY, UNKNOWN, Answer, Asked, asked


class Replay:
    """One recording, and the calls since they were last asked for."""

    def __init__(self, answers: dict[Asked, Answer]) -> None:
        self._answers = answers
        self._calls: Counter[str] = Counter()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it is closed."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                due = loop.time() + DELAY
                first, *lines = head.rstrip().split("\r\n")
                method, target, _ = first.split(" ")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length") or 0))
                if target == CALLS:
                    told, self._calls = json.dumps(self._calls).encode(), Counter()
                    answer = Answer("", "200 OK", (), told)
                else:
                    answer = self._answer(asked(method, target, headers.get("authorization", ""), body))
                    await asyncio.sleep(due - loop.time())
                writer.write(_bytes(answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, request: Asked) -> Answer:
        answer = self._answers.get(request)
        if answer is None:
            answer = Answer(f"{UNKNOWN}{request}", "501 Not Implemented", (), b"not in the recording")
        self._calls[answer.operation] += 1
        return answer


def _bytes(answer: Answer) -> bytes:
    headers = (*answer.headers, ("Content-Length", str(len(answer.body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {answer.status}\r\n{head}\r\n".encode("latin-1") + answer.body


async def serve(answers: dict[Asked, Answer]) -> None:
    """Print the address, and serve until killed."""
    server = await asyncio.start_server(Replay(answers).connection, "127.0.0.1", 0, backlog=256)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(pickle.loads(Path(sys.argv[1]).read_bytes())))
