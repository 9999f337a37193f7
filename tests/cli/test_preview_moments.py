"""The previews of the studio: one server, several moments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher.cli import session
from publisher.cli.preview import media_makers, parse_as_of
from publisher.cli.preview_media import MediaQueue
from publisher.cli.preview_moments import MAX_MOMENTS, PreviewMoments
from publisher.errors import UsageError
from publisher.progress import NullProgress
from tests.cli.conftest import Folder


@pytest.fixture
def moments(folder: Folder) -> PreviewMoments:
    found = PreviewMoments(folder.root, MediaQueue(media_makers, session.is_locked, NullProgress()))
    found.server_address = "http://127.0.0.1:1/series/"
    found.update()
    return found


def page(moments: PreviewMoments, address: str) -> Any:
    return moments.find(address.removeprefix(moments.server_address) + "index.html")


def test_each_moment_shows_what_is_visible_then(moments: PreviewMoments) -> None:
    before = moments.address(parse_as_of("2021-01-08T17:59:00+01:00"))
    after = moments.address(parse_as_of("2021-01-08T18:01:00+01:00"))
    assert before == "http://127.0.0.1:1/series/as-of/20210108T165900Z/"
    assert b"What is an example?" not in page(moments, before)
    assert b"What is an example?" in page(moments, after)
    assert b"What is an example?" in page(moments, moments.server_address)
    assert b"/series/as-of/20210108T170100Z/preview.css" in page(moments, after)


def test_only_the_latest_moments_are_kept(moments: PreviewMoments) -> None:
    first, *others = (
        moments.address(parse_as_of(f"2021-01-0{day}T12:00:00+00:00")) for day in range(1, MAX_MOMENTS + 2)
    )
    assert page(moments, first) is None
    assert all(page(moments, other) for other in others)


def test_a_text_that_is_no_moment_is_refused(moments: PreviewMoments, tmp_path: Path) -> None:
    for text in ("", "tomorrow", "../x", "0001-01-01"):
        with pytest.raises(UsageError):
            moments.address(parse_as_of(text))
    assert moments.find("as-of/../../secret") is None
