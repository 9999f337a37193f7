"""nginx and Apache: the documented lines serve a series, and each fault stops the feed and is named."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from publisher.outputs.deliver.order import LocalFile
from publisher.outputs.deliver.proof import Prover
from publisher.outputs.deliver.remedies import REMEDIES, SERVERS
from tests.outputs.deliver.conftest import Hosted

pytestmark = pytest.mark.skipif(
    not os.environ.get("PUBLISHER_TEST_ALL"), reason="starts nginx or Apache; `make test-all` runs it"
)

FILES = {
    "media/talk.01234567.mp3": b"sound" * 4000,
    "media/talk.01234567.m4a": b"sound" * 4000,
    "media/talk.01234567.opus": b"sound" * 4000,
    "media/talk.01234567.mp4": b"video" * 4000,
    "episodes/talk/transcript.ps.vtt": b"WEBVTT",
    "episodes/talk/transcript.ps.srt": b"1",
    "episodes/talk/transcript.ps.json": b"{}",
    "episodes/talk/chapters.json": b"{}",
    "episodes/talk/index.html": b"<title>A talk</title>" * 100,
    "feed.xml": b"<rss/>" * 1000,
    "assets/site.webmanifest": b"{}",
    "assets/site.js": b"{}",
    "assets/logo.svg": b"<svg/>",
    "robots.txt": b"",
}


def test_the_documented_lines_serve_every_kind_of_file(hosted: Hosted) -> None:
    for path, content in FILES.items():
        (hosted.server.served / path).parent.mkdir(parents=True, exist_ok=True)
        (hosted.server.served / path).write_bytes(content)
    digests = {
        path: LocalFile(len(content), hashlib.sha256(content).hexdigest()) for path, content in FILES.items()
    }
    with hosted.server.running():
        assert not Prover(hosted.server.link).check(digests.items())


def test_a_delivered_series_is_verified_with_the_documented_lines(hosted: Hosted) -> None:
    with hosted.server.running():
        assert hosted.series.run("verify").status == 0
        withdrawn = hosted.series.run("withdraw", "first-talk", "--reason", "asked for")
        assert "seen to be gone there" in withdrawn.out, withdrawn.out
        assert hosted.series.run("verify").status == 0


@dataclass(frozen=True)
class Fault:
    """The `change` of the documented lines; the address and the words that the message must contain."""

    change: tuple[str, str]
    place: str
    words: str
    kind: str


MEDIA, CUES = r"media/first-talk\.[0-9a-f]{8}\.mp3", r"episodes/first-talk/transcript\.en\.vtt"
IN_NGINX, IN_APACHE = "location /media/ { ", "<Location /media/>\n"
OTHER_LENGTH = r"Content-Length: 20000, expected \d+"
NO_RANGES = "ignores byte ranges: status 200 instead of 206 for Range: bytes=0-1"
OTHER_TYPE = "Content-Type: application/octet-stream, expected audio/mpeg"
NOT_FOUND = "status 404 for HEAD, expected 200"
LOOP = r"redirects in a loop: status 302, Location: https://127\.0\.0\.1:\d+/media/first-talk\."
NO_CORS = r"Access-Control-Allow-Origin: missing, expected \*"
CORS = 'Header always set Access-Control-Allow-Origin "*"\n'

FAULTS = {
    "nginx": {
        "wrong length": Fault(
            (IN_NGINX, IN_NGINX + "rewrite ^ /other.mp3 break; "), MEDIA, OTHER_LENGTH, "length"
        ),
        "missing ranges": Fault((IN_NGINX, IN_NGINX + "max_ranges 0; "), MEDIA, NO_RANGES, "ranges"),
        "wrong type": Fault(("audio/mpeg mp3;", "application/octet-stream mp3;"), MEDIA, OTHER_TYPE, "type"),
        "404": Fault((IN_NGINX, IN_NGINX + "return 404; "), MEDIA, NOT_FOUND, "missing"),
        "redirect loop": Fault((IN_NGINX, IN_NGINX + "return 302 $request_uri; "), MEDIA, LOOP, "redirect"),
        "missing CORS": Fault(
            ('add_header Access-Control-Allow-Origin "*" always;', ""), CUES, NO_CORS, "cors"
        ),
    },
    "Apache": {
        "wrong length": Fault(
            ("DocumentRoot", 'AliasMatch "^/media/" "{served}/other.mp3"\nDocumentRoot'),
            MEDIA,
            OTHER_LENGTH,
            "length",
        ),
        "missing ranges": Fault((IN_APACHE, IN_APACHE + "MaxRanges none\n"), MEDIA, NO_RANGES, "ranges"),
        "wrong type": Fault(("audio/mpeg .mp3", "application/octet-stream .mp3"), MEDIA, OTHER_TYPE, "type"),
        "404": Fault((IN_APACHE, "Redirect 404 /media/\n" + IN_APACHE), MEDIA, NOT_FOUND, "missing"),
        "redirect loop": Fault(
            (IN_APACHE, 'RedirectMatch 302 "^/(media/.*)" "/$1"\n' + IN_APACHE), MEDIA, LOOP, "redirect"
        ),
        "missing CORS": Fault((CORS, "\n"), CUES, NO_CORS, "cors"),
    },
}


def change_talk(hosted: Hosted) -> dict[str, bytes]:
    """Changes the sound, the transcript and the feed of one talk; returns the files that are served."""
    (hosted.server.served / "other.mp3").write_bytes(b"sound" * 4000)
    hosted.series.edit('title = "What is an example?"', 'title = "What is a good example?"')
    transcript = hosted.series.root / "episodes" / "first-talk" / "transcript.en.vtt"
    transcript.write_text(transcript.read_text().replace("Words", "Better words"))
    return hosted.served()


def require_stopped(hosted: Hosted, before: dict[str, bytes], place: str, words: str, kind: str) -> None:
    """Releases; the feed must be the old one, and the message must name address, header and lines."""
    result = hosted.series.run("release")
    assert result.status == 1
    assert re.search(f"{re.escape(hosted.server.link)}{place}: {words}", result.out), result.out
    for server, lines in zip(SERVERS, REMEDIES[kind], strict=True):
        assert f"{server}: {lines.splitlines()[0]}" in result.out
    after = hosted.served()
    assert after["feed.xml"] == before["feed.xml"]
    assert set(before) <= set(after)


@pytest.mark.parametrize("name", FAULTS["nginx"])
def test_a_fault_of_the_server_stops_the_feed_and_is_named(hosted: Hosted, name: str) -> None:
    fault, before = FAULTS[hosted.server.name][name], change_talk(hosted)
    old, new = fault.change
    with hosted.server.running((old, new.replace("{served}", str(hosted.server.served)))):
        require_stopped(hosted, before, fault.place, fault.words, fault.kind)
    with hosted.server.running():
        assert hosted.series.run("release").status == 0
    assert hosted.served()["feed.xml"] != before["feed.xml"]


def test_a_proxy_that_removes_the_length_stops_the_feed_and_is_named(hosted: Hosted) -> None:
    before = change_talk(hosted)
    with hosted.server.running(proxy=True):
        words = r"Content-Length is missing in the answer to HEAD, expected \d+"
        require_stopped(hosted, before, MEDIA, words, "length")


def test_an_expired_certificate_stops_the_feed_and_is_named(hosted: Hosted) -> None:
    before = change_talk(hosted)
    hosted.server.make_certificate(datetime(2020, 2, 1, tzinfo=UTC))
    with hosted.server.running():
        require_stopped(hosted, before, MEDIA, "its certificate is not valid: it has expired", "tls")


def test_the_printed_lines_allow_players_of_other_sites(hosted: Hosted) -> None:
    change, lines = FAULTS[hosted.server.name]["missing CORS"].change, printed_lines(hosted, "cors")
    place = {"nginx": "location /media/", "Apache": "<Location /media/>"}[hosted.server.name]
    change_talk(hosted)
    with hosted.server.running(change, (place, f"{lines}\n{place}")):
        assert hosted.series.run("release").status == 0


def test_the_printed_lines_correct_the_types(hosted: Hosted) -> None:
    """Those of nginx are added to its own list, without which pages would have no type."""
    pattern = {"nginx": r"types \{.*?\}", "Apache": r"AddType audio/mpeg .mp3\n"}[hosted.server.name]
    found = re.search(pattern, hosted.server.documented(), re.S)
    assert found
    types = "text/html html; text/css css; text/xml xml; application/javascript js; application/json json;"
    types += "text/plain txt; image/jpeg jpg; image/png png; image/svg+xml svg; application/octet-stream mp3;"
    (hosted.server.folder / "mime.types").write_text(f"types {{ {types} }}")
    with hosted.server.running((found[0], printed_lines(hosted, "type") + "\n")):
        assert hosted.series.run("verify").status == 0


def printed_lines(hosted: Hosted, kind: str) -> str:
    return REMEDIES[kind][SERVERS.index(hosted.server.name)]
