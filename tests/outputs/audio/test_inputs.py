"""Difficult recordings: each becomes correct output, or an error that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from publisher.errors import MediaError
from publisher.files import DigestCache
from publisher.gather import recordings
from publisher.model import AudioSettings, Episode, Series
from publisher.progress import NullProgress
from tests.conftest import make_episode, make_series
from tests.media import sounds
from tests.outputs.audio.test_maker import AudioSeries, audio_series

VOICE = sounds.voice(6, -24)
OTHER = sounds.voice(6, -24, 230, seed=7)
TIMES = np.arange(VOICE.size) / sounds.RATE


def voice(folder: Path, *options: str, name: str = "talk.wav", samples: sounds.Samples = VOICE) -> Path:
    """The voice, made into a file of this name by ffmpeg with these options."""
    source = sounds.write_wav(folder / "source.wav", samples)
    return sounds.convert(source, folder / name, *options)


def surround(folder: Path) -> Path:
    """5.1 with one voice in the centre and another in the back, neither at the front's sides."""
    channels = np.zeros((6, VOICE.size), np.float32)
    channels[2, : 3 * sounds.RATE] = VOICE[: 3 * sounds.RATE]
    channels[4:, 3 * sounds.RATE :] = OTHER[3 * sounds.RATE :]
    source = sounds.write_wav(folder / "source.wav", channels)
    return sounds.convert(source, folder / "talk.mkv", "-af", "channelmap=channel_layout=5.1", "-c:a", "flac")


def telephone(folder: Path) -> Path:
    return voice(folder, "-ar", "8000", "-ac", "1", "-c:a", "pcm_mulaw")


def studio_quality(folder: Path) -> Path:
    return voice(folder, "-ar", "96000", "-c:a", "pcm_s24le")


def clipping(folder: Path) -> Path:
    return voice(folder, samples=np.clip(VOICE * 40, -1, 1))


def two_seconds(folder: Path) -> Path:
    return voice(folder, samples=VOICE[: 2 * sounds.RATE])


def variable_frames(folder: Path) -> Path:
    picture = ("-f", "lavfi", "-i", "testsrc=s=64x64:r=30", "-shortest", "-fps_mode", "vfr")
    drop = ("-vf", "select='not(mod(n\\,7))+not(mod(n\\,11))'", "-c:v", "mpeg4", "-c:a", "aac")
    return voice(folder, *picture, *drop, name="talk.mp4")


def wrong_extension(folder: Path) -> Path:
    return voice(folder, "-c:a", "flac", "-f", "flac", name="talk.mp3")


def named(name: str) -> Callable[[Path], Path]:
    return lambda folder: voice(folder).rename(folder / name)


