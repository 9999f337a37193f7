"""``publisher import feed`` on feeds of others: matching, changes, failures, formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from publisher.imports.matching import Present, differences
from tests.imports.series_folder import copied, document, encoded, run
from tests.imports.web import Web, served

HEAD = (
    '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
    "<channel><title>Old Talks</title><link>https://old.example.org/</link><description>Old</description>"
    "<language>en</language><itunes:author>Old Press</itunes:author>{channel}"
)
LINK = ("--link", "https://new.example.org/")


def item(name: str, media: str, kind: str = "audio/mpeg", more: str = "", date: str = "08 Jan 2021") -> str:
    return (
        f"<item><title>The {name}</title><link>https://old.example.org/{name}/</link><guid>{name}-guid</guid>"
        f'<pubDate>{date} 18:00:00 +0000</pubDate><enclosure url="{media}" length="7" type="{kind}"/>{more}</item>'
    )


@dataclass
class Old:
    """The old host, and the series after an import of its feed."""

    web: Web
    root: Path
    report: dict[str, Any]
    status: int

    def feed(self, *items: str, channel: str = "") -> str:
        self.web.files["feed"] = (HEAD.format(channel=channel) + "".join(items) + "</channel></rss>").encode()
        return self.web.link + "feed"

    def talk(self, slug: str) -> dict[str, Any]:
        found: dict[str, Any] = next(talk for talk in self.report["talks"] if talk["slug"] == slug)
        return found


CHAPTERS = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=700\ntitle=Start\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=700\nEND=1400\ntitle=Second half\n"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Old]:
    folder = tmp_path_factory.mktemp("others")
    (folder / "chapters.txt").write_text(CHAPTERS, encoding="utf-8")
    with served() as web:
        web.files |= {
            "mp3": encoded(folder, "mp3.mp3", "-i", str(folder / "chapters.txt"), "-map_metadata", "1"),
            "m4a": encoded(folder, "m4a.m4a", "-metadata", "comment=kept"),
            "ogg": encoded(folder, "vorbis.ogg", "-c:a", "libvorbis"),
            "page.mp3": b"<!doctype html><html>Not found</html>",
        }
        people = (
            "<description>Guest: Ann One</description>"
            f'<podcast:transcript url="{web.link}t.html" type="text/html"/><podcast:value type="lightning"/>'
        )
        this = Old(web, folder / "new", {}, 0)
        address = this.feed(
            item("first", web.link + "mp3"),
            item("second", web.link + "m4a", "audio/mpeg", people, "15 Jan 2021"),
            item("third", web.link + "ogg", "audio/ogg", "", "22 Jan 2021"),
            item("page", web.link + "page.mp3", "audio/mpeg", "", "29 Jan 2021"),
        )
        this.status, text = run(this.root, "import", "feed", address, *LINK, "--json")
        this.report = json.loads(text)
        yield this


def test_an_enclosure_that_is_a_web_page_fails_alone(old: Old) -> None:
    states = {talk["title"]: talk["state"] for talk in old.report["talks"]}
    assert old.status == 1
    assert states == {"The first": "added", "The second": "added", "The third": "added", "The page": "failed"}


def test_the_content_decides_on_the_format_and_the_bytes_stay(old: Old) -> None:
    kept = sorted((old.root / "public" / "media").iterdir())
    assert old.report["series"] == []
    assert [path.name.partition(".")[0] + path.suffix for path in kept] == ["first.mp3", "second.m4a"]
    assert [path.read_bytes() for path in kept] == [old.web.files["mp3"], old.web.files["m4a"]]
    assert 'audio = { formats = ["m4a"] }' in (old.root / "episodes.toml").read_text(encoding="utf-8")


def test_a_format_that_is_not_made_here_is_made_anew_under_the_old_guid(old: Old) -> None:
    assert any("anew" in note for note in old.talk("third")["notes"])
    steps = document(old.root, "plan")["steps"]
    assert [step["episode"] for step in steps if step["output"] == "audio"] == ["third"]


def test_the_plan_says_that_no_app_downloads_anything_again(old: Old) -> None:
    assert run(old.root, "plan")[1].count("no app downloads it again") == 2


def test_chapters_inside_the_file_are_taken_over(old: Old) -> None:
    assert '{ at = "0:00.7", title = "Second half" }' in (old.root / "episodes.toml").read_text(
        encoding="utf-8"
    )


def test_what_was_not_understood_is_listed_talk_by_talk(old: Old) -> None:
    notes = " ".join(old.talk("second")["notes"])
    for words in ("<podcast:value>", "t.html", "has 7 bytes"):
        assert words in notes


def test_people_of_running_text_are_proposed_and_not_written(old: Old) -> None:
    assert old.talk("second")["people_to_confirm"] == [{"name": "Ann One", "role": "guest"}]
    assert "[people.ann-one]" not in (old.root / "episodes.toml").read_text(encoding="utf-8")


def test_the_report_ends_with_what_to_set_at_the_old_host(old: Old) -> None:
    moving = "\n".join(old.report["moving"])
    assert "<itunes:new-feed-url>https://new.example.org/feed.xml</itunes:new-feed-url>" in moving
    assert "301" in moving


def test_a_changed_title_is_shown_and_taken_only_when_chosen(old: Old, tmp_path: Path) -> None:
    root = copied(old.root, tmp_path / "series")
    address = old.feed(item("first", old.web.link + "mp3").replace("The first", "The very first"))
    (talk,) = document(root, "import", "feed", address)["talks"]
    assert talk["differences"] == [{"key": "title", "catalogue": "The first", "source": "The very first"}]
    assert "The very first" not in (root / "episodes.toml").read_text(encoding="utf-8")
    (taken,) = document(root, "import", "feed", address, "--take", "first:title")["talks"]
    assert taken["filled"] == ["title"]
    assert 'title = "The very first"' in (root / "episodes.toml").read_text(encoding="utf-8")
    assert document(root, "import", "feed", address)["talks"][0]["state"] == "unchanged"


def test_an_own_edit_of_the_catalogue_is_left_alone(old: Old, tmp_path: Path) -> None:
    root = copied(old.root, tmp_path / "series")
    catalogue = root / "episodes.toml"
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace("The first", "Ours"), encoding="utf-8")
    before = catalogue.read_text(encoding="utf-8")
    (talk,) = document(root, "import", "feed", old.feed(item("first", old.web.link + "mp3")))["talks"]
    assert talk["state"] == "unchanged"
    assert catalogue.read_text(encoding="utf-8") == before


OWN = """
[[episode]]
slug = "ours"
title = "The first"
date = 2021-01-08T20:00:00+00:00
status = "draft"
"""


def with_own_talk(old: Old, folder: Path) -> Path:
    """A series that had the talk "The first" before the import."""
    root = folder / "series"
    run(root, "init", "--title", "Ours", *LINK)
    catalogue = root / "episodes.toml"
    catalogue.write_text(catalogue.read_text(encoding="utf-8") + OWN, encoding="utf-8")
    return root


def test_a_talk_that_is_only_alike_waits_for_a_choice(old: Old, tmp_path: Path) -> None:
    root = with_own_talk(old, tmp_path)
    address = old.feed(item("first", old.web.link + "mp3"))
    before = (root / "episodes.toml").read_text(encoding="utf-8")
    status, text = run(root, "import", "feed", address)
    assert (status, "--match 1=ours or --match 1=new" in text) == (3, True)
    assert (root / "episodes.toml").read_text(encoding="utf-8") == before


def test_the_choice_joins_the_talks_and_leaves_a_draft_a_draft(old: Old, tmp_path: Path) -> None:
    root = with_own_talk(old, tmp_path)
    more = "<description>Words of the source</description><category>Rivers</category>"
    address = old.feed(item("first", old.web.link + "mp3", more=more))
    (talk,) = document(root, "import", "feed", address, "--match", "1=ours")["talks"]
    assert (talk["slug"], talk["filled"]) == ("ours", ["chapters", "guid", "recording", "topics"])
    text = (root / "episodes.toml").read_text(encoding="utf-8")
    assert 'topics = ["Rivers"]' in text
    assert 'status = "draft"' in text
    assert 'guid = "first-guid"' in text


def test_a_published_talk_keeps_its_guid_and_no_source_sets_a_status() -> None:
    source = {"guid": "theirs", "status": "draft", "topics": ["Rivers"]}
    for is_published, added in ((True, {"topics"}), (False, {"topics", "guid"})):
        ours = Present("ours", {"slug": "ours"}, "a-guid", is_published=is_published)
        assert set(differences(source, ours, None)[0]) == added


def test_a_blocked_item_becomes_a_draft(old: Old, tmp_path: Path) -> None:
    blocked = item("blocked", old.web.link + "mp3", more="<itunes:block>Yes</itunes:block>")
    shown = item("shown", old.web.link + "m4a", date="09 Jan 2021")
    run(tmp_path / "new", "import", "feed", old.feed(blocked, shown), *LINK)
    assert run(tmp_path / "new", "release")[0] == 0
    assert (tmp_path / "new/public/episodes/shown").is_dir()
    assert not (tmp_path / "new/public/episodes/blocked").exists()
    assert "blocked" not in (tmp_path / "new/public/feed.xml").read_text(encoding="utf-8")


def test_an_import_that_broke_off_continues(old: Old, tmp_path: Path) -> None:
    old.web.files["late"] = b""
    address = old.feed(
        item("first", old.web.link + "mp3"), item("late", old.web.link + "late", date="09 Jan 2021")
    )
    assert run(tmp_path / "new", "import", "feed", address, *LINK)[0] == 1
    old.web.files["late"] = old.web.files["m4a"]
    report = document(tmp_path / "new", "import", "feed", address)
    assert {talk["title"]: talk["state"] for talk in report["talks"]} == {
        "The first": "unchanged",
        "The late": "added",
    }
    assert report["media_kept"] == ["late"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.xml"], "there is no file"),
        (["https://old.example.org/feed", "--match", "x"], "--match x"),
        (["https://old.example.org/feed", "--take", "title"], "--take"),
        (["http://169.254.169.254/feed"], "private network"),
    ],
)
def test_a_wrong_command_line_writes_nothing(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = run(tmp_path / "new", "import", "feed", *arguments)
    assert status in (1, 2)
    assert words in capsys.readouterr().err
    assert not (tmp_path / "new/episodes.toml").exists()


def test_a_file_whose_tags_name_a_place_is_made_anew(old: Old, tmp_path: Path) -> None:
    old.web.files["placed"] = encoded(tmp_path, "placed.mp3", "-metadata", "location=+48.8566+002.3522/")
    report = document(tmp_path / "new", "import", "feed", old.feed(item("placed", old.web.link + "placed")))
    assert (report["talks"][0]["state"], report["media_kept"]) == ("added", [])
    assert any("GPS position" in note for note in report["series"])
    assert not (tmp_path / "new/public/media").exists()


def test_a_removed_talk_does_not_come_back(old: Old, tmp_path: Path) -> None:
    root = copied(old.root, tmp_path / "series")
    assert run(root, "remove", "first")[0] == 0
    address = old.feed(
        item("first", old.web.link + "mp3"), item("more", old.web.link + "mp3", date="09 Jan 2021")
    )
    states = {talk["title"]: talk["state"] for talk in document(root, "import", "feed", address)["talks"]}
    assert states == {"The first": "removed", "The more": "added"}
    (root / "imports" / "origins.json").unlink()
    again = {talk["title"]: talk["state"] for talk in document(root, "import", "feed", address)["talks"]}
    assert again == {"The first": "removed", "The more": "unchanged"}
    assert "first-guid" not in (root / "episodes.toml").read_text(encoding="utf-8")


def test_a_withdrawn_talk_stays_withdrawn(old: Old, tmp_path: Path) -> None:
    root = copied(old.root, tmp_path / "series")
    assert run(root, "withdraw", "first", "--reason", "asked")[0] == 0
    address = old.feed(item("first", old.web.link + "mp3"))
    (talk,) = document(root, "import", "feed", address)["talks"]
    assert talk["state"] == "unchanged"
    assert not list((root / "public" / "media").glob("first.*"))


def test_a_talk_that_was_cut_before_its_file_was_published_is_not_published_whole(
    old: Old, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = old.feed(
        item("first", old.web.link + "mp3"), item("gone", old.web.link + "gone", date="09 Jan 2021")
    )
    with monkeypatch.context() as patched:
        patched.setattr("publisher.run.adopt.Adopt.run", _interrupted)
        run(tmp_path / "new", "import", "feed", address, *LINK)
    catalogue = tmp_path / "new/episodes.toml"
    text = catalogue.read_text(encoding="utf-8")
    catalogue.write_text(
        text.replace('guid = "first-guid"', 'guid = "first-guid"\ncut = [["0:00.2", "0:00.8"]]'),
        encoding="utf-8",
    )
    report = document(tmp_path / "new", "import", "feed", address)
    assert report["media_kept"] == []
    assert any("first" in note and "anew" in note for note in report["series"])
    assert not (tmp_path / "new/public/media").exists()


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_second_source_completes_a_draft_that_had_no_recording(old: Old, tmp_path: Path) -> None:
    root = with_own_talk(old, tmp_path)
    catalogue = root / "episodes.toml"
    text = catalogue.read_text(encoding="utf-8")
    catalogue.write_text(
        text.replace('slug = "ours"', 'slug = "ours"\nguid = "first-guid"'), encoding="utf-8"
    )
    address = old.feed(item("first", old.web.link + "mp3"))
    (talk,) = document(root, "import", "feed", address)["talks"]
    assert (talk["slug"], talk["filled"]) == ("ours", ["chapters", "recording"])
    assert not list((root / "public").rglob("*.mp3"))
    catalogue.write_text(
        catalogue.read_text(encoding="utf-8").replace('status = "draft"\n', ""), encoding="utf-8"
    )
    assert document(root, "import", "feed", address)["media_kept"] == ["ours"]


def test_a_file_of_the_producer_is_never_overwritten(old: Old, tmp_path: Path) -> None:
    own = tmp_path / "new/episodes/first/recording.mp3"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"ours")
    address = old.feed(
        item("first", old.web.link + "mp3"), item("more", old.web.link + "m4a", date="09 Jan 2021")
    )
    states = {
        talk["title"]: talk["state"]
        for talk in document(tmp_path / "new", "import", "feed", address)["talks"]
    }
    assert states == {"The first": "failed", "The more": "added"}
    assert own.read_bytes() == b"ours"
