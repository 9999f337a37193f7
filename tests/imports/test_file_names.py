"""What names of files say of talks."""

from __future__ import annotations

from datetime import date

import pytest

from publisher.imports.file_names import key_of, read_name, split_language

DAY = date(2021, 3, 2)


@pytest.mark.parametrize(
    ("stem", "title", "day", "season", "number"),
    [
        ("2021-03-02 Borders and bread", "Borders and bread", DAY, None, None),
        ("20210302_borders-and-bread_final", "Borders and bread", DAY, None, None),
        ("02.03.2021 Grenzen", "Grenzen", DAY, None, None),
        ("13-02-2021 Borders", "Borders", date(2021, 2, 13), None, None),
        ("۲۰۲۱-۰۳-۰۲ مرزها", "مرزها", DAY, None, None),
        ("2021-13-41 Borders", "2021-13-41 Borders", None, None, None),
        ("03-02-2021 Borders", "03-02-2021 Borders", None, None, None),
        ("S01E02 - Borders", "Borders", None, 1, 2),
        ("1x05 Start", "Start", None, 1, 5),
        ("Season 2 Episode 3: The Law", "The Law", None, 2, 3),
        ("Folge 12 - Grenzen", "Grenzen", None, None, 12),
        ("قسمت ۱۲ - مرزها", "مرزها", None, None, 12),
        ("012 - Borders", "Borders", None, None, 12),
        ("Interview #45 Ann One", "Interview Ann One", None, None, 45),
        ("12 Angry Men", "12 Angry Men", None, None, None),
        ("The 2020-2021 crisis", "The 2020-2021 crisis", None, None, None),
        ("Episode 2021 on law", "Episode 2021 on law", None, None, None),
        ("Borders.and.bread.1080p", "Borders and bread", None, None, None),
        ("Borders (1)", "Borders", None, None, None),
        ("Borders [dQw4w9WgXcQ]", "Borders", None, None, None),
        ("2021-03-02 15-30-00", "", DAY, None, None),
        ("GMT20210302-150000_Recording_1920x1080", "", DAY, None, None),
        ("VID_20210302_153000", "", DAY, None, None),
        ("ZOOM0001_LR", "", None, None, None),
        ("recording", "", None, None, None),
    ],
)
def test_names_are_taken_apart(
    stem: str, title: str, day: date | None, season: int | None, number: int | None
) -> None:
    found = read_name(stem)
    assert (found.title, found.date, found.season, found.number) == (title, day, season, number)


def test_a_name_can_contain_an_id_and_a_part() -> None:
    assert read_name("Borders [dQw4w9WgXcQ]").video_id == "dQw4w9WgXcQ"
    assert read_name("Borders [continuation]").video_id is None
    assert read_name("Borders part 2").is_part


@pytest.mark.parametrize(
    "stem",
    ["Talk One", "talk-one", "Talk_One_final", "Talk One (1)", "talk one-transcript", "Talk One notes"],
)
def test_the_files_of_a_talk_have_one_key(stem: str) -> None:
    assert key_of(stem) == "talkone"


def test_different_names_have_different_keys() -> None:
    assert len({key_of(stem) for stem in ("Talk 1", "Talk 2", "final", "recording", "...", "-")}) == 6


def test_languages_are_found_after_the_last_dot() -> None:
    assert split_language("talk.en") == ("talk", "en")
    assert split_language("talk.en-US") == ("talk", "en-US")
    assert split_language("how-to") == ("how-to", None)
    assert split_language("talk_de", "_-") == ("talk", "de")
    assert split_language("talk.xq") == ("talk.xq", None)


@pytest.mark.parametrize("sign", ["a", " ", "-", "(", "1", ".", "_", "[a] ", "1 ", "final ", "- – "])
def test_long_names_are_read_in_bounded_time(sign: str) -> None:
    # File systems allow 255 bytes; a quadratic pattern would take seconds for this length.
    read_name(sign * 3000)
    key_of(sign * 3000)
