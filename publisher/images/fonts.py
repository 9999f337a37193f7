"""Finds the font files for each script: a serif and a sans for Latin, Naskh, Nastaliq, and others.

Bundled fonts cover every script of the interface languages and most others: they are dependencies of
this package, or in noto/ where no package has them. They come before the system's, so that a title
looks the same on every machine. Nothing is cached on disk. `typesetting` draws text with them.
"""

from __future__ import annotations

import logging
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

logger = logging.getLogger(__name__)

Part = Literal["title", "label"]
"""Titles and names (serif, bold), or a label such as the series' name (sans, regular)."""

PACKAGES = ("fontpkg_noto_serif", "fontpkg_noto_sans", "pylopdf_fonts_ar", "manimgx_fonts")
"""Packages that contain only fonts."""

OWN_FONTS = Path(__file__).parent / "noto"
"""Fonts that no package contains, with their licence."""

_VARIABLE = "-Variable"

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "darwin": ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
    "win32": ("C:/Windows/Fonts", "~/AppData/Local/Microsoft/Windows/Fonts"),
    "linux": ("/usr/local/share/fonts", "/usr/share/fonts", "~/.local/share/fonts", "~/.fonts"),
}
"""System font directories (on Linux: fontconfig's defaults)."""


class FontFamily(NamedTuple):
    """A font family: its file names and its metrics.

    `regular` and `bold` are file names without suffix, the preferred ones first; a name with a
    bracket or ``-Variable`` is a variable font with every weight. `scale` makes it look as large as the
    Latin beside it; `leading` is its line height, `above` the room it needs above a block (em).
    """

    name: str
    regular: tuple[str, ...]
    bold: tuple[str, ...]
    scale: float = 1.0
    leading: float = 1.14
    above: float = 0.0


def noto_family(name: str, scale: float = 1.0, leading: float = 1.3, above: float = 0.0) -> FontFamily:
    """A Noto family, with its file names as Google, Debian, Fedora and Apple distribute it."""
    stem = "Noto" + name.replace(" ", "")
    variable = (f"{stem}[wdth,wght]", f"{stem}[wght]", f"{stem}{_VARIABLE}")
    regular = (*variable, f"{stem}-Regular", stem)
    return FontFamily(f"Noto {name}", regular, (*variable, f"{stem}-Bold", stem), scale, leading, above)


SERIF = noto_family("Serif", leading=1.14)
SANS = noto_family("Sans", leading=1.14)
NASKH = noto_family("Naskh Arabic", 1.06, 1.45)
SANS_ARABIC = noto_family("Sans Arabic", 1.0, 1.45)
# Nastaliq is set in its regular weight also where Latin is bold: its bold closes up.
NASTALIQ = FontFamily(
    "Noto Nastaliq Urdu",
    ("NotoNastaliqUrdu[wght]", "NotoNastaliqUrdu-Regular", "NotoNastaliq"),
    ("NotoNastaliqUrdu[wght]", "NotoNastaliqUrdu-Regular", "NotoNastaliq"),
    0.98,
    1.85,
    0.75,
)
URDU_TYPESETTING = FontFamily("Urdu Typesetting", ("UrdType",), ("UrdType",), 1.2, 1.7, 0.5)
GEEZA = FontFamily("Geeza Pro", ("GeezaPro",), ("GeezaPro",), 1.06, 1.45)
SEGOE = FontFamily("Segoe UI", ("segoeui",), ("segoeuib",), 1.0, 1.45)
DEJAVU = FontFamily("DejaVu Sans", ("DejaVuSans",), ("DejaVuSans-Bold",), 0.95, 1.3)

LIGHTER = frozenset({NASTALIQ.name, URDU_TYPESETTING.name})
"""Families set in their regular weight everywhere."""

URDU = frozenset({"ur", "pnb", "skr", "ks", "bft"})
"""Languages whose readers expect Nastaliq."""

NASKH_LANGUAGES = frozenset({"ar", "fa", "prs", "ps", "sd", "ckb", "ug"})
"""Languages that are set in Naskh, whatever the spelling of a name in them."""

_URDU_LETTERS = frozenset("ٹڈڑںےۓ")
_PASHTO_LETTERS = frozenset("ټډړږښڼېۍ")
_CJK = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
_LATIN = frozenset({"LATIN", "CYRILLIC", "GREEK"})
_SIMPLE = _LATIN | {"ARMENIAN", "GEORGIAN", "CJK", ""}
"""Scripts whose letters neither join nor change places: legible without raqm."""


@dataclass(frozen=True, slots=True)
class Font:
    """A font file in one weight; `index` counts the fonts of a collection."""

    path: Path
    family: FontFamily
    bold: bool = False
    index: int = 0
    is_bundled: bool = False

    @property
    def is_variable(self) -> bool:
        return "[" in self.path.name or self.path.stem.endswith(_VARIABLE)

    def covers(self, letter: str) -> bool:
        """Whether the font has a glyph for the character."""
        return ord(letter) in _coverage(self.path, self.index)


