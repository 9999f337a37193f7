"""`publisher withdraw`, and the traces it leaves under public/."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from publisher.leaks import Secret, Secrets, find
from tests.cli.conftest import Folder, release, write_series, write_tone
from tests.cli.test_release import entries

SECOND = """
[people.second-guest]
name = "Zweitgast Beispielen"
title = "second of examples"

[[episode]]
slug = "talk-two"
title = "Kumquats of the unmistakable kind"
date = 2021-01-09T18:00:00+01:00
recording = "recording.wav"
summary = "Unmistakable words about kumquats."
guests = ["second-guest"]
topics = ["Kumquats"]
chapters = [{ at = "0:00", title = "Kumquat chapter" }]
"""
THIRD = """
[[episode]]
slug = "third"
title = "A long one"
date = 2021-01-10T18:00:00+01:00
recording = "recording.wav"
"""
TRACES = Secrets(
    tuple(
        Secret("word", word)
        for word in (
            "kumquats",
            "Kumquat chapter",
            "unmistakable",
            "Zweitgast Beispielen",
            "spoken kumquat words",
        )
    )
)


@pytest.fixture(scope="module")
def two_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series of two talks after its first release."""
    root = tmp_path_factory.mktemp("two") / "series"
    write_series(root)
    talk = root / "episodes" / "talk-two"
    write_tone(talk / "recording.wav", seconds=3.0, frequency=330.0)
    (talk / "notes.md").write_text("Notes on kumquats, unmistakable.", encoding="utf-8")
    cues = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nspoken kumquat words\n"
    (talk / "transcript.en.vtt").write_text(cues, encoding="utf-8")
    with (root / "episodes.toml").open("a", encoding="utf-8") as file:
        file.write(SECOND)
    release(root)
    return root


@pytest.fixture
def two(folder: Folder, two_once: Path) -> Folder:
    shutil.rmtree(folder.root)
    shutil.copytree(two_once, folder.root)
    return folder


def traces(folder: Folder) -> list[str]:
    public = folder.root / "public"
    return [path for path in folder.public() if find(path, (public / path).read_bytes(), TRACES)]


