from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from publisher.media import leveler, loudness
from publisher.media.loudness import SUBBLOCK
from tests.media import sounds

TURNS = (6.0, 3.0, 1.5, 9.0)


def conversation(
    gap: float, pause: float = 0.5, noise: float = -60.0
) -> tuple[sounds.Samples, NDArray[np.int8]]:
    """Two voices in turn, `gap` dB apart, in noise; and the speaker of each tenth, -1 in pauses."""
    rng = np.random.default_rng(1)
    parts, speakers = [], []
    for turn in range(8):
        voice = turn % 2
        speech = sounds.voice(TURNS[turn % 4], -18 - gap * voice, (120, 210)[voice], seed=turn + 1)
        silence = np.zeros(round(pause * sounds.RATE), np.float32)
        parts += [speech, silence]
        speakers += [np.full(speech.size, voice, np.int8), np.full(silence.size, -1, np.int8)]
    samples = np.concatenate(parts)
    samples += rng.standard_normal(samples.size).astype(np.float32) * loudness.amplitude(noise)
    return samples, np.concatenate(speakers)[SUBBLOCK // 2 :: SUBBLOCK]


def energies(samples: sounds.Samples) -> loudness.Energies:
    meter = loudness.Meter(1, peaks=False)
    meter.feed(samples.reshape(1, -1))
    return loudness.sum_channels(meter.finish())


def levelled(measured: loudness.Energies) -> loudness.Energies:
    return measured * 10 ** (leveler.level(measured) / 10)


@pytest.mark.parametrize("pause", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("noise", [-70.0, -45.0])
def test_voices_twelve_decibels_apart_end_close_together(pause: float, noise: float) -> None:
    samples, speakers = conversation(12, pause, noise)
    before = energies(samples)
    after = levelled(before)[: speakers.size]
    first, second = (loudness.integrated(after[speakers == voice]) for voice in (0, 1))
    assert abs(first - second) < 1.5


@pytest.mark.parametrize("pause", [0.3, 0.5])
@pytest.mark.parametrize("late", [0.0, 0.05])
def test_the_noise_between_sentences_is_hardly_raised(pause: float, late: float) -> None:
    voice = [sounds.voice(2.0, -18 - 12 * (turn // 3 % 2), 150, seed=turn) for turn in range(12)]
    silence = np.zeros(round(pause * sounds.RATE), np.float32)
    samples = np.concatenate(
        (silence[: round(late * sounds.RATE)], *(x for speech in voice for x in (speech, silence)))
    )
    samples += np.random.default_rng(2).standard_normal(samples.size).astype(np.float32) * 0.003
    before = energies(samples)
    gains = np.interp(
        np.arange(samples.size), (np.arange(before.size) + 0.5) * SUBBLOCK, leveler.level(before)
    )
    lift = loudness.integrated(levelled(before)) - loudness.integrated(before)
    turn = (2 + pause) * sounds.RATE
    for number in range(12):
        end = round(late * sounds.RATE + (number + 1) * turn)
        raised = 10 ** (gains[end - silence.size : end] / 10)
        assert 10 * np.log10(raised.mean()) - lift < 6


def test_voices_in_short_sentences_are_levelled_too() -> None:
    parts, speakers = [np.zeros(3600, np.float32)], [np.full(3600, -1)]
    silence = np.zeros(38_400, np.float32)
    for sentence in range(30):
        turn = sentence // 3
        length, voice = TURNS[turn % 4] / 3, turn % 2
        speech = sounds.voice(length, -18 - 12 * voice, (120, 210)[voice], seed=turn * 3 + sentence % 3 + 1)
        parts += [speech, silence]
        speakers += [np.full(speech.size, voice), np.full(silence.size, -1)]
    samples = np.concatenate(parts)
    samples += np.random.default_rng(1).standard_normal(samples.size).astype(np.float32) * 0.004
    after, voices = levelled(energies(samples)), np.concatenate(speakers)[SUBBLOCK // 2 :: SUBBLOCK]
    first, second = (loudness.integrated(after[: voices.size][voices == voice]) for voice in (0, 1))
    assert abs(first - second) < 3


def test_an_even_talk_stays_as_it_is() -> None:
    for gap in (0, 1.5):
        assert np.abs(leveler.level(energies(conversation(gap)[0]))).max() < 0.5


def test_gains_do_not_pump_while_a_voice_speaks() -> None:
    talk = np.concatenate((sounds.voice(20, -18, 120), sounds.voice(20, -30, 200, seed=2)))
    measured = energies(talk)
    gains, spoken = leveler.level(measured), measured > measured.max() / 500
    for turn in (slice(0, 190), slice(210, 390)):
        held = gains[turn][spoken[turn]]
        assert np.mean(np.abs(held - np.median(held)) < 0.1) > 0.85


@pytest.mark.parametrize("level", [0.0, 1e-9, 1e-3])
def test_audio_without_speech_gets_no_gain(level: float) -> None:
    measured = np.full(300, level)
    assert np.abs(leveler.level(measured)).max() < 1e-6
    assert leveler.level(measured[:0]).size == 0
