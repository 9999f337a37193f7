"""Plain paragraphs come out as the parser of Markdown has them, and everything else is left to it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis.strategies import lists, sampled_from

from publisher.render import markup, paragraphs

PIECES = [
    "word",
    "one, two. ",
    "*em*",
    "**strong**",
    "[12:40]",
    "[99:00]",
    "[a b](https://e.org/x?y=1#z)",
] * 4
PIECES += [
    "\n\n",
    "\n",
    " ",
    "  ",
    "سلام",
    "é",
    "🎉",
    "«",
    "»",
    ".",
    ",",
    ";",
    ":",
    "?",
    "!",
    "-",
    "+",
    '"',
    "'",
] * 2
PIECES += [
    "*",
    "**",
    "_",
    "a_b",
    "[",
    "]",
    "(",
    ")",
    "&",
    "& ",
    "&amp;",
    "1.",
    "12 ",
    "- ",
    "#",
    "=",
    "---",
    "\t",
]
PIECES += [
    "://",
    "https://e.org",
    "~~x~~",
    "\\",
    "`",
    "<b>",
    "|",
    "\u200c",
    "\u00a0",
    "\u2028",
    "\ue0000\ue001",
]


def seek(time: float) -> str | None:
    return None if time > 5000 else f"https://x.org/p?a=1&b=2#t={time:g}"


def plain(markdown: str) -> str | None:
    return paragraphs.html(
        markdown, lambda piece: markup.html_of_time(piece, seek, None), markup.written_direction
    )


@settings(max_examples=500, deadline=None)
@given(lists(sampled_from(PIECES), min_size=1, max_size=12).map("".join))
def test_what_is_plain_comes_out_as_by_the_parser(markdown: str) -> None:
    written = plain(markdown)
    assert written is None or written == markup.parsed_html(markdown, seek)


def test_paragraphs_with_times_an_emphasis_and_a_link_are_plain() -> None:
    markdown = "One *two* & **three**\nfour [12:40].\n\nسلام [here](https://e.org/?a=1)"
    assert plain(markdown) == (
        '<p dir="ltr">One <em>two</em> &amp; <strong>three</strong>\n'
        'four <a class="time" dir="ltr" href="https://x.org/p?a=1&amp;b=2#t=760">12:40</a>.</p>\n'
        '<p dir="ltr">سلام <a href="https://e.org/?a=1">here</a></p>'
    )


@pytest.mark.parametrize(
    "markdown", ["- a", "# a", "a_b_", "<b>", "see https://e.org", "a\\", "&copy;", " a", ""]
)
def test_anything_else_is_left_to_the_parser(markdown: str) -> None:
    assert plain(markdown) is None
