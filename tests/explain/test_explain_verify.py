"""`explain` and `verify` as a user runs them: on the sandbox, and against a local stand-in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
import yaml

from remediate.render.explanation import explanation_lines
from remediate.render.verification import verification_lines
from tests.cli.test_commands import ROOT, Served, document, plan_of, run, served

__all__ = ["served"]

PAGE = "http://localhost:3000"


def explained(*arguments: str) -> Any:
    """In a folder without plan files."""
    with TemporaryDirectory() as folder:
        done = run("explain", "--sandbox", "--json", *arguments, cwd=Path(folder), PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    return document(done)


def test_the_distribution_that_refuses_options_is_named_with_its_fix() -> None:
    found = explained("https://api.example.com/items", "--origin", PAGE, "-X", "PUT")
    assert found["format"] == "remediate.explain/1"
    assert found["verdict"] == "blocked"
    assert found["culprit"].startswith("cloudfront/")
    assert "403" in found["because"]
    assert "`- cloudfront: api.example.com`" in found["fix"]
    assert found["hops"][0]["preflight"]["status"] == 403


def test_the_bucket_behind_a_distribution_is_named() -> None:
    found = explained("https://cdn.example.com/a.png", "--origin", PAGE)
    assert found["verdict"] == "blocked"
    assert found["culprit"] == "s3/webapp-uploads"
    assert [hop["address"].partition("/")[0] for hop in found["hops"]] == ["cloudfront", "s3"]
    assert "Then still" not in found["fix"]


def test_a_distribution_that_drops_the_preflight_s_headers_comes_before_the_bucket_behind_it() -> None:
    # Managed-CORS-CustomOrigin forwards Origin alone: no rule of the bucket's could ever match.
    found = explained(
        "https://cdn.example.com/a.png", "--origin", PAGE, "-X", "PUT", "-H", "content-type: image/png"
    )
    assert (found["verdict"], found["hops"][1]["preflight"]["status"]) == ("blocked", 400)
    assert found["culprit"] == found["hops"][0]["address"]
    # Either alone would change nothing: the plan holds both.
    assert "`- cloudfront: cdn.example.com`, `- s3: webapp-uploads`" in found["fix"]


def test_the_plan_is_in_the_document_and_the_near_miss_too() -> None:
    found = explained("https://webapp-uploads.s3.eu-west-1.amazonaws.com/k", "--origin", PAGE, "-X", "PUT")
    assert yaml.safe_load(found["plan"])["targets"] == [{"s3": "webapp-uploads", "region": "eu-west-1"}]
    assert (found["missing"], found["basis"], found["todo"]) == ([PAGE, "PUT"], "settings", [])
    assert "of the bucket lacks origin http://localhost:3000 and method PUT" in found["because"]


def test_a_plan_file_of_the_folder_that_is_not_applied_is_named() -> None:
    request = ("https://webapp-uploads.s3.eu-west-1.amazonaws.com/k", "--origin", PAGE, "-X", "PUT")
    done = run("explain", "--sandbox", "--json", *request)
    assert done.returncode == 0, done.stderr
    found = document(done)
    assert found["plan"] is None
    assert "remediate apply plans/webapp.yaml" in found["fix"]


def test_plan_files_with_problems_are_no_reason_not_to_explain(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "broken.yaml").write_text("version: 2\n")
    request = ("https://webapp-uploads.s3.eu-west-1.amazonaws.com/k", "--origin", PAGE)
    done = run("explain", "--sandbox", "--json", *request, cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert document(done)["plan"]
    assert "have problems and were not compared" in done.stderr


def test_the_verdict_rests_on_the_settings_where_the_browser_says_the_same() -> None:
    text = (
        "Access to fetch at 'https://cdn.example.com/a.png' from origin 'http://localhost:3000' has been "
        "blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested "
        "resource."
    )
    found = explained("--error", text)
    assert (found["verdict"], found["basis"]) == ("blocked", "settings")
    assert found["because"].startswith("The browser says: ")
    assert "GET is assumed" in found["assumed"]


def test_a_target_leaves_its_hops_and_the_verdict_of_the_whole_way() -> None:
    put = ("https://cdn.example.com/a.png", "--origin", PAGE, "-X", "PUT")
    whole, part = explained(*put), explained(*put, "--target", "s3/*")
    assert [hop["address"] for hop in part["hops"]] == ["s3/webapp-uploads"]
    assert part | {"hops": whole["hops"]} == whole
    named = explained(*put, "--target", "cdn.example.com")
    assert named["hops"] == whole["hops"][:1]
    wrong = run("explain", "--sandbox", *put, "--target", "http_api/*")
    assert wrong.returncode == 1
    assert "matches no resource on the way of the request" in wrong.stderr
    assert "s3/webapp-uploads" in wrong.stderr


def test_verbose_tells_every_header() -> None:
    answer = {"status": 200, "headers": [["vary", "Origin"], ["content-type", "text/plain"]]}
    hop = {"address": "s3/b", "notes": [], "preflight": None, "actual": answer}
    told = {"origin": PAGE, "method": "GET", "url": "https://b.example/", "culprit": None, "fix": ""}
    document = told | {"verdict": "blocked", "because": "", "hops": [hop]}
    short = [line.text.strip() for line in explanation_lines(document)]
    long = [line.text.strip() for line in explanation_lines(document, verbose=True)]
    assert [line for line in long if line not in short] == [
        "request: 200",
        "vary: Origin",
        "content-type: text/plain",
    ]
    assert "-v shows the answers of each hop." in short


def test_verbose_gives_the_reason_of_what_is_as_predicted() -> None:
    probe = {"origin": PAGE, "url": "https://b.example/", "method": "GET", "because": "It is '*'."}
    verdicts = {"predicted": "allowed", "stated": False, "seen": "allowed", "differs": False, "error": None}
    counts = {"probes": 1, "differ": 0, "unreachable": 0}
    document = {"probes": [probe | verdicts], "summary": counts}
    assert "It is '*'." not in "".join(line.text for line in verification_lines(document))
    assert "It is '*'." in "".join(line.text for line in verification_lines(document, verbose=True))


def test_what_a_function_answers_is_unknown_and_never_guessed() -> None:
    api = next(
        change["address"].split("/")[1]
        for change in document(run("plan", "--sandbox", "--json"))["changes"]
        if change["service"] == "rest_api"
    )
    url = f"https://{api}.execute-api.eu-west-1.amazonaws.com/prod/items"
    found = explained(url, "--origin", "https://app.example.com")
    assert found["verdict"] == "unknown"
    assert found["culprit"] == f"rest_api/{api}/prod"


def test_a_method_is_read_as_a_page_would_send_it() -> None:
    """Fetch, "normalize a method": six methods are put into upper case."""
    url, origin = "https://api.example.com/items", "http://localhost:3000"
    lower, upper = (explained(url, "--origin", origin, "-X", method) for method in ("get", "GET"))
    assert (lower["method"], lower["verdict"], lower["because"]) == (
        "GET",
        upper["verdict"],
        upper["because"],
    )


def test_a_console_message_is_enough() -> None:
    text = (
        "Access to fetch at 'https://api.example.com/items' from origin 'http://localhost:3000' has been "
        "blocked by CORS policy: Response to preflight request doesn't pass access control check: No "
        "'Access-Control-Allow-Origin' header is present on the requested resource."
    )
    found = explained("--error", text)
    assert (found["url"], found["origin"]) == ("https://api.example.com/items", PAGE)
    assert found["culprit"].startswith("cloudfront/")


def test_a_host_of_nobody_is_unknown() -> None:
    found = explained("https://elsewhere.example/", "--origin", PAGE)
    assert (found["verdict"], found["hops"]) == ("unknown", [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["https://api.example.com/"], "--origin"),
        (["--origin", PAGE], "URL"),
        (["https://api.example.com/", "--origin", "localhost:3000"], "--origin"),
        (["api.example.com", "--origin", PAGE], "api.example.com"),
        (["--error", "TypeError: Failed to fetch"], "--error"),
    ],
)
def test_what_is_missing_is_said(arguments: list[str], said: str) -> None:
    done = run("explain", "--sandbox", *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


class StandIn(BaseHTTPRequestHandler):
    """A server that allows one origin, and remembers what it was asked."""

    allowed: ClassVar[set[str]] = set()
    asked: ClassVar[list[str]] = []

    def answer(self) -> None:
        self.asked.append(self.command)
        origin = self.headers.get("Origin", "")
        self.send_response(200)
        if origin in self.allowed:
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Methods", "GET, POST")
            self.send_header("Access-Control-Allow-Headers", "content-type")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_OPTIONS = do_POST = do_PUT = do_HEAD = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def stand_in(*allowed: str) -> Iterator[str]:
    StandIn.allowed, StandIn.asked = set(allowed), []
    server = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"::127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


ORDERS = (
    "region: eu-west-1\norigins: [https://app.example.com]\n"
    "allow: {methods: [GET, POST], headers: [content-type]}\ntargets:\n  - http_api: webapp-orders\n"
)


def test_a_server_that_answers_as_its_settings_say_is_verified(served: Served, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ORDERS)
    assert served.run("apply", "--yes", plan).returncode == 0
    with stand_in("https://app.example.com") as local:
        done = served.run("verify", "--json", "--connect-to", local, plan)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = {(one["origin"], one["method"]): one["seen"] for one in document(done)["probes"]}
    assert seen["https://app.example.com", "GET"] == "allowed"
    assert "blocked" in {verdict for (origin, _), verdict in seen.items() if "any-other" in origin}
    assert set(StandIn.asked) <= {"GET", "OPTIONS"}


def test_a_server_that_answers_otherwise_is_exit_5(served: Served, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, ORDERS)
    assert served.run("apply", "--yes", plan).returncode == 0
    with stand_in() as local:
        done = served.run("verify", "--connect-to", local, plan)
    assert done.returncode == 5
    assert "DIFFERS" in done.stdout


def test_no_answer_is_an_error_and_no_verdict(served: Served, tmp_path: Path) -> None:
    done = served.run("verify", "--json", "--connect-to", "::127.0.0.1:9", plan_of(tmp_path, ORDERS))
    assert done.returncode == 1
    assert {one["seen"] for one in document(done)["probes"]} == {"unknown"}


def expecting(verdict: str, origin: str = PAGE) -> str:
    entry = {"from": origin, "to": "https://webapp-uploads.s3.eu-west-1.amazonaws.com/k", "verdict": verdict}
    return (
        "region: eu-west-1\norigins: [http://localhost:3000]\nallow: {methods: [GET]}\n"
        f"targets:\n  - s3: webapp-uploads\nexpect:\n  - {json.dumps(entry)}\n"
    )


def test_an_expectation_that_would_fail_refuses_the_apply(served: Served, tmp_path: Path) -> None:
    before = served.client("s3").get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]
    done = served.run("apply", "--yes", plan_of(tmp_path, expecting("blocked")))
    assert done.returncode == 3
    assert "expectation-fails" in done.stderr
    assert served.client("s3").get_bucket_cors(Bucket="webapp-uploads")["CORSRules"] == before


def test_an_expectation_that_a_function_decides_is_told_and_holds_nothing_back(tmp_path: Path) -> None:
    entry = {"from": PAGE, "to": "https://api.example.com/items", "verdict": "allowed"}
    plan = plan_of(
        tmp_path,
        f"region: eu-west-1\norigins: [{PAGE}]\nallow: {{methods: [GET]}}\ntargets:\n"
        "  - rest_api: webapp-backend\n  - cloudfront: api.example.com\n"
        f"expect:\n  - {json.dumps(entry)}\n",
    )
    done = run("plan", "--sandbox", "--json", "--detailed-exitcode", plan)
    assert done.returncode == 2, done.stderr
    (found,) = [one for one in document(done)["findings"] if one["code"] == "expectation-unknown"]
    assert (found["level"], found["where"]) == ("info", f"{plan}:10:5")
    assert "Settings alone do not tell" in found["message"]


@pytest.mark.parametrize(("allowed", "code"), [([PAGE], 0), ([], 5)])
def test_an_expectation_is_probed_after_the_apply(
    served: Served, tmp_path: Path, allowed: list[str], code: int
) -> None:
    with stand_in(*allowed) as local:
        done = served.run("apply", "--yes", "--connect-to", local, plan_of(tmp_path, expecting("allowed")))
    assert done.returncode == code, done.stdout + done.stderr


BUCKET_GET = ("https://webapp-uploads.s3.eu-west-1.amazonaws.com/k", "--origin", PAGE)


def test_a_probe_outweighs_the_settings(served: Served) -> None:
    with stand_in(PAGE) as local:
        done = served.run("explain", *BUCKET_GET, "--json", "--probe", "--connect-to", local)
    found = document(done)
    assert done.returncode == 0, done.stderr
    assert (found["verdict"], found["basis"], StandIn.asked) == ("allowed", "probe", ["GET"])
    assert found["observed"]["answers"][0]["status"] == 200
    assert "The settings lead to another answer (blocked: " in found["contradiction"]


def test_a_probe_sends_no_request_that_could_write(served: Served) -> None:
    with stand_in(PAGE) as local:
        done = served.run("explain", *BUCKET_GET, "-X", "PUT", "--probe", "--connect-to", local)
    assert StandIn.asked == ["OPTIONS"]
    # The stand-in's preflight does not list PUT.
    assert "blocked (observed): " in done.stdout


def test_without_probe_nothing_is_sent(served: Served) -> None:
    with stand_in(PAGE) as local:
        done = served.run("explain", *BUCKET_GET, "--connect-to", local)
    assert (done.returncode, StandIn.asked) == (0, [])
    assert "has no effect without --probe" in done.stderr


def test_a_probe_without_an_answer_is_an_error_and_the_settings_stay(served: Served) -> None:
    done = served.run("explain", *BUCKET_GET, "--json", "--probe", "--connect-to", "::127.0.0.1:9")
    assert done.returncode == 1
    assert (document(done)["verdict"], document(done)["basis"]) == ("blocked", "settings")
    assert "The probe got no answer" in done.stderr


def test_the_embedded_aws_has_no_server_to_probe() -> None:
    done = run("explain", *BUCKET_GET, "--sandbox", "--probe")
    assert done.returncode == 1
    assert "serves no traffic" in done.stderr
