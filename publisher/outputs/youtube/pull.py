"""Converts edits made on YouTube into values of catalogue keys. Pure; writes no file.

A description is rendered from many keys. An edit of the summary or of the chapter lines changes
those keys; any other edit becomes ``youtube.description``, unchanged. Every candidate is
verified: rendering the template with the edited keys must produce YouTube's text.
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
"""Replaces a summary to find its position in the rendered description."""

Keys = Mapping[str, object]
"""Values of catalogue keys, as `catalogue.set_value` accepts them; None removes a key."""


@dataclass(frozen=True, slots=True)
class CatalogueEdit:
    """The keys that one field on YouTube changes; `keys` is empty if it cannot be copied."""

    field: str
    keys: Keys
    note: str = ""


def edits(
    series: Series, episode: Episode, templates: Templates, theirs: Values
) -> tuple[CatalogueEdit, ...]:
    """The edits that copy YouTube's values to the catalogue, field by field."""
    result = []
    for name, value in theirs.items():
        if name == "description":
            result.append(_description(series, episode, templates, str(value)))
        elif name.startswith(TRANSLATION):
            result.append(_translation(series, episode, templates, name, value))
        else:
            result.append(_plain(name, value))
    return tuple(result)


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


def _description(series: Series, episode: Episode, templates: Templates, text: str) -> CatalogueEdit:
    if episode.youtube.description is not None:
        return CatalogueEdit("description", {"youtube.description": text})
    for candidate in _candidates(series, episode, templates, text):
        composed = texts.compose(series, candidate, templates)
        if canonical(composed.original.description) == text:
            return CatalogueEdit("description", _changed_keys(episode, candidate))
    note = "the whole text; the template, chapters and links no longer change it until the key is deleted"
    return CatalogueEdit("description", {"youtube.description": text}, note)


def _candidates(series: Series, episode: Episode, templates: Templates, text: str) -> Iterator[Episode]:
    """The talk with the chapters of `text`, with its summary, and with both."""
    with_chapters = replace(episode, chapters=_chapters(episode, text))
    # YouTube does not show these chapters, so the lines are not chapters.
    bases = (episode, with_chapters) if texts.chapters_of(with_chapters) else (episode,)
    for base in bases:
        yield base
        marked = texts.compose(series, replace(base, summary=MARK), templates)
        summary = _text_at_mark(marked.original.description, text)
        if summary and not CHAPTER.search(summary):
            yield replace(base, summary=summary)


def _text_at_mark(description: str, text: str) -> str | None:
    """The part of `text` at the position of `MARK` in a description; None if the rest differs."""
    before, found, after = canonical(description).partition(MARK)
    if not found or not (text.startswith(before) and text.endswith(after)):
        return None
    return text[len(before) : len(text) - len(after)].strip()


def _chapters(episode: Episode, text: str) -> tuple[Chapter, ...]:
    """The chapters in the lines of `text`, at times of the recording."""
    duration = episode.recording.duration if episode.recording else float("inf")
    line = timeline.of_recording(episode, duration)
    known = {_shown_at(chapter, line): chapter for chapter in episode.chapters}
    by_title = {chapter.title: chapter for chapter in episode.chapters}
    chapters = []
    for clock, title in CHAPTER.findall(text):
        shown = _seconds(clock)
        old = known.get(shown) or by_title.get(title.strip())
        is_unmoved = old is not None and _shown_at(old, line) == shown
        at = old.at if old is not None and is_unmoved else line.recorded(shown)
        chapters.append(Chapter(at, title.strip(), old.link if old else None))
    return tuple(chapters)


def _shown_at(chapter: Chapter, line: timeline.Timeline) -> int:
    """The whole second of the video at which a chapter begins."""
    return int(line.published(chapter.at) + 1e-6)


def _changed_keys(episode: Episode, candidate: Episode) -> Keys:
    keys: dict[str, object] = {}
    if candidate.summary != episode.summary:
        keys["summary"] = candidate.summary
    if candidate.chapters != episode.chapters:
        keys["chapters"] = [_chapter(chapter) for chapter in candidate.chapters]
    return keys


def _chapter(chapter: Chapter) -> dict[str, object]:
    table: dict[str, object] = {"at": timeline.format_time(chapter.at), "title": chapter.title}
    return table | ({"link": chapter.link} if chapter.link else {})


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
        note = f"the description in {language} was edited outside its summary; change it in the template"
        return CatalogueEdit(name, {}, note)
    translation = {"title": title} | ({"summary": summary} if summary else {})
    return CatalogueEdit(name, {f"translations.{language}": translation})


def _seconds(clock: str) -> int:
    """The seconds of a time such as 1:02:03."""
    seconds = 0
    for part in clock.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds


def remote_differences(desired: Values, remote: Resource, now: datetime) -> Values:
    """YouTube's values that differ from the catalogue's."""
    return {
        name: value for name, value in remote_values(remote, desired, now).items() if value != desired[name]
    }
