"""The waveform and the playback file of small recordings, read by other readers."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from publisher.errors import MediaError
from publisher.media import sound_analysis
from publisher.media.ffmpeg import Ffmpeg, FfmpegProcess
from publisher.media.loudness import BLOCK
from publisher.media.sound_analysis import DOCUMENT, PEAKS, PROXY, AnalysisProgress
from publisher.model import Recording
from tests.media import sounds


def recording(path: Path) -> Recording:
    probed = sounds.ffmpeg().probe(path)
    return Recording(path=path, digest="0" * 64, duration=probed.duration, tracks=probed.tracks)


def analyse(
    path: Path, folder: Path, ffmpeg: Ffmpeg | None = None, is_cancelled: Callable[[], bool] = lambda: False
) -> AnalysisProgress:
    folder.mkdir()
    found = recording(path)
    progress = sound_analysis.new_progress(found, 0)
    sound_analysis.analyse(ffmpeg or sounds.ffmpeg(), found, 0, folder, progress, is_cancelled)
    return progress


def proxy_samples(folder: Path) -> NDArray[np.float64]:
    with wave.open(str(folder / PROXY)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sounds.write_wav(tmp_path_factory.mktemp("talk") / "talk.wav", sounds.voice(20.5))


def test_a_position_in_the_playback_file_is_that_of_the_recording(tmp_path: Path) -> None:
    times = np.arange(3 * sounds.RATE) / sounds.RATE
    tone = (0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    analyse(sounds.write_wav(tmp_path / "tone.wav", tone), tmp_path / "made")
    found = proxy_samples(tmp_path / "made")
    assert found.size >= tone.size // 2
    assert np.abs(found[500 : tone.size // 2 - 500] - tone[1000:-1000:2]).max() < 0.001


def test_what_a_playback_file_cannot_hold_is_filtered_out(tmp_path: Path) -> None:
    times = np.arange(2 * sounds.RATE) / sounds.RATE
    tone = (0.5 * np.sin(2 * np.pi * 15_000 * times)).astype(np.float32)
    analyse(sounds.write_wav(tmp_path / "tone.wav", tone), tmp_path / "made")
    assert np.abs(proxy_samples(tmp_path / "made")[500:-500]).max() < 0.002


def test_two_processes_make_the_same_files_as_one(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse(talk, tmp_path / "one")
    monkeypatch.setattr(sound_analysis, "_MIN_PARALLEL", 0)
    progress = analyse(talk, tmp_path / "two")
    assert len(progress.spans) == 2
    for name in (PEAKS, PROXY, DOCUMENT):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


class _EntersElsewhere(Ffmpeg):
    """Enters a recording half a second later than requested."""

    def decode(
        self, *arguments: Any, start: float = 0.0, **options: Any
    ) -> AbstractContextManager[FfmpegProcess]:
        return super().decode(*arguments, start=start + 0.5 if start else 0.0, **options)


def test_a_recording_that_cannot_be_entered_exactly_is_decoded_in_one_process(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse(talk, tmp_path / "one")
    monkeypatch.setattr(sound_analysis, "_MIN_PARALLEL", 0)
    progress = analyse(talk, tmp_path / "other", _EntersElsewhere(sounds.ffmpeg().binaries))
    assert progress.spans == [(0, round(20.5 * sounds.RATE))]
    assert progress.attempt == 2
    for name in (PEAKS, PROXY, DOCUMENT):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes(), name


def test_an_mp3_is_never_entered_in_its_middle(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_analysis, "_MIN_PARALLEL", 0)
    mp3 = sounds.convert(talk, tmp_path / "talk.mp3", "-q:a", "5")
    assert len(analyse(mp3, tmp_path / "made").spans) == 1


def test_a_reader_sees_how_far_the_files_are(talk: Path, tmp_path: Path) -> None:
    found, seen = recording(talk), list[float]()
    progress = sound_analysis.new_progress(found, 0)
    (tmp_path / "made").mkdir()

    def look() -> bool:
        seen.append(progress.share)
        return False

    sound_analysis.analyse(sounds.ffmpeg(), found, 0, tmp_path / "made", progress, look)
    assert seen == sorted(seen)
    assert 0 < seen[0] < 0.5
    assert progress.covers(BLOCK, 5 * BLOCK)
    assert not progress.covers(0, 60 * sounds.RATE)


def test_a_stop_ends_the_work_and_leaves_no_document(talk: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="interrupted"):
        analyse(talk, tmp_path / "made", is_cancelled=lambda: True)
    assert not (tmp_path / "made" / DOCUMENT).exists()


def test_the_document_names_duration_loudness_and_pauses(talk: Path, tmp_path: Path) -> None:
    analyse(talk, tmp_path / "made")
    document = json.loads((tmp_path / "made" / DOCUMENT).read_text())
    assert document["duration"] == 20.5
    assert -25 < document["integrated"] < -10
    assert document["pauses"]
    assert (tmp_path / "made" / PEAKS).stat().st_size > document["loudness"]["offset"]
