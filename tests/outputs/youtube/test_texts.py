"""The texts of a video."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

from publisher.model import (
    Chapter,
    Correction,
    Credit,
    Episode,
    License,
    Link,
    Person,
    Recording,
    Translation,
    YouTubeSettings,
)
from publisher.model.youtube_facts import UPLOAD_TAG
from publisher.outputs.youtube import texts
from publisher.render.templates import Templates
from tests.conftest import make_episode, make_series

TEMPLATES = Templates(Path("series/templates"))


def recording(duration: float) -> Recording:
    return Recording(Path("recording.mp4"), "digest", duration, (), has_video=True)


def described(episode: Episode, **series: object) -> str:
    composed = texts.compose(make_series(Path("series"), episode, **series), episode, TEMPLATES)
    return composed.original.description


def test_the_description_contains_everything_that_viewers_need() -> None:
    guest, host = Person("g", "First Guest", "now retired"), Person("h", "The Host", "journalist")
    episode = make_episode(
        summary="About it.\n\nIn two paragraphs.",
        guests=(Credit(guest, "guest", "minister that day"),),
        moderators=(Credit(host, "moderator"),),
        links=(Link("The paper", "https://a.example/p"),),
        corrections=(Correction(date(2021, 1, 9), "It was May."),),
        chapters=(Chapter(0, "Welcome"), Chapter(60, "Middle"), Chapter(4000, "End")),
        recording=recording(5000),
        youtube=YouTubeSettings(upload=True, hashtags=("Own",)),
    )
    description = described(
        episode,
        license=License("CC-BY-4.0", "https://l.example"),
        subscribe={"apple": "https://apple.example"},
        hashtags=("Series",),
    )
    for part in (
        "About it.\n\nIn two paragraphs.",
        "First Guest – minister that day",
        "The Host – journalist",
        "0:00 Welcome\n1:00 Middle\n1:06:40 End",
        "The paper: https://a.example/p",
        "9 Jan 2021: It was May.",
        "https://talks.example.org/episodes/first-talk/",
        "https://talks.example.org/feed.xml",
        "Apple Podcasts: https://apple.example",
        "CC BY 4.0 https://l.example",
        "#Own #Series",
    ):
        assert part in description
    assert "\n\n\n" not in description
    assert "\ue000" not in description


def test_chapters_are_times_of_the_video_not_of_the_recording() -> None:
    episode = make_episode(
        start=5.0,
        cuts=((30.0, 40.0),),
        chapters=(Chapter(5, "A"), Chapter(20, "B"), Chapter(50, "C")),
        recording=recording(100),
    )
    assert [(line.clock, line.title) for line in texts.chapters_of(episode)] == [
        ("0:00", "A"),
        ("0:15", "B"),
        ("0:35", "C"),
    ]


def test_chapters_that_youtube_does_not_show_are_all_left_out() -> None:
    for starts in ((0, 60), (0, 9, 60), (0, 60, 95)):
        chapters = tuple(Chapter(at, f"At {at}") for at in starts)
        episode = make_episode(chapters=chapters, recording=recording(100))
        assert texts.chapters_of(episode) == ()
        assert "Chapters" not in described(episode)


def test_a_chapter_begins_with_its_time_in_ascii_also_in_right_to_left_text() -> None:
    chapters = (Chapter(0, "خوش آمدید"), Chapter(60, "پرسش‌ها"), Chapter(120, "پایان"))
    episode = make_episode(language="fa", chapters=chapters, recording=recording(200))
    description = described(episode)
    lines = [line for line in description.splitlines() if "پرسش" in line]
    assert lines == ["1:00 پرسش‌ها"]
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", description)


def test_only_whole_droppable_paragraphs_are_left_out() -> None:
    links = tuple(Link(f"Link {n}", f"https://a.example/{'x' * 80}/{n}") for n in range(60))
    episode = make_episode(summary="Short.", links=links, youtube=YouTubeSettings(upload=True))
    composed = texts.compose(make_series(Path("series"), episode), episode, TEMPLATES)
    assert len(composed.original.description.encode()) <= 5000
    assert "Link 1" not in composed.original.description
    assert composed.original.description.startswith("Short.")
    assert any("Link 59" in paragraph for paragraph in composed.left_out)


def test_a_talk_without_tags_gets_as_many_topics_and_guests_as_fit() -> None:
    guests = (Credit(Person("g", "First, Guest"), "guest"),)
    episode = make_episode(topics=("Rights", "a" * 99, *("b" * 90 + str(n) for n in range(9))), guests=guests)
    tags = texts.tags_of(make_series(Path("series"), episode), episode)
    assert tags[:2] == ("First Guest", "Rights")
    assert len(",".join(tags)) < 478
    own = replace(episode, youtube=YouTubeSettings(tags=("one",)))
    assert texts.tags_of(make_series(Path("series"), own), own) == ("one",)


def test_translations_are_described_in_their_language() -> None:
    episode = make_episode(summary="In English.", translations={"fr": Translation("Titre", "En français.")})
    composed = texts.compose(make_series(Path("series"), episode), episode, TEMPLATES)
    assert composed.translations["fr"].title == "Titre"
    assert composed.translations["fr"].description.startswith("En français.")


def test_the_upload_tag_depends_on_the_talk_not_on_its_title() -> None:
    one, other = make_episode("one"), make_episode("two")
    series = make_series(Path("series"), one, other)
    mark = texts.upload_tag(series, one)
    assert UPLOAD_TAG.fullmatch(mark)
    assert texts.upload_tag(series, replace(one, title="Another")) == mark
    assert texts.upload_tag(series, other) != mark
