from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from publisher.cli import COMMANDS, main
from tests.cli.conftest import Folder, write_tone
from tests.media import sounds


def _cut_short() -> bytes:
    picture = BytesIO()
    Image.effect_noise((300, 300), 80).save(picture, "JPEG")
    return picture.getvalue()[:5000]


CUT_SHORT = _cut_short()
ROOT = Path(__file__).parent.parent.parent


def test_a_new_series_passes_check_and_publishes_its_first_talk(folder: Folder, tmp_path: Path) -> None:
    recording = tmp_path / "camera" / "IMG 0001.WAV"
    write_tone(recording, seconds=2.0)
    folder.root = tmp_path / "mine"
    assert folder.run("init").status == 0
    assert folder.run("check").status == 0
    added = folder.run("new", "my-talk", "--title", "من و تو", "--recording", str(recording))
    assert added.status == 0, added.err
    assert folder.run("check").status == 0
    assert folder.run("release").status == 0
    assert (folder.root / "public/episodes/my-talk/index.html").exists()
    assert "private/" in (folder.root / ".gitignore").read_text(encoding="utf-8")


def test_init_does_not_write_over_a_series(folder: Folder) -> None:
    before = (folder.root / "episodes.toml").read_bytes()
    result = folder.run("init")
    assert result.status == 2
    assert (folder.root / "episodes.toml").read_bytes() == before


def test_new_keeps_comments_and_refuses_a_slug_that_is_taken(folder: Folder, tmp_path: Path) -> None:
    before = (folder.root / "episodes.toml").read_text(encoding="utf-8")
    draft = folder.run("new", "second-talk", "--title", "Two", "--draft")
    assert (draft.status, 'take status = "draft" out when it is ready' in draft.out) == (0, True)
    assert (folder.root / "episodes.toml").read_text(encoding="utf-8").startswith(before.rstrip())
    other = tmp_path / "other.wav"
    write_tone(other, 1.0)
    recording = folder.root / "episodes/first-talk/recording.wav"
    kept = recording.read_bytes()
    taken = folder.run("new", "first-talk", "--title", "x", "--recording", str(other))
    assert taken.status == 2
    assert recording.read_bytes() == kept


def test_new_refuses_a_recording_that_is_empty(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    before = (folder.root / "episodes.toml").read_bytes()
    result = folder.run("new", "other", "--title", "x", "--recording", str(tmp_path / "empty.mp4"))
    assert (result.status, "is empty" in result.err) == (2, True)
    assert (folder.root / "episodes.toml").read_bytes() == before
    assert not (folder.root / "episodes/other").exists()


def test_check_names_every_problem_and_touches_nothing(folder: Folder) -> None:
    folder.edit('guests = ["first-guest"]', 'guests = ["first-gest"]')
    folder.edit('at = "0:02"', 'at = "9:02"')
    result = folder.run("check", "--json")
    assert result.status == 2
    texts = " ".join(problem["text"] for problem in result.document["problems"])
    assert 'did you mean "first-guest"?' in texts
    assert "the recording ends at 0:04" in texts
    refused = folder.run("release")
    assert refused.status == 2
    assert "first-gest" in refused.err
    assert not (folder.root / "public").exists()


def test_plan_shows_what_subscribers_would_notice(folder: Folder) -> None:
    first = folder.run("plan", "--json").document["feed"]
    assert [(change["title"], change["action"]) for change in first] == [("What is an example?", "add")]
    folder.run("release")
    folder.edit('summary = "First Guest talks about examples."', 'summary = "Another summary."')
    (change,) = folder.run("plan", "--json").document["feed"]
    assert (change["action"], change["changes"]) == ("change", ["description", "notes"])
    assert "In the feed:" in folder.run("plan").out


def test_plan_names_the_feed_before_the_pictures_it_needs(folder: Folder) -> None:
    reasons = {step["output"]: step["reason"] for step in folder.run("plan", "--json").document["steps"]}
    assert reasons["feed"].startswith("new: feed.xml, ")
    assert "index.html" in reasons["pages"]


def test_plan_shows_what_changes_in_the_archive_and_nothing_of_what_only_goes_over(folder: Folder) -> None:
    folder.edit("[people.first-guest]", "[feed]\nlimit = 1\n\n[people.first-guest]")
    for number, slug in enumerate(("second-talk", "third-talk", "fourth-talk"), 2):
        add_talk(folder, slug, f"2021-02-0{number}T18:00:00+01:00")
        if slug != "fourth-talk":
            assert folder.run("release").status == 0
    folder.edit('summary = "First Guest talks about examples."', 'summary = "Another summary."')
    found = folder.run("plan", "--json").document["feed"]
    assert [(each["title"], each["action"], each["changes"]) for each in found if each["guid"]] == [
        ("fourth-talk", "add", []),
        ("What is an example?", "change", ["description", "notes"]),
    ]


def add_talk(folder: Folder, slug: str, date: str) -> None:
    write_tone(folder.root / "episodes" / slug / "recording.wav", seconds=2.0)
    talk = f'\n[[episode]]\nslug = "{slug}"\ntitle = "{slug}"\ndate = {date}\nrecording = "recording.wav"\n'
    path = folder.root / "episodes.toml"
    path.write_text(path.read_text(encoding="utf-8") + talk, encoding="utf-8")


def test_check_judges_the_feed_as_it_would_be(folder: Folder) -> None:
    folder.edit('author = "Example Press"', 'author = "Example Press"\nguid = "not-a-uuid"')
    result = folder.run("check")
    assert result.status == 2
    assert "guid" in result.out
    assert not (folder.root / "public").exists()


def test_check_reads_transcripts_and_a_release_names_each_place_once(folder: Folder) -> None:
    broken = folder.root / "episodes/first-talk/transcript.en.vtt"
    broken.write_text("WEBVTT\n\n00:00:01.000 --> 00:00:60.000\nWords\n", encoding="utf-8")
    result = folder.run("check")
    assert result.status == 2
    assert "transcript.en.vtt:3" in result.out
    released = folder.run("release")
    assert released.status == 1
    assert "Not done: feed, pages: " in released.out


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (
            "episodes/first-talk/cover.jpg",
            CUT_SHORT,
            'episode "first-talk": cover: cover.jpg is',
        ),
        (
            "episodes/first-talk/transcript.en.vtt",
            b"Hello",
            "episodes/first-talk/transcript.en.vtt:1: not a VTT",
        ),
        ("templates/index.html", b"one\n{% if %}", "templates/index.html:2: Expected an expression"),
        ("templates/translations/en.po", b"garbage {", "templates/translations/en.po:1: "),
    ],
)
def test_check_looks_into_pictures_transcripts_and_templates(
    folder: Folder, path: str, content: bytes, said: str
) -> None:
    (folder.root / path).parent.mkdir(parents=True, exist_ok=True)
    (folder.root / path).write_bytes(content)
    result = folder.run("check")
    assert (result.status, said in result.out) == (2, True), result.out


