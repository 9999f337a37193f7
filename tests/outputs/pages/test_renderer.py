"""The pages: contents, what must not be shown, and which changes render a page again."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from publisher.context import BuildContext
from publisher.files import sha256
from publisher.model import (
    Chapter,
    Correction,
    Credit,
    Enclosure,
    Episode,
    License,
    Link,
    Person,
    Publication,
    Release,
    Series,
    SourceFile,
    Transcript,
    Withdrawal,
)
from publisher.outputs.pages import PagesRenderer
from publisher.render.templates import Templates, builtin_folder
from tests.outputs.pages import samples

ANN = Person("ann", "Ann Example", "Editor now")
BEN = Person("ben", "بن مثال")
CUES = """WEBVTT

00:00:05.000 --> 00:00:08.000
<v Ann>Spoken before the cut.

00:00:20.000 --> 00:00:24.000
<v Ann>Never published words.

00:00:40.000 --> 00:00:44.000
<v Ben>Spoken after the cut.
"""
HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(1)>"&\u2028'

Make = Callable[..., Release]


@pytest.fixture
def talk(tmp_path: Path) -> Make:
    def make(slug: str = "first", day: int = 1, **changes: object) -> Release:
        episode = Episode(
            slug=slug,
            title=f"Title of {slug}",
            date=datetime(2021, 2, day, 18, tzinfo=UTC),
            language="en",
            folder=tmp_path,
            number=day,
        )
        episode = replace(episode, **changes)  # type: ignore[arg-type]
        file = Enclosure(f"media/{slug}.0123abcd.mp3", "mp3", "audio/mpeg", 41_800_000, 110.0, "0" * 64)
        return Release(episode, f"guid-{slug}", episode.date, (file,), recording_duration=120.0)

    return make


@pytest.fixture
def full(talk: Make, tmp_path: Path) -> Release:
    vtt = tmp_path / "transcript.en.vtt"
    vtt.write_text(CUES, encoding="utf-8")
    return talk(
        summary="Ann and Ben talk.",
        guests=(Credit(BEN, "guest"),),
        moderators=(Credit(ANN, "moderator", "Editor then"),),
        topics=("Human rights",),
        notes="[0:40] After the cut. [0:20] Inside the cut.",
        cuts=((15.0, 25.0),),
        chapters=(Chapter(0, "Welcome"), Chapter(40, "Questions", "https://example.org/q")),
        corrections=(Correction(date(2021, 3, 1), "A name was wrong."),),
        links=(Link("The paper", "https://example.org/paper"),),
        transcripts=(Transcript("en", SourceFile(vtt, sha256(vtt))),),
    )


def series(root: Path, **changes: object) -> Series:
    plain = Series(
        title="Example Talks",
        description="Talks as examples.\n\nMore about them.",
        language="en",
        link="https://talks.example.org/base/",
        author="Example Press",
        root=root,
        people={"ann": ANN, "ben": BEN},
        subscribe={"apple": "https://podcasts.example.org/x"},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def documents(root: Path, *releases: Release, **changes: object) -> dict[str, str]:
    withdrawn = changes.pop("withdrawn", ())
    publication = Publication(series(root, **changes), releases, "feed-guid", withdrawn)  # type: ignore[arg-type]
    rendered = PagesRenderer(BuildContext(root / "public", root)).documents(publication)
    return {document.path: document.render().decode("utf-8") for document in rendered}


def keys(root: Path, *releases: Release, **changes: object) -> dict[str, str]:
    publication = Publication(series(root, **changes), releases, "feed-guid")
    rendered = PagesRenderer(BuildContext(root / "public", root)).documents(publication)
    return {document.path: document.key for document in rendered}


class Reader(HTMLParser):
    """Collects start tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for name, attrs in self.tags if name == tag and attribute in attrs]


def linked(html: str) -> list[dict[str, object]]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    assert found
    return json.loads(found[1])["@graph"]  # type: ignore[no-any-return]


def test_the_tree_is_the_one_that_was_promised(tmp_path: Path, full: Release) -> None:
    assert {
        "index.html",
        "episodes/first/index.html",
        "people/ann/index.html",
        "people/index.html",
        "topics/human-rights/index.html",
        "topics/index.html",
        "subscribe/index.html",
        "search/index.html",
        "404.html",
        "sitemap.xml",
        "robots.txt",
        "assets/style.css",
    } <= set(documents(tmp_path, full))


