"""The tool's own words in pages, the feed and tags, in which no name is searched for.

These are the words of the built-in templates, their translations and this program, the names of months,
days, units and languages, and every number. The name May would otherwise be found in every date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from publisher.leaks.matcher import Secret, Secrets
from publisher.leaks.normalize import fold
from publisher.leaks.patterns import WORD

_SOURCES = ("outputs", "render", "model", "media", "images")
"""The packages that write published files."""

_UNITS = ("duration-hour", "duration-minute", "duration-second", "digital-kilobyte", "digital-megabyte")
_AMOUNTS = (0, 1, 2, 3, 5, 11, 100)
"""Numbers that cover the plural forms of all languages."""


@dataclass(frozen=True)
class Wording:
    """Separates the tool's own words in published files from those that people wrote.

    `templates` is the folder of the built-in templates; `languages` are those of the series; `texts` are
    the texts of the series, by key or file. The texts of episodes are searched separately.
    """

    templates: Path
    languages: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def of_documents(self, secrets: Secrets) -> Secrets:
        """The secrets that occur in a document only if somebody wrote them."""
        return _of_documents(secrets, self)

    def sources(self, secrets: Secrets, kinds: frozenset[str]) -> tuple[str, ...]:
        """The keys and files in which people wrote a secret of these `kinds`."""
        of_kinds = Secrets(tuple(secret for secret in secrets.words if secret.label in kinds))
        places = (leak.place for place, text in self.texts for leak in of_kinds.find_in(text, place, None))
        return tuple(dict.fromkeys(places))


# Called by each leak checker of a run; reading the tool's own words takes 50 ms.
@lru_cache(maxsize=8)
def _of_documents(secrets: Secrets, wording: Wording) -> Secrets:
    return Secrets(tuple(secret for secret in secrets.words if not _is_own(secret, wording)))


def _is_own(secret: Secret, wording: Wording) -> bool:
    """Whether the secret is a word that the tool writes and that no text of the series contains."""
    words = WORD.findall(fold(secret.text))
    if secret.kind not in ("name", "word", "hidden name") or not words:
        return False
    is_number = all(map(str.isdecimal, words))
    if not is_number and (len(words) > 1 or words[0] not in _own_words(wording.templates, wording.languages)):
        return False
    return not wording.sources(Secrets((secret,)), frozenset((secret.label,)))


# Called for each word of private/people.toml: 50 ms each.
@lru_cache(maxsize=8)
def _own_words(templates: Path, languages: tuple[str, ...]) -> frozenset[str]:
    """The folded words of the `templates` and this program, and of dates and durations in `languages`."""
    package = Path(__file__).parent.parent
    folders = [templates, *(package / name for name in _SOURCES)]
    texts = [
        path.read_text(encoding="utf-8", errors="replace")
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in (".html", ".txt", ".xml", ".po", ".py")
    ]
    for language in {"en", *languages}:
        texts += _of_language(language, languages)
    return frozenset(word for text in texts for word in WORD.findall(fold(text)))


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
