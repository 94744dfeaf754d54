"""Posting: what is tried again, for how long, and what an error may say."""

from __future__ import annotations

import re
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from remediate.notify.http import LONGEST, SILENCE, NotPosted, post
from tests.notify.saying import Answer, receiver

SECRET_PATH = "/services/T0/B0/s3cr3t"


def never(seconds: float) -> None:
    raise AssertionError(f"a pause of {seconds} s, where nothing is to be tried again")


class Clock:
    """A clock that goes on by pauses, and by `attempt` seconds whenever it is asked after one."""

    def __init__(self, attempt: float = 0.0) -> None:
        self.now = -attempt
        self.attempt = attempt

    def __call__(self) -> float:
        self.now += self.attempt
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_it_posts_json_once_where_it_is_taken() -> None:
    pauses: list[float] = []
    with receiver(Answer(202)) as server:
        post(f"{server.url}/hook?a=b", b'{"a": 1}', {"x-more": "y"}, sleep=pauses.append)
    (got,) = server.got
    assert (got.path, got.body) == ("/hook?a=b", b'{"a": 1}')
    assert got.headers["content-type"] == "application/json"
    assert got.headers["x-more"] == "y"
    assert pauses == []


@pytest.mark.parametrize("bad", [Answer(500), Answer(503), Answer(429), Answer(0, cut=True)])
def test_what_passes_is_tried_again(bad: Answer) -> None:
    pauses: list[float] = []
    with receiver(bad, bad, bad, Answer(200)) as server:
        post(server.url, b"{}", {}, sleep=pauses.append)
    assert len(server.got) == 4
    assert len(pauses) == 3
    assert pauses == sorted(pauses)
    assert 0 < pauses[0] < pauses[2] <= 10


def test_after_three_more_attempts_it_is_given_up() -> None:
    pauses: list[float] = []
    with receiver(Answer(503)) as server, pytest.raises(NotPosted, match="503 Service Unavailable") as failed:
        post(server.url, b"{}", {}, sleep=pauses.append)
    assert len(server.got) == 4
    assert len(pauses) == 3
    assert failed.value.hint


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    with receiver(Answer(status)) as server, pytest.raises(NotPosted, match=str(status)):
        post(server.url, b"{}", {}, sleep=never)
    assert len(server.got) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_the_server_says_when(status: int) -> None:
    pauses: list[float] = []
    with receiver(Answer(status, {"retry-after": "19"}), Answer(200)) as server:
        post(server.url, b"{}", {}, sleep=pauses.append)
    assert pauses == [19.0]


def test_longer_than_20_seconds_is_not_waited() -> None:
    with (
        receiver(Answer(429, {"retry-after": "21"})) as server,
        pytest.raises(NotPosted, match="429") as failed,
    ):
        post(server.url, b"{}", {}, sleep=never)
    assert len(server.got) == 1
    assert "next pass" in failed.value.hint


def test_what_a_server_asks_for_counts_together() -> None:
    clock = Clock()
    with receiver(*[Answer(503, {"retry-after": "15"})] * 4) as server, pytest.raises(NotPosted, match="503"):
        post(server.url, b"{}", {}, sleep=clock.sleep, clock=clock)
    assert (len(server.got), clock.now) == (2, 15.0)


@pytest.mark.parametrize("bad", [Answer(503), Answer(0, cut=True)])
def test_no_attempt_begins_after_20_seconds(bad: Answer) -> None:
    """As where each takes until it times out."""
    clock = Clock(attempt=SILENCE)
    with receiver(bad, bad, bad, bad) as server, pytest.raises(NotPosted):
        post(server.url, b"{}", {}, sleep=clock.sleep, clock=clock)
    assert len(server.got) == 2
    assert clock.now <= LONGEST + SILENCE


def test_a_date_to_wait_for_is_no_number() -> None:
    pauses: list[float] = []
    with receiver(Answer(503, {"retry-after": "Sun, 22 Nov 2026 12:00:00 GMT"}), Answer(200)) as server:
        post(server.url, b"{}", {}, sleep=pauses.append)
    assert len(pauses) == 1
    assert pauses[0] <= 10


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with receiver() as elsewhere:
        moved = Answer(status, {"location": f"{elsewhere.url}/stolen"})
        with receiver(moved) as server, pytest.raises(NotPosted, match=str(status)) as failed:
            post(server.url, b"{}", {}, sleep=never)
    assert elsewhere.got == []
    assert len(server.got) == 1
    assert "edirect" in failed.value.hint


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, body=f"Cannot POST {SECRET_PATH}".encode()),
        Answer(404, body=b"s3cr3t"),
        Answer(500, body=SECRET_PATH.encode()),
        Answer(302, {"location": f"https://elsewhere.example{SECRET_PATH}"}),
        Answer(0, cut=True),
    ],
)
def test_errors_tell_the_host_alone(answer: Answer) -> None:
    with receiver(answer) as server, pytest.raises(NotPosted) as failed:
        post(f"{server.url}{SECRET_PATH}", b"{}", {}, sleep=lambda _: None)
    said = f"{failed.value.message} {failed.value.hint} {failed.value.__cause__}"
    assert server.host in said
    assert "s3cr3t" not in said
    assert "services" not in said


def test_a_code_of_one_word_is_told() -> None:
    """Slack answers with `no_service` where a webhook was taken away."""
    with receiver(Answer(404, body=b"no_service")) as server, pytest.raises(NotPosted, match="no_service"):
        post(f"{server.url}{SECRET_PATH}", b"{}", {}, sleep=never)


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        pauses: list[float] = []
        with pytest.raises(NotPosted, match=f"127.0.0.1:{port}: Connection refused"):
            post(f"http://127.0.0.1:{port}{SECRET_PATH}", b"{}", {}, sleep=pauses.append)
    assert len(pauses) == 3


def test_what_no_connection_can_be_made_to() -> None:
    with pytest.raises(NotPosted, match="localhost:99999") as failed:
        post(f"http://localhost:99999{SECRET_PATH}", b"{}", {}, sleep=lambda _: None)
    assert "s3cr3t" not in failed.value.message


@pytest.fixture(scope="module")
def unknown(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path_factory.mktemp("tls") / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_certificate_that_is_not_trusted_stays_so(unknown: ssl.SSLContext) -> None:
    with (
        receiver(tls=unknown) as server,
        pytest.raises(NotPosted, match="certificate is not trusted") as failed,
    ):
        post(server.url.replace("http:", "https:") + SECRET_PATH, b"{}", {}, sleep=never)
    assert server.got == []
    assert "s3cr3t" not in failed.value.message


def test_https_is_never_made_http() -> None:
    pauses: list[float] = []
    with receiver() as server, pytest.raises(NotPosted, match=re.escape(server.host)):
        post(server.url.replace("http:", "https:") + SECRET_PATH, b"{}", {}, sleep=pauses.append)
    assert len(pauses) == 3
    assert server.got == []


def test_proxies_are_not_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with receiver() as server:
        post(server.url, b"{}", {}, sleep=never)
    assert len(server.got) == 1


def test_proxies_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy is asked to connect, and sees no path."""
    with receiver(Answer(403)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with pytest.raises(NotPosted, match=r"hooks.example: Tunnel connection failed: 403.*proxy") as failed:
            post(f"https://hooks.example{SECRET_PATH}", b"{}", {}, sleep=lambda _: None)
    assert "s3cr3t" not in failed.value.message
    assert {posted.path for posted in proxy.got} == {"hooks.example:443"}
