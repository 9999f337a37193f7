"""Small recordings for tests, made of sums and noise, and readers that the publisher does not use."""

from __future__ import annotations

import subprocess
import wave
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from publisher.media.ffmpeg import ENCODERS, FILTERS, Ffmpeg

RATE = 48_000
Samples = NDArray[np.float32]


def voice(seconds: float, level: float = -20.0, pitch: float = 140.0, seed: int = 1) -> Samples:
    """Samples with a voice's syllables, pauses and spectrum, at about `level` dBFS rms."""
    return _voice(seconds, pitch, seed) * np.float32(10 ** (level / 20))


@lru_cache(maxsize=16)
def _voice(seconds: float, pitch: float, seed: int) -> Samples:
    """A voice at 0 dBFS rms."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE)
    times = np.arange(count) / RATE
    # Harmonics as powers of the first: by Horner's rule, a product each instead of a sine.
    first = np.exp(2j * np.pi * pitch * times)
    harmonics = [np.exp(6j * rng.random()) / k for k in range(1, 25)]
    waves = np.zeros(count, np.complex128)
    for harmonic in reversed(harmonics):
        waves += harmonic
        waves *= first
    breath = rng.standard_normal(count) * 0.3
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * times + np.sin(times)), 0, 1) ** 0.7
    phrases = np.sin(2 * np.pi * times / 5.3) > -0.8
    sound = (waves.imag + breath) * syllables * phrases
    return (sound / np.sqrt(np.mean(sound**2))).astype(np.float32)


def write_wav(path: Path, samples: Samples, rate: int = RATE) -> Path:
    """A 16-bit WAV of (n,) or (channels, n) samples."""
    shaped = np.atleast_2d(samples)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(shaped.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(shaped.T, -1, 1) * 32767).round().astype("<i2").tobytes())
    return path


def ffmpeg() -> Ffmpeg:
    """The bundled ffmpeg: every machine that runs the tests has it."""
    return Ffmpeg.find({"PATH": ""})


def convert(source: Path, target: Path, *options: str) -> Path:
    """`target` made of `source` by ffmpeg with these options."""
    return _run(target, "-i", str(source), *options)


def streamed(source: Path, target: Path, *options: str) -> Path:
    """`target` as a recorder writes it that cannot go back to its header, of `source`."""
    return streamed_of(target, "-i", str(source), *options)


def with_picture(source: Path, target: Path, *options: str) -> Path:
    """`target`: the sound of `source` under a small moving picture."""
    with av.open(str(source)) as container:
        seconds = (container.duration or 0) / av.time_base
    # Not `-shortest`: how far it lets the picture run on depends on the scheduler.
    picture = ("-f", "lavfi", "-t", f"{seconds:.6f}", "-i", "testsrc=s=64x64:r=5")
    video = ("-map", "0:a", "-map", "1:v", "-c:v", "libx264", "-preset", "ultrafast")
    return convert(source, target, *picture, *video, *options)


def delayed(source: Path, target: Path, by: float) -> Path:
    """`target`: a picture from second 0, and the sound of `source` from second `by`."""
    picture = ("-f", "lavfi", "-t", "4", "-i", "testsrc=s=64x64:r=5")
    return _run(target, *picture, "-itsoffset", str(by), "-i", str(source), "-c:v", "mpeg4", "-c:a", "aac")


def turned(source: Path, target: Path, degrees: int) -> Path:
    """`target`: the same as `source`, with the word that its picture is to be turned."""
    return _run(target, "-display_rotation", str(degrees), "-i", str(source), "-c", "copy")


def _run(target: Path, *arguments: str) -> Path:
    command = [ffmpeg().binaries.ffmpeg, "-v", "error", "-y", *arguments, str(target)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=60)
    return target


def streamed_of(target: Path, *arguments: str) -> Path:
    """`target` written by ffmpeg to a pipe, with these arguments."""
    command = [ffmpeg().binaries.ffmpeg, "-v", "error", *arguments, "pipe:1"]
    written = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    target.write_bytes(written.stdout)
    return target


def read(path: Path) -> Samples:
    """The sound of a file as PyAV decodes it, (channels, n) at its own rate."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1).astype(np.float32)


def measure(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS, as played) and true peak (dBTP) as ffmpeg's own meter reads them."""
    command = [ffmpeg().binaries.ffmpeg, "-hide_banner", "-nostats", "-i", str(path)]
    command += ["-af", "ebur128=peak=true:dualmono=true:framelog=verbose", "-f", "null", "-"]
    messages = subprocess.run(command, check=True, capture_output=True, timeout=120).stderr.decode()
    summary = messages[messages.rindex("Summary:") :]
    loudness = float(summary.split("I:")[1].split("LUFS")[0])
    peak = float(summary.split("Peak:")[1].split("dBFS")[0])
    return loudness, peak


def rms(samples: Samples) -> float:
    """Level in dBFS."""
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return 10 * float(np.log10(max(power, 1e-20)))


def write_ffmpeg_for_sound(path: Path) -> Path:
    """A program that lists the features of an ffmpeg without a video encoder."""
    offered = "".join(f"echo ' A..... {name} x'\n" for name in (*ENCODERS, *FILTERS))
    path.write_text(f"#!/bin/sh\n{offered}", encoding="utf-8")
    path.chmod(0o755)
    return path
