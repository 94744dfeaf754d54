"""Deadlines: no request lasts longer than it may, wherever its bytes come from and however slowly."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import get_session

from remediate import deadline
from remediate.aws import Aws
from remediate.deadline import Deadline
from remediate.http_session import AnswerTimeoutError, set_deadlines
from remediate.notify.http import NotPosted, post
from remediate.reachability.transport import Unreachable, send
from remediate.web.http import Request
from tests.slow_server import BODY, TLS, WAYS, slow_server

SECONDS = 0.3
EVERY_WAY = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


def client(service: str, url: str, *, proxy: str = "") -> Any:
    """A client that sends each request once."""
    session = get_session()
    session.set_credentials("a", "b")
    set_deadlines(session, SECONDS)
    config = Config(
        retries={"total_max_attempts": 1},
        read_timeout=30,
        connect_timeout=30,
        proxies={"http": proxy, "https": proxy} if proxy else {},
        s3={"addressing_style": "path"},
    )
    return session.create_client(
        service, region_name="eu-west-1", endpoint_url=url, config=config, verify=False
    )


CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "read": ("s3", lambda made: made.get_bucket_cors(Bucket="b")),
    "stream": ("s3", lambda made: made.get_object(Bucket="b", Key="k")),
    "write": ("apigateway", lambda made: made.create_deployment(restApiId="x")),
    "sign-in": ("sts", lambda made: made.assume_role(RoleArn="a" * 20, RoleSessionName="ab")),
}


@EVERY_WAY
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_call_to_aws_ends(way: tuple[bytes, bytes], call: tuple[str, Callable[[Any], Any]]) -> None:
    service, ask = call
    with slow_server(way) as server:
        made = client(service, server.url)
        with pytest.raises(AnswerTimeoutError, match=r"no whole answer came from http://127.* within 0\.3 s"):
            ask(made)
        assert server.hung_up.wait(10)
        made.close()


def test_a_kept_connection_has_the_deadline_of_each_request() -> None:
    """The first answer is whole, and the second on the same connection is not."""
    whole = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    with slow_server((whole, b"")) as server:
        made = client("s3", server.url)
        with pytest.raises(made.exceptions.ClientError):
            made.get_bucket_cors(Bucket="b")
        with pytest.raises(AnswerTimeoutError):
            made.get_bucket_cors(Bucket="b")
        made.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_call_through_a_slow_proxy_ends(scheme: str) -> None:
    with slow_server(WAYS["header"]) as proxy:
        made = client("s3", f"{scheme}://s3.example", proxy=proxy.url)
        with pytest.raises(AnswerTimeoutError):
            made.get_bucket_cors(Bucket="b")
        made.close()


@pytest.mark.parametrize("way", [TLS, WAYS["hang"]], ids=["bytes", "silence"])
def test_a_handshake_has_the_deadline_too(way: tuple[bytes, bytes]) -> None:
    with slow_server(way) as server:
        made = client("s3", f"https://127.0.0.1:{server.port}")
        with pytest.raises(AnswerTimeoutError):
            made.get_bucket_cors(Bucket="b")
        made.close()
        with pytest.raises(Unreachable, match=r"no whole answer came within 0\.3 s|timed out"):
            send(f"https://127.0.0.1:{server.port}/", Request("GET", "/", []), timeout=SECONDS)
        with pytest.raises(NotPosted, match=r"no (whole )?answer within 0\.3 s"):
            post(f"https://127.0.0.1:{server.port}/", b"{}", {}, timeout=SECONDS, sleep=lambda _: None)


def test_the_deadline_that_aws_is_given_reaches_its_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "a")
    aws = Aws(region="eu-west-1", endpoint_url="http://127.0.0.1:9", timeout=7)
    made = aws.client("s3")
    assert made.meta.config.read_timeout == 7
    assert made.meta.config.connect_timeout == 7
    with slow_server(WAYS["body"]) as server:
        aws = Aws(region="eu-west-1", endpoint_url=server.url, timeout=SECONDS)
        made = aws.client("s3")
        # The retries wait in between, and are not what is tested.
        made.meta.events.unregister("needs-retry.s3", unique_id="retry-config-s3")
        with pytest.raises(AnswerTimeoutError):
            made.get_object(Bucket="b", Key="k")
        aws.close()


@pytest.mark.parametrize("way", [WAYS["hang"], WAYS["header"]], ids=["hang", "header"])
def test_a_webhook_ends(way: tuple[bytes, bytes]) -> None:
    pauses: list[float] = []
    with slow_server(way) as server, pytest.raises(NotPosted, match=r"no (whole )?answer within 0\.3 s"):
        post(f"{server.url}/secret", b"{}", {}, timeout=SECONDS, sleep=pauses.append)
    assert len(pauses) == 3


def test_a_refusal_of_a_webhook_that_never_ends_is_late() -> None:
    refusal = BODY.replace(b"200 OK", b"400 Bad Request")
    with slow_server((refusal, b"x")) as server, pytest.raises(NotPosted, match="no whole answer within"):
        post(f"{server.url}/secret", b"{}", {}, timeout=SECONDS, sleep=lambda _: None)


@pytest.mark.parametrize("way", [WAYS["hang"], WAYS["header"]], ids=["hang", "header"])
def test_a_probe_ends(way: tuple[bytes, bytes]) -> None:
    with slow_server(way) as server, pytest.raises(Unreachable) as error:
        send(f"{server.url}/x", Request("OPTIONS", "/x", [("origin", "https://a.example")]), timeout=SECONDS)
    assert "timed out" in error.value.message or "no whole answer came within 0.3 s" in error.value.message
    assert error.value.hint


def test_a_deadline_that_is_over_shuts_down_nothing() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with Deadline(30) as request:
            deadline.watch(ours)
        request.expire()
        assert not request.passed
        deadline.watch(ours)
        ours.sendall(b"still open")
        assert theirs.recv(20) == b"still open"


def test_what_is_watched_late_is_shut_down_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(30) as request:
        request.expire()
        deadline.watch(ours)
        assert theirs.recv(1) == b""


def test_deadlines_are_those_of_their_thread() -> None:
    """The earlier one ends its own request and no other."""
    pairs = [socket.socketpair(), socket.socketpair()]
    heard: dict[int, bytes] = {}
    inside = threading.Barrier(2)

    def wait(number: int, seconds: float) -> None:
        ours, theirs = pairs[number]
        with Deadline(seconds):
            deadline.watch(ours)
            inside.wait(10)
            if number:
                threads[0].join()
                theirs.sendall(b"late, and in time")
            heard[number] = ours.recv(100)

    threads = [threading.Thread(target=wait, args=item) for item in ((0, 0.1), (1, 30.0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert heard == {0: b"", 1: b"late, and in time"}
    for pair in pairs:
        for end in pair:
            end.close()


def test_a_name_without_an_address_is_an_error_of_the_system() -> None:
    with Deadline(1), pytest.raises(socket.gaierror):
        deadline.connect(("name.invalid", 80), 1)


def test_addresses_that_refuse_are_told_by_the_first_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with Deadline(5), pytest.raises(ConnectionRefusedError):
        deadline.connect(("127.0.0.1", port), 1)
