"""The search index: static files that the search page loads as needed.

Talks are indexed in groups, oldest first, so that a new talk changes one group only. A group's
words are distributed over shards by their first two letters: a search for the beginning of a word
reads one shard of each group. ``search/groups.json`` holds the number of shards of each group,
``search/<group>/<shard>.json`` maps words to places, ``search/<group>/talks.json`` holds the
titles of the group's talks. templates/assets/search.js reads them and must fold words as `fold`
does.
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
from publisher.outputs.pages.renderer import PageRenderer
from publisher.plan import Document
from publisher.render import markdown

GROUP = 128
"""Talks in one group."""

SHARDS = ((8, 1), (32, 8), (GROUP, 32))
"""(largest group, number of shards)."""

TITLE, PEOPLE, NOTES, TRANSCRIPT = 1, 2, 4, 8
"""Places where a word occurs; the index contains their sum."""

WORD = re.compile(r"[^\W_]+")
LETTERS = str.maketrans(
    {"ي": "ی", "ى": "ی", "ې": "ی", "ئ": "ی", "ك": "ک", "ة": "ه", "ہ": "ه", "ۀ": "ه", "ھ": "ه"}
    | dict.fromkeys("أإآٱ", "ا")
    | {"ؤ": "و", "\u200c": "", "\u200d": "", "\u0640": "", "'": "", "’": ""}
)
"""Letters with several spellings, and signs inside words."""

Place = list[int]
"""Number of the talk in its group, sum of places, published second of the first use (-1: not spoken)."""


def fold(text: str) -> str:
    """Text for comparison: lower case, no marks, one form of each letter."""
    if text.isascii():
        return text.replace("'", "").lower()
    plain = unicodedata.normalize("NFKD", text.translate(LETTERS).lower())
    return "".join(letter for letter in plain if not unicodedata.category(letter).startswith("M"))


def words(text: str) -> Iterator[str]:
    """The words of a text, folded, without single characters."""
    for word in WORD.findall(fold(text)):
        if len(word) > 1:
            yield word[:32]


def shard_of(word: str, shards: int) -> int:
    """The shard of a word, by its first two letters."""
    return (ord(word[0]) * 31 + ord(word[1])) % shards


def search_documents(renderer: PageRenderer) -> Iterator[Document]:
    """The files of the index."""
    oldest_first = renderer.site.releases[::-1]
    groups = [oldest_first[at : at + GROUP] for at in range(0, len(oldest_first), GROUP)]
    sizes = [_shard_count(group) for group in groups]
    yield renderer.document("search/groups.json", sizes, lambda: _json(sizes))
    for number, group in enumerate(groups):
        key = renderer.site.keys(group)
        index = GroupIndex(renderer, group)
        yield renderer.document(f"search/{number}/talks.json", key, index.talks)
        for shard in range(sizes[number]):
            yield renderer.document(f"search/{number}/{shard}.json", key, partial(index.shard, shard))


def _shard_count(group: Sequence[Release]) -> int:
    return next(shards for max_group, shards in SHARDS if len(group) <= max_group)


class GroupIndex:
    """The index of one group; built when the first of its files is rendered."""

    def __init__(self, renderer: PageRenderer, group: Sequence[Release]) -> None:
        self._renderer = renderer
        self._group = group

    def talks(self) -> str:
        """``[[slug, title, language, direction, day in words], …]``."""
        language = self._renderer.templates.language(self._renderer.language)
        shown = []
        for release in self._group:
            title = self._renderer.episode(release, self._renderer.language).title
            text_direction = title.dir or direction(self._renderer.language)
            code = title.lang or self._renderer.language
            day = language.day(release.episode.date)
            shown.append([release.episode.slug, title.text, code, text_direction, day])
        return _json(shown)

    def shard(self, shard: int) -> str:
        """``{word: [[talk, where, second], …]}``."""
        return _json(self._shards[shard])

    @cached_property
    def _shards(self) -> Sequence[Mapping[str, list[Place]]]:
        shards: list[dict[str, list[Place]]] = [{} for _ in range(_shard_count(self._group))]
        for number, release in enumerate(self._group):
            for word, (where, second) in sorted(_found(release).items()):
                shards[shard_of(word, len(shards))].setdefault(word, []).append([number, where, second])
        return shards


def _found(release: Release) -> dict[str, tuple[int, int]]:
    """Word → (sum of places, published second of its first use, -1 if it is not spoken)."""
    found: dict[str, tuple[int, int]] = {}

    def add(text: str, where: int, second: int = -1) -> None:
        for word in words(text):
            places, first = found.get(word, (0, -1))
            found[word] = (places | where, first if first >= 0 else second)

    episode = release.episode
    add(episode.title, TITLE)
    for credit in episode.credits:
        add(credit.person.name, PEOPLE)
    for text in (episode.summary or "", markdown.plain(episode.notes or ""), *episode.topics):
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
