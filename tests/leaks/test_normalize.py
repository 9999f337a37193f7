"""Letters that look the same to a reader fold to the same, and different letters stay different."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.leaks.normalize import LOOKALIKES, fold, shape, squeeze, without_ascii

LETTERS = tuple(
    letter for letter in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(letter).startswith("L")
)

NAMES = (
    "Владимир Ковалёв",
    "Νίκος Παράδειγμα",
    "Αχιλλέας",
    "Hüseyin Işık",
    "İsmail Çelik",
    "Straße Groß",
    "Դավիթ Օրինակյան",
    "Ева Єднання",
    "Ґалаґан",
    "Ӏалам",
    "ქეთევანი",
    "Łukasz Øreński",
    "Dž Ǆemal",
    "Ꮳꮃꭹ",
    "𐐔𐐯𐑅𐐨𐑉𐐯𐐻",
    "کوئی مثالی‌نام",
    "דָּוִד לֵוִי",
    "क़ुरैशी ज़ाहिद",
)

CASES = (str.upper, str.lower, str.title, str.casefold, str.swapcase, str.capitalize)


def test_every_letter_of_unicode_folds_alike_in_every_case() -> None:
    apart = [letter for letter in LETTERS if len({fold(case(letter)) for case in CASES}) > 1]
    assert apart == []


@pytest.mark.parametrize("name", NAMES)
def test_a_name_folds_alike_in_every_case(name: str) -> None:
    assert {fold(case(name)) for case in CASES} == {fold(name)}


@given(st.text(st.sampled_from(LETTERS), max_size=12))
def test_any_word_folds_alike_in_every_case(word: str) -> None:
    assert {fold(case(word)) for case in CASES} == {fold(word)}


@given(st.text(st.one_of(st.characters(), st.sampled_from("aZ0 \n\x00")), max_size=200))
def test_a_text_folds_as_its_characters_do(text: str) -> None:
    assert fold(text) == "".join(map(fold, text))
    assert squeeze(text) == "".join(map(squeeze, text))


def test_a_text_of_very_many_letters_folds_as_its_characters_do() -> None:
    text = "Talk " + " ".join(LETTERS[::50])
    assert fold(text) == "".join(map(fold, text))
    assert without_ascii(text) == "".join(letter for letter in text if not letter.isascii())


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(shape(text)) == shape(text)


@given(st.text(), st.text())
def test_a_text_folds_as_its_parts_do(before: str, after: str) -> None:
    assert fold(before + after) == fold(before) + fold(after)


@given(st.text(), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_a_text_folds_alike_in_every_form_of_unicode(text: str, form: str) -> None:
    assert fold(unicodedata.normalize(form, text)) == fold(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "alphabet",
    [
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "абвгдежзиклмнопрстуфхцчшщъыьэюяіє",
        "абвгдђежзијклљмнњопрстћуфхцчџш",
        "αβγδεζηθικλμνξοπρστυφχψω",
        "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
        "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
        "אבגדהוזחטיכלמנסעפצקרשת",
        "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    ],
)
def test_the_letters_of_one_alphabet_stay_apart(alphabet: str) -> None:
    assert len({fold(letter) for letter in alphabet}) == len(alphabet)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("КОВАЛЁВ", "Ковалев"),
        ("ΠΑΡΆΔΕΙΓΜΑ", "παραδειγμα"),
        ("ΝΙΚΟΣ", "νικος"),
        ("STRASSE", "straße"),
        ("GROẞ", "groß"),
        ("ISIK", "ışık"),
        ("ԵՒԱ", "եւա"),
        ("ՕՐԻՆԱԿ", "օրինակ"),
        ("ᲥᲔᲗᲔᲕᲐᲜᲘ", "ქეთევანი"),
        ("ႵႤႧႤႥႠႬႨ", "ქეთევანი"),
        ("\u04c0алам", "\u04cfалам"),
        ("ﻣﺜﺎﻟﻲ", "مثالی"),
        ("خٹک", "خټک"),
        ("שלום", "שלומ"),
        ("ﬡבּרם", "אברמ"),
        ("क़ुरैशी", "कुरैशी"),
        ("ｋｏｖａｌｅｖ", "Kovalev"),
        ("𝕶𝖔𝖛𝖆𝖑𝖊𝖛", "Kovalev"),
        ("🅺🅾🆅🅰🅻🅴🆅", "Kovalev"),
        ("ⓚⓞⓥⓐⓛⓔⓥ", "Kovalev"),
        ("ᴋᴏᴠᴀʟᴇᴠ", "Kovalev"),
        ("🇰🇴🇻🇦🇱🇪🇻", "Kovalev"),
        ("ｶｹﾞﾔﾏ", "かけやま"),
        ("Oʼ", "O'"),
        ("❶❷③４٥", "12345"),
    ],
)
def test_another_spelling_folds_to_the_same(written: str, meant: str) -> None:
    assert fold(written) == fold(meant)


@pytest.mark.parametrize("letters", ["یيىېۍئے", "کكڪ", "هةھہۀۂۃە", "اأإآٱ", "وؤ", "گګ", "نں"])
def test_the_variants_of_an_arabic_letter_fold_to_one(letters: str) -> None:
    assert len({fold(letter) for letter in letters}) == 1


UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u202a\u202d\u2060\u2067"
    "\u2069\u206a\u3164\ufe00\ufe0f\ufeff\uffa0\ufff9\U0001d173\U000e0041\U000e0100\x00\x08\x7f"
    "\u0336\u20dd\u20e3\u0489\u0301"
)


@pytest.mark.parametrize("between", UNSEEN, ids=lambda between: f"U+{ord(between):04X}")
def test_marks_and_invisible_characters_are_removed(between: str) -> None:
    assert fold(f"Kova{between}lev") == "kovalev"
    assert fold(f"Кова{between}лев") == fold("Ковалев")


def test_every_lookalike_of_a_european_letter_has_its_shape() -> None:
    latin = {
        letter: target for letter, target in LOOKALIKES.items() if len(target) == 1 and not letter.isascii()
    }
    assert len(latin) > 500
    assert [one for one, target in latin.items() if shape(one) != fold(target)] == []


@pytest.mark.parametrize("written", ["ΝΑΤΑ", "νατα", "ѵATA", "ꓦATA"])
def test_a_shape_depends_on_the_case_of_the_letter(written: str) -> None:
    assert shape(written) == ("nata" if written == "ΝΑΤΑ" else "vata")
