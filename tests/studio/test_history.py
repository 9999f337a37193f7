"""Every accepted edit leaves a state of the talk's texts that can be restored."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from publisher.errors import UsageError
from publisher.studio import history
from publisher.studio.catalogue_edits import Change, apply_edit
from publisher.studio.notes import apply_notes
from publisher.studio.restore import restore, states
from tests.catalogue.conftest import Folder
from tests.studio.conftest import MIDDLE, WELCOME


def edit(series: Folder, key: str, was: object, value: object) -> str:
    result = apply_edit(series.root, "a", [Change(key, was, value)])
    assert result.is_accepted, result
    return result.state


def test_a_state_is_restored_with_notes_and_transcripts_and_this_can_be_undone(series: Folder) -> None:
    series.write("WEBVTT\n", "episodes/a/transcript.en.vtt")
    before = series.content
    apply_notes(series.root, "a", "Notes.\n\nMore.\n", "Other.\n")
    edit(series, "title", "A", "New")
    edit(series, "chapters", [WELCOME, MIDDLE], [WELCOME])
    series.write("WEBVTT changed\n", "episodes/a/transcript.en.vtt")
    after = series.content
    found = states(series.root, "a")
    assert [state.why for state in reversed(found)] == ["found", "edit", "edit", "edit"]
    result = restore(series.root, "a", found[-1].id)
    assert (result.edit.is_accepted, result.files) == (True, ("notes.md", "transcript.en.vtt"))
    assert series.content == before
    assert (series.root / "episodes/a/notes.md").read_text() == "Notes.\n\nMore.\n"
    assert (series.root / "episodes/a/transcript.en.vtt").read_text() == "WEBVTT\n"
    undo = next(state for state in states(series.root, "a") if state.why == "found")
    assert restore(series.root, "a", undo.id).edit.is_accepted
    assert (series.content, (series.root / "episodes/a/notes.md").read_text()) == (after, "Other.\n")


def test_a_change_made_by_hand_is_a_state_too(series: Folder) -> None:
    edit(series, "title", "A", "B")
    series.write(series.content.replace('"B" # title', '"By hand" # title'))
    edit(series, "season", None, 1)
    found = states(series.root, "a")
    assert sorted(state.why for state in found) == ["edit", "edit", "found", "found"]
    texts = [history.texts_of(series.root, "a", state)["episode.toml"].decode() for state in found]
    assert any('"By hand"' in text and "season" not in text for text in texts)


def test_restoring_does_not_take_back_cuts_mutes_and_a_withdrawal_unless_asked(series: Folder) -> None:
    first = edit(series, "title", "A", "B")
    edit(series, "mute", None, [["3:00", "3:05"]])
    edit(series, "cut", [["1:00", "2:00"]], [["1:00", "2:00"], ["4:00", "4:10"]])
    edit(series, "status", "draft", "withdrawn")
    edit(series, "title", "B", "C")
    result = restore(series.root, "a", first)
    assert set(result.kept) == {"cut", "mute", "status"}
    assert 'title = "B"' in series.content and 'mute = [["3:00", "3:05"]]' in series.content
    assert '"4:10"' in series.content and 'status = "withdrawn"' in series.content
    assert restore(series.root, "a", first, take_back=("mute",)).kept == ("status", "cut")
    assert "mute" not in series.content


def test_a_state_that_check_would_refuse_is_not_restored(series: Folder) -> None:
    first = edit(series, "guests", ["ann-one"], ["ben-two"])
    edit(series, "guests", ["ben-two"], ["ann-one"])
    series.write(series.content.replace('[people.ben-two]\nname = "Ben Two"\n', ""))
    before = series.content
    result = restore(series.root, "a", first)
    assert not result.edit.is_accepted and 'no person "ben-two"' in str(result.edit.problems[0])
    assert series.content == before


def test_states_are_compact_and_a_killed_writer_leaves_none_that_is_incomplete(series: Folder) -> None:
    edit(series, "title", "A", "B")
    folder = series.root / ".publisher/history/a"
    with (folder / "states.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "cut of')
    last = edit(series, "title", "B", "C")
    edit(series, "title", "C", "B")
    found = history.load(series.root, "a")
    assert [state.why for state in found] == ["found", "edit", "edit", "edit"] and found[2].id == last
    notes = {state.texts["notes.md"] for state in found}
    entries = {state.texts["episode.toml"] for state in found}
    assert (len(notes), len(entries), len(list((folder / "texts").iterdir()))) == (1, 3, 4)


def test_a_damaged_state_is_refused(series: Folder) -> None:
    first = edit(series, "title", "A", "B")
    edit(series, "title", "B", "C")
    digest = next(state for state in history.load(series.root, "a") if state.id == first).texts[
        "episode.toml"
    ]
    (series.root / f".publisher/history/a/texts/{digest}.gz").write_bytes(b"x")
    with pytest.raises(UsageError, match="is damaged; choose another one"):
        restore(series.root, "a", first)
    with pytest.raises(UsageError, match="has no state"):
        restore(series.root, "a", "nothing")


def test_old_states_are_deleted_and_the_newest_stay(series: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAX_STATES", 12)
    monkeypatch.setattr(history, "MIN_STATES", 3)
    for number in range(15):
        edit(series, "season", number or None, number + 1)
    history.prune(series.root, "a")
    kept = history.load(series.root, "a")
    assert len(kept) == 12
    assert restore(series.root, "a", kept[0].id).edit.is_accepted
    monkeypatch.setattr(history, "MAX_BYTES", 1)
    history.prune(series.root, "a")
    assert len(history.load(series.root, "a")) == 3
    assert len(list((series.root / ".publisher/history/a/texts").iterdir())) == 4


def test_a_renamed_talk_keeps_its_states_and_a_forgotten_one_has_none(series: Folder) -> None:
    edit(series, "title", "A", "B")
    history.move(series.root, "a", "c")
    assert len(history.load(series.root, "c")) == 2
    assert (history.forget(series.root, "c"), history.forget(series.root, "c")) == (True, False)
    assert not (series.root / ".publisher/history/c").exists()


@pytest.mark.parametrize("slug", ["../a", "a/b", "", "."])
def test_a_slug_never_leads_out_of_the_history(slug: str, series: Folder) -> None:
    with pytest.raises(UsageError):
        history.load(series.root, slug)


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(root: Path, *arguments: str) -> None:
    name = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(root), *name, *arguments], check=True, capture_output=True)


@needs_git
def test_states_in_git_are_listed_and_restored_and_nothing_is_committed(series: Folder) -> None:
    git(series.root, "init", "-q")
    git(series.root, "add", ".")
    git(series.root, "commit", "-qm", "First")
    before = series.content
    series.write(series.content.replace('"A" # title', '"Second" # title'))
    series.write("Second notes.\n", "episodes/a/notes.md")
    git(series.root, "commit", "-qam", "Second | with a bar")
    series.write(series.content.replace('"B"', '"Other talk"'))
    git(series.root, "commit", "-qam", "Of another talk")
    hook = series.root / ".git/hooks/post-checkout"
    hook.write_text("#!/bin/sh\ntouch ../ran\n")
    hook.chmod(0o755)
    found = states(series.root, "a")
    assert [(state.origin, state.why) for state in found] == [
        ("git", "Second | with a bar"),
        ("git", "First"),
    ]
    assert restore(series.root, "a", found[-1].id).edit.is_accepted
    assert series.content == before.replace('"B"', '"Other talk"')
    assert (series.root / "episodes/a/notes.md").read_text() == "Notes.\n\nMore.\n"
    count = subprocess.run(
        ["git", "-C", str(series.root), "rev-list", "--count", "HEAD"], check=True, capture_output=True
    )
    assert count.stdout == b"3\n"


def sign_last_commit(root: Path) -> None:
    """Gives the last commit a signature, which git would have a program verify."""
    command = ["git", "-C", str(root)]
    found = subprocess.run([*command, "cat-file", "commit", "HEAD"], check=True, capture_output=True).stdout
    head, _, text = found.partition(b"\n\n")
    signed = head + b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n" + text
    write = [*command, "hash-object", "-t", "commit", "-w", "--stdin"]
    commit = subprocess.run(write, input=signed, check=True, capture_output=True).stdout.decode().strip()
    git(root, "update-ref", "HEAD", commit)


@needs_git
def test_a_repository_cannot_make_the_history_start_its_programs(series: Folder) -> None:
    git(series.root, "init", "-q")
    git(series.root, "add", ".")
    git(series.root, "commit", "-qm", "First")
    sign_last_commit(series.root)
    program = series.root / "program"
    program.write_text(f"#!/bin/sh\ntouch {series.root}/ran\n")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "diff.external", "gpg.program", "core.sshCommand"):
        git(series.root, "config", key, str(program))
    git(series.root, "config", "log.showSignature", "true")
    assert len(states(series.root, "a")) == 1
    assert not (series.root / "ran").exists()


def test_without_git_there_are_the_states_of_the_history(
    series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    edit(series, "title", "A", "B")
    assert len(states(series.root, "a")) == 2
    assert os.environ["PATH"] == ""
