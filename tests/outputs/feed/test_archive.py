"""A long feed keeps every talk within reach, in pages that never change once they are full."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from publisher.model import Publication, Release, Withdrawal
from tests.outputs.feed.samples import LINK, publication, read_by_feedparser, release, render, series

FIRST = datetime(2015, 1, 1, tzinfo=UTC)
LIMIT = 3
HISTORY = "{http://purl.org/syndication/history/1.0}archive"


def talks(count: int) -> list[Release]:
    return [release(f"t{n:02}", date=FIRST + timedelta(days=n)) for n in range(count)]


def rendered(
    shown: list[Release], withdrawn: tuple[Withdrawal, ...] = (), **changes: Any
) -> dict[str, bytes]:
    talk_series = series(feed_limit=LIMIT, **changes)
    return render(replace(publication(shown, talk_series), withdrawn=withdrawn))


def listed(xml: bytes) -> list[str]:
    return [entry.id.removeprefix("urn:uuid:") for entry in read_by_feedparser(xml).entries]


def links(xml: bytes) -> dict[str, str]:
    root = ElementTree.fromstring(xml)
    found = root.findall("channel/{http://www.w3.org/2005/Atom}link")
    return {each.attrib["rel"]: each.attrib["href"].removeprefix(LINK) for each in found}


def test_a_short_feed_has_no_archive() -> None:
    documents = rendered(talks(LIMIT))
    assert list(documents) == ["feed.xml"]
    assert links(documents["feed.xml"]) == {"self": "feed.xml"}


def test_the_newest_talks_are_in_the_feed_and_the_older_ones_in_pages_from_the_oldest_on() -> None:
    documents = rendered(talks(8))
    assert {path: listed(xml) for path, xml in documents.items()} == {
        "feed.xml": ["t07", "t06", "t05"],
        "feed/archive-1.xml": ["t02", "t01", "t00"],
        "feed/archive-2.xml": ["t04", "t03"],
    }


def test_the_documents_name_each_other_as_rfc_5005_asks() -> None:
    documents = rendered(talks(11))
    assert {path: links(xml) for path, xml in documents.items()} == {
        "feed.xml": {"self": "feed.xml", "prev-archive": "feed/archive-3.xml"},
        "feed/archive-1.xml": {
            "self": "feed/archive-1.xml",
            "current": "feed.xml",
            "next-archive": "feed/archive-2.xml",
        },
        "feed/archive-2.xml": {
            "self": "feed/archive-2.xml",
            "current": "feed.xml",
            "prev-archive": "feed/archive-1.xml",
            "next-archive": "feed/archive-3.xml",
        },
        "feed/archive-3.xml": {
            "self": "feed/archive-3.xml",
            "current": "feed.xml",
            "prev-archive": "feed/archive-2.xml",
        },
    }
    marked = {
        path: ElementTree.fromstring(xml).find(f"channel/{HISTORY}") is not None
        for path, xml in documents.items()
    }
    assert marked == {path: path != "feed.xml" for path in documents}


@pytest.mark.parametrize("count", range(1, 15))
def test_every_talk_is_within_reach_and_every_link_leads_somewhere(count: int) -> None:
    documents = rendered(talks(count))
    assert {slug for xml in documents.values() for slug in listed(xml)} == {f"t{n:02}" for n in range(count)}
    assert {path for xml in documents.values() for path in links(xml).values()} <= set(documents)


def test_a_full_page_never_changes_whatever_is_published_later() -> None:
    full: dict[str, bytes] = {}
    for count in range(1, 16):
        documents = rendered(talks(count))
        assert {path: documents[path] for path in full} == full
        archive = [path for path in documents if path != "feed.xml"]
        full |= {path: documents[path] for path in archive if len(listed(documents[path])) == LIMIT}
    assert len(full) == 4


def test_a_withdrawn_talk_leaves_its_place_and_moves_no_other() -> None:
    shown = talks(11)
    before = rendered(shown)
    gone = Withdrawal("t04", guid="urn:uuid:t04", published=shown[4].published)
    after = rendered([each for each in shown if each.episode.slug != "t04"], (gone,))
    assert listed(after["feed/archive-2.xml"]) == ["t05", "t03"]
    assert {path for path in before if before[path] != after[path]} == {"feed/archive-2.xml"}


def test_the_hub_is_named_by_the_feed_alone() -> None:
    from publisher.model import Deliver

    documents = rendered(talks(5), deliver=Deliver(hub="https://hub.example.org/"))
    assert links(documents["feed.xml"])["hub"] == "https://hub.example.org/"
    assert "hub" not in links(documents["feed/archive-1.xml"])


def test_pages_are_told_apart_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    from publisher.context import BuildContext
    from publisher.outputs.feed import FeedRenderer

    def keys(shown: Publication) -> dict[str, str]:
        context = BuildContext(Path("p"), Path("w"))
        return {each.path: each.key for each in FeedRenderer(context).documents(shown)}

    before = keys(publication(talks(11), series(feed_limit=LIMIT)))
    after = keys(publication(talks(12), series(feed_limit=LIMIT)))
    assert len(set(before.values())) == len(before)
    assert {path for path in before if before[path] != after[path]} == {"feed.xml", "feed/archive-3.xml"}
