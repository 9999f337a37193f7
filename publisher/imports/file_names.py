"""Reads what a file's name says of a talk: title, date, season, number, language.

Everything found here is a proposal. Digits of every script are read. A date such as 03-02-2021, whose day and
month can be exchanged, is not used.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from publisher.imports.youtube import language_of

MAX_NAME = 255
"""Characters of a name that are read; file systems allow no more."""

_YEAR = r"(?P<y>(?:19|20)\d\d)"
_MONTH, _DAY = r"(?P<m>0?[1-9]|1[0-2])", r"(?P<d>0?[1-9]|[12]\d|3[01])"
_LATE_DAY = r"(?P<d>1[3-9]|2\d|3[01])"
"""A day that cannot be a month."""

_DATES = tuple(
    re.compile(rf"(?<!\d){pattern}(?!\d)")
    for pattern in (
        rf"{_YEAR}(?P<s>[-._ ]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>0[1-9]|[12]\d|3[01])",
        rf"{_DAY}\.\s?{_MONTH}\.\s?{_YEAR}",
        rf"{_LATE_DAY}(?P<s>[-_/ ]){_MONTH}(?P=s){_YEAR}",
        rf"{_MONTH}(?P<s>[-_/ ]){_LATE_DAY}(?P=s){_YEAR}",
    )
)
_TIME_AFTER = re.compile(
    r"^[-_ T]{0,3}(?:[01]\d|2[0-3])([-.:_ ]?)[0-5]\d(?:\1[0-5]\d)?(?!\d)\s?(?:Z|UTC|GMT)?"
)
_SEASON_WORDS = "season|staffel|saison|temporada|stagione|seizoen|sezon|сезон|فصل|سیزن|الموسم"
_NUMBER_WORDS = (
    "episode|episodes|epis|ep|folge|episodio|episódio|épisode|aflevering|bölüm|puntata|capitulo|capítulo|"
    "выпуск|серия|эпизод|قسط|قسمت|الحلقة|حلقة|برخه|talk|nr|no|num|número|numero|n°|№|#"
)
_SEASON_AND_NUMBER = (
    re.compile(r"(?<![^\W_])s(?P<s>\d{1,2})[\s._-]?e(?P<n>\d{1,4})(?!\d)", re.IGNORECASE),
    re.compile(r"(?<![^\W_])(?P<s>\d{1,2})x(?P<n>\d{2,3})(?!\d)", re.IGNORECASE),
)
_SEASON = re.compile(rf"(?<!\w)(?:{_SEASON_WORDS})[\s._-]*(?P<s>\d{{1,2}})(?!\d)", re.IGNORECASE)
_NUMBER = re.compile(
    rf"(?<![^\W_])(?:{_NUMBER_WORDS})\.?[\s._-]*(?!(?:19|20)\d\d(?!\d))(?P<n>\d{{1,4}})(?![\d.])",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^\s*(?:(?P<n>0\d{0,3}|[1-9]\d{0,2})(?:[._)]\s*|\s*[-–—:)]+\s+)|(?P<zero>0\d{1,3})[-\s]+)(?=\D)"
)
_VIDEO_ID = re.compile(r"\[(?P<id>(?=[\w-]*[\d_A-Z])[A-Za-z0-9_-]{11})\]")
_TECHNICAL = re.compile(
    r"(?<![^\W_])(?:\d{3,4}p(?:\d\d)?|4k|uhd|fhd|hd|x26[45]|h26[45]|hevc|aac|mp3|wav|\d{2,3}\s?kbps|\d{2,3}k|mono|"
    r"stereo|(?:44|48)\s?khz|\d{3,4}x\d{3,4}|final|finale|endfassung|edit(?:ed)?|cut|geschnitten|master(?:ed)?|"
    r"mix(?:down)?|clean(?:ed)?|export(?:ed)?|render|copy|kopie|copie|v\d{1,2}|ver\d{1,2}|web|audio|video|"
    r"recording|aufnahme|enregistrement|grabacion)(?![^\W_])",
    re.IGNORECASE,
)
_COMPANION = re.compile(
    r"[\s._-]+(?:transcript(?:ion)?|transkript|captions?|subtitles?|subs|untertitel|notes?|"
    r"shownotes|show[ _-]notes|notizen|chapters?|kapitel|labels?|markers?|cover|artwork|"
    r"thumb(?:nail)?|poster)$",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"[\s_-]*(?:\(\d{1,3}\)|(?:-|–)?\s*(?:copy|kopie|copie)(?:\s*\(?\d{1,3}\)?)?)$", re.IGNORECASE
)
_GENERIC = re.compile(
    r"(?:recordings?|audio|video|zoom|gmt|img|vid|mvi|dsc|dji|pxl|rec|dr|ste|mic|track|untitled|unbenannt|new|neue?|"
    r"output|export|final|talk|episode|sound|voice|memo|clip|movie|podcast|aufnahme|enregistrement|file|"
    r"audacity|source|original|raw|master|mix|part|teil|tr|ch|lr|m|a|b|l|r|\d+|[\s._-])*",
    re.IGNORECASE,
)
_PART = re.compile(
    r"(?<![^\W_])(?:part|teil|partie|parte|pt|часть|حصہ|بخش|الجزء)[\s._-]*\d{1,2}(?!\d)", re.IGNORECASE
)


_EDGES = " -–—._:,;()[]{}|+"


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What a name says. `title` is empty for a generic name, such as that of a recorder."""

    title: str
    date: date | None = None
    season: int | None = None
    number: int | None = None
    video_id: str | None = None
    """What looks like the id of a video, as yt-dlp writes it into names."""
    is_part: bool = False
    """Whether it seems to be a part of a recording."""


