"""The fonts that draw each script of titles and names, and advice where one is missing.

`check` and `doctor` print it; `fonts` finds the files.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from publisher.images.fonts import (
    Font,
    FontSet,
    has_raqm,
    installed,
    is_nastaliq,
    is_urdu,
    needs_shaping,
    script_of,
)
from publisher.model import Series


class ScriptFonts(NamedTuple):
    """The fonts that draw one script, and what to do where letters of it cannot be drawn.

    `script` is its name, with the style where it has several: "Arabic (Nastaliq)". `languages` are
    those of the texts it was found in.
    """

    script: str
    languages: tuple[str, ...]
    fonts: tuple[Font, ...]
    advice: str | None


TextWithLanguage = tuple[str, str]
"""A text, and the BCP 47 language it is set as."""


def fonts_by_script(
    texts: Iterable[TextWithLanguage], fonts: FontSet | None = None
) -> tuple[ScriptFonts, ...]:
    """The fonts of titles and names for each script in the texts, in order of appearance."""
    available = fonts or installed()
    found: dict[tuple[str, bool], tuple[dict[str, None], dict[Font | None, None]]] = {}
    for text, language in texts:
        urdu = is_urdu(text)
        for letter in unicodedata.normalize("NFC", text):
            script = script_of(letter)
            if script:
                key = script, script == "ARABIC" and is_nastaliq(language, urdu)
                languages, used = found.setdefault(key, ({}, {}))
                languages[language] = None
                used[available.find(letter, script, language, urdu)] = None
    return tuple(
        ScriptFonts(
            _script_name(script, nastaliq),
            tuple(languages),
            tuple(font for font in used if font is not None),
            _advice(script, None in used),
        )
        for (script, nastaliq), (languages, used) in found.items()
    )


def texts_of(series: Series) -> tuple[TextWithLanguage, ...]:
    """The titles and names that drawn images show, with their languages."""
    texts = [(series.title, series.language)]
    for episode in series.episodes:
        names = (credit.person.name for credit in episode.credits)
        texts += [(text, episode.language) for text in (episode.title, *names)]
    return tuple(texts)


def missing_fonts(series: Series, fonts: FontSet | None = None) -> tuple[str, ...]:
    """Advice for each script in titles and names that cannot be drawn here, for `check`."""
    found = fonts_by_script(texts_of(series), fonts)
    return tuple(dict.fromkeys(row.advice for row in found if row.advice is not None))


def _script_name(script: str, nastaliq: bool) -> str:
    if script == "ARABIC":
        return "Arabic (Nastaliq)" if nastaliq else "Arabic (Naskh)"
    return "Chinese, Japanese or Korean" if script == "CJK" else script.capitalize()


def _advice(script: str, is_incomplete: bool) -> str | None:
    """What is missing for a script, and how to install it; None if nothing is."""
    if needs_shaping(script) and not has_raqm():
        return (
            "this Pillow cannot join letters, so titles in such scripts are left out of drawn images: "
            "install Pillow from its wheels (pip install --force-reinstall pillow)"
        )
    if not is_incomplete:
        return None
    name = _script_name(script, False).partition(" (")[0]
    debian = "fonts-noto-cjk" if script == "CJK" else "fonts-noto-core"
    cask = {"ARABIC": "font-noto-naskh-arabic", "CJK": "font-noto-serif-cjk"}.get(
        script, f"font-noto-serif-{script.lower()}"
    )
    return (
        f"no font here has {name} letters, so titles in them are left out of drawn images: "
        f"install one (Debian, Ubuntu: apt install {debian}; macOS: brew install --cask {cask})"
    )
