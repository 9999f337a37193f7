from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from publisher.errors import MediaError
from publisher.media import decode, probe, source_audio
from publisher.media.cuts import FADE
from publisher.media.ffmpeg_args import TO_END, Clip
from publisher.media.source_audio import DecodedAudio
from publisher.model import Channels
from tests.media import sounds

Spans = tuple[tuple[int, int], ...]


def state(folder: Path, *clips: Clip, channels: Channels = "auto") -> DecodedAudio:
    return source_audio.decode_to_disk(sounds.ffmpeg(), clips, folder, channels, lambda _: None)


def clip(path: Path, samples: sounds.Samples, kept: Spans = ((0, TO_END),), mutes: Spans = ()) -> Clip:
    return Clip(sounds.write_wav(path, samples), 0, np.atleast_2d(samples).shape[0], kept, mutes)


def whole(found: DecodedAudio) -> sounds.Samples:
    return found.read(0, found.samples)


def test_cuts_are_exact_to_the_sample_and_fade_inside_kept_spans(tmp_path: Path) -> None:
    voice = sounds.voice(3)
    kept = ((10_001, 60_003), (70_000, 100_007))
    found = state(tmp_path, clip(tmp_path / "a.wav", voice, kept))
    assert found.samples == 50_002 + 30_007
    samples = whole(found)[0]
    assert np.allclose(samples[FADE : 50_002 - FADE], voice[10_001 + FADE : 60_003 - FADE], atol=1e-4)
    assert np.allclose(samples[50_002 + FADE : -FADE], voice[70_000 + FADE : 100_007 - FADE], atol=1e-4)


def test_a_cut_makes_no_click(tmp_path: Path) -> None:
    times = np.arange(3 * sounds.RATE) / sounds.RATE
    tone = (0.5 * np.cos(2 * np.pi * 200 * times)).astype(np.float32)
    found = state(tmp_path, clip(tmp_path / "a.wav", tone, ((0, 50_060), (80_000, TO_END))))
    steepest = np.abs(np.diff(tone)).max()
    assert np.abs(np.diff(whole(found)[0])).max() < steepest * 1.3


def test_a_muted_stretch_is_digitally_silent_and_keeps_its_length(tmp_path: Path) -> None:
    voice = sounds.voice(3)
    found = state(tmp_path, clip(tmp_path / "a.wav", voice, mutes=((48_000, 60_000),)))
    samples = whole(found)[0]
    assert found.samples == voice.size
    assert not samples[48_000:60_000].any()
    assert np.allclose(samples[: 48_000 - FADE], voice[: 48_000 - FADE], atol=1e-4)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("voice", "voice", 1),
        ("voice", "inverted", 1),
        ("voice", "silence", 1),
        ("silence", "voice", 1),
        ("voice", "other", 2),
    ],
)
def test_auto_detects_one_voice_on_two_channels(left: str, right: str, expected: int, tmp_path: Path) -> None:
    voice = sounds.voice(2)
    sides = {
        "voice": voice,
        "inverted": -voice,
        "silence": voice * 0,
        "other": sounds.voice(2, seed=9, pitch=210),
    }
    found = state(tmp_path, clip(tmp_path / "a.wav", np.stack((sides[left], sides[right]))))
    assert found.channels == expected
    assert sounds.rms(whole(found)) > -30


TURN = 2 * sounds.RATE


def interview(bleed: float, right: float = 0.0, at_once: bool = False) -> sounds.Samples:
    """Two voices that take turns, each at a microphone of its own; the `right` one's gain in dB.

    `bleed` is the level (dB) at which the other microphone hears a voice, a millisecond later.
    """
    first, second = sounds.voice(12, -20), sounds.voice(12, -20, 210, seed=7)
    turn = np.arange(first.size) // TURN % 2
    if not at_once:
        first, second = first * (turn == 0), second * (turn == 1)
    samples, hiss = (
        10 ** (bleed / 20),
        np.random.default_rng(4).standard_normal((2, first.size)) * 10 ** (-3.2),
    )
    sides = np.stack((first + samples * np.roll(second, 48), second + samples * np.roll(first, 48))) + hiss
    return (sides * [[1], [10 ** (right / 20)]]).astype(np.float32)


