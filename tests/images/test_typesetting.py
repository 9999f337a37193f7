from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.images import typesetting
from publisher.images.typesetting import Style, reorder_runs, runs

LEFT, RIGHT = Style("en"), Style("ur", rtl=True)


@pytest.mark.parametrize(
    ("text", "language", "rtl"),
    [
        ("Pashtuns under attack?", "en", False),
        ("Pashtuns under attack?", "ps", False),
        ("آیا پشتون‌ها زیر حمله‌اند؟", "fa", True),
        ("#SouthAsiaPress: آیا پشتون‌ها زیر حمله‌اند؟", "fa", True),
        ("گفت‌وگوی #SouthAsiaPress (PTM)", "fa", True),
        ("A word from Urdu: گفتگو", "en", False),
        ("پشتون", "en", True),
        ("2021", "ur", True),
        ("2021", "fr", False),
    ],
)
def test_a_title_takes_its_language_s_direction_if_its_letters_agree(
    text: str, language: str, rtl: bool
) -> None:
    assert typesetting.is_rtl(text, language) is rtl


def seen(text: str, style: Style) -> list[str]:
    placed = reorder_runs(runs(text, style), style.rtl)
    return [run.text.strip() for run in placed if not run.text.isspace()]


def test_a_hashtag_keeps_its_sign_in_a_line_from_right_to_left() -> None:
    assert seen("گفت #SouthAsia کیا", RIGHT) == ["کیا", "#SouthAsia", "گفت"]


def test_runs_of_a_line_are_in_its_direction() -> None:
    assert seen("Talk کیا Press", LEFT) == ["Talk", "کیا", "Press"]
    assert seen("کیا Talk یہ", RIGHT) == ["یہ", "Talk", "کیا"]


def test_a_question_mark_ends_a_line_on_its_own_side() -> None:
    ordered = reorder_runs(runs("کیا یہ PTM؟", RIGHT), rtl=True)
    assert ordered[0].text == "؟"


def test_ascii_digits_are_latin_and_keep_their_place() -> None:
    placed = reorder_runs(runs("کیا 2021 میں", RIGHT), rtl=True)
    shown = {run.text.strip(): run.font.family.name for run in placed if not run.text.isspace()}
    assert list(shown) == ["میں", "2021", "کیا"]
    assert shown["2021"] == "Noto Serif"


def test_direction_marks_set_the_order_but_are_not_drawn() -> None:
    assert seen("Ismail\u200f، Nangyal", Style("fa", rtl=True))[0] == "Nangyal"
    assert all("\u200f" not in run.text for run in runs("a\u200fb", LEFT))


@given(st.text(max_size=40), st.sampled_from(["en", "ur", "fa", "zh"]), st.booleans())
def test_nothing_is_set_in_a_font_that_lacks_it(text: str, language: str, rtl: bool) -> None:
    for run in runs(text, Style(language, "title", rtl)):
        for letter in run.text:
            # Joiners and marks belong to the letter before them; shaping takes care of them.
            if letter not in "\u200c\u200d" and typesetting.unicodedata.category(letter)[0] != "M":
                assert run.font.covers(letter)


@given(st.text(max_size=60), st.booleans())
def test_visual_order_keeps_every_run(text: str, rtl: bool) -> None:
    ordered = runs(text, Style("fa", "title", rtl))
    assert sorted(reorder_runs(ordered, rtl)) == sorted(ordered)


def test_an_endless_title_is_not_read_beyond_the_visible_part() -> None:
    assert len(typesetting.printable("word " * 100_000)) == typesetting.MAX_LETTERS


def test_control_characters_and_line_ends_are_not_set() -> None:
    assert typesetting.printable("a\x00b\n\tc\x1b[31m") == "ab c[31m"


def test_letters_no_font_has_are_known_before_drawing() -> None:
    assert typesetting.has_fonts("Talk – « 2021 » …", LEFT)
    assert typesetting.has_fonts("آیا", Style("fa", rtl=True))
    assert not typesetting.has_fonts("བོད་ཡིག", LEFT)
