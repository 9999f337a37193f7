"""Values of JSON as they are written to the catalogue, and back."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from publisher.studio.written_values import canonical, from_json, to_json

AT_SIX = datetime(2020, 11, 28, 18, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("key", "value", "written"),
    [
        ("start", "00:00:12.500", "0:12.5"),
        ("end", 3723, "1:02:03"),
        ("end", 12.0001, 12.0001),
        ("end", "soon", "soon"),
        ("cut", [["0:01:00", 90.25]], [["1:00", "1:30.25"]]),
        ("chapters", [{"at": "00:05:00", "title": "00:05:00"}], [{"at": "5:00", "title": "00:05:00"}]),
        ("date", "2020-11-28", date(2020, 11, 28)),
        ("date", "2020-11-28T18:00:00+01:00", AT_SIX),
        ("date", "tomorrow", "tomorrow"),
        ("youtube.publish_at", "2020-11-28T18:00:00+01:00", AT_SIX),
        ("youtube", {"publish_at": "2020-11-28T18:00:00+01:00"}, {"publish_at": AT_SIX}),
        ("consent", {"a-b": {"feed": "2020-11-28"}}, {"a-b": {"feed": date(2020, 11, 28)}}),
        ("consent.a-b.feed", "2020-11-28", date(2020, 11, 28)),
        ("corrections", [{"date": "2020-11-28", "text": "x"}], [{"date": date(2020, 11, 28), "text": "x"}]),
        ("title", "2020-11-28", "2020-11-28"),
        ("summary", "a\r\nb", "a\nb"),
        ("topics", [], None),
        ("links", [{"title": "x", "kind": None}], [{"title": "x"}]),
    ],
)  # fmt: skip
def test_times_are_short_and_dates_are_dates(key: str, value: object, written: object) -> None:
    assert from_json(key, value) == written
    if written is not None:
        assert from_json(key, to_json(written)) == written


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("end", 90, "0:01:30"),
        ("audio.loudness", -18, -18.0),
        ("topics", [], None),
        ("cut", [[60, 90]], [["1:00", "1:30"]]),
        ("youtube", {"id": "x", "title": "y"}, {"title": "y", "id": "x"}),
        ("date", "2020-11-28T18:00:00+01:00", AT_SIX),
    ],
)
def test_values_that_mean_the_same_are_the_same(key: str, one: object, other: object) -> None:
    assert canonical(key, one) == canonical(key, other) != canonical(key, "another")
