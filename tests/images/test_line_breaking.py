from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.images import typesetting
from publisher.images.canvas import SIZES
from publisher.images.line_breaking import ELLIPSIS, Column, fit, split_at_breaks, truncate
from publisher.images.typesetting import Style

WIDE = Column(1139, 317, 4)
ENGLISH, PERSIAN = Style("en"), Style("fa", rtl=True)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        (
            "#SouthAsiaPress Talk: Pashtuns under attack?",
            ("#SouthAsiaPress Talk:", "Pashtuns under attack?"),
        ),
        (
            "South Asia Press Talk: PTM Worldwide Protests",
            ("South Asia Press Talk:", "PTM Worldwide Protests"),
        ),
        (
            "Is Pakistan behind the Khalistan movement? South Asia Press Talk",
            ("Is Pakistan behind the", "Khalistan movement?", "South Asia Press Talk"),
        ),
        (
            "Balochistan in focus: Exclusive Talk with Akhtar Mengal",
            ("Balochistan in focus:", "Exclusive Talk with", "Akhtar Mengal"),
        ),
        (
            "Is religious extremism on the rise in Bangladesh?",
            ("Is religious extremism", "on the rise in Bangladesh?"),
        ),
    ],
)
def test_titles_break_where_the_sentence_pauses(title: str, lines: tuple[str, ...]) -> None:
    assert fit(title, ENGLISH, WIDE, SIZES).lines == lines


def test_a_short_title_is_large_and_a_long_one_smaller_but_whole() -> None:
    short = fit("PTM", ENGLISH, WIDE, SIZES)
    long = fit("A conversation about journalism in exile, and what may be said " * 2, ENGLISH, WIDE, SIZES)
    assert short.size == SIZES[0] > long.size
    assert ELLIPSIS not in "".join(long.lines)


def test_a_title_that_does_not_fit_is_truncated_at_a_word() -> None:
    block = fit("journalism in exile " * 30, ENGLISH, WIDE, SIZES)
    assert block.size == SIZES[-1]
    assert block.lines[-1].endswith(ELLIPSIS)
    assert block.lines[-1].removesuffix(ELLIPSIS).split()[-1] in ("journalism", "in", "exile")


def test_a_hashtag_breaks_before_a_capital() -> None:
    assert split_at_breaks("#SouthAsiaPressTalkAboutPashtuns now") == [
        "#South", "Asia", "Press", "Talk", "About", "Pashtuns ", "now",
    ]  # fmt: skip


def test_a_short_hashtag_is_not_broken() -> None:
    assert split_at_breaks("#SouthAsiaPress Talk") == ["#SouthAsiaPress ", "Talk"]


def test_a_word_wider_than_the_picture_breaks_somewhere() -> None:
    word = "#" + "pashtunsunderattack" * 4
    block = fit(word, ENGLISH, WIDE, SIZES)
    assert "".join(block.lines) == word
    assert len(block.lines) > 1


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.sampled_from("abcdefgh IJ#:?-نپشتوکیا  "), min_size=1, max_size=160),
    st.sampled_from([ENGLISH, PERSIAN]),
    st.integers(300, 1200),
)
def test_no_line_is_wider_than_its_column_nor_the_block_higher(text: str, style: Style, width: int) -> None:
    column = Column(width, 317, 4)
    block = fit(text, style, column, SIZES)
    assert len(block.lines) <= 4
    for line in block.lines:
        # Letters drawn together may differ by a hair from letters measured word by word.
        assert typesetting.width(line, style) * block.size <= width * 1.02
    assert len(block.lines) == 1 or block.height <= column.height


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["a", "talk", "about", "Pashtuns", "پشتون"]), min_size=1, max_size=14))
def test_no_word_is_lost_without_an_ellipsis(words: list[str]) -> None:
    lines = fit(" ".join(words), ENGLISH, WIDE, SIZES).lines
    shown = " ".join(lines).split()
    assert shown == words or lines[-1].endswith(ELLIPSIS)


def test_a_cut_line_ends_in_an_ellipsis_and_fits() -> None:
    (line,) = truncate("The name of a series that is far too long for one line", ENGLISH, 12, 1)
    assert line.endswith(ELLIPSIS)
    assert typesetting.width(line, ENGLISH) <= 12
