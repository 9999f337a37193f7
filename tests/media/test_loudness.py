from __future__ import annotations

import math
import subprocess

import numpy as np
import pytest

from publisher.media import loudness
from publisher.media.loudness import SUBBLOCK, Meter
from tests.media import sounds


def metered(samples: sounds.Samples, block: int = 100_000) -> tuple[float, float]:
    meter = Meter(samples.shape[0])
    for at in range(0, samples.shape[1], block):
        meter.feed(samples[:, at : at + block])
    return loudness.integrated(loudness.sum_channels(meter.finish())), meter.true_peak


def ebur128(samples: sounds.Samples) -> tuple[float, float]:
    """The loudness and peak of the same samples by ffmpeg's meter."""
    command = [sounds.ffmpeg().binaries.ffmpeg, "-hide_banner", "-nostats", "-f", "f32le", "-ar", "48000"]
    command += ["-ac", str(samples.shape[0]), "-i", "pipe:0", "-af", "ebur128=peak=true:dualmono=true"]
    given = np.ascontiguousarray(samples.T).tobytes()
    process = subprocess.run([*command, "-f", "null", "-"], input=given, capture_output=True, check=True)
    summary = process.stderr.decode().rpartition("Summary:")[2]
    return float(summary.split("I:")[1].split("LUFS")[0]), float(summary.split("Peak:")[1].split("dBFS")[0])


@pytest.mark.parametrize("channels", [1, 2])
def test_the_meter_agrees_with_ffmpegs_meter(channels: int) -> None:
    talk = np.stack([sounds.voice(12, -14, seed=seed) for seed in range(channels)])
    talk[:, : 4 * sounds.RATE] *= 0.05
    found, expected = metered(talk), ebur128(talk)
    assert found[0] == pytest.approx(expected[0], abs=0.06)
    assert found[1] == pytest.approx(expected[1], abs=0.15)


def test_a_sine_at_minus_18_dbfs_reads_as_the_standard_says() -> None:
    # EBU Tech 3341, case 1 scaled: a stereo sine of 1 kHz at -23 dBFS reads -23 LUFS.
    times = np.arange(20 * sounds.RATE) / sounds.RATE
    sine = (10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * times)).astype(np.float32)
    assert metered(np.stack([sine, sine]))[0] == pytest.approx(-23.0, abs=0.1)
    assert metered(sine.reshape(1, -1))[0] == pytest.approx(-23.0, abs=0.1)


def test_blocks_of_any_size_give_the_same_figures() -> None:
    talk = sounds.voice(7.03).reshape(1, -1)
    assert metered(talk, 1_001) == pytest.approx(metered(talk, 10**9), abs=1e-4)


def test_parts_measured_separately_are_gated_like_the_whole() -> None:
    talk = sounds.voice(9.6).reshape(1, -1)
    cut = 48 * SUBBLOCK
    first, second = Meter(1), Meter(1, talk[:, cut - SUBBLOCK : cut])
    first.feed(talk[:, :cut])
    second.feed(talk[:, cut:])
    together = loudness.integrated(
        loudness.sum_channels(loudness.concatenate([first.finish(), second.finish()]))
    )
    assert together == pytest.approx(metered(talk)[0], abs=1e-3)


def test_a_peak_between_the_samples_is_found() -> None:
    # A quarter of the sample rate, shifted: samples reach 0.707 where the sound reaches 1.
    times = np.arange(4_800)
    tone = np.sin(np.pi / 2 * times + np.pi / 4).astype(np.float32).reshape(1, -1)
    assert np.abs(tone).max() == pytest.approx(0.7071, abs=1e-3)
    assert metered(np.pad(tone, ((0, 0), (0, 5_000))))[1] == pytest.approx(0.0, abs=0.35)


@pytest.mark.parametrize("seconds", [0.0, 0.05, 1.0])
def test_silence_has_no_loudness(seconds: float) -> None:
    silence = np.zeros((1, round(seconds * sounds.RATE)), np.float32)
    assert metered(silence) == (-math.inf, -math.inf)


def test_audio_shorter_than_a_block_is_measured() -> None:
    times = np.arange(sounds.RATE // 5) / sounds.RATE
    beep = (0.1 * np.sin(2 * np.pi * 1000 * times)).astype(np.float32).reshape(1, -1)
    assert metered(beep)[0] == pytest.approx(-20.0, abs=1.0)


def test_samples_are_processed_two_seconds_at_a_time() -> None:
    # Blocks of 2 ms take as much processor time in Python as decoding itself.
    assert loudness.BLOCK == 2 * loudness.RATE
