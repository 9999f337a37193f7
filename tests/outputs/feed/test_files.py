"""Chapters and transcripts as files of their own."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import webvtt

from publisher.context import BuildContext
from publisher.model import Chapter, Publication, SourceFile, Transcript
from publisher.outputs.chapters import ChaptersRenderer
from publisher.outputs.transcripts import TranscriptsRenderer
from publisher.transcripts import TranscriptError
from tests.outputs.feed.samples import LINK, full_release, nasty_publication, publication, release, render

BENCH = BuildContext(Path("/nowhere/public"), Path("/nowhere/.publisher"))
WORDS = (
    "WEBVTT\n\n00:05.000 --> 00:09.000\nbefore the start\n\n00:20.000 --> 00:22.500\n<v Taha>سلام & hello\n"
)


def chapters(shown: Publication) -> dict[str, bytes]:
    return {each.path: each.render() for each in ChaptersRenderer(BENCH).documents(shown)}


def transcripts(shown: Publication) -> dict[str, str]:
    return {each.path: each.render().decode() for each in TranscriptsRenderer(BENCH).documents(shown)}


def supplied(folder: Path, language: str, words: str = WORDS) -> Transcript:
    path = folder / f"transcript.{language}.vtt"
    path.write_text(words, encoding="utf-8")
    return Transcript(language, SourceFile(path, f"digest of {words}"))


def test_chapters_are_in_published_time_with_their_links() -> None:
    (document,) = chapters(publication([full_release()])).values()
    assert json.loads(document) == {
        "version": "1.2.0",
        "title": "Everything at once",
        "podcastName": "Press Talk",
        "chapters": [
            {"startTime": 0, "title": "Welcome"},
            {"startTime": 690, "title": "Questions", "url": "https://example.org/q"},
        ],
    }


def test_three_hundred_hostile_chapters_are_all_there_in_order() -> None:
    for document in chapters(nasty_publication()).values():
        starts = [chapter["startTime"] for chapter in json.loads(document)["chapters"]]
        assert len(starts) == 300 and starts[0] == 0 and starts == sorted(set(starts))


def test_a_chapters_picture_is_published_without_what_the_camera_wrote(tmp_path: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F] = "The camera of somebody"
    Image.new("RGB", (1600, 400), "teal").save(tmp_path / "questions.jpg", exif=exif)
    picture = SourceFile(tmp_path / "questions.jpg", "0123456789abcdef" * 4)
    shown = publication([release(chapters=(Chapter(0, "A"), Chapter(60, "B", image=picture)))])
    files = chapters(shown)
    path = "episodes/talk/chapter-01234567.jpg"
    assert json.loads(files["episodes/talk/chapters.json"])["chapters"][1]["img"] == LINK + path
    with Image.open(io.BytesIO(files[path])) as drawn:
        assert (drawn.format, drawn.mode, drawn.size) == ("JPEG", "RGB", (1200, 300))
        assert not drawn.getexif()
    assert f'image="{LINK}{path}"'.encode() in render(shown)["feed.xml"]


def test_a_talk_without_chapters_or_without_sound_has_no_chapters_file() -> None:
    silent = release("video", chapters=(Chapter(0, "A"),), enclosures=())
    assert chapters(publication([release(), silent])) == {}


def test_a_chapters_link_that_runs_code_is_left_out() -> None:
    (document,) = chapters(publication([release(chapters=(Chapter(0, "A", "javascript:x"),))])).values()
    assert b"javascript" not in document


def test_one_transcript_gives_three_files_in_published_time(tmp_path: Path) -> None:
    shown = publication([release(start=10.0, intro_duration=2.0, transcripts=(supplied(tmp_path, "ur"),))])
    files = transcripts(shown)
    assert sorted(files) == [f"episodes/talk/transcript.ur.{suffix}" for suffix in ("json", "srt", "vtt")]
    (caption,) = webvtt.from_string(files["episodes/talk/transcript.ur.vtt"])
    assert (caption.start, caption.end, caption.voice) == ("00:00:12.000", "00:00:14.500", "Taha")
    assert json.loads(files["episodes/talk/transcript.ur.json"])["segments"] == [
        {"speaker": "Taha", "startTime": 12.0, "endTime": 14.5, "body": "سلام & hello"}
    ]
    assert files["episodes/talk/transcript.ur.srt"].startswith("1\n00:00:12,000 --> 00:00:14,500\nTaha: سلام")
    assert not any("before the start" in text for text in files.values())


def test_what_the_feed_offers_is_what_is_rendered() -> None:
    shown = publication([full_release(), release("unplaced", recording_duration=None, transcripts=())])
    rendered = [each.path for each in TranscriptsRenderer(BENCH).documents(shown)]
    assert rendered == [
        f"episodes/full/transcript.{language}.{suffix}"
        for language in ("en", "ur")
        for suffix in ("vtt", "srt", "json")
    ]


def test_a_transcript_is_rendered_again_when_its_words_or_the_cuts_change(tmp_path: Path) -> None:
    def keys(shown: Publication) -> set[str]:
        return {each.key for each in TranscriptsRenderer(BENCH).documents(shown)}

    words = supplied(tmp_path, "en")
    before = keys(publication([release(transcripts=(words,))]))
    assert keys(publication([release(transcripts=(words,), title="Another")])) == before
    assert keys(publication([release(transcripts=(words,), mutes=((20.0, 21.0),))])) != before
    assert keys(publication([release(transcripts=(supplied(tmp_path, "en", "WEBVTT\n"),))])) != before


def test_a_broken_transcript_says_where_when_it_is_rendered(tmp_path: Path) -> None:
    shown = publication([release(transcripts=(supplied(tmp_path, "en", "WEBVTT\n\n1 --> 2\n"),))])
    with pytest.raises(TranscriptError, match=r"transcript\.en\.vtt:3: "):
        transcripts(shown)
