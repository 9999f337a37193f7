"""Edits of transcripts leave every byte that they do not name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher.errors import UsageError
from publisher.transcripts import cue_parts, edit, find, read
from publisher.transcripts.cue_parts import TranscriptDocument
from publisher.transcripts.edit_rows import RowsConflict
from publisher.transcripts.edit_values import CueConflict
from tests.transcripts import samples

VTT = (
    "\ufeffWEBVTT - a talk\r\nKind: captions\r\n\r\nNOTE\r\nby hand\r\n\r\nSTYLE\r\n::cue(.unsure) { color: red }\r\n\r\n"
    "REGION\r\nid:low\r\n\r\nintro\r\n00:01.000  -->  00:03.000 align:start  region:low\r\n"
    "<v.loud Ana>Hello <c.unsure>wörld</c> &amp; <i>all <00:02.500>here</i>\r\n\r\nNOTE between\r\n\r\n"
    "00:03.000 --> 00:05.000\r\n<v Ben>Yes, \r\nAT&amp;T said so</v>\r\n\r\n\r\n"
    "01:00:05.000 --> 01:00:07.500 line:0\r\nEnd  of it\r\n"
)
SRT = (
    "1\n00:00:01,000 --> 00:00:02,000\nAna: {\\an8}Hi <b>there</b>\n\n2\n00:00:02,000 --> 00:00:04,000\nBen: 3 < 4 & so\n"
    "Ana: fine\n\n3\n00:00:05,000 --> 00:00:06,000\nmore"
)
URDU = "WEBVTT\n\n00:01.000 --> 00:03.000\nکراچی سے احمد علی آئے\n\n00:03.000 --> 00:05.000\nاحمدآباد، اور اَحمد نے کہا\n"


def document_of(text: str, name: str = "transcript.en.vtt") -> TranscriptDocument:
    return cue_parts.load(Path(name), text.encode())


def changed(text: str, name: str, *edits: dict[str, Any]) -> str:
    """The text after edits, which name cues by position."""
    document = document_of(text, name)
    addressed = [{**one, "id": document.parts[one["index"]].id} if "index" in one else one for one in edits]
    return edit.apply(document, addressed).document.content.decode()


CASES: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("a word in markup", VTT, {"op": "text", "index": 0, "text": "Hello worlds & all here"}, ">wörld<", ">worlds<"),
    ("a word with a time", VTT, {"op": "text", "index": 0, "text": "Hello wörld & all there"}, "all <00:02.500>here", "all <00:02.500>there"),
    ("an escape", VTT, {"op": "text", "index": 1, "text": "Yes,\nQ&A said so"}, "AT&amp;T", "Q&amp;A"),
    ("a comparison in SubRip", SRT, {"op": "text", "index": 1, "text": "3 < 5 & so"}, "3 < 4", "3 < 5"),
    ("a start", VTT, {"op": "times", "index": 0, "start": 0.5}, "00:01.000  -->", "00:00.500  -->"),
    ("an end in SubRip", SRT, {"op": "times", "index": 3, "end": 6.25}, "00:00:06,000", "00:00:06,250"),
    ("a speaker with a class", VTT, {"op": "speaker", "index": 0, "speaker": "Cleo"}, "<v.loud Ana>", "<v.loud Cleo>"),
    ("a speaker whose name holds", VTT, {"op": "speaker", "index": 2, "speaker": "Cleo"}, "End  of it", "<v Cleo>End  of it"),
    ("a speaker before a held one", VTT, {"op": "speaker-everywhere", "index": 1, "speaker": "Cleo"}, "<v Ben>", "<v Cleo>"),
    ("a split in markup", VTT, {"op": "split", "index": 0, "offset": 14, "at": 2.0},
     "-->  00:03.000 align:start  region:low\r\n<v.loud Ana>Hello <c.unsure>wörld</c> &amp; <i>",
     "-->  00:02.000 align:start  region:low\r\n<v.loud Ana>Hello <c.unsure>wörld</c> &amp;\r\n\r\n"
     "00:02.000  -->  00:03.000 align:start  region:low\r\n<v.loud Ana><i>"),
    ("a join in SubRip", SRT, {"op": "join", "index": 2},
     "00:00:04,000\nBen: 3 < 4 & so\nAna: fine\n\n3\n00:00:05,000 --> 00:00:06,000\nmore",
     "00:00:06,000\nBen: 3 < 4 & so\nAna: fine more"),
    ("a removed cue", VTT, {"op": "delete", "index": 1},
     "00:03.000 --> 00:05.000\r\n<v Ben>Yes, \r\nAT&amp;T said so</v>\r\n\r\n\r\n01:00:05.000 --> 01:00:07.500 line:0\r\n",
     "01:00:05.000 --> 01:00:07.500 line:0\r\n<v Ben>"),
    ("an inserted cue", SRT, {"op": "insert", "start": 4, "end": 4.5, "text": "well"}, "\n\n3\n",
     "\n\n3\n00:00:04,000 --> 00:00:04,500\nwell\n\n4\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "change", "old", "new"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_an_edit_replaces_only_its_own_bytes(text: str, change: dict[str, Any], old: str, new: str) -> None:
    name = "transcript.en.vtt" if text is VTT else "transcript.en.srt"
    assert text.count(old) == 1
    assert changed(text, name, change) == text.replace(old, new)


def test_a_name_that_held_is_written_where_it_would_be_lost() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>One\n\n00:02.000 --> 00:03.000\nTwo\n\n00:03.000 --> 00:04.000\nThree\n"
    after = changed(text, "transcript.en.vtt", {"op": "speaker", "index": 0, "speaker": "Ben"})
    assert after == text.replace("<v Ana>One", "<v Ben>One").replace("Two", "<v Ana>Two")


def test_a_name_that_occurs_once_stays_a_name_when_the_other_one_goes() -> None:
    after = document_of(changed(SRT, "transcript.en.srt", {"op": "delete", "index": 0}), "transcript.en.srt")
    assert [(part.cue.speaker, part.cue.text) for part in after.parts] == [
        ("Ben", "3 < 4 & so"), ("Ana", "fine"), ("Ana", "more"),
    ]  # fmt: skip


def test_words_that_would_be_read_as_a_name_are_refused() -> None:
    with pytest.raises(UsageError, match="can name a speaker"):
        changed(SRT, "transcript.en.srt", {"op": "text", "index": 3, "text": "Ben: more"})


def test_a_cue_that_was_changed_outside_is_a_conflict() -> None:
    document = document_of(VTT)
    late = {"op": "text", "id": document.parts[0].id, "index": 0, "text": "late"}
    other = document_of(VTT.replace("here</i>", "there</i>"))
    with pytest.raises(CueConflict) as caught:
        edit.apply(other, [late])
    assert caught.value.theirs is not None
    assert caught.value.theirs.cue.text == "Hello wörld & all there"


def test_an_edit_finds_its_cue_after_a_change_elsewhere() -> None:
    document = document_of(VTT)
    late = {"op": "text", "id": document.parts[2].id, "index": 2, "text": "The end"}
    other = VTT.replace("NOTE between", "00:00:03.000 --> 00:00:03.100\r\n<v Ana>new one")
    assert "The  end" in edit.apply(document_of(other), [late]).document.content.decode()


def test_an_edit_is_taken_back_after_a_change_elsewhere_but_not_over_one() -> None:
    document = document_of(SRT, "transcript.en.srt")
    done = edit.apply(document, [{"op": "delete", "id": document.parts[3].id, "index": 3}])
    elsewhere = done.document.content.decode().replace("Hi", "Hello")
    undone = edit.apply(document_of(elsewhere, "transcript.en.srt"), done.undo)
    assert undone.document.content.decode() == SRT.replace("Hi", "Hello")
    with pytest.raises(RowsConflict):
        edit.apply(document_of(elsewhere.replace("fine", "good"), "transcript.en.srt"), done.undo)


@pytest.mark.parametrize(
    ("word", "found"),
    [("احمد", ["احمد", "اَحمد"]), ("احمدآباد", ["احمدآباد"]), ("كراچي", ["کراچی"]), ("حمد", [])],
)
def test_whole_words_are_found_in_every_spelling_of_arabic_script(word: str, found: list[str]) -> None:
    hits = edit.preview(document_of(URDU, "transcript.ur.vtt"), find.Search(word))
    assert [hit["found"] for hit in hits] == found


def test_words_are_replaced_only_where_they_were_chosen() -> None:
    document = document_of(URDU, "transcript.ur.vtt")
    hits = edit.preview(document, find.Search("احمد"))
    after = edit.apply(document, [{"op": "replace", "with": "حامد", "hits": hits[1:]}]).document
    assert after.content.decode() == URDU.replace("اَحمد", "حامد")


def test_unsure_words_and_the_times_of_words_are_known() -> None:
    document = document_of(VTT)
    (part, *_) = document.parts
    assert [part.cue.text[start:end] for start, end in document.unsure(part)] == ["wörld"]
    assert document.word_times(part) == [(18, 2.5)]


def test_captions_that_repeat_lines_are_made_plain_before_they_are_edited(tmp_path: Path) -> None:
    document = document_of(samples.youtube(samples.MODERATOR))
    assert document.is_rolling
    with pytest.raises(UsageError, match="make it plain"):
        edit.apply(document, [{"op": "delete", "id": document.parts[0].id, "index": 0}])
    plain = edit.apply(document, [{"op": "flatten"}]).document
    assert not plain.is_rolling
    before = read(samples.supplied(tmp_path, "a.vtt", document.content))
    assert read(samples.supplied(tmp_path, "b.vtt", plain.content)) == before


@pytest.mark.parametrize(
    "make", [samples.zoom, samples.teams, samples.descript, samples.podcast_namespace, samples.diarized]
)
def test_the_cues_of_every_program_can_be_edited(make: Any, tmp_path: Path) -> None:
    made = make()
    name = "transcript.en.vtt" if made.startswith("WEBVTT") else "transcript.en.srt"
    document = document_of(made, name)
    assert document.content.decode() == made
    last = len(document.parts) - 1
    after = edit.apply(
        document, [{"op": "text", "id": document.parts[last].id, "index": last, "text": "Good night"}]
    )
    assert after.document.parts[last].cue.text == "Good night"
    assert [part.cue for part in after.document.parts[:last]] == [part.cue for part in document.parts[:last]]
