"""Releases that are delivered to two stores with the interface of S3, which a server of this test publishes."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import NOW, Folder, release, write_tone
from tests.outputs.deliver.servers import store_client
from tests.outputs.deliver.test_delivery import public, write_series
from tests.outputs.deliver.web_server import Handler, WebServer, web_server

pytestmark = pytest.mark.skipif(
    not os.environ.get("PUBLISHER_TEST_ALL"), reason="starts moto and rclone; `make test-all` runs it"
)


class StoreHandler(Handler):
    """Answers with the objects of a store and their headers, as a distribution in front of it does."""

    store: Any = None
    prefix = ""

    def find(self, path: str) -> tuple[bytes, dict[str, str]] | None:
        with suppress(self.store.exceptions.NoSuchKey):
            found = self.store.get_object(Bucket="talks", Key=self.prefix + path)
            headers = {"Content-Type": found["ContentType"], "Cache-Control": found["CacheControl"]}
            if "ContentEncoding" in found:
                headers["Content-Encoding"] = found["ContentEncoding"]
            return found["Body"].read(), headers
        return None


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("unused"), StoreHandler) as server:
        yield server


@pytest.fixture(scope="module")
def made(front: WebServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series whose files are made, and not delivered."""
    root = tmp_path_factory.mktemp("made") / "series"
    write_series(root, front)
    text = (root / "episodes.toml").read_text()
    (root / "episodes.toml").write_text(text.replace('to = "../server/talks"', 'to = "s3://talks/series"'))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBLISHER_NOW", NOW)
        release(root, "--only", "audio,feed,pages")
    return root


