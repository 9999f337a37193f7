"""From what somebody wrote on YouTube to keys of the catalogue. Pure; writes no file.

A description was made from many keys. Where the edit lies within the summary, or in the lines of
the chapters, those keys get it; any other edit becomes ``youtube.description``, word for word.
Every guess is proved: the template, run with the edited keys, must give YouTube's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from publisher import timeline
from publisher.model import Chapter, Episode, Series, Translation
from publisher.outputs.youtube import resource, texts
from publisher.outputs.youtube.resource import AT, TRANSLATION, canonical
from publisher.render.templates import Templates

CHAPTER = re.compile(r"(?m)^((?:\d+:)?\d{1,2}:\d\d)[ \t]+(\S.*)$")

Keys = Mapping[str, object]
"""Values for keys of the catalogue, as `catalogue.set_value` takes them; None removes a key."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What one field's text on YouTube makes of the catalogue; `keys` is empty where it cannot be taken."""

    field: str
    keys: Keys
    note: str = ""


def edits(
    series: Series, episode: Episode, templates: Templates, theirs: Mapping[str, Any]
) -> tuple[Edit, ...]:
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


def _plain(name: str, value: Any) -> Edit:
    if name == "title":
        return Edit(name, {"youtube.title": value}, "for YouTube only; feed and pages keep the talk's title")
    if name == "tags":
        return Edit(name, {"youtube.tags": list(value)})
    if name == "language":
        return Edit(name, {"language": value})
    if name == "privacy" and str(value).startswith(AT):
        moment = datetime.fromisoformat(str(value).removeprefix(AT).replace("Z", "+00:00"))
        return Edit(name, {"youtube.publish_at": moment, "youtube.privacy": None})
    if name == "privacy":
        return Edit(name, {"youtube.privacy": value, "youtube.publish_at": None})
    return Edit(name, {}, f"{name} is set for the whole channel, in [youtube]; change it there")


def _description(series: Series, episode: Episode, templates: Templates, title: str, text: str) -> Edit:
    if episode.youtube.description is not None:
        return Edit("description", {"youtube.description": text})
    for candidate in _candidates(series, episode, templates, text):
        composed = texts.compose(series, candidate, templates)
        if canonical(composed.words.description) == text:
            return Edit("description", dict(_changed(episode, candidate)))
    note = "the whole text; the template, chapters and links no longer change it until the key is deleted"
    return Edit("description", {"youtube.description": text}, note)


def _candidates(series: Series, episode: Episode, templates: Templates, text: str) -> Iterator[Episode]:
    """The talk as it may have been meant: with other chapters, with another summary, with both."""
    with_chapters = replace(episode, chapters=_chapters(episode, text))
    # Chapters that YouTube would not show belong to none of the keys.
    bases = (episode, with_chapters) if texts.chapters_of(with_chapters) else (episode,)
    for base in bases:
        yield base
        summary = _summary(series, base, templates, text)
        if summary is not None and not CHAPTER.search(summary):
            yield replace(base, summary=summary)


def _summary(series: Series, episode: Episode, templates: Templates, text: str) -> str | None:
    """What stands in `text` where the summary stands in the description."""
    mark = "\ue001"
    composed = texts.compose(series, replace(episode, summary=mark), templates)
    before, found, after = canonical(composed.words.description).partition(mark)
    if not found or not (text.startswith(before) and text.endswith(after)):
        return None
    return text[len(before) : len(text) - len(after)].strip() or None


def _chapters(episode: Episode, text: str) -> tuple[Chapter, ...]:
    """The chapters that the lines of `text` give, in times of the recording."""
    duration = episode.recording.duration if episode.recording else float("inf")
    line = timeline.of_recording(episode, duration)
    known = {line_of(chapter, line): chapter for chapter in episode.chapters}
    by_title = {chapter.title: chapter for chapter in episode.chapters}
    chapters = []
    for clock, title in CHAPTER.findall(text):
        at = _seconds(clock)
        old = known.get(at) or by_title.get(title.strip())
        same_place = old is not None and line_of(old, line) == at
        when = old.at if old is not None and same_place else line.recorded(at)
        chapters.append(Chapter(when, title.strip(), old.link if old else None))
    return tuple(chapters)


def line_of(chapter: Chapter, line: timeline.Timeline) -> int:
    """The whole second at which a chapter is shown."""
    return int(line.published(chapter.at) + 1e-6)


def _changed(episode: Episode, candidate: Episode) -> Iterator[tuple[str, object]]:
    if candidate.summary != episode.summary:
        yield "summary", candidate.summary
    if candidate.chapters != episode.chapters:
        yield "chapters", [_chapter(chapter) for chapter in candidate.chapters]


def _chapter(chapter: Chapter) -> dict[str, object]:
    written: dict[str, object] = {"at": timeline.clock(chapter.at), "title": chapter.title}
    return written | ({"link": chapter.link} if chapter.link else {})


def _translation(series: Series, episode: Episode, templates: Templates, name: str, value: Any) -> Edit:
    language = name.removeprefix(TRANSLATION)
    if value is None:
        return Edit(name, {f"translations.{language}": None})
    title, text = value
    old = episode.translations[language]

    def with_summary(summary: str | None) -> Episode:
        return replace(episode, translations={language: Translation(title, summary)})

    mark = "\ue001"
    composed = texts.compose(series, with_summary(mark), templates).translations[language]
    before, found, after = canonical(composed.description).partition(mark)
    fits = bool(found) and text.startswith(before) and text.endswith(after)
    summary = text[len(before) : len(text) - len(after)].strip() if fits else old.summary
    proved = texts.compose(series, with_summary(summary or None), templates).translations[language]
    if canonical(proved.description) != text:
        note = f"the description in {language} was edited beside its summary; change it in the template"
        return Edit(name, {}, note)
    return Edit(name, {f"translations.{language}": _words(title, summary)})


def _words(title: str, summary: str | None) -> dict[str, object]:
    written: dict[str, object] = {"title": title}
    return written | ({"summary": summary} if summary else {})


def _seconds(clock: str) -> int:
    seconds = 0
    for part in clock.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds


def differing(wanted: Mapping[str, object], held: resource.Resource, now: datetime) -> dict[str, Any]:
    """YouTube's values where they differ from the catalogue's."""
    found = resource.found(held, wanted, now)
    return {name: value for name, value in found.items() if value != wanted[name]}
