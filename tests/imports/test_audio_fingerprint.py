"""The same talk is recognised by its sound."""

from __future__ import annotations

import os
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from publisher import files
from publisher.errors import MediaError
from publisher.imports.audio_fingerprint import (
    SAME,
    Fingerprint,
    SoundIndex,
    describe,
    fingerprint,
    similarity,
)
from publisher.media.ffmpeg import Ffmpeg

RATE = 8000
Audio = NDArray[np.float64]


def talk(seed: int, seconds: float = 75.0) -> Audio:
    """Syllables of one voice: a buzz at the pitch of the speaker through two changing resonances, and pauses."""
    chance = np.random.default_rng(seed)
    parts = [np.zeros(1600)]
    while sum(map(len, parts)) < seconds * RATE:
        at = np.arange(int(RATE * chance.uniform(0.12, 0.3))) / RATE
        first, second = chance.uniform(300, 800), chance.uniform(900, 2600)
        harmonics = np.arange(1, 28)[:, None] * chance.uniform(95, 120)
        gains = 1 / (1 + ((harmonics - first) / 90) ** 2) + 0.5 / (1 + ((harmonics - second) / 140) ** 2)
        parts.append((gains * np.sin(2 * np.pi * harmonics * at)).sum(axis=0) * np.hanning(len(at)))
        if chance.random() < 0.15:
            parts.append(np.zeros(int(RATE * chance.uniform(0.1, 0.5))))
    samples = np.concatenate(parts)[: int(seconds * RATE)]
    return samples / np.abs(samples).max() * 0.5


def jingle(seconds: float = 12.0) -> Audio:
    at = np.arange(int(seconds * RATE)) / RATE
    return 0.3 * np.sin(2 * np.pi * (220 + 110 * np.floor(at * 3 % 4)) * at)


def write(path: Path, samples: Audio) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def encoded(path: Path, samples: Audio, *options: str) -> Path:
    source = write(path.with_suffix(".source.wav"), samples)
    ffmpeg = Ffmpeg.find(os.environ).binaries.ffmpeg
    subprocess.run([ffmpeg, "-v", "error", "-i", source, *options, path], check=True)
    return path


@pytest.fixture(scope="module")
def ffmpeg() -> Ffmpeg:
    return Ffmpeg.find(os.environ)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, ffmpeg: Ffmpeg) -> Fingerprint:
    return fingerprint(ffmpeg, write(tmp_path_factory.mktemp("talk") / "talk.wav", talk(1)))


def test_a_recording_is_the_same_as_itself(original: Fingerprint) -> None:
    assert similarity(original, original) == (1.0, 0.0)


def test_a_quiet_narrow_copy_in_another_codec_is_found(
    original: Fingerprint, ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    options = (
        "-af",
        "volume=-14dB,highpass=150,lowpass=3000,acompressor=ratio=6",
        "-c:a",
        "libopus",
        "-b:a",
        "20k",
    )
    score, offset = similarity(original, fingerprint(ffmpeg, encoded(tmp_path / "a.opus", talk(1), *options)))
    assert score > 0.8 and abs(offset) <= 0.1


def test_an_intro_and_a_trimmed_start_shift_the_offset(
    original: Fingerprint, ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    samples = np.concatenate([jingle(), talk(1)[int(5.43 * RATE) : -4 * RATE]])
    score, offset = similarity(
        original, fingerprint(ffmpeg, encoded(tmp_path / "a.mp3", samples, "-b:a", "48k"))
    )
    assert score >= SAME and offset == pytest.approx(12 - 5.43, abs=0.11)
    back = similarity(fingerprint(ffmpeg, tmp_path / "a.mp3"), original)
    assert back[1] == pytest.approx(-offset)


def test_noise_does_not_hide_a_talk(original: Fingerprint, ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    noise = np.random.default_rng(9).normal(0, 0.01, 75 * RATE)
    score, _ = similarity(original, fingerprint(ffmpeg, write(tmp_path / "a.wav", talk(1) + noise)))
    assert score >= SAME


def test_another_talk_of_the_same_voice_is_not_found(
    original: Fingerprint, ffmpeg: Ffmpeg, tmp_path: Path
) -> None:
    for seed in (2, 3):
        assert (
            similarity(original, fingerprint(ffmpeg, write(tmp_path / f"{seed}.wav", talk(seed))))[0] == 0.0
        )


def test_a_jingle_in_both_does_not_make_two_talks_one(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    first, second = (
        fingerprint(ffmpeg, write(tmp_path / f"{seed}.wav", np.concatenate([jingle(), talk(seed, 110)])))
        for seed in (1, 2)
    )
    assert similarity(first, second)[0] < SAME


def test_silence_is_like_nothing(original: Fingerprint, ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    silent = fingerprint(ffmpeg, write(tmp_path / "silent.wav", np.zeros(40 * RATE)))
    quiet = fingerprint(
        ffmpeg, write(tmp_path / "pause.wav", np.concatenate([talk(4, 10), np.zeros(60 * RATE)]))
    )
    assert similarity(silent, silent)[0] == 0.0
    assert similarity(original, silent)[0] == similarity(original, quiet)[0] == 0.0


def test_pauses_with_other_noise_do_not_hide_a_talk(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    samples = talk(1, 90)
    samples[np.arange(len(samples)) // (5 * RATE) % 3 > 0] = 0
    made = []
    for seed in (8, 9):
        noise = np.random.default_rng(seed).normal(0, 0.0002, len(samples))
        made.append(fingerprint(ffmpeg, write(tmp_path / f"{seed}.wav", samples + noise)))
    assert similarity(*made) == (1.0, 0.0)


def test_what_cannot_be_decoded_is_an_error(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"no sound")
    with pytest.raises(MediaError):
        fingerprint(ffmpeg, tmp_path / "a.mp3")
    with pytest.raises(MediaError, match="too short"):
        fingerprint(ffmpeg, write(tmp_path / "b.wav", talk(1, 0.3)))


def test_fingerprints_are_kept_and_broken_recordings_left_out(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    index = SoundIndex(ffmpeg, tmp_path / "cache", files.content_digest)
    first = write(tmp_path / "first.wav", talk(1, 40))
    same = write(tmp_path / "same.wav", talk(1, 40) * 0.3)
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    others = {
        "same": same,
        "other": write(tmp_path / "other.wav", talk(2, 40)),
        "broken": tmp_path / "broken.wav",
    }
    found = index.compare(first, others)
    assert [(slug, score >= SAME) for slug, score, _ in found] == [("same", True), ("other", False)]
    assert len(list((tmp_path / "cache").iterdir())) == 3
    for stored in (tmp_path / "cache").iterdir():
        stored.write_bytes(b"broken")
    assert index.compare(first, others) == found
    assert describe(*found[0][1:]) == "it has the same sound" and describe(0, 0) == "its sound is another one"
