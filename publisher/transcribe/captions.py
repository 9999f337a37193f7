"""Words with times become captions by speaker, and a WebVTT file that says how it was made.

Words of which the recogniser is not certain are marked ``<c.unsure>``, so that people find what to correct.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from publisher.model import Seconds
from publisher.transcribe.engines import Word
from publisher.transcripts.cues import UNSURE_MARK
from publisher.transcripts.sentences import ends_sentence
from publisher.transcripts.writers import format_stamp

MAX_LENGTH = 84
"""Characters of a caption: two lines of 42, as subtitles have."""

MAX_DURATION = 7.0
"""Seconds that a caption is shown."""

MAX_GAP = 1.2
"""Seconds of silence within a caption; a longer pause begins a new one."""

MIN_DURATION = 0.8
UNSURE = 0.5
"""The probability below which a word is marked."""

_NOTE = "NOTE Made by `publisher transcribe`"
_DIGEST = re.compile(r"^checked (?P<digest>[0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word in times of the recording, with the number of its speaker (None: unknown)."""

    start: Seconds
    end: Seconds
    text: str
    probability: float
    speaker: int | None = None


@dataclass(frozen=True, slots=True)
class MadeCaption:
    """Words that are shown together."""

    words: tuple[SpokenWord, ...]

    @property
    def start(self) -> Seconds:
        return self.words[0].start

    @property
    def speaker(self) -> int | None:
        return self.words[0].speaker


def placed(words: Iterable[Word], start: Seconds, end: Seconds, speaker: int | None) -> Iterator[SpokenWord]:
    """The words of a stretch in times of the recording; none lies outside it."""
    for word in words:
        if word.text.strip():
            first, last = (min(max(start + time, start), end) for time in (word.start, word.end))
            yield SpokenWord(first, max(first, last), word.text, word.probability, speaker)


def captions_of(words: Iterable[SpokenWord]) -> tuple[MadeCaption, ...]:
    """Captions in order of time, each of one speaker; sentences end them where that is near."""
    found: list[MadeCaption] = []
    open_words: dict[int | None, list[SpokenWord]] = {}
    for word in sorted(words, key=lambda one: (one.start, one.end)):
        own = open_words.setdefault(word.speaker, [])
        if own and _is_full(own, word):
            found.append(MadeCaption(tuple(own)))
            own.clear()
        own.append(word)
    found += [MadeCaption(tuple(own)) for own in open_words.values() if own]
    return tuple(sorted(found, key=lambda one: (one.start, one.words[-1].end)))


def _is_full(words: Sequence[SpokenWord], following: SpokenWord) -> bool:
    text = "".join(word.text for word in words).strip()
    if following.start - words[-1].end > MAX_GAP or following.end - words[0].start > MAX_DURATION:
        return True
    if len(text) + len(following.text) > MAX_LENGTH:
        return True
    return len(text) > MAX_LENGTH // 3 and ends_sentence(text, following.text.strip())


def to_file(captions: Sequence[MadeCaption], names: Sequence[str], engine: str) -> str:
    """The WebVTT file; `names` are those of the speakers by number.

    Its note contains a digest of the captions, by which `is_corrected` notices later changes.
    """
    body = "\n".join(_blocks(captions, names))
    lines = (_NOTE, f"with {engine}. Words marked c.unsure may be wrong.", f"checked {_digest(body)}")
    return "WEBVTT\n\n" + "\n".join(lines) + "\n\n" + body


def is_corrected(text: str) -> bool:
    """Whether a transcript was changed after it was made here, or was not made here."""
    text = text.replace("\r\n", "\n")
    note = _DIGEST.search(text)
    return note is None or _NOTE not in text or _digest(text[note.end() :]) != note["digest"]


def _digest(body: str) -> str:
    return hashlib.sha256(body.strip().encode()).hexdigest()


def _blocks(captions: Sequence[MadeCaption], names: Sequence[str]) -> Iterator[str]:
    for number, caption in enumerate(captions):
        following = captions[number + 1].start if number + 1 < len(captions) else float("inf")
        end = max(caption.words[-1].end, min(caption.start + MIN_DURATION, following))
        speaker = caption.speaker
        voice = f"<v {html.escape(names[speaker], quote=False)}>" if speaker is not None else ""
        yield f"{format_stamp(caption.start)} --> {format_stamp(end)}\n{voice}{_marked(caption.words)}\n"


def _marked(words: Sequence[SpokenWord]) -> str:
    """The words as text, those of low probability in ``<c.unsure>``."""
    parts: list[str] = []
    for word in words:
        text = html.escape(" ".join(word.text.split()), quote=False)
        blank = " " if parts and word.text[:1].isspace() else ""
        parts.append(blank + (f"{UNSURE_MARK}{text}</c>" if word.probability < UNSURE else text))
    return "".join(parts)
