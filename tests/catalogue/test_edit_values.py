"""Values written as a person would write them: in their place, in the style of the list, with its comments."""

from __future__ import annotations

import pytest

from publisher import catalogue
from publisher.errors import CatalogueError
from tests.catalogue.conftest import SERIES, Folder

TALK = """\
# Above.
[[episode]]
slug = "a"
title = "A" # title
date = 2021-01-01
status = "draft"
guests = ["ann-one", "ben-two"] # both
topics = [ "One" ]
links = [
  # the paper
  { title = "Paper", url = "https://x.example/1" },
  {  title = "Film",   url = "https://x.example/2" } # long
]
chapters = [
  { at = "0:00", title = "Welcome" }, # first
  # the long part
  { at = "5:00", title = "Middle" },
]
cut = [["1:00", "2:00"]]
"""
FOLLOWING = '\n# Below.\n[[episode]]\nslug = "b"\ntitle = "B"\ndate = 2021-01-02\nstatus = "draft"\n'
PAPER = {"title": "Paper", "url": "https://x.example/1"}
FILM = {"title": "Film", "url": "https://x.example/2"}
NEW = {"title": "New", "url": "https://x.example/3"}
WELCOME, MIDDLE = {"at": "0:00", "title": "Welcome"}, {"at": "5:00", "title": "Middle"}
QUESTIONS = {"at": "3:00.5", "title": "Questions"}


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("title", 'The "A"', '"A" #', '"The \\"A\\"" #'),
        ("number", 4, "2021-01-01\n", "2021-01-01\nnumber = 4\n"),
        ("summary", "One.\nTwo.", "draft\"\nguests", 'draft"\nsummary = """\nOne.\nTwo."""\nguests'),
        ("summary", 'Say "yes".\n"""\\"', "draft\"\nguests", 'draft"\nsummary = """\nSay "yes".\n\\"\\"\\"\\\\\\""""\nguests'),
        ("end", "58:30", 'cut = [["1:00', 'end = "58:30"\ncut = [["1:00'),
        ("mute", [["1:00", "1:01"], ["3:00", "3:01"]], '2:00"]]\n', '2:00"]]\nmute = [\n  ["1:00", "1:01"],\n  ["3:00", "3:01"],\n]\n'),
        ("cut", [["1:00", "2:30"]], '"2:00"', '"2:30"'),
        ("cut", [["0:10", "0:20"], ["1:00", "2:00"]], '[["1:00", "2:00"]]', '[\n  ["0:10", "0:20"],\n  ["1:00", "2:00"],\n]'),
        ("guests", ["ann-one", {"person": "ben-two", "title": "MP"}], '"ben-two"]', '{ person = "ben-two", title = "MP" }]'),
        ("guests", ["ben-two"], '"ann-one", ', ""),
        ("topics", ["One", "Two"], '[ "One" ]', '[ "One", "Two" ]'),
        ("links", [PAPER, FILM, NEW], '2" } # long\n', '2" }, # long\n  { title = "New", url = "https://x.example/3" }\n'),
        ("links", [NEW, PAPER, FILM], "[\n  # the", '[\n  { title = "New", url = "https://x.example/3" },\n  # the'),
        ("links", [FILM], '  { title = "Paper", url = "https://x.example/1" },\n', ""),
        ("links", [PAPER], ',\n  {  title = "Film",   url = "https://x.example/2" } # long\n', "\n"),
        ("links", [PAPER, {**FILM, "url": "https://y.example"}], 'x.example/2"', 'y.example"'),
        ("links", [PAPER, {**FILM, "kind": "source"}], 'x.example/2" }', 'x.example/2", kind = "source" }'),
        ("chapters", [WELCOME, QUESTIONS, MIDDLE], "  # the long", '  { at = "3:00.5", title = "Questions" },\n  # the long'),
        ("chapters", [WELCOME, {**MIDDLE, "title": "M"}], '"Middle"', '"M"'),
        ("chapters", [WELCOME], '  { at = "5:00", title = "Middle" },\n', ""),
        ("chapters", None, TALK[TALK.index("chapters") : TALK.index("cut")], ""),
        ("consent", {"ann-one": {"feed": "x"}}, "]\nchapters", ']\nconsent = { ann-one = { feed = "x" } }\nchapters'),
        ("youtube.title", "T", '2:00"]]\n', '2:00"]]\nyoutube = { title = "T" }\n'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_value_changes_its_own_lines_only(
    key: str, value: object, old: str, new: str, ends: str, folder: Folder
) -> None:
    text = SERIES + TALK + FOLLOWING
    assert text.count(old) == 1
    folder.write(text.replace("\n", ends))
    catalogue.set_value(folder.root, "a", key, value)
    assert folder.content == text.replace(old, new).replace("\n", ends)


def test_several_values_are_set_in_one_write(folder: Folder) -> None:
    folder.write(SERIES + TALK + FOLLOWING)
    catalogue.set_values(folder.root, "a", {"number": 2, "season": 1, "topics": None, "cut": None})
    expected = TALK.replace("01-01\n", "01-01\nseason = 1\nnumber = 2\n").replace('topics = [ "One" ]\n', "")
    assert folder.content == SERIES + expected.replace('cut = [["1:00", "2:00"]]\n', "") + FOLLOWING


def test_an_impossible_value_among_several_writes_none(folder: Folder) -> None:
    folder.write(SERIES + TALK)
    with pytest.raises(CatalogueError, match=r'episode "a": title.x: cannot be edited safely here'):
        catalogue.set_values(folder.root, "a", {"number": 2, "title.x": "y"})
    assert folder.content == SERIES + TALK


TABLES = """\
[[episode]]
slug = "a"
title = "A"
date = 2021-01-01
youtube.tags = ["x"] # dotted
[[episode.links]] # one
title = "Paper"
url = "https://x.example/1"

[[episode.links]] # two
title = "Film"
url = "https://x.example/2"
[episode.audio] # own
loudness = -18 # quiet
"""


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("links", [PAPER, {**FILM, "title": "Movie"}], '"Film"', '"Movie"'),
        ("audio.true_peak", -2.0, "quiet\n", "quiet\n"),
        ("audio", None, "[episode.audio] # own\nloudness = -18 # quiet\n", ""),
        ("youtube.title", "T", "dotted\n", 'dotted\nyoutube.title = "T"\n'),
        ("youtube", {"tags": ["x", "y"]}, '["x"]', '["x", "y"]'),
        ("youtube.tags", None, 'youtube.tags = ["x"] # dotted\n', ""),
        ("season", 3, "2021-01-01\n", "2021-01-01\nseason = 3\n"),
    ],
)
def test_values_in_tables_of_their_own_change_there(
    key: str, value: object, old: str, new: str, folder: Folder
) -> None:
    folder.write(SERIES + TABLES)
    catalogue.set_value(folder.root, "a", key, value)
    expected = (SERIES + TABLES).replace(old, new)
    if key == "audio.true_peak":
        expected = expected.replace("# own\n", "# own\ntrue_peak = -2.0\n")
    assert folder.content == expected