@pytest.fixture
def series(
    s3: str,
    made: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Folder:
    """A series that is delivered for the first time."""
    StoreHandler.store, StoreHandler.prefix = store_client(s3), f"{secrets.token_hex(4)}/"
    monkeypatch.setenv("PUBLISHER_NOW", NOW)
    shutil.copytree(made, tmp_path / "series")
    folder = Folder(tmp_path / "series", capsys)
    folder.edit("s3://talks/series", f"s3://talks/{StoreHandler.prefix}")
    result = folder.run("release")
    assert result.status == 0, result.out
    return folder


def objects() -> dict[str, str]:
    """The paths in the store and the times at which they were written."""
    prefix = StoreHandler.prefix
    pages = StoreHandler.store.get_paginator("list_objects_v2").paginate(Bucket="talks", Prefix=prefix)
    listed = [item for page in pages for item in page.get("Contents", ())]
    return {item["Key"].removeprefix(prefix): str(item["LastModified"]) for item in listed}


def test_a_first_delivery_sends_everything_and_is_verified(series: Folder) -> None:
    assert set(objects()) == set(public(series))
    verified = series.run("verify")
    assert verified.status == 0, verified.out


def test_a_second_delivery_changes_no_object(series: Folder) -> None:
    before = objects()
    assert "Nothing to do" in series.run("release").out
    assert objects() == before
    (series.root / "episodes" / "delivered.json").unlink()
    assert series.run("release").status == 0
    after = objects()
    media = [path for path in before if path.startswith("media/")]
    assert [after[path] for path in media] == [before[path] for path in media]


def test_a_withdrawn_talk_leaves_the_store_while_another_fails(
    series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHER_FFMPEG", "/bin/false")
    write_tone(series.root / "episodes" / "second-talk" / "recording.wav", 4.0)
    series.edit('slug = "first-talk"', 'slug = "first-talk"\nstatus = "withdrawn"')
    assert series.run("release").status == 1
    assert not [
        path for path in objects() if path.startswith(("media/first-talk", "episodes/first-talk/chapters"))
    ]
    feed = StoreHandler.store.get_object(Bucket="talks", Key=f"{StoreHandler.prefix}feed.xml")["Body"].read()
    assert b"first-talk" not in feed
    assert b"second-talk" in feed


# Access by other sites


def refuse_other_sites(series: Folder, front: WebServer) -> str:
    """Verifies the series without the header for other sites; returns what is printed."""
    front.faults.add("cors")
    try:
        result = series.run("verify")
    finally:
        front.faults.clear()
    assert result.status == 1
    assert "Access-Control-Allow-Origin: missing, expected *" in result.out
    return result.out


def command_in(printed: str) -> list[str]:
    (line,) = [line for line in printed.splitlines() if "put-bucket-cors" in line]
    return shlex.split(line)


def test_a_bucket_without_a_rule_for_other_sites_gets_the_command_that_adds_it(
    series: Folder, front: WebServer, s3: str
) -> None:
    printed = refuse_other_sites(series, front)
    assert "S3 and CloudFront: the bucket talks has no CORS rules; this command adds one:" in printed
    command = command_in(printed)
    expected = ["aws", "s3api", "put-bucket-cors", "--endpoint-url", s3, "--bucket", "talks"]
    assert command[:-1] == [*expected, "--cors-configuration"]
    assert json.loads(command[-1]) == {"CORSRules": [RULE]}
    front.faults.add("cors")
    examined = series.run("doctor")
    front.faults.clear()
    assert command_in(examined.out) == command


RULE = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD"]}


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_the_command_keeps_the_rules_of_the_bucket_and_is_not_needed_twice(
    series: Folder, front: WebServer
) -> None:
    other = {"AllowedOrigins": ["https://player.example.org"], "AllowedMethods": ["GET"]}
    put = {"CORSRules": [other]}
    StoreHandler.store.put_bucket_cors(Bucket="talks", CORSConfiguration=put)
    printed = refuse_other_sites(series, front)
    assert "has no CORS rule for every site; this command adds one and keeps the other 1:" in printed
    wanted = json.loads(command_in(printed)[-1])
    assert wanted == {"CORSRules": [other, RULE]}
    StoreHandler.store.put_bucket_cors(Bucket="talks", CORSConfiguration=wanted)
    printed = refuse_other_sites(series, front)
    assert "the bucket talks allows every site to read, but what is in front of it does not" in printed
    assert "SimpleCORS" in printed
    StoreHandler.store.delete_bucket_cors(Bucket="talks")


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_rules_that_cannot_be_read_are_said_to_be_replaced(
    series: Folder, front: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError

    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetBucketCors")
    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", refuse("GetBucketCors", refused))
    printed = refuse_other_sites(series, front)
    assert "for which the key needs s3:GetBucketCORS; this command replaces all CORS rules" in printed
    assert json.loads(command_in(printed)[-1]) == {"CORSRules": [RULE]}


def refuse(operation: str, error: Exception) -> Callable[..., Any]:
    """What boto3 calls for every request: `operation` fails."""
    from botocore.client import BaseClient

    unchanged = BaseClient._make_api_call

    def call(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
        if name == operation:
            raise error
        return unchanged(client, name, arguments)

    return call


# moto accepts every key and every secret.


@pytest.mark.parametrize("s3", ["rclone"], indirect=True)
def test_a_wrong_secret_is_refused_with_a_plain_message(
    series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret-word")
    result = series.run("doctor")
    assert result.status == 1
    assert (
        f"s3://talks/{StoreHandler.prefix[:-1]}: the secret key is wrong; check AWS_SECRET_ACCESS_KEY"
        in result.out
    )
    series.edit('title = "A second example"', 'title = "Another example"')
    released = series.run("release")
    assert released.status == 1
    assert "the secret key is wrong" in released.out
    assert "another-secret-word" not in released.out + released.err


@pytest.mark.parametrize("s3", ["rclone"], indirect=True)
def test_an_unknown_key_is_refused_with_a_plain_message(
    series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOTHER")
    result = series.run("doctor")
    assert "the key id is not known there; check AWS_ACCESS_KEY_ID" in result.out
