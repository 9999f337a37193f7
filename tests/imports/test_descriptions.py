"""The parts of descriptions."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from publisher.imports.descriptions import clean, markdown, read_description, repeated_lines, topics

FOOTER = "Subscribe: https://example.org/subscribe\n#BorderTalks"
TALK = f"""A talk about borders & bread.
With two guests.

Guests: Ann One, Ben Two
00:00 Welcome
12:40 Questions

#HumanRights #Grenzen

{FOOTER}"""


def test_a_description_is_taken_apart() -> None:
    found = read_description(TALK, repeated_lines([TALK, FOOTER, f"Other\n{FOOTER}"]))
    assert [(one.at, one.title) for one in found.chapters] == [(0.0, "Welcome"), (760.0, "Questions")]
    assert [one.name for one in found.people] == ["Ann One", "Ben Two"]
    assert found.hashtags == ("HumanRights", "Grenzen")
    assert found.summary == "A talk about borders & bread. With two guests."
    assert found.notes == "Guests: Ann One, Ben Two"


def test_lists_and_tags_are_no_part_of_a_summary() -> None:
    found = read_description("On <b>law</b>, a < b:\n- one\n- two\n\nMore.", frozenset())
    assert found.summary == "On law, a ‹ b:"
    assert found.notes == "On \\<b\\>law\\</b\\>, a \\< b:\\\n- one\\\n- two\n\nMore."
    alone = read_description("Only this.", frozenset())
    assert (alone.summary, alone.notes) == ("Only this.", None)


def test_a_line_in_half_of_the_descriptions_is_kept() -> None:
    assert repeated_lines(["a\nx", "b\nx", "c", "d"]) == frozenset()
    assert repeated_lines(["a\nx", "b\n X ", "c\nx", "d"]) == {"x"}


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "# no heading",
        "1. no list",
        "*no* _emphasis_ and `code`",
        "[no](javascript:alert(1)) ![image](https://example.org/x.png)",
        "under\n---",
        "under\n===",
        "&lt;b&gt; stays",
        "a | b\n--|--",
        "~~no~~ > quote",
        "> quote",
        "+ plus",
        "<https://example.org/a_b_c> and https://example.org/x*y*z.",
    ],
)
def test_the_signs_of_a_plain_text_are_shown_as_they_are(text: str) -> None:
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown(text))
    plain = shown.replace("<br />", "")
    for tag in (
        "<script",
        "<h1",
        "<h2",
        "<ol",
        "<ul",
        "<em",
        "<code",
        "<img",
        "<table",
        "<s>",
        "<blockquote",
    ):
        assert tag not in plain
    assert "javascript:" not in plain.replace("(javascript:alert(1))", "")


def test_lines_and_paragraphs_stay_and_addresses_become_links() -> None:
    shown = MarkdownIt("commonmark").render(markdown("One\nTwo https://example.org/a?b=1&c_d=2.\n\nThree"))
    assert "One<br />\nTwo" in shown and shown.count("<p>") == 2
    assert '<a href="https://example.org/a?b=1&amp;c_d=2">' in shown


def test_topics_are_listed_once() -> None:
    assert topics(["HumanRights", "زن_زندگی"], ["human rights", "NATO", "x" * 200]) == (
        "Human Rights",
        "زن زندگی",
        "NATO",
    )


def test_a_long_summary_ends_with_a_sentence() -> None:
    summary = read_description("A sentence. " * 200, frozenset()).summary
    assert summary is not None
    assert len(summary) <= 1000 and summary.endswith("sentence.")


@pytest.mark.parametrize("value", [None, 7, ["x"], {"a": 1}])
def test_other_values_are_no_text(value: object) -> None:
    assert clean(value) == ""


def test_control_characters_and_half_surrogates_are_removed() -> None:
    assert clean("a\x00b\x1b[31m\r\nc\ud800") == "ab[31m\nc?"


@pytest.mark.parametrize(
    "text", ["#a, " * 9000 + "x", "#" * 40_000, " " * 40_000, "http://" * 6000, "[" * 40_000]
)
def test_hostile_descriptions_are_read_in_bounded_time(text: str) -> None:
    read_description(text, frozenset())
