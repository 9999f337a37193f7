"""`publisher completion`, and the words that it offers."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from click.shell_completion import ShellComplete

from publisher.cli import publisher
from tests.cli.conftest import Folder


def offered(folder: Folder, *words: str) -> list[str]:
    *before, last = words
    found = ShellComplete(publisher, {}, "publisher", "_PUBLISHER_COMPLETE").get_completions(
        [before[0], "-C", str(folder.root), *before[1:]], last
    )
    return [item.value for item in found]


def test_slugs_people_and_topics_are_completed(folder: Folder) -> None:
    assert offered(folder, "release", "fi") == ["first-talk"]
    assert offered(folder, "new", "--guest", "FI") == ["first-guest"]
    assert offered(folder, "new", "--topic", "") == ["Examples"]
    assert offered(folder, "withdraw", "--person", "") == ["first-guest"]


def test_a_broken_catalogue_completes_nothing_and_says_nothing(folder: Folder) -> None:
    (folder.root / "episodes.toml").write_text("[series", encoding="utf-8")
    assert offered(folder, "release", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_accepted_by_its_shell(folder: Folder, shell: str) -> None:
    result = folder.run("completion", shell)
    assert result.status == 0
    assert "_PUBLISHER_COMPLETE" in result.out
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    check = subprocess.run(
        [program, "-n"], input=result.out.encode(), capture_output=True, check=False, env=dict(os.environ)
    )
    assert check.returncode == 0, check.stderr.decode()
