"""Any edit of any transcript changes the cue that it names, and nothing else that readers read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pysubs2
import webvtt
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from publisher.errors import UsageError
from publisher.transcripts import cue_parts, edit, parse
from publisher.transcripts.cue_parts import TranscriptDocument
from tests.transcripts.samples import stamp

WORDS = st.lists(
    st.sampled_from(
        [
            "word",
            "Ana",
            "wörd,",
            "AT&T",
            "3 < 4",
            "کتاب",
            "می‌روم",
            "<i>set</i>",
            "<c.unsure>maybe</c>",
            "你好",
            "1994",
            "no?",
        ]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)
NAMES = ("Ana Example", "Ben Sample", "سارا", "Dr. Q")
SPOKEN = {
    "vtt": ("", "<v {}>", "<v.loud {}>", "<v {}>"),
    "label": ("", "{}: ", "{}: "),
    "bracket": ("", "[{}] "),
    "mark": ("", "- ", ">> {}: "),
}


@st.composite
def transcripts(draw: st.DrawFn) -> tuple[str, str]:
    """(file name, text) of a transcript with other blocks between its cues."""
    kind = draw(st.sampled_from(["vtt", "srt"]))
    forms = SPOKEN[draw(st.sampled_from([*SPOKEN] if kind == "vtt" else ["label", "bracket", "mark"]))]
    blocks = (
        ["WEBVTT - talk\nKind: captions", "NOTE a\nnote", "STYLE\n::cue(.unsure) { color: red }"]
        if kind == "vtt"
        else []
    )
    for number in range(draw(st.integers(1, 6))):
        lines = [
            draw(st.sampled_from(forms)).format(draw(st.sampled_from(NAMES))) + draw(WORDS)
            for _ in range(draw(st.integers(1, 2)))
        ]
        comma = kind == "srt"
        times = f"{stamp(number * 3.0, comma)} --> {stamp(number * 3.0 + draw(st.sampled_from([2.5, 3.0])), comma)}"
        settings_ = draw(st.sampled_from(["", " align:start line:0"])) if kind == "vtt" else ""
        name = [str(number + 1)] if comma or draw(st.booleans()) else []
        blocks.append("\n".join([*name, times + settings_, *lines]))
        if kind == "vtt" and draw(st.booleans()):
            blocks.append(f"NOTE between {number}")
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n\n".join(blocks).replace("\n", newline) + draw(st.sampled_from(["", newline]))
    return f"transcript.en.{kind}", draw(st.sampled_from(["", "\ufeff"])) + text


@st.composite
def edits(draw: st.DrawFn, document: TranscriptDocument) -> dict[str, Any]:
    index = draw(st.integers(0, len(document.parts) - 1))
    part = document.parts[index]
    made: dict[str, dict[str, Any]] = {
        "text": {"text": draw(WORDS)},
        "split": {"offset": draw(st.integers(1, max(1, len(part.cue.text) - 1)))},
        "join": {},
        "delete": {},
        "times": {"start": part.cue.start + 0.25},
        "speaker": {"speaker": draw(st.sampled_from([*NAMES, "New Person", None]))},
        "speaker-everywhere": {"speaker": draw(st.sampled_from([*NAMES, "New Person"]))},
        "insert": {"start": 4.5, "end": 5.5, "text": "inserted words", "speaker": "New Person"},
    }
    operation = draw(st.sampled_from(sorted(made)))
    return {"op": operation, "id": part.id, "index": index, **made[operation]}


def document_of(name: str, text: str) -> TranscriptDocument:
    return cue_parts.load(Path(name), text.encode())


def untouched(document: TranscriptDocument, but: set[str]) -> list[object]:
    return [(p.cue.start, p.cue.end, p.cue.text, p.cue.speaker) for p in document.parts if p.id not in but]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_an_edit_changes_only_its_cue_and_can_be_taken_back(data: st.DataObject) -> None:
    document = document_of(*data.draw(transcripts()))
    assume(document.parts and not document.is_rolling)
    assume(len({part.id for part in document.parts}) == len(document.parts))
    change = data.draw(edits(document))
    try:
        after = edit.apply(document, [change])
    except UsageError:
        return
    same = {part.id for part in document.parts} & {part.id for part in after.document.parts}
    edited = document.parts[change["index"]]
    others = {p.id for p in document.parts if p.caption != edited.caption}
    if change["op"] in ("text", "speaker", "times"):
        assert others <= same
    if change["op"] in ("text", "times", "split", "delete"):
        kept = untouched(document, {p.id for p in document.parts} - same)
        assert [cue for cue in untouched(after.document, set()) if cue in kept] == kept
    assert edit.apply(after.document, after.undo).document.content == document.content
    again = parse(
        Path(document.file.path),
        after.document.content.decode("utf-8-sig").replace("\r\n", "\n"),
        document.kind,
    )
    assert [part.cue for part in after.document.parts] == list(again)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_other_readers_find_the_same_cues_around_a_changed_text(data: st.DataObject) -> None:
    name, text = data.draw(transcripts())
    document = document_of(name, text)
    assume(document.parts and not document.is_rolling)
    index = data.draw(st.integers(0, len(document.parts) - 1))
    change = {"op": "text", "id": document.parts[index].id, "index": index, "text": "quite other words"}
    try:
        after = edit.apply(document, [change]).document.content.decode("utf-8-sig")
    except UsageError:
        return
    number = document.parts[index].caption
    for read in (_by_pysubs2, _by_webvtt):
        before_cues, after_cues = read(name, text.removeprefix("\ufeff")), read(name, after)
        assert len(before_cues) == len(after_cues)
        assert "quite other words" in re.sub(r"<[^<>]*>|\{[^{}]*\}", "", after_cues[number][1])
        del before_cues[number], after_cues[number]
        # A name that the changed cue no longer tells apart is written at the next one.
        assert [times for times, _ in before_cues] == [times for times, _ in after_cues]
        assert all(new.endswith(old) for (_, old), (_, new) in zip(before_cues, after_cues, strict=True))


def _by_pysubs2(name: str, text: str) -> list[tuple[object, str]]:
    read = pysubs2.SSAFile.from_string(text.replace("\r\n", "\n"), format_=name[-3:])
    return [((event.start, event.end), event.text) for event in read]


def _by_webvtt(name: str, text: str) -> list[tuple[object, str]]:
    read = webvtt.from_buffer(text.replace("\r\n", "\n").split("\n"), format=name[-3:])
    return [((caption.start, caption.end), caption.raw_text) for caption in read.captions]
