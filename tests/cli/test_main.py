"""The command `publisher` itself: help, options and errors that all commands share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from publisher.cli import COMMANDS, OTHER_NAMES, main
from tests.cli.conftest import Folder

ROOT = Path(__file__).parent.parent.parent


def test_the_folder_option_may_precede_the_command(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["-C", str(folder.root), "check", "--json"])
    assert stopped.value.code == 0
    assert '"problems"' in capsys.readouterr().out


def test_an_invalid_current_time_is_reported(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_NOW", "tomorrow")
    result = folder.run("plan")
    assert result.status == 2
    assert "PUBLISHER_NOW" in result.err


@pytest.mark.parametrize("command", ["check", "plan", "release", "status"])
def test_a_folder_without_a_series_is_reported(command: str, folder: Folder, tmp_path: Path) -> None:
    folder.root = tmp_path / "empty"
    folder.root.mkdir()
    result = folder.run(command)
    assert result.status == 2
    assert "publisher init" in result.out + result.err
    assert list(folder.root.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_is_in_the_readme(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    assert COMMANDS[command] in " ".join(said.split())
    assert "--json" in said
    assert "-C DIR" in said
    assert f"`publisher {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_other_names_of_commands_are_no_commands_themselves() -> None:
    assert not OTHER_NAMES.keys() & COMMANDS.keys()
    assert OTHER_NAMES.keys() >= {"publish", "serve"}
    assert set(OTHER_NAMES.values()) <= COMMANDS.keys()


def test_help_imports_no_heavy_library() -> None:
    heavy = ("pydantic", "feedgen", "mutagen", "jinja2", "PIL", "babel", "numpy", "googleapiclient", "rich")
    script = (
        "import sys\nfrom publisher.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print('HEAVY', [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "HEAVY []" in done.stdout


def test_the_folder_option_before_youtube_reaches_its_subcommands(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["-C", str(folder.root), "youtube", "diff"])
    assert stopped.value.code == 2
    assert "the catalogue names no channel" in capsys.readouterr().err