def test_the_folder_may_be_named_before_the_command(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["-C", str(folder.root), "check", "--json"])
    assert stopped.value.code == 0
    assert '"problems"' in capsys.readouterr().out


def test_an_unknown_talk_or_output_is_a_usage_error(folder: Folder) -> None:
    result = folder.run("plan", "first-tlak")
    assert (result.status, 'did you mean "first-talk"?' in result.err) == (2, True)
    assert folder.run("plan", "--only", "audoi").status == 2


def test_a_wrong_time_to_take_as_now_is_said(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHER_NOW", "tomorrow")
    result = folder.run("plan")
    assert result.status == 2
    assert "PUBLISHER_NOW" in result.err


@pytest.mark.parametrize("command", ["check", "plan", "release", "status"])
def test_a_folder_without_a_series_is_a_message(command: str, folder: Folder, tmp_path: Path) -> None:
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


def test_help_loads_nothing_heavy() -> None:
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


def test_a_folder_named_before_youtube_reaches_its_commands(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["-C", str(folder.root), "youtube", "diff"])
    assert stopped.value.code == 2
    assert "the catalogue names no channel" in capsys.readouterr().err


def test_check_names_the_line_where_a_series_can_say_more(folder: Folder) -> None:
    said = folder.run("check").out
    assert "episodes.toml:2: series: categories: is missing; Apple lists no series without one; write" in said
    assert "episodes.toml:2: series: owner: has no e-mail" in said


def test_check_names_the_line_of_a_recording_that_cannot_be_used(folder: Folder) -> None:
    (folder.root / "episodes/first-talk/recording.wav").write_bytes(b"RIFF and nothing more")
    result = folder.run("check")
    assert result.status == 1
    assert 'episodes.toml:19: episode "first-talk": recording: recording.wav: ' in result.out


def test_check_knows_the_tracks_of_a_recording(folder: Folder) -> None:
    folder.edit('guests = ["first-guest"]', 'guests = ["first-guest"]\naudio = { audio_track = 1 }')
    result = folder.run("check")
    assert result.status == 2
    assert (
        "audio.audio_track: there is no track 1: the recording has one audio track, which is 0" in result.out
    )


def test_a_release_that_did_nothing_does_not_say_that_the_rest_is_done(folder: Folder) -> None:
    folder.run("release", "--only", "pages,feed")
    (folder.root / "episodes/first-talk/recording.wav").write_bytes(b"RIFF and nothing more")
    folder.run("release")
    again = folder.run("release")
    assert again.status == 1
    assert "Done" not in again.out.replace("Not done", "") and "The rest" not in again.out


def test_an_empty_title_is_refused_not_replaced(folder: Folder, tmp_path: Path) -> None:
    folder.root = tmp_path / "mine"
    result = folder.run("init", "--title", "")
    assert (result.status, "title: is empty" in result.err) == (2, True)
    assert not folder.root.exists()


def test_new_says_when_a_talk_of_a_later_day_is_published(folder: Folder) -> None:
    recording = str(folder.root / "episodes/first-talk/recording.wav")
    added = folder.run("new", "x", "--title", "X", "--recording", recording, "--date", "2021-04-01T18:00")
    assert "the first `publisher release` after 2021-04-01 18:00 publishes it" in added.out


def test_the_doctor_says_what_an_ffmpeg_that_was_named_cannot_do(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    able = sounds.write_ffmpeg_for_sound(tmp_path / "named-ffmpeg")
    monkeypatch.setenv("PUBLISHER_FFMPEG", str(able))
    folder.run("init")
    said = folder.run("doctor")
    assert said.status == 1
    assert "has to be encoded, and" in said.out
    assert "named-ffmpeg lacks libx264: name another ffmpeg with PUBLISHER_FFMPEG" in said.out


def test_check_warns_of_notes_that_lead_to_a_talk_under_embargo(folder: Folder) -> None:
    folder.run("new", "later", "--title", "Later", "--draft")
    notes = folder.root / "episodes/first-talk/notes.md"
    notes.write_text("Next: [soon](https://talks.example.org/series/episodes/later/).", encoding="utf-8")
    result = folder.run("check")
    assert result.status == 0, result.out + result.err
    assert "links to later, which may not be visible now" in result.out + result.err
