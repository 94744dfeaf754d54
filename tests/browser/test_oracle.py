"""The oracle itself: what other tests rely on when they ask it about servers that are not its own."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.oracle import BROWSERS, Answer, BrowserOracle, Case, Hop
from tests.browser.presence import needs_browser

pytestmark = pytest.mark.browser

ACAO = "Access-Control-Allow-Origin"
OTHER_ORIGIN = {
    "chromium": "has a value 'http://a.example' that is not equal to the supplied origin",
    "firefox": "(Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘http://a.example’)",
}
NO_METHOD = {
    "chromium": "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response",
    "firefox": "(Reason: Did not find method in CORS header ‘Access-Control-Allow-Methods’)",
}


class _Elsewhere(BaseHTTPRequestHandler):
    """A server of somebody else: shares with http://localhost:PORT of the test, and echoes the body."""

    shared_with = ""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header(ACAO, self.shared_with)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def elsewhere():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("name", BROWSERS)
def test_a_fixed_page_origin_and_servers_elsewhere_under_any_name(name, elsewhere):
    needs_browser(name)
    port = free_port()
    _Elsewhere.shared_with = f"http://localhost:{port}"
    resolve = {"*.amazonaws.com:80": f"127.0.0.1:{elsewhere}"}
    with BrowserOracle(name, port=port, resolve=resolve) as oracle:
        assert oracle.origin == f"http://localhost:{port}"
        urls = [f"http://127.0.0.1:{elsewhere}/x", "http://bucket.s3.amazonaws.com/x"]
        cases = [Case(url, method="POST", body="h\u00e4?") for url in urls]
        direct, named = oracle.run(cases)
        assert (direct.ok, direct.status, direct.body) == (True, 201, "h\u00e4?")
        assert (named.ok, named.status, named.requests) == (True, 201, ())
        _Elsewhere.shared_with = "http://a.example"
        [blocked] = oracle.run(cases[:1])
        assert not blocked.ok
        assert OTHER_ORIGIN[name] in blocked.console
        [unreachable] = oracle.run([Case("http://nowhere.example/")])
        assert not unreachable.ok


def test_the_console_tells_the_browsers_reason(oracle):
    bad = Answer(200, [(ACAO, "http://a.example")])
    fine = Answer(200, [(ACAO, oracle.origin)])
    results = oracle.run(
        [
            Case(f"{oracle.target}/console/1", answers={"/console/1": Hop(bad)}),
            Case(f"{oracle.target}/console/2", answers={"/console/2": Hop(fine)}),
            Case(f"{oracle.target}/console/3", method="PUT", answers={"/console/3": Hop(fine, fine)}),
        ]
    )
    assert [result.ok for result in results] == [False, True, False]
    assert OTHER_ORIGIN[oracle.name] in results[0].console
    assert results[1].console == ""
    assert NO_METHOD[oracle.name] in results[2].console
    assert [seen.method for seen in results[2].requests] == ["OPTIONS"]


def test_pages_of_several_origins(oracle):
    cases = [
        Case(f"{oracle.target}/origin/{number}", origin=origin, answers={f"/origin/{number}": Hop()})
        for number, origin in enumerate([None, "null", "http://app.test", "http://other.test"])
    ]
    seen = [result.requests[0].get("origin") for result in oracle.run(cases)]
    assert seen == [oracle.origin, "null", "http://app.test", "http://other.test"]


def test_a_path_belongs_to_one_case(oracle):
    case = Case(f"{oracle.target}/twice", answers={"/twice": Hop()})
    with pytest.raises(ValueError, match="two cases"):
        oracle.run([case, case])
