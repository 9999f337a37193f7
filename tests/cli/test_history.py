"""Commands that take something back, and the earlier states of a talk's texts."""

from __future__ import annotations

import pytest

from publisher.studio import history
from publisher.studio.catalogue_edits import Change, apply_edit
from publisher.studio.restore import restore, states
from tests.cli.conftest import Folder
from tests.cli.test_release import entries, media


def edit(folder: Folder, key: str, was: object, value: object) -> str:
    result = apply_edit(folder.root, "first-talk", [Change(key, was, value)])
    assert result.is_accepted, result
    return result.state


@pytest.mark.released
def test_a_withdrawn_talk_stays_withdrawn_whatever_state_is_restored(folder: Folder) -> None:
    edit(folder, "title", "What is an example?", "Another title")
    result = folder.run("withdraw", "first-talk", "--reason", "asked for", "--json")
    assert result.status == 0, result.err
    assert "earlier states of its texts are in .publisher/history/first-talk" in str(
        result.document["by_hand"]
    )
    oldest = states(folder.root, "first-talk")[-1]
    assert restore(folder.root, "first-talk", oldest.id).edit.is_accepted
    assert folder.run("release").status == 0
    assert entries(folder) == []
    assert not (folder.root / "public/media").exists()


@pytest.mark.released
def test_a_cut_stays_cut_when_an_older_state_is_restored(folder: Folder) -> None:
    before = media(folder)
    first = edit(folder, "summary", "First Guest talks about examples.", "Other.")
    edit(folder, "cut", None, [["0:01", "0:02"]])
    assert folder.run("release").status == 0
    assert restore(folder.root, "first-talk", first).kept == ("cut",)
    assert folder.run("release").status == 0
    assert not set(before) & set(media(folder))


@pytest.mark.released
def test_a_removed_talk_has_no_earlier_states_although_its_entry_cannot_be_removed(folder: Folder) -> None:
    edit(folder, "title", "What is an example?", "A name to forget")
    with (folder.root / "episodes.toml").open("a", encoding="utf-8") as file:
        file.write("\n[oops")
    result = folder.run("remove", "first-talk", "--json")
    assert result.document["removed"][0]["states_deleted"] is True, result.err
    assert not list((folder.root / ".publisher/history").rglob("*.*"))


def test_a_renamed_talk_keeps_its_earlier_states_unless_the_slug_must_not_be_named(folder: Folder) -> None:
    edit(folder, "title", "What is an example?", "B")
    assert folder.run("rename", "first-talk", "second").status == 0
    found = states(folder.root, "second")
    assert restore(folder.root, "second", found[-1].id).edit.is_accepted
    text = (folder.root / "episodes.toml").read_text(encoding="utf-8")
    assert 'slug = "second"' in text and "What is an example?" in text
    assert folder.run("rename", "second", "third", "--no-redirect").status == 0
    assert history.load(folder.root, "second") == history.load(folder.root, "third") == ()
