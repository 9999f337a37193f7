"""Turns sound into words with times: faster-whisper, or a program that the producer names.

faster-whisper is the extra ``[transcribe]``. Models are read from this machine only; downloading one is a
command of its own. Settings follow what its users report: without the text before, the model does not
repeat itself after a pause (SYSTRAN/faster-whisper#506, #465).
"""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
import wave
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from publisher.errors import PublisherError, UsageError
from publisher.model import Seconds
from publisher.transcribe.speech import RATE

logger = logging.getLogger(__name__)

NOT_INSTALLED = "faster-whisper is not installed: pip install 'talk-publisher[transcribe]'"

MAX_HOTWORDS = 500
"""Characters; the model reads only the first 224 tokens."""

MAX_REPEATS = 3
"""Times that the same sentence may follow itself: more is a loop of the model."""

MAX_COMPRESSION = 2.4
"""Above this ratio the words of a segment repeat each other (the limit of Whisper's own fallback)."""

_DOUBT = 0.3
"""The factor of the probability of words in a segment that is probably not speech."""


class EngineError(PublisherError):
    """The recogniser is missing, or it failed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its times in the given sound, and its probability from 0 to 1."""

    start: Seconds
    end: Seconds
    text: str
    """With the blank before it, if there is one."""
    probability: float = 1.0


Report = Callable[[Seconds], None]


