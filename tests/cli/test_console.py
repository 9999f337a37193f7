"""Printed lines, tables and progress."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.cli import console


def test_control_characters_are_removed_from_printed_text() -> None:
    assert console.strip_controls("a\x1b[2Jb\u202ec\rd\x00") == "a[2Jbcd"
    assert console.strip_controls("پشتون‌ها") == "پشتون‌ها", "a zero-width non-joiner is spelling"


def test_no_color_disables_colours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console.print_line("wrong", "bad")
    assert capsys.readouterr().out == "wrong\n"


def test_without_a_terminal_progress_is_plain_lines_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with console.progress() as progress:
        task = progress.start("first-talk", 60.0)
        task.advance(30.0)
        task.finish()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("first-talk …\n")
    assert "\x1b" not in said.err


def test_no_progress_is_shown_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress(as_json=True) as progress:
        progress.start("first-talk", 60.0).finish()
    assert capsys.readouterr().err == ""


def test_bars_show_speed_and_remaining_time_and_disappear(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with console.progress_bars() as progress:
        task = progress.start("[bold]title\x1b[2J", 60.0)
        task.advance(60.0)
        task.finish()
    assert "\x1b[2J" not in capsys.readouterr().err


def test_columns_are_aligned(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console.table([("audio", "make", "new"), ("feed", "update", "changed: a")])
    assert capsys.readouterr().out == "audio  make    new\nfeed   update  changed: a\n"


def test_a_command_to_copy_starts_the_same_program_for_the_same_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / ".venv/bin/publisher"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(program)])
    monkeypatch.setenv("PATH", "")
    shown = str(Path(".venv/bin/publisher"))
    assert console.command_line("preview", root=tmp_path) == f"{shown} preview"
    assert console.command_line("preview", root=tmp_path / "my talks") == f"{shown} preview -C 'my talks'"
    assert console.command_line("preview", root=Path("/talks")) == f"{shown} preview -C {Path('/talks')}"
    monkeypatch.setenv("PATH", str(program.parent))
    assert console.command_line("preview") == "publisher preview"
