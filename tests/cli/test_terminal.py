"""Questions and paging on a real terminal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import tomli

pytest.importorskip("termios", reason="this system has no pseudo-terminals")

from tests.cli.conftest import Folder
from tests.cli.terminal import ROOT, Terminal


def catalogue(folder: Path) -> dict[str, Any]:
    return tomli.loads((folder / "episodes.toml").read_text(encoding="utf-8"))


def test_new_asks_proposes_completes_and_asks_again_for_a_wrong_answer(folder: Folder) -> None:
    shutil.copy(folder.root / "episodes/first-talk/recording.wav", folder.root / "second take.wav")
    terminal = Terminal(folder.root, "new")
    terminal.answer("Title", "حقوق بشر")
    terminal.answer("[huquq-bashar]", "first-talk")
    terminal.expect("is taken")
    terminal.answer("[huquq-bashar]", "")
    terminal.expect("1  second take.wav")
    terminal.answer("[1]", "")
    terminal.answer("Date", "soon")
    terminal.answer("write it as", "2031-02-12T18:00")
    terminal.answer("Guest", "fir\t")
    terminal.answer("Another guest", "Frist Guest")
    terminal.answer("Do you mean First Guest (first-guest)?", "n")
    terminal.answer("Another guest", "")
    terminal.answer("Moderator", "first guest")
    terminal.answer("is a guest already", "Tomás Rivera")
    terminal.answer("Another moderator", "")
    terminal.answer("Topic", "Example")
    terminal.answer('Do you mean "Examples"?', "")
    terminal.answer("Another topic", "")
    assert terminal.end() == 0
    assert "Added Tomás Rivera to [people] as tomas-rivera." in terminal.shown
    added = catalogue(folder.root)["episode"][-1]
    assert (added["slug"], added["recording"]) == ("huquq-bashar", "second take.wav")
    assert (added["guests"], added["moderator"]) == (["first-guest", "frist-guest"], "tomas-rivera")
    assert (added["topics"], added["date"].year) == (["Examples"], 2031)


def test_ctrl_c_writes_nothing_and_prints_the_answers_as_a_command(folder: Folder) -> None:
    before = (folder.root / "episodes.toml").read_bytes()
    terminal = Terminal(folder.root, "new", "--topic", "Press freedom", "--draft")
    terminal.answer("Title", "Crowds & power")
    terminal.answer("[crowds-power]", "")
    terminal.answer("Date", "2031-02-12")
    terminal.answer("Guest", "Bushra Gohar")
    terminal.expect("Another guest")
    assert terminal.type_ctrl_c() == 130
    kept = (
        "publisher new crowds-power --title 'Crowds & power' --date 2031-02-12T00:00 --guest 'Bushra Gohar'"
    )
    assert f"{kept} --topic 'Press freedom' --draft" in terminal.shown
    assert (folder.root / "episodes.toml").read_bytes() == before
    assert sorted(path.name for path in (folder.root / "episodes").iterdir()) == ["first-talk"]


def test_answers_survive_a_catalogue_that_broke_while_they_were_given(folder: Folder) -> None:
    terminal = Terminal(folder.root, "new", "second", "--draft")
    terminal.answer("Title", "Two")
    terminal.answer("Date", "2031-02-12")
    terminal.answer("Guest", "")
    terminal.answer("Moderator", "")
    terminal.expect("Topic")
    folder.edit("[series]", "[series")
    terminal.type("\n")
    assert terminal.end() == 2
    assert "publisher new second --title Two --date 2031-02-12T00:00 --draft" in terminal.shown
    assert "episodes.toml:2" in terminal.shown


def test_init_checks_each_answer(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "mine", "--author", "Example Press", TZ="Asia/Karachi")
    terminal.answer("called", "")
    terminal.answer("is empty", "My talks")
    terminal.answer("about", "")
    terminal.answer("address", "talks.example.net")
    terminal.answer("did you mean https://talks.example.net?", "https://talks.example.net")
    terminal.answer("language", "urdu")
    terminal.answer('write "ur"', "ur")
    terminal.answer("[Asia/Karachi]", "")
    assert terminal.end() == 0
    series = catalogue(tmp_path / "mine")["series"]
    given = {key: series[key] for key in ("title", "author", "link", "language", "timezone")}
    assert list(given.values()) == [
        "My talks",
        "Example Press",
        "https://talks.example.net",
        "ur",
        "Asia/Karachi",
    ]


def test_a_page_of_the_documentation_goes_through_the_pager() -> None:
    terminal = Terminal(ROOT, "help", "glossary", PAGER="sed s/^/paged:/")
    assert terminal.end() == 0
    assert "paged:" in terminal.shown
    assert "━" in terminal.shown or "─" in terminal.shown
