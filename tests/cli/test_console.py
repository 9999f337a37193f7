"""Printed lines, tables and progress."""

from __future__ import annotations

import re
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.file_proxy import FileProxy

from publisher.cli import console, display
from publisher.progress import Place, ProgressTracker


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


def test_bars_show_talk_stage_and_time_left_in_calm_colours() -> None:
    tracker = ProgressTracker(clock=lambda: 0.0)
    place = Place("audio", "first-talk", 2, 4)
    tracker.schedule({place: 90.0, Place("audio", "other", 1, 4): 10.0})
    task = tracker.start("[bold]title\x1b[2J", 60.0, place=place)
    task.stage("encoding mp3")
    task.advance(15.0)
    shown = StringIO()
    Console(file=shown, force_terminal=True, width=110, color_system="truecolor").print(
        display.drawn(tracker.snapshot(), 110)
    )
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown.getvalue())
    assert re.search(r"talk 2 of 4  \[bold\]title\[2J +encoding mp3 .* 25% +1:30 left", text), text
    assert re.search(r"all talks +2 of 4 done .* 22% +1:40 left", text), text
    assert not re.search(r"\x1b\[[0-9;]*(31|38;2;249)", shown.getvalue()), "red is for failures"


def test_a_line_on_standard_error_passes_through_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = StringIO()
    monkeypatch.setattr("sys.stderr", FileProxy(Console(file=shown), sys.__stderr__ or StringIO()))
    console.print_line("2 done; left: feed.", err=True)
    assert shown.getvalue() == "2 done; left: feed.\n"


def test_on_a_narrow_terminal_the_title_stays_readable() -> None:
    tracker = ProgressTracker(clock=lambda: 0.0)
    place = Place("audio", "first-talk", 2, 4)
    tracker.schedule({place: 4000.0})
    tracker.start("What is an example?", 60.0, place=place).stage("encoding mp3")
    shown = StringIO()
    Console(file=shown, width=80).print(display.drawn(tracker.snapshot(), 80))
    assert shown.getvalue().startswith("talk 2 of 4  What is an exa"), shown.getvalue()
    assert "encoding mp3" in shown.getvalue() and "1:06:40 left" in shown.getvalue()


def test_lines_name_the_talk_and_each_stage_once() -> None:
    now, lines = [0.0], list[str]()
    tracker = ProgressTracker(display.Lines(lines.append, lambda: now[0]), lambda: now[0])
    task = tracker.start("First", 60.0, place=Place("audio", "first-talk", 2, 4))
    for stage, at in (("decoding", 0.0), ("encoding mp3", 2.0)):
        now[0] = at
        task.stage(stage)
        task.advance(15.0)
    now[0] = 10.0
    task.advance(30.0)
    assert lines == [
        "talk 2 of 4: First: decoding …",
        "talk 2 of 4: First: encoding mp3 …",
        "talk 2 of 4: First: encoding mp3: 50%, 3×, 0:10 left",
    ]


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
