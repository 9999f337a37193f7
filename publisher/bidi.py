"""Right-to-left text: the direction of a language, and direction controls in a text; also its digits.

Pages, feed and drawn images all take directions from this module. A language's usual script comes
from Unicode's CLDR (likely subtags), without loading the data of the language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

Direction = Literal["ltr", "rtl"]

RIGHT_TO_LEFT_SCRIPTS = (
    "adlm arab aran armi avst chrs cprt elym gara hatr hebr hung khar lydi mand mani mend merc mero "
    "narb nbat nkoo orkh ougr palm phli phlp phnx prti rohg samr sarb sidt sogd sogo syrc syre syrj syrn "
    "thaa yezi"
)
"""ISO 15924 codes of the right-to-left scripts of Unicode."""


# Uncached, rendering pages takes 5 % longer.
@lru_cache(maxsize=1024)
def direction(language: str) -> Direction:
    """The direction of a BCP 47 language: that of its script, or of its usual script."""
    return "rtl" if _script(language) in RIGHT_TO_LEFT_SCRIPTS.split() else "ltr"


def _script(language: str) -> str:
    """The ISO 15924 code, in lower case, of the script that a language tag contains or implies."""
    # A single character begins an extension, which contains no script.
    base, *rest = re.split("-[0-9a-z]-", language.lower().replace("_", "-"))[0].split("-")
    script = next((tag for tag in rest if len(tag) == 4 and tag.isalpha()), None)
    if script is not None:
        return script
    region = next((tag.upper() for tag in rest if re.fullmatch("[a-z]{2}|[0-9]{3}", tag)), None)
    return _likely_script(base, region)


def _likely_script(base: str, region: str | None) -> str:
    """The usual script of a language, in a region where that differs."""
    from babel.core import get_global

    likely, aliases = get_global("likely_subtags"), get_global("language_aliases")
    for candidate in (base, aliases.get(base, "").split("_")[0]):
        found = likely.get(f"{candidate}_{region}") or likely.get(candidate)
        if found:
            script: str = found.split("_")[1]
            return script.lower()
    return "latn"


DIGIT_ZERO: Mapping[str, str] = {
    "arab": "\u0660",
    "arabext": "\u06f0",
    "beng": "\u09e6",
    "deva": "\u0966",
    "mymr": "\u1040",
    "tibt": "\u0f20",
}


def local_digits(number: int, language: str) -> str:
    """A whole number in the usual digits of a language, such as ۴ in Persian."""
    from babel import Locale, UnknownLocaleError

    try:
        system = Locale.parse(language.split("-")[0]).default_numbering_system
    except (UnknownLocaleError, ValueError):
        system = "latn"
    zero = ord(DIGIT_ZERO.get(system, "0"))
    return "".join(chr(zero + int(digit)) for digit in str(number))


_OPENING, _CLOSING = "\u2066\u2067\u2068", "\u2069"
_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u206f]")
_REMOVED = re.compile("[\u202a-\u202e\u206a-\u206f]")
_ISOLATES = re.compile(f"[{_OPENING}{_CLOSING}]|[\n\r\x85\u2028\u2029]+")


def neutralize(text: str) -> str:
    """`text` without direction controls that can reorder the text around it.

    Overrides and embeddings (U+202A to U+202E) and the deprecated U+206A to U+206F are removed.
    Isolates are closed at the end of their line; a closing one without an opening one is removed.
    Marks and joiners (U+200C to U+200F, U+061C), which belong to the spelling of words, are kept.
    """
    if text.isascii() or not _CONTROLS.search(text):
        return text
    depth = 0

    def balanced(found: re.Match[str]) -> str:
        nonlocal depth
        if found[0] in _OPENING:
            depth += 1
        elif found[0] == _CLOSING:
            depth -= 1
            if depth < 0:
                depth = 0
                return ""
        else:
            closing, depth = _CLOSING * depth, 0
            return closing + found[0]
        return found[0]

    return _ISOLATES.sub(balanced, _REMOVED.sub("", text)) + _CLOSING * depth
