"""Dates, sizes, durations and order in each language."""

from datetime import date

import pytest

from publisher.bidi import direction
from publisher.render.language import Language, format_clock, iso_duration


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "ltr"),
        ("ur", "rtl"),
        ("ur-PK", "rtl"),
        ("ps", "rtl"),
        ("fa-AF", "rtl"),
        ("ar", "rtl"),
        ("ur-Latn", "ltr"),
        ("pa-Arab-PK", "rtl"),
        ("pa", "ltr"),
        ("he", "rtl"),
    ],
)
def test_direction_follows_script_then_language(language: str, expected: str) -> None:
    assert direction(language) == expected


@pytest.mark.parametrize(
    ("language", "day", "time", "size"),
    [
        ("en", "28 Nov 2020", "12:40", "41.8 MB"),
        ("fr", "28 nov. 2020", "12:40", "41,8\u202fMo"),
        ("ur", "28 نومبر، 2020", "12:40", "41.8 MB"),
        ("fa", "۲۸ نوامبر ۲۰۲۰", "۱۲:۴۰", "۴۱٫۸ MB"),
        ("ps", "۲۰۲۰ نومبر ۲۸", "۱۲:۴۰", "۴۱٫۸ MB"),
        ("ar", "28 نوفمبر 2020", "12:40", "41.8 م.ب"),
    ],
)
def test_dates_times_and_sizes_use_words_and_digits_of_the_language(
    language: str, day: str, time: str, size: str
) -> None:
    spoken = Language(language)
    said = (spoken.day(date(2020, 11, 28)), spoken.format_clock(760), spoken.size(41_800_000))
    plain_spaces = [text.replace("\u202f", " ").replace("\xa0", " ") for text in said]
    assert plain_spaces == [day, time, size.replace("\u202f", " ")]


def test_an_unknown_language_uses_english() -> None:
    assert Language("qaa").day(date(2020, 11, 28)) == "28 Nov 2020"


def test_clock_and_duration_count_hours_only_where_there_are_some() -> None:
    assert [format_clock(5), format_clock(760.9), format_clock(3725)] == ["0:05", "12:40", "1:02:05"]
    assert [iso_duration(5), iso_duration(3480), iso_duration(3605)] == ["PT5S", "PT58M", "PT1H5S"]


def test_names_are_ordered_by_the_alphabet_of_the_language() -> None:
    urdu = Language("ur").sort_key
    assert sorted(["گل", "پشتون", "ٹاک", "بات"], key=urdu) == ["بات", "پشتون", "ٹاک", "گل"]
    french = Language("fr").sort_key
    assert sorted(["Zoé", "Émile", "Eve"], key=french) == ["Émile", "Eve", "Zoé"]
