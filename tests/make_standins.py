"""Makes the stand-in recordings of the sample series and their transcripts.

The texts are in standins.toml; flite speaks them sentence by sentence, so that the time of every
sentence is known. Requires flite and an ffmpeg with libx264, libvpx and libopus on PATH:
`python tests/make_standins.py [SLUG …]`. It prints the times of the chapters, which you copy to
episodes.toml by hand. No test runs it, because the recordings are in the repository.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Samples = NDArray[np.float64]

HERE = Path(__file__).parent
EPISODES = HERE.parent / "episodes"
RATE = 16_000  # flite's sample rate, Hz
SYNTHESISERS = {"first": "slt", "second": "rms"}
NAMES = {
    "en": {"first": "First voice", "second": "Second voice"},
    "ur": {"first": "پہلی آواز", "second": "دوسری آواز"},
}
FIRST_LEVEL = -19.0  # dBFS, RMS of the first voice's sentences
NOISE_LEVEL = -57.0  # dBFS, RMS
LEAD, PAUSE, TAIL = 0.8, 0.35, 1.2  # seconds

PHONE = {
    # The location is a public square in Paris; device and owner are fictitious.
    "com.apple.quicktime.location.ISO6709": "+48.8674+002.3636+035.000/",
    "com.apple.quicktime.make": "Standin",
    "com.apple.quicktime.model": "Standin Phone 1",
    "com.apple.quicktime.software": "1.0",
    "com.apple.quicktime.creationdate": "2021-02-10T17:02:11+0100",
    "com.apple.quicktime.author": "Stand-in Owner",
    "creation_time": "2021-02-10T16:02:11Z",
}


@dataclass(frozen=True)
class Kind:
    """Format of a recording: the channels of each voice, and ffmpeg's options.

    `first`, `second` and `noise` are gains per channel, in the order of ffmpeg's `layout`.
    """

    suffix: str
    layout: str
    first: tuple[float, ...]
    second: tuple[float, ...]
    noise: tuple[float, ...]
    audio: tuple[str, ...]
    video: tuple[str, ...] = ("-c:v", "libx264", "-preset", "veryslow", "-tune", "stillimage", "-crf", "26")
    container: tuple[str, ...] = ("-movflags", "+faststart")
    metadata: tuple[tuple[str, str], ...] = ()


KINDS = {
    "dual-mono.mp4": Kind(
        ".mp4", "stereo", (1, 1), (1, 1), (1, 1), ("-c:a", "aac", "-b:a", "96k", "-ar", "44100")
    ),
    "stereo.mp4": Kind(
        ".mp4", "stereo", (1, 0.8), (0.8, 1), (1, 0.9), ("-c:a", "aac", "-b:a", "112k", "-ar", "48000")
    ),
    "mono.mkv": Kind(
        ".mkv", "mono", (1,), (1,), (1,), ("-c:a", "aac", "-b:a", "64k", "-ar", "48000"),
        container=("-fflags", "+bitexact"),  # without it Matroska's identifiers are random
    ),
    "stereo.webm": Kind(
        ".webm", "stereo", (1, 0.5), (0.5, 1), (1, 0.9), ("-c:a", "libopus", "-b:a", "64k", "-ar", "48000"),
        ("-c:v", "libvpx-vp9", "-crf", "32", "-b:v", "0", "-deadline", "good"),
        container=("-fflags", "+bitexact"),
    ),
    "surround.mp4": Kind(
        ".mp4", "5.1", (0, 0, 1, 0, 0, 0), (0, 0, 0, 0, 0.9, 0.9), (1, 1, 1, 0, 1, 1),
        ("-c:a", "aac", "-b:a", "160k", "-ar", "48000"),
    ),
    "phone.mov": Kind(
        ".mov", "stereo", (1, 0.9), (0.9, 1), (1, 0.9), ("-c:a", "aac", "-b:a", "112k", "-ar", "44100"),
        container=("-movflags", "+faststart+use_metadata_tags"), metadata=tuple(PHONE.items()),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One spoken sentence; `start` and `end` are seconds of the recording."""

    voice: str
    text: str
    start: float
    end: float
    chapter: str | None
    translation: str | None


