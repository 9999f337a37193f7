from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from publisher.media import decode, formats, mastering, mp3, parallel_encode, source_audio
from publisher.media.encode import EncodeContext
from publisher.media.loudness import CELL_SAMPLES, SUBBLOCK
from publisher.media.parallel_encode import GRID, MAX_SEGMENT, Encoded
from tests.media import sounds


def mastered(folder: Path, samples: sounds.Samples, target: float = -16.0) -> mastering.Master:
    path = sounds.write_wav(folder / "source.wav", samples)
    channels = np.atleast_2d(samples).shape[0]
    clip = decode.Clip(path, 0, channels, ((0, decode.TO_END),))
    state = source_audio.decode_to_disk(sounds.ffmpeg(), [clip], folder, "auto", lambda _: None)
    return mastering.master(state, target, -1.0, "source.wav")


def encoded(master: mastering.Master, folder: Path, name: str = "mp3", ceiling: float = -1.0) -> Encoded:
    context = EncodeContext(sounds.ffmpeg(), folder, threading.BoundedSemaphore(2), 2)
    return parallel_encode.encode(master, formats.get_format(name), 96, ceiling, context, lambda _: None)


class Shifted(mastering.Master):
    """The same audio after some silence."""

    def __init__(self, master: mastering.Master, by: int) -> None:
        for name in ("gains", "leveling", "gain", "bounds"):
            object.__setattr__(self, name, getattr(master, name))
        object.__setattr__(self, "audio", replace(master.audio, samples=master.audio.samples + by))
        object.__setattr__(self, "master", master)
        object.__setattr__(self, "by", by)

    def render(self, start: int, end: int) -> sounds.Samples:
        return self.master.render(start - self.by, end - self.by)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> mastering.Master:
    quiet, loud = sounds.voice(13, -30, 110), sounds.voice(11.7, -16, 200, seed=4)
    pause = np.zeros(2 * sounds.RATE, np.float32)
    return mastered(
        tmp_path_factory.mktemp("talk"), np.concatenate((quiet, pause, loud, pause, quiet[:50_000]))
    )


@pytest.fixture(scope="module")
def whole(talk: mastering.Master, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The talk in a format, encoded in one go."""

    @cache
    def made(name: str) -> Path:
        return encoded(talk, tmp_path_factory.mktemp(name), name).path

    return made


def test_segments_cover_a_talk_and_are_short_enough() -> None:
    for samples in (1, GRID, MAX_SEGMENT, MAX_SEGMENT + 1, 5 * 3600 * sounds.RATE):
        spans = parallel_encode.boundaries(samples)
        assert spans[0][0] == 0 and spans[-1][1] == samples
        assert all(end == start for (_, end), (start, _) in pairwise(spans))
        assert all(start % GRID == 0 and 0 < end - start <= MAX_SEGMENT + GRID for start, end in spans)


def test_the_last_segments_of_a_long_talk_are_short() -> None:
    lengths = [end - start for start, end in parallel_encode.boundaries(3600 * sounds.RATE)]
    assert max(lengths[:-6]) - min(lengths[:-6]) <= GRID
    assert max(lengths[-6:-4]) == pytest.approx(lengths[0] / 2, abs=GRID)
    assert max(lengths[-4:]) == pytest.approx(lengths[0] / 4, abs=GRID)


def test_a_segmented_mp3_has_the_bytes_of_the_unsegmented_one(
    talk: mastering.Master, whole: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsegmented = whole("mp3").read_bytes()
    monkeypatch.setattr(parallel_encode, "MAX_SEGMENT", GRID)
    assert len(parallel_encode.boundaries(talk.audio.samples)) == 7
    assert encoded(talk, tmp_path).path.read_bytes() == unsegmented


@pytest.mark.parametrize("name", ["m4a", "opus"])
def test_a_seam_differs_no_more_than_encoding_shifted_audio(
    name: str,
    talk: mastering.Master,
    whole: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unsegmented = sounds.read(whole(name))[0]
    shift = formats.get_format(name).frame // 2 // CELL_SAMPLES * CELL_SAMPLES
    later = Shifted(talk, shift)
    moved = sounds.read(encoded(later, tmp_path, name).path)[0][shift:]
    monkeypatch.setattr(parallel_encode, "MAX_SEGMENT", GRID)
    joined = sounds.read(encoded(talk, tmp_path, name).path)[0]
    assert joined.size == unsegmented.size
    for seam in range(GRID, talk.audio.samples, GRID):
        near = slice(seam - SUBBLOCK, seam + SUBBLOCK)
        unlike, bound = (sounds.rms(one[near] - unsegmented[near]) for one in (joined, moved))
        assert unlike <= max(bound, -60.0), seam / sounds.RATE


def test_measuring_segments_agrees_with_another_meter_on_the_file(
    talk: mastering.Master, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel_encode, "MAX_SEGMENT", GRID)
    made = encoded(talk, tmp_path)
    loudness, peak = sounds.measure(made.path)
    assert made.loudness == pytest.approx(loudness, abs=0.06)
    assert made.true_peak == pytest.approx(peak, abs=0.2)


@pytest.mark.parametrize("name", formats.FORMATS)
def test_the_encoded_file_is_as_long_as_the_audio_and_aligned(
    name: str, talk: mastering.Master, whole: Callable[[str], Path]
) -> None:
    played = sounds.read(whole(name))[0]
    rendered = talk.render(0, talk.audio.samples)[0]
    assert played.size == pytest.approx(rendered.size, abs=mp3.FRAME)
    stretch = slice(16 * sounds.RATE, 20 * sounds.RATE)
    spectrum = np.fft.rfft(rendered[stretch]) * np.conj(np.fft.rfft(played[stretch]))
    assert int(np.argmax(np.fft.irfft(spectrum))) == 0


def test_peaks_raised_over_the_ceiling_by_encoding_are_lowered(tmp_path: Path) -> None:
    # Hard clipped: a square wave's encoding overshoots by decibels.
    loud = np.clip(sounds.voice(12, -10) * 6, -0.9, 0.9).astype(np.float32)
    made = encoded(mastered(tmp_path, loud, target=-9.0), tmp_path, ceiling=-1.0)
    assert made.true_peak <= -1.0
    assert sounds.measure(made.path)[1] <= -0.8


def test_the_info_header_has_the_exact_duration(talk: mastering.Master, whole: Callable[[str], Path]) -> None:
    from mutagen.mp3 import MP3, BitrateMode

    read = MP3(whole("mp3")).info
    assert read.length == pytest.approx(talk.audio.samples / sounds.RATE, abs=0.001)
    assert (read.bitrate, read.bitrate_mode, read.sketchy) == (96_000, BitrateMode.CBR, False)
