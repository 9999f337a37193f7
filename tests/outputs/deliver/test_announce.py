"""Announcements to a Podping server: what is sent, and what a server that fails leads to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from publisher.model import Deliver
from publisher.outputs.deliver import announce
from publisher.outputs.deliver.announce import announcements, notify_podping
from publisher.outputs.deliver.destination import DeliveryError
from tests.outputs.deliver.web_server import WebServer, web_server

FEED = "https://talks.example.org/feed.xml"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("empty")) as server:
        yield server


@pytest.fixture
def site(running: WebServer, monkeypatch: pytest.MonkeyPatch) -> WebServer:
    monkeypatch.setattr(announce, "BACKOFF", 0.0)
    running.faults.clear()
    running.podpings.clear()
    running.requests.clear()
    return running


def tell(site: WebServer, token: str = "a-token") -> None:
    notify_podping(f"{site.link}podping", token, FEED)


def test_the_server_gets_the_address_of_the_feed_and_the_token(site: WebServer) -> None:
    settings = Deliver(podping=f"{site.link}podping")
    (tell,) = announcements(settings, {"PUBLISHER_PODPING_TOKEN": " a-token\n"}).values()
    tell(FEED)
    assert site.podpings == [(FEED, "a-token")]


def test_a_server_that_is_busy_is_asked_again_at_once(site: WebServer) -> None:
    site.faults.add("podping busy once")
    tell(site)
    assert site.podpings == [(FEED, "a-token")]
    assert len(site.requests) == 2


def test_a_server_that_does_not_answer_is_named(site: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announce, "TIMEOUT", 0.05)
    site.faults.add("podping silent")
    with pytest.raises(DeliveryError, match="podping does not answer: the next release tries again"):
        tell(site)
    assert len(site.requests) == 1 + announce.ATTEMPTS


@pytest.mark.parametrize(
    ("fault", "token", "words"),
    [
        ("", "", r"needs a token: .* set PUBLISHER_PODPING_TOKEN to it \(status 401\)"),
        ("", "of-another", r"does not accept the token in PUBLISHER_PODPING_TOKEN \(status 401\)"),
        ("podping broken", "a-token", "refused the announcement with status 503"),
        ("podping moved", "a-token", "refused the announcement with status 301"),
        ("", "of\nanother", "PUBLISHER_PODPING_TOKEN contains characters that no token has"),
    ],
)
def test_a_refusal_is_explained_without_the_token(
    site: WebServer, fault: str, token: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    site.faults.add(fault)
    with caplog.at_level("DEBUG"), pytest.raises(DeliveryError, match=words) as refused:
        tell(site, token)
    assert not token or token not in str(refused.value) + caplog.text
    assert not site.podpings
