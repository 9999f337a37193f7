"""Links in place of folders that publisher writes to or deletes from are refused until they are accepted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from publisher import files, ledger
from tests.cli.conftest import Folder

FOREIGN = (
    "index.html",
    "feed.xml",
    "lock",
    "holder.txt",
    "digests.json",
    "released.json",
    "notes.txt",
    ".beside-letter.txt.0a1b2c3d",
    "media/song.mp3",
    "media/first-talk.0a1b2c3d.mp3",
    "episodes/first-talk/index.html",
    "first-talk/index.html",
    "first-talk.0a1b2c3d.mp3",
    "audio/song.wav",
    "videos/first-talk.0a1b2c3d.mp4",
    "0a1b2c3d4e5f/letter.txt",
)
"""Foreign files with names that publisher uses too."""


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A foreign folder, outside the series."""
    folder = tmp_path / "elsewhere"
    for name in FOREIGN:
        files.write_atomic(folder / name, f"mine: {name}".encode())
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path: (folder / path).read_bytes() for path in files.scan_tree(folder)}


def link(folder: Folder, name: str, target: Path) -> None:
    """Replaces the folder or file `name` of the series by a link to `target`."""
    place = folder.root / name
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target, target_is_directory=target.is_dir())


FOLDERS = (
    "public",
    ".publisher",
    "episodes",
    "public/media",
    "public/episodes",
    "public/episodes/first-talk",
    "public/episodes/another-talk",
    "public/episodes/first-talk/embed",
    "public/people",
    "public/people/first-guest",
    "public/topics/examples",
    "public/assets",
    "public/search/0",
    "public/feed",
    "public/page",
    ".publisher/videos",
    ".publisher/audio",
    ".publisher/later",
)


@pytest.mark.released
@pytest.mark.parametrize("name", FOLDERS)
def test_a_managed_folder_that_is_a_link_is_refused_and_its_target_unchanged(
    folder: Folder, foreign: Path, name: str
) -> None:
    link(folder, name, foreign)
    before = contents(foreign)
    result = folder.run("release")
    assert contents(foreign) == before
    assert result.status == 2, result.out + result.err
    assert f"{name}: " in result.err and "link" in result.err
    assert f"--accept-link {name}" in result.err


@pytest.mark.released
@pytest.mark.parametrize("name", ["public/media/song.mp3", "public/episodes/first-talk/index.html", ".publisher/lock", ".publisher/digests.json"])  # fmt: skip
def test_a_managed_file_that_is_a_link_is_refused(folder: Folder, foreign: Path, name: str) -> None:
    link(folder, name, foreign / "notes.txt")
    before = contents(foreign)
    result = folder.run("release")
    assert (result.status, contents(foreign)) == (2, before)
    assert f"{name}: " in result.err and "link" in result.err


@pytest.mark.released
@pytest.mark.parametrize("inside", [False, True])
def test_an_episode_folder_that_is_a_link_is_refused(folder: Folder, foreign: Path, inside: bool) -> None:
    target = folder.root / "archive" if inside else foreign
    shutil.copytree(folder.root / "episodes/first-talk", target, dirs_exist_ok=True)
    link(folder, "episodes/first-talk", target)
    before = contents(target)
    for arguments in (["release"], ["withdraw", "first-talk", "--reason", "x"], ["plan"], ["check"]):
        result = folder.run(*arguments)
        assert result.status == 2, arguments
        said = result.out + result.err
        assert "episodes/first-talk: a link" in said or (not inside and "out of the series folder" in said)
        assert contents(target) == before


@pytest.mark.parametrize("command", [["release"], ["withdraw", "first-talk", "--reason", "x"]])
def test_no_receipt_is_written_to_an_episode_folder_that_is_a_link(
    folder: Folder, command: list[str]
) -> None:
    target = shutil.move(folder.root / "episodes/first-talk", folder.root / "archive")
    link(folder, "episodes/first-talk", Path(target))
    result = folder.run(*command)
    assert result.status == 2 and "episodes/first-talk: a link" in result.err
    assert sorted(contents(Path(target))) == ["recording.wav"]


def test_new_does_not_write_behind_a_link(folder: Folder, foreign: Path, tmp_path: Path) -> None:
    recording = shutil.copy(folder.root / "episodes/first-talk/recording.wav", tmp_path / "recording.wav")
    link(folder, "episodes/new-talk", foreign)
    before, catalogue = contents(foreign), (folder.root / "episodes.toml").read_bytes()
    result = folder.run("new", "new-talk", "--title", "New", "--recording", str(recording))
    assert (result.status, contents(foreign)) == (2, before), result.err
    assert (folder.root / "episodes.toml").read_bytes() == catalogue


@pytest.mark.released
@pytest.mark.parametrize("command", [["plan"], ["status"], ["check"], ["check", "--leaks"], ["withdraw", "first-talk", "--reason", "x"], ["rename", "first-talk", "x"]])  # fmt: skip
def test_every_command_that_writes_there_refuses_the_link(
    folder: Folder, foreign: Path, command: list[str]
) -> None:
    link(folder, ".publisher", foreign)
    before = contents(foreign)
    result = folder.run(*command)
    assert (result.status, contents(foreign)) == (2, before)
    assert ".publisher: " in result.err


