"""The HTML file of a review: its page, its data and its sound in one document that requests nothing.

The Content-Security-Policy names the digests of the one script and the one style, and allows sound only from
memory.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from publisher import transcripts
from publisher.images.palette import palette_of
from publisher.model import Chapter, Episode, Release, Seconds, Series, Transcript
from publisher.outputs.pages.view_models import with_language
from publisher.render.language import Language
from publisher.render.templates import Templates
from publisher.review import sealed
from publisher.review.records import ReviewRecord
from publisher.review.sound import ReviewSound
from publisher.timeline import Timeline

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class ReviewCue:
    """A cue in published time; `speaker` only where another one begins."""

    start: Seconds
    end: Seconds
    text: str
    speaker: str | None
    redacted: bool


@dataclass(frozen=True, slots=True)
class ReviewTranscript:
    """A transcript; `number` is its place in the record."""

    number: int
    language: str
    direction: str
    name: str
    cues: tuple[ReviewCue, ...]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """The page that a guest sees, before it is put into a file: `body` is HTML, `talk` for the script."""

    language: str
    direction: str
    title: str
    body: str
    talk: Mapping[str, object]


def compose(
    series: Series,
    episode: Episode,
    record: ReviewRecord,
    sound: ReviewSound,
    language: str,
    templates: Templates,
) -> ReviewPage:
    """The page of a review in `language`. Raises RenderError, TranscriptError."""
    words = templates.language(language)
    line = record.timeline
    title, summary = _texts(series, episode, language)
    credit = next((one for one in episode.credits if one.person.id == record.guest), None)
    context = {
        "title": with_language(title, language, episode.language, series.language),
        "summary": with_language(summary, language, episode.language, series.language) if summary else None,
        "name": credit.person.name if credit else "",
        "shown_as": ", ".join(part for part in (credit.person.name, credit.title) if part) if credit else "",
        "expires": record.expires,
        "chapters": _chapters(line, episode.chapters),
        "scripts": tuple(_scripts(episode, line)),
        "agreed": episode.consent.get(record.guest, {}),
    }
    talk = {
        "id": record.id,
        "key": record.key,
        "expires": _end_of(record.expires),
        "duration": round(line.duration, 3),
        "type": sound.type,
        "digits": words.digits("0123456789"),
    }
    body = templates.render("review-body.html", language, context)
    return ReviewPage(language, words.direction, title, body, talk)


def to_html(page: ReviewPage, sound: bytes, templates: Templates, passphrase: str | None = None) -> str:
    """The whole document; with a passphrase nothing of the page or the sound is readable in it."""
    from markupsafe import Markup

    if passphrase is None:
        data = [
            ("talk", "application/json", _json(page.talk)),
            ("sound-data", "text/plain", _base64(sound)),
        ]
        return _document(templates, page.language, page.title, Markup(page.body), data)
    content = {
        "lang": page.language,
        "dir": page.direction,
        "title": page.title,
        "body": page.body,
        "talk": page.talk,
    }
    head = json.dumps(content, ensure_ascii=False).encode()
    locked = sealed.seal(struct.pack(">I", len(head)) + head + sound, passphrase)
    lock = {"salt": _base64(locked.salt), "iv": _base64(locked.nonce), "iterations": locked.iterations}
    data = [("lock-data", "application/json", _json(lock)), ("sealed", "text/plain", _base64(locked.content))]
    body = Markup(templates.render("review-locked.html", "en", {"languages": _prompts(templates)}))
    return _document(templates, "en", "OK", body, data)


def _document(
    templates: Templates, language: str, title: str, body: Markup, data: list[tuple[str, str, Markup]]
) -> str:
    from markupsafe import Markup

    script = Markup(templates.text("assets/review.js"))
    style = Markup(templates.render("assets/review.css", "en", {"palette": palette_of(0, 0)}))
    context = {
        "title": title,
        "body": body,
        "script": script,
        "style": style,
        "policy": _policy(script, style),
    }
    # The sound is put in last: the budget of templates is for pages, not for megabytes.
    marks = [(name, kind, secrets.token_hex(16)) for name, kind, _ in data]
    html = templates.render("review.html", language, {**context, "data": marks})
    for (_, _, content), (_, _, mark) in zip(data, marks, strict=True):
        html = html.replace(mark, content, 1)
    return html


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; media-src blob:; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _prompts(templates: Templates) -> list[dict[str, str]]:
    """The words of a locked file in each language."""
    return [
        {
            "code": code,
            "direction": Language(code).direction,
            **{
                name: templates.render_macro("review-words.html", code, "locked", {"name": name})
                for name in ("ask", "wrong", "old", "scripts")
            },
        }
        for code in sorted(templates.translated, key=lambda code: (code != "en", code))
    ]


def _texts(series: Series, episode: Episode, language: str) -> tuple[str, str | None]:
    """Title and summary in the language, if the catalogue has them; else the talk's own."""
    translation = episode.translations.get(language)
    title = (translation.title if translation else None) or episode.title
    return title, (translation.summary if translation else None) or episode.summary


def _chapters(line: Timeline, chapters: tuple[Chapter, ...]) -> tuple[Chapter, ...]:
    return line.chapters(chapters) if len(chapters) > 1 else ()


def _scripts(episode: Episode, line: Timeline) -> Iterator[ReviewTranscript]:
    for number, transcript in enumerate(transcripts_of(episode)):
        own = Language(transcript.language)
        cues = tuple(_cues(transcripts.published_cues(transcript, line)))
        if cues:
            yield ReviewTranscript(number, transcript.language, own.direction, own.name, cues)


def transcripts_of(episode: Episode) -> tuple[Transcript, ...]:
    """The transcripts that a review file contains, the talk's own language first."""
    return transcripts.for_release(Release(episode, "", episode.date))


def _cues(cues: tuple[transcripts.Cue, ...]) -> Iterator[ReviewCue]:
    before: str | None = None
    for cue in cues:
        speaker = cue.speaker if cue.speaker != before else None
        before = cue.speaker
        yield ReviewCue(cue.start, cue.end, cue.text, speaker, cue.redacted)


def _end_of(day: date | None) -> int | None:
    """The end of a day in the last time zone, in ms since 1970."""
    if day is None:
        return None
    end = datetime.combine(day, time(), UTC) + timedelta(days=1, hours=12)
    return int(end.timestamp() * 1000)


def _json(document: Mapping[str, object]) -> Markup:
    from markupsafe import Markup

    text = json.dumps(document, ensure_ascii=True)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _base64(content: bytes) -> Markup:
    from markupsafe import Markup

    return Markup(base64.b64encode(content).decode("ascii"))