def broken_tail(folder: Path) -> Path:
    """A transport stream whose last bytes are noise: what a full disk or a dying card leaves."""
    path = voice(folder, "-c:a", "aac", "-f", "mpegts", name="talk.ts")
    content = path.read_bytes()
    rubbish = np.random.default_rng(5).integers(0, 256, 4_000, np.uint8).tobytes()
    path.write_bytes(content[: len(content) * 99 // 100] + rubbish)
    return path


RIGHT: dict[str, tuple[Callable[[Path], Path], float]] = {
    "two seconds": (two_seconds, 2),
    "clipping": (clipping, 6),
    "8 kHz mono": (telephone, 6),
    "96 kHz, 24 bits": (studio_quality, 6),
    "5.1": (surround, 6),
    "variable frame rate": (variable_frames, 6),
    "wrong extension": (wrong_extension, 6),
    "broken tail": (broken_tail, 6),
    "quotes and spaces": (named('it\'s "the" talk.wav'), 6),
    "colon": (named("http:talk.wav"), 6),
    "leading hyphen": (named("-y.wav"), 6),
    "newline": (named("a\nb.wav"), 6),
    "right to left": (named("خبرې \u202eabc.wav"), 6),
    "percent": (named("talk%03d.wav"), 6),
}


@pytest.mark.parametrize("case", RIGHT)
def test_hard_recordings_become_audio_of_the_right_length_and_loudness(case: str, tmp_path: Path) -> None:
    record, lasts = RIGHT[case]
    place = audio_series(tmp_path, record(tmp_path))
    path, enclosure = place.only(place.make())
    assert enclosure.duration == pytest.approx(lasts, abs=0.1)
    loudness, peak = sounds.measure(path)
    assert loudness == pytest.approx(-16, abs=0.35) and peak <= -0.9
    assert enclosure.loudness == pytest.approx(-16, abs=0.3)


@pytest.mark.parametrize("form", ["mp3", "m4a", "opus"])
@pytest.mark.parametrize("offset", [(0.05,), (0.25,), (0.2, -0.1)])
def test_dc_offset_of_the_recording_is_not_published(
    offset: tuple[float, ...], form: str, tmp_path: Path
) -> None:
    both = np.stack([samples + np.float32(by) for samples, by in zip((VOICE, OTHER), offset, strict=False)])
    path = voice(tmp_path, samples=both)
    place = audio_series(tmp_path, path, audio=AudioSettings(formats=(form,)))
    made, enclosure = place.only(place.make())
    decoded = sounds.read(made)
    # libopus adds a little of its own, also to a voice without any.
    assert np.abs(decoded.mean(axis=1, dtype=np.float64)).max() < (1e-3 if form == "opus" else 1e-4)
    assert enclosure.loudness == pytest.approx(-16.0, abs=0.3)
    assert enclosure.duration == pytest.approx(6.0, abs=1e-4)


def test_voices_in_the_centre_and_surround_channels_are_both_published(tmp_path: Path) -> None:
    place = audio_series(tmp_path, surround(tmp_path))
    played = sounds.read(place.only(place.make())[0])
    halves = [sounds.rms(played[:, : 3 * sounds.RATE]), sounds.rms(played[:, 3 * sounds.RATE :])]
    assert min(halves) > -30 and abs(halves[0] - halves[1]) < 6


def tracks(folder: Path, default: int) -> Path:
    """A tone of 400 Hz on track 0 and one of 900 Hz on track 1."""
    low, high = (
        sounds.write_wav(folder / f"{pitch}.wav", (VOICE * 0.01 + np.sin(TIMES * pitch * 2 * np.pi) * 0.1))
        for pitch in (400, 900)
    )
    marks = [(f"-disposition:a:{track}", "default" if track == default else "0") for track in (0, 1)]
    flat = [part for mark in marks for part in mark]
    return sounds.convert(
        low, folder / "talk.mkv", "-i", str(high), "-map", "0:a", "-map", "1:a", "-c:a", "flac", *flat
    )


@pytest.mark.parametrize(("default", "selected", "pitch"), [(0, None, 400), (1, None, 900), (0, 1, 900)])
def test_the_requested_or_the_default_track_is_published(
    default: int, selected: int | None, pitch: int, tmp_path: Path
) -> None:
    place = audio_series(tmp_path, tracks(tmp_path, default), audio=AudioSettings(audio_track=selected))
    played = sounds.read(place.only(place.make())[0])[0]
    measured = np.argmax(np.abs(np.fft.rfft(played[: 4 * sounds.RATE]))) / 4
    assert measured == pytest.approx(pitch, abs=2)


def test_audio_that_begins_after_the_picture_stays_in_sync(tmp_path: Path) -> None:
    source = sounds.write_wav(tmp_path / "source.wav", VOICE)
    place = audio_series(tmp_path, sounds.delayed(source, tmp_path / "talk.mp4", 1.5))
    played = sounds.read(place.only(place.make())[0])[0]
    assert sounds.rms(played[: round(1.4 * sounds.RATE)]) < -80
    loud = np.flatnonzero(np.abs(played) > 0.02)[0] / sounds.RATE
    first = np.flatnonzero(np.abs(VOICE) > 0.02)[0] / sounds.RATE
    assert loud == pytest.approx(1.5 + first, abs=0.05)


def silence(folder: Path) -> Path:
    return voice(folder, samples=np.zeros_like(VOICE))


def near_silence(folder: Path) -> Path:
    return voice(folder, samples=VOICE * 0.01)


def truncated(folder: Path) -> Path:
    """A Matroska file of which only a third was copied: it says how long it should be."""
    path = voice(folder, "-c:a", "flac", name="talk.mkv")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    return path


def without_index(folder: Path) -> Path:
    """An MP4 whose recorder was switched off before it wrote the index."""
    path = voice(folder, "-c:a", "aac", name="talk.mp4")
    path.write_bytes(path.read_bytes()[:5_000])
    return path


def without_sound(folder: Path) -> Path:
    sounds.with_picture(sounds.write_wav(folder / "s.wav", VOICE[:48_000]), folder / "v.mp4", "-c:a", "aac")
    return sounds.convert(folder / "v.mp4", folder / "talk.mp4", "-an", "-c:v", "copy")


def not_media(folder: Path) -> Path:
    (folder / "talk.mp4").write_text("These are my notes.\n", encoding="utf-8")
    return folder / "talk.mp4"


def playlist(folder: Path) -> Path:
    (folder / "talk.mp4").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n", encoding="utf-8")
    return folder / "talk.mp4"


def empty(folder: Path) -> Path:
    (folder / "talk.mp4").touch()
    return folder / "talk.mp4"


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "silence": (silence, r"talk\.wav: the published part is silent.*audio_track"),
    "near silence": (near_silence, r"talk\.wav: the published part is nearly silent \(-\d\d LUFS\)"),
    "truncated": (
        truncated,
        r"talk\.mkv: is incomplete: by its header it has [\d,]+ bytes, the file has only [\d,]+; copy it again.*end = ",
    ),
    "no index": (
        without_index,
        r"talk\.mp4: cannot be read as a recording: its index is missing.*Copy it again",
    ),
    "no sound": (without_sound, r"talk\.mp4: contains no audio, only a picture; use"),
    "a text": (not_media, r"talk\.mp4: cannot be read as a recording: .* no recording at all"),
    "a playlist": (playlist, r"talk\.mp4: cannot be read as a recording"),
    "empty": (empty, r"talk\.mp4: the file is empty; copy the recording again"),
}


def probed(folder: Path, talk: Episode) -> tuple[Series, Mapping[str, MediaError]]:
    return recordings.probe_recordings(
        make_series(folder, talk),
        sounds.ffmpeg,
        DigestCache(folder / "d.json"),
        folder / "r.json",
        NullProgress(),
    )


def test_an_incomplete_recording_is_published_up_to_end_if_that_part_is_there(tmp_path: Path) -> None:
    talk = make_episode("first-talk", recording_path=truncated(tmp_path), end=1.0)
    assert AudioSeries(tmp_path, probed(tmp_path, talk)[0]).make().facts.enclosures
    words = r"talk\.mkv: its sound ends at 0:.*until 0:05.*[Cc]opy it again.*end = "
    with pytest.raises(MediaError, match=words):
        AudioSeries(tmp_path, probed(tmp_path, replace(talk, end=5.0))[0]).make()


@pytest.mark.parametrize("case", REFUSED)
def test_an_unusable_recording_is_refused_with_its_name_and_advice(case: str, tmp_path: Path) -> None:
    record, words = REFUSED[case]
    talk = make_episode("first-talk", recording_path=record(tmp_path))
    found, unusable = probed(tmp_path, talk)
    with pytest.raises(MediaError, match=words):
        for error in unusable.values():
            raise error
        AudioSeries(tmp_path, found).make()
    assert not list((tmp_path / "public").rglob("*.*"))
