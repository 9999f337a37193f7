"""Transcripts on pages: in turns of speakers, every cue a link to its time.

The talk's page contains the transcript in its own language, and others as long as they are short.
Every other language has a page of its own as well, and so has the transcript of a very long talk.
`publisher.transcripts` decides which cues may be published.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, groupby

from publisher import site_paths, timeline, transcripts
from publisher.bidi import Direction
from publisher.model import Release, Seconds, Transcript
from publisher.outputs.pages.renderer import PageRenderer
from publisher.outputs.pages.view_models import anchor
from publisher.plan import Document
from publisher.render.language import Language
from publisher.transcripts import Cue

logger = logging.getLogger(__name__)

TURN_WORDS = 70
"""Words after which a turn is split at the next end of a sentence."""

MAX_LINKED_CHARS = 70_000
"""Characters of transcripts on a talk's page with a link per cue: 60 kB compressed, 75 min of speech."""

MAX_INLINE_CHARS = 90_000
"""Characters of a transcript on a talk's page without those links; a longer one gets its own page."""

SAMPLE_BYTES = 16_384
"""Bytes of a file from which the share of spoken words is estimated."""

TAG = re.compile(r"<[^<>]*>")
SENTENCE_END = re.compile(r"[.?!…؟۔。]['\"”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class CueView:
    """A cue; `is_first` unless an earlier one on the page has the same anchor."""

    at: Seconds
    text: str
    withheld: bool
    is_first: bool

    @property
    def anchor(self) -> str:
        return anchor(self.at)


@dataclass(frozen=True, slots=True)
class Turn:
    """Words of one speaker, a paragraph long."""

    speaker: str | None
    lines: tuple[CueView, ...]

    @property
    def at(self) -> Seconds:
        return self.lines[0].at

    @property
    def anchor(self) -> str:
        return self.lines[0].anchor


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """A transcript in one language. `path` is the folder of its own page, None where it has none."""

    language: str
    direction: Direction
    name: str
    turns: tuple[Turn, ...]
    path: str | None
    letters: int

    @property
    def has_links(self) -> bool:
        """Whether every cue is a link; in a very long transcript only every turn is."""
        return self.letters <= MAX_LINKED_CHARS


def transcripts_of(release: Release) -> tuple[TranscriptView, ...]:
    """A talk's transcripts with published cues, its own language first."""
    taken: set[str] = set()
    found = (_view(release, transcript, path, taken) for transcript, path in _ordered(release))
    return tuple(view for view in found if view.turns)


def on_episode_page(views: tuple[TranscriptView, ...]) -> tuple[TranscriptView, ...]:
    """Those on the talk's page: the first unless it has a page of its own, others while short."""
    totals = accumulate(view.letters for view in views)
    return tuple(
        view
        for number, (view, total) in enumerate(zip(views, totals, strict=True))
        if total <= MAX_LINKED_CHARS or (number == 0 and view.path is None)
    )


def languages_with_page(release: Release) -> tuple[str, ...]:
    """The languages of the transcripts that have a page of their own."""
    return tuple(script.language for script, path in _ordered(release) if path is not None)


def _ordered(release: Release) -> Iterator[tuple[Transcript, str | None]]:
    """The transcripts, the talk's own language first, each with the folder of its own page if any."""
    episode = release.episode
    own = episode.language.split("-")[0]
    ordered = sorted(episode.transcripts, key=lambda t: t.language.split("-")[0] != own)
    for number, transcript in enumerate(ordered):
        is_apart = number > 0 or not _fits_inline(transcript)
        yield transcript, site_paths.transcript_page(episode.slug, transcript.language) if is_apart else None


def _fits_inline(transcript: Transcript) -> bool:
    """Whether a talk's page can contain the transcript, estimated from the file's size and its beginning.

    Called for every talk of every release: reading whole files would take too long.
    """
    size = transcript.source.path.stat().st_size
    if size <= MAX_INLINE_CHARS:
        return True
    with transcript.source.path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    lines = TAG.sub("", sample.decode("utf-8", "ignore")).splitlines()
    words = sum(len(line) for line in lines if "-->" not in line and not line.strip().isdecimal())
    estimate = size * words // len(sample)
    logger.debug("a transcript of %d bytes has about %d spoken characters", size, estimate)
    return size * words / len(sample) <= MAX_INLINE_CHARS


def _view(release: Release, transcript: Transcript, path: str | None, taken: set[str]) -> TranscriptView:
    published = transcripts.published_cues(transcript, timeline.of_release(release))
    language = Language(transcript.language)
    turns = tuple(split_into_turns(published, taken))
    letters = sum(len(line.text) for turn in turns for line in turn.lines)
    return TranscriptView(transcript.language, language.direction, language.name, turns, path, letters)


def split_into_turns(cues: Iterable[Cue], taken: set[str]) -> Iterator[Turn]:
    """Splits cues into turns of speakers, long turns at the end of a sentence.

    `taken` holds the anchors already used on the page; each is used once.
    """
    for speaker, spoken in groupby(cues, key=lambda cue: cue.speaker):
        lines: list[CueView] = []
        words = 0
        for cue in spoken:
            place = anchor(cue.start)
            lines.append(CueView(cue.start, cue.text, cue.redacted, place not in taken))
            taken.add(place)
            words += len(cue.text.split())
            if words >= TURN_WORDS and SENTENCE_END.search(cue.text):
                yield Turn(speaker, tuple(lines))
                lines, words = [], 0
        if lines:
            yield Turn(speaker, tuple(lines))


def transcript_pages(renderer: PageRenderer) -> Iterator[Document]:
    """A page for each transcript in another language than the talk's, or too long for its page."""
    for release in renderer.site.releases:
        for transcript, path in _ordered(release):
            if path is not None:
                key = renderer.site.release_keys[release.episode.slug]
                yield renderer.document(path, key, partial(_page, renderer, release, transcript, path))


def _page(renderer: PageRenderer, release: Release, transcript: Transcript, path: str) -> str:
    language = renderer.templates.resolve_language(transcript.language, renderer.series.language)
    title = release.episode.title
    page = renderer.page(path, language, title, section="talks", indexed=False)
    view = _view(release, transcript, path, set())
    context = {"talk": renderer.episode(release, language), "script": view}
    return renderer.render("transcript-page.html", page, context)
