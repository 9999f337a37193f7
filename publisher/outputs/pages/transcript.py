"""Transcripts as pages show them: in turns, every cue a link to its time.

The talk's page holds the words of its own language, and those of others while they are few;
every other language has a page of its own besides, and so have the words of a very long talk.
What may be published of the words is the business of `publisher.transcripts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from publisher import addresses, timeline, transcripts
from publisher.bidi import Direction
from publisher.model import Release, Seconds, Transcript
from publisher.outputs.pages import views
from publisher.outputs.pages.stage import Stage
from publisher.plan import Document
from publisher.render.language import Language
from publisher.transcripts import Cue

TURN_WORDS = 70
"""After so many words a turn is broken at the next sentence's end."""

LIGHT = 70_000
"""Letters that a talk's page can carry with links in 60 kB: what is said in an hour and a quarter."""

BEARABLE = 90_000
"""Letters that it can carry without those links; beyond them also the first language moves."""

SAMPLE = 16_384
"""Bytes of a file that tell how many of its bytes are words."""

TAG = re.compile(r"<[^<>]*>")
SENTENCE_END = re.compile(r"[.?!…؟۔。]['\"”’»)\]]*$")


@dataclass(frozen=True, slots=True)
class Line:
    """A cue's words; `is_first` where no earlier one on the page begins in the same second."""

    at: Seconds
    text: str
    withheld: bool
    is_first: bool

    @property
    def anchor(self) -> str:
        return views.anchor(self.at)


@dataclass(frozen=True, slots=True)
class Turn:
    """Words of one speaker, a paragraph long."""

    speaker: str | None
    lines: tuple[Line, ...]

    @property
    def at(self) -> Seconds:
        return self.lines[0].at

    @property
    def anchor(self) -> str:
        return self.lines[0].anchor


@dataclass(frozen=True, slots=True)
class Script:
    """A transcript in one language. `path` is its own page's folder, None where it has none."""

    language: str
    direction: Direction
    name: str
    turns: tuple[Turn, ...]
    path: str | None
    letters: int

    @property
    def has_links(self) -> bool:
        """Whether every cue is a link; in a very long transcript only every turn is."""
        return self.letters <= LIGHT


def scripts(release: Release) -> tuple[Script, ...]:
    """A talk's transcripts that hold words, its own language first."""
    taken: set[str] = set()
    found = (_script(release, transcript, path, taken) for transcript, path in _ordered(release))
    return tuple(script for script in found if script.turns)


def on_talk_page(all_scripts: tuple[Script, ...]) -> tuple[Script, ...]:
    """Those whose words stand on the talk's page: the first if it can be borne, others while light."""
    letters = 0
    shown: list[Script] = []
    for number, script in enumerate(all_scripts):
        letters += script.letters
        if letters <= LIGHT or (number == 0 and script.path is None):
            shown.append(script)
    return tuple(shown)


def _ordered(release: Release) -> Iterator[tuple[Transcript, str | None]]:
    episode = release.episode
    own = episode.language.split("-")[0]
    ordered = sorted(episode.transcripts, key=lambda t: t.language.split("-")[0] != own)
    for number, transcript in enumerate(ordered):
        is_apart = number > 0 or not _is_bearable(transcript)
        yield transcript, addresses.transcript_page(episode.slug, transcript.language) if is_apart else None


def _is_bearable(transcript: Transcript) -> bool:
    """Whether a talk's page can carry the words, by the file's size and how much of its beginning is words.

    Every release asks this of every talk; reading the whole file would take too long.
    """
    size = transcript.source.path.stat().st_size
    if size <= BEARABLE:
        return True
    with transcript.source.path.open("rb") as file:
        sample = file.read(SAMPLE)
    lines = TAG.sub("", sample.decode("utf-8", "ignore")).splitlines()
    words = sum(len(line) for line in lines if "-->" not in line and not line.strip().isdecimal())
    return size * words / len(sample) <= BEARABLE


def _script(release: Release, transcript: Transcript, path: str | None, taken: set[str]) -> Script:
    published = transcripts.published_cues(transcript, timeline.of_release(release))
    language = Language(transcript.language)
    turns = tuple(in_turns(published, taken))
    # The page asks for it at every turn.
    letters = sum(len(line.text) for turn in turns for line in turn.lines)
    return Script(transcript.language, language.direction, language.name, turns, path, letters)


def in_turns(cues: Iterable[Cue], taken: set[str]) -> Iterator[Turn]:
    """Cues as turns of speakers, long turns broken at a sentence's end.

    `taken` holds the anchors that the page has already; each is given to one place only.
    """
    for speaker, spoken in groupby(cues, key=lambda cue: cue.speaker):
        lines: list[Line] = []
        words = 0
        for cue in spoken:
            mark = views.anchor(cue.start)
            lines.append(Line(cue.start, cue.text, cue.withheld, mark not in taken))
            taken.add(mark)
            words += len(cue.text.split())
            if words >= TURN_WORDS and SENTENCE_END.search(cue.text):
                yield Turn(speaker, tuple(lines))
                lines, words = [], 0
        if lines:
            yield Turn(speaker, tuple(lines))


def transcript_pages(stage: Stage) -> Iterator[Document]:
    """A page for each transcript that is not in the talk's first language, or too long for its page."""
    for release in stage.site.releases:
        for transcript, path in _ordered(release):
            if path is not None:
                key = stage.site.release_keys[release.episode.slug]
                yield stage.document(
                    path + "index.html", key, partial(_page, stage, release, transcript, path)
                )


def _page(stage: Stage, release: Release, transcript: Transcript, path: str) -> str:
    language = stage.templates.speaking(transcript.language, stage.series.language)
    talk = stage.talk(release, language)
    script = _script(release, transcript, path, set())
    page = stage.page(path, language, release.episode.title, section="talks", indexed=False)
    return stage.render("transcript-page.html", page, {"talk": talk, "script": script})
