"""Checks against YouTube's limits, in YouTube's units."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.model import Episode, SourceFile, YouTubeChannel, YouTubeSettings
from publisher.outputs.youtube import problems, texts
from publisher.render.templates import Templates
from tests.conftest import make_episode, make_series

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def found(episode: Episode, *, known: bool = False) -> dict[str, str]:
    series = make_series(Path("series"), episode, youtube=YouTubeChannel(id="UC"))
    return dict(problems(series, episode, Templates(Path("series/templates")), NOW, is_uploaded=known))


UPLOAD = YouTubeSettings(upload=True)

REFUSED: dict[str, tuple[dict[str, object], str, tuple[str, ...]]] = {
    "a title of 101 emoji": ({"title": "😀" * 101}, "title", ("101 characters", "takes 100", "1 too many")),
    "a sign in the title": ({"title": "a < b"}, "title", ("contains <",)),
    "2600 Persian letters": ({"summary": "س" * 2600}, "summary", ("bytes", "takes 5000", "too many")),
    "a sign in the summary": ({"summary": "5 > 4"}, "summary", ("contains >",)),
    "a control character": (
        {"youtube": replace(UPLOAD, description="a\x07b")},
        "youtube.description",
        ("U+0007",),
    ),
    "an own description": (
        {"youtube": replace(UPLOAD, description="é" * 2501)},
        "youtube.description",
        ("has 5002 bytes", "takes 5000", "so 2 too many"),
    ),
    "too many tags": (
        {"youtube": replace(UPLOAD, tags=tuple(f"a tag {n:03}" for n in range(41)))},
        "youtube.tags",
        ("have 491 characters", "it takes 482", "9 too many"),
    ),
    "too many hashtags": (
        {"youtube": replace(UPLOAD, hashtags=tuple(f"h{n}" for n in range(61)))},
        "youtube.hashtags",
        ("61 hashtags", "1 too many"),
    ),
    "a past publish_at": (
        {"youtube": replace(UPLOAD, publish_at=datetime(2026, 11, 24, 11, tzinfo=UTC))},
        "youtube.publish_at",
        ("is past",),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_texts_that_youtube_refuses_are_reported_with_the_limit(case: str) -> None:
    fields, key, words = REFUSED[case]
    told = found(make_episode(**{"youtube": UPLOAD, **fields}))
    assert list(told) == [key]
    for word in words:
        assert word in told[key]


def test_a_too_large_thumbnail_is_reported(tmp_path: Path) -> None:
    picture = tmp_path / "thumbnail.png"
    picture.write_bytes(b"\x89PNG" + bytes(3_000_000))
    told = found(make_episode(youtube=UPLOAD, thumbnail=SourceFile(picture, "d")))
    assert "3000004 bytes; YouTube takes 2000000, so 1000004 too many" in told["thumbnail"]


def test_texts_at_the_limit_are_accepted() -> None:
    episode = make_episode(title="😀" * 100, summary="س" * 2300, youtube=UPLOAD)
    assert found(episode) == {}


def test_the_publication_time_may_be_past_after_the_upload() -> None:
    settings = replace(UPLOAD, publish_at=datetime(2026, 11, 1, tzinfo=UTC))
    assert found(make_episode(youtube=settings), known=True) == {}


def test_the_limits_do_not_apply_to_talks_that_are_not_on_youtube() -> None:
    assert found(make_episode(title="x" * 500)) == {}


def test_tags_are_counted_with_commas_and_quotes() -> None:
    assert texts.tags_length(["ab", "c d"]) == 2 + 1 + 3 + 2
    kept = texts.fitting_tags([*(letter * 99 for letter in "abcdef"), "x"], 400)
    assert kept == ("a" * 99, "b" * 99, "c" * 99, "d" * 99)
    assert texts.fitting_tags(["too long" * 20, "ok"]) == ("ok",)