def test_withdrawing_leaves_only_a_page_that_names_nobody(
    two: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(traces(two)) > 5
    guid = entries(two)[0].id
    result = two.run("withdraw", "talk-two", "--reason", "asked for by Zweitgast Beispielen")
    assert result.status == 0, result.err
    assert traces(two) == []
    assert [path for path in two.public() if "talk-two" in path] == ["episodes/talk-two/index.html"]
    assert [entry.title for entry in entries(two)] == ["What is an example?"]
    assert "Cannot be undone" in result.out
    (receipt,) = (two.root / "private" / "withdrawn").iterdir()
    assert receipt.read_text(encoding="utf-8") in result.out + "\n"
    assert "\n- public/media/talk-two." in receipt.read_text(encoding="utf-8")

    assert two.run("release").status == 0
    assert traces(two) == []
    assert two.run("status", "--json").document["episodes"][1]["state"] == "withdrawn"

    restored = two.run("withdraw", "talk-two", "--restore")
    assert (restored.status, "Cannot be undone" in restored.out) == (0, False)
    assert two.run("release").status == 0
    assert entries(two)[0].id == guid
    assert len(traces(two)) > 5


def test_the_plan_of_a_withdrawal_lists_what_it_then_removes_and_changes_nothing(two: Folder) -> None:
    before = two.public()
    planned = two.run("withdraw", "talk-two", "--plan", "--json").document
    assert "Cannot be undone" in two.run("withdraw", "talk-two", "--plan").out
    assert (two.public(), (two.root / "private/withdrawn").exists()) == (before, False)
    done = two.run("withdraw", "talk-two", "--reason", "x", "--json").document
    rendered_again = {"episodes/talk-two/index.html"}
    assert set(planned["files"]) - rendered_again <= set(done["removed"])
    assert "media/talk-two." in " ".join(planned["files"])
    assert planned["cannot_be_undone"] == done["cannot_be_undone"]


def test_the_plan_of_a_withdrawal_from_the_feed_leaves_the_page(two: Folder) -> None:
    planned = two.run("withdraw", "talk-two", "--plan", "--from", "feed", "--json").document
    assert not [path for path in planned["files"] if path.startswith(("media/", "episodes/talk-two/index"))]
    assert "Its item leaves the feed" in " ".join(planned["will"])
    hidden = two.run("withdraw", "--person", "first-guest", "--plan", "--json").document
    assert "first-talk" in " ".join(hidden["will"])
    assert two.run("withdraw", "talk-tow", "--plan").status == 2


def test_the_sound_that_the_studio_kept_of_a_withdrawn_talk_is_removed(two: Folder) -> None:
    for slug in ("first-talk", "talk-two"):
        folder = two.root / ".publisher" / "sound" / f"{slug.encode().hex()}-0-1"
        folder.mkdir(parents=True)
        recording = two.root / "episodes" / slug / "recording.wav"
        (folder / "recording.txt").write_text(str(recording), encoding="utf-8")
        (folder / "sound.wav").write_bytes(b"sound")
    assert two.run("withdraw", "talk-two", "--reason", "asked for").status == 0
    (kept,) = (two.root / ".publisher" / "sound").iterdir()
    assert (kept / "recording.txt").read_text(encoding="utf-8").endswith("first-talk/recording.wav")


@pytest.mark.parametrize("command", [("withdraw", "--reason", "asked for"), ("remove",)])
def test_words_of_an_unfinished_transcription_go_with_the_talk(two: Folder, command: tuple[str, ...]) -> None:
    work = two.root / ".publisher"
    for slug in ("first-talk", "talk-two"):
        (work / "transcribe" / slug / "decoded").mkdir(parents=True)
        (work / "transcribe" / slug / "0123.json").write_text('[[0.0, 1.0, " kumquat", 0.9]]')
    (work / "fingerprints").mkdir()
    (work / "fingerprints" / "abcd.1").write_bytes(b"sound")
    two.edit('summary = "', 'sumary = "')
    name, *rest = command
    assert two.run(name, "talk-two", *rest).status in (0, 1)
    assert [path.name for path in (work / "transcribe").iterdir()] == ["first-talk"]
    assert list((work / "fingerprints").iterdir()) == []


def test_a_waveform_that_cannot_be_removed_keeps_no_words(
    two: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = two.root / ".publisher"
    for folder in (work / "sound" / "0-0-1", work / "sound" / "1-0-1", work / "transcribe" / "talk-two"):
        folder.mkdir(parents=True)
    remove = shutil.rmtree

    def refuse(path: Path, *rest: object, **options: object) -> None:
        if Path(path).name == "0-0-1":
            raise PermissionError(13, "Permission denied", str(path))
        remove(path, *rest, **options)

    monkeypatch.setattr(shutil, "rmtree", refuse)
    result = two.run("withdraw", "talk-two", "--reason", "asked for", "-v")
    assert "delete .publisher/sound/ by hand" in result.out + result.err
    left = [path.name for name in ("sound", "transcribe") for path in (work / name).iterdir()]
    assert left == ["0-0-1"]


def test_a_replaced_file_of_a_withdrawn_talk_is_removed_immediately(two: Folder) -> None:
    two.edit("Kumquats of the unmistakable kind", "Kumquats, unmistakable")
    assert two.run("release").status == 0
    media = two.root / "public" / "media"
    assert len(list(media.glob("talk-two.*"))) == 2
    assert two.run("withdraw", "talk-two", "--reason", "x").status == 0
    assert list(media.glob("talk-two.*")) == []


def test_a_talk_can_be_withdrawn_from_one_place_only(two: Folder) -> None:
    assert two.run("withdraw", "talk-two", "--reason", "x", "--from", "feed").status == 0
    assert len(entries(two)) == 1
    page = (two.root / "public/episodes/talk-two/index.html").read_text(encoding="utf-8")
    assert "Kumquats of the unmistakable kind" in page
    assert list((two.root / "public" / "media").glob("talk-two.*"))
    stands = two.run("status", "--json").document["episodes"][1]
    assert (stands["state"], stands["places"]) == ("published", {"feed": "withdrawn", "pages": "published"})
    assert "talk-two    published  since 2021-01-09; feed: withdrawn" in two.run("status").out
    assert two.run("withdraw", "talk-two", "--reason", "x", "--from", "pages").status == 0
    assert traces(two) == []


def test_a_plan_announces_no_item_of_a_talk_withheld_from_the_feed(two: Folder) -> None:
    assert two.run("withdraw", "talk-two", "--reason", "x", "--from", "feed").status == 0
    two.edit('summary = "Unmistakable words about kumquats."', 'summary = "Other words."')
    two.edit("First Guest talks about examples.", "First Guest talks about more examples.")
    changes = two.run("plan", "--json").document["feed"]
    assert [change["title"] for change in changes] == ["What is an example?"]


@pytest.mark.parametrize("name", ["", "Released.json", "released.json.bak"])
def test_a_talk_stays_withdrawn_without_its_receipts(two: Folder, name: str) -> None:
    assert two.run("withdraw", "talk-two", "--reason", "x").status == 0
    receipts = two.root / "episodes/talk-two/released.json"
    receipts.rename(receipts.with_name(name)) if name else receipts.unlink()
    two.run("release")
    assert traces(two) == []
    assert two.run("status", "--json").document["episodes"][1]["state"] == "withdrawn"
    assert two.run("withdraw", "talk-two", "--restore").status == 0
    assert two.run("release").status == 0
    assert len(traces(two)) > 5


def test_a_withdrawal_stops_a_running_release(two: Folder) -> None:
    write_tone(two.root / "episodes/third/recording.wav", seconds=300.0)
    with (two.root / "episodes.toml").open("a", encoding="utf-8") as file:
        file.write(THIRD)
    command = [sys.executable, "-m", "publisher", "release", "-C", str(two.root)]
    repository = Path(__file__).parent.parent.parent
    running = subprocess.Popen(command, cwd=repository, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    working = two.root / ".publisher"
    while running.poll() is None and not any(working.rglob("*.pcm")) and not any(working.rglob("*.mp3")):
        time.sleep(0.01)
    result = two.run("withdraw", "talk-two", "--reason", "x")
    assert (running.wait(30), result.status) == (130, 0), result.out + result.err
    assert traces(two) == []


def test_the_status_withdrawn_writes_a_lock(two: Folder) -> None:
    two.edit('slug = "talk-two"', 'slug = "talk-two"\nstatus = "withdrawn"')
    assert two.run("release").status == 0
    assert traces(two) == []
    two.edit('\nstatus = "withdrawn"', "")
    assert two.run("release").status == 0
    assert traces(two) == []


def test_hiding_a_person_removes_the_name_and_keeps_the_talk(two: Folder) -> None:
    before = two.root.joinpath("episodes.toml").read_text(encoding="utf-8")
    result = two.run("withdraw", "--person", "second-guest", "--reason", "x")
    assert result.status == 0, result.err
    name = Secrets((Secret("word", "Zweitgast Beispielen"),))
    public = two.root / "public"
    # A replaced file stays for its grace period, but not with a hidden name in it.
    assert [path for path in two.public() if find(path, (public / path).read_bytes(), name)] == []
    assert len(entries(two)) == 2
    assert not (public / "people/second-guest").exists()
    after = two.root.joinpath("episodes.toml").read_text(encoding="utf-8")
    assert after.replace("hidden = true\n", "") == before


def test_a_hidden_name_in_a_talks_text_holds_it_back_and_is_located(two: Folder) -> None:
    (two.root / "episodes/talk-two/notes.md").write_text("With Zweitgast Beispielen.", encoding="utf-8")
    result = two.run("withdraw", "--person", "second-guest", "--reason", "x")
    assert result.status == 1
    assert "hidden name of second-guest in notes.md, line 1 (Z… B…, 19 letters)" in result.out
    assert len(entries(two)) == 1


def test_a_hidden_name_in_an_unchanged_talk_that_does_not_credit_them_holds_it_back_too(two: Folder) -> None:
    two.edit("First Guest talks about examples.", "First Guest answers Zweitgast Beispielen.")
    assert two.run("release").status == 0
    result = two.run("withdraw", "--person", "second-guest", "--reason", "x")
    assert result.status == 1
    assert 'first-talk: held back: hidden name of second-guest in episode "first-talk": summary' in result.out
    name = Secrets((Secret("word", "Zweitgast Beispielen"),))
    public = two.root / "public"
    assert [path for path in two.public() if find(path, (public / path).read_bytes(), name)] == []
    two.edit("First Guest answers Zweitgast Beispielen.", "First Guest answers.")
    assert two.run("release").status == 0
    assert len(entries(two)) == 2


def test_a_hidden_name_in_another_persons_text_removes_that_page(two: Folder) -> None:
    two.edit('title = "example maker"', 'title = "example maker"\nbio = "Works with Zweitgast Beispielen."')
    assert two.run("release").status == 0
    result = two.run("withdraw", "--person", "second-guest", "--reason", "x")
    assert (result.status, "people.first-guest: bio" in result.out) == (1, True), result.out
    name = Secrets((Secret("word", "Zweitgast Beispielen"),))
    public = two.root / "public"
    assert [path for path in two.public() if find(path, (public / path).read_bytes(), name)] == []


def test_a_hidden_name_in_an_own_template_removes_its_pages(two: Folder) -> None:
    own = two.root / "templates/search.html"
    own.parent.mkdir()
    own.write_text("{% extends 'base.html' %}{% block main %}Zweitgast Beispielen{% endblock %}", "utf-8")
    assert two.run("release").status == 0
    assert two.run("withdraw", "--person", "second-guest", "--reason", "x").status == 1
    name = Secrets((Secret("word", "Zweitgast Beispielen"),))
    public = two.root / "public"
    assert [path for path in two.public() if find(path, (public / path).read_bytes(), name)] == []


def test_a_hidden_name_in_the_series_description_removes_everything_with_it(two: Folder) -> None:
    two.edit("Talks about **examples**.", "Talks of Zweitgast Beispielen about examples.")
    assert two.run("release").status == 0
    result = two.run("withdraw", "--person", "second-guest", "--reason", "x")
    assert (result.status, "series: description" in result.out) == (1, True), result.out
    name = Secrets((Secret("word", "Zweitgast Beispielen"),))
    public = two.root / "public"
    assert [path for path in two.public() if find(path, (public / path).read_bytes(), name)] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "SLUG, or --person"),
        (("first-talk",), "--reason is missing"),
        (("no-such", "--reason", "x"), 'no talk "no-such"'),
        (("first-talk", "--reason", "x", "--from", "radio"), 'no place "radio"'),
        (("first-talk", "--restore"), "is not withdrawn"),
        (("--person", "nobody", "--reason", "x"), 'no person "nobody"'),
    ],
)
def test_an_invalid_withdrawal_is_refused_and_changes_nothing(
    folder: Folder, arguments: tuple[str, ...], words: str
) -> None:
    result = folder.run("withdraw", *arguments)
    assert (result.status, words in result.err) == (2, True), result.err
    assert not (folder.root / "private").exists()