class Engine(Protocol):
    """A recogniser. `name` changes whenever its results may change.

    `workers` is the number of stretches that it recognises at a time.
    """

    workers: int

    @property
    def name(self) -> str: ...

    def words(
        self, sound: NDArray[np.float32], language: str, hotwords: Sequence[str], report: Report
    ) -> list[Word]:
        """The words of a sound (mono, 16 kHz). `report` gets the seconds done. Raises EngineError."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Which recogniser: the command line of a program, or else a model of faster-whisper.

    `model` is its name, or its folder below the series folder.
    """

    command: str | None
    model: str

    @property
    def name(self) -> str:
        return f"command {self.command}" if self.command else f"faster-whisper {Path(self.model).name}"

    def load(self, root: Path, threads: int, environment: Mapping[str, str]) -> Engine:
        """The recogniser on this machine; `root` is the series folder. Raises EngineError, UsageError."""
        if self.command:
            return Program(self.command, environment)
        folder = root / self.model
        return FasterWhisper(str(folder) if folder.is_dir() else self.model, threads)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound without cuts and mutes on its way to a worker: all that is sent of a talk, beside `hotwords`."""

    settings: EngineSettings
    root: str
    """The series folder on the workers."""
    sound: NDArray[np.float32]
    language: str
    hotwords: tuple[str, ...]


class RemoteEngine:
    """The same recogniser on the workers of a cluster: `recognise` sends a stretch, and waits."""

    def __init__(
        self, settings: EngineSettings, root: str, workers: int, recognise: Callable[[Stretch], list[Word]]
    ) -> None:
        self._settings, self._root, self._recognise = settings, root, recognise
        self.workers = workers

    @property
    def name(self) -> str:
        return self._settings.name

    def words(
        self, sound: NDArray[np.float32], language: str, hotwords: Sequence[str], report: Report
    ) -> list[Word]:
        words = self._recognise(Stretch(self._settings, self._root, sound, language, tuple(hotwords)))
        report(len(sound) / RATE)
        return words


class FasterWhisper:
    """A Whisper model through faster-whisper, on the processor, with weights of 8 bits."""

    workers = 1

    def __init__(self, model: str, threads: int) -> None:
        self._model_name = model
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise EngineError(
                f"{NOT_INSTALLED}, or name another program with command in [transcribe]"
            ) from error
        try:
            self._model: Any = WhisperModel(
                model, device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
            )
        # The library raises errors of many other libraries.
        except Exception as error:
            logger.info("the model cannot be loaded: %s", type(error).__name__)
            raise EngineError(_missing_model(model)) from error

    @property
    def name(self) -> str:
        return f"faster-whisper {Path(self._model_name).name}"

    def words(
        self, sound: NDArray[np.float32], language: str, hotwords: Sequence[str], report: Report
    ) -> list[Word]:
        segments, _ = self._model.transcribe(
            sound,
            language=_whisper_language(language, self._model),
            beam_size=5,
            condition_on_previous_text=False,
            hotwords=", ".join(hotwords)[:MAX_HOTWORDS] or None,
            vad_filter=True,
            word_timestamps=True,
        )
        return list(_words(_without_loops(segments), report))


def _missing_model(model: str) -> str:
    if Path(model).is_absolute() or "/" in model:
        return f"{model} contains no model for faster-whisper (model.bin, config.json); name another one"
    return (
        f'the model "{model}" is not on this machine: `publisher transcribe --download {model}` fetches it '
        "once; nothing of your series is sent"
    )


def _whisper_language(language: str, model: Any) -> str | None:
    """The language as the model names it; None if it does not know it, so that it decides itself."""
    if not model.model.is_multilingual:
        return "en"
    primary = language.split("-")[0]
    return primary if primary in model.supported_languages else None


def _without_loops(segments: Iterable[Any]) -> Iterator[Any]:
    """The segments without those in which the model repeats itself."""
    before, count = "", 0
    for segment in segments:
        text = segment.text.strip().casefold()
        count = count + 1 if text == before else 1
        before = text
        if count <= MAX_REPEATS and not (
            segment.compression_ratio > MAX_COMPRESSION and segment.avg_logprob < -1
        ):
            yield segment


def _words(segments: Iterable[Any], report: Report) -> Iterator[Word]:
    for segment in segments:
        report(segment.end)
        is_doubtful = segment.no_speech_prob > 0.6 and segment.avg_logprob < -0.7
        for word in segment.words or ():
            probability = word.probability * (_DOUBT if is_doubtful else 1.0)
            yield Word(word.start, word.end, word.word, probability)


def download(model: str, report: Callable[[str], None]) -> Path:
    """Fetches a model of faster-whisper once. Raises EngineError."""
    try:
        from faster_whisper import download_model
    except ImportError as error:
        raise EngineError(NOT_INSTALLED) from error
    report(model)
    try:
        return Path(download_model(model))
    except Exception as error:
        raise EngineError(f'the model "{model}" cannot be fetched: {error}') from error


# Another program


class Program:
    """A program of the producer's choice, started without a shell.

    `command` is its command line. In it, ``{audio}`` is replaced by a WAV file (mono, 16 kHz, 16 bits),
    ``{language}`` by the language's code, ``{hotwords}`` by names and topics, ``{output}`` by a path without
    suffix. It writes WebVTT or SubRip, or JSON with segments or words, to standard output or to that path
    with a suffix. Without ``{audio}`` the WAV file is the last argument.
    """

    workers = 1

    def __init__(self, command: str, environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = dict(environment)
        try:
            self._arguments = shlex.split(command)
        except ValueError as error:
            raise UsageError(f"command in [transcribe] is not a command line: {error}") from error

    @property
    def name(self) -> str:
        return f"command {self._command}"

    def words(
        self, sound: NDArray[np.float32], language: str, hotwords: Sequence[str], report: Report
    ) -> list[Word]:
        with TemporaryDirectory(prefix="publisher-") as name:
            folder = Path(name)
            audio, output = folder / "sound.wav", folder / "result"
            _write_wav(audio, sound)
            values = {
                "{audio}": str(audio),
                "{language}": language.split("-")[0],
                "{hotwords}": ", ".join(hotwords)[:MAX_HOTWORDS],
                "{output}": str(output),
            }
            line = [_filled(part, values) for part in self._arguments]
            if not any("{audio}" in part for part in self._arguments):
                line.append(str(audio))
            text = self._run(line) if "{output}" not in self._command else self._run_to(line, folder)
            report(len(sound) / RATE)
            return words_of_text(text, self._arguments[0])

    def _run(self, line: Sequence[str]) -> str:
        try:
            done = subprocess.run(
                line, capture_output=True, env=self._environment, check=False, stdin=subprocess.DEVNULL
            )
        except OSError as error:
            text = f"{line[0]} cannot be started ({error.strerror}); correct command in [transcribe]"
            raise EngineError(text) from error
        if done.returncode != 0:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise EngineError(f"{line[0]} failed with status {done.returncode}: {' '.join(last)}")
        return done.stdout.decode("utf-8", "replace")

    def _run_to(self, line: Sequence[str], folder: Path) -> str:
        self._run(line)
        written = [path for path in sorted(folder.iterdir()) if path.name.startswith("result")]
        if not written:
            raise EngineError(f"{line[0]} wrote nothing to {{output}}; correct command in [transcribe]")
        return written[0].read_text(encoding="utf-8", errors="replace")


def _filled(part: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        part = part.replace(name, value)
    return part


def _write_wav(path: Path, sound: NDArray[np.float32]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes())


def words_of_text(text: str, program: str) -> list[Word]:
    """The words of WebVTT, SubRip or JSON, as recognisers write it. Raises EngineError.

    Words of a caption or segment without times of their own share its time by their length.
    """
    from publisher.transcripts import TranscriptError, parse

    stripped = text.lstrip("\ufeff \r\n\t")
    if not stripped:
        return []
    if stripped.startswith("{") or stripped.startswith("["):
        try:
            return list(_json_words(json.loads(stripped)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise EngineError(f"{program} wrote JSON without segments or words") from error
    kind = "vtt" if stripped.startswith("WEBVTT") else "srt"
    try:
        cues = parse(Path(program), stripped, kind)
    except TranscriptError as error:
        raise EngineError(f"{program} wrote neither WebVTT nor SubRip nor JSON") from error
    return [word for cue in cues for word in _spread(cue.text, cue.start, cue.end)]


def _json_words(document: Any) -> Iterator[Word]:
    """Words of Whisper's JSON (segments, words) and of whisper.cpp's (transcription, offsets in ms)."""
    if isinstance(document, dict) and "transcription" in document:
        for item in document["transcription"]:
            offsets = item["offsets"]
            yield from _spread(item["text"], offsets["from"] / 1000, offsets["to"] / 1000)
        return
    for segment in document["segments"] if isinstance(document, dict) else document:
        words = segment.get("words")
        if not words:
            yield from _spread(str(segment["text"]), float(segment["start"]), float(segment["end"]))
            continue
        for word in words:
            text = str(word.get("word", word.get("text", "")))
            chance = float(word.get("probability", word.get("score", 1.0)))
            yield Word(
                float(word["start"]), float(word["end"]), text if text[:1] == " " else f" {text}", chance
            )


def _spread(text: str, start: Seconds, end: Seconds) -> Iterator[Word]:
    words = text.split()
    total = sum(map(len, words)) or 1
    at = start
    for word in words:
        length = (end - start) * len(word) / total
        yield Word(at, at + length, f" {word}")
        at += length
