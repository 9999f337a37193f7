"""Display names of apps, licences and formats."""

from __future__ import annotations

from dataclasses import replace

import pytest

from publisher.model import Enclosure
from publisher.render.labels import app, audio_label, image_label, licence


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("apple", "Apple Podcasts"),
        ("pocket-casts", "Pocket Casts"),
        ("pocketcasts", "Pocket Casts"),
        ("my_own-app", "My Own App"),
    ],
)
def test_an_app_has_its_display_name(key: str, name: str) -> None:
    assert app(key) == name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("cc-by-nc-4.0", "CC BY-NC 4.0"),
        ("CC-BY-4.0", "CC BY 4.0"),
        ("cc0-1.0", "CC0 1.0"),
        ("gfdl-1.3-or-later", "GFDL 1.3 or later"),
        ("All rights reserved", "All rights reserved"),
    ],
)
def test_a_licence_is_written_as_people_write_it(name: str, written: str) -> None:
    assert licence(name) == written


def test_only_acronyms_are_in_capitals() -> None:
    assert [audio_label(one) for one in ("mp3", "m4a", "opus")] == ["MP3", "M4A", "Opus"]


def test_a_video_is_named_with_its_height() -> None:
    file = Enclosure("media/a.mp4", "mp4", "video/mp4", 1, 1.0, "0" * 64, height=720)
    assert (image_label(file), image_label(replace(file, height=None))) == ("MP4 720p", "MP4")