@pytest.mark.released
@pytest.mark.parametrize("releases", [0, 1])
def test_a_withdrawn_talk_also_leaves_such_a_page_at_former_addresses(folder: Folder, releases: int) -> None:
    folder.run("rename", "first-talk", "second-slug")
    for _ in range(releases):
        folder.run("release")
    assert folder.run("withdraw", "second-slug", "--reason", "at a guest's wish").status == 0
    page = (folder.root / "public/episodes/first-talk/index.html").read_text(encoding="utf-8")
    assert "This talk has been withdrawn" in page
    assert not [
        word for word in ("First Guest", "What is an example?", "second-slug", "wish") if word in page
    ]


def test_a_withdrawal_lists_the_pages_of_other_talks_that_link_to_it(two: Folder) -> None:
    notes = two.root / "episodes/first-talk/notes.md"
    notes.write_text("See [that](https://talks.example.org/series/episodes/talk-two/).", encoding="utf-8")
    assert two.run("release").status == 0
    result = two.run("withdraw", "talk-two", "--reason", "x")
    assert result.status == 1
    assert "public/episodes/first-talk/index.html" in result.out and "edit their notes" in result.out


def test_a_receipt_lists_each_failure_once_and_the_talk_is_removed(two: Folder) -> None:
    own = two.root / "templates"
    own.mkdir(exist_ok=True)
    own.joinpath("base.html").write_text("{% for a in range(3) %}{% for b in 5 %}", "utf-8")
    result = two.run("withdraw", "talk-two", "--reason", "asked for", "--json")
    left = result.document["left"]
    assert (result.status, traces(two)) == (1, [])
    assert left
    assert len(left) == len(set(left))


