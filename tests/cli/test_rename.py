from __future__ import annotations

from pathlib import Path

import pytest

from publisher import catalogue
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


def test_a_talk_that_was_never_published_leaves_no_address(folder: Folder) -> None:
    said = folder.run("rename", "first-talk", "another").out
    assert said == '"first-talk" is now "another".\n'


@pytest.mark.released
def test_the_old_address_leads_to_the_new_one(folder: Folder) -> None:
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
def test_what_cannot_be_renamed_is_refused_and_nothing_moves(folder: Folder, old: str, new: str) -> None:
    folder.run("new", "taken", "--title", "Taken", "--draft")
    before = (folder.root / "episodes.toml").read_bytes()
    result = folder.run("rename", old, new)
    assert result.status == 2, result.err
    assert (folder.root / "episodes.toml").read_bytes() == before
    assert (folder.root / "episodes/first-talk/recording.wav").exists()


@pytest.mark.released
def test_a_rename_that_was_killed_half_way_is_finished_by_the_next(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    guid = entries(folder)[0].id

    def killed(root: Path, old: str, new: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(catalogue, "rename_episode", killed)
        assert folder.run("rename", "first-talk", "opening-talk").status == 130
    assert folder.run("rename", "first-talk", "opening-talk").status == 0
    assert folder.run("release").status == 0
    assert [entry.id for entry in entries(folder)] == [guid]