@pytest.mark.released
def test_a_receipt_file_that_is_a_link_is_refused(folder: Folder, foreign: Path) -> None:
    shutil.copy(folder.root / "episodes/first-talk/released.json", foreign / "released.json")
    for name in ("episodes/first-talk/released.json", "episodes/released.json"):
        link(folder, name, foreign / "released.json")
        before = contents(foreign)
        result = folder.run("release")
        assert (result.status, contents(foreign)) == (1, before)
        assert f"{name}: " in result.err
        (folder.root / name).unlink()


@pytest.mark.released
def test_a_link_outside_the_managed_folders_is_allowed(folder: Folder, foreign: Path) -> None:
    link(folder, "public/archive", foreign)
    link(folder, "episodes/photos", foreign / "media")
    before = contents(foreign)
    assert folder.run("release").status == 0
    assert (folder.root / "public/archive").is_symlink() and (folder.root / "episodes/photos").is_symlink()
    assert contents(foreign) == before


@pytest.mark.released
@pytest.mark.parametrize("name", ["public", ".publisher", "public/media", "public/episodes/first-talk"])
def test_an_accepted_link_is_followed(folder: Folder, tmp_path: Path, name: str) -> None:
    target = Path(shutil.move(folder.root / name, tmp_path / "accepted"))
    link(folder, name, target)
    assert folder.run("release").status == 2
    assert f"{name} leads to" in folder.run("doctor", "--accept-link", name).out
    assert folder.run("plan", "--json").document["steps"] == []
    folder.edit("What is an example?", "What are examples?")
    assert folder.run("release").status == 0
    assert folder.run("plan", "--json").document["steps"] == []
    assert (folder.root / name).is_symlink()
    assert folder.run("withdraw", "first-talk", "--reason", "x").status == 0
    assert not list((folder.root / "public/media").glob("first-talk.*"))
    assert (target / ".publisher-folder").is_file()


@pytest.mark.released
@pytest.mark.parametrize("name", ["public/people/first-guest", "public/assets", "public/media/song.mp3"])
def test_a_link_below_public_does_not_prevent_a_withdrawal(folder: Folder, foreign: Path, name: str) -> None:
    link(folder, name, foreign / "notes.txt" if name.endswith("mp3") else foreign)
    before = contents(foreign)
    result = folder.run("withdraw", "first-talk", "--reason", "asked for")
    assert result.status == 1 and f"{name}: a link" in result.out
    assert not list((folder.root / "public/media").glob("first-talk.*"))
    assert not (folder.root / "public/episodes/first-talk/cover.jpg").exists()
    assert ledger.load(folder.root).record("first-talk").withdrawn is not None
    assert contents(foreign) == before


def test_a_first_release_follows_an_accepted_link(folder: Folder, tmp_path: Path) -> None:
    target = tmp_path / "disk"
    target.mkdir()
    (folder.root / "public").symlink_to(target, target_is_directory=True)
    assert folder.run("doctor", "--accept-link", "public/").status in (0, 1)
    assert folder.run("release").status == 0
    assert (target / "feed.xml").is_file()


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        ("public", "", "no link"),
        ("private", "elsewhere", "not a folder"),
        ("templates", "elsewhere", "not a folder"),
        ("../elsewhere", "", "not a folder"),
        ("public/../private", "", "not a folder"),
        ("public/archive", "elsewhere", "not a folder"),
        ("/etc", "", "not a folder"),
        ("public", "series/private", "outside"),
        ("public", "series/episodes", "outside"),
        ("public", "series", "outside"),
        ("public", ".", "outside"),
        ("public", "/", "outside"),
        ("public", "nowhere", "no folder"),
        ("public", "series/public", ""),
        ("public", "elsewhere/notes.txt", "no folder"),
    ],
)
def test_an_invalid_link_is_not_accepted(
    folder: Folder, foreign: Path, tmp_path: Path, name: str, target: str, words: str
) -> None:
    (folder.root / "private").mkdir()
    if target and not (folder.root / name).exists():
        link(folder, name, tmp_path / target)
    before = contents(foreign)
    result = folder.run("doctor", "--accept-link", name)
    assert result.status == 2
    assert words in result.err and contents(foreign) == before
    assert not list(tmp_path.rglob(".publisher-folder"))


@pytest.mark.released
def test_the_marker_of_one_link_does_not_accept_another(folder: Folder, foreign: Path) -> None:
    link(folder, "public/media", foreign)
    folder.run("doctor", "--accept-link", "public/media")
    (folder.root / "public/media").unlink()
    link(folder, ".publisher", foreign)
    assert folder.run("release").status == 2


@pytest.mark.released
def test_a_marker_inside_the_repository_accepts_nothing(folder: Folder) -> None:
    target = folder.root / "docs"
    files.write_atomic(target / ".publisher-folder", b"public\n")
    link(folder, "public", target)
    assert folder.run("release").status == 2
    assert [path.name for path in target.iterdir()] == [".publisher-folder"]


def test_doctor_reports_links(folder: Folder, foreign: Path) -> None:
    link(folder, "public", foreign)
    result = folder.run("doctor", "--json")
    found = {one["part"]: one for one in result.document["findings"]}
    assert not found["folders"]["works"] and "public: " in found["folders"]["text"]
    folder.run("doctor", "--accept-link", "public")
    found = {one["part"]: one for one in folder.run("doctor", "--json").document["findings"]}
    assert found["folders"]["works"] and "public leads to" in found["folders"]["text"]
