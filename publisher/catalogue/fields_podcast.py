"""Validators of the podcast namespace's values; see `catalogue.fields`.

Standards: docs/tags/ of the namespace, RFC 5870 for locations, RFC 5545 for recurrence rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from publisher.catalogue.fields import line, matching, quoted, web_address

_SEASON = re.compile(r"[1-9][0-9]{0,3}")
_GEO = re.compile(
    r"geo:(-?[0-9]{1,2}(?:\.[0-9]{1,12})?),(-?[0-9]{1,3}(?:\.[0-9]{1,12})?)(?:,-?[0-9]{1,6}(?:\.[0-9]{1,6})?)?"
)
_OSM = re.compile(r"[NWR][0-9]{1,19}")
SCHEMES = ("http", "https", "at", "nostr", "matrix", "lightning")
"""URL schemes allowed for a discussion; scripts and files are not allowed."""

_DAYS = "(?:MO|TU|WE|TH|FR|SA|SU)"
_RRULE_PARTS: Mapping[str, str] = {
    "FREQ": "SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY",
    "UNTIL": "[0-9]{8}(?:T[0-9]{6}Z?)?",
    "COUNT": "[1-9][0-9]{0,5}",
    "INTERVAL": "[1-9][0-9]{0,5}",
    "BYDAY": f"(?:[+-]?[1-9][0-9]?)?{_DAYS}(?:,(?:[+-]?[1-9][0-9]?)?{_DAYS})*",
    "WKST": _DAYS,
}
_RRULE_NUMBERS: Mapping[str, tuple[int, int, bool]] = {
    "BYSECOND": (0, 60, False),
    "BYMINUTE": (0, 59, False),
    "BYHOUR": (0, 23, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYMONTH": (1, 12, False),
    "BYSETPOS": (1, 366, True),
}
"""Parts that are lists of integers: minimum, maximum, and whether a sign is allowed."""


def season_number(value: object) -> int:
    """The number of a season; TOML keys are strings."""
    if not isinstance(value, str) or not _SEASON.fullmatch(value):
        raise ValueError('is not the number of a season; write { 1 = "The first year" }')
    return int(value)


def geo(value: str) -> str:
    """A geo URI (RFC 5870): latitude and longitude in degrees."""
    found = _GEO.fullmatch(value.strip())
    if found is None:
        raise ValueError(f'{quoted(value)} is not a place; write "geo:latitude,longitude": "geo:31.55,74.34"')
    if abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        raise ValueError(f"{quoted(value)}: latitude goes to 90 and longitude to 180 degrees")
    return value.strip()


def osm(value: str) -> str:
    if not _OSM.fullmatch(value.strip()):
        text = "is not an object of OpenStreetMap; write N, W or R for node, way or relation and its number"
        raise ValueError(f'{quoted(value)} {text}: "R1979286"')
    return value.strip()


def country(value: str) -> str:
    """An ISO 3166-1 code of two letters."""
    from babel import Locale
    from babel.core import get_global

    code, known = value.strip(), Locale("en").territories
    if re.fullmatch("[A-Z]{2}", code) and code in known:
        return code
    aliases = get_global("territory_aliases").get(code.upper()) or []
    names = {name.casefold(): key for key, name in known.items() if re.fullmatch("[A-Z]{2}", key)}
    suggestion = code.upper() if code.upper() in names.values() else names.get(code.casefold())
    suggestion = suggestion or (aliases[0] if len(aliases) == 1 else None)
    hint = f'; write "{suggestion}"' if suggestion else ', such as "PK" or "FR"'
    raise ValueError(f"{quoted(value)} is not a country's code of two capitals (ISO 3166-1){hint}")


def rrule(value: str) -> str:
    """A recurrence rule (RFC 5545, 3.3.10), in capitals.

    Not checked by dateutil's rrulestr: that takes BYMONTH=13, BYMONTHDAY=0, INTERVAL=0, COUNT=-3,
    FREQ twice and COUNT beside UNTIL, and its errors do not name the part that is wrong.
    """
    rule = line(value).upper().removeprefix("RRULE:")
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, equals, part_value = part.partition("=")
        if not equals or name not in {*_RRULE_PARTS, *_RRULE_NUMBERS}:
            text = "is not part of a recurrence rule (RFC 5545)"
            raise ValueError(f'{quoted(part)} {text}; write "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"')
        if name in parts:
            raise ValueError(f"{name} occurs twice; write it once")
        if not _is_valid_part(name, part_value):
            raise ValueError(f"{quoted(part)}: {name} cannot have this value (RFC 5545)")
        parts[name] = part_value
    if "FREQ" not in parts:
        raise ValueError('has no FREQ; write how often it repeats: "FREQ=WEEKLY"')
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise ValueError("has COUNT and UNTIL; only one of them may end it")
    return rule


def _is_valid_part(name: str, value: str) -> bool:
    if name in _RRULE_PARTS:
        return re.fullmatch(_RRULE_PARTS[name], value) is not None
    low, high, is_signed = _RRULE_NUMBERS[name]
    numbers = [re.fullmatch(r"([+-]?)([0-9]{1,3})", each) for each in value.split(",")]
    return all(
        number is not None and low <= int(number[2]) <= high and (is_signed or not number[1])
        for number in numbers
    )


def post_address(value: str) -> str:
    """The URL of a post: http(s) in ASCII, or one with another of `SCHEMES`."""
    stripped = line(value)
    scheme, colon, rest = stripped.partition(":")
    if scheme.lower() in ("http", "https") or not colon:
        return web_address(stripped)
    if scheme.lower() not in SCHEMES or not re.fullmatch(r"[!-~]+", rest):
        listed = ", ".join(f"{name}:" for name in SCHEMES)
        raise ValueError(f"{quoted(value)} is not a post's address; it begins with one of {listed}")
    return f"{scheme.lower()}:{rest}"


def server(value: str) -> str:
    stripped = line(value)
    if re.search(r"\s", stripped):
        raise ValueError(f'{quoted(value)} is not a server; write its name: "irc.example.org"')
    return stripped


service = matching(r"[a-z0-9][a-z0-9_-]*", 'is not a service\'s slug: a-z, 0-9, - and _, such as "amazon"')


def services(value: object) -> object:
    """A list of services; ``true`` is ``["all"]``."""
    if isinstance(value, bool):
        return ["all"] if value else []
    if not isinstance(value, list):
        raise ValueError('must be true, or a list of services: ["amazon"]')
    if "all" in value:
        raise ValueError("write block = true for every service")
    return value


media_type = matching(
    r"(?:audio|video|application)/[A-Za-z0-9.+-]+", 'is not a media type of audio; write "audio/mpeg"'
)