def test_a_list_of_tables_that_grows_becomes_a_list_with_one_per_line(folder: Folder) -> None:
    folder.write(SERIES + TABLES)
    catalogue.set_value(folder.root, "a", "links", [PAPER, FILM, NEW])
    rows = [f'  {{ title = "{link["title"]}", url = "{link["url"]}" }},' for link in (PAPER, FILM, NEW)]
    assert "\n".join(("links = [", *rows, "]\n")) in folder.content
    assert "[[episode.links]]" not in folder.content


@pytest.mark.parametrize(
    "text",
    [
        'episode = [{ slug = "a", title = "A" , date = 2021-01-01, topics = ["x"] }, # one\n{ slug = "b" }]\n',
        'episode = [\n  { slug = "b", date = 2021-01-01 },\n  { slug = "a", title = "A", topics = ["x"] }, # two\n]\n',
    ],
)
def test_a_talk_in_a_list_is_edited_in_its_place(text: str, folder: Folder) -> None:
    folder.write(text + SERIES)
    catalogue.set_values(folder.root, "a", {"title": "New", "topics": ["x", "y"], "number": 2})
    (changed,) = [line for line in folder.content.splitlines() if '"a"' in line]
    assert '"New"' in changed and '["x", "y"]' in changed and "number = 2" in changed
    before = [line for line in text.splitlines() if '"a"' not in line]
    assert [
        line for line in folder.content.splitlines()[: len(text.splitlines())] if line != changed
    ] == before


def test_a_talk_in_a_file_of_its_own_is_edited_there(folder: Folder) -> None:
    folder.write('include = ["episodes/*/episode.toml"]\n' + SERIES)
    folder.write("\ufeff" + TALK.partition("]]\n")[2], "episodes/a/episode.toml")
    catalogue.set_values(folder.root, "a", {"season": 1, "end": "9:00"})
    content = (folder.root / "episodes/a/episode.toml").read_bytes().decode()
    assert content.startswith('\ufeffslug = "a"\ntitle = "A" # title\ndate = 2021-01-01\nseason = 1\nstatus')
    assert ']\nend = "9:00"\ncut' in content
