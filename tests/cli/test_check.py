"""`publisher check`; own templates: `test_check_templates.py`, `--leaks`: `test_check_leaks.py`."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image

from publisher.cli import check, console
from publisher.gather.hints import describe_placeholder
from tests.cli.conftest import Folder


def _cut_short() -> bytes:
    picture = BytesIO()
    Image.effect_noise((300, 300), 80).save(picture, "JPEG")
    return picture.getvalue()[:5000]


CUT_SHORT = _cut_short()


def test_check_reports_every_problem_and_changes_nothing(folder: Folder) -> None:
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


def test_check_validates_the_feed_that_a_release_would_write(folder: Folder) -> None:
    folder.edit('author = "Example Press"', 'author = "Example Press"\nguid = "not-a-uuid"')
    result = folder.run("check")
    assert result.status == 2
    assert "guid" in result.out
    assert not (folder.root / "public").exists()


def test_check_reports_a_transcript_error_and_a_release_prints_it_once(folder: Folder) -> None:
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
def test_check_reads_pictures_transcripts_and_templates(
    folder: Folder, path: str, content: bytes, said: str
) -> None:
    (folder.root / path).parent.mkdir(parents=True, exist_ok=True)
    (folder.root / path).write_bytes(content)
    result = folder.run("check")
    assert (result.status, said in result.out) == (2, True), result.out


LATE = "WEBVTT\n\n00:00:01.000 --> 00:00:04.500\nWords\n\n00:50.000 --> 00:52.000\nlater\n\n00:52.000 --> 00:53.000\nyet\n"


def test_check_finds_times_after_the_end_of_a_talk(folder: Folder) -> None:
    (folder.root / "episodes/first-talk/transcript.en.vtt").write_text(LATE, encoding="utf-8")
    notes = "\n\nFirst [0:03], then\n\n[1:02:03] much later.\n"
    (folder.root / "episodes/first-talk/notes.md").write_text(notes, encoding="utf-8")
    result = folder.run("check")
    assert result.status == 0
    assert (
        "episodes/first-talk/transcript.en.vtt:6: 2 cues end after the recording, which ends at 0:04; the first "
        "begins at 0:50; they are not published: correct the times, or use the transcript of this recording (a hint"
    ) in result.out
    said = "episodes/first-talk/notes.md:5: [1:02:03] is no link: the talk ends at 0:04 of the recording; correct"
    assert said in result.out and "[0:03]" not in result.out
    problems = folder.run("check", "--json").document["problems"]
    assert {"line": 5, "level": "warning"}.items() <= next(
        problem.items() for problem in problems if "notes.md" in problem["file"]
    )


def test_check_finds_late_times_beside_a_broken_transcript(folder: Folder) -> None:
    talk = folder.root / "episodes/first-talk"
    (talk / "transcript.en.vtt").write_text("WEBVTT\n\n00:01.000 --> soon\nWords\n", encoding="utf-8")
    (talk / "transcript.ur.vtt").write_text(LATE, encoding="utf-8")
    result = folder.run("check")
    assert result.status == 2
    assert "transcript.en.vtt:3: the times of a cue" in result.out
    assert "transcript.ur.vtt:6: 2 cues end after the recording" in result.out


def test_check_gives_hints_with_the_line_of_the_series(folder: Folder) -> None:
    said = folder.run("check").out
    assert "episodes.toml:2: series: categories: is missing; Apple lists no series without one; write" in said
    assert "episodes.toml:2: series: owner: has no e-mail" in said


def test_check_names_the_line_of_an_unusable_recording(folder: Folder) -> None:
    (folder.root / "episodes/first-talk/recording.wav").write_bytes(b"RIFF and nothing more")
    result = folder.run("check")
    assert result.status == 1
    assert 'episodes.toml:19: episode "first-talk": recording: recording.wav: ' in result.out


def test_check_reports_a_missing_audio_track(folder: Folder) -> None:
    folder.edit('guests = ["first-guest"]', 'guests = ["first-guest"]\naudio = { audio_track = 1 }')
    result = folder.run("check")
    assert result.status == 2
    assert (
        "audio.audio_track: there is no track 1: the recording has one audio track, which is 0" in result.out
    )


def test_check_warns_about_notes_that_link_to_an_embargoed_talk(folder: Folder) -> None:
    folder.run("new", "later", "--title", "Later", "--draft")
    notes = folder.root / "episodes/first-talk/notes.md"
    notes.write_text("Next: [soon](https://talks.example.org/series/episodes/later/).", encoding="utf-8")
    result = folder.run("check")
    assert result.status == 0, result.out + result.err
    assert "links to later, which may not be visible now" in result.out + result.err


def hints_of(folder: Folder) -> list[str]:
    """The hints of `check`, each as ``file:line: text``; the catalogue has no error."""
    result = folder.run("check", "--json")
    assert result.status == 0, result.out
    return [f"{found['file']}:{found['line']}: {found['text']}" for found in result.document["problems"]]


def test_check_finds_placeholders_and_example_addresses(folder: Folder) -> None:
    folder.edit('title = "What is an example?"', 'title = "TODO: a title"')
    folder.edit('summary = "First Guest talks about examples."', 'summary = "Describe the talk."')
    (folder.root / "episodes/first-talk/notes.md").write_text("Good.\n\nLorem ipsum dolor.\n", "utf-8")
    found = "\n".join(hints_of(folder))
    assert "episodes.toml:6: talks.example.org is an address for examples" in found
    assert 'episodes.toml:17: "TODO:" is a placeholder' in found
    assert 'episodes.toml:20: "Describe the talk." is a placeholder' in found
    assert 'episodes/first-talk/notes.md:3: "Lorem ipsum" is a placeholder' in found


def test_a_terminal_gets_some_hints_and_the_number_of_the_others(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = "".join(f"TODO: paragraph {number}\n\n" for number in range(check.MAX_HINTS + 40))
    (folder.root / "episodes/first-talk/notes.md").write_text(notes, "utf-8")
    monkeypatch.setattr(console, "is_terminal", lambda: True)
    *hints, left, last = folder.run("check").out.splitlines()
    assert len(hints) == check.MAX_HINTS and last == "1 talk, no problems found."
    assert re.fullmatch(r"4\d more hints: `publisher check --verbose` lists every one\.", left)
    assert folder.run("check", "--verbose").out.count("(a hint, not an error)") > check.MAX_HINTS + 40


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Todo cambia", "title"),
        ("Who belongs here?", "title"),
        ("Where the money goes here", "title"),
        ("TODO CAMBIA", "title"),
        ("Describe your day: a poet answers", "title"),
        ("Who may describe the war?", "summary"),
        ("For example.", "summary"),
        ("https://examples.org/a", "link"),
        ("a talk … and another", "title"),
    ],
)
def test_ordinary_texts_are_no_placeholders(text: str, key: str) -> None:
    assert describe_placeholder(text, key) is None


def test_the_texts_of_a_new_catalogue_are_hints_and_it_passes(folder: Folder) -> None:
    folder.run("init", str(folder.root / "new"))
    hints = hints_of(Folder(folder.root / "new", folder.capsys))
    assert sum("is the text of a new catalogue" in hint for hint in hints) == 3, hints


def test_check_warns_about_pictures_in_notes_that_nobody_will_see(folder: Folder) -> None:
    notes = folder.root / "episodes/first-talk/notes.md"
    notes.write_text("One\n![a](gone.jpg)\n\n![b](there.jpg) ![c](https://talks.press/d.jpg)\n", "utf-8")
    (notes.parent / "there.jpg").write_bytes(CUT_SHORT)
    found = [hint for hint in hints_of(folder) if "notes.md" in hint]
    assert [hint.split(";")[0].split(":", 1)[1] for hint in found] == [
        "2: there is no picture gone.jpg in episodes/first-talk/",
        "4: the picture there.jpg is not published: pages show its description instead",
    ]


def test_check_warns_about_a_person_in_no_talk_except_a_hidden_one(folder: Folder) -> None:
    people = '[people.nobody]\nname = "No Body"\n\n[people.away]\nname = "A Way"\nhidden = true\n\n'
    folder.edit("# The first talk.", people + "# The first talk.")
    found = [hint for hint in hints_of(folder) if "is in no talk" in hint]
    assert found == ["episodes.toml:15: No Body is in no talk; write nobody in a talk, or delete the table"]


def test_half_a_recording_is_reported_with_its_bytes_and_stops_only_its_talk(folder: Folder) -> None:
    whole = folder.root / "episodes/first-talk/recording.wav"
    half = folder.root / "episodes/second-talk/recording.wav"
    half.parent.mkdir()
    half.write_bytes(whole.read_bytes()[:200_000])
    catalogue = folder.root / "episodes.toml"
    second = (
        '\n[[episode]]\nslug = "second-talk"\ntitle = "B"\ndate = 2021-01-09\nrecording = "recording.wav"\n'
    )
    catalogue.write_text(catalogue.read_text("utf-8") + second, "utf-8")
    result = folder.run("check")
    assert result.status == 1
    assert 'episode "second-talk": recording: recording.wav: is incomplete' in result.out
    assert "has 384,044 bytes, the file has only 200,000" in result.out
    planned = folder.run("plan", "--json").document["steps"]
    assert [step["episode"] for step in planned if step["output"] == "audio"] == ["first-talk"]
    folder.edit('title = "B"', 'title = "B"\nend = "0:01"')
    assert folder.run("check").status == 0, "the part before `end` is complete"
