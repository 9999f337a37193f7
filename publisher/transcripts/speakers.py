"""Finds who speaks: names in voice spans or before the words, signs for another speaker, names that hold on.

Programs write the speaker as ``<v Name>`` (Teams, Podlove), ``Name: `` (Zoom, Descript), ``[SPEAKER_00]: ``
(Whisper with diarization), ``[Name] ``, ``(Name)`` on a line of its own, ``>> NAME: ``: at every cue, or only
where the speaker changes, as the podcast namespace recommends. ``>>`` and a dash mark another speaker without
a name (CEA-608, YouTube).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from publisher.transcripts.cues import Caption, Cue, Line
from publisher.transcripts.sentences import ends_sentence

MIN_REPEATED_NAMES = 3
"""Cues that repeat the speaker of the cue before, from which a transcript may name every cue."""

_NAME = r"[^\W\d_][^\n:：<>\[\]{}!?,;،؛؟۔…\"]{0,39}"
_MARK = re.compile(r"(>{2,3}|-{1,2}|[–—])(?![-–—>])[ \t]*(?=\S)")
_LABEL = re.compile(rf"({_NAME})(?::[ \t]+(?=\S)|：[ \t]*(?=\S)|[:：]$)")
_BRACKETS = re.compile(r"(?:\[([^\[\]\n:：]{1,40})\]|\(([^()\n:：]{1,40})\))[ \t]*(:|：)?[ \t]*")
_SOUND = re.compile(
    r"""(?xi) (?: appla\w* | background | beifall | chuckl\w* | cheer(?:s|ing) | crosstalk | crying |
    cough\w* | end | foreign | gelächter | inaudible | indistinct | intro | laugh\w* |
    mumbl\w* | musi[ck] | musique | noise | no | outro | overlapping | pause | phone |
    playing | rires? | silence | singing | sighs? | sings | speaking | start | unclear |
    unintelligible | whisper\w* ) \b"""
)
"""What brackets begin with that contain no name."""

_PARTICLE = re.compile("al|bin|da|de|del|den|der|di|dos|du|e|el|ibn|la|le|van|von|y")
_ANNOUNCEMENT = re.compile(
    r"""(?xi) (?: a | achtung | again | also | and | answer | attention | because | beispiel | breaking |
    but | caution | chapter | conclusion | context | example | exemple | fact | first |
    frage | he | here | hint | how | i | it | listen | look | maybe | my | no | note |
    notice | now | number | ok | okay | one | our | part | please | point | q | quote |
    question | remember | reminder | result | second | she | so | source | step | summary |
    that | the | then | there | these | they | third | this | those | three | tip | title |
    today | translation | two | update | warning | we | well | what | when | where | who |
    why | yes | you ) \b"""
)
"""What the words before a colon begin with that are no name."""


@dataclass(frozen=True, slots=True)
class _Marking:
    """What a line begins with: a sign for another speaker, a possible name, and the words after them.

    `is_certain` unless other texts begin in the same way, so that the name has to occur twice.
    """

    mark: str
    name: str | None
    rest: str
    is_certain: bool = False


def cues_of(captions: Sequence[Caption]) -> Iterator[Cue]:
    """The captions, in order of time, as cues by speaker."""
    yield from _held(tuple(_split(captions, _speaker_names(captions))))


# Names before the words


def _speaker_names(captions: Sequence[Caption]) -> frozenset[str]:
    """The names that labels before the words may contain; none where voice spans name speakers."""
    named = any(line.voice for caption in captions for line in caption.lines)
    return frozenset() if named else _names(captions)


def _names(captions: Sequence[Caption]) -> frozenset[str]:
    """The labels that are names of speakers: "Note:" or a quoted "He said:" mostly occurs once."""
    times: Counter[str] = Counter()
    certain: set[str] = set()
    once: dict[str, int] = {}
    for position, caption in enumerate(captions):
        for number, line in enumerate(caption.lines):
            marking = _marking(line.text, is_last=number == len(caption.lines) - 1)
            if marking.name is None or not _is_name(marking.name):
                continue
            times[marking.name] += 1
            if marking.is_certain:
                certain.add(marking.name)
            elif number == 0 and _is_likely_name(marking.name):
                once.setdefault(marking.name, position)
    names = certain | {name for name, count in times.items() if count > 1}
    # A guest who speaks once has a label as well, in a transcript that labels its speakers.
    labels = bool(names) or (len(once) > 1 and 0 in once.values())
    return frozenset(names | once.keys() if labels else names)


def _marking(text: str, is_last: bool = True) -> _Marking:
    found = _MARK.match(text)
    mark, words = (found[1], text[found.end() :]) if found else ("", text)
    label = _LABEL.match(words)
    if label is not None and (label.end() < len(words) or not is_last):
        return _Marking(mark, label[1].strip(), words[label.end() :], is_certain=mark.startswith(">>"))
    name, rest, is_certain = _bracketed(words, is_last)
    return _Marking(mark, name, rest, is_certain)


def _bracketed(words: str, is_last: bool) -> tuple[str | None, str, bool]:
    """A name in brackets before the words: (name, words after it, whether it is one without doubt)."""
    found = _BRACKETS.match(words)
    if found is None:
        return None, words, False
    name, rest = " ".join((found[1] or found[2]).split()), words[found.end() :]
    is_apart = not rest and not is_last
    has_colon = found[3] is not None and (bool(rest) or is_apart)
    is_label = is_apart or (found[1] is not None and bool(rest))
    is_sound = not any(map(str.isalpha, name)) or _SOUND.match(name) is not None
    if is_sound or not (has_colon or (is_label and _is_cased(name))):
        return None, words, False
    return name, rest, has_colon


def _is_cased(name: str) -> bool:
    """Whether every word begins with a capital letter or a digit, as names do and sounds mostly do not."""
    return all(word[0].isupper() or word[0].isdigit() for word in re.split(r"[\s_]+", name) if word)


def _is_name(label: str) -> bool:
    words = label.split()
    return len(words) <= 5 and not words[0][0].islower() and not words[-1][0].islower()


def _is_likely_name(label: str) -> bool:
    """Whether a label that occurs once is a name: its words are capitalized and begin no sentence."""
    words = label.split()
    capitals = all(word[0].isupper() or _PARTICLE.fullmatch(word) for word in words)
    return capitals and len(words) <= 4 and words[0][0].isupper() and _ANNOUNCEMENT.match(label) is None


# Cues by speaker


@dataclass(frozen=True, slots=True)
class _Part:
    """A line of a caption: `speaker` is None if it goes on with the one before, empty if it is another."""

    text: str
    speaker: str | None
    mark: str = ""


def _split(captions: Iterable[Caption], names: frozenset[str]) -> Iterator[tuple[Cue, bool]]:
    """Each caption as cues by speaker, and whether a cue goes on with the speaker before."""
    for group in _groups(captions, names):
        yield group.cue, group.goes_on


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of a caption that one speaker says, from line `first`: `texts`, without the speaker's name.

    `caption` counts the captions. The cue has no name that an earlier cue contains.
    """

    caption: int
    first: int
    texts: tuple[str, ...]
    cue: Cue
    goes_on: bool