def test_an_episode_page_shows_everything_in_published_time(tmp_path: Path, full: Release) -> None:
    page = documents(tmp_path, full)["episodes/first/index.html"]
    read = Reader(page)
    for words in ("Title of first", "Ann and Ben talk.", "1 Feb 2021", "Editor then", "A name was wrong."):
        assert words in read.text
    assert read.all("source", "src") == ["../../media/first.0123abcd.mp3"]
    assert "41.8 MB" in read.text
    hrefs = read.all("a", "href")
    assert {"#t=0:00", "#t=0:30", "https://example.org/q", "https://example.org/paper"} <= set(hrefs)
    assert "0:20 Inside the cut" in read.text and "#t=0:20" not in hrefs
    assert "Spoken before the cut." in read.text and "Spoken after the cut." in read.text
    assert "Never published" not in page
    assert 'id="t=0:30"' in page


def test_a_bare_episode_has_no_empty_headings(tmp_path: Path, talk: Make) -> None:
    page = documents(tmp_path, talk())["episodes/first/index.html"]
    for heading in ("Chapters", "Notes", "Transcript", "Who speaks", "Corrections", "Topics", "Related"):
        assert not re.search(rf"<h2[^>]*>{heading}", page)
    assert "moderated" not in page and "None" not in page


def test_hundreds_of_chapters_leave_a_line_that_can_be_seen(tmp_path: Path, full: Release) -> None:
    chapters = tuple(Chapter(number / 3, f"Chapter {number}") for number in range(300))
    crowded = replace(full, episode=replace(full.episode, chapters=chapters))
    page = documents(tmp_path, crowded)["episodes/first/index.html"]
    line = re.search(r'<svg class="rule".*?</svg>', page)
    assert line
    gaps = [float(share) for share in re.findall(r'class="gap" x="([0-9.]+)%"', line[0])]
    assert len(gaps) > 20
    assert all(later - earlier >= 1.5 for earlier, later in pairwise(gaps))


def test_apps_licences_and_formats_have_display_names(tmp_path: Path, full: Release) -> None:
    own = replace(
        full, episode=replace(full.episode, license=License("cc-by-nc-4.0", "https://l.example/nc"))
    )
    pages = documents(
        tmp_path,
        own,
        copyright="Somebody",
        license=License("cc-by-4.0", "https://l.example"),
        subscribe={"pocket-casts": "https://podcasts.example.org/x"},
    )
    talk, front = (Reader(pages[f"{path}index.html"]) for path in ("episodes/first/", ""))
    assert "Pocket Casts" in talk.text and "Pocket Casts" in Reader(pages["subscribe/index.html"]).text
    assert " CC BY-NC 4.0" in talk.text and "CC BY 4.0" not in talk.text
    assert "Somebody CC BY 4.0" in " ".join(front.text.split())
    assert linked(pages["episodes/first/index.html"])[0]["license"] == "https://l.example/nc"


def test_hostile_text_is_harmless_in_every_field(tmp_path: Path, full: Release) -> None:
    vtt = tmp_path / "hostile.vtt"
    vtt.write_text(f"WEBVTT\n\n00:01.000 --> 00:05.000\n{HOSTILE}\n", encoding="utf-8")
    evil = Person("ann", HOSTILE, HOSTILE, HOSTILE)
    episode = replace(
        full.episode,
        title=HOSTILE,
        summary=HOSTILE,
        notes=HOSTILE,
        topics=(HOSTILE,),
        guests=(Credit(evil, "guest", HOSTILE),),
        chapters=(Chapter(0, HOSTILE), Chapter(30, HOSTILE)),
        links=(Link(HOSTILE, "https://example.org/"),),
        corrections=(Correction(date(2021, 3, 1), HOSTILE),),
        transcripts=(Transcript("en", SourceFile(vtt, sha256(vtt))),),
    )
    pages = documents(tmp_path, replace(full, episode=episode), people={"ann": evil}, title=HOSTILE)
    for path, page in pages.items():
        if path.endswith(".html"):
            read = Reader(page)
            assert [attrs for tag, attrs in read.tags if any(name.startswith("on") for name in attrs)] == []
            scripts = [attrs for tag, attrs in read.tags if tag == "script"]
            assert all(a.get("type") == "application/ld+json" or a.get("src") for a in scripts), path
            assert "alert(1)" not in "".join(read.all("img", "src"))
            assert all("assets/" in src for src in read.all("script", "src"))
    assert linked(pages["episodes/first/index.html"])[0]["name"] == HOSTILE