def test_a_lost_lock_is_restored_from_the_receipt_of_the_withdrawal(two: Folder) -> None:
    assert two.run("withdraw", "talk-two", "--reason", "x", "--from", "feed").status == 0
    path = two.root / "episodes/talk-two/released.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["withdrawn"]
    path.write_text(json.dumps(document), encoding="utf-8")
    two.run("release")
    assert len(entries(two)) == 1
    assert two.run("status", "--json").document["episodes"][1]["places"]["feed"] == "withdrawn"
    assert two.run("withdraw", "talk-two", "--restore").status == 0
    assert two.run("release").status == 0
    assert len(entries(two)) == 2


def test_a_withdrawal_does_not_affect_a_talk_with_its_former_slug(two: Folder) -> None:
    assert two.run("rename", "talk-two", "moved").status == 0
    assert two.run("release").status == 0
    write_tone(two.root / "episodes/talk-two/recording.wav", seconds=1.0)
    with (two.root / "episodes.toml").open("a", encoding="utf-8") as file:
        file.write(THIRD.replace('"third"', '"talk-two"'))
    assert two.run("release").status == 0
    own = [path for path in two.public() if path.startswith("episodes/talk-two/")]
    with (two.root / "episodes.toml").open("a", encoding="utf-8") as file:
        file.write("\n[oops")
    assert two.run("withdraw", "moved", "--reason", "x").status == 1
    assert [path for path in own if not (two.root / "public" / path).exists()] == []
    assert {entry.title for entry in entries(two)} == {"What is an example?", "A long one"}


def test_a_hidden_name_is_removed_from_tags_if_the_recording_is_unusable(two: Folder) -> None:
    (two.root / "episodes/talk-two/recording.wav").write_bytes(b"x")
    result = two.run("withdraw", "--person", "second-guest", "--reason", "x")
    assert result.status == 1
    name = Secrets((Secret("word", "Zweitgast Beispielen"),))
    public = two.root / "public"
    assert [path for path in two.public() if find(path, (public / path).read_bytes(), name)] == []
    assert "without audio" in result.out


@pytest.mark.released
def test_published_files_are_searched_once_per_change_of_hidden_names(folder: Folder) -> None:
    folder.root.joinpath("private").mkdir()
    names = folder.root / "private/people.toml"
    names.write_text('[people.somebody]\nreal_name = "Nemo Exemplarius"\n', encoding="utf-8")
    assert "searching for private names" in folder.run("release").err
    assert "searching for private names" not in folder.run("release").err
    names.write_text('[people.somebody]\nreal_name = "Nemo Exempel"\n', encoding="utf-8")
    assert "searching for private names" in folder.run("release").err
