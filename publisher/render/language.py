"""Formats words, dates, durations, sizes, digits and lists in one language, and sorts names.

Words come from the catalogues in templates/translations/<language>.po (gettext), the rest from
CLDR through Babel, which is loaded on first use. Each language has one digit system. URLs and
machine-readable dates are not formatted here.
"""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cached_property, lru_cache
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from publisher.bidi import DIGIT_ZERO, direction
from publisher.errors import RenderError

if TYPE_CHECKING:
    from babel import Locale
    from babel.messages.catalog import Message

FALLBACK = "en-001"
NEUTRAL: Mapping[str, str] = {"en": "en-001"}
"""English without a country is international English: 28 November 2020; a, b and c."""

ALPHABETS: Mapping[str, str] = {
    "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي",
    "fa": "ءآأؤئابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
    "ps": "ءآأابپتټثجځچڅحخدډذرړزژږسشښصضطظعغفقکګلمنڼوؤهةیيېۍئ",
    "ur": "ءآأابپتٹثجچحخدڈذرڑزژسشصضطظعغفقکگلمنںوؤہۂۃھیئے",
}
"""Alphabets whose order is not that of Unicode's code points."""


class Language:
    """One language. `code` is BCP 47, `catalogue` the .po file of its words.

    Words without a translation stay English.
    """

    def __init__(self, code: str, catalogue: Path | None = None) -> None:
        self.code = code
        self.direction = direction(code)
        self.catalogue = catalogue
        # Uncached, pages of 600 talks take longer: 11 % for durations, 5 % for numbers, days
        # and sizes.
        self.number = lru_cache(maxsize=4096)(self._number)
        self.day = lru_cache(maxsize=4096)(self._day)
        self.format_duration = lru_cache(maxsize=4096)(self._format_duration)
        self._size = lru_cache(maxsize=4096)(self._format_size)

    def is_supported(self, candidate: str) -> bool:
        """Whether texts of catalogue `candidate` suit this language, script included."""
        return candidate in self._candidates

    @property
    def _candidates(self) -> tuple[str, ...]:
        # Urdu in Latin letters must not get the words and digits of Urdu.
        base = self.code.replace("_", "-").split("-")[0].lower()
        return (self.code, base) if direction(base) == self.direction else ()

    @cached_property
    def _locale(self) -> Locale:
        from babel import Locale, UnknownLocaleError

        for candidate in self._candidates:
            try:
                return Locale.parse(NEUTRAL.get(candidate, candidate), sep="-")
            except (UnknownLocaleError, ValueError):
                continue
        return Locale.parse(FALLBACK, sep="-")

    @cached_property
    def words(self) -> gettext.NullTranslations:
        """The translations of the interface. Raises RenderError for a bad catalogue."""
        return _read_catalogue(self.catalogue) if self.catalogue else gettext.NullTranslations()

    @cached_property
    def _digits(self) -> dict[int, str]:
        zero = DIGIT_ZERO.get(self._locale.default_numbering_system, "0")
        return {ord("0") + n: chr(ord(zero) + n) for n in range(10)}

    def digits(self, text: str) -> str:
        """`text` with ASCII digits replaced by the language's own."""
        return text.translate(self._digits)

    def _number(self, number: int | float) -> str:
        """A number with the language's grouping and decimal sign."""
        from babel.numbers import format_decimal

        return self.digits(format_decimal(number, locale=self._locale, numbering_system="default"))

    def _day(self, day: date, form: Literal["medium", "long"] = "medium") -> str:
        """A date with the month as a word."""
        from babel.dates import format_date

        plain_day = day.date() if isinstance(day, datetime) else day
        pattern = self._locale.date_formats[form].pattern
        # Arabic's medium form has the month as a number.
        readable = form if "MMM" in pattern else "long"
        return self.digits(format_date(plain_day, readable, locale=self._locale))

    def format_clock(self, seconds: float) -> str:
        """A time in a talk, in s, rounded down: ``12:40``, ``1:02:40``, in the language's digits."""
        return self.digits(format_clock(seconds))

    def _format_duration(self, seconds: float) -> str:
        """A duration in s as text: ``58 min``, ``1 hr 12 min``, ``45 sec``."""
        from babel.units import format_unit

        minutes = round(seconds / 60)
        hours = minutes // 60 if minutes >= 90 else 0
        parts = [(hours, "hour"), (minutes - 60 * hours, "minute")]
        if seconds < 59.5:
            parts = [(round(seconds), "second")]
        amounts = (
            format_unit(
                amount,
                f"duration-{unit}",
                length="short",
                locale=self._locale.language,
                numbering_system="default",
            )
            for amount, unit in parts
            if amount
        )
        return self.digits(" ".join(amounts))

    def size(self, length: int) -> str:
        """A file's size (`length` in bytes) in decimal kilobytes or megabytes, abbreviated."""
        unit, amount = ("megabyte", length / 1e6) if length >= 999_500 else ("kilobyte", length / 1e3)
        rounded = round(amount, 1) if amount < 100 and unit == "megabyte" else max(1, round(amount))
        return self._size(rounded, unit)

    def _format_size(self, amount: int | float, unit: str) -> str:
        from babel.units import format_unit

        text = format_unit(
            amount, f"digital-{unit}", length="short", locale=self._locale, numbering_system="default"
        )
        return self.digits(text)

    def format_list(self, names: Iterable[str]) -> str:
        """Names as a list in words: ``a, b and c``."""
        from babel.lists import format_list

        return format_list(list(names), locale=self._locale)

    @property
    def name(self) -> str:
        """The language's name in itself, with a capital."""
        name = self._locale.get_language_name(self._locale) or self.code
        return name[:1].upper() + name[1:]

    def sort_key(self, text: str) -> tuple[int, ...]:
        """A sort key in the language's alphabetical order; marks and case are ignored."""
        alphabet = ALPHABETS.get(self._locale.language, "")
        composed = unicodedata.normalize("NFC", text.casefold())
        key: list[int] = []
        for letter in composed:
            place = alphabet.find(letter)
            if place >= 0:
                key.append(0x600 + place)
            else:
                key += [
                    ord(part)
                    for part in unicodedata.normalize("NFKD", letter)
                    if not unicodedata.combining(part) and (part.isalnum() or part == " ")
                ]
        return tuple(key)


