"""The words that the tool itself writes into pages, the feed and tags: nobody's name stands in them.

Words of the built-in templates, their translations and this program, names of months, days, units and
languages, and every number. Somebody who is called May would otherwise be found in every date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from publisher.leaks.matcher import Secret, Secrets
from publisher.leaks.normalize import MARKS, fold

_WORD = re.compile(rf"(?:[^\W_]|[{MARKS}])+")
_SOURCES = ("outputs", "render", "model", "media", "images")
"""The packages that write something which is published."""

_UNITS = ("duration-hour", "duration-minute", "duration-second", "digital-kilobyte", "digital-megabyte")
_AMOUNTS = (0, 1, 2, 3, 5, 11, 100)
"""Numbers for which some language has a form of its own."""


@dataclass(frozen=True)
class Wording:
    """Who wrote the words of what is published.

    `templates` is the folder of the built-in ones, `languages` those in which the tool writes, `texts`
    what people wrote about the series, by key or file. A talk's own texts are searched by themselves.
    """

    templates: Path
    languages: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def of_documents(self, secrets: Secrets) -> Secrets:
        """The secrets that a document may hold only because somebody wrote them."""
        return _of_documents(secrets, self)

    def sources(self, secrets: Secrets, kinds: frozenset[str]) -> tuple[str, ...]:
        """The keys and files where people wrote something of these `kinds`."""
        held = Secrets(tuple(one for one in secrets.words if one.called in kinds))
        places = (leak.place for place, text in self.texts for leak in held.find_in(text, place, None))
        return tuple(dict.fromkeys(places))


# Asked for each document that is searched; reading the tool's own words takes 50 ms.
@lru_cache(maxsize=8)
def _of_documents(secrets: Secrets, wording: Wording) -> Secrets:
    return Secrets(tuple(one for one in secrets.words if not _is_own(one, wording)))


def _is_own(secret: Secret, wording: Wording) -> bool:
    """Whether the tool writes the word by itself, and nobody else has written it about the series."""
    words = _WORD.findall(fold(secret.text))
    if secret.kind not in _WORDS or not words:
        return False
    if not all(map(str.isdecimal, words)) and (
        len(words) > 1 or words[0] not in of(wording.templates, wording.languages)
    ):
        return False
    return not wording.sources(Secrets((secret,)), frozenset((secret.called,)))


_WORDS = ("name", "word", "hidden name")


# Asked for each word of private/people.toml: 50 ms each.
@lru_cache(maxsize=8)
def of(templates: Path, languages: tuple[str, ...]) -> frozenset[str]:
    """The folded words of the templates in a folder, of this program, of `languages` in dates and lengths."""
    package = Path(__file__).parent.parent
    folders = [templates, *(package / name for name in _SOURCES)]
    paths = [path for folder in folders for path in sorted(folder.rglob("*"))]
    written = [path for path in paths if path.suffix in (".html", ".txt", ".xml", ".po", ".py")]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in written]
    for language in {"en", *languages}:
        texts += _of_language(language, languages)
    return frozenset(word for text in texts for word in _WORD.findall(fold(text)))


def _of_language(language: str, others: Iterable[str]) -> Iterator[str]:
    from babel import Locale, UnknownLocaleError
    from babel.dates import get_day_names, get_month_names
    from babel.units import format_unit

    try:
        locale = Locale.parse(language.split("-")[0])
    except (UnknownLocaleError, ValueError):
        return
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            yield from get_month_names(width, context, locale).values()
            yield from get_day_names(width, context, locale).values()
    for unit in _UNITS:
        for length in ("short", "long"):
            yield from (format_unit(amount, unit, length, locale=locale) for amount in _AMOUNTS)
    yield from (locale.languages.get(other.split("-")[0], "") for other in (language, *others))
