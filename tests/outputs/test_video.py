from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest

from publisher.errors import MediaError
from publisher.media.segments import Workshop
from publisher.model import Chapter
from publisher.outputs.video import making
from publisher.outputs.video.making import Video
from tests.media import sounds
from tests.outputs.test_audio import studio

RATE = sounds.RATE
CHAPTERS = (Chapter(0, "Welcome"), Chapter(3, "Cut; away = #1"), Chapter(4.5, "پوښتنې"))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds: white from 4 to 4.2 s and a tone with it; subtitles and secrets beside them."""
    folder = tmp_path_factory.mktemp("recording")
    sound = sounds.voice(6, -34)
    sound[4 * RATE : 4 * RATE + RATE // 5] += 0.3 * np.sin(np.arange(RATE // 5) * 0.4)
    source = sounds.write_wav(folder / "a.wav", sound.astype(np.float32))
    words = folder / "a.srt"
    words.write_text("1\n00:00:01,000 --> 00:00:02,000\nsecret words\n", encoding="utf-8")
    flash = "color=black:s=64x64:r=25,drawbox=t=fill:c=white:enable='gte(t,4)*lt(t,4.2)'"
    return sounds.convert(
        source, folder / "talk.mp4", "-i", str(words), "-f", "lavfi", "-t", "6", "-i", flash,
        "-map", "2:v", "-map", "0:a", "-map", "1:s", "-c:a", "aac", "-c:s", "mov_text", "-g", "50",
        "-c:v", "libx264", "-metadata", "location=+48.8566+002.3522/", "-metadata", "title=IMG_0815",
        "-metadata:s:v", "handler_name=Core Video", "-timecode", "01:00:00:00",
    )  # fmt: skip


def made(folder: Path, recording: Path, **fields: object) -> Video:
    (episode,) = studio(folder, recording, chapters=CHAPTERS, **fields).series.episodes
    workshop = Workshop(sounds.ffmpeg(), folder, threading.BoundedSemaphore(2), 2)
    return making.make(workshop, episode, lambda _: None)


def pictures(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def flash(path: Path) -> float:
    """When the picture turns white."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.to_ndarray(format="gray").mean() > 128:
                assert frame.time is not None
                return frame.time
    raise AssertionError("never white")


def beep(path: Path) -> float:
    played = np.abs(sounds.read(path)[0])
    return float(np.flatnonzero(played > played.max() * 0.5)[0]) / RATE


@pytest.mark.parametrize("edit", [{}, {"mutes": ((1.0, 2.0),)}, {"end": 5.0}])
def test_a_picture_without_a_gap_is_copied_as_it_is(
    edit: dict[str, object], recording: Path, tmp_path: Path
) -> None:
    result = made(tmp_path, recording, **edit)
    before, after = pictures(recording), pictures(result.path)
    assert result.is_copied and after == before[: len(after)]
    assert len(after) == pytest.approx(len(before) * result.duration / 6, abs=3)
    assert flash(result.path) == pytest.approx(4.0, abs=0.001)
    assert beep(result.path) == pytest.approx(4.0, abs=0.02)
    if "mutes" in edit:
        silent = sounds.read(result.path)[0][round(1.05 * RATE) : round(1.95 * RATE)]
        assert sounds.rms(silent) < -70


def test_cuts_are_cut_from_picture_and_sound_alike(recording: Path, tmp_path: Path) -> None:
    result = made(tmp_path, recording, start=0.51, cuts=((1.03, 1.27), (2.9, 3.77)))
    expected = 4.0 - 0.51 - (1.27 - 1.03) - (3.77 - 2.9)
    assert not result.is_copied
    assert result.duration == pytest.approx(6 - 4.0 + expected, abs=0.05)
    assert flash(result.path) == pytest.approx(expected, abs=0.001)
    assert beep(result.path) == pytest.approx(expected, abs=0.02)
    with av.open(str(result.path)) as container:
        marks = [
            (float(one["start"] * one["time_base"]), one["metadata"]["title"]) for one in container.chapters()
        ]
        assert container.duration == pytest.approx(result.duration * 1e6, abs=50_000)
    titles = ["Welcome", "Cut; away = #1", "پوښتنې"]
    assert marks == [(pytest.approx(one.at, abs=0.001), one.title) for one in result.chapters]
    assert [title for _, title in marks] == titles


def test_its_sound_is_as_loud_as_wanted_and_nothing_else_is_in_it(recording: Path, tmp_path: Path) -> None:
    result = made(tmp_path, recording)
    loudness, peak = sounds.measure(result.path)
    assert loudness == pytest.approx(-16, abs=0.3) and peak <= -0.9
    assert (result.loudness, result.true_peak) == (
        pytest.approx(loudness, abs=0.1),
        pytest.approx(peak, abs=0.2),
    )
    content = result.path.read_bytes()
    for secret in (b"48.8566", b"IMG_0815", b"Core Video", b"secret words", b"tmcd", b"Lavf"):
        assert secret not in content
    with av.open(str(result.path)) as container:
        kinds = [stream.type for stream in container.streams]
    assert sorted(kinds)[:1] + sorted(kinds)[-1:] == ["audio", "video"]


def test_a_recording_without_a_picture_is_refused(tmp_path: Path) -> None:
    sound = sounds.write_wav(tmp_path / "talk.wav", sounds.voice(2))
    with pytest.raises(MediaError, match=r"talk\.wav has no picture"):
        made(tmp_path, sound)
