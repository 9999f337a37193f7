"""Cuts and mutes leave nothing of what they take out, and neither a gap nor a click."""

from __future__ import annotations

import errno
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from publisher.media import cuts, denoise, source_audio
from publisher.media.cuts import REACH, TONE_FADE
from publisher.media.ffmpeg_args import TO_END, Clip
from publisher.media.source_audio import DecodedAudio
from tests.media import sounds

RATE = sounds.RATE
KEPT = ((4_801, 50_003), (90_000, 90_500), (120_007, 230_000))
MUTES = ((20_000, 30_001), (150_000, 199_999))
TAKEN = ((0, 4_801), (50_003, 90_000), (90_500, 120_007), (230_000, 5 * RATE), *MUTES)
HUM = (np.sin(np.arange(5 * RATE) * 2 * np.pi * 200 / RATE) * 0.001).astype(np.float32)


def noise(seconds: float, level: float, seed: int = 5) -> sounds.Samples:
    """White noise at `level` dBFS rms."""
    samples = np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * 10 ** (level / 20)
    return samples.astype(np.float32)


def decoded(folder: Path, samples: sounds.Samples, **fields: object) -> DecodedAudio:
    path, shaped = folder / "a.wav", np.atleast_2d(samples)
    options = {"kept": ((0, TO_END),), "high_pass": 70.0, "room_tone": True} | fields
    clip = Clip(sounds.write_wav(path, shaped), 0, len(shaped), **options)  # type: ignore[arg-type]
    return source_audio.decode_to_disk(sounds.ffmpeg(), [clip], folder, "auto", lambda _: None)


def whole(found: DecodedAudio) -> sounds.Samples:
    return found.read(0, found.samples)


@pytest.mark.parametrize("denoise", [False, True])
def test_published_samples_do_not_depend_on_what_is_cut_or_muted(denoise: bool, tmp_path: Path) -> None:
    recording = noise(5, -60) + sounds.voice(5, -20)
    other = recording.copy()
    for number, (start, end) in enumerate(TAKEN):
        other[start:end] = 0.8 * np.sin(np.arange(end - start) * (0.02 + 0.05 * number)) + 0.1
    found = [
        whole(decoded(tmp_path, samples, kept=KEPT, mutes=MUTES, denoise=denoise))
        for samples in (recording, other)
    ]
    assert found[0].shape[1] == sum(end - start for start, end in KEPT)
    assert np.array_equal(*found)


def test_a_cut_of_noise_keeps_its_power_and_every_time(tmp_path: Path) -> None:
    seam = 2 * RATE
    joins = np.zeros(2 * REACH)
    for seed in range(8):
        samples = noise(5, -20, seed)
        found = whole(decoded(tmp_path, samples, kept=((0, seam), (3 * RATE, TO_END)), high_pass=None))[0]
        assert found.size == 4 * RATE
        assert np.allclose(found[: seam - REACH], samples[: seam - REACH], atol=1e-4)
        assert np.allclose(found[seam + REACH :], samples[3 * RATE + REACH :], atol=1e-4)
        joins += np.square(found[seam - REACH : seam + REACH]) / 8
    levels = 10 * np.log10(joins.reshape(6, -1).mean(axis=1))
    assert np.abs(levels + 20).max() < 1.5


