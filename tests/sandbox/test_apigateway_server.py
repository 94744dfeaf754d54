"""The same behaviour through a real socket: moto's server finds what was installed before it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from remediate.sandbox.patches import apigateway, apigatewayv2, s3

SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
ORIGIN = "method.response.header.Access-Control-Allow-Origin"


@pytest.fixture
def endpoint() -> Iterator[str]:
    for each in (s3, apigateway, apigatewayv2):
        each.install()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def connect(endpoint: str, service: str, region: str = "eu-west-1") -> Any:
    return SESSION.client(
        service,
        region_name=region,
        endpoint_url=endpoint,
    )


def test_all_three_services(endpoint):
    rest = connect(endpoint, "apigateway")
    made = rest.create_rest_api(name="pets")
    where = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "OPTIONS"}
    rest.put_method(**where, authorizationType="NONE")
    rest.put_integration(**where, type="MOCK")
    rest.put_method_response(**where, statusCode="200", responseParameters={ORIGIN: False})
    rest.put_integration_response(
        **where, statusCode="200", responseParameters={ORIGIN: "'https://a.example'"}
    )
    rest.create_deployment(restApiId=made["id"], stageName="prod")
    rest.update_integration_response(
        **where,
        statusCode="200",
        patchOperations=[
            {
                "op": "replace",
                "path": f"/responseParameters/{ORIGIN}",
                "value": "'https://b.example'",
            }
        ],
    )
    body = rest.get_export(
        restApiId=made["id"],
        stageName="prod",
        exportType="oas30",
        parameters={"extensions": "apigateway"},
    )["body"].read()
    integration = json.loads(body)["paths"]["/"]["options"]["x-amazon-apigateway-integration"]
    mapped = integration["responses"]["default"]["responseParameters"]
    assert mapped == {ORIGIN: "'https://a.example'"}
    arn = f"arn:aws:apigateway:eu-west-1::/restapis/{made['id']}"
    rest.tag_resource(resourceArn=arn, tags={"team": "web"})
    assert rest.get_tags(resourceArn=arn)["tags"] == {"team": "web"}
    assert len(rest.get_gateway_responses(restApiId=made["id"])["items"]) == 21
    page = rest.get_resources(restApiId=made["id"], limit=1, embed=["methods"])
    assert page["items"][0]["resourceMethods"]["OPTIONS"]["httpMethod"] == "OPTIONS"

    http = connect(endpoint, "apigatewayv2")
    cors = {"AllowOrigins": ["https://a.example"], "AllowHeaders": ["Authorization"]}
    api = http.create_api(Name="x", ProtocolType="HTTP", CorsConfiguration=cors)["ApiId"]
    http.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    http.update_api(ApiId=api, CorsConfiguration={"MaxAge": 5})
    exported = http.export_api(ApiId=api, Specification="OAS30", OutputType="JSON", StageName="$default")
    assert json.loads(exported["body"].read())["x-amazon-apigateway-cors"] == {
        "allowOrigins": ["https://a.example"],
        "allowHeaders": ["authorization"],
        "maxAge": 5,
    }

    bucket = connect(endpoint, "s3")
    bucket.create_bucket(Bucket="europe", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
    elsewhere = connect(endpoint, "s3", "us-west-2")
    elsewhere.put_bucket_cors(Bucket="europe", CORSConfiguration={"CORSRules": [rule]})
    assert bucket.get_bucket_cors(Bucket="europe")["CORSRules"] == [rule]
    assert [each["BucketRegion"] for each in bucket.list_buckets(MaxBuckets=5)["Buckets"]] == ["eu-west-1"]
