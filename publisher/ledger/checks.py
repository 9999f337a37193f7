"""Checks of single values of parsed JSON, and of values made of others.

Each raises InvalidValue with the reason and with the keys that lead to the value. The values are
hostile input: a text may hold half a character or a million letters, a number may be infinite.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from urllib.parse import urlsplit

from publisher.catalogue import fields

RESTORE = "restore it from version control"
NEWER = (
    "use the publisher that wrote it, or a newer one, or restore the file from version control if nobody did"
)

MIN_YEAR, MAX_YEAR = 1900, 2200
"""The years that the catalogue accepts too."""

MAX_DEPTH = 16
MAX_TEXT = 100_000
MAX_KEY = 200
MAX_ADDRESS = 8000
MAX_NUMBER = 2**63
MAX_SECONDS = 1_000_000.0

_DIGEST = re.compile(r"[0-9a-f]{64}")


class InvalidValue(ValueError):
    """A value that publisher would not have written: why, and the keys and indexes that lead to it."""

    def __init__(self, why: str, place: tuple[str | int, ...] = (), advice: str = RESTORE) -> None:
        super().__init__(why)
        self.place = place
        self.advice = advice

    def below(self, key: str | int) -> InvalidValue:
        """The same, in a value that stands under `key`."""
        return InvalidValue(str(self), (key, *self.place), self.advice)

    @property
    def key(self) -> str:
        """The last key that leads to the value; "" for the document itself."""
        names = [part for part in self.place if isinstance(part, str)]
        return names[-1] if names else ""


Check = Callable[[object], object]
"""Raises InvalidValue; what it returns is of no use to other checks."""


# Texts


def quoted(found: str) -> str:
    return fields.quoted(
        "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in found[:100])
    )


def text(value: object, most: int = MAX_TEXT) -> str:
    """Any text that can be encoded. Raises InvalidValue."""
    if not isinstance(value, str):
        raise InvalidValue("not a text")
    if len(value) > most:
        raise InvalidValue(f"has {len(value)} characters, {most} are allowed")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidValue("holds half a character (a lone surrogate)") from None
    return value


def line(value: object, most: int = MAX_TEXT) -> str:
    """One line without control characters."""
    found = text(value, most)
    if not found.isprintable() and (fields.CONTROL.search(found) or re.search(r"[\t\n\u2028\u2029]", found)):
        raise InvalidValue(f"{quoted(found)} holds a control character")
    return found


def guid(value: object) -> str:
    """A guid, as the catalogue takes it too: one line that is not empty."""
    try:
        return fields.guid(line(value))
    except InvalidValue:
        raise
    except ValueError as error:
        raise InvalidValue(str(error)) from None


def slug(value: object) -> str:
    """A slug: lower-case ASCII letters, digits and single hyphens."""
    found = text(value)
    try:
        return fields.identifier(found)
    except ValueError:
        raise InvalidValue(
            f"{quoted(found)} is not a slug: a-z, 0-9 and single hyphens, at most 100 characters"
        ) from None


def digest(value: object) -> str:
    """A SHA-256 in lower-case hexadecimal digits."""
    return matching(value, _DIGEST, "not a digest of 64 lower-case hexadecimal digits")


def web_address(value: object) -> str:
    """An absolute http or https URL without user name; to which host is not decided here."""
    found = line(value, MAX_ADDRESS)
    try:
        parts = urlsplit(found)
        is_sound = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        is_sound = is_sound and (parts.port or 1) > 0
    except ValueError:
        is_sound = False
    if not is_sound or not found.isascii() or re.search(r'[\s<>"\\^`{|}]', found):
        raise InvalidValue(f"{quoted(found)} is not an http or https address")
    return found


def matching(value: object, pattern: re.Pattern[str], why: str) -> str:
    found = text(value)
    if not pattern.fullmatch(found):
        raise InvalidValue(f"{quoted(found)} is {why}")
    return found


def short(value: object) -> str:
    return line(value, 1000)


# Dates


def moment(value: object) -> datetime:
    """A date and time with a time zone, in a year that can be right."""
    found = text(value)
    try:
        if len(found) > 40 or not found.isascii() or "T" not in found:
            raise ValueError
        parsed = datetime.fromisoformat(found)
    except ValueError:
        raise InvalidValue(f"{quoted(found)} is not a date and time") from None
    if parsed.tzinfo is None:
        raise InvalidValue(f"{quoted(found)} has no time zone")
    _require_sane_year(parsed)
    return parsed


def day(value: object) -> date:
    """A day without a time."""
    found = text(value)
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", found):
            raise ValueError
        parsed = date.fromisoformat(found)
    except ValueError:
        raise InvalidValue(f"{quoted(found)} is not a day") from None
    _require_sane_year(parsed)
    return parsed


def _require_sane_year(found: date) -> None:
    if not MIN_YEAR <= found.year <= MAX_YEAR:
        raise InvalidValue(f"the year {found.year} cannot be right")


# Numbers


def number(value: object, least: float, most: float) -> float:
    """A finite number between two others, which are allowed too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue("not a number")
    if not least <= value <= most:
        raise InvalidValue(f"not between {least:g} and {most:g}")
    return float(value)


