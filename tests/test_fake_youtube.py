"""The faults of the fake YouTube, as a plain HTTP client sees them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fake_channel import PLAYLIST
from tests.fake_youtube import ACCESS, ANY, FOREVER, HIDE, FakeYouTube, youtube

VIDEO, OTHER = "vid00000001", "vid00000002"


@pytest.fixture
def server() -> Iterator[FakeYouTube]:
    """A fake YouTube with two public videos, each with a caption track and a playlist item."""
    with youtube() as fake:
        for number, video in enumerate((VIDEO, OTHER), 1):
            fake.channel.add(video, {"snippet": {"title": f"Talk {number}"}})
            track = {"videoId": video, "language": "en", "name": ""}
            fake.channel.insert_caption({"snippet": track}, b"WEBVTT")
            resource = {"kind": "youtube#video", "videoId": video}
            fake.channel.insert_item({"snippet": {"playlistId": PLAYLIST, "resourceId": resource}})
        yield fake


def send_request(fake: FakeYouTube, method: str, path: str, body: Any = None) -> int:
    connection = http.client.HTTPConnection(urlsplit(fake.address).netloc, timeout=5)
    headers = {"Authorization": f"Bearer {ACCESS}", "Content-Type": "application/json"}
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, f"/youtube/v3/{path}", content, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def update(fake: FakeYouTube, video: str, privacy: str) -> int:
    body = {"id": video, "status": {"privacyStatus": privacy}}
    return send_request(fake, "PUT", "videos?part=status", body)


def privacy(fake: FakeYouTube, video: str) -> str:
    return str(fake.channel.videos[video]["status"]["privacyStatus"])


def test_a_refused_update_changes_nothing_and_the_next_one_succeeds(server: FakeYouTube) -> None:
    server.fail("videos.update", "403")
    assert (update(server, VIDEO, "private"), privacy(server, VIDEO)) == (403, "public")
    assert (update(server, VIDEO, "private"), privacy(server, VIDEO)) == (200, "private")


def test_hide_faults_break_only_calls_that_hide_something(server: FakeYouTube) -> None:
    server.fail(HIDE, "500", times=3)
    assert update(server, VIDEO, "unlisted") == 200
    assert update(server, VIDEO, "private") == 500
    assert send_request(server, "DELETE", "captions?id=caption-1") == 500
    assert send_request(server, "DELETE", "playlistItems?id=item-1") == 500
    assert update(server, VIDEO, "private") == 200


def test_a_fault_for_one_video_breaks_only_calls_about_it(server: FakeYouTube) -> None:
    server.fail(HIDE, "403", FOREVER, video=VIDEO)
    assert [update(server, video, "private") for video in (VIDEO, OTHER)] == [403, 200]
    assert send_request(server, "DELETE", "captions?id=caption-1") == 403
    assert send_request(server, "DELETE", "captions?id=caption-2") == 204
    assert send_request(server, "DELETE", "playlistItems?id=item-1") == 403
    assert send_request(server, "DELETE", "playlistItems?id=item-2") == 204


@pytest.mark.parametrize(
    ("kind", "error", "expected"),
    [
        ("reset", ConnectionResetError, "public"),
        ("lost reset", ConnectionResetError, "private"),
        ("cut", http.client.RemoteDisconnected, "public"),
        ("lost", http.client.RemoteDisconnected, "private"),
    ],
)
def test_a_connection_closes_before_or_after_the_change(
    server: FakeYouTube, kind: str, error: type[Exception], expected: str
) -> None:
    server.fail("videos.update", kind)
    with pytest.raises(error) as caught:
        update(server, VIDEO, "private")
    assert type(caught.value) is error
    assert privacy(server, VIDEO) == expected


def test_every_request_is_refused_while_youtube_is_unavailable(server: FakeYouTube) -> None:
    server.fail(ANY, "503", FOREVER)
    assert [send_request(server, "GET", f"videos?part=id&id={VIDEO}"), update(server, VIDEO, "private")] == [
        503,
        503,
    ]
    server.faults.clear()
    assert update(server, VIDEO, "private") == 200


def test_a_revoked_login_is_refused_until_it_is_restored(server: FakeYouTube) -> None:
    server.revoke()
    assert update(server, VIDEO, "private") == 401
    server.revoked = False
    assert update(server, VIDEO, "private") == 200
