"""Whole publications to render and inspect: one with everything, one with hostile text.

The people and talks are made up and say so; the sound is a tone.
"""

from __future__ import annotations

import math
import wave
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from publisher.files import sha256
from publisher.model import (
    Chapter,
    Correction,
    Credit,
    Enclosure,
    Episode,
    License,
    Link,
    Person,
    Publication,
    Release,
    Series,
    SourceFile,
    Transcript,
    Withdrawal,
)

SECONDS = 60
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"&'\u202e\u2028\x07"

ENGLISH = ("First made-up sentence.", "A rare word follows: perpendicular.", "Third sentence.")
URDU = ("پہلا فرضی جملہ۔", "ایک نایاب لفظ: عمودی۔", "تیسرا جملہ۔")


def tone(path: Path) -> Path:
    """A minute of a quiet tone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        second = bytes(128 + round(20 * math.sin(n / 5)) for n in range(8000))
        file.writeframes(second * SECONDS)
    return path


def transcript(folder: Path, language: str, lines: tuple[str, ...]) -> Transcript:
    """A transcript with a line every 10 s, two speakers in turn."""
    cues = (
        f"00:{10 * n:02}.000 --> 00:{10 * n + 9:02}.000\n<v Speaker {n % 2 + 1}>{line}\n"
        for n, line in enumerate(lines)
    )
    path = folder / f"transcript.{language}.vtt"
    path.write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")
    return Transcript(language, SourceFile(path, sha256(path)))


def publication(folder: Path) -> Publication:
    """A series whose talks have everything, something or nothing, in four languages."""
    photo = SourceFile(folder / "photo.jpg", "0" * 64)
    people = {
        "ann": Person("ann", "Ann Example", "Editor", "Ann is made up.", "https://example.org/", photo),
        "ben": Person("ben", "بن مثال", "مدیر"),
        "eve": Person("eve", "Eve Example"),
    }
    guests = (Credit(people["ann"], "guest", "Reporter then"), Credit(people["ben"], "guest"))
    whole = Episode(
        slug="whole",
        title="A #made-up talk with everything?",
        date=datetime(2021, 2, 1, 18, tzinfo=UTC),
        language="en",
        folder=folder,
        season=1,
        number=1,
        summary="Ann Example and بن مثال talk about nothing in particular.",
        guests=guests,
        moderators=(Credit(people["eve"], "moderator"),),
        topics=("Human rights", "آزادی"),
        links=(
            Link("A paper", "https://example.org/paper"),
            Link("A report", "https://news.example.org/", "coverage"),
        ),
        corrections=(Correction(date(2021, 2, 3), "A made-up name was wrong."),),
        chapters=(
            Chapter(0, "Welcome"),
            Chapter(20, "Middle", "https://example.org/m"),
            Chapter(40, "End"),
        ),
        notes="## Part\n\n[0:20] Here it begins.\n\n- One *thing*\n- یہ ایک جملہ ہے\n\n> Quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        transcripts=(transcript(folder, "en", ENGLISH), transcript(folder, "ur", URDU)),
    )
    urdu = replace(
        whole,
        slug="urdu",
        number=2,
        season=2,
        language="ur",
        title="ایک فرضی گفتگو #SouthAsia",
        date=datetime(2021, 2, 2, tzinfo=UTC),
        summary="ایک فرضی خلاصہ۔",
    )
    persian = replace(
        whole,
        slug="persian",
        number=3,
        language="fa",
        title="یک گفت‌وگوی ساختگی",
        date=datetime(2021, 2, 3, tzinfo=UTC),
        summary="خلاصهٔ ساختگی.",
    )
    bare = Episode("bare", "A bare talk", datetime(2021, 2, 4, tzinfo=UTC), "en", folder)
    releases = (
        replace(_release(bare), enclosures=()),
        replace(_release(persian), video=_video(persian)),
        _release(urdu),
        replace(_release(whole), youtube_id="dQw4w9WgXcQ"),
    )
    series = Series(
        title="Example Talks",
        description="Talks as *examples*.\n\nMore about them.",
        language="en",
        link="https://talks.example.org/base/",
        author="Example Press",
        root=folder,
        people=people,
        license=License("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        subscribe={"apple": "https://podcasts.example.org/x"},
    )
    gone = Withdrawal("gone", date(2021, 4, 1), "At a guest’s wish.")
    return Publication(series, releases, "feed-guid", (gone,))


def _release(episode: Episode) -> Release:
    file = Enclosure(
        f"media/{episode.slug}.0123abcd.wav", "wav", "audio/wav", 480_044, float(SECONDS), "0" * 64
    )
    return Release(episode, f"guid-{episode.slug}", episode.date, (file,), recording_duration=float(SECONDS))


def _video(episode: Episode) -> Enclosure:
    path = f"media/{episode.slug}.4567cdef.mp4"
    return Enclosure(path, "mp4", "video/mp4", 41_000_000, float(SECONDS), "0" * 64, height=720)


def hostile(folder: Path) -> Publication:
    """The same series with hostile words wherever somebody can put some."""
    shown = publication(folder)
    evil = {
        key: replace(person, name=HOSTILE, title=HOSTILE, bio=HOSTILE)
        for key, person in shown.series.people.items()
    }
    words = transcript(folder, "fr", (HOSTILE, HOSTILE))
    releases = tuple(
        replace(release, episode=_spoilt(release.episode, evil, words)) for release in shown.releases
    )
    series = replace(shown.series, title=HOSTILE, description=HOSTILE, author=HOSTILE, people=evil)
    return replace(shown, series=series, releases=releases)


def _spoilt(episode: Episode, people: dict[str, Person], words: Transcript) -> Episode:
    return replace(
        episode,
        title=HOSTILE + "x" * 130,
        summary=HOSTILE,
        notes=HOSTILE + "\n\n" + HOSTILE * 3,
        topics=(HOSTILE, "x" * 90),
        guests=tuple(Credit(person, "guest", HOSTILE) for person in people.values())
        if episode.guests
        else (),
        moderators=(),
        chapters=tuple(replace(c, title=HOSTILE, link="javascript:alert(1)") for c in episode.chapters),
        links=(Link(HOSTILE, "javascript:alert(1)"), Link(HOSTILE, "https://example.org/?a=1&b=\"'<>")),
        corrections=(Correction(date(2021, 3, 1), HOSTILE),),
        transcripts=(words,) if episode.transcripts else (),
    )
