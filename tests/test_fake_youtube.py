"""The faults of the YouTube on loopback, each seen by a plain HTTP client."""

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
def channel() -> Iterator[FakeYouTube]:
    """Two public videos, each with a caption track and an entry in the playlist."""
    with youtube() as fake:
        for number, video in enumerate((VIDEO, OTHER), 1):
            fake.channel.add(video, {"snippet": {"title": f"Talk {number}"}})
            track = {"videoId": video, "language": "en", "name": ""}
            fake.channel.insert_caption({"snippet": track}, b"WEBVTT")
            resource = {"kind": "youtube#video", "videoId": video}
            fake.channel.insert_item({"snippet": {"playlistId": PLAYLIST, "resourceId": resource}})
        yield fake


def ask(fake: FakeYouTube, method: str, path: str, body: Any = None) -> int:
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
    return ask(fake, "PUT", "videos?part=status", body)


def privacy(fake: FakeYouTube, video: str) -> str:
    return str(fake.channel.videos[video]["status"]["privacyStatus"])


def test_a_refused_call_to_hide_has_no_effect_and_the_call_after_it_works(channel: FakeYouTube) -> None:
    channel.fail("videos.update", "403")
    assert (update(channel, VIDEO, "private"), privacy(channel, VIDEO)) == (403, "public")
    assert (update(channel, VIDEO, "private"), privacy(channel, VIDEO)) == (200, "private")


def test_only_calls_that_hide_something_are_broken(channel: FakeYouTube) -> None:
    channel.fail(HIDE, "500", times=3)
    assert update(channel, VIDEO, "unlisted") == 200
    assert update(channel, VIDEO, "private") == 500
    assert ask(channel, "DELETE", "captions?id=caption-1") == 500
    assert ask(channel, "DELETE", "playlistItems?id=item-1") == 500
    assert update(channel, VIDEO, "private") == 200


def test_only_calls_about_one_video_are_broken(channel: FakeYouTube) -> None:
    channel.fail(HIDE, "403", FOREVER, video=VIDEO)
    assert [update(channel, one, "private") for one in (VIDEO, OTHER)] == [403, 200]
    assert ask(channel, "DELETE", "captions?id=caption-1") == 403
    assert ask(channel, "DELETE", "captions?id=caption-2") == 204
    assert ask(channel, "DELETE", "playlistItems?id=item-1") == 403
    assert ask(channel, "DELETE", "playlistItems?id=item-2") == 204


@pytest.mark.parametrize(
    ("kind", "error", "expected"),
    [
        ("reset", ConnectionResetError, "public"),
        ("lost reset", ConnectionResetError, "private"),
        ("cut", http.client.RemoteDisconnected, "public"),
        ("lost", http.client.RemoteDisconnected, "private"),
    ],
)
def test_a_connection_ends_before_or_after_the_effect(
    channel: FakeYouTube, kind: str, error: type[Exception], expected: str
) -> None:
    channel.fail("videos.update", kind)
    with pytest.raises(error) as caught:
        update(channel, VIDEO, "private")
    assert type(caught.value) is error
    assert privacy(channel, VIDEO) == expected


def test_everything_is_refused_while_youtube_is_away(channel: FakeYouTube) -> None:
    channel.fail(ANY, "503", FOREVER)
    assert [ask(channel, "GET", f"videos?part=id&id={VIDEO}"), update(channel, VIDEO, "private")] == [
        503,
        503,
    ]
    channel.faults.clear()
    assert update(channel, VIDEO, "private") == 200


def test_a_revoked_login_is_refused_until_it_is_back(channel: FakeYouTube) -> None:
    channel.revoke()
    assert update(channel, VIDEO, "private") == 401
    channel.revoked = False
    assert update(channel, VIDEO, "private") == 200
