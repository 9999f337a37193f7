"""The bins of a waveform, its loudness and its pauses, against plain computations of the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from publisher.media import peaks
from publisher.media.loudness import BLOCK, SUBBLOCK, Samples
from publisher.media.peaks import LEVELS, ChannelLoudness, Loudness, PeaksFile, PeaksLayout
from tests.media import sounds


def written(path: Path, samples: Samples) -> tuple[PeaksLayout, NDArray[np.int8]]:
    layout = PeaksLayout(samples.shape[0], samples.shape[1] // BLOCK)
    file = PeaksFile(path, layout)
    for block in range(layout.blocks):
        file.write(block, np.ascontiguousarray(samples[:, block * BLOCK : (block + 1) * BLOCK]))
    file.close()
    return layout, np.fromfile(path, np.int8)


def level(layout: PeaksLayout, content: NDArray[np.int8], milliseconds: int) -> NDArray[np.int8]:
    count = layout.blocks * 2000 // milliseconds
    at = layout.offsets[milliseconds]
    return content[at : at + count * layout.bin_bytes].reshape(count, layout.channels, 2)


def measured(samples: Samples) -> Loudness:
    meter = ChannelLoudness(samples.shape[0])
    meter.feed(samples[:, : samples.shape[1] // SUBBLOCK * SUBBLOCK])
    return peaks.measure(meter.energies)


def test_each_bin_holds_the_lowest_and_the_highest_sample_of_its_channel(tmp_path: Path) -> None:
    both = np.stack((sounds.voice(4, -12), sounds.voice(4, -30, seed=2)))
    layout, content = written(tmp_path / "peaks", both)
    for milliseconds in LEVELS:
        bins = level(layout, content, milliseconds).astype(np.float64) / 127
        found = np.sign(bins) * np.square(bins)
        stretches = both.reshape(2, -1, milliseconds * 48)
        step = 2 * np.sqrt(np.abs(found)) / 127 + 1e-4
        assert np.all(np.abs(found[:, :, 0].T - np.clip(stretches.min(axis=2), -1, 1)) <= step[:, :, 0].T)
        assert np.all(np.abs(found[:, :, 1].T - np.clip(stretches.max(axis=2), -1, 1)) <= step[:, :, 1].T)


def test_a_click_of_one_sample_is_in_every_level(tmp_path: Path) -> None:
    samples = np.zeros((1, BLOCK), np.float32)
    samples[0, 48_024] = 1
    layout, content = written(tmp_path / "peaks", samples)
    for milliseconds in LEVELS:
        highest = level(layout, content, milliseconds)[:, 0, 1]
        assert np.flatnonzero(highest).tolist() == [1000 // milliseconds]


def test_the_loudness_is_what_another_meter_reads(tmp_path: Path) -> None:
    voice = sounds.voice(10, -20)
    found = measured(voice.reshape(1, -1))
    assert abs(found.integrated - sounds.measure(sounds.write_wav(tmp_path / "voice.wav", voice))[0]) < 0.2
    assert found.rows.shape == (100, 3)


def test_pauses_are_where_nobody_speaks() -> None:
    voice = sounds.voice(10, -20)
    noise = np.random.default_rng(3).standard_normal(voice.size).astype(np.float32) * 0.0005
    voice[3 * sounds.RATE : 4 * sounds.RATE] = 0
    found = measured((voice + noise).reshape(1, -1))
    assert any(start <= 3100 and end >= 3900 for start, end in found.pauses)
    levels = np.square(voice.reshape(-1, 480)).mean(axis=1)
    spoken = np.flatnonzero(levels > np.median(levels[levels > 0])) * 10 + 5
    assert not any(start < time < end for time in spoken for start, end in found.pauses)
    assert all(end - start >= peaks.MIN_PAUSE for start, end in found.pauses)


def test_digital_silence_has_no_loudness_and_no_pause() -> None:
    found = measured(np.zeros((1, 10 * SUBBLOCK), np.float32))
    assert found.pauses == ()
    assert (found.rows == peaks.NO_VALUE).all()


def test_two_microphones_have_a_level_each() -> None:
    turns = np.repeat(np.arange(10) % 2, 2 * sounds.RATE)
    left, right = sounds.voice(20, -20), sounds.voice(20, -26, seed=5)
    found = measured(np.stack((left * (turns == 0), right * (turns == 1))).astype(np.float32))
    assert found.speakers == "microphones"
    first, second = found.rows[5:15, 1], found.rows[5:15, 2]
    assert first.min() > second.max()


def test_two_voices_on_one_channel_are_told_apart_by_their_level() -> None:
    loud, quiet = sounds.voice(20, -16), sounds.voice(20, -32, seed=5, pitch=210)
    found = measured(np.concatenate((loud, quiet)).reshape(1, -1))
    assert found.speakers == "voices"
    spoken = found.rows[:, 1:] != peaks.NO_VALUE
    assert spoken[20:180, 0].any()
    assert not spoken[20:180, 1].any()
    assert spoken[220:380, 1].any()
    assert not spoken[220:380, 0].any()
