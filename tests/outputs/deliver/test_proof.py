"""The checks of public addresses find each fault that listeners would meet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.outputs.deliver.order import LocalFile
from publisher.outputs.deliver.proof import Finding, Prover
from publisher.outputs.deliver.remedies import REMEDIES, SERVERS, remedies
from tests.outputs.deliver.web_server import WebServer, web_server

FAULTS = {
    "loop": "redirects in a loop",
    "other host": "redirects to another host",
    "404": "status 404 for HEAD",
    "type": "Content-Type: application/octet-stream, expected audio/mpeg",
    "length": "Content-Length: ",
    "no length": "Content-Length is missing",
    "ranges": "ignores byte ranges",
    "cors": "Access-Control-Allow-Origin: missing, expected *",
    "stale": "other bytes than were delivered",
}


FILES = {
    "media/talk.01234567.mp3": b"sound" * 400,
    "episodes/talk/transcript.en.vtt": b"WEBVTT",
    "index.html": b"<title>Talks</title>",
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WebServer]:
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    with web_server(tmp_path) as server:
        yield server


def check(link: str) -> list[Finding]:
    return Prover(link).check(
        (path, LocalFile(len(content), hashlib.sha256(content).hexdigest()))
        for path, content in FILES.items()
    )


def test_a_good_server_has_no_finding(site: WebServer) -> None:
    assert not check(site.link)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_named(site: WebServer, fault: str) -> None:
    site.faults.add(fault)
    (finding,) = check(site.link)
    assert FAULTS[fault] in finding.text
    assert finding.url.startswith(site.link)
    assert len(remedies([finding], None)) >= len(SERVERS)


def test_a_server_that_does_not_answer_is_named() -> None:
    findings = check("http://127.0.0.1:1/")
    assert {finding.kind for finding in findings} == {"unreachable"}


def test_what_is_still_served_is_not_gone(site: WebServer) -> None:
    (finding,) = Prover(site.link).check_gone(["index.html", "media/other.mp3"])
    assert finding.url == site.link
    assert "is still served" in finding.text


def test_every_remedy_names_every_server() -> None:
    assert {len(lines) for lines in REMEDIES.values()} == {len(SERVERS)}
