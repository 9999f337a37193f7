"""Joins, compared with the audio that a release decodes."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from publisher.errors import UsageError
from publisher.media import decode, join, source_audio
from publisher.media.sound_analysis import PROXY
from publisher.model import AudioSettings, Episode
from tests.media import sounds
from tests.media.test_sound_analysis import analyse, recording

TONE = 3_000.0
"""Hz of the word that must not be heard."""


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Episode:
    """A talk with noise of a room, and a tone from 10 s to 12 s."""
    folder = tmp_path_factory.mktemp("join")
    voice = sounds.voice(30, -20) + np.random.default_rng(2).standard_normal(30 * sounds.RATE) * 0.001
    times = np.arange(2 * sounds.RATE) / sounds.RATE
    voice[10 * sounds.RATE : 12 * sounds.RATE] += 0.3 * np.sin(2 * np.pi * TONE * times)
    # Only what a playback file can hold, so that both are made of the same sound.
    path = sounds.convert(
        sounds.write_wav(folder / "wide.wav", voice.astype(np.float32)), folder / "talk.wav",
        "-af", "lowpass=f=6000:p=2,lowpass=f=6000:p=2",
    )  # fmt: skip
    analyse(path, folder / "made")
    return Episode(
        slug="talk", title="Talk", date=datetime(2021, 1, 1, tzinfo=UTC), language="en", folder=folder,
        recording=recording(path), audio=AudioSettings(),
    )  # fmt: skip


def rendered(talk: Episode, tmp_path: Path, at: float, until: float | None = None) -> NDArray[np.float64]:
    assert talk.recording is not None
    wanted = join.Join.around(talk, talk.recording.duration, at, until)
    proxy = talk.recording.path.parent / "made" / PROXY
    content = join.render(sounds.ffmpeg(), proxy, talk, wanted, tmp_path)
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getnchannels()) == (48_000, 1)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767


def released(talk: Episode, folder: Path) -> NDArray[np.float64]:
    folder.mkdir()
    audio = source_audio.decode_to_disk(
        sounds.ffmpeg(), (decode.talk_clip(talk),), folder, "mono", lambda _: None
    )
    return audio.read(0, audio.samples)[0].astype(np.float64)


def tone_level(samples: NDArray[np.float64]) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) / samples.size
    return float(spectrum[round(TONE * samples.size / sounds.RATE)])


@pytest.mark.parametrize("cut", [(9.5, 12.5), (9.9, 9.92), (11.0, 29.0)])
def test_a_join_sounds_as_the_release_will(talk: Episode, tmp_path: Path, cut: tuple[float, float]) -> None:
    talk = replace(talk, cuts=(cut, (2.0, 2.5)))
    found = rendered(talk, tmp_path, cut[0])
    at = round((cut[0] - 0.5 - join.AROUND) * sounds.RATE)
    expected = released(talk, tmp_path / "release")[at : at + found.size]
    assert found.size == expected.size
    assert np.abs(found - expected).max() < 0.02


def test_a_word_that_is_cut_is_not_in_the_join(talk: Episode, tmp_path: Path) -> None:
    whole = rendered(talk, tmp_path, 11.0)
    without = rendered(replace(talk, cuts=((9.9, 12.1),)), tmp_path, 9.9)
    assert tone_level(whole) > 30 * tone_level(without)


def test_a_muted_word_becomes_room_tone(talk: Episode, tmp_path: Path) -> None:
    found = rendered(replace(talk, mutes=((9.9, 12.1),)), tmp_path, 9.9, 12.1)
    inside = found[round(2.2 * sounds.RATE) : round(3.8 * sounds.RATE)]
    assert found.size == round((12.1 - 9.9 + 2 * join.AROUND) * sounds.RATE)
    assert np.abs(inside).max() < 0.02
    assert inside.any()


def test_at_the_start_nothing_before_it_is_heard(talk: Episode, tmp_path: Path) -> None:
    talk = replace(talk, start=11.0)
    found = rendered(talk, tmp_path, 11.0)
    assert found.size == round(join.AROUND * sounds.RATE)
    assert np.abs(found - released(talk, tmp_path / "release")[: found.size]).max() < 0.02


def test_where_nothing_is_published_there_is_no_join(talk: Episode) -> None:
    with pytest.raises(UsageError, match="nothing is published"):
        join.Join.around(replace(talk, cuts=((0.0, 30.0),)), 30.0, 5.0)
