"""Parsers of JSON values: of single values, and of lists and objects composed of other parsers.

Each returns the typed value or raises InvalidValue with the reason and the keys that lead to it. The
input is hostile: a text may contain lone surrogates or a million letters, a number may be infinite.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from publisher.catalogue import fields

RESTORE = "restore it from version control"
NEWER = (
    "use the publisher that wrote it, or a newer one, or restore the file from version control if nobody did"
)

MIN_YEAR, MAX_YEAR = 1900, 2200
"""The same years as in the catalogue."""

MAX_DEPTH = 16
MAX_TEXT = 100_000
MAX_KEY = 200
MAX_ADDRESS = 8000
MAX_NUMBER = 2**63
MAX_SECONDS = 1_000_000.0

_DIGEST = re.compile(r"[0-9a-f]{64}")


class InvalidValue(ValueError):
    """A value that publisher would not have written: the reason, and the keys and indexes of its place."""

    def __init__(self, why: str, place: tuple[str | int, ...] = (), advice: str = RESTORE) -> None:
        super().__init__(why)
        self.place = place
        self.advice = advice

    def below(self, key: str | int) -> InvalidValue:
        """The same error for a value that contains this one under `key`."""
        return InvalidValue(str(self), (key, *self.place), self.advice)

    @property
    def key(self) -> str:
        """The last key of the place; "" for the document itself."""
        names = [part for part in self.place if isinstance(part, str)]
        return names[-1] if names else ""


T = TypeVar("T")

Parser = Callable[[object], T]
"""Returns the typed value of parsed JSON. Raises InvalidValue."""


# Texts


def quoted(found: str) -> str:
    return fields.quoted(
        "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in found[:100])
    )


def text(value: object, maximum: int = MAX_TEXT) -> str:
    """Any text that can be encoded."""
    if not isinstance(value, str):
        raise InvalidValue("not a text")
    if len(value) > maximum:
        raise InvalidValue(f"has {len(value)} characters, {maximum} are allowed")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidValue("contains half a character (a lone surrogate)") from None
    return value


def line(value: object, maximum: int = MAX_TEXT) -> str:
    """One line without control characters."""
    found = text(value, maximum)
    if not found.isprintable() and (fields.CONTROL.search(found) or re.search(r"[\t\n\u2028\u2029]", found)):
        raise InvalidValue(f"{quoted(found)} contains a control character")
    return found


def guid(value: object) -> str:
    """A guid by the catalogue's rule: one line that is not empty."""
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
    """An absolute http or https URL without user name; the host is not checked here."""
    found = line(value, MAX_ADDRESS)
    try:
        parts = urlsplit(found)
        is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        is_valid = is_valid and (parts.port or 1) > 0
    except ValueError:
        is_valid = False
    if not is_valid or not found.isascii() or re.search(r'[\s<>"\\^`{|}]', found):
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
    """A date and time with a time zone, in a plausible year."""
    found = text(value)
    try:
        if len(found) > 40 or not found.isascii() or "T" not in found:
            raise ValueError
        parsed = datetime.fromisoformat(found)
    except ValueError:
        raise InvalidValue(f"{quoted(found)} is not a date and time") from None
    if parsed.tzinfo is None:
        raise InvalidValue(f"{quoted(found)} has no time zone")
    _require_plausible_year(parsed)
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
    _require_plausible_year(parsed)
    return parsed


def _require_plausible_year(found: date) -> None:
    if not MIN_YEAR <= found.year <= MAX_YEAR:
        raise InvalidValue(f"the year {found.year} is not plausible")


# Numbers


def number(value: object, minimum: float, maximum: float) -> float:
    """A finite number between `minimum` and `maximum`, both included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue("not a number")
    if not minimum <= value <= maximum:
        raise InvalidValue(f"not between {minimum:g} and {maximum:g}")
    return float(value)


def integer(value: object, minimum: int, maximum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue("not a whole number")
    number(value, minimum, maximum)
    return value


def seconds(value: object) -> float:
    return number(value, 0.0, MAX_SECONDS)


def length(value: object) -> int:
    """The length of a file in bytes."""
    return integer(value, 0, MAX_NUMBER)


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidValue("neither true nor false")
    return value


# Composed values


def json_value(value: object, depth: int = MAX_DEPTH) -> object:
    """Any value that can be written as JSON again: finite numbers, valid text, limited depth."""
    if isinstance(value, str):
        text(value)
    elif isinstance(value, float):
        number(value, -1e300, 1e300)
    elif isinstance(value, int) and not isinstance(value, bool):
        integer(value, -MAX_NUMBER, MAX_NUMBER)
    elif isinstance(value, dict | list) and not depth:
        raise InvalidValue("nested too deeply")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            below(index, item, lambda found: json_value(found, depth - 1))
    elif isinstance(value, dict):
        matching_pattern(lambda found: json_value(found, depth - 1))(value)
    return value


def below(key: str | int, value: object, parser: Parser[T]) -> T:
    """The parsed value under `key`; an error gets that key."""
    try:
        return parser(value)
    except InvalidValue as error:
        raise error.below(key) from None


def optional(parser: Parser[Any], absent: object = None) -> Parser[Any]:
    """A parser that returns `absent` for null."""
    return lambda value: absent if value is None else parser(value)


def each(parser: Parser[T], maximum: int) -> Parser[tuple[T, ...]]:
    """A list of at most `maximum` values."""

    def parse(value: object) -> tuple[T, ...]:
        if not isinstance(value, list) or len(value) > maximum:
            raise InvalidValue(f"not a list of at most {maximum} values")
        return tuple([below(index, item, parser) for index, item in enumerate(value)])

    return parse


def matching_pattern(parser: Parser[T]) -> Parser[dict[str, T]]:
    """An object with any keys."""

    def parse(value: object) -> dict[str, T]:
        return {line(key, MAX_KEY): below(key, item, parser) for key, item in as_object(value).items()}

    return parse


def json_object(
    parsers: Mapping[str, Parser[Any]], required: Iterable[str] = (), *, others: bool = False
) -> Parser[dict[str, Any]]:
    """An object with these keys, including the `required` ones: the parsed values by key.

    With `others` it may have more keys: their JSON is returned unchanged under "other".
    """

    def parse(value: object) -> dict[str, Any]:
        parsed: dict[str, Any] = {"other": {}} if others else {}
        for key, item in as_object(value).items():
            parser = parsers.get(key)
            if parser is not None:
                # As `below`, without a call for each of a receipt's thirty values.
                try:
                    parsed[key] = parser(item)
                except InvalidValue as error:
                    raise error.below(key) from None
            elif not others:
                raise InvalidValue("this publisher does not know this key", (line(key, MAX_KEY),), NEWER)
            else:
                parsed["other"][line(key, MAX_KEY)] = below(key, item, json_value)
        require(parsed, required)
        return parsed

    return parse


def require(found: Mapping[str, object], keys: Iterable[str]) -> None:
    for key in keys:
        if key not in found:
            raise InvalidValue("missing", (key,))


def refused(value: object) -> NoReturn:
    raise InvalidValue("does not belong to this output")


def as_object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InvalidValue("not an object with keys")
    return value


def one_of(names: Iterable[str]) -> Parser[str]:
    known = tuple(names)

    def parse(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise InvalidValue(f"not one of {', '.join(known)}")
        return value

    return parse