def test_pages_obey_a_strict_policy(tmp_path: Path, full: Release) -> None:
    pages = documents(tmp_path, full, replace(full, youtube_id="dQw4w9WgXcQ"))
    for path, page in pages.items():
        if not path.endswith(".html"):
            continue
        read = Reader(page)
        policies = [
            attrs["content"] or ""
            for tag, attrs in read.tags
            if attrs.get("http-equiv") == "Content-Security-Policy"
        ]
        assert len(policies) == 1 and policies[0].startswith("default-src 'none'")
        assert "unsafe-inline" not in policies[0]
        assert not any("style" in attrs for _, attrs in read.tags) and "<style" not in page
        loaded = [*read.all("img", "src"), *read.all("script", "src"), *read.all("source", "src")]
        assert not any("//" in address for address in loaded)
        assert "iframe" not in [tag for tag, _ in read.tags]


def test_the_machine_readable_part_agrees_with_the_page(tmp_path: Path, full: Release) -> None:
    page = documents(tmp_path, replace(full, youtube_id="dQw4w9WgXcQ"))["episodes/first/index.html"]
    episode, video, trail = linked(page)
    assert episode["url"] == "https://talks.example.org/base/episodes/first/"
    assert episode["timeRequired"] == "PT1M50S"
    media = episode["associatedMedia"][0]  # type: ignore[index]
    assert media["contentUrl"].endswith("/media/first.0123abcd.mp3")
    assert [clip["startOffset"] for clip in video["hasPart"]] == [0, 30]  # type: ignore[attr-defined]
    assert trail["@type"] == "BreadcrumbList"
    head = {
        attrs.get("property") or attrs.get("name"): attrs.get("content")
        for tag, attrs in Reader(page).tags
        if tag == "meta"
    }
    assert head["og:title"] == "Title of first" and head["description"] == "Ann and Ben talk."
    assert head["og:audio"] == media["contentUrl"]


VIDEO = Enclosure(
    "media/first.22cc33dd.mp4", "mp4", "video/mp4", 41_000_000, 110.0, "cd" * 32, bitrate=2981, height=720
)


@pytest.mark.parametrize(
    ("language", "words", "size"),
    [
        ("en", "Video, ", "41 "),
        ("fr", "Vidéo, ", "41 "),
        ("ur", "ویڈیو، ", "41 "),
        ("ps", "وېډیو، ", "۴۱ "),
        ("fa", "ویدیو، ", "۴۱ "),
        ("ar", "فيديو، ", "41 "),
    ],
)
def test_a_video_is_offered_with_the_audio_and_its_size(
    language: str, words: str, size: str, tmp_path: Path, full: Release
) -> None:
    spoken = replace(full, video=VIDEO, episode=replace(full.episode, language=language))
    page = documents(tmp_path, spoken)["episodes/first/index.html"]
    start = page.index('<a href="../../media/first.22cc33dd.mp4" download>')
    row = page[start : page.index("</li>", start)]
    assert f">{words}<bdi>MP4 720p</bdi></a> " in row
    assert f'<bdi class="size">{size}' in row.replace("\xa0", " ").replace("\u202f", " ")
    assert "22cc33dd" not in documents(tmp_path, full)["episodes/first/index.html"]


def test_the_machine_readable_part_contains_the_video(tmp_path: Path, full: Release) -> None:
    page = documents(tmp_path, replace(full, video=VIDEO))["episodes/first/index.html"]
    episode, _ = linked(page)
    *_, video = episode["associatedMedia"]  # type: ignore[misc]
    assert (video["@type"], video["height"], video["contentSize"]) == ("VideoObject", 720, "41000000")
    assert f'<meta property="og:video" content="{video["contentUrl"]}">' in page


def test_every_page_links_the_feed_and_declares_its_language(tmp_path: Path, full: Release) -> None:
    for path, page in documents(tmp_path, full, language="ur").items():
        if path.endswith(".html"):
            assert 'type="application/rss+xml"' in page, path
            language = "en" if path.startswith("episodes/") else "ur"
            assert f'<html lang="{language}" dir="{"ltr" if language == "en" else "rtl"}">' in page, path


