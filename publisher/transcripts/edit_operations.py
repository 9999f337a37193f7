"""The operations on a transcript: each returns its new content and the cues that must be read from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from publisher.errors import UsageError
from publisher.model import Seconds
from publisher.transcripts import find
from publisher.transcripts.cue_file import Change, stamps, with_times
from publisher.transcripts.cue_parts import CuePart, TranscriptDocument
from publisher.transcripts.cue_text import divided, escaped, kept_tags, normalized, voice_tag, with_words
from publisher.transcripts.edit_speakers import (
    Expected,
    expected_of,
    names_by_voice,
    settle,
    with_captions,
    with_speakers,
    without_voice_end,
)
from publisher.transcripts.edit_values import (
    Values,
    checked_span,
    position_of,
    rounded,
    speaker_of,
    text_of,
    time_of,
)
from publisher.transcripts.writers import SRT_LINE

Wanted = tuple[bytes, list[Expected]]
"""A file's new content, and the cues to be read from it, in order of time."""
Operation = Callable[[TranscriptDocument, int, Values], Wanted]


def _expected(document: TranscriptDocument) -> list[Expected]:
    return [expected_of(part.cue) for part in document.parts]


def _text(document: TranscriptDocument, position: int, edit: Values) -> Wanted:
    text = text_of(edit)
    if not text:
        return _delete(document, position, edit)
    return _with_texts(document, {position: text})


def _with_texts(document: TranscriptDocument, texts: Mapping[int, str]) -> Wanted:
    """The content with other words of cues, by position."""
    expected = _expected(document)
    captions: dict[int, str] = {}
    for position in sorted(texts, reverse=True):
        part = document.parts[position]
        raw = captions.get(part.caption, document.raw(part))
        captions[part.caption] = with_words(raw, part.text, texts[position], document.kind)
        expected[position] = expected[position]._replace(text=texts[position])
    return with_captions(document, captions), expected


def _delete(document: TranscriptDocument, position: int, edit: Values) -> Wanted:
    part, expected = document.parts[position], _expected(document)
    if len(expected) == 1:
        raise UsageError("this is the only cue; a transcript without words is no file to publish")
    del expected[position]
    if part.count == 1:
        return document.file.with_changes([_without_block(document, part)]), expected
    raw = document.raw(part)
    tag = voice_tag(raw, part.piece) if part.label is None else None
    start, end = tag[0] if tag else part.first, part.text.spans[-1][1]
    rest = kept_tags(raw[tag[1] if tag else start : end])
    after = without_voice_end(raw[end:]) if tag else raw[end:]
    return with_captions(document, {part.caption: raw[:start] + rest + after}), expected


def _without_block(document: TranscriptDocument, part: CuePart) -> Change:
    """The rows of a caption with the empty rows after it; those before it if it is the last."""
    file, place = document.file, document.file.places[part.caption]
    first, end = place.first, place.end
    while end < len(file.rows) and not file.row(end).strip():
        end += 1
    if end == len(file.rows):
        end = place.end
        while first > 0 and not file.row(first - 1).strip():
            first -= 1
    return first, end, []


def _split(document: TranscriptDocument, position: int, edit: Values) -> Wanted:
    part = document.parts[position]
    if "text" in edit and (text := text_of(edit)) != part.cue.text:
        changed = settle(document, *_with_texts(document, {position: text}))
        return _split(changed, position, {**edit, "text": text})
    at = edit.get("offset")
    text = part.text.text
    at = at if isinstance(at, int) and at > 0 else 0
    left, right = text[:at].rstrip(), text[at:].lstrip()
    if not left or not right:
        raise UsageError("put the caret between two words to split the cue there")
    time = time_of(edit, "at") if edit.get("at") is not None else _time_of(document, part, at)
    checked_span(part.cue.start, time)
    checked_span(time, part.cue.end)
    expected = _expected(document)
    expected[position : position + 1] = [
        expected[position]._replace(end=time, text=left),
        expected[position]._replace(start=time, text=right),
    ]
    first = position - part.number
    for number in range(first, first + part.count + 1):
        cue = expected[number]
        expected[number] = cue._replace(end=time) if number <= position else cue._replace(start=time)
    spans = part.text.spans
    raws = divided(document.raw(part), spans[len(left) - 1][1], spans[len(text) - len(right)][0])
    return document.file.with_changes([_split_block(document, part, raws, time)]), expected


