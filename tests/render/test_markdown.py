"""Markdown becomes HTML that is safe on any page."""

import pytest

from publisher.render.markdown import html, plain


def seek(seconds: float) -> str | None:
    return f"#t={seconds:g}" if seconds < 3600 else None


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("[12:40] Hello", '<p dir="ltr"><a class="time" dir="ltr" href="#t=760">12:40</a> Hello</p>'),
        ("[1:00:00] gone", '<p dir="ltr">1:00:00 gone</p>'),
        ("[0:01.5] x", '<p dir="ltr"><a class="time" dir="ltr" href="#t=1.5">0:01.5</a> x</p>'),
        ("[0:01]: Welcome", '<p dir="ltr"><a class="time" dir="ltr" href="#t=1">0:01</a>: Welcome</p>'),
        ("- [0:01]: Welcome\n- [0:02]: Bye", '<a class="time" dir="ltr" href="#t=2">0:02</a>: Bye</li>'),
        ("See [a].\n\n[a]: https://a.example/", '<p dir="ltr">See <a href="https://a.example/">a</a>.</p>'),
        ("`[12:40]`", "<p><code>[12:40]</code></p>"),
        ("[12:40](https://a.example/)", '<p><a href="https://a.example/">12:40</a></p>'),
        ("# Title", '<h3 dir="ltr">Title</h3>'),
        ("سلام #SouthAsiaPress دوستو، آئیے سنیں", 'dir="rtl"'),
        ("- یک\n- two", '<ul>\n<li dir="rtl">یک</li>\n<li dir="ltr">two</li>\n</ul>'),
        ("https://a.example/", '<p dir="ltr"><a href="https://a.example/">https://a.example/</a></p>'),
        ("![alt](https://x.example/y.png)", '<p dir="ltr"><a href="https://x.example/y.png">alt</a></p>'),
        ("![alt](y.png)", '<p dir="ltr">alt</p>'),
        ("a <script>alert(1)</script>b", '<p dir="ltr">a b</p>'),
        ('<iframe src="https://x.example"></iframe>\n\nafter', '<p dir="ltr">after</p>'),
        ('<b onclick="x()">bold</b>', '<p dir="ltr">bold</p>'),
        ("", ""),
    ],
)
def test_markdown_is_rendered_and_raw_html_dropped(markdown: str, expected: str) -> None:
    assert expected in html(markdown, seek)


@pytest.mark.parametrize(
    "hostile",
    [
        "[x](javascript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        '<img src=x onerror="alert(1)">',
        "<style>*{display:none}</style>",
        "<svg/onload=alert(1)>",
        '[x](https://a.example "title\\" onmouseover=\\"alert(1)")',
        "<a href='https://a.example' style='position:fixed'>x</a>",
        "<!--><script>alert(1)</script>-->",
        "<math><mtext></p><script>alert(1)</script>",
        "</p></main><script src=//x.example></script>",
    ],
)
def test_hostile_markdown_becomes_harmless(hostile: str) -> None:
    from html.parser import HTMLParser

    found: list[tuple[str, str]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend((tag, f"{name}={value}") for name, value in attrs or [("", "")])

    Reader().feed(html(hostile, seek))
    for tag, attribute in found:
        name, value = attribute.split("=", 1)
        assert tag in {"p", "a", "h3"}
        assert name in {"", "dir", "href", "title"}
        assert name != "href" or value.startswith("https://")


def test_the_label_gives_the_words_of_a_time() -> None:
    assert ">۱۲:۴۰<" in html("[12:40]", seek, lambda _: "۱۲:۴۰")


def test_plain_text_keeps_the_words_and_their_order() -> None:
    markdown = "# One\n\nTwo *three* [four](https://a.example/)\n\n- five\n- six\n\n<b>seven</b> & eight"
    assert plain(markdown) == "One\n\nTwo three four\n\nfive\nsix\n\nseven & eight"
    assert "four (https://a.example/)" in plain(markdown, addresses=True)


@pytest.mark.parametrize(
    ("written", "address", "rest"),
    [
        ("see https://a.example/x.", "https://a.example/x", "."),
        ("(https://a.example/x_(y))", "https://a.example/x_(y)", ")"),
        ("https://a.example/a_b_c/d?e=f, and", "https://a.example/a_b_c/d?e=f", ", and"),
        ("<https://a.example/>", "https://a.example/", ""),
    ],
)
def test_an_address_in_the_text_becomes_a_link_without_the_sentence_around_it(
    written: str, address: str, rest: str
) -> None:
    assert f'<a href="{address}">{address}</a>{rest}' in html(written, seek)


def test_rendering_twice_gives_the_same() -> None:
    first = html("[0:10] *x*", seek)
    assert html("[0:10] *x*", lambda _: None) != first
    assert html("[0:10] *x*", seek) == first


def test_headings_begin_at_the_third_level_and_skip_none() -> None:
    import re

    def levels(markdown: str) -> list[str]:
        return re.findall(r"<h(\d)", html(markdown, seek))

    assert levels("## A\n\n#### B\n\n## C") == ["3", "4", "3"]
    assert levels("### A\n\n# B\n\n###### C") == ["3", "3", "4"]


@pytest.mark.parametrize(
    ("written", "direction"),
    [
        ("پہلا پیراگراف https://example.org/a/very/long/address?of=something", "rtl"),
        ("- دیکھیے https://example.org/a/very/long/address", "rtl"),
        ("https://example.org/an/address", "ltr"),
        ("See https://example.org/an/address", "ltr"),
        ("see ftp://example.org/an/address", "ltr"),
        ("دیکھیے x://", "rtl"),
    ],
)
def test_a_url_does_not_change_the_direction_of_its_text(written: str, direction: str) -> None:
    assert f'dir="{direction}"' in html(written, seek)
