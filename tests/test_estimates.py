"""The expected duration of a release, and the speeds that it measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher import estimates
from publisher.estimates import OVERHEAD, UPDATE_OVERHEAD, Measurement, SharedTime
from publisher.model import Recording, Series
from publisher.plan import Step
from publisher.progress import NullProgress
from publisher.run import timing
from tests.conftest import make_episode, make_series

AUDIO = Step("audio", "a", "make", "new", cost={"seconds of sound": 1200.0})
UPLOAD = Step("youtube", "a", "make", "new", cost={"video uploads": 1.0})
RETAG = Step("audio", "b", "update", "changed: title")


def series(folder: Path) -> Series:
    """A series with a talk of ten minutes, whose audio is made in two formats, and another talk."""
    recording = Recording(folder / "r.wav", "0" * 64, 600.0, ())
    return make_series(folder, make_episode("a", recording=recording), make_episode("b"))


def test_a_release_is_estimated_by_default_and_then_by_measured_speeds(tmp_path: Path) -> None:
    by_default = estimates.estimate([AUDIO], series(tmp_path), {})
    assert by_default.duration == OVERHEAD + 1200 / estimates.DEFAULT_SPEEDS["audio"]
    measured = estimates.with_measurement({}, "audio", 1200.0, OVERHEAD + 40.0)
    assert estimates.estimate([AUDIO], series(tmp_path), measured).duration == OVERHEAD + 40.0


def test_minutes_of_sound_are_those_of_the_talk_and_not_of_its_formats(tmp_path: Path) -> None:
    found = estimates.estimate([AUDIO, RETAG], series(tmp_path), {})
    assert (found.talks, found.sound, found.updates) == (2, 600.0, 1)
    assert estimates.estimate([RETAG], series(tmp_path), {}).duration == UPDATE_OVERHEAD


def test_an_upload_counts_only_when_the_speed_of_the_line_is_known(tmp_path: Path) -> None:
    found = estimates.estimate([UPLOAD], series(tmp_path), {})
    assert (found.duration, found.uploads, found.unknown_uploads) == (OVERHEAD, 1, 1)
    known = estimates.estimate([UPLOAD], series(tmp_path), {"upload": Measurement(600.0, 60.0)})
    assert (known.duration, known.unknown_uploads) == (OVERHEAD + 60.0, 0)


def test_a_short_step_says_nothing_about_the_speed() -> None:
    assert estimates.with_measurement({}, "audio", 4.0, 9.0) == {}


def test_steps_at_the_same_time_share_the_time_that_passed() -> None:
    shared = SharedTime()
    shared.start("a", 0.0)
    shared.start("b", 10.0)
    assert shared.finish("a", 30.0) == pytest.approx(20.0)
    assert shared.finish("b", 40.0) == pytest.approx(20.0)


def test_talks_are_numbered_and_both_steps_of_a_talk_have_one_number() -> None:
    video = Step("video", "a", "make", "new")
    places = timing.places_of([AUDIO, RETAG, video])
    assert [(place.number, place.count) for place in places.values()] == [(1, 2), (2, 2), (1, 2)]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"audio": 5}', b'{"audio": {"work": "x", "time": 1}}'])
def test_damaged_speeds_count_as_unknown(content: bytes, tmp_path: Path) -> None:
    (tmp_path / timing.SPEEDS_FILE).write_bytes(content)
    assert timing.load_speeds(tmp_path) == {}


def test_only_a_step_that_was_done_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter((0.0, 21.0, 21.0, 99.0))
    monkeypatch.setattr("publisher.run.timing.time.monotonic", lambda: next(now))
    for is_done in (True, False):
        timer = timing.StepTimer((AUDIO,), series(tmp_path), tmp_path, NullProgress())
        timer.start(AUDIO)
        timer.finish(AUDIO, is_done)
        timer.save()
    assert timing.load_speeds(tmp_path) == {"audio": Measurement(1200.0, 20.0)}
