"""Makes moto's buckets take, list and locate as S3's do.

- A refused PutBucketCors leaves the configuration as it was; moto empties it first. The rules
  are checked as S3 checks them (s3_cors_rules), and the document's size too.
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
- A wrong ExpectedBucketOwner is refused.
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
- ListBuckets pages, and with any parameter it names the buckets' regions.
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
- A signed request in the wrong region is answered 301 with the right one; botocore goes there by
  itself. moto serves it anywhere.
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from remediate.sandbox.patches.paging import BadTokenError, page
from remediate.sandbox.patches.patch import patch
from remediate.sandbox.patches.s3.cors_rules import LARGEST_DOCUMENT, read_rules, refused

LARGEST_PAGE = 10_000

_moto_bucket_response = S3Response._bucket_response  # noqa: SLF001
_moto_key_response = S3Response._key_response  # noqa: SLF001
_moto_cors_from_body = S3Response._cors_from_body  # noqa: SLF001


def set_cors(self: FakeBucket, rules: list[dict[str, Any]]) -> None:
    """Replace the rules, if all of them are good."""
    self.cors = read_rules(rules)


def cors_from_body(self: S3Response) -> list[dict[str, Any]]:
    """Parse the rules of a document that isn't too large."""
    if len(self.body) > LARGEST_DOCUMENT:
        raise refused("The CORS configuration can not be larger than 64 KB.")
    return _moto_cors_from_body(self)


def bucket_response(self: S3Response, request: Any, full_url: str) -> str | TYPE_RESPONSE:
    """Answer for a bucket, once its owner and Region are right."""
    return _refuse_or_redirect(self, request) or _moto_bucket_response(self, request, full_url)


def key_response(self: S3Response, request: Any, full_url: str) -> TYPE_RESPONSE:
    """Answer for an object, once its bucket's owner and Region are right."""
    return _refuse_or_redirect(self, request) or _moto_key_response(self, request, full_url)


def all_buckets(self: S3Response) -> TYPE_RESPONSE:
    """Answer ListBuckets; without any parameter S3 neither pages nor names the regions."""
    self.data["Action"] = "ListAllMyBuckets"
    self._authenticate_and_authorize_s3_action()
    query = {name: values[0] for name, values in parse_qs(urlsplit(self.uri).query).items()}
    region, prefix = query.get("bucket-region"), query.get("prefix")
    if region and region != self.region:
        raise S3ClientError("InvalidArgument", "The bucket-region must be the Region of the endpoint.")
    asked = query.keys() & {"max-buckets", "continuation-token", "prefix", "bucket-region"}
    buckets = [
        bucket
        for bucket in self.backend.buckets.values()
        if bucket.name.startswith(prefix or "") and region in (None, bucket.region_name)
    ]
    size = int(query.get("max-buckets", LARGEST_PAGE)) if asked else len(buckets)
    if asked and not 1 <= size <= LARGEST_PAGE:
        raise S3ClientError("InvalidArgument", f"max-buckets must be between 1 and {LARGEST_PAGE}.")
    try:
        page_of_buckets, token = page(
            buckets, lambda bucket: str(bucket.name), size, query.get("continuation-token")
        )
    except BadTokenError as error:
        raise S3ClientError("InvalidArgument", "The continuation token provided is incorrect") from error
    self.data["Action"] = "ListBuckets"
    items = [
        {"Name": bucket.name, "CreationDate": bucket.creation_date_ISO8601}
        | ({"BucketRegion": bucket.region_name} if asked else {})
        for bucket in page_of_buckets
    ]
    # The account's canonical user, a constant of moto's.
    owner = {"ID": "bcaf1ffd86f41161ca5fb16fd081034f", "DisplayName": "webfile"}
    more = {"ContinuationToken": token, "Prefix": prefix}
    return self.serialized(ActionResult({"Owner": owner, "Buckets": items} | more))


def _refuse_or_redirect(response: S3Response, request: Any) -> TYPE_RESPONSE | None:
    """Check the bucket's owner and Region before moto looks at the request."""
    if not response.bucket_name:
        return None
    try:
        bucket = response.backend.get_bucket(response.bucket_name)
    except S3ClientError:
        return None
    expected = request.headers.get("x-amz-expected-bucket-owner")
    if expected and expected != bucket.account_id:
        if request.method == "HEAD":
            return 403, {}, ""
        raise S3ClientError("AccessDenied", "Access Denied")
    query = parse_qs(urlsplit(response.uri).query, keep_blank_values=True)
    # An unsigned request says nothing of a Region, CreateBucket asks about no bucket, and
    # GetBucketLocation is how to ask where a bucket is.
    signed = "Authorization" in request.headers
    exempt = "location" in query or (request.method == "PUT" and _is_create(response))
    if not signed or exempt or bucket.region_name == response.region:
        return None
    headers = {"x-amz-bucket-region": bucket.region_name, "content-type": "application/xml"}
    return 301, headers, "" if request.method == "HEAD" else _redirect(bucket)


def _is_create(response: S3Response) -> bool:
    return not urlsplit(response.uri).query and not response.parse_key_name().strip("/")


def _redirect(bucket: FakeBucket) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access "
        "must be addressed using the specified endpoint. Please send all future requests to this "
        f"endpoint.</Message><Endpoint>{escape(bucket.name)}.s3.{bucket.region_name}.amazonaws.com"
        f"</Endpoint><Bucket>{escape(bucket.name)}</Bucket></Error>"
    )


def install() -> None:
    """Install all of it."""
    patch(FakeBucket, set_cors)
    patch(
        S3Response,
        all_buckets,
        _bucket_response=bucket_response,
        _key_response=key_response,
        _cors_from_body=cors_from_body,
    )