def _time_of(document: TranscriptDocument, part: CuePart, offset: int) -> Seconds:
    """The time of a place within a cue: its words' own times, else its characters are evenly spoken."""
    for at, time in document.word_times(part):
        if at == offset and part.cue.start < time < part.cue.end:
            return time
    same = [one.text.text for one in document.parts if one.caption == part.caption]
    before = sum(map(len, same[: part.number])) + offset
    share = before / max(1, sum(map(len, same)))
    return rounded(part.cue.start + (part.cue.end - part.cue.start) * share)


def _split_block(document: TranscriptDocument, part: CuePart, raws: tuple[str, str], time: Seconds) -> Change:
    file, place = document.file, document.file.places[part.caption]
    times, number = file.row(place.times), [file.row(place.first)] if place.has_identifier else []
    left = [*number, with_times(times, None, time), *raws[0].split("\n")]
    new_number = _new_number(document)
    right = [*new_number, with_times(times, time, None), *raws[1].split("\n")]
    return place.first, place.end, [*left, "", *right]


def _join(document: TranscriptDocument, position: int, edit: Values) -> Wanted:
    """Joins a cue with the one after it."""
    if position + 1 >= len(document.parts):
        raise UsageError("this is the last cue")
    part, after = document.parts[position], document.parts[position + 1]
    if part.cue.speaker != after.cue.speaker:
        raise UsageError("two people speak in these cues; give both the same speaker before you join them")
    expected = _expected(document)
    space = _space_between(part, after)
    joined = expected[position]._replace(text=f"{part.cue.text}{space}{after.cue.text}")
    if part.caption == after.caption:
        expected[position : position + 2] = [joined]
        return with_speakers(document, {position + 1: None}, names_by_voice(document), "{}: "), expected
    if part.number != part.count - 1 or after.number != 0 or not after.is_editable:
        raise UsageError("these cues do not follow each other in the file; edit it by hand")
    start, end = part.cue.start, max(part.cue.end, after.cue.end)
    expected[position : position + 2] = [joined]
    first = position - part.number
    for number in range(first, first + part.count + after.count - 1):
        expected[number] = expected[number]._replace(start=start, end=end)
    place, next_place = (document.file.places[one.caption] for one in (part, after))
    times = with_times(document.file.row(place.times), None, end)
    text = _joined_text(document, part, after, space)
    changes = [(place.times, place.end, [times, *text.split("\n")]), _without_block(document, after)]
    if next_place.first < place.first and changes[1][1] > place.first:
        raise UsageError("these cues do not follow each other in the file; edit it by hand")
    return document.file.with_changes(changes), expected


def _space_between(part: CuePart, after: CuePart) -> str:
    """One line if both fit on it, as after a split; else the line break of a caption."""
    text = f"{part.cue.text} {after.cue.text}"
    return " " if part.caption != after.caption and "\n" not in text and len(text) <= SRT_LINE else "\n"


def _joined_text(document: TranscriptDocument, part: CuePart, after: CuePart, space: str) -> str:
    raw, next_raw = document.raw(part), document.raw(after)
    tag = voice_tag(next_raw, after.piece)
    if tag is not None and after.label is None:
        ends = raw.rstrip().lower().endswith("</v>")
        rest = next_raw[: tag[0]] + next_raw[tag[1] :]
        if ends:
            return f"{raw.rstrip()[:-4]}{space}{rest}"
        return f"{raw}{space}{without_voice_end(rest)}"
    if after.label is not None:
        start, end = after.label
        next_raw = next_raw[:start] + kept_tags(next_raw[start:end]) + next_raw[end:]
    return f"{raw}{space}{next_raw}"


def _times(document: TranscriptDocument, position: int, edit: Values) -> Wanted:
    part, expected = document.parts[position], _expected(document)
    start = time_of(edit, "start") if "start" in edit else part.cue.start
    end = time_of(edit, "end") if "end" in edit else part.cue.end
    checked_span(start, end)
    for number, one in enumerate(document.parts):
        if one.caption == part.caption:
            expected[number] = expected[number]._replace(start=start, end=end)
    row = document.file.places[part.caption].times
    line = with_times(document.file.row(row), start, end)
    return document.file.with_changes([(row, row + 1, [line])]), expected


def _insert(document: TranscriptDocument, position: int, edit: Values) -> Wanted:
    """A new cue; without ``speaker`` the one before it goes on."""
    start, end = checked_span(time_of(edit, "start"), time_of(edit, "end"))
    text = text_of(edit)
    if not text:
        raise UsageError("a cue needs words")
    expected = _expected(document)
    at = sum(1 for cue in expected if cue[:2] <= (start, end))
    speaker = speaker_of(edit) if "speaker" in edit else expected[at - 1].speaker if at else None
    expected.insert(at, Expected(start, end, text, speaker))
    return document.file.with_changes([_new_block(document, start, end, text)]), expected


