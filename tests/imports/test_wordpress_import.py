"""A WordPress site is taken over: what its readers could not see stays unseen here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.imports.series_folder import encoded, run
from tests.imports.test_wordpress import HEAD, TAIL, post
from tests.imports.web import served

HIDDEN: dict[str, dict[str, str]] = {
    "quillfern": {"status": "draft", "date_gmt": "0000-00-00 00:00:00"},
    "brambleox": {"status": "private"},
    "marrowtint": {"status": "future", "date": "2031-03-02 15:00:00", "date_gmt": "2031-03-02 10:00:00"},
    "ashgrovel": {"status": "pending"},
    "zinclattice": {"password": "open-sesame"},
}
"""A word that occurs only in the post, and what hides the post."""


LATER = {"PUBLISHER_NOW": "2021-04-01T12:00:00+00:00"}


def hidden_post(number: int, word: str, values: dict[str, str], link: str) -> str:
    content = (
        f"<p>About {word}. Guests: {word.title()} Person and Other {word.title()}</p>"
        f"<p>0:00 {word} begins<br>0:01 {word} ends</p><h3>Coverage</h3><ul><li>"
        f'<a href="https://paper.example.org/{word}">{word} paper</a></li></ul>'
    )
    more = f'<category domain="post_tag" nicename="{word}"><![CDATA[{word} topic]]></category>' + enclosure(
        link
    )
    return post(
        number, f"The {word}", content, name=f"{word}-page", more=more, excerpt=f"In short {word}", **values
    )


def enclosure(link: str) -> str:
    return (
        "<wp:postmeta><wp:meta_key>enclosure</wp:meta_key><wp:meta_value>"
        f"<![CDATA[{link}talk.mp3\n1\naudio/mpeg\n]]></wp:meta_value></wp:postmeta>"
    )


@dataclass(frozen=True)
class Site:
    root: Path
    report: dict[str, Any]
    release: tuple[int, str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two public posts, one of them with media that are gone, and every kind of hidden one; released."""
    folder = tmp_path_factory.mktemp("wordpress")
    with served({"talk.mp3": encoded(folder, "talk.mp3")}) as web:
        posts = [
            hidden_post(10 + n, word, values, web.link) for n, (word, values) in enumerate(HIDDEN.items())
        ]
        shown = post(1, "A public talk", "<p>Words for <b>everybody</b>.</p>", more=enclosure(web.link))
        gone = post(2, "Its media are gone", more=enclosure(web.link + "gone/"))
        export = folder / "export.xml"
        export.write_text(HEAD + shown + "".join(posts) + gone + TAIL, encoding="utf-8")
        options = ["--accept-people", "--link", "https://new.example.org/"]
        status, text = run(folder / "new", "import", "wordpress", str(export), *options, "--json", **LATER)
        assert status == 1
        yield Site(folder / "new", json.loads(text), run(folder / "new", "release", **LATER))


def test_no_word_of_a_hidden_post_is_published(site: Site) -> None:
    assert site.release[0] == 0
    published = [path for path in (site.root / "public").rglob("*") if path.is_file()]
    texts = {path: path.read_bytes().decode("utf-8", "replace").lower() for path in published}
    names = " ".join(str(path.relative_to(site.root)) for path in published)
    assert any("words for" in text for text in texts.values())
    for word in HIDDEN:
        assert word not in names
        assert [path for path, text in texts.items() if word in text] == []


def test_hidden_posts_become_drafts_and_are_named(site: Site) -> None:
    hidden = {talk["title"]: talk for talk in site.report["talks"] if talk["hidden"]}
    assert set(hidden) == {f"The {word}" for word in HIDDEN}
    catalogue = (site.root / "episodes.toml").read_text(encoding="utf-8")
    assert catalogue.count('status = "draft"') == len(HIDDEN)
    assert "date = 2031-03-02T10:00:00+00:00" in catalogue


def test_a_post_that_fails_does_not_stop_the_others(site: Site) -> None:
    states = {talk["title"]: talk["state"] for talk in site.report["talks"]}
    assert states["Its media are gone"] == "failed"
    assert states["A public talk"] == "added"
    assert (site.root / "public" / "episodes" / "post-1" / "index.html").is_file()


def test_the_raw_export_is_kept_and_ignored_by_git(site: Site) -> None:
    (kept,) = site.root.glob("imports/2021-04-01/*.xml")
    assert "quillfern" in kept.read_text(encoding="utf-8")
    assert "imports/*/" in (site.root / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_only_pages_that_were_public_redirect(site: Site) -> None:
    lines = (site.root / "imports" / "_redirects").read_text(encoding="utf-8").split("\n")
    assert lines == ["/post-1/ https://new.example.org/episodes/post-1/ 301", ""]