def test_a_cut_in_a_steady_tone_is_no_gap(tmp_path: Path) -> None:
    tone = (0.3 * np.sin(np.arange(4 * RATE) * 2 * np.pi * 130 / RATE)).astype(np.float32)
    # After the cut, the tone goes on where it was: a whole number of periods is missing.
    found = whole(decoded(tmp_path, tone, kept=((0, RATE), (RATE + 100 * RATE // 130 * 13 // 10, TO_END))))[0]
    near = found[RATE - RATE // 50 : RATE + RATE // 50]
    assert np.abs(near).max() < 0.3 * 1.5
    assert sounds.rms(near) == pytest.approx(sounds.rms(tone), abs=1.5)


@pytest.mark.parametrize("length", [1, 2, 30, 700, 3_000])
def test_kept_parts_may_be_shorter_than_a_join(length: int, tmp_path: Path) -> None:
    kept = ((0, RATE), (RATE + 500, RATE + 500 + length), (2 * RATE, 2 * RATE + length), (3 * RATE, TO_END))
    found = whole(decoded(tmp_path, noise(4, -20), kept=kept))[0]
    assert found.size == 2 * RATE + 2 * length
    assert np.isfinite(found).all() and np.abs(found).max() < 1


def test_the_sizes_of_the_decoded_blocks_do_not_matter() -> None:
    samples = np.stack((noise(2, -20), noise(2, -20, 6)))
    clip = Clip(Path("a.wav"), 0, 2, ((100, 9_000), (9_400, 50_000), (60_000, TO_END)), ((20_000, 70_000),))

    def published(size: int) -> sounds.Samples:
        blocks = ((at, samples[:, at : at + size]) for at in range(0, samples.shape[1], size))
        return np.concatenate([found.copy() for found in cuts.published(blocks, clip, lambda x: x)], axis=1)

    expected = published(samples.shape[1])
    assert all(np.array_equal(published(size), expected) for size in (997, 4_800, 33_333))


def test_room_tone_has_the_level_and_spectrum_of_the_noise_and_no_word(tmp_path: Path) -> None:
    hiss = np.convolve(noise(12, -40), np.ones(8) / 8, "same").astype(np.float32)
    recording = hiss + sounds.voice(12, -20)
    start, end = 5 * RATE, 7 * RATE
    found = whole(decoded(tmp_path, recording, mutes=((start, end),), high_pass=None))[0]
    tone, word = found[start + 960 : end - 960], recording[start + 960 : end - 960]
    assert sounds.rms(tone) == pytest.approx(sounds.rms(hiss), abs=1.5)
    for low, high in ((100, 400), (400, 1_600), (1_600, 5_000), (8_000, 11_000)):
        expected = hiss[start + 960 : end - 960]
        assert band(tone, low, high) == pytest.approx(band(expected, low, high), abs=2.5)
    spectrum = np.fft.rfft(tone, 2 * tone.size) * np.conj(np.fft.rfft(word, 2 * word.size))
    likeness = np.abs(np.fft.irfft(spectrum)).max() / np.sqrt(np.vdot(tone, tone) * np.vdot(word, word))
    assert likeness < 0.05
    envelope = [sounds.rms(tone[at : at + 960]) for at in range(0, tone.size - 960, 960)]
    assert max(envelope) - min(envelope) < 4


def band(samples: sounds.Samples, low: int, high: int) -> float:
    """The level (dB) between two frequencies."""
    spectrum = np.abs(np.fft.rfft(samples))[
        round(low * samples.size / RATE) : round(high * samples.size / RATE)
    ]
    return float(10 * np.log10(np.square(spectrum).sum() / samples.size**2))


def test_the_edges_of_a_mute_keep_the_power_of_noise(tmp_path: Path) -> None:
    recording = noise(6, -50) + sounds.voice(6, -20) * (np.arange(6 * RATE) < 2 * RATE)
    found = whole(decoded(tmp_path, recording, mutes=((3 * RATE, 5 * RATE),), high_pass=None))[0]
    parts = [found[at : at + 480] for at in range(3 * RATE - 1_440, 5 * RATE + 1_440, 480)]
    levels = [sounds.rms(part) for part in parts]
    assert max(levels) < -48 and min(levels) > -52


@pytest.mark.parametrize("floor", ["digital silence", "no pause"])
def test_without_noise_to_measure_a_mute_is_silent(floor: str, tmp_path: Path) -> None:
    tone = (0.2 * np.sin(np.arange(6 * RATE) * 0.05)).astype(np.float32)
    recording = tone if floor == "no pause" else sounds.voice(6, -20)
    found = whole(decoded(tmp_path, recording, mutes=((2 * RATE, 4 * RATE),)))[0]
    assert not found[2 * RATE : 4 * RATE].any()
    assert sounds.rms(found[4 * RATE + TONE_FADE :]) > -25


@pytest.mark.parametrize("lost", [(0, 2), (9, 11)])
def test_a_silent_beginning_or_a_gap_is_not_the_floor_of_a_recording(
    lost: tuple[int, int], tmp_path: Path
) -> None:
    recording = noise(14, -50) + sounds.voice(14, -20)
    recording[lost[0] * RATE : lost[1] * RATE] = 0
    mutes = ((5 * RATE, 7 * RATE),)
    found = whole(decoded(tmp_path, recording, mutes=mutes, high_pass=None))[0]
    assert sounds.rms(found[5 * RATE + 960 : 7 * RATE - 960]) == pytest.approx(-50, abs=1.5)


def test_silence_on_request_is_digital_silence(tmp_path: Path) -> None:
    recording = noise(6, -50) + sounds.voice(6, -20)
    found = whole(decoded(tmp_path, recording, mutes=((2 * RATE, 4 * RATE),), room_tone=False))[0]
    assert not found[2 * RATE : 4 * RATE].any()


@pytest.mark.parametrize("room_tone", [True, False])
def test_noise_reduction_lowers_noise_and_no_voice_and_moves_nothing(room_tone: bool, tmp_path: Path) -> None:
    recording = noise(12, -50) + sounds.voice(12, -20)
    options = {"mutes": ((5 * RATE, 7 * RATE),), "room_tone": room_tone, "high_pass": None}
    before, after = (
        whole(decoded(tmp_path, recording, denoise=denoise, **options))[0] for denoise in (False, True)
    )
    assert before.size == after.size
    levels = [
        np.array([sounds.rms(samples[at : at + 4_800]) for at in range(0, samples.size, 4_800)])
        for samples in (before, after)
    ]
    loud, pauses = levels[0] > -20, (levels[0] > -55) & (levels[0] < -48)
    assert np.abs(levels[0][loud] - levels[1][loud]).max() < 1
    # Between two syllables the filter lowers noise less: the voice masks it.
    assert 7 < np.percentile(levels[0][pauses] - levels[1][pauses], 90) < 13
    spectrum = np.fft.rfft(after[: 4 * RATE]) * np.conj(np.fft.rfft(before[: 4 * RATE]))
    assert int(np.argmax(np.fft.irfft(spectrum))) == 0


def test_a_full_disk_ends_the_noise_filter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "full", str(path))

    monkeypatch.setattr(denoise, "files", SimpleNamespace(describe_path=full))
    with pytest.raises(OSError, match="full"):
        decoded(tmp_path, noise(20, -50) + sounds.voice(20, -20), denoise=True)


def test_room_tone_of_two_channels_has_the_noise_of_each(tmp_path: Path) -> None:
    voice = sounds.voice(8, -20)
    sides = np.stack((voice + noise(8, -45), 0.5 * voice + noise(8, -65, 6)))
    found = whole(decoded(tmp_path, sides, mutes=((3 * RATE, 5 * RATE),), high_pass=None))
    levels = [sounds.rms(channel[3 * RATE + 960 : 5 * RATE - 960]) for channel in found]
    assert levels == [pytest.approx(-45, abs=1.5), pytest.approx(-65, abs=3)]


def test_measurements_match_what_is_on_disk_after_the_tone(tmp_path: Path) -> None:
    recording = noise(9, -40) + sounds.voice(9, -24)
    found = decoded(tmp_path, recording, mutes=((2 * RATE + 7, 4 * RATE), (5 * RATE, 5 * RATE + 100)))
    again = decoded(tmp_path, whole(found)[0], high_pass=None)
    assert np.allclose(10 * np.log10(found.energies), 10 * np.log10(again.energies), atol=0.05)
    assert np.allclose(found.peaks, again.peaks, atol=1e-4)