class FontSet:
    """The fonts below some directories; of two files with one name the earlier directory's is used.

    Fonts in `bundled` directories are used before the others.
    """

    def __init__(self, folders: Iterable[Path], bundled: Iterable[Path] = ()) -> None:
        self._bundled = tuple(bundled)
        self._folders = (*self._bundled, *folders)
        self._stacks: dict[tuple[str, bool, Part], tuple[Font, ...]] = {}

    def stack(self, script: str, language: str, part: Part = "title", urdu: bool = False) -> tuple[Font, ...]:
        """The fonts to try for a script (as named by `script_of`), the best first."""
        key = (script, is_nastaliq(language, urdu), part)
        if key not in self._stacks:
            found = (self._find(family, part == "title") for family in _families(*key))
            known = (font for font in found if font is not None)
            self._stacks[key] = tuple(sorted(known, key=lambda font: not font.is_bundled))
        return self._stacks[key]

    def find(
        self, letter: str, script: str, language: str, urdu: bool = False, part: Part = "title"
    ) -> Font | None:
        """The first font of the script's stack that has the letter."""
        stack = self.stack(script, language, part, urdu)
        return next((font for font in stack if font.covers(letter)), None)

    def _find(self, family: FontFamily, bold: bool) -> Font | None:
        heavy = bold and family.name not in LIGHTER
        for stem in family.bold if heavy else family.regular:
            path = self._files.get(stem.lower())
            if path is not None:
                is_bundled = any(path.is_relative_to(folder) for folder in self._bundled)
                return Font(path, family, heavy, is_bundled=is_bundled)
        return None

    @cached_property
    def _files(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in self._folders:
            for place, folders, names in os.walk(folder):
                folders.sort()
                for name in sorted(names):
                    file = Path(place, name)
                    if file.suffix.lower() in (".ttf", ".otf", ".ttc"):
                        found.setdefault(file.stem.lower(), file)
        logger.debug("found %d font files in %d directories", len(found), len(self._folders))
        return found


# Uncached, drawing takes a third longer.
@cache
def installed() -> FontSet:
    """The bundled fonts, then the system's."""
    system = FOLDERS.get(sys.platform, FOLDERS["linux"])
    return FontSet((Path(folder).expanduser() for folder in system), (*_package_folders(), OWN_FONTS))


# Uncached, drawing takes 2 % longer.
@lru_cache(maxsize=8192)
def script_of(letter: str) -> str:
    """The script of a letter (``LATIN``, ``ARABIC`` …); "" for characters common to all scripts."""
    category = unicodedata.category(letter)
    words = unicodedata.name(letter, "").replace("-", " ").split() or [""]
    if "ARABIC" in words[:2]:
        return "ARABIC"
    if category == "Nd":
        return "LATIN" if words[0] == "DIGIT" else words[0]
    if category[0] != "L":
        return ""
    return "CJK" if words[0] in _CJK else words[0]


def is_nastaliq(language: str, urdu: bool) -> bool:
    """Whether Arabic script is set in Nastaliq: in a language or spelling whose readers expect it.

    An Urdu name in a Persian text stays in the text's Naskh.
    """
    base = language.split("-")[0].lower()
    return base in URDU or (urdu and base not in NASKH_LANGUAGES)


def is_urdu(text: str) -> bool:
    """Whether a text in Arabic script has Urdu spelling, whatever its language in the catalogue."""
    letters = set(text)
    return bool(letters & _URDU_LETTERS) and not letters & _PASHTO_LETTERS


def needs_shaping(script: str) -> bool:
    """Whether letters of the script join or change places, which only raqm can do."""
    return script not in _SIMPLE


# Uncached, drawing takes 4 % longer.
@cache
def has_raqm() -> bool:
    """Whether Pillow has raqm, which joins and orders letters; without it only simple scripts are drawn."""
    from PIL import features

    return bool(features.check("raqm"))


def _families(script: str, nastaliq: bool, part: Part) -> tuple[FontFamily, ...]:
    latin = (SERIF, SANS) if part == "title" else (SANS, SERIF)
    if script in _LATIN or not script:
        return (*latin, DEJAVU)
    if script == "ARABIC":
        naskh = (NASKH, GEEZA, SEGOE, SANS_ARABIC) if part == "title" else (SANS_ARABIC, NASKH, GEEZA, SEGOE)
        return (NASTALIQ, URDU_TYPESETTING, *naskh, DEJAVU) if nastaliq else (*naskh, DEJAVU)
    name = "CJK" if script == "CJK" else script.capitalize()
    return (noto_family(f"Serif {name}"), noto_family(f"Sans {name}"), *latin, DEJAVU)


def _package_folders() -> Iterable[Path]:
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent


# Uncached, every character reads its font file again: minutes for a few images.
@cache
def _coverage(path: Path, index: int) -> frozenset[int]:
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (OSError, TTLibError):
        return frozenset()
