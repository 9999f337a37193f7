from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import pytest

from publisher import files
from publisher.errors import MediaError
from publisher.files import DigestCache
from publisher.gather import recordings
from publisher.media import probe
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import AudioSettings, AudioTrack, Recording, Series, SourceFile
from publisher.progress import NullProgress, Place, Unit
from tests.conftest import make_episode, make_series
from tests.hostile import media
from tests.media import sounds


def attached(
    root: Path, *paths: Path | None, asked: list[str] | None = None
) -> tuple[Series, Mapping[str, MediaError]]:
    def find() -> Ffmpeg:
        if asked is not None:
            asked.append("ffmpeg")
        return sounds.ffmpeg()

    talks = [make_episode(f"talk-{number}", recording_path=path) for number, path in enumerate(paths)]
    series = make_series(root, *talks)
    return recordings.probe_recordings(
        series, find, DigestCache(root / "digests.json"), root / "recordings.json", NullProgress()
    )


def only(series: Series) -> Recording | None:
    return series.episodes[0].recording


def test_a_recording_is_identified_and_probed(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", sounds.voice(1.5))
    found = only(attached(tmp_path, path)[0])
    assert found is not None and found.path == path and len(found.digest) == 64
    assert (found.duration, found.has_video, found.tracks[0].channels) == (1.5, False, 1)


def test_ffmpeg_does_not_run_for_cached_recordings(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", sounds.voice(0.5))
    first = only(attached(tmp_path, path)[0])
    before = (tmp_path / "recordings.json").stat().st_mtime_ns
    asked: list[str] = []
    assert only(attached(tmp_path, path, asked=asked)[0]) == first
    assert asked == []
    assert (tmp_path / "recordings.json").stat().st_mtime_ns == before


def test_a_renamed_recording_is_known_and_a_changed_one_is_new(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", sounds.voice(0.5))
    attached(tmp_path, path)
    renamed = path.rename(tmp_path / "b.wav")
    asked: list[str] = []
    attached(tmp_path, renamed, asked=asked)
    assert asked == []
    sounds.write_wav(renamed, sounds.voice(0.75))
    found = only(attached(tmp_path, renamed, asked=asked)[0])
    assert asked and found is not None and found.duration == 0.75


def test_a_talk_without_a_recording_has_none(tmp_path: Path) -> None:
    series, unusable = attached(tmp_path, None)
    assert only(series) is None and not unusable


def test_a_damaged_cache_is_treated_as_missing(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", sounds.voice(0.5))
    (tmp_path / "recordings.json").write_text('{"version": 1, "recordings": 7}', encoding="utf-8")
    assert only(attached(tmp_path, path)[0]) is not None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (lambda path: path.write_bytes(b"no recording" * 99), "cannot be read as a recording"),
        (lambda path: path.mkdir(), "cannot be read"),
        (lambda path: None, "cannot be read"),
        (
            lambda path: sounds.with_picture(
                sounds.write_wav(path.parent / "a.wav", sounds.voice(0.5)), path, "-an", "-t", "1"
            ),
            "contains no audio",
        ),
    ],
)
def test_unusable_recordings_are_reported_per_talk_without_stopping_others(
    make: object, words: str, tmp_path: Path
) -> None:
    good, bad = sounds.write_wav(tmp_path / "good.wav", sounds.voice(0.5)), tmp_path / "bad.mp4"
    make(bad)  # type: ignore[operator]
    for _ in range(2):
        series, unusable = attached(tmp_path, good, bad)
        assert only(series) is not None
        assert set(unusable) == {"talk-1"}
        assert str(unusable["talk-1"]).startswith("bad.mp4: ") and words in str(unusable["talk-1"])


def test_a_recording_with_several_tracks_asks_for_a_choice() -> None:
    tracks = (AudioTrack(0, "aac", 48000, 2, True, language="eng"), AudioTrack(1, "aac", 48000, 2))
    recording = Recording(Path("a.mp4"), "0" * 64, 60.0, tracks)
    open_choice = make_episode("a", recording=recording)
    (hint,) = recordings.check_tracks(open_choice)
    assert (hint[0], hint[1], hint[3]) == ("a", "recording", "warning")
    assert "2 audio tracks (eng, ?)" in hint[2]
    chosen = replace(open_choice, audio=replace(open_choice.audio, audio_track=1))
    assert not list(recordings.check_tracks(chosen))
    beyond = replace(open_choice, audio=replace(open_choice.audio, audio_track=2))
    assert list(recordings.check_tracks(beyond)) == [
        ("a", "audio.audio_track", "there is no track 2: the recording has audio tracks 0 to 1", "error")
    ]


def test_an_intro_without_audio_is_reported_at_its_key(tmp_path: Path) -> None:
    text, sound = tmp_path / "words.wav", sounds.write_wav(tmp_path / "a.wav", sounds.voice(0.5))
    text.write_text("no sound at all", encoding="utf-8")
    silent, heard = (SourceFile(path, path.name) for path in (text, sound))
    series = make_series(
        tmp_path, make_episode("a", audio=AudioSettings(outro=silent)), audio=AudioSettings(intro=heard)
    )
    digests = DigestCache(tmp_path / "digests.json")
    (found,) = recordings.check_jingles(series, sounds.ffmpeg, digests, tmp_path / "jingles.json")
    assert (found[0], found[1], found[3]) == ("a", "audio.outro", "error")
    assert "words.wav: cannot be read as a recording" in found[2]


def test_the_video_codec_and_pixel_format_are_probed(tmp_path: Path) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.voice(0.5))
    options = ("-pix_fmt", "yuv420p", "-vf", "crop=64:48", "-c:a", "aac")
    flat = sounds.with_picture(source, tmp_path / "flat.mp4", *options)
    upright = sounds.turned(flat, tmp_path / "upright.mp4", -90)
    found = [only(attached(tmp_path, path)[0]) for path in (flat, upright, source)]
    seen = [(one.picture, one.pixels, one.width, one.height) for one in found if one is not None]
    assert seen == [("h264", "yuv420p", 64, 48), ("h264", "yuv420p", 48, 64), ("", "", None, None)]


@lru_cache
def large_picture() -> bytes:
    return media.png(9_000, 9_000, rows=9_000)


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "mkv"])
def test_a_picture_too_large_is_refused_before_it_is_decoded(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"talk.{suffix}"
    picture = large_picture()
    codec = "libmp3lame" if suffix == "mp3" else "aac"
    path.write_bytes(
        media.with_cover(picture, "-c:a", codec, "-disposition:v", "attached_pic", suffix=path.suffix)
    )
    _, unusable = attached(tmp_path, path)
    assert "it has a picture of 9000x9000 pixels; 67108864 are allowed" in str(unusable["talk-0"])


def test_ffmpeg_and_ffprobe_report_the_same_video() -> None:
    side = {"side_data_type": "Display Matrix", "rotation": -90}
    picture = {
        "codec_type": "video", "codec_name": "h264", "pix_fmt": "yuv420p", "width": 1920, "height": 1080,
        "side_data_list": [side],
    }  # fmt: skip
    told = probe.from_json({"format": {"duration": "2"}, "streams": [picture]})
    said = (
        "  Duration: 00:00:02.00, start: 0.000000, bitrate: 96 kb/s\n"
        "  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), "
        "1920x1080 [SAR 1:1 DAR 16:9], 15 kb/s, 25 fps, 25 tbr, 12800 tbn (default)\n"
        "    Side data:\n      displaymatrix: rotation of -90.00 degrees\n"
    )
    assert probe.from_text(said, "talk.mp4") == told
    assert (told.picture, told.pixels, told.width, told.height) == ("h264", "yuv420p", 1080, 1920)


class Watched(NullProgress):
    """Progress that keeps what it is given: title, total and unit of each task, and how far each went."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, float | None, Unit, list[float]]] = []

    def start(
        self, title: str, total: float | None = None, unit: Unit = "seconds", place: Place | None = None
    ) -> Watched:
        self.tasks.append((title, total, unit, []))
        return self

    def advance(self, done: float) -> None:
        self.tasks[-1][3].append(done)

    def stage(self, name: str) -> None: ...

    def finish(self) -> None: ...


@pytest.mark.parametrize("block", [1 << 18, 1 << 26])
def test_progress_counts_the_bytes_of_new_recordings(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    monkeypatch.setattr(files, "_CHUNK", 1 << 16)
    paths = [sounds.write_wav(tmp_path / f"{n}.wav", sounds.voice(5, seed=n)) for n in (1, 2)]
    sizes = [path.stat().st_size for path in paths]
    talks = [make_episode(f"t-{n}", recording_path=path) for n, path in enumerate([*paths, paths[0]])]
    series, watched = make_series(tmp_path, *talks), Watched()
    digests = DigestCache(tmp_path / "digests.json")
    recordings.probe_recordings(series, sounds.ffmpeg, digests, tmp_path / "recordings.json", watched)
    (read,) = [task for task in watched.tasks if task[0] == "reading recordings"]
    assert read[1:3] == (sum(sizes), "bytes")
    assert read[3] == sorted(read[3]) and read[3][-1] == sum(sizes)
    assert max(after - before for before, after in pairwise(read[3])) <= 1 << 16
    again = Watched()
    recordings.probe_recordings(series, sounds.ffmpeg, digests, tmp_path / "recordings.json", again)
    assert not again.tasks
