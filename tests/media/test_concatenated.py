"""Recordings put together from several: all of their sound is published, or the place is named where it cannot be."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from publisher.errors import MediaError
from publisher.files import DigestCache
from publisher.gather import recordings
from publisher.media import decode, source_audio
from publisher.media.ffmpeg_args import TO_END, Clip
from publisher.model import Episode
from publisher.progress import NullProgress
from tests.conftest import make_episode, make_series
from tests.media import sounds

FIRST, SECOND = 4.0, 3.0
ENCODERS = {
    "mp3": ("-c:a", "libmp3lame", "-f", "mp3"),
    "bare.mp3": ("-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"),
    "aac": ("-c:a", "aac", "-f", "adts"),
    "ac3": ("-c:a", "ac3", "-f", "ac3"),
    "flac": ("-c:a", "flac"),
    "ts": ("-c:a", "aac", "-f", "mpegts"),
    "mpg": ("-c:a", "mp2", "-f", "mpeg"),
    "au": ("-f", "au"),
    "ogg": ("-c:a", "libvorbis"),
    "opus": ("-c:a", "libopus"),
    "wav": (),
    "w64": (),
    "aiff": (),
    "m4a": ("-c:a", "aac"),
    "mp4": ("-c:a", "aac"),
    "mkv": ("-c:a", "aac"),
    "webm": ("-c:a", "libopus"),
}


@lru_cache(maxsize=64)
def part(kind: str, seconds: float, *options: str, pitch: float = 140.0) -> bytes:
    """One of the files that are joined: a voice, as ffmpeg writes it with these options."""
    with tempfile.TemporaryDirectory() as made:
        return _part(Path(made), kind, seconds, *options, pitch=pitch)


def _part(folder: Path, kind: str, seconds: float, *options: str, pitch: float) -> bytes:
    source = sounds.write_wav(folder / "source.wav", sounds.voice(seconds, pitch=pitch))
    path = folder / f"part.{kind.rsplit('.')[-1]}"
    return sounds.convert(source, path, *ENCODERS[kind], *options).read_bytes()


def joined(folder: Path, kind: str, *others: tuple[str, ...]) -> Path:
    """A voice of 4 s at 48 kHz, and one of 3 s for each of `others`, with these options."""
    parts = [part(kind, FIRST)]
    parts += [part(kind, SECOND, *options, pitch=200.0) for options in others]
    path = folder / f"talk.{kind.rsplit('.')[-1]}"
    path.write_bytes(b"".join(parts))
    return path


@dataclass(frozen=True)
class TalkDecoder:
    root: Path

    def episode(self, path: Path, **more: object) -> Episode:
        """The talk with its recording. Raises MediaError when that cannot be used."""
        series = make_series(self.root, make_episode("a", recording_path=path, **more))
        digests = DigestCache(self.root / "digests.json")
        cache = self.root / "recordings.json"
        series, unusable = recordings.probe_recordings(series, sounds.ffmpeg, digests, cache, NullProgress())
        for error in unusable.values():
            raise error
        return series.episodes[0]

    def sound(self, path: Path, **more: object) -> sounds.Samples:
        """The talk's decoded audio."""
        clip = decode.talk_clip(self.episode(path, **more))
        audio = source_audio.decode_to_disk(sounds.ffmpeg(), [clip], self.root, "mono", lambda _: None)
        return audio.read(0, audio.samples)[0]


def longest_silence(samples: sounds.Samples) -> float:
    """Seconds of the longest run of digital silence."""
    edges = np.flatnonzero(np.concatenate(([True], np.abs(samples) > 1e-6, [True])))
    return float(np.diff(edges).max()) / sounds.RATE


@lru_cache
def silence_of_one(kind: str) -> float:
    """The longest silence of the first of the files that are joined, by itself."""
    with tempfile.TemporaryDirectory() as folder:
        return longest_silence(TalkDecoder(Path(folder)).sound(joined(Path(folder), kind)))