def band(seconds: float) -> sounds.Samples:
    """Music: steady notes left, right and in the middle, with a beat."""
    times = np.arange(round(seconds * sounds.RATE)) / sounds.RATE
    notes = [np.sin(2 * np.pi * pitch * times) * (1 + np.sin(2 * np.pi * beat * times)) for pitch, beat in
             ((220, 2), (330, 3), (110, 1))]  # fmt: skip
    return (np.stack((notes[0] + notes[2], notes[1] + notes[2])) * 0.1).astype(np.float32)


TWO_MICROPHONES = {
    "nothing in common": (interview(-90), 1),
    "a voice in the other's microphone": (interview(-20), 1),
    "one microphone much quieter": (interview(-20, right=-18), 1),
    "two people at one pair of microphones": (interview(-5), 2),
    "both speaking all the time": (interview(-20, at_once=True), 2),
    "music": (band(6), 2),
}


@pytest.mark.parametrize("case", TWO_MICROPHONES)
def test_auto_brings_two_microphones_to_the_middle_and_keeps_stereo(case: str, tmp_path: Path) -> None:
    samples, channels = TWO_MICROPHONES[case]
    found = state(tmp_path, clip(tmp_path / "a.wav", samples))
    assert (found.channels, found.is_mixed) == (channels, channels == 1)
    if found.is_mixed:
        voices = [sounds.rms(whole(found)[0][at * TURN :][:TURN]) for at in (0, 1)]
        alone = [sounds.rms(samples[at, at * TURN :][:TURN]) - 6 for at in (0, 1)]
        assert voices == [pytest.approx(level, abs=3) for level in alone]


def test_two_microphones_stay_apart_on_request(tmp_path: Path) -> None:
    found = state(tmp_path, clip(tmp_path / "a.wav", interview(-90)), channels="stereo")
    assert (found.channels, found.is_mixed) == (2, False)


def test_the_requested_channels_are_made(tmp_path: Path) -> None:
    both = np.stack((sounds.voice(1), sounds.voice(1, seed=2)))
    assert state(tmp_path, clip(tmp_path / "a.wav", both), channels="mono").channels == 1
    assert state(tmp_path, clip(tmp_path / "b.wav", both[:1]), channels="stereo").channels == 1


def test_intro_and_outro_are_before_and_after_the_talk(tmp_path: Path) -> None:
    voice, jingle = sounds.voice(2), sounds.voice(1, pitch=400)
    clips = [
        clip(tmp_path / f"{name}.wav", samples)
        for name, samples in (("i", jingle), ("t", voice), ("o", jingle))
    ]
    found = state(tmp_path, *clips)
    assert found.clip_samples == (48_000, 96_000, 48_000)
    assert np.allclose(whole(found)[0, 48_000:144_000], voice, atol=1e-4)


def test_audio_that_begins_later_than_the_picture_keeps_its_time(tmp_path: Path) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.voice(1))
    late = sounds.delayed(source, tmp_path / "late.mkv", 1.5)
    samples = whole(state(tmp_path, Clip(late, 0, 1, ((0, TO_END),))))[0]
    assert samples.size == pytest.approx(2.5 * sounds.RATE, abs=sounds.RATE * 0.01)
    assert not samples[: int(1.45 * sounds.RATE)].any()


def test_a_recording_that_ends_too_early_is_reported_with_place_and_advice(tmp_path: Path) -> None:
    short = Clip(sounds.write_wav(tmp_path / "a.wav", sounds.voice(5)), 0, 1, ((0, TO_END),), (), 65.0)
    with pytest.raises(MediaError, match=r'a\.wav: its sound ends at 0:05, .*until 1:05.*end = "0:05"'):
        state(tmp_path, short)


def test_an_empty_published_part_is_reported(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no sound in the published part"):
        state(tmp_path, clip(tmp_path / "a.wav", sounds.voice(1), ((480_000, TO_END),)))


def test_decoding_to_disk_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "MAX_DURATION", 2.0)
    monkeypatch.setattr(decode, "BLOCK", sounds.RATE // 10)
    with pytest.raises(MediaError, match=r"a\.wav: lasts more than 0:02, the most that is allowed"):
        state(tmp_path, clip(tmp_path / "a.wav", sounds.voice(9)))
    assert sum(path.stat().st_size for path in tmp_path.glob("plane-*")) < 2.5 * sounds.RATE * 4
