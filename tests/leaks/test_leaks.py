"""The leak search finds every kind of leak, nothing else, and its messages reveal no name."""

from __future__ import annotations

import base64
import json
import re

import pytest

from publisher import site_paths
from publisher.errors import LeakError
from publisher.leaks import HostIdentity, Leak, Secret, Secrets, find, in_episode, readers
from publisher.leaks.checker import LeakChecker, asset_lines
from publisher.leaks.normalize import LOOKALIKES
from publisher.render.templates import builtin_folder
from tests.conftest import make_episode
from tests.leaks.corpus import (
    INNOCENT,
    LEAKS,
    MORE,
    NAME,
    SECRETS,
    SPELLINGS,
    Entry,
    feed,
    jpeg,
    mp3,
    mp4,
    ogg,
    page,
    png,
)


@pytest.mark.parametrize("entry", (*LEAKS, *MORE), ids=lambda entry: f"{entry[0]} in {entry[1]}")
def test_a_leak_is_found_and_masked(entry: Entry) -> None:
    _, path, content, kind = entry
    found = find(path, content(), SECRETS)
    assert any(leak.kind.startswith(kind) for leak in found), found
    shown = " ".join(map(str, found)).lower()
    for word in ("nemo", "exemplarius", "sampleville", "untertestbach", "99 00 12", "/home/producer"):
        assert word not in shown.replace(path, "")


@pytest.mark.parametrize(("name", "written"), SPELLINGS)
def test_a_name_is_found_in_every_spelling(name: str, written: str) -> None:
    secrets = Secrets((Secret("name", name, "guest-a"),))
    for content in (page(written), written.encode(), json.dumps({"t": written}).encode()):
        assert [leak.kind for leak in find("episodes/a/x", content, secrets)][:1] == ["name of guest-a"]


def test_a_name_is_found_with_any_lookalike_letter() -> None:
    missed = {
        letter
        for letter, target in LOOKALIKES.items()
        if len(target) == 1
        and target.isascii()
        and target.isalpha()
        and not find(
            "x", f"Nemo Zarr{letter}kelk".encode(), Secrets((Secret("name", f"Nemo Zarr{target}kelk"),))
        )
    }
    assert missed <= {"ẚ", "￨", "🅮"}


@pytest.mark.parametrize(("name", "text"), INNOCENT)
def test_a_name_is_not_found_in_a_text_without_it(name: str, text: str) -> None:
    secrets = Secrets((Secret("name", name, "guest-a"),))
    for content in (page(text), text.encode(), json.dumps({"t": text}).encode()):
        assert find("episodes/a/x", content, secrets) == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo\nNemo Zarrin-\nkelk", 3),
        ("one\n\n\nNemo\nZarrinkelk\n", 4),
        ("\n".join(["well-known at 0:12 o'clock"] * 90) + "\nNemo Zarrin-kelk\nand on", 91),
        ("one\n<p\n class='x'>two\n\u202ekleknirraZ omeN\n", 4),
        ("one\ntwo 0\nNem0 Zarrinkelk", 3),
        ("<p>one\n<p>two\n<p title='Nemo Zarrinkelk'>three\n", 3),
        ("one\n" + base64.b64encode(b"Nemo Zarrinkelk").decode() + "\nthree", 2),
        ("один\nдва\nNеmo Zаrrinkelk\n", 3),
    ],
)
def test_a_leak_contains_the_line_where_the_name_begins(text: str, line: int) -> None:
    secrets = Secrets((Secret("name", "Nemo Zarrinkelk", "guest-a"),))
    assert {leak.place for leak in find("a.html", text.encode(), secrets)} == {f"line {line}"}


def test_the_corpus_has_twenty_kinds_in_two_places_each() -> None:
    kinds = [entry[0] for entry in LEAKS]
    assert (len(LEAKS), len(set(kinds))) == (40, 20)
    assert all(kinds.count(kind) == 2 for kind in kinds)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("index.html", page("Nemo spoke. Later, somebody called Exemplar spoke too.")),
        ("feed.xml", feed("2020-11-28T18:00:00+01:00 length 33699 date 001234")),
        ("index.html", page("<a href='https://talks.example.org/home/producers/'>home</a>")),
        ("index.html", page("the producer, a user, root and the sample-mac 3 of all")),
        ("cover.jpg", jpeg()),
        ("mark.png", png(b"gAMA", b"\0\0\xb1\x8f")),
        ("a.mp3", mp3()),
        ("a.m4a", mp4()),
        ("a.opus", ogg("TITLE=A talk", "DATE=2020-11-28")),
        ("empty.txt", b""),
        ("broken.jpg", b"\xff\xd8\xff\xe1\xff\xff"),
        ("broken.png", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXt"),
        ("broken.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f"),
        ("broken.zip", b"PK\x03\x04" + bytes(40)),
        ("broken.m4a", b"\xff\xff\xff\xffmoov" * 3),
    ],
)
def test_nothing_is_found_in_harmless_and_broken_files(path: str, content: bytes) -> None:
    assert find(path, content, SECRETS) == ()


