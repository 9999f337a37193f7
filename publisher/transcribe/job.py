"""Transcribes one talk, stretch by stretch; each finished stretch is kept until the talk is done."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, wait
from dataclasses import dataclass
from pathlib import Path

from publisher import files, site_paths, timeline
from publisher.errors import UsageError
from publisher.fingerprint import fingerprint
from publisher.media.decode import recording_of, track_of
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import Episode, Seconds
from publisher.progress import Progress, SummedProgress
from publisher.transcribe.captions import SpokenWord, captions_of, is_corrected, placed, to_file
from publisher.transcribe.engines import Engine, Word
from publisher.transcribe.speech import DecodedSpeech, Span, decode_speech, published_stretches
from publisher.transcripts.cues import UNSURE_MARK

logger = logging.getLogger(__name__)

VERSION = 1
"""Raise it when the same sound is cut into other stretches, or words are read otherwise."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was made: the file, its captions, its uncertain words, the seconds of speech."""

    path: Path
    captions: int
    words: int
    unsure: int
    duration: Seconds


def target(episode: Episode) -> Path:
    """The file that a transcription of the talk writes."""
    return episode.folder / f"transcript.{episode.language}.vtt"


def decoded_folder(work: Path, episode: Episode) -> Path:
    """The folder of the talk's sound while it is transcribed, beside the words of each finished stretch."""
    return work / site_paths.TRANSCRIBED_DIR / episode.slug / "decoded"


def require_free(episode: Episode) -> None:
    """Raises UsageError if the talk has a transcript in its language that people may have corrected."""
    folder, language = episode.folder, episode.language
    for path in (target(episode), folder / f"transcript.{language}.srt"):
        if path.exists() and is_corrected(files.read_text(path)):
            raise UsageError(
                f"{path.parent.name}/{path.name} was corrected by people, or is not of this command; it is "
                "never overwritten. Move it away to make a new one"
            )


def transcribe(
    episode: Episode,
    engine: Engine,
    ffmpeg: Ffmpeg,
    work: Path,
    speakers: Sequence[str],
    progress: Progress,
    pool: Executor,
) -> Result:
    """Writes the transcript of a talk's published words. `work` is the folder .publisher/.

    `speakers`: the names of the voices of a recording with one microphone per channel, the left one first.
    `pool` runs the recogniser, with as many stretches at a time as it takes.
    Raises MediaError, EngineError, UsageError.
    """
    require_free(episode)
    recording, track = recording_of(episode), track_of(episode)
    results = work / site_paths.TRANSCRIBED_DIR / episode.slug
    decoded = decoded_folder(work, episode)
    shutil.rmtree(decoded, ignore_errors=True)
    with files.temp_dir(decoded) as folder:
        task = progress.start(f"{episode.slug}: decode", recording.duration)
        speech = decode_speech(
            ffmpeg, recording.path, track, recording.tracks[track].channels, folder, task.advance
        )
        task.finish()
        line = timeline.of_recording(episode, speech.duration)
        stretches = published_stretches(line.kept, line.mutes, speech)
        source = (recording.digest, track)
        words = list(_words(episode, engine, speech, stretches, source, results, progress, pool))
    captions = captions_of(words)
    names = [*speakers, *(f"Speaker {number}" for number in range(len(speakers) + 1, 3))]
    text = to_file(captions, names, engine.name)
    require_free(episode)
    files.write_atomic(target(episode), text.encode())
    shutil.rmtree(results, ignore_errors=True)
    spoken = sum(end - start for start, end in stretches)
    return Result(target(episode), len(captions), len(words), text.count(UNSURE_MARK), spoken)


def _words(
    episode: Episode,
    engine: Engine,
    speech: DecodedSpeech,
    stretches: Sequence[Span],
    source: tuple[str, int],
    results: Path,
    progress: Progress,
    pool: Executor,
) -> Iterator[SpokenWord]:
    hotwords = hotwords_of(episode)
    whole = sum(end - start for start, end in stretches) * len(speech.channels)
    task = progress.start(f"{episode.slug}: transcribe", whole)
    done = SummedProgress(task.advance)

    def recognise(number: int, channel: int, span: Span) -> list[Word]:
        key = fingerprint([VERSION, engine.name, *source, channel, span, episode.language, hotwords])
        path, report = results / f"{key}.json", done.for_part(number)
        words = _load(path)
        if words is None:
            words = engine.words(speech.read(channel, span), episode.language, hotwords, report)
            files.write_atomic(path, json.dumps([_row(word) for word in words]).encode())
        report(span[1] - span[0])
        return words

    parts = [(channel, span) for channel in speech.channels for span in stretches]
    futures = [pool.submit(recognise, number, *part) for number, part in enumerate(parts)]
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
    finally:
        for future in futures:
            future.cancel()
        # They read the sound, which is removed next.
        wait(futures)
    for (channel, span), future in zip(parts, futures, strict=True):
        yield from placed(future.result(), *span, channel if speech.has_channel_per_speaker else None)
    task.finish()


def hotwords_of(episode: Episode) -> tuple[str, ...]:
    """The names and topics that the recogniser should expect: people, topics, the title."""
    names = (credit.person.name for credit in episode.credits)
    return tuple(dict.fromkeys((*names, *episode.topics, episode.title)))


def _row(word: Word) -> list[object]:
    return [word.start, word.end, word.text, round(float(word.probability), 4)]


def _load(path: Path) -> list[Word] | None:
    """The words of a stretch that was transcribed before; None if there are none, or the file is damaged."""
    try:
        rows = json.loads(files.read_bytes(path))
        return [Word(float(start), float(end), str(text), float(chance)) for start, end, text, chance in rows]
    except (OSError, ValueError, TypeError):
        return None
