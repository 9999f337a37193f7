"""The unit files and the workflow of docs/unattended.md do what they say, as far as it can be run here."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import CATALOGUE, Folder, write_tone

PAGE = (Path(__file__).parent.parent / "docs" / "unattended.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_unit_files(tmp_path: Path) -> None:
    service, timer = blocks("ini")
    (tmp_path / "talks.service").write_text(re.sub(r"/usr/local/bin/publisher.*", "/bin/true", service))
    (tmp_path / "talks.timer").write_text(timer)
    command = ["systemd-analyze", "verify", str(tmp_path / "talks.timer"), str(tmp_path / "talks.service")]
    done = subprocess.run(command, capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if "talks." in line]
    assert not said


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_workflow_commits_exactly_the_receipts(tmp_path: Path) -> None:
    (workflow,) = blocks("yaml")
    script = re.search(r"if: always\(\)\n\s+run: \|\n((?:\s{10}.*\n)+)", workflow)
    assert script
    repository, origin = tmp_path / "series", tmp_path / "origin.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(origin)], check=True)
    subprocess.run(["git", "init", "-q", "-b", "main", str(repository)], check=True)
    for name in (
        "episodes/a/released.json",
        "episodes/released.json",
        "episodes/delivered.json",
        "public/index.html",
    ):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text("{}")
    setup = "git remote add origin ../origin.git; git config push.default current;"
    subprocess.run(["sh", "-ec", setup + script[1]], cwd=repository, check=True, capture_output=True)
    listed = subprocess.run(
        ["git", "--git-dir", str(origin), "ls-tree", "-r", "--name-only", "main"],
        capture_output=True,
        text=True,
    )
    expected = ["episodes/a/released.json", "episodes/delivered.json", "episodes/released.json"]
    assert listed.stdout.split() == expected


@pytest.fixture
def series(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    write_tone(tmp_path / "episodes" / "first-talk" / "recording.wav", 3.0)
    (tmp_path / "episodes.toml").write_text(CATALOGUE)
    return Folder(tmp_path, capsys)


def test_an_unattended_release_prints_one_line(series: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_NOW", "2021-03-01T12:00")
    result = series.run("release", "--unattended")
    assert re.fullmatch(r"publisher release: exit 0: 1 recording made into audio.*\n", result.out)
    assert not result.err
    assert series.run("release", "--unattended").out == "publisher release: exit 0: nothing to do\n"


def test_an_unattended_release_with_an_error_prints_one_line(
    series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLISHER_NOW", "2021-03-01T12:00")
    series.edit('guests = ["first-guest"]', 'guests = ["nobody"]')
    result = series.run("release", "--unattended")
    assert result.status == 2
    assert re.fullmatch(r"publisher release: exit 2: .*nobody.*\n", result.out)


def test_a_talk_appears_in_its_minute_and_not_before(series: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUBLISHER_NOW", raising=False)
    due = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)
    series.edit("2021-01-08T18:00:00+01:00", due.isoformat())
    assert "scheduled" in series.run("status").out
    result = series.run("release", "--unattended", "--wait-until-due")
    assert result.status == 0
    assert time.time() >= due.timestamp()
    assert "first-talk" in (series.root / "public" / "feed.xml").read_text()
    assert series.run("release", "--wait-until-due").status == 2
