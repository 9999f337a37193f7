"""A series that had private names is not published without them unless somebody says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Folder

NAMES = '[people.guest-a]\nreal_name = "Nemo Exemplarius"\n'
COMMANDS = (
    ("plan",),
    ("status",),
    ("check",),
    ("check", "--leaks"),
    ("release",),
    ("preview", "--port", "0"),
)


@pytest.fixture
def named(folder: Folder) -> Folder:
    """A series whose private names a command has read."""
    (folder.root / "private").mkdir()
    (folder.root / "private/people.toml").write_text(NAMES, encoding="utf-8")
    assert folder.run("plan").status == 0
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_asks_where_the_names_went(named: Folder, command: tuple[str, ...]) -> None:
    (named.root / "private/people.toml").unlink()
    result = named.run(*command)
    assert (result.status, "--accept-no-private-names" in result.err) == (3, True)
    assert not (named.root / "public").exists()


@pytest.mark.parametrize("text", ["", "[people]\n", "# " + NAMES.replace("\n", "\n# "), "never = []\n"])
def test_a_file_that_holds_no_name_any_more_is_asked_about(named: Folder, text: str) -> None:
    (named.root / "private/people.toml").write_text(text, encoding="utf-8")
    assert named.run("release").status == 3


def test_a_volume_that_is_not_mounted_is_asked_about(named: Folder, tmp_path: Path) -> None:
    (named.root / "private").rename(tmp_path / "volume")
    (named.root / "private").symlink_to(tmp_path / "volume")
    assert named.run("plan").status == 0
    shutil.rmtree(tmp_path / "volume")
    assert named.run("release").status == 2, "the link leads nowhere"
    (tmp_path / "volume").mkdir()
    assert named.run("release").status == 3, "the folder to mount it on is empty"


def test_names_that_come_back_are_searched_for_again(named: Folder) -> None:
    path = named.root / "private/people.toml"
    path.unlink()
    assert named.run("release").status == 3
    path.write_text(NAMES, encoding="utf-8")
    named.edit("talks about examples", "(nemo exemplarius) talks")
    result = named.run("release")
    assert (result.status, "held back: name of guest-a" in result.out) == (1, True)


def test_going_on_without_names_is_confirmed_once(named: Folder) -> None:
    shutil.rmtree(named.root / "private")
    assert named.run("release", "--accept-no-private-names").status == 0
    assert (named.root / "public/feed.xml").exists()
    assert named.run("release").status == 0


def test_a_confirmation_does_not_switch_off_a_search_nor_a_refusal(named: Folder) -> None:
    named.edit("talks about examples", "(nemo exemplarius) talks")
    assert named.run("release", "--accept-no-private-names").status == 1
    path = named.root / "private/people.toml"
    path.write_text("[[people]]\n" + NAMES, encoding="utf-8")
    assert named.run("release", "--accept-no-private-names").status == 2
    path.unlink()
    assert named.run("plan").status == 3, "there was nothing to confirm while the file was there"


@pytest.mark.released
def test_a_withdrawal_is_not_held_up(folder: Folder) -> None:
    (folder.root / "private").mkdir()
    path = folder.root / "private/people.toml"
    path.write_text(NAMES, encoding="utf-8")
    assert folder.run("plan").status == 0
    path.unlink()
    result = folder.run("withdraw", "first-talk", "--reason", "asked for")
    assert (result.status, "--accept-no-private-names" in result.out) == (1, True)
    assert not [name for name in folder.public() if name.startswith("media/")]
    assert folder.run("release").status == 3
    assert folder.run("release", "--accept-no-private-names").status == 0


def test_a_series_without_names_is_asked_nothing(folder: Folder) -> None:
    assert folder.run("release").status == 0
    assert folder.run("plan").status == 0
