"""`publisher rename`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from publisher import catalogue, ledger
from publisher.ledger import EpisodeRecord
from tests.cli.conftest import Folder
from tests.cli.test_release import entries, media


@pytest.mark.released
def test_a_renamed_talk_keeps_guid_date_and_its_old_file_for_a_while(folder: Folder) -> None:
    (before,) = entries(folder)
    files = media(folder)
    result = folder.run("rename", "first-talk", "opening-talk")
    assert result.status == 0, result.err
    assert folder.run("release").status == 0
    (after,) = entries(folder)
    assert (after.id, after.published) == (before.id, before.published)
    assert set(files) < set(media(folder)), "the tags hold the page's address, so there is a newer file too"
    assert after.link.endswith("/episodes/opening-talk/")
    document = folder.run("plan", "--json").document
    assert document["steps"] == []
    assert [remark["kind"] for remark in document["remarks"]] == ["replaced"]


def test_renaming_an_unpublished_talk_leaves_no_redirect(folder: Folder) -> None:
    said = folder.run("rename", "first-talk", "another").out
    assert said == '"first-talk" is now "another".\n'


@pytest.mark.released
def test_the_old_address_redirects_to_the_new_one(folder: Folder) -> None:
    folder.run("rename", "first-talk", "opening-talk")
    folder.run("release")
    page = (folder.root / "public/episodes/first-talk/index.html").read_text(encoding="utf-8")
    assert 'content="0; url=../../episodes/opening-talk/"' in page
    assert 'rel="canonical" href="https://talks.example.org/series/episodes/opening-talk/"' in page
    assert "first-talk" not in (folder.root / "public/sitemap.xml").read_text(encoding="utf-8")


@pytest.mark.released
def test_renaming_back_keeps_the_identity(folder: Folder) -> None:
    guid = entries(folder)[0].id
    folder.run("rename", "first-talk", "opening-talk")
    folder.run("rename", "opening-talk", "first-talk")
    assert folder.run("release").status == 0
    assert [entry.id for entry in entries(folder)] == [guid]


@pytest.mark.parametrize(
    ("old", "new"), [("no-talk", "x"), ("first-talk", "Not A Slug"), ("first-talk", "taken")]
)
def test_an_invalid_rename_is_refused_and_changes_nothing(folder: Folder, old: str, new: str) -> None:
    folder.run("new", "taken", "--title", "Taken", "--draft")
    before = (folder.root / "episodes.toml").read_bytes()
    result = folder.run("rename", old, new)
    assert result.status == 2, result.err
    assert (folder.root / "episodes.toml").read_bytes() == before
    assert (folder.root / "episodes/first-talk/recording.wav").exists()


@pytest.mark.released
def test_a_killed_rename_is_finished_by_the_next_one(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    guid = entries(folder)[0].id

    def killed(root: Path, old: str, new: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(catalogue, "rename_episode", killed)
        assert folder.run("rename", "first-talk", "opening-talk").status == 130
    assert folder.run("rename", "first-talk", "opening-talk").status == 0
    assert folder.run("release").status == 0
    assert [entry.id for entry in entries(folder)] == [guid]


def slug_in_receipts(folder: Folder, slug: str) -> str:
    path = folder.root / "episodes" / slug / "released.json"
    return str(json.loads(path.read_text(encoding="utf-8"))["slug"])


@pytest.mark.released
def test_the_receipts_contain_the_current_slug(folder: Folder) -> None:
    assert slug_in_receipts(folder, "first-talk") == "first-talk"
    folder.run("rename", "first-talk", "opening-talk")
    assert slug_in_receipts(folder, "opening-talk") == "opening-talk"
    folder.run("rename", "opening-talk", "first-talk")
    assert slug_in_receipts(folder, "first-talk") == "first-talk"


@pytest.mark.released
def test_a_rename_killed_before_it_updated_the_receipts_is_finished(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    guid = entries(folder)[0].id
    saved: list[EpisodeRecord] = []

    def killed(root: Path, talk: EpisodeRecord) -> None:
        if saved:
            raise KeyboardInterrupt
        saved.append(talk)
        save_record(root, talk)

    save_record = ledger.save_record
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "save_record", killed)
        assert folder.run("rename", "first-talk", "opening-talk").status == 130
    assert slug_in_receipts(folder, "opening-talk") == "first-talk"
    assert folder.run("rename", "first-talk", "opening-talk").status == 0
    assert slug_in_receipts(folder, "opening-talk") == "opening-talk"
    assert folder.run("release").status == 0
    assert [entry.id for entry in entries(folder)] == [guid]


def test_a_withdrawn_talk_without_a_guid_can_be_renamed(folder: Folder) -> None:
    folder.edit('recording = "recording.wav"', 'recording = "recording.wav"\nstatus = "draft"')
    assert folder.run("withdraw", "first-talk", "--reason", "asked for").status == 0
    assert folder.run("rename", "first-talk", "opening-talk").status == 0
    lock = ledger.load(folder.root).record("opening-talk").withdrawn
    assert lock is not None and lock.reason == "asked for"