def test_the_producer_s_logo_is_on_every_page_and_the_drawn_one_on_none(
    full: Release, tmp_path: Path
) -> None:
    logo = SourceFile(tmp_path / "logo.svg", "e" * 64)
    pages = {
        path: Reader(html)
        for path, html in documents(tmp_path, full, logo=logo).items()
        if path.endswith(".html") and "former" not in path
    }
    assert "episodes/first/embed/index.html" in pages
    for reader in pages.values():
        icons = [link for link in reader.all("link", "href") if "mark" in link]
        assert icons and all(link.endswith(".png?eeeeeeee") for link in icons)
        assert [link.rpartition("/")[2] for link in reader.all("img", "src") if "mark" in link] == [
            "mark-96.png?eeeeeeee"
        ]
        assert ("svg", "mark") not in [(tag, attrs.get("class")) for tag, attrs in reader.tags]


def test_links_between_pages_lead_to_pages_that_exist(tmp_path: Path, full: Release, talk: Make) -> None:
    pages = documents(tmp_path, talk("second", 2, topics=("Human rights",)), full)
    made_elsewhere = ("media/", "feed.xml", "assets/", "people/ann/photo")
    for path, page in pages.items():
        if not path.endswith(".html"):
            continue
        folder = "/base/" + path.rpartition("/")[0]
        for href in Reader(page).all("a", "href"):
            if href.startswith("#") or "://" in href:
                continue
            target = _resolved(folder, href.split("#")[0])
            if not target.startswith(made_elsewhere):
                assert f"{target}index.html" in pages, (path, href)


def _resolved(folder: str, href: str) -> str:
    from urllib.parse import urljoin

    whole = urljoin(f"https://x{folder.rstrip('/')}/", href)
    return whole.removeprefix("https://x/base/")


def test_a_withdrawn_talk_leaves_an_address_and_nothing_else(tmp_path: Path, full: Release) -> None:
    gone = Withdrawal("gone", date(2021, 4, 1), "At a guest’s wish.")
    pages = documents(tmp_path, full, withdrawn=(gone,))
    stone = pages["episodes/gone/index.html"]
    assert "withdrawn" in stone and "At a guest’s wish." in stone and 'content="noindex"' in stone
    assert not any("gone" in page for path, page in pages.items() if path != "episodes/gone/index.html")


def test_the_sitemap_lists_every_page_that_may_be_found(tmp_path: Path, full: Release, talk: Make) -> None:
    others = [talk(f"talk-{n:02}", 1 + n % 28, season=1 + n % 2, topics=("Human rights",)) for n in range(45)]
    gone = (Withdrawal("gone", date(2021, 5, 1), ""),)
    pages = documents(tmp_path, full, *others, withdrawn=gone)
    listed = ElementTree.fromstring(pages["sitemap.xml"]).iter()
    places = [element.text for element in listed if element.tag.endswith("loc")]
    may_be_found = {
        path for path, page in pages.items() if path.endswith("index.html") and "noindex" not in page
    }
    assert {"index.html", "page/2/index.html", "topics/human-rights/page/2/index.html"} < may_be_found
    folders = {path.removesuffix("index.html") for path in may_be_found}
    assert sorted(map(str, places)) == sorted(f"https://talks.example.org/base/{path}" for path in folders)


def test_the_index_comes_in_pages(tmp_path: Path, talk: Make) -> None:
    releases = [talk(f"talk-{n:02}", 1 + n % 28) for n in range(45)]
    pages = documents(tmp_path, *releases)
    assert {"index.html", "page/2/index.html", "page/3/index.html"} <= set(pages)
    assert "Title of talk-20" in pages["page/2/index.html"] and "Title of talk-20" not in pages["index.html"]
    assert "../../page/3/" in Reader(pages["page/2/index.html"]).all("a", "href")


def test_seasons_are_offered_where_there_are_two(tmp_path: Path, talk: Make) -> None:
    one = [talk("b", 2, season=1), talk("a", 1, season=1)]
    assert not any(path.startswith("seasons/") for path in documents(tmp_path, *one))
    two = [talk("b", 2, season=2), talk("a", 1, season=1)]
    pages = documents(tmp_path, *two)
    assert "Title of a" in pages["seasons/1/index.html"]
    assert "Title of b" not in Reader(pages["seasons/1/index.html"]).text


