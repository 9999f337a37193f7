"""The duration of a recording is measured if its header does not declare it, or declares a wrong one."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import pytest

from publisher import timeline
from publisher.errors import MediaError
from publisher.files import DigestCache
from publisher.gather import recordings
from publisher.media import probe
from publisher.model import Chapter, Episode, Recording
from publisher.progress import NullProgress, Place, Unit
from tests.conftest import make_episode, make_series
from tests.hostile import media
from tests.media import sounds

SECONDS = 6.0
LIVE = {
    "opus.webm": ("-c:a", "libopus", "-f", "webm"),
    "video.webm": ("-f", "lavfi", "-i", "color=s=64x36:r=5:d=6", "-c:v", "libvpx", "-c:a", "libopus", "-f", "webm"),
    "jitsi.mkv": ("-c:a", "libopus", "-f", "matroska"),
    "open.flac": ("-c:a", "flac", "-f", "flac"),
    "raw.aac": ("-c:a", "aac", "-f", "adts"),
    "raw.ac3": ("-c:a", "ac3", "-f", "ac3"),
    "raw.eac3": ("-c:a", "eac3", "-f", "eac3"),
    "stream.ts": ("-c:a", "aac", "-f", "mpegts"),
    "stream.mpg": ("-c:a", "mp2", "-f", "mpeg"),
    "vbr.mp3": ("-c:a", "libmp3lame", "-q:a", "9", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"),
    "stream.wav": ("-f", "wav"),
    "adpcm.wav": ("-c:a", "adpcm_ms", "-f", "wav"),
    "stream.au": ("-f", "au"),
    "stream.caf": ("-f", "caf"),
    "stream.wv": ("-c:a", "wavpack", "-f", "wv"),
    "stream.flv": ("-c:a", "aac", "-ar", "44100", "-f", "flv"),
    "stream.asf": ("-c:a", "wmav2", "-f", "asf"),
    "stream.ogg": ("-c:a", "libvorbis", "-f", "ogg"),
    "stream.opus": ("-c:a", "libopus", "-f", "opus"),
    "fragments.mp4": ("-c:a", "aac", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov", "-frag_duration", "1000000"),
}  # fmt: skip


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("voice")
    samples = sounds.voice(SECONDS)
    # The second half is silent: there a variable bitrate is another one, and an estimate is wrong.
    samples[samples.size // 2 :] = 0
    return sounds.write_wav(folder / "voice.wav", samples)


def attached(root: Path, path: Path, **more: object) -> Episode:
    """The talk with its recording. Raises MediaError when that cannot be used."""
    series = make_series(root, make_episode("a", recording_path=path, **more))
    digests = DigestCache(root / "digests.json")
    series, unusable = recordings.probe_recordings(
        series, sounds.ffmpeg, digests, root / "recordings.json", NullProgress()
    )
    for error in unusable.values():
        raise error
    return series.episodes[0]


def duration(root: Path, path: Path) -> float:
    recording = attached(root, path).recording
    assert recording is not None
    return recording.duration


def audio_duration(path: Path) -> float:
    """The duration of a file's audio as PyAV decodes it."""
    with av.open(str(path)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


@pytest.mark.parametrize("name", LIVE)
def test_the_duration_of_a_streamed_file_is_that_of_its_audio(name: str, voice: Path, tmp_path: Path) -> None:
    path = sounds.streamed(voice, tmp_path / name, *LIVE[name])
    assert duration(tmp_path, path) == pytest.approx(audio_duration(path), abs=0.1)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_file_without_a_declared_size_is_measured(size: int, voice: Path, tmp_path: Path) -> None:
    content = bytearray(voice.read_bytes())
    struct.pack_into("<I", content, 4, size)
    struct.pack_into("<I", content, content.index(b"data") + 4, size)
    path = tmp_path / "talk.wav"
    path.write_bytes(content)
    assert duration(tmp_path, path) == pytest.approx(SECONDS, abs=0.01)


@pytest.mark.parametrize("name", ["opus.webm", "open.flac"])
def test_chapters_cuts_and_end_are_checked_against_the_measured_duration(
    name: str, voice: Path, tmp_path: Path
) -> None:
    path = sounds.streamed(voice, tmp_path / name, *LIVE[name])
    times = {"chapters": (Chapter(0.0, "A"), Chapter(3.0, "B")), "cuts": ((1.0, 2.0),), "end": 5.0}
    episode = attached(tmp_path, path, **times)
    assert not list(timeline.out_of_range(episode))
    late = attached(tmp_path, path, end=9.0)
    assert [key for key, _ in timeline.out_of_range(late)] == ["end"]


def test_a_duration_is_measured_once_and_cached_by_digest(voice: Path, tmp_path: Path) -> None:
    path = sounds.streamed(voice, tmp_path / "open.flac", *LIVE["open.flac"])
    first = duration(tmp_path, path)
    renamed = path.rename(tmp_path / "b.flac")

    def find() -> object:
        raise AssertionError("ffmpeg is asked again")

    series = make_series(tmp_path, make_episode("a", recording_path=renamed))
    digests = DigestCache(tmp_path / "digests.json")
    series, _ = recordings.probe_recordings(
        series, find, digests, tmp_path / "recordings.json", NullProgress()
    )  # type: ignore[arg-type]
    recording = series.episodes[0].recording
    assert isinstance(recording, Recording) and recording.duration == first


def test_joined_files_last_as_long_as_all_of_them(voice: Path, tmp_path: Path) -> None:
    one = sounds.convert(voice, tmp_path / "one.mp3")
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(one.read_bytes() * 3)
    assert duration(tmp_path, joined) == pytest.approx(3 * SECONDS, abs=0.2)


def test_half_an_mp3_has_the_duration_its_header_declares(voice: Path, tmp_path: Path) -> None:
    path = sounds.convert(voice, tmp_path / "talk.mp3")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert duration(tmp_path, path) == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("name", ["open.flac", "raw.aac", "opus.webm", "vbr.mp3"])
def test_measuring_stops_at_the_limit(
    name: str, voice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sounds.streamed(voice, tmp_path / name, *LIVE[name])
    monkeypatch.setattr(probe, "MAX_DURATION", 3.5)
    with pytest.raises(MediaError, match=rf"{name}: lasts 4 seconds; 4 are allowed"):
        attached(tmp_path, path)


def test_a_hundred_hours_of_silence_in_a_small_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "silence.flac"
    path.write_bytes(media.silent_flac(360_000))
    assert path.stat().st_size < 700_000
    with pytest.raises(MediaError, match="86400 are allowed"):
        attached(tmp_path, path)


def test_measuring_reports_progress(voice: Path, tmp_path: Path) -> None:
    shown: list[tuple[str, float]] = []

    class Task:
        def __init__(self, title: str) -> None:
            self.title = title

        def advance(self, done: float) -> None:
            shown.append((self.title, done))

        def stage(self, name: str) -> None: ...

        def finish(self) -> None: ...

    class Shown(NullProgress):
        def start(
            self, title: str, total: float | None = None, unit: Unit = "seconds", place: Place | None = None
        ) -> Task:
            return Task(title)

    path = sounds.streamed(voice, tmp_path / "open.flac", *LIVE["open.flac"])
    series = make_series(tmp_path, make_episode("a", recording_path=path))
    digests = DigestCache(tmp_path / "digests.json")
    recordings.probe_recordings(series, sounds.ffmpeg, digests, tmp_path / "recordings.json", Shown())
    measured = [done for title, done in shown if title == "measuring open.flac"]
    assert measured and measured[-1] == pytest.approx(SECONDS, abs=0.1)
