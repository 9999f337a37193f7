"""A series that had private names is not published without them, unless this is confirmed."""

from __future__ import annotations

import re
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
def test_every_command_stops_when_the_private_names_are_missing(
    named: Folder, command: tuple[str, ...]
) -> None:
    (named.root / "private/people.toml").unlink()
    result = named.run(*command)
    assert (result.status, "--accept-no-private-names" in result.err) == (3, True)
    assert not (named.root / "public").exists()


@pytest.mark.parametrize("text", ["", "[people]\n", "# " + NAMES.replace("\n", "\n# "), "never = []\n"])
def test_a_file_without_names_stops_the_command(named: Folder, text: str) -> None:
    (named.root / "private/people.toml").write_text(text, encoding="utf-8")
    assert named.run("release").status == 3


def test_an_unmounted_private_folder_stops_the_command(named: Folder, tmp_path: Path) -> None:
    (named.root / "private").rename(tmp_path / "volume")
    (named.root / "private").symlink_to(tmp_path / "volume")
    assert named.run("plan").status == 0
    shutil.rmtree(tmp_path / "volume")
    assert named.run("release").status == 2, "the link leads nowhere"
    (tmp_path / "volume").mkdir()
    assert named.run("release").status == 3, "the folder to mount it on is empty"


def test_restored_names_are_searched_for_again(named: Folder) -> None:
    path = named.root / "private/people.toml"
    path.unlink()
    assert named.run("release").status == 3
    path.write_text(NAMES, encoding="utf-8")
    named.edit("talks about examples", "(nemo exemplarius) talks")
    result = named.run("release")
    assert (result.status, "held back: name of guest-a" in result.out) == (1, True)


def test_continuing_without_names_is_confirmed_once(named: Folder) -> None:
    shutil.rmtree(named.root / "private")
    assert named.run("release", "--accept-no-private-names").status == 0
    assert (named.root / "public/feed.xml").exists()
    assert named.run("release").status == 0


def test_a_confirmation_disables_neither_search_nor_refusal(named: Folder) -> None:
    named.edit("talks about examples", "(nemo exemplarius) talks")
    assert named.run("release", "--accept-no-private-names").status == 1
    path = named.root / "private/people.toml"
    path.write_text("[[people]]\n" + NAMES, encoding="utf-8")
    assert named.run("release", "--accept-no-private-names").status == 2
    path.unlink()
    assert named.run("plan").status == 3, "there was nothing to confirm while the file was there"


@pytest.mark.released
def test_a_withdrawal_does_not_need_the_names(folder: Folder) -> None:
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


def test_a_series_without_names_is_not_stopped(folder: Folder) -> None:
    assert folder.run("release").status == 0
    assert folder.run("plan").status == 0


def test_a_private_name_holds_the_talk_back_and_check_reports_it(folder: Folder) -> None:
    private = folder.root / "private" / "people.toml"
    private.parent.mkdir()
    private.write_text('[people.first-guest]\nreal_name = "Nemo Exemplarius"\n', encoding="utf-8")
    assert folder.run("check", "--leaks").status == 0
    folder.edit("talks about examples", "(nemo exemplarius) talks")
    result = folder.run("release")
    assert result.status == 1
    assert (
        'first-talk: held back: name of first-guest in episode "first-talk": summary (N… E…, 15 letters)'
        in result.out
    )
    assert not re.search("nemo", result.out + result.err, re.IGNORECASE)
    assert not [path for path in folder.public() if "first" in path]
    checked = folder.run("check", "--leaks", "--json")
    assert checked.status == 1
    assert checked.document["leaks"][0]["path"] == "first-talk"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[people.a]\nreal_name = "Nemo', "people.toml:2: this is not TOML"),
        ('[people.a]\nrealname = "Nemo Exemplarius"', "people.toml:2: realname: there is no such key"),
        ("[people.a]\nphone = 33699", "people.toml:2: phone: must be text"),
        ('never = ["N"]', "people.toml:1: never: is too short"),
    ],
)
def test_an_invalid_private_file_is_reported_without_its_words(folder: Folder, text: str, words: str) -> None:
    (folder.root / "private").mkdir()
    (folder.root / "private" / "people.toml").write_text(text, encoding="utf-8")
    result = folder.run("release")
    assert (result.status, words in result.err, "Nemo" in result.err) == (2, True, False), result.err
    assert not (folder.root / "public").exists()
