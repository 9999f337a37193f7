"""Delivers to a bucket of Amazon S3 or any store with its interface (`AWS_ENDPOINT_URL`)."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from publisher.delivery_address import Address
from publisher.outputs.deliver import headers
from publisher.outputs.deliver.destination import (
    DeliveryError,
    Problems,
    RemoteFile,
    Report,
    Sent,
    Upload,
    send_each,
)

logger = logging.getLogger(__name__)

CONNECTIONS = 6
PART_SIZE = 16 << 20
"""Bytes of one part of a large file; S3 allows 5 MiB to 5 GiB, and 10 000 parts."""
MAX_DELETED = 1000
"""Objects in one request to delete."""

_MESSAGES = {
    "NoSuchBucket": "the bucket does not exist",
    "AccessDenied": "access is denied; the key needs s3:ListBucket, GetObject, PutObject and DeleteObject",
    "InvalidAccessKeyId": "the key id is not known there; check AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret key is wrong; check AWS_SECRET_ACCESS_KEY",
    "NoSuchUpload": "an interrupted upload has expired; run the same command again",
}

_NO_UPLOADS = ("NoSuchUpload", "NotImplemented", "AccessDenied")
"""Answers of stores that have no interrupted upload, or cannot list them, or whose key may not."""


class S3Destination:
    """A bucket, or a prefix in it. Each object appears completely or not at all."""

    def __init__(self, address: Address, environment: Mapping[str, str]) -> None:
        self.name = str(address)
        self._bucket = address.host
        self._prefix = f"{address.path}/" if address.path else ""
        self._stopped = False

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        # Stores other than Amazon's may refuse checksums that S3 does not require.
        config = Config(
            retries={"mode": "standard", "max_attempts": 5},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=CONNECTIONS,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with self._errors():
            return boto3.Session().client("s3", config=config)

    @contextmanager
    def _errors(self, path: str = "") -> Iterator[None]:
        """Turns the errors of the library into DeliveryError."""
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

        place = f"{self.name.rstrip('/')}/{path}" if path else self.name
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            raise DeliveryError(f"{place}: {_MESSAGES.get(code) or error}") from error
        except NoCredentialsError as error:
            text = "no key was found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            raise DeliveryError(f"{place}: {text}") from error
        except NoRegionError as error:
            raise DeliveryError(f"{place}: set AWS_REGION to the region of the bucket") from error
        except BotoCoreError as error:
            raise DeliveryError(f"{place}: {error}; try again later") from error

    def list_files(self) -> Mapping[str, RemoteFile]:
        found: dict[str, RemoteFile] = {}
        with self._errors():
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for item in page.get("Contents", ()):
                    path = item["Key"].removeprefix(self._prefix)
                    found[path] = RemoteFile(item["Size"], item["ETag"].strip('"'))
        return found

    def read(self, path: str) -> bytes | None:
        from botocore.exceptions import ClientError

        with self._errors(path):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + path)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                    return None
                raise
            content: bytes = answer["Body"].read()
            return gzip.decompress(content) if answer.get("ContentEncoding") == "gzip" else content

    def send(self, uploads: Sequence[Upload], sent: Sent, report: Report) -> Problems:
        client = self._client

        def send_one(upload: Upload) -> None:
            if not self._stopped:
                with self._errors(upload.path):
                    sent(upload, self._put(client, upload, report))

        problems = send_each(self, uploads, CONNECTIONS, send_one)
        if self._stopped:
            raise DeliveryError(f"{self.name}: stopped")
        return problems

    def _put(self, client: Any, upload: Upload, report: Report) -> RemoteFile:
        parameters = self._parameters(upload)
        if upload.size > PART_SIZE:
            return self._put_in_parts(client, upload, parameters, report)
        content = upload.read()
        if headers.is_gzipped(upload.path, upload.size):
            content = gzip.compress(content, 9, mtime=0)
            parameters["ContentEncoding"] = "gzip"
        answer = client.put_object(**parameters, Body=content)
        report(upload.size)
        return RemoteFile(len(content), answer["ETag"].strip('"'))

    def _parameters(self, upload: Upload) -> dict[str, Any]:
        return {
            "Bucket": self._bucket,
            "Key": self._prefix + upload.path,
            "ContentType": headers.content_type(upload.path),
            "CacheControl": headers.cache_control(upload.path),
        }

    # Large files: in parts, of which an interrupted upload keeps those that arrived

    def _put_in_parts(
        self, client: Any, upload: Upload, parameters: dict[str, Any], report: Report
    ) -> RemoteFile:
        place = {"Bucket": self._bucket, "Key": parameters["Key"]}
        identity, arrived = self._interrupted_upload(client, place)
        if identity is None:
            identity = client.create_multipart_upload(**parameters)["UploadId"]
        parts = []
        with upload.file.open("rb") as file:
            for number, chunk in enumerate(iter(lambda: file.read(PART_SIZE), b""), 1):
                if self._stopped:
                    raise DeliveryError(f"{self.name}: stopped")
                etag = arrived.get(number)
                if etag != hashlib.md5(chunk, usedforsecurity=False).hexdigest():
                    answer = client.upload_part(**place, UploadId=identity, PartNumber=number, Body=chunk)
                    etag = answer["ETag"].strip('"')
                parts.append({"PartNumber": number, "ETag": f'"{etag}"'})
                report(len(chunk))
        client.complete_multipart_upload(**place, UploadId=identity, MultipartUpload={"Parts": parts})
        # Not every store lists the object with the ETag of that answer.
        there = client.head_object(**place)
        return RemoteFile(there["ContentLength"], there["ETag"].strip('"'))

    def _interrupted_upload(self, client: Any, place: dict[str, Any]) -> tuple[str | None, dict[int, str]]:
        """The id of an upload of the same object that was interrupted, and its parts' ETags by number."""
        listed = self._list_uploads(client, place)
        found = [item["UploadId"] for item in listed.get("Uploads", ()) if item["Key"] == place["Key"]]
        for surplus in found[1:]:
            client.abort_multipart_upload(**place, UploadId=surplus)
        if not found:
            return None, {}
        arrived = {}
        for page in client.get_paginator("list_parts").paginate(**place, UploadId=found[0]):
            for part in page.get("Parts", ()):
                arrived[part["PartNumber"]] = part["ETag"].strip('"')
        logger.info("continue an upload with %d parts", len(arrived))
        return found[0], arrived

    def _list_uploads(self, client: Any, place: dict[str, Any]) -> Mapping[str, Any]:
        from botocore.exceptions import ClientError

        try:
            listed: Mapping[str, Any] = client.list_multipart_uploads(
                Bucket=place["Bucket"], Prefix=place["Key"]
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _NO_UPLOADS:
                raise
            logger.info("the store does not list interrupted uploads: the upload starts at its beginning")
            return {}
        return listed

    def remove(self, paths: Iterable[str]) -> Problems:
        problems: Problems = {}
        for group in _groups(list(paths), MAX_DELETED):
            keys = [{"Key": self._prefix + path} for path in group]
            with self._errors():
                answer = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True}
                )
            for error in answer.get("Errors", ()):
                path = error["Key"].removeprefix(self._prefix)
                problems[path] = f"{error.get('Code')}: {error.get('Message')}"
        return problems

    # Access by other sites

    def remedy(self, kind: str) -> str:
        return self._cors_remedy if kind == "cors" else ""

    @cached_property
    def _cors_remedy(self) -> str:
        """The command that adds a CORS rule to those of the bucket."""
        try:
            rules = self._cors_rules()
        except DeliveryError as error:
            return f"{error}; this command replaces all CORS rules of the bucket:\n{self._cors_command([])}"
        if any("*" in rule["AllowedOrigins"] and "GET" in rule["AllowedMethods"] for rule in rules):
            return (
                f"the bucket {self._bucket} allows every site to read, but what is in front of it does not; "
                "CloudFront: select the response headers policy SimpleCORS"
            )
        kept = f"no CORS rule for every site; this command adds one and keeps the other {len(rules)}"
        found = kept if rules else "no CORS rules; this command adds one"
        return f"the bucket {self._bucket} has {found}:\n{self._cors_command(rules)}"

    def _cors_rules(self) -> list[dict[str, Any]]:
        """The CORS rules of the bucket. Raises DeliveryError if they cannot be read."""
        from botocore.exceptions import ClientError

        with self._errors():
            try:
                answer = self._client.get_bucket_cors(Bucket=self._bucket)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code")
                if code == "NoSuchCORSConfiguration":
                    return []
                if code == "AccessDenied":
                    text = "the CORS rules cannot be read, for which the key needs s3:GetBucketCORS"
                    raise DeliveryError(f"{self.name}: {text}") from error
                raise
        rules: list[dict[str, Any]] = answer.get("CORSRules", [])
        return rules

    def _cors_command(self, rules: list[dict[str, Any]]) -> str:
        rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD"]}
        endpoint = self._client.meta.endpoint_url
        other = [] if endpoint.endswith(".amazonaws.com") else ["--endpoint-url", endpoint]
        text = json.dumps({"CORSRules": [*rules, rule]})
        command = ["aws", "s3api", "put-bucket-cors", *other, "--bucket", self._bucket]
        return shlex.join([*command, "--cors-configuration", text])

    def stop(self) -> None:
        self._stopped = True

    def close(self) -> None: ...


def _groups(paths: list[str], size: int) -> Iterator[list[str]]:
    return (paths[start : start + size] for start in range(0, len(paths), size))
