"""Finds the font files for each script: a serif and a sans for Latin, Naskh, Nastaliq, and others.

The Latin fonts and a fallback for Arabic are dependencies of this package; better Arabic fonts
and other scripts are searched in the system font directories. Nothing is cached on disk.
`typesetting` draws text with them.
"""

from __future__ import annotations

import logging
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

from publisher.model import Series

logger = logging.getLogger(__name__)

Part = Literal["title", "label"]
"""Titles and names (serif, bold), or a label such as the series' name (sans, regular)."""

PACKAGES = ("fontpkg_noto_serif", "fontpkg_noto_sans", "justmytype_intl_rtl")
"""Packages that contain only fonts."""

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "darwin": ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
    "win32": ("C:/Windows/Fonts", "~/AppData/Local/Microsoft/Windows/Fonts"),
    "linux": ("/usr/local/share/fonts", "/usr/share/fonts", "~/.local/share/fonts", "~/.fonts"),
}
"""System font directories (on Linux: fontconfig's defaults)."""


class FontFamily(NamedTuple):
    """A font family: its file names and its metrics.

    `regular` and `bold` are file names without suffix, the preferred ones first; a name with a
    bracket is a variable font with every weight. `scale` makes it look as large as the
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
    variable = (f"{stem}[wdth,wght]", f"{stem}[wght]")
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

_URDU_LETTERS = frozenset("ٹڈڑںےۓ")
_PASHTO_LETTERS = frozenset("ټډړږښڼېۍ")
_CJK = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
_LATIN = frozenset({"LATIN", "CYRILLIC", "GREEK"})


@dataclass(frozen=True, slots=True)
class Font:
    """A font file in one weight; `index` counts the fonts of a collection."""

    path: Path
    family: FontFamily
    bold: bool = False
    index: int = 0

    def covers(self, letter: str) -> bool:
        """Whether the font has a glyph for the character."""
        return ord(letter) in _coverage(self.path, self.index)


class FontSet:
    """The fonts below some directories; of two files with one name the earlier directory's is used."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._stacks: dict[tuple[str, bool, Part], tuple[Font, ...]] = {}

    def stack(self, script: str, language: str, part: Part = "title", urdu: bool = False) -> tuple[Font, ...]:
        """The fonts to try for a script (as named by `script_of`), the best first."""
        nastaliq = urdu or language.split("-")[0].lower() in URDU
        key = (script, nastaliq, part)
        if key not in self._stacks:
            found = (self._find(family, part == "title") for family in _families(*key))
            self._stacks[key] = tuple(font for font in found if font is not None)
        return self._stacks[key]

    def _find(self, family: FontFamily, bold: bool) -> Font | None:
        heavy = bold and family.name not in LIGHTER
        for stem in family.bold if heavy else family.regular:
            path = self._files.get(stem.lower())
            if path is not None:
                return Font(path, family, heavy)
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
    """The fonts of the installed packages, then the system's."""
    system = FOLDERS.get(sys.platform, FOLDERS["linux"])
    return FontSet((*_package_folders(), *(Path(folder).expanduser() for folder in system)))


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


def is_urdu(text: str) -> bool:
    """Whether a text in Arabic script has Urdu spelling, whatever its language in the catalogue."""
    letters = set(text)
    return bool(letters & _URDU_LETTERS) and not letters & _PASHTO_LETTERS


def missing_fonts(series: Series, fonts: FontSet | None = None) -> tuple[str, ...]:
    """Advice for each script in titles and names that no installed font covers, for `check`."""
    texts = [(series.title, series.language)]
    for episode in series.episodes:
        names = (credit.person.name for credit in episode.credits)
        texts += [(text, episode.language) for text in (episode.title, *names)]
    missing: dict[str, None] = {}
    for text, language in texts:
        missing |= dict.fromkeys(_missing_scripts(text, language, fonts or installed()))
    return tuple(_advice(script) for script in missing)


def _missing_scripts(text: str, language: str, fonts: FontSet) -> Iterable[str]:
    for letter in unicodedata.normalize("NFC", text):
        script = script_of(letter)
        if script and not any(font.covers(letter) for font in fonts.stack(script, language)):
            yield script
        elif script == "ARABIC" and not has_raqm():
            yield "RAQM"


# Uncached, drawing takes 4 % longer.
@cache
def has_raqm() -> bool:
    """Whether Pillow has raqm, which joins and orders letters; without it only simple scripts are drawn."""
    from PIL import features

    return bool(features.check("raqm"))


def _advice(script: str) -> str:
    if script == "RAQM":
        return (
            "this Pillow cannot join Arabic letters, so such titles are left out of drawn images: "
            "install Pillow from its wheels (pip install --force-reinstall pillow)"
        )
    name = "Chinese, Japanese or Korean" if script == "CJK" else script.capitalize()
    debian = "fonts-noto-cjk" if script == "CJK" else "fonts-noto-core"
    cask = {"ARABIC": "font-noto-naskh-arabic", "CJK": "font-noto-serif-cjk"}.get(
        script, f"font-noto-serif-{script.lower()}"
    )
    return (
        f"no font here has {name} letters, so titles in them are left out of drawn images: "
        f"install one (Debian, Ubuntu: apt install {debian}; macOS: brew install --cask {cask})"
    )


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
