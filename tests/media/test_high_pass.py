"""The high-pass filter removes DC offset and what is below every voice, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from publisher.media import decode, loudness, source_audio
from publisher.media.ffmpeg_args import TO_END, Clip
from publisher.media.high_pass import HighPass
from publisher.media.source_audio import DecodedAudio
from publisher.model import AudioSettings
from tests.media import sounds

VOICE = sounds.voice(4, -24)


def filtered(samples: sounds.Samples, *sizes: int, cutoff: float = 20.0) -> sounds.Samples:
    """The samples through a filter, fed in blocks of these sizes, repeatedly."""
    shaped = np.atleast_2d(samples).astype(np.float32)
    high_pass, made, at = HighPass(shaped.shape[0], cutoff), [], 0
    while at < shaped.shape[1]:
        for size in sizes or (shaped.shape[1],):
            made.append(high_pass.process(shaped[:, at : at + size]))
            at += size
    return np.concatenate(made, axis=1)


@pytest.mark.parametrize("offset", [0.05, 0.25, -0.5])
def test_dc_offset_is_removed_from_the_first_sample_on(offset: float) -> None:
    made = filtered(VOICE + np.float32(offset))[0]
    assert abs(float(made.mean(dtype=np.float64))) < 1e-4
    assert np.abs(made[: sounds.RATE // 20]).max() < np.abs(VOICE[: sounds.RATE // 20]).max() + 0.02
    # After the first moments the output equals that for the voice alone.
    assert np.abs(made - filtered(VOICE)[0])[sounds.RATE // 5 :].max() < 1e-6


@pytest.mark.parametrize("cutoff", [20.0, 80.0, 300.0])
def test_the_filter_agrees_with_that_of_another_program(cutoff: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(3).standard_normal(sounds.RATE * 2).astype(np.float32) * 0.1
    source = sounds.write_wav(tmp_path / "noise.wav", noise)
    chain = f"aformat=sample_fmts=dblp,highpass=f={cutoff}:poles=2:width_type=q:width=0.70710678"
    other = sounds.convert(source, tmp_path / "other.wav", "-af", chain, "-c:a", "pcm_f32le")
    expected = sounds.read(other)[0]
    made = filtered(sounds.read(source)[0] / 32768, cutoff=cutoff)[0]
    assert np.abs(made - expected)[sounds.RATE // 2 :].max() < 1e-6


def test_the_sizes_of_the_blocks_make_no_difference() -> None:
    whole = filtered(VOICE + np.float32(0.1))
    for sizes in ((4_800,), (96_000,), (1, 7, 4_799, 12_345)):
        assert np.abs(filtered(VOICE + np.float32(0.1), 5_000, *sizes) - whole).max() < 1e-6


def test_silence_before_and_after_remains_digital_silence() -> None:
    silence = np.zeros(2 * sounds.RATE, np.float32)
    made = filtered(np.concatenate((silence, VOICE + np.float32(0.2), silence)))[0]
    assert not made[: silence.size].any()
    assert not made[-sounds.RATE // 4 :].any()
    assert abs(float(made[silence.size : -silence.size].mean(dtype=np.float64))) < 1e-3


def test_infinity_and_nan_affect_no_later_samples() -> None:
    broken = VOICE.copy()
    broken[50_000], broken[60_000], broken[60_001] = np.nan, np.inf, -np.inf
    made = filtered(broken)[0]
    assert np.isfinite(made).all()
    assert np.abs(made - filtered(VOICE)[0])[70_000:].max() < 1e-5


def state(folder: Path, clip: Clip) -> DecodedAudio:
    folder.mkdir(exist_ok=True)
    return source_audio.decode_to_disk(sounds.ffmpeg(), [clip], folder, "auto", lambda _: None)


def test_a_muted_stretch_is_digitally_silent_despite_dc_offset(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", VOICE + np.float32(0.2))
    clip = Clip(path, 0, 1, ((0, TO_END),), ((48_000, 60_000),), high_pass=decode.DC_HIGH_PASS)
    audio = state(tmp_path, clip)
    samples = audio.read(0, audio.samples)[0]
    assert samples.size == VOICE.size
    assert not samples[48_000:60_000].any()
    assert np.abs(samples[60_000:64_800]).max() < np.abs(VOICE[60_000:64_800]).max() + 0.02


def test_rumble_is_removed_from_a_talk_and_no_voice(tmp_path: Path) -> None:
    talk = Path(__file__).parents[2] / "episodes/khalistan-research-paper/recording.mp4"
    voices = sounds.convert(talk, tmp_path / "talk.wav", "-t", "30", "-ac", "1", "-ar", "48000")
    plain = sounds.read(voices)[0] / 32768
    rumble = (0.05 * np.sin(np.arange(plain.size) * 2 * np.pi * 30 / sounds.RATE)).astype(np.float32)
    cutoff = AudioSettings().high_pass
    assert cutoff == 70.0
    assert sounds.rms(filtered(rumble, cutoff=cutoff)[0][sounds.RATE :]) < sounds.rms(rumble) - 14
    made = filtered(plain, cutoff=cutoff)[0]
    assert sounds.rms(made) == pytest.approx(sounds.rms(plain), abs=1.0)
    path = sounds.write_wav(tmp_path / "a.wav", plain)
    states = [
        state(tmp_path / name, Clip(path, 0, 1, ((0, TO_END),), high_pass=high_pass))
        for name, high_pass in (("before", decode.DC_HIGH_PASS), ("after", cutoff))
    ]
    assert abs(np.diff([loudness.integrated(one.energies) for one in states])[0]) < 0.3


def test_the_filter_does_not_change_loudness_without_dc_offset(tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", VOICE)
    before = state(tmp_path / "before", Clip(path, 0, 1, ((0, TO_END),)))
    after = state(tmp_path / "after", Clip(path, 0, 1, ((0, TO_END),), high_pass=decode.DC_HIGH_PASS))
    assert before.samples == after.samples
    assert loudness.integrated(after.energies) == pytest.approx(
        loudness.integrated(before.energies), abs=0.05
    )
