"""Right-to-left text: the direction of a language, and the control characters of direction in a text.

The one table of languages and directions; pages, feed and drawn images ask here. A language's
usual script comes from Unicode's CLDR (likely subtags). Loads no language data.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Direction = Literal["ltr", "rtl"]

RIGHT_TO_LEFT_SCRIPTS = (
    "adlm arab aran armi avst chrs cprt elym gara hatr hebr hung khar lydi mand mani mend merc mero "
    "narb nbat nkoo orkh ougr palm phli phlp phnx prti rohg samr sarb sidt sogd sogo syrc syre syrj syrn "
    "thaa yezi"
)
"""ISO 15924 codes of the scripts that Unicode writes from right to left."""


# Uncached, rendering pages takes 5 % longer.
@lru_cache(maxsize=1024)
def direction(language: str) -> Direction:
    """The direction of a BCP 47 language: that of its script, or of the script it is usually written in."""
    return "rtl" if _script(language) in RIGHT_TO_LEFT_SCRIPTS.split() else "ltr"


def _script(language: str) -> str:
    """The ISO 15924 code, in lower case, of the script that a language tag names or implies."""
    # What follows a single character is an extension, which names no script.
    subtags = re.split("-[0-9a-z]-", language.lower().replace("_", "-"))[0].split("-")
    base, *rest = subtags
    named = next((tag for tag in rest if len(tag) == 4 and tag.isalpha()), None)
    if named is not None:
        return named
    region = next((tag.upper() for tag in rest if re.fullmatch("[a-z]{2}|[0-9]{3}", tag)), None)
    return _likely_script(base, region)


def _likely_script(base: str, region: str | None) -> str:
    """The script that speakers of a language use, in one region where that is known."""
    from babel.core import get_global

    likely, aliases = get_global("likely_subtags"), get_global("language_aliases")
    for candidate in (base, aliases.get(base, "").split("_")[0]):
        found = likely.get(f"{candidate}_{region}") or likely.get(candidate)
        if found:
            script: str = found.split("_")[1]
            return script.lower()
    return "latn"


_OPENING, _CLOSING = "\u2066\u2067\u2068", "\u2069"
_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u206f]")
_REMOVED = re.compile("[\u202a-\u202e\u206a-\u206f]")
_ISOLATES = re.compile(f"[{_OPENING}{_CLOSING}]|[\n\r\x85\u2028\u2029]+")


def neutralize(text: str) -> str:
    """`text` without direction controls that could reorder the text around it.

    Overrides and embeddings (U+202A to U+202E) and the deprecated U+206A to U+206F are removed.
    Isolates are closed at the end of their line; one that closes nothing is removed. Marks and
    joiners (U+200C to U+200F, U+061C), which only spell words, are kept.
    """
    if text.isascii() or not _CONTROLS.search(text):
        return text
    depth, kept, place = 0, [], 0
    plain = _REMOVED.sub("", text)
    for found in _ISOLATES.finditer(plain):
        sign = found[0]
        kept.append(plain[place : found.start()])
        place = found.end()
        if sign in _OPENING:
            depth += 1
        elif sign == _CLOSING:
            sign = sign if depth else ""
            depth = max(0, depth - 1)
        else:
            sign = _CLOSING * depth + sign
            depth = 0
        kept.append(sign)
    return "".join(kept) + plain[place:] + _CLOSING * depth