def _new_block(document: TranscriptDocument, start: Seconds, end: Seconds, text: str) -> Change:
    file = document.file
    before = [number for number, one in enumerate(file.captions) if (one.start, one.end) <= (start, end)]
    number = _new_number(document)
    form = "00:00:00,000 --> 00:00:00,000" if document.kind == "srt" else "00:00:00.000 --> 00:00:00.000"
    if file.places:
        form = _stamps_only(file.row(file.places[before[-1] if before else 0].times))
    block = [*number, with_times(form, start, end), *escaped(text, document.kind).split("\n")]
    if before:
        row = file.places[before[-1]].end
        return row, row, ["", *block]
    if file.places:
        row = file.places[0].first
        return row, row, [*block, ""]
    return len(file.rows), len(file.rows), ["", *block] if file.rows else block


def _new_number(document: TranscriptDocument) -> list[str]:
    return ["0"] if document.kind == "srt" or document.file.is_numbered else []


def _stamps_only(line: str) -> str:
    first, last = stamps(line)
    return f"{first[0]} --> {last[0]}"


def _set_speaker(document: TranscriptDocument, position: int, edit: Values) -> Wanted:
    return _with_names(document, {position: speaker_of(edit)})


def _set_speaker_everywhere(document: TranscriptDocument, position: int, edit: Values) -> Wanted:
    """Another name for everybody who has the name of the cue."""
    old, new = document.parts[position].cue.speaker, speaker_of(edit)
    return _with_names(document, {n: new for n, part in enumerate(document.parts) if part.cue.speaker == old})


def _with_names(document: TranscriptDocument, names: Mapping[int, str | None]) -> Wanted:
    expected = _expected(document)
    names = {number: name for number, name in names.items() if name != expected[number].speaker}
    for number, name in names.items():
        expected[number] = expected[number]._replace(speaker=name)
    # Where a name holds, its first cue is enough, as the file was written.
    own = {n: name for n, name in names.items() if len(names) == 1 or document.parts[n].has_own_speaker}
    form = document.label_form or "{}: "
    shared = any(document.parts[number].count > 1 for number in own)
    return with_speakers(document, own, names_by_voice(document), form, is_explicit=shared), expected


def _replace(document: TranscriptDocument, position: int, edit: Values) -> Wanted:
    """Other words at the places `hits` of a preview: [{id, index, start, end}]."""
    hits = edit.get("hits")
    words = edit.get("with")
    if not isinstance(hits, list) or not hits or not isinstance(words, str) or len(words) > find.MAX_LENGTH:
        raise UsageError("choose what to replace, and the words to put in its place")
    by_cue: dict[int, list[find.Hit]] = {}
    for hit in hits:
        number = position_of(document, hit if isinstance(hit, dict) else {})
        by_cue.setdefault(number, []).append(find.Hit(int(hit["start"]), int(hit["end"])))
    texts = {}
    for number, found in by_cue.items():
        texts[number] = normalized(find.with_replacements(document.parts[number].text.text, found, words))
        if not texts[number]:
            raise UsageError("a cue would have no words left; delete it instead")
    return _with_texts(document, texts)


OPERATIONS: Mapping[str, Operation] = {
    "text": _text,
    "split": _split,
    "join": _join,
    "delete": _delete,
    "insert": _insert,
    "times": _times,
    "speaker": _set_speaker,
    "speaker-everywhere": _set_speaker_everywhere,
    "replace": _replace,
}
WITHOUT_CUE = ("insert", "replace")


def flatten(document: TranscriptDocument) -> Wanted:
    """Captions that repeat lines as plain ones: each word once, in the cue in which it appeared first."""
    file = document.file
    if not document.is_rolling:
        raise UsageError("this transcript is plain already")
    rows = [file.row(row) for row in range(file.places[0].first)]
    form = _stamps_only(file.row(file.places[0].times))
    for number, part in enumerate(document.parts, start=1):
        text = escaped(part.cue.text, document.kind)
        rows += [str(number)] if document.kind == "srt" else []
        rows += [with_times(form, part.cue.start, part.cue.end), *text.split("\n"), ""]
    return file.with_changes([(0, len(file.rows), rows[:-1])]), _expected(document)
