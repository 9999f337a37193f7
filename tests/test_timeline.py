from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import timeline
from publisher.model import Chapter, Episode, Release
from publisher.timeline import Timeline
from tests.conftest import make_episode

DURATION = 600.0
# Hundredths, so that sums are exact enough to be compared.
times = st.integers(0, 60_000).map(lambda hundredths: hundredths / 100)
pairs = st.tuples(times, times).filter(lambda pair: pair[0] != pair[1])
spans = pairs.map(lambda pair: (min(pair), max(pair)))


@st.composite
def timelines(draw: st.DrawFn) -> tuple[Episode, Timeline]:
    start, end = draw(st.none() | times), draw(st.none() | times)
    cuts = tuple(draw(st.lists(spans, max_size=4)))
    mutes = tuple(draw(st.lists(spans, max_size=3)))
    episode = make_episode(start=start, end=end, cuts=cuts, mutes=mutes)
    return episode, timeline.of_recording(episode, DURATION, draw(times), draw(times))


def close(time: float) -> object:
    return pytest.approx(time, abs=1e-6)


@given(timelines())
def test_the_products_duration_is_that_of_the_kept_spans(given: tuple[Episode, Timeline]) -> None:
    episode, line = given
    start, end = episode.start or 0.0, DURATION if episode.end is None else episode.end
    cut = timeline.merge((max(a, start), min(b, end)) for a, b in episode.cuts if max(a, start) < min(b, end))
    expected = max(0.0, end - start - sum(b - a for a, b in cut))
    assert line.spoken == close(expected)
    assert line.duration == close(line.intro + expected + line.outro)


@given(timelines(), times, times)
def test_published_times_keep_the_order_of_the_recording(
    given: tuple[Episode, Timeline], one: float, other: float
) -> None:
    line = given[1]
    early, late = sorted((one, other))
    assert line.published(early) <= line.published(late) + 1e-9
    assert line.recorded(early) <= line.recorded(late) + 1e-9
    assert line.intro <= line.published(early) <= line.intro + line.spoken + 1e-6


@given(timelines(), times)
def test_a_published_time_maps_back_to_its_recording_time(
    given: tuple[Episode, Timeline], time: float
) -> None:
    line = given[1]
    if line.contains(time):
        assert line.recorded(line.published(time)) == close(time)


@given(timelines(), times)
def test_a_time_within_a_cut_maps_to_the_end_of_the_cut(given: tuple[Episode, Timeline], time: float) -> None:
    line = given[1]
    following = [start for start, _ in line.kept if start > time]
    if not line.contains(time) and following:
        assert line.published(time) == close(line.published(following[0]))


@given(timelines(), spans)
def test_a_clipped_span_has_the_duration_of_its_kept_part(
    given: tuple[Episode, Timeline], span: tuple[float, float]
) -> None:
    line = given[1]
    kept = sum(max(0.0, min(end, span[1]) - max(start, span[0])) for start, end in line.kept)
    clipped = line.clip(*span)
    assert (clipped[1] - clipped[0] if clipped else 0.0) == close(kept)


@given(timelines(), st.lists(times, unique=True, max_size=6))
def test_chapters_ascend_from_zero_and_none_is_empty(
    given: tuple[Episode, Timeline], starts: list[float]
) -> None:
    line = given[1]
    placed = line.chapters(Chapter(at, str(at)) for at in starts)
    assert not placed or placed[0].at == 0.0
    assert all(one.at < other.at for one, other in pairwise(placed))
    assert all(chapter.at < line.duration for chapter in placed)


@given(timelines())
def test_kept_spans_are_ascending_disjoint_and_within_the_recording(given: tuple[Episode, Timeline]) -> None:
    kept = given[1].kept
    assert all(0 <= start < end <= DURATION for start, end in kept)
    assert all(end < start for (_, end), (start, _) in pairwise(kept))


def test_a_chapter_inside_a_cut_moves_to_its_end_and_an_empty_one_is_removed() -> None:
    episode = make_episode(start=10.0, cuts=((20.0, 40.0),))
    line = timeline.of_recording(episode, 100.0, intro=5.0)
    chapters = [Chapter(0, "a"), Chapter(22, "gone"), Chapter(30, "moved"), Chapter(60, "b")]
    assert [(c.at, c.title) for c in line.chapters(chapters)] == [(0.0, "a"), (15.0, "moved"), (35.0, "b")]


def test_a_muted_span_keeps_its_duration() -> None:
    line = timeline.of_recording(make_episode(mutes=((3.0, 4.0), (3.5, 6.0))), 10.0)
    assert (line.duration, line.mutes) == (10.0, ((3.0, 6.0),))
    assert line.is_muted(5.9, 7.0) and not line.is_muted(6.0, 7.0)


def test_a_release_of_unknown_duration_has_an_open_timeline_with_its_cuts() -> None:
    episode = make_episode(start=5.0, cuts=((10.0, 20.0),), mutes=((30.0, 31.0),))
    line = timeline.of_release(Release(episode, "guid", episode.date))
    assert (line.is_open, line.kept[0], line.mutes) == (True, (5.0, 10.0), ((30.0, 31.0),))
    assert (line.published(25.0), line.contains(15.0), line.is_muted(30.5, 33.0)) == (10.0, False, True)
    assert not timeline.of_release(Release(episode, "guid", episode.date, recording_duration=60.0)).is_open


def test_a_span_of_the_product_that_ends_at_a_cut_ends_before_it_in_the_recording() -> None:
    line = timeline.of_recording(make_episode(cuts=((10.0, 20.0),)), 60.0)
    assert line.recorded_span(5.0, 10.0) == (5.0, 10.0)
    assert line.recorded_span(5.0, 10.5) == (5.0, 20.5)
    assert line.recorded_span(10.0, 12.0) == (20.0, 22.0)
