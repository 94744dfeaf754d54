"""Guards as a user meets them: exit code 3, what is said, and nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import Served, document, plan_of, served

__all__ = ["served"]

HEAD = "region: eu-west-1\nallow: {methods: [GET]}\n"
BUCKET = "targets:\n  - s3: webapp-uploads\n"


def rules(served: Served) -> Any:
    return served.client("s3").get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]


def tag(served: Served, **tags: str) -> None:
    listed = [{"Key": key.replace("__", ":"), "Value": value} for key, value in tags.items()]
    served.client("s3").put_bucket_tagging(Bucket="webapp-uploads", Tagging={"TagSet": listed})


def refusals(printed: Any) -> list[tuple[str, str]]:
    return [
        (finding["code"], finding["where"].rpartition("/")[2])
        for finding in printed["findings"]
        if finding["level"] == "refuse"
    ]


@pytest.mark.parametrize(
    ("origins", "codes"),
    [
        ('["*"]', {"opens-to-any"}),
        ('["https://*"]', {"opens-to-any", "any-with-credentials"}),
        ('["https://*.vercel.app"]', {"public-suffix-wildcard"}),
        ('["http://app.example.com"]', {"insecure-origin"}),
        ('["null"]', {"null-origin"}),
    ],
)
def test_what_a_plan_asks_for_is_refused_and_nothing_is_written(
    served: Served, tmp_path: Path, origins: str, codes: set[str]
) -> None:
    path = plan_of(tmp_path, f"{HEAD}origins: {origins}\n{BUCKET}")
    before = rules(served)
    planned = served.run("plan", "--json", path)
    assert planned.returncode == 0, planned.stderr
    assert set(refusals(document(planned))) >= {
        (code, "plan.yaml:5:11") for code in codes - {"any-with-credentials"}
    }
    done = served.run("apply", "--yes", path)
    assert done.returncode == 3, done.stdout + done.stderr
    for code in codes:
        assert f"  {code}  s3/webapp-uploads: " in done.stderr
        assert f"--allow {code}" in done.stderr
    assert f"{path}:5:11" in done.stderr
    assert rules(served) == before
    lifting = [word for code in sorted(codes) for word in ("--allow", code)]
    if len(codes) > 1:
        assert served.run("apply", "--yes", *lifting[:2], path).returncode == 3
        assert rules(served) == before
    done = served.run("apply", "--yes", *lifting, path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert rules(served) != before
    again = served.run("apply", "--yes", path)
    assert again.returncode == 0, again.stdout + again.stderr


def test_exact_takes_nobody_away_unasked(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, f"{HEAD}mode: exact\norigins: [https://a.example]\n{BUCKET}")
    before = rules(served)
    done = served.run("apply", "--yes", path)
    assert done.returncode == 3
    assert "removes-access  s3/webapp-uploads: " in done.stderr
    assert "https://partner.example" in done.stderr
    assert rules(served) == before
    assert served.run("apply", "--yes", "--allow", "removes-access", path).returncode == 0
    assert [rule["ID"] for rule in rules(served)] == ["remediate:webapp"]
    nobody = plan_of(tmp_path, f"{HEAD}origins: []\n{BUCKET}")
    done = served.run("apply", "--yes", nobody)
    assert done.returncode == 3
    assert "removes-all  s3/webapp-uploads: https://a.example would be gone" in done.stderr
    assert len(rules(served)) == 1


def test_a_resource_that_another_tool_manages(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, f"{HEAD}origins: [https://a.example]\n{BUCKET}")
    tag(served, ManagedBy="terraform")
    before = rules(served)
    done = served.run("apply", "--yes", path)
    assert done.returncode == 3
    assert "owned-elsewhere  s3/webapp-uploads: Terraform manages this resource" in done.stderr
    assert '    allowed_origins = ["https://a.example"]' in done.stderr
    assert f"{path}:7:5" in done.stderr
    assert rules(served) == before
    assert 'resource "aws_s3_bucket_cors_configuration"' in served.run("plan", "--markdown", path).stdout

    milder = plan_of(
        tmp_path,
        f"{HEAD}origins: [https://a.example]\nguards: {{levels: {{owned-elsewhere: warn}}}}\n{BUCKET}",
    )
    done = served.run("apply", "--yes", milder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "See `remediate rule owned-elsewhere`." in done.stdout
    counted = document(served.run("plan", "--json", path))["api_calls"]
    assert "s3:GetBucketTagging" not in counted


def test_never_is_never(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, f'{HEAD}origins: ["*"]\nguards: {{never: [opens-to-any]}}\n{BUCKET}')
    before = rules(served)
    saved = str(tmp_path / "saved.json")
    assert served.run("plan", "--out", saved, path).returncode == 0
    for what in (["--yes", path], [saved]):
        done = served.run("apply", "--allow", "opens-to-any", *what)
        assert done.returncode == 3, done.stdout + done.stderr
        assert "The plan forbids lifting it" in done.stderr
        assert "--allow opens-to-any" not in done.stderr.splitlines()[-1]
        assert rules(served) == before


def test_limits_of_the_plan_file(served: Served, tmp_path: Path) -> None:
    limits = "guards: {max_changes: 0, minimum: 1}\n"
    path = plan_of(tmp_path, f"{HEAD}{limits}origins: [https://a.example]\n{BUCKET}")
    done = served.run("apply", "--yes", path)
    assert done.returncode == 3
    assert "1 of 1 resources (100 %) of the plan webapp would change; the limit is 0." in done.stderr
    assert f"{path}:5:1" in done.stderr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("opens-to-all", "Did you mean opens-to-any?"),
        ("opens_to_any", "Did you mean opens-to-any?"),
        ("all", "There are any-with-credentials, canary-active"),
        ("wrong-account", "--allow does not lift wrong-account"),
    ],
)
def test_a_code_that_cannot_be_allowed_is_bad_usage(
    served: Served, tmp_path: Path, code: str, said: str
) -> None:
    done = served.run("apply", "--yes", "--allow", code, plan_of(tmp_path, f"{HEAD}origins: []\n{BUCKET}"))
    assert done.returncode == 1
    assert said in done.stderr


EVERYBODY = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]}


@pytest.mark.parametrize("behind", ["", "  - s3: webapp-uploads\n"])
def test_a_distribution_is_judged_with_what_stands_behind_it(
    served: Served, tmp_path: Path, behind: str
) -> None:
    served.client("s3").put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": [EVERYBODY]})
    path = plan_of(
        tmp_path,
        "region: eu-west-1\nallow: {methods: [GET, PUT], headers: [content-type]}\n"
        f"origins: [https://app.example.com]\ntargets:\n  - cloudfront: cdn.example.com\n{behind}",
    )
    planned = document(served.run("plan", "--json", path, "--target", "cloudfront/*"))
    assert "opens-to-any" in {code for code, _ in refusals(planned)}
    assert planned["access"]
    done = served.run("apply", "--yes", path, "--target", "cloudfront/*")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "opens-to-any  cloudfront/" in done.stderr


def test_a_header_that_everybody_would_newly_send_opens_too(served: Served, tmp_path: Path) -> None:
    client = served.client("apigatewayv2")
    (api,) = client.get_apis()["Items"]
    client.update_api(
        ApiId=api["ApiId"],
        CorsConfiguration={"AllowOrigins": ["*"], "AllowMethods": ["GET"], "AllowHeaders": ["content-type"]},
    )
    head = "region: eu-west-1\norigins: [https://app.example.com]\n"
    targets = "targets:\n  - http_api: webapp-orders\n"
    plan = plan_of(tmp_path, f"{head}allow: {{methods: [GET], headers: [content-type]}}\n{targets}")
    assert "opens-to-any" not in served.run("apply", "--yes", plan).stderr
    more = plan_of(tmp_path, f"{head}allow: {{methods: [GET], headers: [content-type, x-admin]}}\n{targets}")
    done = served.run("apply", "--yes", more)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "opens-to-any  http_api/" in done.stderr