@pytest.mark.parametrize("entry", (*LEAKS, *MORE), ids=lambda entry: f"{entry[0]} in {entry[1]}")
def test_a_truncated_file_is_read_to_its_end(entry: Entry) -> None:
    _, path, content, _ = entry
    whole = content()
    for length in range(len(whole)):
        list(readers.read(path, whole[:length]))


PUBLISHED = {
    "jpg": jpeg(),
    "png": png(b"gAMA", b"\0\0\xb1\x8f"),
    "mp3": mp3(),
    "m4a": mp4(),
    "mp4": mp4(),
    "opus": ogg("TITLE=A talk"),
    "mkv": b"\x1a\x45\xdf\xa3",
}
"""A file of each binary format that outputs publish or upload, by suffix."""

TEXTS = ("css", "html", "js", "json", "srt", "svg", "txt", "vtt", "webmanifest", "xml")


def test_every_format_that_can_be_published_has_a_reader() -> None:
    media = {*site_paths.MEDIA_SUFFIXES, *site_paths.OUTGOING_SUFFIXES}
    assert media <= PUBLISHED.keys()
    named = re.findall(r"\\\.([a-z][a-z0-9]+)\b", site_paths._MANAGED_FILE.pattern)
    suffixes = set(named) | {"vtt", "srt", "json"}
    assert suffixes <= {*PUBLISHED, *TEXTS}
    for content in PUBLISHED.values():
        assert any(content.startswith(begins, offset) for offset, begins, _ in readers.READERS)


@pytest.mark.parametrize(
    "begins",
    [b"%PDF-1.4\n", b"PK\x03\x04", b"II*\0", b"RIFF\0\0\0\0WAVE", b"fLaC", b"GIF89a", b"\x1f\x8b\x08\0"],
)
def test_a_file_of_another_format_is_searched_by_its_printable_bytes(begins: bytes) -> None:
    found = find("assets/a.bin", begins + bytes(64) + b"nemo EXEMPLARIUS" + bytes(64), SECRETS)
    assert [leak.kind for leak in found] == ["name of guest-a"]


def test_a_short_name_is_found_only_as_a_whole_word() -> None:
    secrets = Secrets((Secret("name", "Ana"),))
    assert not find("x.html", page("A banana and analysis."), secrets)
    assert find("x.html", page("with <b>ANA</b>, live"), secrets)


def test_a_leak_contains_place_kind_and_person_and_masks_the_rest() -> None:
    (leak,) = find("a.vtt", b"WEBVTT\n\n1\nNemo Exemplarius", SECRETS)
    assert leak == Leak("line 4", "name of guest-a", "N… E…, 15 letters")
    assert NAME not in repr(SECRETS)


def test_the_texts_of_an_episode_are_searched_by_key() -> None:
    found = in_episode(make_episode(summary="fine", notes="With\nnemo EXEMPLARIUS."), SECRETS)
    assert [leak.place for leak in found] == ["notes.md, line 2"]


def test_the_checker_refuses_a_leak_and_accepts_the_rest() -> None:
    checker = LeakChecker(SECRETS)
    checker.check("index.html", page("fine"))
    with pytest.raises(LeakError, match=r"index\.html: name of guest-a in its text"):
        checker.check("index.html", page(NAME))


def test_words_of_the_built_in_scripts_are_not_searched() -> None:
    assets = builtin_folder() / "assets"
    checker = LeakChecker(Secrets((Secret("name", "return", "guest-a"),)), asset_lines(assets))
    script = (assets / "player.js").read_bytes()
    checker.check("assets/player.js", script)
    with pytest.raises(LeakError, match=r"assets/player\.js: name of guest-a"):
        checker.check("assets/player.js", b"// whose return?\n" + script)
    with pytest.raises(LeakError, match=r"index\.html"):
        checker.check("index.html", page("return"))


def test_a_machine_with_an_ordinary_name_is_not_searched_for() -> None:
    assert [one.kind for one in HostIdentity(("/",), "", "press").secrets()] == []