def format_clock(seconds: float) -> str:
    """A time in s, rounded down, in ASCII: ``0:05``, ``12:40``, ``1:02:40``."""
    whole = int(seconds + 1e-6)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def iso_duration(seconds: float) -> str:
    """A duration in ISO 8601, in whole seconds: ``PT58M3S``."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    parts = ((hours, "H"), (minutes, "M"), (whole % 60, "S"))
    return "PT" + ("".join(f"{amount}{unit}" for amount, unit in parts if amount) or "0S")


_PLURALS = re.compile(r"nplurals\s*=\s*(\d+)")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")


def _read_catalogue(path: Path) -> gettext.GNUTranslations:
    """The translations of a .po file. Raises RenderError if it cannot be parsed or has wrong placeholders."""
    # Compiled in memory: only the text is stored, so no compiled file can be stale.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    name, compiled = f"templates/translations/{path.name}", BytesIO()
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if any(len(number) > 1 for number in _PLURALS.findall(text)):
            raise RenderError(f"{name}: nplurals is larger than any language needs")
        catalogue = read_po(StringIO(text), abort_invalid=True)
        # The charset in the header is ignored: the file was read as UTF-8.
        catalogue.charset = "utf-8"
        write_mo(compiled, catalogue)
        compiled.seek(0)
        words = gettext.GNUTranslations(compiled)
    except PoFileError as error:
        raise RenderError(f"{name}:{error.lineno + 1}: {error}") from error
    except UnicodeDecodeError as error:
        raise RenderError(f"{name}: is not UTF-8; save the file as UTF-8") from error
    except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as error:
        raise RenderError(f"{name}: cannot be read: {error}") from error
    for message in catalogue:
        _check_placeholders(message, name)
    return words


def _check_placeholders(message: Message, name: str) -> None:
    """Raises RenderError for a translation with other placeholders than its original."""
    ids = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
    strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    known = {place[1] for source in ids for place in _PLACEHOLDER.finditer(source) if place[1]}
    for string in filter(None, strings if message.id else ()):
        wrong = {place[1] for place in _PLACEHOLDER.finditer(string) if place[1]} - known
        if wrong or "%" in _PLACEHOLDER.sub("", string):
            allowed = ", ".join(f"%({place})s" for place in sorted(known)) or "no place to fill in"
            text = f'"{string}": write {allowed}, and %% for a per cent sign'
            raise RenderError(f"{name}:{message.lineno or 1}: {text}")