def integer(value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue("not a whole number")
    number(value, least, most)
    return value


def seconds(value: object) -> float:
    return number(value, 0.0, MAX_SECONDS)


def length(value: object) -> int:
    """How many bytes a file has."""
    return integer(value, 0, MAX_NUMBER)


def flag(value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidValue("neither true nor false")


# Values made of others


def json_value(value: object, depth: int = MAX_DEPTH) -> None:
    """Anything that can be written as JSON again: finite numbers, whole characters, bounded depth."""
    if isinstance(value, str):
        text(value)
    elif isinstance(value, float | int) and not isinstance(value, bool):
        number(value, -1e300, 1e300) if isinstance(value, float) else integer(value, -MAX_NUMBER, MAX_NUMBER)
    elif isinstance(value, dict | list) and not depth:
        raise InvalidValue("nested too deeply")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            below(index, one, lambda found: json_value(found, depth - 1))
    elif isinstance(value, dict):
        for key, one in value.items():
            line(key, MAX_KEY)
            below(key, one, lambda found: json_value(found, depth - 1))


def below(key: str | int, value: object, check: Check) -> None:
    try:
        check(value)
    except InvalidValue as error:
        raise error.below(key) from None


def optional(check: Check) -> Check:
    """None, or what `check` accepts."""
    return lambda value: None if value is None else check(value)


def each(check: Check, most: int) -> Check:
    """A list of at most so many values that `check` accepts."""

    def check_all(value: object) -> None:
        if not isinstance(value, list) or len(value) > most:
            raise InvalidValue(f"not a list of at most {most} values")
        for index, one in enumerate(value):
            below(index, one, check)

    return check_all


def by_name(check: Check) -> Check:
    """An object whose values `check` accepts, under any keys."""

    def check_all(value: object) -> None:
        for key, one in as_object(value).items():
            line(key, MAX_KEY)
            below(key, one, check)

    return check_all


def record(checks: Mapping[str, Check], required: Iterable[str] = (), *, others: bool = False) -> Check:
    """An object with these keys, the `required` ones at least; with `others` also with further keys."""
    needed = tuple(required)

    def check_all(value: object) -> None:
        found = as_object(value)
        for key, one in found.items():
            check = checks.get(key)
            if check is not None:
                below(key, one, check)
            elif not others:
                raise InvalidValue("this publisher knows no such key", (line(key, MAX_KEY),), NEWER)
            else:
                line(key, MAX_KEY)
                below(key, one, json_value)
        for key in needed:
            if key not in found:
                raise InvalidValue("missing", (key,))

    return check_all


def as_object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InvalidValue("not an object with keys")
    return value


def one_of(names: Iterable[str]) -> Check:
    known = tuple(names)

    def check(value: object) -> None:
        if not isinstance(value, str) or value not in known:
            raise InvalidValue(f"not one of {', '.join(known)}")

    return check
