"""Transcripts on pages: in paragraphs by speaker, every cue a link to its time.

The talk's page contains the transcript in its own language, and others as long as they are short.
Every other language has a page of its own as well, and so has the transcript of a very long talk.
`publisher.transcripts` decides which cues may be published.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from publisher import site_paths, timeline, transcripts
from publisher.bidi import Direction
from publisher.model import Release, Seconds, Transcript
from publisher.outputs.pages.renderer import PageRenderer
from publisher.outputs.pages.view_models import anchor
from publisher.plan import Document
from publisher.render.language import Language
from publisher.transcripts import Cue

logger = logging.getLogger(__name__)

MAX_LINKED_CHARS = 70_000
"""Characters of transcripts on a talk's page with a link per cue: 60 kB compressed, 75 min of speech."""

MAX_INLINE_CHARS = 90_000
"""Characters of a transcript on a talk's page without those links; a longer one gets its own page."""

SAMPLE_BYTES = 16_384
"""Bytes of a file from which the share of spoken words is estimated."""

TAG = re.compile(r"<[^<>]*>")
SHOWN_BEFORE = 4
"""Lines of a file among which rolling captions repeat a line."""


@dataclass(frozen=True, slots=True)
class CueView:
    """A cue, or the part of it in one paragraph; `is_first` unless an earlier one has the same anchor.

    `is_joined` if no space follows, as between East Asian characters.
    """

    at: Seconds
    text: str
    withheld: bool
    is_first: bool
    is_joined: bool = False

    @property
    def anchor(self) -> str:
        return anchor(self.at)


@dataclass(frozen=True, slots=True)
class Turn:
    """A paragraph of words of one speaker.

    It `continues` if the paragraph before is of the same turn. `is_other` if another speaker begins whose
    name is unknown.
    """

    speaker: str | None
    lines: tuple[CueView, ...]
    continues: bool = False
    is_other: bool = False

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
    words = sum(map(len, _spoken(TAG.sub("", sample.decode("utf-8", "ignore")).splitlines())))
    estimate = size * words // len(sample)
    logger.debug("a transcript of %d bytes has about %d spoken characters", size, estimate)
    return size * words / len(sample) <= MAX_INLINE_CHARS


def _spoken(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a file that are spoken, each once where captions repeat it."""
    shown: deque[str] = deque(maxlen=SHOWN_BEFORE)
    for line in map(str.strip, lines):
        if line and "-->" not in line and not line.isdecimal():
            if line not in shown:
                yield line
            shown.append(line)


def _view(release: Release, transcript: Transcript, path: str | None, taken: set[str]) -> TranscriptView:
    published = transcripts.published_cues(transcript, timeline.of_release(release))
    language = Language(transcript.language)
    letters = sum(len(cue.text) for cue in published)
    turns = tuple(split_into_turns(published, taken, has_links=letters <= MAX_LINKED_CHARS))
    return TranscriptView(transcript.language, language.direction, language.name, turns, path, letters)


def split_into_turns(cues: Iterable[Cue], taken: set[str], has_links: bool = True) -> Iterator[Turn]:
    """Splits cues into turns of speakers, and long turns into paragraphs that begin with a sentence.

    `taken` holds the anchors already used on the page; each is used once. `has_links` unless only
    paragraphs have anchors.
    """
    for spoken in _turns(cues):
        is_other = bool(spoken[0].mark) and spoken[0].speaker is None
        for number, paragraph in enumerate(transcripts.paragraphs(spoken)):
            following = (*(text for _, text in paragraph[1:]), "")
            lines = tuple(
                _cue_view(cue, text, after, taken if has_links or position == 0 else set())
                for position, ((cue, text), after) in enumerate(zip(paragraph, following, strict=True))
            )
            yield Turn(spoken[0].speaker, lines, number > 0, is_other and number == 0)


def _turns(cues: Iterable[Cue]) -> Iterator[list[Cue]]:
    """Consecutive cues of one speaker; a withheld stretch is apart."""
    turn: list[Cue] = []
    for cue in cues:
        if turn and (cue.mark or (cue.speaker, cue.redacted) != (turn[0].speaker, turn[0].redacted)):
            yield turn
            turn = []
        turn.append(cue)
    if turn:
        yield turn


def _cue_view(cue: Cue, text: str, following: str, taken: set[str]) -> CueView:
    place = anchor(cue.start)
    is_first = place not in taken
    taken.add(place)
    is_joined = not transcripts.needs_space(text, following)
    return CueView(cue.start, text, cue.redacted, is_first, is_joined)


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
