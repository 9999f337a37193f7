"""What a preview adds to pages."""

from __future__ import annotations

import pytest

from publisher import preview_page
from publisher.preview_page import Note

MARK = '<bdi class="preview-mark" lang="en" dir="ltr">Draft</bdi></a>'


@pytest.mark.parametrize("href", ["episodes/a-talk/", "./episodes/a-talk/", "../../episodes/a-talk/"])
def test_each_link_to_a_talk_that_is_not_public_has_a_mark(href: str) -> None:
    page = f'<h2 lang="ur"><a href="{href}">A <b>talk</b></a></h2>'
    assert preview_page.with_marks(page, {"a-talk": "Draft"}) == page.replace("</a>", MARK)


@pytest.mark.parametrize(
    "href", ["episodes/b-talk/", "episodes/a-talk/#t=0:10", "https://x.example/episodes/a-talk/"]
)
def test_other_links_have_no_mark(href: str) -> None:
    page = f'<a href="{href}">A talk</a>'
    assert preview_page.with_marks(page, {"a-talk": "Draft"}) == page


def test_a_note_is_above_the_content_and_escaped() -> None:
    page = preview_page.with_note("<body><main>", Note(state="<b>", media="x & y"), '/p/"s.txt')
    assert page.index("<aside") < page.index("<main>")
    assert "<strong>&lt;b&gt;</strong>" in page
    assert 'data-preview-status="/p/&quot;s.txt">x &amp; y</p>' in page


def test_a_public_talk_that_does_not_change_has_no_note() -> None:
    assert preview_page.with_note("<body><main>", Note(), "") == "<body><main>"
