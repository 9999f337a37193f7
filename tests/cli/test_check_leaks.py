"""`check --leaks`: the reported positions, and words of publisher itself, which are no leaks."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Folder
from tests.leaks.test_matcher import SIZE, within

TRANSCRIPT = """WEBVTT

00:00.000 --> 00:01.000
Here is Nemo

00:01.000 --> 00:02.000
Exemplarius, welcome
"""


def never(folder: Folder, *words: str) -> None:
    path = folder.root / "private" / "people.toml"
    path.parent.mkdir(exist_ok=True)
    listed = ", ".join(f'"{word}"' for word in words)
    path.write_text(f"never = [{listed}]\n", encoding="utf-8")


def own_words(folder: Folder) -> set[str]:
    """The words of the published documents that are in no text of the catalogue."""
    written = set(re.findall(r"\w+", (folder.root / "episodes.toml").read_text(encoding="utf-8").lower()))
    found: set[str] = set()
    for path in sorted((folder.root / "public").rglob("*")):
        if path.suffix in (".html", ".xml") and "assets" not in path.parts:
            text = re.sub(r"<[^<>]*>|https?:\S+", " ", path.read_text(encoding="utf-8"))
            found.update(word for word in re.findall(r"[^\W_]{3,}", text.lower()) if word not in written)
    # Durations (PT3S) and identifiers are hardly ever names; they are not tested one by one.
    return {word for word in found if word.isalpha() or word.isdecimal()}


@pytest.mark.released
def test_words_that_publisher_writes_are_no_leaks(folder: Folder) -> None:
    words = sorted(own_words(folder))
    assert {"jan", "2021", "transcript"} & set(words)
    never(folder, *words)
    folder.edit("# The first talk.", "# The very first talk.")
    folder.edit('title = "Example Talks"', 'title = "Example Speeches"')
    checked = folder.run("check", "--leaks")
    assert (checked.status, checked.out.splitlines()[-1][:7]) == (0, "No leak"), checked.out
    result = folder.run("release")
    assert result.status == 0, result.out
    assert "Speeches" in (folder.root / "public/index.html").read_text(encoding="utf-8")


WHOLE = bool(os.environ.get("PUBLISHER_TEST_ALL"))
WORDS = ("May", "2021", "January", "search")
WRITTEN = (
    ("Talks about **examples**.", "Talks of {}.", "series: description"),
    ("example maker", "maker in {}", "people.first-guest: title"),
    ("talks about examples.", "talks about {}.", 'episode "first-talk": summary'),
    ('"Questions"', '"{}"', 'episode "first-talk": chapters[2].title'),
)


@pytest.mark.parametrize(
    ("word", "text"),
    # Without PUBLISHER_TEST_ALL each word and each place twice.
    [
        (word, text)
        for a, word in enumerate(WORDS)
        for b, text in enumerate(WRITTEN)
        if WHOLE or (a + b) % 4 < 2
    ],
)
def test_such_a_word_is_a_leak_where_somebody_wrote_it(
    word: str, text: tuple[str, str, str], folder: Folder
) -> None:
    old, new, place = text
    never(folder, word)
    folder.edit(old, new.format(word))
    checked = folder.run("check", "--leaks", "--json")
    assert checked.status == 1
    assert place in [leak["place"] for leak in checked.document["leaks"]]


def test_such_a_word_in_the_series_texts_is_traced_to_its_key(
    folder: Folder,
) -> None:
    never(folder, "May")
    folder.edit("Talks about **examples**.", "Talks, always in May.")
    result = folder.run("release")
    assert result.status == 1
    assert "index.html: word in its text (M…, 3 letters); it is written in series: description" in result.out
    assert not (folder.root / "public/feed.xml").exists()


def test_a_word_in_an_own_template_is_found(folder: Folder) -> None:
    never(folder, "May", "Untertestbach")
    (folder.root / "templates").mkdir()
    (folder.root / "templates" / "404.html").write_text(
        "<p>Come to Untertestbach in May</p>", encoding="utf-8"
    )
    result = folder.run("release")
    assert result.status == 1
    assert "it is written in templates/404.html" in result.out
    assert not (folder.root / "public/404.html").exists()


def test_a_leak_is_reported_with_file_and_line(folder: Folder) -> None:
    never(folder, "Nemo Exemplarius")
    episode = folder.root / "episodes" / "first-talk"
    (episode / "notes.md").write_text("\n\nOne.\n\nNemo Exem-\nplarius\n", encoding="utf-8")
    (episode / "transcript.en.vtt").write_text(TRANSCRIPT, encoding="utf-8")
    folder.edit('title = "What is an example?"', 'title = "Who is exemplarius, nemo?"')
    checked = folder.run("check", "--leaks", "--json")
    places = {leak["place"] for leak in checked.document["leaks"] if leak["path"] == "first-talk"}
    assert places == {'episode "first-talk": title', "notes.md, line 5", "transcript.en.vtt, line 4"}
    for leak in checked.document["leaks"]:
        if leak["path"].startswith("episodes/") or leak["path"].endswith((".html", ".xml")):
            assert "line" not in leak["place"]
    result = folder.run("release")
    assert 'episode "first-talk": title' in result.out
    assert "notes.md, line 5" in result.out
    assert "transcript.en.vtt, line 4" in result.out
    assert not re.search("nemo|exemplar", result.out, re.IGNORECASE)


@pytest.mark.released
def test_a_leak_in_an_existing_file_is_reported_with_its_line(folder: Folder) -> None:
    never(folder, "Nemo Exemplarius")
    (folder.root / "public" / "note.txt").write_text("one\ntwo\nNemo\nExemplarius\n", encoding="utf-8")
    checked = folder.run("check", "--leaks", "--json")
    assert [(leak["path"], leak["place"]) for leak in checked.document["leaks"]] == [("note.txt", "line 3")]


def test_a_slug_that_is_a_private_name_is_not_printed(folder: Folder) -> None:
    never(folder, "Nemo Exemplarius")
    folder.edit("[people.first-guest]", "[people.nemo-exemplarius]")
    folder.edit('guests = ["first-guest"]', 'guests = ["nemo-exemplarius"]')
    folder.edit('name = "First Guest"', 'name = "Nemo E. Exemplarius, Nemo Exemplarius"')
    result = folder.run("release")
    assert result.status == 1
    assert 'episode "first-talk": guests' in result.out
    assert not re.search("nemo", result.out + result.err, re.IGNORECASE)


def test_the_path_of_public_is_no_leak(folder: Folder, tmp_path: Path) -> None:
    never(folder, "Nemo Exemplarius")
    assert folder.run("check", "--leaks").status == 0
    assert not (folder.root / "public").exists()


@pytest.mark.released
def test_a_file_of_gigabytes_is_searched_with_little_memory(folder: Folder) -> None:
    never(folder, "Nemo Exemplarius")
    with (folder.root / "public" / "film.bin").open("wb") as file:
        file.seek(SIZE)
        file.write(b"\0 Nemo Exemplarius ")
    results = []
    within(200, lambda: results.append(folder.run("check", "--leaks", "--json")))
    assert [leak["path"] for leak in results[0].document["leaks"]] == ["film.bin"]


def test_the_sample_series_has_no_leaks() -> None:
    """Its texts; every release of it searches the documents."""
    from publisher import catalogue
    from publisher.leaks import in_episode
    from tests.leaks.corpus import SECRETS

    reading = catalogue.read(Path(__file__).parent.parent.parent, lambda path: "")
    assert reading.series is not None
    assert [leak for episode in reading.series.episodes for leak in in_episode(episode, SECRETS)] == []
