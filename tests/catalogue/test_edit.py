from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import tomli

from publisher import catalogue
from publisher.errors import CatalogueError, UsageError
from tests.catalogue.conftest import PEOPLE, SERIES, TALK, Folder

COMMENTED = f"""\
# The series.
{SERIES}   # not a key
{PEOPLE}
# The first talk,   with  odd   spaces.
[[episode]]   # header
slug   =   "a-talk"   # slug
title = "A talk"  # title
date = 2021-01-01
recording = 'recording.wav'
chapters = [
  {{ at = "0:00", title = "Welcome" }}, # first
]
[episode.audio]
loudness = -18 # quiet

# The second talk.
[[episode]]
title = "B"
slug = "b-talk"
date = 2021-01-02
status = "draft"
youtube = "upload" # later

# The end.
"""
NEW = {
    "title": 'The "new" \\ one گفتگو',
    "date": datetime(2021, 3, 1, 12, 0, tzinfo=UTC),
    "recording": "recording.mp4",
    "guests": ["ann-one"],
    "topics": ["a topic " + "x" * 60, "b"],
    "summary": "Two\nlines.",
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_a_new_talk_is_added_and_nothing_else_changes(ends: str, last: str, folder: Folder) -> None:
    before = (COMMENTED.rstrip("\n") + last).replace("\n", ends)
    folder.write(before.replace("upload", "off"))
    before = folder.content
    catalogue.add_episode(folder.root, "new-talk", NEW)
    assert folder.content.startswith(before)
    assert folder.content.count("\n") == folder.content.count(ends)
    added = tomli.loads(folder.content)["episode"][-1]
    assert added == {"slug": "new-talk", **NEW}
    line = folder.content[: folder.content.index('"recording.mp4"')].count("\n") + 1
    assert [str(p) for p in folder.read().problems] == [
        f'episodes.toml:{line}: episode "new-talk": recording: no file "recording.mp4" in '
        "episodes/new-talk/; copy it there or correct the path"
    ]


@pytest.mark.parametrize(
    ("slug", "fields", "error", "words"),
    [
        ("a-talk", NEW, UsageError, 'the slug "a-talk" is taken (episodes.toml:8)'),
        ("A Talk", NEW, UsageError, 'write "a-talk"'),
        ("x", {**NEW, "guests": ["zoe"]}, CatalogueError, 'no person "zoe" in [people]'),
        ("x", {**NEW, "titel": "x"}, CatalogueError, "did you mean title?"),
        ("x", {**NEW, "date": "soon"}, CatalogueError, "is not a date"),
    ],
)
def test_an_invalid_talk_is_not_added(
    slug: str, fields: dict[str, object], error: type[Exception], words: str, folder: Folder
) -> None:
    folder.write(SERIES + TALK + PEOPLE)
    with pytest.raises(error) as raised:
        catalogue.add_episode(folder.root, slug, fields)
    assert words in str(raised.value)
    assert folder.content == SERIES + TALK + PEOPLE


def test_nothing_is_added_to_a_catalogue_with_errors(folder: Folder) -> None:
    folder.write(SERIES + "x = 3\n")
    with pytest.raises(CatalogueError, match=r"episodes\.toml:7: series: x"):
        catalogue.add_episode(folder.root, "new-talk", NEW)


def test_a_slug_in_an_included_file_is_taken(folder: Folder) -> None:
    folder.write('include = ["episodes/*/episode.toml"]\n' + SERIES)
    folder.write(TALK, "episodes/a-talk/episode.toml")
    with pytest.raises(UsageError, match=r"episodes/a-talk/episode.toml:2"):
        catalogue.add_episode(folder.root, "a-talk", NEW)


def test_talks_written_as_a_list_stay_valid(folder: Folder) -> None:
    text = 'episode = [{ slug = "a", title = "A", date = 2021-01-01, status = "draft" }]\n' + SERIES
    folder.write(text)
    with pytest.raises(CatalogueError):
        catalogue.add_episode(folder.root, "new-talk", {"title": "x", "date": datetime(2021, 1, 1)})
    assert folder.content == text
    catalogue.set_value(folder.root, "a", "title", "New")
    assert folder.content == text.replace('"A"', '"New"')


@pytest.mark.parametrize(
    ("slug", "key", "value", "old", "new"),
    [
        ("a-talk", "title", "Neu", '"A talk"  # title', '"Neu"  # title'),
        ("a-talk", "audio.loudness", -20.5, "-18 # quiet", "-20.5 # quiet"),
        ("a-talk", "season", 2, "wav'\n", "wav'\nseason = 2\n"),
        ("b-talk", "youtube.title", "T", '"upload" # later', '{ upload = true, title = "T" } # later'),
        ("b-talk", "status", None, 'status = "draft"\n', ""),
        (
            "b-talk",
            "chapters",
            [{"at": "0:00", "title": "W"}],
            'draft"\n',
            'draft"\nchapters = [{ at = "0:00", title = "W" }]\n',
        ),
    ],
)
def test_one_value_changes_and_nothing_else(
    slug: str, key: str, value: object, old: str, new: str, folder: Folder
) -> None:
    for text in (COMMENTED, COMMENTED.replace("\n", "\r\n"), "\ufeff" + COMMENTED):
        folder.write(text)
        ends = "\r\n" if "\r\n" in text else "\n"
        catalogue.set_value(folder.root, slug, key, value)
        expected = text.replace(old.replace("\n", ends), new.replace("\n", ends))
        assert folder.content == expected
        assert expected != text


def test_a_value_is_set_in_an_included_file(folder: Folder) -> None:
    folder.write('include = ["episodes/*/episode.toml"]\n' + SERIES)
    folder.write('# Mine\nslug = "b"\ntitle = "B" # b\ndate = 2021-01-01', "episodes/b/episode.toml")
    catalogue.set_value(folder.root, "b", "title", "New")
    content = (folder.root / "episodes/b/episode.toml").read_text(encoding="utf-8")
    assert content == '# Mine\nslug = "b"\ntitle = "New" # b\ndate = 2021-01-01'


def test_a_value_that_cannot_be_set_changes_nothing(folder: Folder) -> None:
    folder.write(COMMENTED)
    with pytest.raises(UsageError, match='no talk "c-talk"'):
        catalogue.set_value(folder.root, "c-talk", "title", "x")
    with pytest.raises(CatalogueError, match="edit it by hand"):
        catalogue.set_value(folder.root, "a-talk", "title.part", "x")
    assert folder.content == COMMENTED


def test_a_talk_is_renamed_with_the_path_of_its_recording(folder: Folder) -> None:
    text = COMMENTED.replace("'recording.wav'", '"episodes/a-talk/recording.wav" # path')
    folder.write(text)
    catalogue.check_slug(folder.root, "a-talk", "c-talk")
    catalogue.rename_episode(folder.root, "a-talk", "c-talk")
    expected = text.replace('"a-talk"', '"c-talk"').replace("episodes/a-talk/", "episodes/c-talk/")
    assert folder.content == expected
    catalogue.check_slug(folder.root, "a-talk", "c-talk")
    catalogue.rename_episode(folder.root, "a-talk", "c-talk")
    assert folder.content == expected


def test_a_rename_changes_every_path_below_the_talks_folder(folder: Folder) -> None:
    chapter = '{{ at = "0:00", title = "episodes/{0}/", image = "episodes/{0}/one.jpg" }}'
    text = (
        'include = ["episodes/{0}/*.toml"]\n' + SERIES + 'cover = "episodes/{0}/cover.jpg"\n'
        "[audio]\nintro = 'episodes/{0}/intro.wav' # path\n" + TALK.replace("a-talk", "{0}") + "chapters = ["
    )
    folder.write(text.format("a-talk") + chapter.format("a-talk") + "]\n")
    catalogue.rename_episode(folder.root, "a-talk", "b-talk")
    kept = chapter.format("b-talk").replace('title = "episodes/b-talk/"', 'title = "episodes/a-talk/"')
    assert folder.content == text.format("b-talk") + kept + "]\n"


def test_a_removed_talk_takes_its_comment_along_and_leaves_the_rest(folder: Folder) -> None:
    folder.write(COMMENTED)
    removed = catalogue.remove_episode(folder.root, "a-talk")
    assert removed.startswith("# The first talk,") and removed.endswith("loudness = -18 # quiet\n")
    assert removed + "\n" in COMMENTED
    assert folder.content == COMMENTED.replace(removed + "\n", "")
    catalogue.remove_episode(folder.root, "b-talk")
    assert "[[episode]]" not in folder.content and folder.content.endswith("\n# The end.\n")


def test_a_removed_talk_of_an_included_file_takes_the_file_along(folder: Folder) -> None:
    folder.write('include = ["episodes/*/episode.toml"]\n' + SERIES)
    folder.write('slug = "b"\ntitle = "B"\ndate = 2021-01-01\n', "episodes/b/episode.toml")
    folder.write(TALK, "episodes/a-talk/episode.toml")
    assert catalogue.remove_episode(folder.root, "b").startswith('slug = "b"')
    assert catalogue.remove_episode(folder.root, "a-talk") == TALK
    assert not list(folder.root.rglob("episode.toml"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("a-talk", "b-talk", 'the slug "b-talk" is taken (episodes.toml:'),
        ("c-talk", "d-talk", 'there is no talk "c-talk"'),
        ("a-talk", "A Talk", 'write "a-talk"'),
    ],
)
def test_invalid_slugs_are_refused(old: str, new: str, words: str, folder: Folder) -> None:
    folder.write(COMMENTED)
    with pytest.raises(UsageError) as raised:
        catalogue.check_slug(folder.root, old, new)
    assert words in str(raised.value)


@pytest.mark.parametrize("title", ["Talks", 'The "best" \\ talks', "گفتگو", "{braces}"])
def test_a_new_catalogue_passes_the_check(title: str, folder: Folder) -> None:
    reading = folder.read(catalogue.starter(title, language="ur", link="https://x.org"))
    assert reading.problems == ()
    assert reading.series is not None
    assert (reading.series.title, reading.series.link) == (title, "https://x.org/")


def test_the_examples_of_a_new_catalogue_are_valid(folder: Folder) -> None:
    example = re.compile(r"# (\[.*|[a-z]+ = (?!\"episodes/).*|  \{.*|\])")
    written = catalogue.starter("Talks").splitlines()
    rows = [
        line.removeprefix("# ") if example.fullmatch(line) and "…" not in line else line for line in written
    ]
    folder.write(b"x", "episodes/a-first-talk/recording.mp4")
    reading = folder.read("\n".join(rows))
    assert reading.problems == ()
    assert reading.series is not None
    assert len(reading.series.episodes[0].chapters) == 2


def test_an_invalid_answer_is_reported_before_a_catalogue_is_written() -> None:
    with pytest.raises(UsageError, match='language: "english" is not a language code; write "en"'):
        catalogue.starter("Talks", language="english")
