"""Hints of `check` about what only a reader would notice: placeholders, unused people, pictures in notes.

None of them stops a release. Placeholders are the texts of a new catalogue, TODO, lorem ipsum, and addresses
of the domains that RFC 2606 and RFC 6761 reserve for examples.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from publisher import catalogue, files
from publisher.catalogue.fields import quoted
from publisher.catalogue.starter import DEFAULTS
from publisher.errors import Problem
from publisher.gather.episode_files import NOTES
from publisher.model import Episode, Series
from publisher.render import markdown
from publisher.transcripts.cues import UNSURE_MARK


def find_hints(series: Series, loaded: catalogue.LoadResult) -> Iterator[Problem]:
    """Every hint, with its file and line."""
    yield from _placeholders(loaded)
    yield from _unused_people(series, loaded)
    for episode in series.episodes:
        if episode.notes is not None:
            yield from _notes_hints(series.root, episode)
        yield from _unsure_words(episode)


def _placeholders(loaded: catalogue.LoadResult) -> Iterator[Problem]:
    for location, path, text in loaded.texts():
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        if found := describe_placeholder(text, key):
            yield location.problem(catalogue.RuleFinding(path, found, "warning"))


def _unused_people(series: Series, loaded: catalogue.LoadResult) -> Iterator[Problem]:
    """People whom no talk and no live item names; a hidden person stays hidden and is none of them."""
    named = {text for location, _, text in loaded.texts() if not location.label.startswith("people.")}
    for person in series.people.values():
        if person.id not in named and not person.hidden:
            text = f"{person.name} is in no talk; write {person.id} in a talk, or delete the table"
            yield loaded.problem(None, f"people.{person.id}: name", text, "warning")


def _unsure_words(episode: Episode) -> Iterator[Problem]:
    """Words that `publisher transcribe` marked and nobody has corrected yet."""
    for transcript in episode.transcripts:
        path = transcript.source.path
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = files.read_text(path)
            if count := text.count(UNSURE_MARK):
                line = text[: text.index(UNSURE_MARK)].count("\n") + 1
                words = "1 word may be wrong" if count == 1 else f"{count} words may be wrong"
                found = f"{words}; correct them and remove the marks <c.unsure> and </c>"
                yield Problem(f"episodes/{episode.slug}/{path.name}", line, "", found, "warning")


def _notes_hints(root: Path, episode: Episode) -> Iterator[Problem]:
    """Placeholders in an episode's notes, and pictures that no reader will see."""
    file = f"episodes/{episode.slug}/{NOTES}"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        text = files.read_text(root / file)
        for number, line in enumerate(text.splitlines(), 1):
            if found := describe_placeholder(line, NOTES):
                yield Problem(file, number, "", found, "warning")
        for number, address in markdown.pictures(text):
            if "://" not in address:
                yield Problem(file, number, "", _describe_picture(episode, address), "warning")


def _describe_picture(episode: Episode, address: str) -> str:
    name = address.partition("#")[0].partition("?")[0]
    if (episode.folder / name).is_file():
        return f"the picture {address} is not published: pages show its description instead"
    return f"there is no picture {address} in episodes/{episode.slug}/; pages show its description instead"


# Placeholders

PROSE_KEYS = frozenset({"description", "summary", "bio"})
"""Keys of whole sentences, where an instruction is a placeholder; a title may be one."""

_TEMPLATE_TEXTS = frozenset(
    (
        "My talk series",
        "First Guest",
        "their current title",
        "A first talk",
        "A sentence or two about the talk.",
        *DEFAULTS.values(),
    )
) - {"", "en", "UTC"}

_MARKS = "TODO|FIXME|TBD|XXX"
_PLACEHOLDER = re.compile(
    rf"^\W*(?:{_MARKS})\W*$|\b(?:{_MARKS}):|[\[(<{{]\s*(?:{_MARKS})\b|^(?:{_MARKS})\s+[a-z]"
    r"|(?i:\blorem ipsum\b|^untitled$|\b(?:text|title|name|summary|description|notes) goes here\b)"
    r"|^[\s.…]*…[\s.…]*$|^\s*\.{3,}\s*$"
)
_INSTRUCTION = re.compile(
    r"(?i)^\W*(?:(?:describe|insert)\b(?!.*\?).*|(?:write|enter|your) (?:\w+ )?here\b.*)"
)
_EXAMPLE_ADDRESS = re.compile(
    r"(?i)(?:^|[\s/@(<\"'.])((?:[\w-]+\.)*example\.(?:com|net|org|edu))(?![\w-]|\.\w)"
    r"|(?:://|@)((?:[\w-]+\.)*[\w-]+\.(?:example|test|invalid)|localhost|127\.0\.0\.1)(?![\w-]|\.\w)"
)


_EXAMPLE_WORDS = ("example", ".test", ".invalid", "localhost", "127.0.0.1")


def describe_placeholder(text: str, key: str) -> str | None:
    """The hint for a text of the catalogue or a line of notes; None if it is no placeholder."""
    if text.strip() in _TEMPLATE_TEXTS and not _EXAMPLE_ADDRESS.search(text):
        return f"{quoted(text.strip())} is the text of a new catalogue; write your own"
    found = _PLACEHOLDER.search(text) or (_INSTRUCTION.match(text) if key in PROSE_KEYS else None)
    if found:
        return f"{quoted(found[0].strip())} is a placeholder; write the text, or delete it"
    lower = text.lower()
    # The search takes most of the time of `check` for 10 000 talks; few texts contain one of these words.
    if any(word in lower for word in _EXAMPLE_WORDS) and (found := _EXAMPLE_ADDRESS.search(text)):
        return f"{found[1] or found[2]} is an address for examples, which reaches nobody; write your own"
    return None