def groups_of(captions: Sequence[Caption]) -> tuple[tuple[Group, ...], tuple[Cue, ...]]:
    """The captions, in order of time, by speaker, and the cues of `cues_of`, one for each group."""
    groups = tuple(_groups(captions, _speaker_names(captions)))
    return groups, tuple(_held(tuple((group.cue, group.goes_on) for group in groups)))


def _groups(captions: Iterable[Caption], names: frozenset[str]) -> Iterator[Group]:
    before = ""
    for position, caption in enumerate(captions):
        parts: list[list[_Part]] = []
        for number, line in enumerate(caption.lines):
            part = _part(line, names, before, number, is_last=number == len(caption.lines) - 1)
            if not parts or _is_other(part, parts[-1][0]):
                parts.append([part])
            else:
                parts[-1].append(part)
            before = line.text
        line_number = 0
        for lines in parts:
            text = "\n".join(part.text for part in lines if part.text)
            first = lines[0]
            if text:
                cue = Cue(caption.start, caption.end, text, first.speaker or None, mark=first.mark)
                texts = tuple(part.text for part in lines)
                yield Group(position, line_number, texts, cue, first.speaker is None)
            line_number += len(lines)


def _is_other(part: _Part, first: _Part) -> bool:
    return part.speaker is not None and (bool(part.mark) or part.speaker != first.speaker)


def _part(line: Line, names: frozenset[str], before: str, number: int, is_last: bool) -> _Part:
    if line.voice is not None:
        return _Part(line.text, line.voice)
    marking = _marking(line.text, is_last)
    if marking.name in names:
        return _Part(marking.rest, marking.name)
    if marking.mark and _is_change(marking.mark, line.text, before):
        return _Part(line.text[len(marking.mark) :].lstrip(), "", marking.mark)
    is_doubtful = names and number == 0 and marking.name is not None and _is_doubtful(marking.name)
    return _Part(line.text, "" if is_doubtful else None)


def _is_doubtful(label: str) -> bool:
    """Whether the words may be those of a speaker who is named only here: then no other name holds."""
    words = label.split()
    return _is_name(label) and len(words) <= 3 and _ANNOUNCEMENT.match(label) is None


def _is_change(mark: str, text: str, before: str) -> bool:
    """Whether a sign at the start of a line means another speaker, not a number or an interruption."""
    if mark.startswith(">>"):
        return True
    if mark == "-":
        return text[1:2].isspace() or text[1:2].isalpha()
    return not before or ends_sentence(before)


def _held(cues: Sequence[tuple[Cue, bool]]) -> Iterator[Cue]:
    """Cues in which a name holds until the next name or the next sign for another speaker."""
    names_every_cue = _names_every_cue(cues)
    holder: Cue | None = None
    for cue, goes_on in cues:
        if not goes_on or names_every_cue:
            holder = cue if cue.speaker else None
        if cue.speaker or holder is None:
            yield cue
        else:
            yield replace(cue, speaker=holder.speaker, named=(holder.start, holder.end))


def _names_every_cue(cues: Sequence[tuple[Cue, bool]]) -> bool:
    """Whether a cue without a name has an unknown speaker, because the others repeat theirs."""
    runs = [(speaker, len(list(run))) for speaker, run in groupby(cue.speaker for cue, _ in cues)]
    repeated = sum(length - 1 for speaker, length in runs if speaker)
    nameless = sum(1 for cue, goes_on in cues if goes_on)
    return repeated >= MIN_REPEATED_NAMES and repeated > 3 * nameless


def mark_nameless(cues: Sequence[Cue]) -> Iterator[Cue]:
    """Cues in which a dash marks a speaker without a name who follows one with a name.

    Without it, captions would show the words as those of the speaker before.
    """
    before: str | None = None
    for cue in cues:
        if cue.redacted:
            yield cue
            continue
        is_unmarked = before is not None and cue.speaker is None and not cue.mark
        is_sound = cue.text[0] in "[(♪" and cue.text[-1] in "])♪"
        yield replace(cue, mark="-") if is_unmarked and not is_sound else cue
        if not is_sound or cue.speaker:
            before = cue.speaker
