"""One new talk in a series of 1 000 talks, with real pages and a real feed, delivered to a folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.context import BuildContext
from publisher.model import Chapter, Credit, Enclosure, Episode, Person, Publication, Release, Series
from publisher.outputs.chapters import ChaptersRenderer
from publisher.outputs.feed import FeedRenderer
from publisher.outputs.pages import PagesRenderer
from tests.outputs.deliver.test_kills import deliver

TALKS = 1000
START = datetime(2010, 1, 1, 18, tzinfo=UTC)
PEOPLE = tuple(Person(f"guest-{number}", f"Guest {number}", "journalist") for number in range(100))


def sound(number: int) -> bytes:
    return f"sound of talk {number} ".encode() * 9


def release(number: int) -> Release:
    slug, content = f"talk-{number:04}", sound(number)
    digest = hashlib.sha256(content).hexdigest()
    episode = Episode(
        slug,
        f"Talk number {number}",
        START + timedelta(days=number),
        "en",
        Path("/nowhere"),
        number=number + 1,
        summary=f"A talk about example {number}.",
        guests=tuple(Credit(PEOPLE[(number * step) % 100], "guest") for step in (3, 7)),
        topics=(f"Topic {number % 40}",),
        chapters=(Chapter(0.0, "Welcome"), Chapter(600.0, "Questions")),
    )
    path = f"media/{slug}.{digest[:8]}.mp3"
    media = Enclosure(path, "mp3", "audio/mpeg", len(content), 2400.0, digest)
    return Release(episode, f"urn:uuid:{number}", episode.date, (media,), recording_duration=2400.0)


def write_public(root: Path, talks: int) -> None:
    """Renders the series with `talks` talks; a file with the same content is not touched."""
    releases = tuple(release(number) for number in reversed(range(talks)))
    people = {person.id: person for person in PEOPLE}
    series = Series("Talks", "Examples.", "en", "https://talks.test/", "Press", root, people=people)
    publication, context = (
        Publication(series, releases, "917393e3-1b1e-5cef-ace4-edaa54e1f810"),
        BuildContext(root / "public", root),
    )
    content = {each.enclosures[0].path: sound(each.episode.number - 1) for each in releases}  # type: ignore[operator]
    for renderer in (ChaptersRenderer(context), PagesRenderer(context), FeedRenderer(context)):
        content |= {document.path: document.render() for document in renderer.documents(publication)}
    for path, text in content.items():
        file = root / "public" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_bytes() != text:
            file.write_bytes(text)


def times(folder: Path) -> Mapping[str, int]:
    """When each file was written, by path."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def changed(before: Mapping[str, int], after: Mapping[str, int]) -> set[str]:
    return {path for path in after if before.get(path) != after[path]}


@pytest.mark.skipif(not os.environ.get("PUBLISHER_TEST_ALL"), reason="renders 2 000 talks")
def test_one_new_talk_of_a_thousand_sends_its_own_files_and_what_names_it(tmp_path: Path) -> None:
    write_public(tmp_path, TALKS)
    assert not deliver(tmp_path).message
    public, served = times(tmp_path / "public"), times(tmp_path / "served")
    assert len(public) > 3 * TALKS
    assert deliver(tmp_path).sent == []
    assert times(tmp_path / "served") == served
    write_public(tmp_path, TALKS + 1)
    rendered = changed(public, times(tmp_path / "public"))
    result = deliver(tmp_path)
    sent = changed(served, times(tmp_path / "served"))
    assert sent == set(result.sent) == rendered
    assert not result.removed
    assert [path for path in sent if path.startswith("media/")] == [release(TALKS).enclosures[0].path]
    others = [path for path in sent if path.startswith("episodes/") and "talk-1000" not in path]
    assert all(b"talk-1000" in (tmp_path / "served" / path).read_bytes() for path in others)
    assert len(sent) < TALKS // 10
    assert result.sent[-1] == "feed.xml"
