"""Readable identifiers from names and topics in any script."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.transliteration import MAX_LENGTH, transliterate_id

SPOKEN = {
    "Tomás Rivera": "tomas-rivera",
    "Łucja O’Brien-Straße": "lucja-obrien-strasse",
    "Права человека": "prava-cheloveka",
    "Ωμέγα": "omega",
    "حقوق بشر": "huquq-bashar",
    "انسانی حقوق": "insani-huquq",
    "حقوق الإنسان": "huquq-al-insan",
    "آزادی بیان": "azadi-bayan",
    "سیاست": "siyasat",
    "چیست؟": "chist",
    "انتخابات": "intikhabat",
    "عاصمہ جہانگیر": "asma-jahangir",
    "نرگس محمدی": "nargis-muhammadi",
    "بھارت": "bharat",
    "پاکستان": "pakistan",
    "افراسیاب خټک": "afrasyab-khatak",
    "মানবাধিকার": "manabadhikar",
    "বাংলাদেশ": "bangladesh",
    "नरेन्द्र": "narendra",
    "ਪੰਜਾਬੀ": "panjabi",
    "தமிழ்": "tamil",
    "北京": "beijing",
    "ひらがな": "hiragana",
    "인권": "ingwon",
    "۱۳۵۷": "1357",
}


@pytest.mark.parametrize(("text", "expected"), SPOKEN.items())
def test_a_name_can_be_recognised_in_its_identifier(text: str, expected: str) -> None:
    assert transliterate_id(text) == expected


def test_marks_that_do_not_change_the_reading_do_not_change_the_identifier() -> None:
    spellings = ("مُحَمَّد", "محمد", "\u200fمحمد", "محـــمد")
    assert {transliterate_id(text) for text in spellings} == {"muhammad"}
    assert transliterate_id("Tomás") == transliterate_id("Toma\u0301s")


def test_a_text_without_letters_has_no_identifier() -> None:
    assert transliterate_id("… ?!") == ""


def test_a_long_name_ends_after_a_whole_word() -> None:
    found = transliterate_id("seventeen letters " * 9)
    assert len(found) <= MAX_LENGTH
    assert found.endswith("-letters")


@given(st.text(st.characters(min_codepoint=0x600, max_codepoint=0xDFF), max_size=12) | st.text(max_size=12))
def test_every_text_gives_a_valid_identifier_or_none(text: str) -> None:
    assert re.fullmatch("([a-z0-9]+(-[a-z0-9]+)*)?", transliterate_id(text))
