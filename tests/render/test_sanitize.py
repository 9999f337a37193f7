"""Illegal characters and unsafe URLs are removed."""

from __future__ import annotations

import pytest

from publisher.render.sanitize import safe_url, single_line, strip_illegal_xml, visible

ADDRESSES = [
    ("https://example.org/?q=a&b=c#d", "https://example.org/?q=a&b=c#d"),
    ("https://fa.wikipedia.org/wiki/پشتون", "https://fa.wikipedia.org/wiki/%D9%BE%D8%B4%D8%AA%D9%88%D9%86"),
    ("https://bücher.example/a b", "https://xn--bcher-kva.example/a%20b"),
    ('https://example.org/?q=]]>&x="', "https://example.org/?q=%5D%5D%3E&x=%22"),
    ("https://example.org/%20?x=%22", "https://example.org/%20?x=%22"),
    ("javascript:alert(1)", None),
    (" javascript://example.org/%0aalert(1)", None),
    ("ftp://example.org/", None),
    ("https://", None),
    ("https://[::1", None),
    ("https://exa mple.org/", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("address", "expected"), ADDRESSES)
def test_an_address_is_ascii_or_nothing(address: str | None, expected: str | None) -> None:
    assert safe_url(address) == expected


def test_characters_illegal_in_xml_are_removed() -> None:
    assert strip_illegal_xml("a\x00b\x1b\r\nc\ud800\ufffe\td\x85e") == "ab\nc\td\x85e"


def test_a_line_is_one_line_of_at_most_the_given_length() -> None:
    assert single_line("  a \n\t b  ") == "a b"
    assert single_line("one two three", 9) == "one two…"


def test_a_visible_name_keeps_the_joiners_of_its_spelling() -> None:
    assert visible("\u2067یک گفت\u200cوگو\u2069 \u200f\ufeff\u00ad") == "یک گفت\u200cوگو"
    assert visible("Family 👩\u200d👧") == "Family 👩\u200d👧"
