"""The bare reader: what an expert would write to read the same settings and do nothing with them."""

from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

THREADS = 32

config = Config(max_pool_connections=THREADS)
s3 = boto3.client("s3", config=config)
rest = boto3.client("apigateway", config=config)
http = boto3.client("apigatewayv2", config=config)
cloudfront = boto3.client("cloudfront", config=config)


def pages(client, operation, **parameters):
    return list(client.get_paginator(operation).paginate(**parameters))


def bucket_cors(name):
    try:
        return s3.get_bucket_cors(Bucket=name)["CORSRules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchCORSConfiguration":
            raise
        return None


def rest_api(api):
    stages = rest.get_stages(restApiId=api)["item"]
    resources = pages(
        rest, "get_resources", restApiId=api, embed=["methods"], PaginationConfig={"PageSize": 500}
    )
    responses = pages(rest, "get_gateway_responses", restApiId=api, PaginationConfig={"PageSize": 500})
    exports = [
        rest.get_export(
            restApiId=api,
            stageName=stage["stageName"],
            exportType="oas30",
            parameters={"extensions": "apigateway"},
            accepts="application/json",
        )["body"].read()
        for stage in stages
    ]
    return resources, responses, exports


with ThreadPoolExecutor(THREADS) as pool:
    others = [
        pool.submit(pages, http, "get_apis", PaginationConfig={"PageSize": 100}),
        pool.submit(pages, cloudfront, "list_distributions"),
        pool.submit(cloudfront.list_cache_policies),
        pool.submit(cloudfront.list_origin_request_policies),
    ]
    found = pages(rest, "get_rest_apis", PaginationConfig={"PageSize": 500})
    apis = pool.map(rest_api, [api["id"] for page in found for api in page["items"]])
    listing = pages(s3, "list_buckets", PaginationConfig={"PageSize": 1000})
    buckets = pool.map(bucket_cors, [bucket["Name"] for page in listing for bucket in page["Buckets"]])
    settings = [*buckets, *apis, *(other.result() for other in others)]