def read_name(stem: str) -> NameFacts:
    """The facts of a file's name without its suffix."""
    text = _plain(stem)
    found_id = _VIDEO_ID.search(text)
    if found_id is not None:
        text = text.replace(found_id[0], " ")
    day, text = _without_date(_COPY.sub("", text))
    season, number, text = _without_numbers(text)
    is_part = _PART.search(text) is not None
    title = _title(text)
    is_generic = _GENERIC.fullmatch(title) is not None
    return NameFacts(
        "" if is_generic else title, day, season, number, found_id["id"] if found_id else None, is_part
    )


def is_generic(title: str) -> bool:
    """Whether a title is that of a recorder or a program, and says nothing of the talk."""
    return not read_name(title).title


def key_of(stem: str) -> str:
    """What the names of the files of one talk have in common: letters and digits, without companion words."""
    plain = _COPY.sub("", _plain(stem))
    plain = _COMPANION.sub("", plain)
    words = _TECHNICAL.sub(" ", plain)
    letters = _letters(words) or _letters(plain)
    return letters or plain.casefold()


def split_language(stem: str, separators: str = ".") -> tuple[str, str | None]:
    """(stem without language, language) of the name of captions, such as ``talk.en`` or ``talk.en-US``."""
    match = re.fullmatch(rf"(.+?)[{re.escape(separators)}]([a-z]{{2,3}}(?:-[A-Za-z]{{2,4}})?)", stem)
    tag = language_of(match[2]) if match else None
    return (stem, None) if match is None or tag is None else (match[1], tag)


def _plain(stem: str) -> str:
    """A name of bounded length with ASCII digits, without long runs of one separator."""
    text = re.sub(r"([\s._()-])\1{2,}", r"\1\1", unicodedata.normalize("NFC", stem[:MAX_NAME]))
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def _without_date(text: str) -> tuple[date | None, str]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            try:
                day = date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                continue
            after = _TIME_AFTER.sub(" ", text[match.end() :])
            return day, f"{text[: match.start()]} {after}"
    return None, text


def _without_numbers(text: str) -> tuple[int | None, int | None, str]:
    """Returns (season, number, the rest of the text)."""
    for pattern in _SEASON_AND_NUMBER:
        if match := pattern.search(text):
            return _positive(match["s"]), _positive(match["n"]), _cut(text, match)
    season = number = None
    if match := _SEASON.search(text):
        season, text = _positive(match["s"]), _cut(text, match)
    match = _NUMBER.search(text) or _LEADING.match(text.lstrip(" ._-"))
    if match:
        text = text if match.re is _NUMBER else text.lstrip(" ._-")
        digits = match.groupdict().get("n") or match.groupdict().get("zero") or "0"
        number, text = _positive(digits), _cut(text, match)
    return season, number, text


def _positive(text: str) -> int | None:
    return int(text) or None


def _cut(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _title(text: str) -> str:
    """The words that remain, without technical ones at the end."""
    shorter = " ".join(text.replace("_", " ").split()).strip(_EDGES)
    while (last := _technical_end(shorter)) > 0:
        shorter = shorter[:last].strip(_EDGES)
    if " " not in shorter:
        shorter = re.sub(r"[.-]+", " ", shorter)
        while (last := _technical_end(shorter)) > 0:
            shorter = shorter[:last].strip(_EDGES)
    shorter = re.sub(r"[(\[{]\s*[)\]}]", " ", shorter)
    shorter = re.sub(r"\s[-–—:|]+(?:\s[-–—:|]+)+\s", " – ", " ".join(shorter.split()))
    # Names in lower case throughout are addresses more often than titles.
    return shorter[:1].upper() + shorter[1:] if shorter.islower() else shorter


def _technical_end(text: str) -> int:
    """Where the last word begins, if it is technical, such as "final" or "1080p"; else 0."""
    last = list(_TECHNICAL.finditer(text))
    return last[-1].start() if last and last[-1].end() == len(text) else 0


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