def test_a_changed_title_changes_only_the_pages_that_show_it(tmp_path: Path, talk: Make) -> None:
    releases = [
        talk(f"t{n}", n + 1, guests=(Credit(ANN, "guest"),) if n == 9 else ()) for n in range(20, 0, -1)
    ]
    before = keys(tmp_path, *releases)
    changed = [
        replace(r, episode=replace(r.episode, title="New")) if r.episode.slug == "t9" else r for r in releases
    ]
    after = keys(tmp_path, *changed)
    search = {path for path in before if path.startswith("search/")}
    assert {path for path in before if before[path] != after[path]} - search == {
        "index.html",
        "episodes/t8/index.html",
        "episodes/t9/index.html",
        "episodes/t9/embed/index.html",
        "episodes/t9/oembed.json",
        "episodes/t10/index.html",
        "people/ann/index.html",
    }


def test_equal_publications_give_equal_bytes_and_keys(tmp_path: Path, full: Release) -> None:
    assert documents(tmp_path, full) == documents(tmp_path, full)
    assert keys(tmp_path, full) == keys(tmp_path, full)


def test_a_template_of_the_series_replaces_the_built_in_one(tmp_path: Path, full: Release) -> None:
    before = keys(tmp_path, full)
    own = tmp_path / "templates"
    own.mkdir()
    (own / "404.html").write_text(
        '{% extends "builtin/404.html" %}{% block title %}Lost{% endblock %}', encoding="utf-8"
    )
    assert "<title>Lost</title>" in documents(tmp_path, full)["404.html"]
    assert keys(tmp_path, full)["index.html"] != before["index.html"]


def test_a_broken_template_is_reported_with_its_line(tmp_path: Path, full: Release) -> None:
    from publisher.errors import RenderError

    own = tmp_path / "templates"
    own.mkdir()
    (own / "robots.txt").write_text("fine\n{{ nobody.knows }}\n", encoding="utf-8")
    with pytest.raises(RenderError, match=r"templates/robots\.txt.*nobody"):
        documents(tmp_path, full)


def test_a_right_to_left_title_on_a_left_to_right_page_is_marked(tmp_path: Path, talk: Make) -> None:
    page = documents(tmp_path, talk(title="آیا پشتون‌ها زیر حمله‌اند؟", language="fa"))["index.html"]
    assert '<h2 lang="fa" dir="rtl">' in page


