"""Which font files letters are drawn with: a serif and a sans for Latin, Naskh, Nastaliq, and others.

The Latin faces and an Arabic one to fall back on come with the package's dependencies; better
Arabic faces and other scripts are looked for where the system keeps its fonts. Nothing is
remembered on disk. How text is set with them is the business of `lettering`.
"""

from __future__ import annotations

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

Part = Literal["title", "label"]
"""What is set: titles and names (serif, bold), or a label such as the series' name (sans, regular)."""

PACKAGES = ("fontpkg_noto_serif", "fontpkg_noto_sans", "justmytype_intl_rtl")
"""Installed packages that carry fonts and nothing else."""

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "darwin": ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
    "win32": ("C:/Windows/Fonts", "~/AppData/Local/Microsoft/Windows/Fonts"),
    "linux": ("/usr/local/share/fonts", "/usr/share/fonts", "~/.local/share/fonts", "~/.fonts"),
}
"""Where systems keep fonts (on Linux: fontconfig's own defaults)."""


class Family(NamedTuple):
    """A family of fonts: how its files are named, and how it is set.

    `regular` and `bold` are file names without ending, the wanted ones first; a name with a
    bracket is a variable font that holds every weight. `scale` makes it look as large as the
    Latin beside it; `leading` is its line height, `above` the room it needs above a block (em).
    """

    name: str
    regular: tuple[str, ...]
    bold: tuple[str, ...]
    scale: float = 1.0
    leading: float = 1.14
    above: float = 0.0


def noto(name: str, scale: float = 1.0, leading: float = 1.3, above: float = 0.0) -> Family:
    """A Noto family, under the names its files have as Google, Debian, Fedora and Apple give them."""
    stem = "Noto" + name.replace(" ", "")
    variable = (f"{stem}[wdth,wght]", f"{stem}[wght]")
    regular = (*variable, f"{stem}-Regular", stem)
    return Family(f"Noto {name}", regular, (*variable, f"{stem}-Bold", stem), scale, leading, above)


SERIF = noto("Serif", leading=1.14)
SANS = noto("Sans", leading=1.14)
NASKH = noto("Naskh Arabic", 1.06, 1.45)
SANS_ARABIC = noto("Sans Arabic", 1.0, 1.45)
# Nastaliq is set in its regular weight also where Latin is bold: its bold closes up.
NASTALIQ = Family(
    "Noto Nastaliq Urdu",
    ("NotoNastaliqUrdu[wght]", "NotoNastaliqUrdu-Regular", "NotoNastaliq"),
    ("NotoNastaliqUrdu[wght]", "NotoNastaliqUrdu-Regular", "NotoNastaliq"),
    0.98,
    1.85,
    0.75,
)
URDU_TYPESETTING = Family("Urdu Typesetting", ("UrdType",), ("UrdType",), 1.2, 1.7, 0.5)
GEEZA = Family("Geeza Pro", ("GeezaPro",), ("GeezaPro",), 1.06, 1.45)
SEGOE = Family("Segoe UI", ("segoeui",), ("segoeuib",), 1.0, 1.45)
DEJAVU = Family("DejaVu Sans", ("DejaVuSans",), ("DejaVuSans-Bold",), 0.95, 1.3)

LIGHTER = frozenset({NASTALIQ.name, URDU_TYPESETTING.name})
"""Families set in their regular weight everywhere."""

URDU = frozenset({"ur", "pnb", "skr", "ks", "bft"})
"""Languages whose readers expect Nastaliq."""

_URDU_LETTERS = frozenset("ٹڈڑںےۓ")
_PASHTO_LETTERS = frozenset("ټډړږښڼېۍ")
_CJK = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
_LATIN = frozenset({"LATIN", "CYRILLIC", "GREEK"})


@dataclass(frozen=True, slots=True)
class Face:
    """A font file in one weight; `index` counts the fonts of a collection."""

    path: Path
    family: Family
    bold: bool = False
    index: int = 0

    def covers(self, letter: str) -> bool:
        """Whether the font has a glyph for the character."""
        return ord(letter) in _coverage(self.path, self.index)


class Faces:
    """The fonts below some folders; where two have the same name the earlier folder's is taken."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._stacks: dict[tuple[str, bool, Part], tuple[Face, ...]] = {}

    def stack(self, script: str, language: str, part: Part = "title", urdu: bool = False) -> tuple[Face, ...]:
        """The faces to try for a script (as `script_of` names it), the best first."""
        nastaliq = urdu or language.split("-")[0].lower() in URDU
        key = (script, nastaliq, part)
        if key not in self._stacks:
            found = (self._face(family, part == "title") for family in _families(*key))
            self._stacks[key] = tuple(face for face in found if face is not None)
        return self._stacks[key]

    def _face(self, family: Family, bold: bool) -> Face | None:
        heavy = bold and family.name not in LIGHTER
        for stem in family.bold if heavy else family.regular:
            path = self._files.get(stem.lower())
            if path is not None:
                return Face(path, family, heavy)
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
        return found


@cache
def installed() -> Faces:
    """The fonts of the installed packages, then the system's."""
    system = FOLDERS.get(sys.platform, FOLDERS["linux"])
    return Faces((*_package_folders(), *(Path(folder).expanduser() for folder in system)))


@cache
def script_of(letter: str) -> str:
    """The script of a letter in capitals (``LATIN``, ``ARABIC`` …); empty for what all scripts share."""
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
    """Whether a text in Arabic script is spelt as Urdu is, whatever language it is filed under."""
    letters = set(text)
    return bool(letters & _URDU_LETTERS) and not letters & _PASHTO_LETTERS


def missing(series: Series, faces: Faces | None = None) -> tuple[str, ...]:
    """What to install so that every title and name of the series can be drawn; () where all can.

    One sentence per script, for `check`.
    """
    texts = [(series.title, series.language)]
    for episode in series.episodes:
        names = (credit.person.name for credit in episode.credits)
        texts += [(text, episode.language) for text in (episode.title, *names)]
    lacking: dict[str, None] = {}
    for text, language in texts:
        lacking |= dict.fromkeys(_lacking(text, language, faces or installed()))
    return tuple(_advice(script) for script in lacking)


def _lacking(text: str, language: str, faces: Faces) -> Iterable[str]:
    for letter in unicodedata.normalize("NFC", text):
        script = script_of(letter)
        if script and not any(face.covers(letter) for face in faces.stack(script, language)):
            yield script
        elif script == "ARABIC" and not can_shape():
            yield "RAQM"


@cache
def can_shape() -> bool:
    """Whether Pillow was built to join and order letters (raqm); without it only simple scripts are drawn."""
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


def _families(script: str, nastaliq: bool, part: Part) -> tuple[Family, ...]:
    latin = (SERIF, SANS) if part == "title" else (SANS, SERIF)
    if script in _LATIN or not script:
        return (*latin, DEJAVU)
    if script == "ARABIC":
        naskh = (NASKH, GEEZA, SEGOE, SANS_ARABIC) if part == "title" else (SANS_ARABIC, NASKH, GEEZA, SEGOE)
        return (NASTALIQ, URDU_TYPESETTING, *naskh, DEJAVU) if nastaliq else (*naskh, DEJAVU)
    name = "CJK" if script == "CJK" else script.capitalize()
    return (noto(f"Serif {name}"), noto(f"Sans {name}"), *latin, DEJAVU)


def _package_folders() -> Iterable[Path]:
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent


@cache
def _coverage(path: Path, index: int) -> frozenset[int]:
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (OSError, TTLibError):
        return frozenset()
