"""The search index: static files that a page asks for only when somebody searches.

Talks are taken in groups, oldest first, so that a new talk changes one group only. A group's
words are spread over parts by their first two letters: looking for the beginning of a word asks
for one part of each group. ``search/groups.json`` says how many parts each group has,
``search/<group>/<part>.json`` maps words to where they are, ``search/<group>/talks.json`` says
how each talk of the group is called. templates/assets/search.js reads them and must fold words
as `folded` does.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial

from publisher import timeline, transcripts
from publisher.bidi import direction
from publisher.model import Release
from publisher.outputs.pages.stage import Stage
from publisher.plan import Document
from publisher.render import markup

GROUP = 128
"""Talks in one group."""

PARTS = ((8, 1), (32, 8), (GROUP, 32))
"""Up to so many talks, a group has so many parts."""

TITLE, PEOPLE, NOTES, TRANSCRIPT = 1, 2, 4, 8
"""Where a word is; the sum of them stands in the index."""

WORD = re.compile(r"[^\W_]+")
LETTERS = str.maketrans(
    {"ي": "ی", "ى": "ی", "ې": "ی", "ئ": "ی", "ك": "ک", "ة": "ه", "ہ": "ه", "ۀ": "ه", "ھ": "ه"}
    | dict.fromkeys("أإآٱ", "ا")
    | {"ؤ": "و", "\u200c": "", "\u200d": "", "\u0640": "", "'": "", "’": ""}
)
"""Letters that are typed one way and printed another, and signs within words."""

Place = list[int]
"""A talk's number in its group, the sum of where, the second it is first said (-1: nowhere)."""


def folded(text: str) -> str:
    """Text as it is compared: without marks and case, variants of a letter as one."""
    if text.isascii():
        return text.replace("'", "").lower()
    plain = unicodedata.normalize("NFKD", text.translate(LETTERS).lower())
    return "".join(letter for letter in plain if not unicodedata.category(letter).startswith("M"))


def words(text: str) -> Iterator[str]:
    """The words of a text that are worth finding, folded."""
    for word in WORD.findall(folded(text)):
        if len(word) > 1:
            yield word[:32]


def part_of(word: str, parts: int) -> int:
    """The part a word is in: by its first two letters."""
    return (ord(word[0]) * 31 + ord(word[1])) % parts


def search_documents(stage: Stage) -> Iterator[Document]:
    """The files of the index."""
    oldest_first = stage.site.releases[::-1]
    groups = [oldest_first[at : at + GROUP] for at in range(0, len(oldest_first), GROUP)]
    sizes = [_parts(group) for group in groups]
    yield stage.document("search/groups.json", sizes, lambda: _json(sizes))
    for number, group in enumerate(groups):
        key = [stage.site.release_keys[release.episode.slug] for release in group]
        index = Index(stage, group)
        yield stage.document(f"search/{number}/talks.json", key, index.talks)
        for part in range(sizes[number]):
            yield stage.document(f"search/{number}/{part}.json", key, partial(index.part, part))


def _parts(group: Sequence[Release]) -> int:
    return next(parts for most, parts in PARTS if len(group) <= most)


class Index:
    """The index of one group; made when the first of its files is rendered."""

    def __init__(self, stage: Stage, group: Sequence[Release]) -> None:
        self._stage = stage
        self._group = group

    def talks(self) -> str:
        """``[[slug, title, language, direction, day in words], …]``."""
        language = self._stage.templates.language(self._stage.language)
        shown = []
        for release in self._group:
            title = self._stage.talk(release, self._stage.language).title
            written = title.dir or direction(self._stage.language)
            code = title.lang or self._stage.language
            shown.append(
                [release.episode.slug, title.text, code, written, language.day(release.episode.date)]
            )
        return _json(shown)

    def part(self, part: int) -> str:
        """``{word: [[talk, where, second], …]}``."""
        return _json(self._spread[part])

    @cached_property
    def _spread(self) -> Sequence[Mapping[str, list[Place]]]:
        parts: list[dict[str, list[Place]]] = [{} for _ in range(_parts(self._group))]
        for number, release in enumerate(self._group):
            for word, (where, second) in sorted(_found(release).items()):
                parts[part_of(word, len(parts))].setdefault(word, []).append([number, where, second])
        return parts


def _found(release: Release) -> dict[str, tuple[int, int]]:
    """Every word of a talk: the sum of where it is, the second it is first said."""
    found: dict[str, tuple[int, int]] = {}

    def add(text: str, where: int, second: int = -1) -> None:
        for word in words(text):
            before, said = found.get(word, (0, -1))
            found[word] = (before | where, said if said >= 0 else second)

    episode = release.episode
    add(episode.title, TITLE)
    for credit in episode.credits:
        add(credit.person.name, PEOPLE)
    for text in (episode.summary or "", markup.plain(episode.notes or ""), *episode.topics):
        add(text, NOTES)
    line = timeline.of_release(release)
    for chapter in line.chapters(episode.chapters):
        add(chapter.title, NOTES)
    for transcript in episode.transcripts:
        for cue in transcripts.published_cues(transcript, line):
            add(cue.text, TRANSCRIPT, int(cue.start))
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"
