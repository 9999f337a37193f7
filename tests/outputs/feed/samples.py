"""Publications to render: a plain one, and one with all that breaks feeds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import podcastparser

from publisher.context import BuildContext
from publisher.model import (
    Chapter,
    Correction,
    Credit,
    Enclosure,
    Episode,
    Funding,
    License,
    Link,
    Owner,
    Person,
    Publication,
    Release,
    Series,
    SourceFile,
    Transcript,
)
from publisher.outputs.feed import FeedRenderer

LINK = "https://talks.example.org/press/"
HOST = Person(
    "host", "Taha Host", "editor", link="https://host.example.org/", photo=SourceFile(Path("h.jpg"), "aa")
)
GUEST = Person("guest", "گلالئی Guest", "activist")


def series(**changes: Any) -> Series:
    values: dict[str, Any] = {
        "title": "Press Talk",
        "description": "Talks with *guests*.\n\nAnd questions.",
        "language": "en",
        "link": LINK,
        "author": "Small Press",
        "root": Path("/nowhere"),
        "owner": Owner("Small Press", "press@example.org"),
        "categories": (("News", "Politics"), ("Society & Culture", None)),
        "copyright": "© Small Press",
        "license": License("cc-by-4.0"),
        "funding": (Funding("Support us", "https://example.org/give"),),
        "locked": True,
    }
    return Series(**(values | changes))


def enclosure(slug: str, suffix: str = "mp3", kind: str = "audio/mpeg") -> Enclosure:
    return Enclosure(f"media/{slug}.0011aabb.{suffix}", suffix, kind, 123_456, 1799.6, "ab" * 32, bitrate=96)


def video(slug: str) -> Enclosure:
    return Enclosure(
        f"media/{slug}.22cc33dd.mp4",
        "mp4",
        "video/mp4",
        250_000_000,
        1790.0,
        "cd" * 32,
        bitrate=1117,
        height=720,
    )


def release(slug: str = "talk", **changes: Any) -> Release:
    """A release; what `changes` names is the episode's, except for the release's own fields."""
    own = {name: changes.pop(name) for name in list(changes) if name in Release.__dataclass_fields__}
    values: dict[str, Any] = {
        "slug": slug,
        "title": f"The {slug}",
        "date": datetime(2020, 11, 28, 18, 0, tzinfo=timezone(timedelta(hours=1))),
        "language": "en",
        "folder": Path("/nowhere"),
        "summary": "Two people talk.",
    }
    facts: dict[str, Any] = {
        "guid": f"urn:uuid:{slug}",
        "published": changes.get("date", values["date"]),
        "enclosures": (enclosure(slug),),
        "recording_duration": 1800.0,
    }
    return Release(Episode(**(values | changes)), **(facts | own))


def full_release(slug: str = "full") -> Release:
    return release(
        slug,
        title="Everything at once",
        season=2,
        number=4,
        kind="bonus",
        explicit=True,
        guests=(Credit(GUEST, "guest", "what she was that day"),),
        moderators=(Credit(HOST, "moderator"),),
        sources=(Credit(Person("author", "Terry Author"), "source"),),
        topics=("Human rights", "خالصتان"),
        links=(
            Link("A paper", "https://example.org/?a=1&b=2"),
            Link("Seen", "https://example.org/s", "coverage"),
        ),
        corrections=(Correction(date(2020, 12, 2), "It was a Tuesday."),),
        chapters=(Chapter(0, "Welcome"), Chapter(760, "Questions", "https://example.org/q")),
        start=10.0,
        cuts=((100.0, 160.0),),
        notes="Notes with a time [12:40] and one that is cut [1:50].\n\n- one\n  - two",
        transcripts=(transcript("ur"), transcript("en"), transcript("en", "srt")),
        enclosures=(enclosure(slug), enclosure(slug, "opus", "audio/ogg")),
        youtube_id="dQw4w9WgXcQ",
        video=video(slug),
    )


def transcript(language: str, suffix: str = "vtt") -> Transcript:
    return Transcript(language, SourceFile(Path(f"transcript.{language}.{suffix}"), "cc"))


NASTY_TITLES = (
    ("fa", "آیا «حقوق بشر» & آزادی؟ ]]> 🎙️"),
    ("ur", "پشتون تحفظ: \"سوال\" <b>اور</b> 'جواب' 👩🏽‍💻"),
    ("en", 'Tom & Jerry\'s "]]>" <script>alert(1)</script> &amp; &nbsp; #hash?'),
    ("en", "control\x00\x08\x1b\x7f\ufffe\ud800 characters\r\nand lines"),
    ("ps", "   د پښتنو غږ   "),
)

LONG_NOTES = (
    "# Heading ]]> & <b>raw</b>\n\n"
    + "".join(
        f'Paragraph {n} says «سلام» & "quotes" ]]> 🎉 \x0b. ' + "word " * 40 + "\n\n" for n in range(16)
    )
    + "- a\n  - b\n    - c\n      1. d\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![p](https://e.org/p.png)"
)


def nasty_publication() -> Publication:
    releases = [
        release(
            f"nasty-{n}",
            title=title,
            language=language,
            date=datetime(2021, 1, 10 - n, 12, tzinfo=UTC),
            summary=f"{title} ]]> & < > \x1f" * 3,
            notes=LONG_NOTES,
            guests=(Credit(Person(f"p{n}", f"{title} & Co" * 9), "guest", "a < b ]]>"),),
            topics=("A & B", "]]>", "خبر"),
            links=(Link("<i>& ]]>", "https://example.org/?q=]]>&x=\"'"),),
            chapters=tuple(Chapter(at * 5.5, f"{at} & ]]> \x02 {title}") for at in range(300)),
            transcripts=(transcript(language), transcript("sd")),
        )
        for n, (language, title) in enumerate(NASTY_TITLES)
    ]
    talks = series(
        title="«سری» & ]]> \x0c Talks",
        description=LONG_NOTES,
        copyright="© & ]]>",
        language="fa",
        author='A & "B"',
    )
    return publication(releases, talks)


def publication(releases: Iterable[Release], talks: Series | None = None) -> Publication:
    newest_first = sorted(releases, key=lambda each: each.published, reverse=True)
    return Publication(talks or series(), tuple(newest_first), "917393e3-1b1e-5cef-ace4-edaa54e1f810")


def render(shown: Publication) -> dict[str, bytes]:
    """The feed's documents by path."""
    context = BuildContext(Path("/nowhere/public"), Path("/nowhere/.publisher"))
    return {each.path: each.render() for each in FeedRenderer(context).documents(shown)}


# podcastparser 0.6.11 knows the podcast namespace only by the address of its document.
podcastparser.Namespace.NAMESPACES["https://podcastindex.org/namespace/1.0"] = "podcast"


def read_by_podcastparser(xml: bytes) -> dict[str, Any]:
    return podcastparser.parse(LINK + "feed.xml", BytesIO(xml))  # type: ignore[no-any-return]


def read_by_feedparser(xml: bytes) -> Any:
    parsed = feedparser.parse(xml)
    assert not parsed.bozo, parsed.bozo_exception
    return parsed
