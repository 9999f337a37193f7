from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from publisher.images import fonts, script_fonts, typesetting
from publisher.images.fonts import FontSet, installed, script_of
from publisher.images.script_fonts import fonts_by_script, missing_fonts
from publisher.render.template_files import builtin_folder

from .conftest import episode, series

TRANSLATIONS = builtin_folder() / "translations"


@pytest.mark.parametrize(
    ("letter", "script"),
    [
        ("a", "LATIN"),
        ("É", "LATIN"),
        ("ж", "CYRILLIC"),
        ("پ", "ARABIC"),
        ("؟", "ARABIC"),
        ("۴", "ARABIC"),
        ("4", "LATIN"),
        ("বা"[0], "BENGALI"),
        ("声", "CJK"),
        ("한", "CJK"),
        ("#", ""),
        (" ", ""),
        ("—", ""),
    ],
)
def test_each_letter_has_its_script(letter: str, script: str) -> None:
    assert script_of(letter) == script


@pytest.mark.parametrize("text", ["Pashtuns?", "Où va l’Inde ?", "Пуштуны", "آیا پشتون‌ها؟", "ښځې", "ٹاک"])
def test_a_machine_without_fonts_draws_latin_and_arabic_script(text: str) -> None:
    talk = episode(text, names=(text,))
    assert missing_fonts(series(episodes=(talk,))) == ()


@pytest.mark.parametrize("catalogue", sorted(TRANSLATIONS.glob("*.po")), ids=lambda path: path.stem)
def test_every_letter_of_an_interface_language_has_a_bundled_font(catalogue: Path) -> None:
    texts = [(str(message.string), catalogue.stem) for message in read_po(catalogue.open("rb")) if message.id]
    rows = fonts_by_script(texts)
    assert rows and all(row.advice is None for row in rows)
    assert all(font.is_bundled for row in rows for font in row.fonts)


def test_a_bundled_font_is_used_before_a_better_one_of_the_system(tmp_path: Path) -> None:
    for name in ("system/NotoNaskhArabic-Bold.ttf", "bundled/NotoSansArabic[wght].ttf"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    found = FontSet([tmp_path / "system"], [tmp_path / "bundled"]).stack("ARABIC", "fa")
    assert [(font.family, font.is_bundled) for font in found] == [
        (fonts.SANS_ARABIC, True),
        (fonts.NASKH, False),
    ]


def test_without_raqm_no_letters_that_join_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (script_fonts, typesetting):
        monkeypatch.setattr(module, "has_raqm", lambda: False)
    joining = ("آیا", "کیا", "বাংলা", "धार्मिक")
    assert not any(typesetting.has_fonts(text, typesetting.Style("en")) for text in joining)
    assert typesetting.has_fonts("Talk Разговор", typesetting.Style("en"))
    (advice,) = missing_fonts(series(title="کیا آیا বাংলা"))
    assert "pip install --force-reinstall pillow" in advice


def test_an_urdu_name_in_a_persian_text_stays_in_naskh() -> None:
    (found,) = fonts_by_script([("افراسیاب خٹک", "fa")])
    assert (found.script, found.fonts[0].family) == ("Arabic (Naskh)", fonts.NASKH)


def test_a_missing_font_is_reported_once_with_advice() -> None:
    talks = (episode("བོད་ཡིག"), episode("བོད", names=("Bushra Gohar",)), episode("缺席者的声音"))
    tibetan, chinese = missing_fonts(series(episodes=talks))
    assert "Tibetan" in tibetan and "apt install fonts-noto-core" in tibetan
    assert "brew install --cask font-noto-serif-tibetan" in tibetan
    assert "Chinese" in chinese and "fonts-noto-cjk" in chinese


def test_an_emoji_is_not_a_missing_letter() -> None:
    assert missing_fonts(series(title="Talks 😀 ☎ →")) == ()


def test_the_font_of_an_earlier_folder_is_used(tmp_path: Path) -> None:
    for folder in ("mine", "system/truetype"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "NotoSerif-Bold.ttf").touch()
    (font, *_) = FontSet((tmp_path / "mine", tmp_path / "system")).stack("LATIN", "en")
    assert font.path.parent.name == "mine" and font.bold


def test_urdu_is_set_in_nastaliq_and_persian_in_naskh(tmp_path: Path) -> None:
    for name in ("NotoNastaliqUrdu-Regular", "NotoNastaliqUrdu-Bold", "NotoNaskhArabic-Bold"):
        (tmp_path / f"{name}.ttf").touch()
    found = FontSet((tmp_path,))
    assert found.stack("ARABIC", "ur-PK")[0].path.stem == "NotoNastaliqUrdu-Regular"
    assert found.stack("ARABIC", "fa")[0].path.stem == "NotoNaskhArabic-Bold"
    assert found.stack("ARABIC", "en", urdu=True)[0].path.stem == "NotoNastaliqUrdu-Regular"


def test_urdu_spelling_is_distinguished_from_pashto_and_persian() -> None:
    assert fonts.is_urdu("کیا پشتون حملے کی زد میں ہیں؟")
    assert not fonts.is_urdu("ایا پښتانه تر برید لاندې دي؟")
    assert not fonts.is_urdu("آیا پشتون‌ها زیر حمله‌اند؟")


def test_a_file_that_is_not_a_font_covers_no_letter(tmp_path: Path) -> None:
    path = tmp_path / "NotoSerif-Bold.ttf"
    path.write_bytes(b"not a font")
    (font,) = FontSet((tmp_path,)).stack("LATIN", "en")
    assert not font.covers("a")


def test_pillow_from_its_wheels_joins_letters() -> None:
    assert fonts.has_raqm()


def test_the_packaged_fonts_are_there_for_both_parts() -> None:
    assert next(font.family.name for font in installed().stack("LATIN", "en", "title")) == "Noto Serif"
    assert next(font.family.name for font in installed().stack("LATIN", "en", "label")) == "Noto Sans"
