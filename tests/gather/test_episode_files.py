from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from publisher import files
from publisher.gather import episode_files
from publisher.model import Episode, Series
from tests.conftest import make_episode, make_series


@pytest.fixture
def series(tmp_path: Path) -> Series:
    folder = tmp_path / "episodes" / "a-talk"
    folder.mkdir(parents=True)
    return make_series(tmp_path, make_episode("a-talk", folder=folder))


def attach(series: Series) -> tuple[Episode, list[str]]:
    found, wrong = episode_files.attach_files(series, files.sha256)
    assert all(slug == "a-talk" for slug, _, _, _ in wrong)
    return found.episodes[0], [f"{level}: {key}: {text}" for _, key, text, level in wrong]


def put(series: Series, name: str, content: bytes | str) -> Path:
    path = series.episodes[0].folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_files_beside_a_recording_are_found(series: Series) -> None:
    put(series, "notes.md", "\ufeffNotes\r\nwith [0:12] **times**\r\n")
    for name in ("transcript.en.vtt", "transcript.ur.srt", "transcript.uz-Cyrl.vtt"):
        put(series, name, "WEBVTT\n")
    cover = series.episodes[0].folder / "cover.jpg"
    Image.new("RGB", (1400, 1400)).save(cover, "JPEG")
    episode, wrong = attach(series)
    assert wrong == []
    assert episode.notes == "Notes\nwith [0:12] **times**"
    assert [transcript.language for transcript in episode.transcripts] == ["en", "ur", "uz-Cyrl"]
    assert episode.transcripts[1].source.path.name == "transcript.ur.srt"
    assert episode.cover is not None
    assert episode.cover.digest == files.sha256(cover)


def test_a_talk_needs_no_folder(tmp_path: Path) -> None:
    series = make_series(tmp_path, make_episode("a-talk", folder=tmp_path / "episodes" / "a-talk"))
    found, wrong = episode_files.attach_files(series, files.sha256)
    assert (found, wrong) == (series, ())


def test_of_two_transcripts_in_a_language_the_vtt_is_used(series: Series) -> None:
    put(series, "transcript.en.srt", "1\n")
    put(series, "transcript.EN.vtt", "WEBVTT\n")
    episode, wrong = attach(series)
    assert [transcript.source.path.name for transcript in episode.transcripts] == ["transcript.EN.vtt"]
    assert wrong == [
        "warning: transcript: there are transcript.EN.vtt and transcript.en.srt for one language; "
        "transcript.EN.vtt is used"
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "notes.md",
            "Café\nété".encode("latin-1"),
            "error: notes: episodes/a-talk/notes.md:1 is not UTF-8; save the file as UTF-8",
        ),
        (
            "notes.md",
            "x".encode("utf-16"),
            "error: notes: episodes/a-talk/notes.md is UTF-16; save it as UTF-8",
        ),
        (
            "notes.md",
            "a\nb\0",
            "error: notes: episodes/a-talk/notes.md:2 contains the control character U+0000; delete it",
        ),
        ("notes.md", "", 'error: notes: "notes.md" is empty; copy the file again'),
        (
            "transcript.english.vtt",
            "WEBVTT\n",
            'error: transcript: episodes/a-talk/transcript.english.vtt: "english" is not a language code; '
            'write "en"',
        ),
        (
            "transcript.vtt",
            "WEBVTT\n",
            "error: transcript: episodes/a-talk/transcript.vtt does not name its language; "
            "call it transcript.en.vtt",
        ),
        (
            "Transcript.VTT",
            "WEBVTT\n",
            "warning: transcript: episodes/a-talk/Transcript.VTT is not read; call it transcript.en.vtt",
        ),
        (
            "recording.ur.srt",
            "1\n",
            "warning: transcript: episodes/a-talk/recording.ur.srt is not read; call it transcript.ur.srt",
        ),
        (
            "captions_pt-br.vtt",
            "WEBVTT\n",
            "warning: transcript: episodes/a-talk/captions_pt-br.vtt is not read; call it transcript.pt-BR.vtt",
        ),
        (
            "transcript.ur.txt",
            "x",
            "warning: transcript: episodes/a-talk/transcript.ur.txt is not read; "
            "export it as WebVTT and call it transcript.ur.vtt",
        ),
        (
            "transcript.en.srt",
            b"\xe9",
            "error: transcript: episodes/a-talk/transcript.en.srt:1 is not UTF-8; save the file as UTF-8",
        ),
        ("cover.png", "GIF89a", 'error: cover: "cover.png" is neither JPEG nor PNG; save it as one of them'),
        ("Notes.md", "x", "warning: notes: episodes/a-talk/Notes.md is not read; call it notes.md"),
        ("notes.txt", "x", "warning: notes: episodes/a-talk/notes.txt is not read; call it notes.md"),
    ],
)
def test_files_with_problems_are_reported_and_not_used(
    name: str, content: bytes | str, said: str, series: Series
) -> None:
    put(series, name, content)
    episode, wrong = attach(series)
    assert wrong == [said]
    assert (episode.notes, episode.cover, episode.transcripts) == (None, None, ())


@pytest.mark.parametrize("name", ["notes.md", "transcript.en.vtt", "cover.png"])
def test_links_that_lead_out_of_the_series_are_refused(name: str, series: Series, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.write_text("secret", encoding="utf-8")
    (series.episodes[0].folder / name).symlink_to(outside)
    episode, wrong = attach(series)
    assert wrong == [
        f'error: {name.split(".")[0]}: "{name}" leads out of the series folder; copy the file into it'
    ]
    assert (episode.notes, episode.cover, episode.transcripts) == (None, None, ())


def test_a_folder_instead_of_a_file_is_reported(series: Series) -> None:
    (series.episodes[0].folder / "notes.md").mkdir()
    assert attach(series)[1] == ['error: notes: "notes.md" is a folder; write the path of a file']


def test_the_folder_of_a_withdrawn_talk_is_not_read(series: Series, tmp_path: Path) -> None:
    put(series, "notes.md", b"\xff")
    withdrawn = make_episode("a-talk", folder=series.episodes[0].folder, status="withdrawn")
    assert attach(make_series(tmp_path, withdrawn)) == (withdrawn, [])