def pitch_of(samples: sounds.Samples) -> float:
    """The pitch (Hz) of the voice in a stretch: the strongest below 260 Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    frequencies = np.fft.rfftfreq(samples.size, 1 / sounds.RATE)
    within = (frequencies > 100) & (frequencies < 260)
    return float(frequencies[within][spectrum[within].argmax()])


RATES = ("-ar", "44100")
CHANNELS = ("-ac", "2")


@pytest.mark.parametrize("kind", ["mp3", "bare.mp3", "aac", "ac3", "ts", "mpg"])
@pytest.mark.parametrize("others", [(RATES,), (CHANNELS,), ((),), (RATES, CHANNELS), (("-ar", "32000"), ())])
def test_all_audio_of_joined_files_is_decoded(
    kind: str, others: tuple[tuple[str, ...], ...], tmp_path: Path
) -> None:
    samples = TalkDecoder(tmp_path).sound(joined(tmp_path, kind, *others))
    assert samples.size / sounds.RATE == pytest.approx(FIRST + SECOND * len(others), abs=0.25)
    # The voice pauses for a second or so, never digitally silent for longer.
    alone = silence_of_one(kind)
    assert longest_silence(samples) < max(alone, 1.8) + 0.2
    second = sounds.RATE
    assert pitch_of(samples[second : 3 * second]) == pytest.approx(140, abs=3)
    assert pitch_of(samples[int(4.5 * second) : int(6.5 * second)]) == pytest.approx(200, abs=4)


@pytest.mark.parametrize("kind", ["mp3", "ts"])
def test_cuts_and_mutes_of_joined_files_keep_their_times(kind: str, tmp_path: Path) -> None:
    path = joined(tmp_path, kind, RATES)
    whole = TalkDecoder(tmp_path).sound(path)
    second = sounds.RATE
    edited = TalkDecoder(tmp_path).sound(path, cuts=((1.0, 2.0),), mutes=((5.0, 5.5),), end=6.5)
    assert edited.size == int(5.5 * second)
    assert not edited[4 * second : int(4.5 * second)].any()
    inner = slice(int(4.6 * second), int(5.4 * second))
    assert np.abs(edited[inner] - whole[second:][inner]).max() < 1e-5


@pytest.mark.parametrize("kind", ["ogg", "opus"])
def test_chained_ogg_of_one_format_is_decoded_completely(kind: str, tmp_path: Path) -> None:
    samples = TalkDecoder(tmp_path).sound(joined(tmp_path, kind, ()))
    assert samples.size / sounds.RATE == pytest.approx(FIRST + SECOND, abs=0.1)


REFUSED = {
    "ogg": ("ogg", RATES, "0:04"),
    "ogg channels": ("ogg", CHANNELS, "0:04"),
    "opus": ("opus", CHANNELS, "0:04"),
    "wav": ("wav", (), "0:04"),
    "wav of another rate": ("wav", RATES, "0:04"),
    "w64": ("w64", (), "0:04"),
    "aiff": ("aiff", (), "0:04"),
    "m4a": ("m4a", (), "0:04"),
    "mp4": ("mp4", RATES, "0:04"),
    "mkv": ("mkv", (), "0:04"),
    "flac": ("flac", (), "0:04"),
    "flac of another rate": ("flac", RATES, "0:04"),
    "webm": ("webm", CHANNELS, "0:04"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_second_recording_that_players_ignore_is_refused_with_its_time(case: str, tmp_path: Path) -> None:
    kind, options, place = REFUSED[case]
    path = joined(tmp_path, kind, options)
    with pytest.raises(MediaError, match=rf"{path.name}: another recording begins in it at {place}"):
        TalkDecoder(tmp_path).episode(path)


@pytest.mark.parametrize("kind", ["webm", "mkv"])
def test_joined_streamed_files_are_refused(kind: str, tmp_path: Path) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.voice(FIRST))
    form = "webm" if kind == "webm" else "matroska"
    one = sounds.streamed(source, tmp_path / f"one.{kind}", "-c:a", "libopus", "-f", form)
    path = tmp_path / f"talk.{kind}"
    path.write_bytes(one.read_bytes() * 2)
    with pytest.raises(MediaError, match=rf"talk\.{kind}: .* at 0:04"):
        TalkDecoder(tmp_path).sound(path)


def test_a_transport_stream_that_changes_its_codec_is_refused_with_the_place(tmp_path: Path) -> None:
    first, other = part("ts", 6.0), part("ts", 5.0, "-c:a", "mp2")
    path = tmp_path / "talk.ts"
    path.write_bytes(first + other)
    with pytest.raises(MediaError, match=r"talk\.ts: it is damaged.*0:0[3-6]"):
        TalkDecoder(tmp_path).sound(path)


def damaged(folder: Path, kind: str) -> Path:
    """A talk of 12 s in which nothing of the stretch from about 4 s to 7 s can be decoded."""
    path = sounds.write_wav(folder / "a.wav", sounds.voice(12))
    path = sounds.convert(path, folder / f"talk.{kind}", *ENCODERS[kind], "-ar", "44100")
    content = bytearray(path.read_bytes())
    start, end = len(content) // 3, len(content) * 7 // 12
    content[start:end] = np.random.default_rng(1).integers(0, 256, end - start, np.uint8).tobytes()
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", ["m4a", "mkv"])
def test_a_damaged_stretch_is_named_and_can_be_cut_out(kind: str, tmp_path: Path) -> None:
    path = damaged(tmp_path, kind)
    with pytest.raises(MediaError, match=rf"talk\.{kind}: it is damaged.*cut = "):
        TalkDecoder(tmp_path).sound(path)
    assert TalkDecoder(tmp_path).sound(path, cuts=((1.0, 10.0),)).size > 2 * sounds.RATE


def test_audio_with_a_gap_keeps_its_times(tmp_path: Path) -> None:
    """Timestamps say that nothing was recorded for two seconds: silence is in place."""
    source = sounds.write_wav(tmp_path / "a.wav", sounds.voice(6))
    shift = "asetpts=PTS+gte(T\\,3)*2/TB"
    path = sounds.convert(source, tmp_path / "talk.mkv", "-af", shift, "-c:a", "pcm_s16le")
    samples = TalkDecoder(tmp_path).sound(path)
    assert samples.size / sounds.RATE == pytest.approx(8.0, abs=0.05)
    assert np.abs(samples[int(3.3 * sounds.RATE) : int(4.7 * sounds.RATE)]).max() < 1e-6


def test_audio_lost_to_overlapping_timestamps_is_an_error(tmp_path: Path) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.voice(8))
    back = "asetpts=PTS-gte(T\\,5)*2/TB"
    path = tmp_path / "talk.mkv"
    command = [sounds.ffmpeg().binaries.ffmpeg, "-v", "error", "-y", "-i", str(source), "-af", back]
    subprocess.run([*command, "-c:a", "pcm_s16le", "-fps_mode", "passthrough", str(path)], check=True)
    with pytest.raises(MediaError, match=r"talk\.mkv: .* at 0:05"):
        TalkDecoder(tmp_path).sound(path)


def test_a_joined_intro_is_decoded_completely(tmp_path: Path) -> None:
    path = joined(tmp_path, "mp3", RATES)
    talk = Clip(sounds.write_wav(tmp_path / "t.wav", sounds.voice(2)), 0, 1, ((0, TO_END),))
    found = source_audio.decode_to_disk(
        sounds.ffmpeg(), [decode.jingle_clip(sounds.ffmpeg(), path), talk], tmp_path, "auto", lambda _: None
    )
    assert found.clip_samples[0] / sounds.RATE == pytest.approx(FIRST + SECOND, abs=0.25)
