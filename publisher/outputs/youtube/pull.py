"""Turns edits on YouTube into keys of the catalogue. Pure; writes no file.

A description was made from many keys. Where the edit lies within the summary, or in the lines of
the chapters, those keys get it; any other edit becomes ``youtube.description``, word for word.
Every guess is verified: the template, run with the edited keys, must give YouTube's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from publisher import timeline
from publisher.model import Chapter, Episode, Series, Translation
from publisher.model.youtube_facts import TRANSLATION
from publisher.outputs.youtube import texts
from publisher.outputs.youtube.resource import AT, Resource, Value, Values, canonical, remote_values
from publisher.render.templates import Templates

CHAPTER = re.compile(r"(?m)^((?:\d+:)?\d{1,2}:\d\d)[ \t]+(\S.*)$")

MARK = "\ue001"
"""Put in the place of a summary to find that place in the rendered description."""

Keys = Mapping[str, object]
"""Values for keys of the catalogue, as `catalogue.set_value` takes them; None removes a key."""


@dataclass(frozen=True, slots=True)
class CatalogueEdit:
    """The keys that one field on YouTube changes; `keys` is empty if it cannot be taken over."""

    field: str
    keys: Keys
    note: str = ""


def edits(
    series: Series, episode: Episode, templates: Templates, theirs: Values
) -> tuple[CatalogueEdit, ...]:
    """The edits that bring YouTube's values into the catalogue, field by field."""
    made = []
    for name, value in theirs.items():
        if name == "description":
            title = str(theirs.get("title") or canonical(episode.youtube.title or episode.title))
            made.append(_description(series, episode, templates, title, str(value)))
        elif name.startswith(TRANSLATION):
            made.append(_translation(series, episode, templates, name, value))
        else:
            made.append(_plain(name, value))
    return tuple(made)


def _plain(name: str, value: Value) -> CatalogueEdit:
    if name == "title":
        return CatalogueEdit(
            name, {"youtube.title": value}, "for YouTube only; feed and pages keep the talk's title"
        )
    if name == "tags" and isinstance(value, tuple):
        return CatalogueEdit(name, {"youtube.tags": list(value)})
    if name == "language":
        return CatalogueEdit(name, {"language": value})
    if name == "privacy" and str(value).startswith(AT):
        moment = datetime.fromisoformat(str(value).removeprefix(AT).replace("Z", "+00:00"))
        return CatalogueEdit(name, {"youtube.publish_at": moment, "youtube.privacy": None})
    if name == "privacy":
        return CatalogueEdit(name, {"youtube.privacy": value, "youtube.publish_at": None})
    return CatalogueEdit(name, {}, f"{name} is set for the whole channel, in [youtube]; change it there")


def _description(
    series: Series, episode: Episode, templates: Templates, title: str, text: str
) -> CatalogueEdit:
    if episode.youtube.description is not None:
        return CatalogueEdit("description", {"youtube.description": text})
    for candidate in _candidates(series, episode, templates, text):
        composed = texts.compose(series, candidate, templates)
        if canonical(composed.words.description) == text:
            return CatalogueEdit("description", _changed_keys(episode, candidate))
    note = "the whole text; the template, chapters and links no longer change it until the key is deleted"
    return CatalogueEdit("description", {"youtube.description": text}, note)


def _candidates(series: Series, episode: Episode, templates: Templates, text: str) -> Iterator[Episode]:
    """The talk with other chapters, with another summary, and with both."""
    with_chapters = replace(episode, chapters=_chapters(episode, text))
    # Chapters that YouTube would not show belong to none of the keys.
    bases = (episode, with_chapters) if texts.chapters_of(with_chapters) else (episode,)
    for base in bases:
        yield base
        marked = texts.compose(series, replace(base, summary=MARK), templates)
        summary = _text_at_mark(marked.words.description, text)
        if summary and not CHAPTER.search(summary):
            yield replace(base, summary=summary)


def _text_at_mark(description: str, text: str) -> str | None:
    """The part of `text` in the place of `MARK` in a description; None if the rest differs."""
    before, found, after = canonical(description).partition(MARK)
    if not found or not (text.startswith(before) and text.endswith(after)):
        return None
    return text[len(before) : len(text) - len(after)].strip()


def _chapters(episode: Episode, text: str) -> tuple[Chapter, ...]:
    """The chapters that the lines of `text` give, in times of the recording."""
    duration = episode.recording.duration if episode.recording else float("inf")
    line = timeline.of_recording(episode, duration)
    known = {_shown_at(chapter, line): chapter for chapter in episode.chapters}
    by_title = {chapter.title: chapter for chapter in episode.chapters}
    chapters = []
    for clock, title in CHAPTER.findall(text):
        at = _seconds(clock)
        old = known.get(at) or by_title.get(title.strip())
        same_place = old is not None and _shown_at(old, line) == at
        when = old.at if old is not None and same_place else line.recorded(at)
        chapters.append(Chapter(when, title.strip(), old.link if old else None))
    return tuple(chapters)


def _shown_at(chapter: Chapter, line: timeline.Timeline) -> int:
    """The whole second at which a chapter is shown."""
    return int(line.published(chapter.at) + 1e-6)


def _changed_keys(episode: Episode, candidate: Episode) -> Keys:
    keys: dict[str, object] = {}
    if candidate.summary != episode.summary:
        keys["summary"] = candidate.summary
    if candidate.chapters != episode.chapters:
        keys["chapters"] = [_chapter(chapter) for chapter in candidate.chapters]
    return keys


def _chapter(chapter: Chapter) -> dict[str, object]:
    written: dict[str, object] = {"at": timeline.format_time(chapter.at), "title": chapter.title}
    return written | ({"link": chapter.link} if chapter.link else {})


def _translation(
    series: Series, episode: Episode, templates: Templates, name: str, value: Value
) -> CatalogueEdit:
    language = name.removeprefix(TRANSLATION)
    if not isinstance(value, tuple):
        return CatalogueEdit(name, {f"translations.{language}": None})
    title, text = value

    def description(summary: str | None) -> str:
        translated = replace(episode, translations={language: Translation(title, summary)})
        return texts.compose(series, translated, templates).translations[language].description

    summary = _text_at_mark(description(MARK), text)
    if summary is None:
        summary = episode.translations[language].summary
    if canonical(description(summary or None)) != text:
        note = f"the description in {language} was edited beside its summary; change it in the template"
        return CatalogueEdit(name, {}, note)
    words = {"title": title} | ({"summary": summary} if summary else {})
    return CatalogueEdit(name, {f"translations.{language}": words})


def _seconds(clock: str) -> int:
    seconds = 0
    for part in clock.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds


def remote_differences(desired: Values, held: Resource, now: datetime) -> Values:
    """YouTube's values that differ from the catalogue's."""
    return {
        name: value for name, value in remote_values(held, desired, now).items() if value != desired[name]
    }
