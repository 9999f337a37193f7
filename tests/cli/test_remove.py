"""`publisher remove`, and published talks that are missing in the catalogue."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher import ledger
from tests.cli.conftest import Folder, the_video, write_tone
from tests.cli.test_release import entries
from tests.cli.test_withdraw import SECOND, traces, two, two_once
from tests.fake_youtube import FakeYouTube

__all__ = ["two", "two_once"]

ENTRY = SECOND.partition("[[episode]]")[2]


def delete_entry(folder: Folder) -> None:
    folder.edit(f"[[episode]]{ENTRY}", "")


def test_a_published_talk_is_withdrawn_and_its_entry_and_receipts_are_kept(two: Folder) -> None:
    guid = entries(two)[0].id
    result = two.run("remove", "talk-two", "--json")
    assert result.status == 0, result.err
    (removed,) = result.document["removed"]
    assert (removed["slug"], removed["left"]) == ("talk-two", [])
    assert (traces(two), "talk-two" in (two.root / "episodes.toml").read_text("utf-8")) == ([], False)
    assert [path for path in two.public() if "talk-two" in path] == ["episodes/talk-two/index.html"]
    assert (two.root / removed["withdrawal"]["file"]).is_file()
    assert two.run("plan", "--json").document["steps"] == []
    assert [row["slug"] for row in two.run("status", "--json").document["episodes"]] == ["first-talk"]

    entry = (two.root / removed["entry"]).read_text(encoding="utf-8")
    with (two.root / "episodes.toml").open("a", encoding="utf-8") as file:
        file.write(entry)
    assert two.run("release").status == 0
    assert traces(two) == []
    assert two.run("withdraw", "talk-two", "--restore").status == 0
    assert two.run("release").status == 0
    assert entries(two)[0].id == guid


def test_a_draft_is_removed_without_a_withdrawal(folder: Folder) -> None:
    before = (folder.root / "episodes.toml").read_bytes()
    folder.run("new", "a-draft", "--title", "A draft", "--draft")
    result = folder.run("remove", "a-draft")
    assert (result.status, "Withdrawal" in result.out) == (0, False), result.err
    assert (folder.root / "episodes.toml").read_bytes().rstrip() == before.rstrip()
    assert "A draft" in (folder.root / "episodes/a-draft/removed-entry.txt").read_text(encoding="utf-8")
    assert not (folder.root / "private").exists()


def test_an_unknown_talk_removes_nothing_of_the_others(two: Folder) -> None:
    before = two.public()
    result = two.run("remove", "talk-two", "frist-talk")
    assert (result.status, 'did you mean "first-talk"?' in result.err) == (2, True), result.err
    assert two.public() == before


def test_a_talk_is_withdrawn_although_its_entry_cannot_be_removed(two: Folder) -> None:
    with (two.root / "episodes.toml").open("a", encoding="utf-8") as file:
        file.write("\n[oops")
    result = two.run("remove", "talk-two")
    assert (result.status, "its entry is still in the catalogue" in result.out) == (1, True), result.out
    assert traces(two) == []


def test_the_page_of_a_removed_talk_can_leave_an_address_that_names_somebody(two: Folder) -> None:
    assert two.run("remove", "talk-two").status == 0
    assert two.run("rename", "talk-two", "a-talk", "--no-redirect").status == 0
    assert two.run("release").status == 0
    assert not [path for path in two.public() if "talk-two" in path]
    assert "withdrawn" in (two.root / "public/episodes/a-talk/index.html").read_text(encoding="utf-8")


# Missing in the catalogue


def test_a_talk_whose_entry_was_deleted_stays_public_until_somebody_decides(two: Folder) -> None:
    before = two.public()
    delete_entry(two)
    two.edit("What is an example?", "What is a new example?")
    stopped = two.run("release")
    assert (stopped.status, two.public()) == (3, before)
    for way in ("still public", "run `publisher remove talk-two`", "put its [[episode]] back"):
        assert [way in line for line in stopped.err.splitlines()].count(True) == 1
    assert two.run("release", "--accept-removals").status == 3
    for command, status in (("check", 3), ("plan", 0), ("status", 0)):
        result = two.run(command)
        assert (result.status, "run `publisher remove talk-two`" in result.out) == (status, True), command
    assert two.run("check", "--json").document["problems"][0]["key"] == 'episode "talk-two"'
    states = {row["slug"]: row["state"] for row in two.run("status", "--json").document["episodes"]}
    assert states == {"first-talk": "pending", "talk-two": "missing"}
    plan = two.run("plan", "--json").document
    (remark,) = plan["remarks"]
    assert plan["steps"] == []
    assert (remark["kind"], remark["episode"]) == ("missing", "talk-two")

    assert two.run("remove", "talk-two").status == 0
    assert traces(two) == []
    assert two.run("release").status == 0
    assert [entry.title for entry in entries(two)] == ["What is a new example?"]


def test_several_deleted_entries_are_taken_back_by_one_command(two: Folder) -> None:
    text = (two.root / "episodes.toml").read_text(encoding="utf-8")
    (two.root / "episodes.toml").write_text(text.partition("# The first talk.")[0], encoding="utf-8")
    assert "run `publisher remove first-talk talk-two`" in two.run("release").err
    assert two.run("remove", "first-talk", "talk-two").status == 0
    assert entries(two) == []
    assert two.run("plan", "--json").document["steps"] == []


def test_an_entry_that_is_put_back_publishes_the_talk_unchanged(two: Folder) -> None:
    before = two.public()
    catalogue = (two.root / "episodes.toml").read_bytes()
    delete_entry(two)
    assert two.run("release").status == 3
    (two.root / "episodes.toml").write_bytes(catalogue)
    assert two.run("release").status == 0
    assert two.public() == before


def test_a_deleted_talk_that_names_a_hidden_person_is_removed_at_once(two: Folder) -> None:
    delete_entry(two)
    result = two.run("withdraw", "--person", "second-guest", "--reason", "x")
    assert result.status == 1, result.out
    assert traces(two) == []
    assert "What is an example?" in (two.root / "public/feed.xml").read_text(encoding="utf-8")


def test_a_release_hides_a_person_in_a_deleted_talk_before_it_asks(two: Folder) -> None:
    delete_entry(two)
    two.edit('name = "Zweitgast Beispielen"', 'name = "Zweitgast Beispielen"\nhidden = true')
    assert two.run("release").status != 0
    assert traces(two) == []


def test_withdrawing_another_talk_leaves_the_deleted_one_as_it_is(two: Folder) -> None:
    delete_entry(two)
    result = two.run("withdraw", "first-talk", "--reason", "x")
    assert (result.status, "publisher remove talk-two" in result.out) == (1, True), result.out
    assert [entry.title for entry in entries(two)] == ["Kumquats of the unmistakable kind"]
    assert not (two.root / "public/episodes/first-talk/chapters.json").exists()


# A slug that was changed by hand


def rename_folder(root: Path) -> None:
    (root / "episodes/talk-two").rename(root / "episodes/fruit")


def copy_recording(root: Path) -> None:
    (root / "episodes/fruit").mkdir()
    shutil.copy(root / "episodes/talk-two/recording.wav", root / "episodes/fruit")


def other_recording(root: Path) -> None:
    """With the guid of the talk in the catalogue."""
    write_tone(root / "episodes/fruit/recording.wav", 2.0, 880.0)
    receipts = json.loads((root / "episodes/talk-two/released.json").read_text(encoding="utf-8"))
    path = root / "episodes.toml"
    text = path.read_text(encoding="utf-8")
    slug = 'slug = "fruit"\n'
    path.write_text(text.replace(slug, f'{slug}guid = "{receipts["guid"]}"\n'), encoding="utf-8")


def leave_folder(root: Path) -> None: ...


CHANGES = [rename_folder, copy_recording, other_recording, leave_folder]


def changed_by_hand(folder: Folder, change: Callable[[Path], None]) -> None:
    folder.edit('slug = "talk-two"', 'slug = "fruit"')
    change(folder.root)


@pytest.mark.parametrize("change", CHANGES)
def test_a_slug_changed_by_hand_is_taken_for_a_rename(two: Folder, change: Callable[[Path], None]) -> None:
    guids = [entry.id for entry in entries(two)]
    before = two.public()
    changed_by_hand(two, change)
    stopped = two.run("release")
    assert (stopped.status, two.public()) == (3, before), stopped.err
    assert "run `publisher rename talk-two fruit`" in stopped.err
    checked = two.run("check")
    assert (checked.status, "publisher rename talk-two fruit" in checked.out) == (3, True), checked.out
    assert two.run("rename", "talk-two", "fruit").status == 0
    assert two.run("release").status == 0
    assert [entry.id for entry in entries(two)] == guids
    assert "fruit/" in (two.root / "public/episodes/talk-two/index.html").read_text(encoding="utf-8")


def test_a_withdrawn_talk_does_not_come_back_under_another_slug(two: Folder) -> None:
    assert two.run("withdraw", "talk-two", "--reason", "x").status == 0
    changed_by_hand(two, copy_recording)
    stopped = two.run("release")
    assert (stopped.status, "it was withdrawn on 2021-03-01" in stopped.err) == (3, True), stopped.err
    assert traces(two) == []
    assert two.run("rename", "talk-two", "fruit").status == 0
    assert two.run("release").status == 0
    assert traces(two) == []


def test_another_talk_of_a_removed_talks_recording_can_be_published(two: Folder) -> None:
    changed_by_hand(two, copy_recording)
    removed = two.run("remove", "talk-two")
    assert (removed.status, "release --accept-identity-change" in removed.out) == (1, True), removed.out
    assert (two.run("release").status, traces(two)) == (3, [])
    assert two.run("release", "--accept-identity-change").status == 0
    assert len(entries(two)) == 2
    assert two.run("release").status == 0


@pytest.mark.parametrize("command", ["withdraw", "remove"])
def test_the_new_slug_withdraws_the_talk_that_is_published_under_the_old_one(
    two: Folder, command: str
) -> None:
    changed_by_hand(two, rename_folder)
    two.run(command, "fruit", "--reason", "x")
    assert traces(two) == []
    (receipt,) = (two.root / "private/withdrawn").iterdir()
    assert receipt.name.startswith("talk-two-")
    lock = ledger.load_readable(two.root).record("talk-two").withdrawn
    assert lock is not None and lock.reason == "x"
    two.run("release")
    assert traces(two) == []


@pytest.mark.released
def test_a_slug_changed_by_hand_uploads_no_second_video(series: Folder, fake: FakeYouTube) -> None:
    series.edit('slug = "first-talk"', 'slug = "opening-talk"')
    (series.root / "episodes/first-talk").rename(series.root / "episodes/opening-talk")
    assert series.run("release", "--only", "youtube").status == 3
    assert the_video(fake)["status"]["privacyStatus"] == "public"
    assert series.run("rename", "first-talk", "opening-talk").status == 0
    assert series.run("release").status == 0
    assert "episodes/opening-talk/" in str(the_video(fake)["snippet"]["description"])
