from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from publisher.errors import FfmpegMissing, MediaError
from publisher.media.ffmpeg import Binaries, Ffmpeg
from tests.media import sounds


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    source = sounds.write_wav(folder / "voice.wav", sounds.voice(3))
    about = ("-metadata", "location=+48.8566+002.3522/", "-metadata", "artist=A: B = C", "-c:a", "aac")
    return sounds.with_picture(
        source, folder / "talk.mp4", *about, "-metadata:s:a:0", "handler_name=Handset 9"
    )


def decoded(ffmpeg: Ffmpeg, path: Path) -> int:
    with ffmpeg.decode(path, 0, 1) as running:
        return len(running.stdout.read()) // 4


def test_a_named_program_that_does_not_exist_is_reported() -> None:
    with pytest.raises(FfmpegMissing, match=r"PUBLISHER_FFMPEG.*no-such-program"):
        Ffmpeg.find({"PUBLISHER_FFMPEG": "no-such-program", "PATH": ""})


def test_an_insufficient_program_is_skipped_on_path_and_refused_when_named(
    tmp_path: Path,
) -> None:
    poor = tmp_path / "ffmpeg"
    poor.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    poor.chmod(0o755)
    assert Ffmpeg.find({"PATH": str(tmp_path)}).binaries.ffmpeg != str(poor)
    with pytest.raises(FfmpegMissing, match="libmp3lame, aac, libopus"):
        Ffmpeg.find({"PUBLISHER_FFMPEG": str(poor), "PATH": ""})


def test_a_program_without_a_video_encoder_is_skipped_on_path_and_used_when_named(
    tmp_path: Path,
) -> None:
    able = sounds.write_ffmpeg_for_sound(tmp_path / "ffmpeg")
    path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    assert Ffmpeg.find({"PATH": path}).binaries.ffmpeg != str(able)
    assert Ffmpeg.find({"PUBLISHER_FFMPEG": str(able), "PATH": path}).binaries.ffmpeg == str(able)


def test_a_recording_is_probed_without_ffprobe(recording: Path) -> None:
    found = sounds.ffmpeg().probe(recording)
    assert found.duration == pytest.approx(3.0, abs=0.3)
    (track,) = found.tracks
    assert (track.codec, track.sample_rate, track.channels, track.default) == ("aac", 48_000, 1, True)
    assert (found.width, found.height) == (64, 64)
    assert found.metadata["location"] == "+48.8566+002.3522/"
    assert found.metadata["artist"] == "A: B = C"
    assert "handler_name" in found.metadata


def test_ffprobe_and_ffmpeg_give_the_same_result(recording: Path, tmp_path: Path) -> None:
    from shutil import which

    ffprobe = which("ffprobe")
    if ffprobe is None:
        pytest.skip("this machine has no ffprobe")
    bundled = sounds.ffmpeg()
    both = Ffmpeg(Binaries(bundled.binaries.ffmpeg, ffprobe))
    wav = sounds.write_wav(tmp_path / "a.wav", sounds.voice(1.234))
    surround = sounds.convert(wav, tmp_path / "surround.mkv", "-ac", "6", "-c:a", "flac")
    for path in (recording, wav, surround):
        assert both.probe(path) == bundled.probe(path)


@pytest.mark.parametrize(
    "name", ["-y.wav", "a:b.wav", "100%d.wav", "two  spaces é 'q' [x].wav", "concat:a|b.wav"]
)
def test_no_file_name_is_taken_for_an_option_or_protocol(name: str, tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / name, sounds.voice(0.5))
    assert sounds.ffmpeg().probe(path).duration == pytest.approx(0.5)
    assert decoded(sounds.ffmpeg(), path) == 24_000


@pytest.mark.parametrize(
    "content",
    [
        "ffconcat version 1.0\nfile secret.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsecret.wav\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
        "not a recording at all",
    ],
)
def test_a_playlist_named_like_a_recording_opens_nothing(content: str, tmp_path: Path) -> None:
    sounds.write_wav(tmp_path / "secret.wav", sounds.voice(0.5))
    path = tmp_path / "talk.mp4"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MediaError, match=r"talk\.mp4: cannot be read as a recording"):
        sounds.ffmpeg().probe(path)
    with pytest.raises(MediaError, match=r"talk\.mp4: cannot be decoded"):
        decoded(sounds.ffmpeg(), path)


def test_a_message_names_the_file_and_one_reason(tmp_path: Path) -> None:
    broken = tmp_path / "talk.mov"
    broken.write_bytes(b"\0\0\0\x14ftypqt  " + bytes(200))
    with pytest.raises(MediaError) as raised:
        sounds.ffmpeg().probe(broken)
    assert str(raised.value).startswith("talk.mov: cannot be read")
    assert "\n" not in str(raised.value) and str(tmp_path) not in str(raised.value)


def test_decoding_reports_progress(recording: Path) -> None:
    reported: list[float] = []
    with sounds.ffmpeg().decode(recording, 0, 1, report=reported.append) as running:
        running.stdout.read()
    assert reported[-1] == pytest.approx(3.0, abs=0.1)


def test_stopping_ends_running_processes_and_refuses_new_ones(recording: Path) -> None:
    ffmpeg = sounds.ffmpeg()
    with pytest.raises(MediaError, match="interrupted"), ffmpeg.decode(recording, 0, 1) as running:
        threading.Timer(0.05, ffmpeg.stop).start()
        running.child.wait()
    with pytest.raises(MediaError, match="interrupted"):
        decoded(ffmpeg, recording)


def test_a_child_does_not_outlive_a_failing_reader(recording: Path) -> None:
    with pytest.raises(KeyError), sounds.ffmpeg().decode(recording, 0, 1) as running:
        raise KeyError
    assert running.child.poll() is not None
