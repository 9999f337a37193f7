"""A name in a transcript is found across cues, times and other speakers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from publisher import transcripts
from publisher.errors import LeakError
from publisher.leaks import find
from publisher.leaks.checker import LeakChecker
from publisher.model import Episode, SourceFile, Transcript
from publisher.transcripts import Cue
from tests.conftest import make_episode
from tests.leaks.corpus import INNOCENT, SECRETS

CHECKER = LeakChecker(SECRETS)

HEAD = "WEBVTT\n\n"


def vtt(*cues: str, head: str = HEAD) -> str:
    return head + "\n".join(
        f"00:00:{2 * number:02}.000 --> 00:00:{2 * number + 2:02}.000\n{text}\n"
        for number, text in enumerate(cues)
    )


def srt(*cues: str) -> str:
    return "\n".join(
        f"{number + 1}\n00:00:{2 * number:02},000 --> 00:00:{2 * number + 2:02},000\n{text}\n"
        for number, text in enumerate(cues)
    )


def talk_with(folder: Path, name: str, text: str) -> Episode:
    path = folder / name
    path.write_bytes(text.encode())
    digest = hashlib.sha256(text.encode()).hexdigest()
    return make_episode(transcripts=(Transcript("en", SourceFile(path, digest)),))


SPLIT = (
    ("a.en.vtt", vtt("Here is Nemo", "Exemplarius, welcome"), 4),
    ("a.en.vtt", vtt("Here is Nemo", "", "Exemplarius, welcome"), 4),
    ("a.en.vtt", vtt("one", "two", "Here is Nemo", "Exemplarius"), 10),
    ("a.en.vtt", vtt("<v Host>Nemo", "<v Guest>Hm?", "<v Host>Exemplarius"), 4),
    ("a.en.vtt", vtt("<v Host>Nemo", "<v Guest>Exemplarius"), 4),
    ("a.en.vtt", vtt("<v Nemo>Hello", "<v Host>Yes", "<v Nemo>Exemplarius is my name"), 10),
    ("a.en.vtt", vtt("one\nNemo", "Exemplarius"), 5),
    ("a.en.vtt", vtt("Nemo Exem-", "plarius"), 4),
    ("a.en.vtt", vtt("Nemo Exem\u00ad", "plarius"), 4),
    ("a.en.vtt", vtt("NEMO", "EXEMPLARIUS").replace("\n", "\r\n"), 4),
    ("a.en.vtt", vtt("Nemo", "Exemplarius", head="WEBVTT\n\nNOTE who\nspeaks\n\n"), 7),
    ("a.en.vtt", HEAD + "intro\n00:01.000 --> 00:02.000\nNemo\n\nNOTE\nlater\n\nsecond\n00:03.000 --> 00:04.000\nExemplarius\n", 5),
    ("a.en.vtt", HEAD + "00:09.000 --> 00:10.000\nExemplarius is here\n\n00:08.000 --> 00:09.000\nThis is Nemo\n", 7),
    ("a.en.vtt", HEAD + "00:01.000 --> 00:02.000\n<00:01.200>Ne<00:01.300>mo\n\n00:02.000 --> 00:03.000\n<00:02.100>Exemplarius\n", 4),
    ("a.en.srt", srt("Here is Nemo", "Exemplarius"), 3),
    ("a.en.srt", srt("Host: Nemo", "Guest: Hm?", "Host: Exemplarius", "Guest: Yes"), 3),
    ("a.en.srt", srt("{\\an8}Nemo", "<i>Exemplarius</i>"), 3),
    ("a.en.srt", srt("один", "Жюль", "Пример"), 7),
    ("a.en.srt", srt("کوئی", "مثالی‌نام"), 3),
    ("a.en.srt", srt("call me: plus 33 6 99", "00 12 34"), 3),
)  # fmt: skip
"""The name of a transcript, its text, and the line where the leak begins."""


@pytest.mark.parametrize(("name", "text", "line"), SPLIT)
def test_a_name_across_cues_is_found_with_its_line(name: str, text: str, line: int, tmp_path: Path) -> None:
    found = CHECKER.leaks_in(talk_with(tmp_path, name, text))
    assert found
    assert found[0].place == f"{name}, line {line}"


def test_a_broken_transcript_is_searched_as_plain_text(tmp_path: Path) -> None:
    for name, text in (
        ("a.en.vtt", "no cues\nof Nemo Exemplarius"),
        ("a.en.srt", "1\n0:1 --> \nNemo\n\n2\n0:2 --> \nExemplarius"),
    ):
        assert CHECKER.leaks_in(talk_with(tmp_path, name, text))
    path = tmp_path / "b.en.vtt"
    path.write_bytes(b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xff\xfe Nemo Exemplarius\n")
    talk = make_episode(transcripts=(Transcript("en", SourceFile(path, "0")),))
    assert [leak.place for leak in CHECKER.leaks_in(talk)] == ["b.en.vtt, line 4"]


def test_a_missing_transcript_is_not_a_leak(tmp_path: Path) -> None:
    talk = make_episode(transcripts=(Transcript("en", SourceFile(tmp_path / "none.vtt", "0")),))
    assert CHECKER.leaks_in(talk) == ()


@pytest.mark.parametrize(
    "cues",
    [
        (Cue(1, 2, "Nemo"), Cue(2, 3, "Exemplarius")),
        (Cue(1, 2, "Nemo", "Host"), Cue(2, 3, "Hm?", "Guest"), Cue(3, 4, "Exemplarius", "Host")),
        (Cue(1, 2, "and Nemo", "Host"), Cue(2, 3, "Exemplarius", "Guest")),
        (Cue(1, 2, "of\nNemo"), Cue(2, 3, "Exem-"), Cue(3, 4, "plarius")),
        (Cue(1, 2, "Nemo\nExemplarius"),),
    ],
)
@pytest.mark.parametrize("write", [transcripts.to_vtt, transcripts.to_srt, transcripts.to_json])
def test_a_name_across_cues_of_a_written_transcript_is_refused(write: object, cues: tuple[Cue, ...]) -> None:
    content = write(cues).encode()  # type: ignore[operator]
    for path in ("episodes/a/transcript.en.vtt", "captions on YouTube"):
        with pytest.raises(LeakError, match=f"{path}: name of guest-a"):
            CHECKER.check(path, content)


@pytest.mark.parametrize("write", [transcripts.to_vtt, transcripts.to_srt, transcripts.to_json])
def test_a_written_transcript_without_a_name_is_accepted(write: object) -> None:
    cues = (Cue(1, 2, "Nemo spoke", "Host"), Cue(2, 3, "then", "Host"), Cue(3, 4, "Exemplarius", "Guest"))
    CHECKER.check("episodes/a/transcript.en.vtt", write(cues).encode())  # type: ignore[operator]


def test_a_name_split_by_times_and_speakers_on_a_page_is_refused() -> None:
    turn = '<div class="turn"><a class="at seek" href="#t-{0}"><time>0:{0}</time></a>\n{1}<p class="read">{2} </p>\n</div>\n'
    speaker = '<p class="speaker"><bdi>Somebody Else</bdi></p>\n'
    for said in ("", speaker):
        page = turn.format(12, said, "and Nemo") + turn.format(14, said, "Exemplarius")
        with pytest.raises(LeakError):
            CHECKER.check("episodes/a/index.html", page.encode())
    CHECKER.check(
        "episodes/a/index.html",
        (turn.format(12, speaker, "Nemo said") + turn.format(14, speaker, "Exemplarius")).encode(),
    )


@pytest.mark.parametrize(("name", "text"), INNOCENT)
def test_words_of_adjacent_cues_are_not_joined_to_a_name(name: str, text: str) -> None:
    from publisher.leaks import Secret, Secrets

    secrets = Secrets((Secret("name", name, "guest-a"),))
    words = text.split()
    for content in (vtt(*words), srt(*words)):
        assert find("episodes/a/x", content.encode(), secrets) == ()