def test_naming_the_documents_loads_nothing_heavy(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = (
        "import sys; from publisher.outputs.pages import PagesRenderer;"
        "heavy = {'jinja2', 'babel', 'PIL', 'markdown_it', 'nh3', 'segno', 'webvtt'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_long_transcripts_of_other_languages_are_only_on_pages_of_their_own(
    tmp_path: Path, full: Release
) -> None:
    said = " ".join(f"word{n}" for n in range(12))
    lines = [
        f"00:{n // 60:02}:{n % 60:02}.000 --> 00:{n // 60:02}:{n % 60:02}.900\n{said}." for n in range(100)
    ]
    vtt = tmp_path / "transcript.fr.vtt"
    for repeated, on_page in ((1, True), (10, False)):
        text = "\n\n".join(line + (" " + said) * 10 * (repeated - 1) for line in lines)
        vtt.write_text("WEBVTT\n\n" + text + "\n", encoding="utf-8")
        both = (*full.episode.transcripts, Transcript("fr", SourceFile(vtt, sha256(vtt))))
        pages = documents(tmp_path, replace(full, episode=replace(full.episode, transcripts=both)))
        assert ("word11" in pages["episodes/first/index.html"]) is on_page
        own = pages["episodes/first/transcript/fr/index.html"]
        assert (
            '<html lang="fr"' in own
            and "word11" in own
            and 'href="../../../../episodes/first/#t=0:00"' in own
        )


@pytest.mark.parametrize(("minutes", "on_page"), [(60, True), (80, True), (150, False)])
def test_a_page_stays_within_its_size_limit_for_long_talks(
    minutes: int, on_page: bool, tmp_path: Path, full: Release
) -> None:
    import gzip
    import random

    chance = random.Random(1)
    vocabulary = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(2500)]
    cues = []
    for n in range(minutes * 60 * 5 // 24):
        start, end = 4.8 * n, 4.8 * (n + 1)
        times = " --> ".join(
            f"{int(t // 3600):02}:{int(t // 60) % 60:02}:{t % 60:06.3f}" for t in (start, end)
        )
        cues.append(f"{times}\n<v Speaker {n // 20 % 3}>{' '.join(chance.choices(vocabulary, k=12))}.")
    vtt = tmp_path / "hour.vtt"
    vtt.write_text("WEBVTT\n\n" + "\n\n".join(cues) + "\n", encoding="utf-8")
    hour = replace(full.episode, transcripts=(Transcript("en", SourceFile(vtt, sha256(vtt))),), cuts=())
    pages = documents(tmp_path, replace(full, episode=hour, recording_duration=minutes * 60.0))
    parts = ("episodes/first/index.html", "assets/style.css", "assets/player.js")
    assert sum(len(gzip.compress(pages[part].encode(), 9)) for part in parts) < 60_000
    last = cues[-1].split()[-1]
    assert (last in pages["episodes/first/index.html"]) is on_page
    own = "episodes/first/transcript/en/"
    assert (own + "index.html" in pages) is not on_page
    assert (f'href="../../{own}"' in pages["episodes/first/index.html"]) is not on_page
    assert on_page or last in pages[own + "index.html"]


def test_addresses_that_are_no_web_addresses_are_left_out(tmp_path: Path, full: Release) -> None:
    links = (Link("Bad", "javascript:alert(1)"), Link("Good", "https://example.org/good"))
    page = documents(tmp_path, replace(full, episode=replace(full.episode, links=links)))
    assert "javascript:" not in page["episodes/first/index.html"]
    assert "https://example.org/good" in page["episodes/first/index.html"]


def test_the_search_index_contains_published_words_only(tmp_path: Path, full: Release) -> None:
    pages = documents(tmp_path, full)
    words = json.loads(pages["search/0/0.json"])
    assert {"spoken", "مثال", "rights", "questions"} <= set(words)
    assert "never" not in words
    talk, where, second = words["after"][0]
    assert (talk, second) == (0, 30) and where == 4 + 8
    assert json.loads(pages["search/0/talks.json"])[0][:2] == ["first", "Title of first"]


@pytest.mark.parametrize(
    "changes",
    [{}, {"enclosures": ()}, {"enclosures": (), "youtube_id": "dQw4w9WgXcQ"}],
    ids=["audio", "nothing to play", "only a video"],
)
def test_cut_and_muted_words_stay_out_while_the_duration_is_unknown(
    tmp_path: Path, full: Release, changes: dict[str, object]
) -> None:
    chapters = (*full.episode.chapters, Chapter(16, "Hidden"), Chapter(24, "Answers"))
    muted = replace(full.episode, mutes=((41.0, 42.0),), chapters=chapters)
    shown = replace(full, episode=muted, recording_duration=None, **changes)  # type: ignore[arg-type]
    for path, text in documents(tmp_path, shown).items():
        for words in ("Never published", "Spoken after the cut", "Hidden", "published words"):
            assert words not in text, path
        for word in ('"never"', '"published"', '"hidden"'):
            assert not path.startswith("search/0/") or word not in text, path
    assert "Spoken before the cut" in documents(tmp_path, shown)["episodes/first/index.html"]


def test_a_muted_name_and_line_are_on_no_page_and_not_in_the_search(tmp_path: Path, full: Release) -> None:
    """The muted cue names the speaker, and the captions show its line again above the next one."""
    lines = ("<v Ann>Hello to all", "<v Quill>it was me", "it was me\nwho saw it", "who saw it\nthat night")
    cues = (f"00:{20 + n}.000 --> 00:{21 + n}.000\n{line}" for n, line in enumerate(lines))
    vtt = tmp_path / "rolling.vtt"
    vtt.write_text("WEBVTT\n\n" + "\n\n".join(cues) + "\n", encoding="utf-8")
    transcript = Transcript("en", SourceFile(vtt, sha256(vtt)))
    muted = replace(full.episode, transcripts=(transcript,), mutes=((21.2, 21.8),), cuts=())
    pages = documents(tmp_path, replace(full, episode=muted))
    assert not [path for path, text in pages.items() if "Quill" in text or "it was me" in text]
    assert '"quill"' not in pages["search/0/0.json"] and '"night"' in pages["search/0/0.json"]
    assert ">that night</a>" in pages["episodes/first/index.html"]
    assert pages["episodes/first/index.html"].count('<p class="speaker">') == 1


def test_copies_of_the_built_in_templates_render_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Templates, "fingerprint", "0" * 16)
    publication = samples.publication(tmp_path)
    renderer = PagesRenderer(BuildContext(tmp_path / "public", tmp_path))
    builtin = {document.path: document.render() for document in renderer.documents(publication)}
    shutil.copytree(builtin_folder(), publication.series.root / "templates")
    assert {document.path: document.render() for document in renderer.documents(publication)} == builtin
