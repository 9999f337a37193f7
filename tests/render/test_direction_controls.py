"""No text of a producer or a guest can turn the words around it: in pages, feed, JSON-LD and transcripts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from publisher import catalogue, transcripts
from publisher.context import BuildContext
from publisher.gather import episode_files
from publisher.model import Enclosure, Publication, Release
from publisher.outputs.feed import FeedRenderer
from publisher.outputs.pages import PagesRenderer
from publisher.render import markdown
from publisher.render.sanitize import single_line, strip_illegal_xml
from tests.outputs.pages.samples import tone

FORBIDDEN = re.compile("[\u202a-\u202e\u206a-\u206f]")
WORDS = {
    "override": "\u202eevil",
    "override, closed": "a \u202eevil\u202c b",
    "left-to-right override": "\u202devil\u202c",
    "embedding": "a \u202bevil",
    "open isolate": "a \u2067evil",
    "two open isolates": "\u2066a \u2068evil",
    "an end without a beginning": "evil\u2069 \u2069b",
    "an end before the beginning": "\u2069evil\u2067",
    "closed by the wrong sign": "\u2067evil\u202c",
    "deprecated": "evil\u206e\u206a",
    "open over two lines": "\u2067evil\\n\\nevil\u2069",
}
KEPT = "می\u200cشود क\u200dष \u200eA\u200f\u061c \u2067ب\u2069 \u2068x\u2066y\u2069\u2069"

CATALOGUE = """\
[series]
title = "Series %"
description = "About *%*"
language = "ur"
link = "https://talks.example.org/"
author = "Author %"
copyright = "C %"
[people.ann]
name = "Ann %"
title = "Editor %"
bio = "Bio %"
[[episode]]
slug = "a-talk"
title = "Title %"
date = 2021-01-08T18:00:00+01:00
summary = "Summary %"
recording = "recording.wav"
guests = [{ person = "ann", title = "Guest %" }]
topics = ["Topic %"]
chapters = [{ at = 0, title = "One %" }, { at = 20, title = "Two %" }, { at = 40, title = "Three %" }]
links = [{ title = "Link %", url = "https://example.org/" }]
corrections = [{ date = 2021-01-09, text = "Correction %" }]
"""
NOTES = """\
# Heading %

Notes % *em %* `code %` [link %](https://example.org/ "title %") [0:05] ![alt %](https://example.org/x.png)

- item %

| a % | b |
|---|---|
| 1 % | 2 |

```
fenced %
```

&#x202e;entity &#8295;open
"""
VTT = "WEBVTT\n\n00:01.000 --> 00:05.000\n<v Speaker %>words %\n\n00:06.000 --> 00:09.000\nName %: more\n"


def published(folder: Path, words: str) -> dict[str, str]:
    """Every document of a series whose every text holds `words`."""
    talk = folder / "episodes/a-talk"
    tone(talk / "recording.wav")
    one_line = words.replace("\\n\\n", " ")
    keys = [
        line.replace("%", words if line.startswith("summary") else one_line) for line in CATALOGUE.split("\n")
    ]
    (folder / "episodes.toml").write_text("\n".join(keys), encoding="utf-8")
    (talk / "notes.md").write_text(NOTES.replace("%", one_line), encoding="utf-8")
    (talk / "transcript.ur.vtt").write_text(VTT.replace("%", one_line), encoding="utf-8")
    reading = catalogue.read(folder, lambda path: "0" * 64)
    assert reading.series is not None and reading.series.episodes, reading.problems
    series, wrong = episode_files.attach_files(reading.series, lambda path: words)
    assert not wrong
    file = Enclosure("media/a-talk.0123abcd.mp3", "mp3", "audio/mpeg", 48_000, 60.0, "0" * 64)
    episodes = [replace(one, guid="g") for one in series.episodes]
    releases = tuple(Release(one, "g", one.date, (file,), recording_duration=60.0) for one in episodes)
    return _documents(folder, Publication(series, releases, "917393e3-1b1e-5cef-ace4-edaa54e1f810"))


def _documents(folder: Path, shown: Publication) -> dict[str, str]:
    context = BuildContext(folder / "public", folder / ".publisher")
    documents = [*PagesRenderer(context).documents(shown), *FeedRenderer(context).documents(shown)]
    texts = {one.path: one.render().decode() for one in documents if not one.path.endswith((".png", ".jpg"))}
    (cues,) = [transcripts.read(each) for each in shown.releases[0].episode.transcripts]
    texts |= {
        "vtt": transcripts.to_vtt(cues),
        "srt": transcripts.to_srt(cues),
        "json": transcripts.to_json(cues),
    }
    return texts


def _texts(document: str) -> list[str]:
    """The pieces of a document that a reader sees as one text."""
    for found in re.findall(r'<script type="application/ld\+json">(.*?)</script>', document):
        document += json.dumps(json.loads(found), ensure_ascii=False)
    attributes = re.findall(r'="([^"]*)"', document)
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', document)
    blocks = re.split(
        r"</?(?:p|li|h[1-6]|t[dh]|title|pre|dd|dt|div|summary|description|itunes:\w+|podcast:\w+)\b[^>]*>|\n",
        document,
    )
    return [unescape(each) for each in (*attributes, *strings, *blocks)]


def is_balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter in "\u2066\u2067\u2068") - (letter == "\u2069")
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_nothing_published_holds_an_override_or_an_open_isolate(words: str, tmp_path: Path) -> None:
    documents = published(tmp_path, words)
    assert {"feed.xml", "episodes/a-talk/index.html", "index.html", "people/ann/index.html"} <= set(documents)
    for path, document in documents.items():
        assert not FORBIDDEN.search(unescape(document)), path
        if path == "feed.xml" or path.endswith((".html", "vtt", "srt", "json")):
            assert "evil" in document or "episodes" not in path
            assert [text for text in _texts(document) if not is_balanced(text)] == [], path


def test_characters_that_spell_words_are_kept(tmp_path: Path) -> None:
    documents = published(tmp_path, KEPT)
    for path in ("feed.xml", "episodes/a-talk/index.html"):
        assert KEPT in documents[path], path


def test_text_cut_short_is_balanced() -> None:
    assert single_line("\u2067" + "a" * 20 + "\u2069", 10) == "\u2067aaaaaaaa…\u2069"
    assert strip_illegal_xml("a\u202eb\u2067c") == "ab\u2067c"


@pytest.mark.parametrize(
    "written", ["&#x202e;a", "&#8238;a", "[a](https://e.org/ '&#x202e;')", "`\u202ea`", "    \u202ea"]
)
def test_markdown_cannot_spell_an_override(written: str) -> None:
    assert not FORBIDDEN.search(unescape(markdown.html(written, lambda _: None)))
    assert not FORBIDDEN.search(markdown.plain(written, addresses=True))


@pytest.mark.parametrize(
    "written",
    ["&#x2067;a\n\nb", "*\u2067a*\n\nb", "`\u2067a`\n\nb", "- \u2067a\n- b", "```\n\u2067a\n```\n\nb"],
)
def test_an_isolate_ends_with_its_block(written: str) -> None:
    blocks = re.split("</(?:p|li|pre)>", markdown.html(written, lambda _: None))
    assert all(is_balanced(block) for block in blocks)
    assert all(is_balanced(part) for part in markdown.plain(written).split("\n"))