def speak(voice: str, text: str, folder: Path) -> Samples:
    """The samples of the sentence, without leading and trailing silence."""
    path = folder / "sentence.wav"
    subprocess.run(["flite", "-voice", SYNTHESISERS[voice], "-t", text, "-o", str(path)], check=True)
    with wave.open(str(path)) as sentence:
        samples = np.frombuffer(sentence.readframes(sentence.getnframes()), "<i2") / 32768.0
    (loud,) = np.nonzero(np.abs(samples) > 0.01)
    return samples[max(loud[0] - RATE // 50, 0) : loud[-1] + RATE // 20]


def gain_to(level: float, samples: Samples) -> float:
    """The factor that brings the RMS of `samples` to `level` dBFS."""
    return float(10 ** (level / 20) / np.sqrt(np.mean(samples**2)))


def room_noise(length: int, seed: int) -> Samples:
    """Pink noise (-3 dB per octave) of `length` samples; the same for the same seed."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(length))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, length)
    return noise * gain_to(NOISE_LEVEL, noise)


def synthesize_tracks(talk: dict[str, Any], folder: Path) -> tuple[dict[str, Samples], list[Line]]:
    """One track per voice, a track of noise, and the sentences with their times."""
    spoken: list[tuple[str, int, Samples]] = []
    lines: list[Line] = []
    silences: list[tuple[int, int]] = []
    at = round(LEAD * RATE)
    for row in talk["lines"]:
        voice = "first" if "first" in row else "second"
        samples = speak(voice, row[voice], folder)
        if "chapter" in row and lines:
            at = -(-at // RATE) * RATE  # full seconds are easy to copy to episodes.toml
        end = at + len(samples)
        spoken.append((voice, at, samples))
        lines.append(Line(voice, row[voice], at / RATE, end / RATE, row.get("chapter"), row.get("ur")))
        at = end + round(row.get("pause", PAUSE) * RATE)
        if row.get("pause", 0) > 5:
            silences.append((end, at))
    length = at + round(TAIL * RATE)
    tracks = {"noise": room_noise(length, len(lines))}
    for voice, level in (("first", FIRST_LEVEL), ("second", FIRST_LEVEL - talk["gap"])):
        gain = gain_to(level, np.concatenate([samples for name, _, samples in spoken if name == voice]))
        tracks[voice] = np.zeros(length)
        for start, samples in ((start, samples) for name, start, samples in spoken if name == voice):
            tracks[voice][start : start + len(samples)] = samples * gain
    for start, end in silences:
        tracks["noise"][start:end] = 0  # a muted microphone records no noise
    return tracks, lines


def write_audio(tracks: dict[str, Samples], kind: Kind, path: Path) -> None:
    mixed = sum(np.outer(tracks[name], getattr(kind, name)) for name in ("first", "second", "noise"))
    (np.clip(mixed, -1, 1) * 32767).round().astype("<i2").tofile(path)


def draw_card(title: str, path: Path) -> None:
    """Draws the still image of the recording: its title and a note that it is a stand-in."""
    card = Image.new("RGB", (640, 360), "#1d2b36")
    draw = ImageDraw.Draw(card)
    large, small = ImageFont.load_default(34), ImageFont.load_default(20)
    rows = [""]
    for word in title.split():
        wider = f"{rows[-1]} {word}".strip()
        rows[-1:] = [wider] if draw.textlength(wider, large) <= 544 else [rows[-1], word]
    draw.multiline_text((48, 150), "\n".join(rows), "#f4f1ea", large, anchor="lm", spacing=10)
    draw.text((48, 300), "Stand-in recording", "#a9b8c2", small, anchor="lm")
    card.save(path)


def encode(sound: Path, card: Path, kind: Kind, target: Path, duration: float) -> None:
    channels = str(len(kind.first))
    metadata = [part for key, value in kind.metadata for part in ("-metadata", f"{key}={value}")]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-loop", "1", "-framerate", "25", "-i", str(card),
         "-f", "s16le", "-ar", str(RATE), "-ac", channels, "-channel_layout", kind.layout, "-i", str(sound),
         "-map", "0:v", "-map", "1:a", "-pix_fmt", "yuv420p", "-t", f"{duration:.3f}", "-threads", "1",
         *kind.video, *kind.audio, "-flags", "+bitexact", *kind.container, *metadata, str(target)],
        check=True,
    )  # fmt: skip


def timestamp(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"00:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def transcript(lines: list[Line], language: str) -> str:
    """The WebVTT transcript: one cue per sentence, with the name of its voice."""
    cues = ["WEBVTT\n"]
    for line in lines:
        text = line.text if language == "en" else line.translation
        voice = NAMES[language][line.voice]
        cues.append(f"{timestamp(line.start)} --> {timestamp(line.end)}\n<v {voice}>{text}\n")
    return "\n".join(cues)


def make(talk: dict[str, Any]) -> None:
    kind, folder = KINDS[talk["kind"]], EPISODES / talk["slug"]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        tracks, lines = synthesize_tracks(talk, work)
        write_audio(tracks, kind, work / "sound.raw")
        draw_card(talk["card"], work / "card.png")
        target = folder / f"recording{kind.suffix}"
        encode(work / "sound.raw", work / "card.png", kind, target, len(tracks["noise"]) / RATE)
    for language in NAMES if talk.get("transcripts") else ():
        (folder / f"transcript.{language}.vtt").write_text(transcript(lines, language), encoding="utf-8")
    print(f"{talk['slug']}: {len(tracks['noise']) / RATE:.1f} s, {target.stat().st_size / 1e6:.2f} MB")  # noqa: T201
    for line in lines:
        if line.chapter:
            print(f"  {timestamp(line.start)}  {line.chapter}")  # noqa: T201


def main() -> None:
    talks = tomllib.loads((HERE / "standins.toml").read_text(encoding="utf-8"))["talk"]
    selected = sys.argv[1:] or [talk["slug"] for talk in talks]
    for talk in talks:
        if talk["slug"] in selected:
            make(talk)


if __name__ == "__main__":
    main()
