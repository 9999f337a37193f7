"""Edits of the catalogue that meet changes made elsewhere."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli

from publisher import catalogue
from publisher.catalogue import write
from publisher.errors import UsageError
from publisher.studio.catalogue_edits import Change, EditConflict, add_person, apply_edit, apply_person_edit
from publisher.studio.notes import apply_notes
from tests.catalogue.conftest import Folder
from tests.studio.conftest import MIDDLE, WELCOME

NEW = {"at": "00:02:30.500", "title": "New"}


def talk(folder: Folder, slug: str = "a") -> dict[str, object]:
    (found,) = [raw for raw in tomli.loads(folder.content)["episode"] if raw["slug"] == slug]
    assert isinstance(found, dict)
    return found


def test_an_edit_writes_what_a_person_would_have_written(series: Folder) -> None:
    before = series.content
    changes = [
        Change("chapters", [WELCOME, MIDDLE], [WELCOME, NEW, MIDDLE]),
        Change("cut", [["1:00", "2:00"]], [["1:00", "2:00"], [200, 210.25]]),
        Change("date", "2021-01-01", "2021-01-01T18:00:00+01:00"),
        Change("end", None, 3600),
        Change("summary", "About.", None),
    ]
    result = apply_edit(series.root, "a", changes)
    assert (result.is_accepted, result.problems) == (True, ())
    expected = before.replace("2021-01-01\n", "2021-01-01T18:00:00+01:00\n").replace(
        'summary = "About."\n', ""
    )
    expected = expected.replace("# first\n", '# first\n  { at = "2:30.5", title = "New" },\n')
    cuts = 'cut = [\n  ["1:00", "2:00"],\n  ["3:20", "3:30.25"],\n]\n'
    assert series.content == expected.replace('cut = [["1:00", "2:00"]]\n', f'end = "1:00:00"\n{cuts}')
    assert result.values["date"] == "2021-01-01T18:00:00+01:00"


def test_changes_of_other_places_made_meanwhile_are_kept(series: Folder) -> None:
    outside = series.content.replace('"A" # title', '"Changed" # by hand').replace(
        "]\ncut", '  { at = "9:00", title = "Outside" },\n]\ncut'
    )
    series.write(outside)
    result = apply_edit(series.root, "a", [Change("chapters", [WELCOME, MIDDLE], [WELCOME, NEW, MIDDLE])])
    assert result.is_accepted
    assert series.content == outside.replace("# first\n", '# first\n  { at = "2:30.5", title = "New" },\n')


def test_chapters_added_at_one_place_are_in_the_order_of_their_times(series: Folder) -> None:
    series.write(series.content.replace("]\ncut", '  { at = "9:00", title = "Outside" },\n]\ncut'))
    mine = {"at": "12:00", "title": "Mine"}
    early = {"at": "7:00", "title": "Early"}
    assert apply_edit(
        series.root, "a", [Change("chapters", [WELCOME, MIDDLE], [WELCOME, MIDDLE, early, mine])]
    )
    assert [chapter["at"] for chapter in talk(series)["chapters"]] == [
        "0:00",
        "5:00",
        "7:00",
        "9:00",
        "12:00",
    ]  # type: ignore[attr-defined]


def test_a_change_of_the_same_place_is_a_conflict_and_nothing_is_written(series: Folder) -> None:
    series.write(series.content.replace('"A" # title', '"Theirs"'))
    before = series.content
    changes = [Change("title", "A", "Yours"), Change("season", None, 2)]
    result = apply_edit(series.root, "a", changes)
    assert result.conflicts == (EditConflict("title", "A", "Yours", "Theirs"),)
    assert (result.is_accepted, series.content) == (False, before)
    assert apply_edit(series.root, "a", [Change("title", "A", "Theirs")]).is_accepted
    assert series.content == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([Change("title", "A", 5)], "must be text in quotes"),
        ([Change("titel", None, "x")], "did you mean title?"),
        ([Change("slug", "a", "c")], "run `publisher rename`"),
        ([Change("guests", ["ann-one"], ["ann-one", "zoe"])], 'no person "zoe"'),
        ([Change("end", None, "soon")], '"soon" is not a time'),
        ([Change("date", "2021-01-01", "soon")], "is not a date"),
        ([Change("chapters", [WELCOME, MIDDLE], [MIDDLE, WELCOME])], "sort them by time"),
        ([Change("cut", [["1:00", "2:00"]], [["2:00", "1:00"]])], "not after its start"),
        ([Change("status", "draft", "ready")], 'is missing; write recording = "recording.mp4"'),
        ([Change("recording", None, "../../../etc/passwd"), Change("status", "draft", None)], "recording: "),
        ([Change("youtube", None, {"id": "x"})], "youtube.id: "),
        ([Change("title", "A", "Good"), Change("season", None, -1)], "must be at least 1"),
        ([Change("title", "A", "\ud800")], "cannot be edited safely here"),
        ([Change("chapters.0.title", None, "x")], "cannot be edited safely here"),
        ([Change("topics", ["One"], ["One", {"x": 1}])], "must be text in quotes"),
        ([Change("", None, "x")], "there is no such key"),
    ],
)
def test_what_check_would_refuse_is_not_written(changes: list[Change], words: str, series: Folder) -> None:
    before = series.content
    result = apply_edit(series.root, "a", changes)
    assert words in "\n".join(map(str, result.problems))
    assert (result.is_accepted, series.content) == (False, before)


def test_errors_that_were_there_before_do_not_stop_an_edit(series: Folder) -> None:
    series.write(series.content.replace("[[episode]]\n", "[[episode]]\nwrong = 1\n"))
    result = apply_edit(series.root, "a", [Change("season", None, 1)])
    assert (result.is_accepted, talk(series)["season"]) == (True, 1)
    assert "wrong" in str(result.problems[0])


def test_a_catalogue_that_does_not_parse_refuses_the_edit_with_its_line(series: Folder) -> None:
    broken = series.content + "\ntitle = “x”\n"
    series.write(broken)
    result = apply_edit(series.root, "a", [Change("title", "A", "B")])
    line = broken.count("\n")
    assert [(problem.file, problem.line) for problem in result.problems] == [("episodes.toml", line)]
    assert (result.is_accepted, series.content) == (False, broken)


def test_an_unknown_talk_is_an_error(series: Folder) -> None:
    with pytest.raises(UsageError, match='no talk "c"'):
        apply_edit(series.root, "c", [Change("title", None, "B")])


def test_on_a_full_disk_nothing_is_written_and_the_reason_is_returned(
    series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    before = series.content
    monkeypatch.setattr(write.files, "write_atomic", full)
    result = apply_edit(series.root, "a", [Change("title", "A", "B")])
    assert "the disk is full" in str(result.problems[0])
    assert (result.is_accepted, series.content) == (False, before)


# --- other writers


def save_in_place(path: Path, text: str) -> None:
    with path.open("r+b") as file:
        file.truncate()
        file.flush()
        file.write(text.encode())


def save_by_rename(path: Path, text: str) -> None:
    other = path.with_name("other.tmp")
    other.write_bytes(text.encode())
    other.replace(path)


SYSTEMS = ("exchange", "links", "neither")


def use_system(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that can be exchanged; that can have links only; neither."""

    def no_links(source: object, target: object) -> None:
        raise OSError("this file system has no hard links")

    if name != "exchange":
        monkeypatch.setattr(write, "_exchange", lambda one, other: False)
    if name == "neither":
        monkeypatch.setattr(write.os, "link", no_links)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("save", [save_in_place, save_by_rename])
def test_ten_edits_in_the_file_during_ten_edits_here_are_all_there(
    save: Callable[[Path, str], None], system: str, series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The editor saves during each edit: after the file was read, before it is written."""
    use_system(system, monkeypatch)
    replace, path, saved = write.replace_unchanged, series.root / "episodes.toml", []

    def with_editor(target: Path, before: bytes, after: bytes) -> None:
        if len(saved) <= edited:
            text = path.read_bytes().decode()
            save(path, text.replace("# The first talk.", f"# Saved {len(saved)}.\n# The first talk."))
            saved.append(text)
        replace(target, before, after)

    monkeypatch.setattr(write, "replace_unchanged", with_editor)
    for edited in range(10):
        topics = ["One", *(f"T{number}" for number in range(edited))]
        assert apply_edit(series.root, "a", [Change("topics", topics, [*topics, f"T{edited}"])]).is_accepted
    assert talk(series)["topics"] == ["One", *(f"T{number}" for number in range(10))]
    assert [f"# Saved {number}." in series.content for number in range(10)] == [True] * 10
    assert not list(series.root.glob(".beside-*"))


@pytest.mark.parametrize(
    ("system", "way"), [("exchange", "by rename"), ("exchange", "in place"), ("links", "in place")]
)
def test_a_save_between_the_last_check_and_the_replacement_is_kept(
    system: str, way: str, series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_system(system, monkeypatch)
    swap, used = write._swap, []
    outside = series.content.replace('"B"', '"By hand"')

    def late(new: Path, path: Path) -> Path | None:
        if used:
            return swap(new, path)
        used.append(way)
        if way == "by rename":
            save_by_rename(path, outside)
            return swap(new, path)
        with path.open("r+b") as file:
            replaced = swap(new, path)
            file.write(outside.encode())
        return replaced

    monkeypatch.setattr(write, "_swap", late)
    assert apply_edit(series.root, "a", [Change("title", "A", "Here")]).is_accepted
    assert (talk(series)["title"], talk(series, "b")["title"]) == ("Here", "By hand")
    assert not list(series.root.glob(".beside-*"))


def test_edits_of_several_threads_are_all_there(series: Folder) -> None:
    def edit(number: int) -> None:
        for step in range(3):
            apply_edit(series.root, "a", [Change("topics", ["One"], ["One", f"T{number}{step}"])])
            catalogue.set_value(series.root, "b", "season", number + 1)

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {"One", *(f"T{number}{step}" for number in range(3) for step in range(3))}
    assert set(talk(series)["topics"]) == expected  # type: ignore[call-overload]


def test_a_file_that_an_editor_has_emptied_is_read_again(
    series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = series.content
    series.write("")
    monkeypatch.setattr(write.time, "sleep", lambda seconds: series.write(content))
    assert apply_edit(series.root, "a", [Change("title", "A", "B")]).is_accepted
    assert talk(series)["title"] == "B"


# --- people and notes


def test_a_person_is_added_edited_and_refused(series: Folder) -> None:
    before = series.content
    person, result = add_person(series.root, {"bio": "One.\nTwo.", "name": "Zoë Quill", "link": ""})
    assert (person, result.is_accepted) == ("zoe-quill", True)
    added = '\n[people.zoe-quill]\nname = "Zoë Quill"\nbio = """\nOne.\nTwo."""\n'
    assert series.content == before.replace('name = "Ben Two"\n', f'name = "Ben Two"\n{added}')
    assert apply_person_edit(series.root, "ann-one", [Change("title", None, "MP")]).is_accepted
    assert 'name = "Ann One"\ntitle = "MP"\n' in series.content
    for changes in (
        [Change("photo", None, "../x.jpg")],
        [Change("name", "Ann One", "")],
        [Change("nam", None, "x")],
    ):
        assert apply_person_edit(series.root, "ann-one", changes).problems
    assert apply_person_edit(series.root, "ann-one", [Change("name", "Ann", "Anne")]).conflicts
    assert add_person(series.root, {"title": "x"})[1].problems


def test_notes_are_merged_by_lines_or_refused(series: Folder) -> None:
    path = series.root / "episodes/a/notes.md"
    path.write_bytes(b"\xef\xbb\xbfNotes.\r\n\r\nTheirs.\r\n")
    assert apply_notes(series.root, "a", "Notes.\n\nMore.\n", "Mine.\n\nMore.\n").text == "Mine.\n\nTheirs.\n"
    assert path.read_bytes() == b"\xef\xbb\xbfMine.\r\n\r\nTheirs.\r\n"
    refused = apply_notes(series.root, "a", "Notes.\n", "Mine too.\n")
    assert (refused.is_accepted, refused.text) == (False, "Mine.\n\nTheirs.\n")
    assert apply_notes(series.root, "a", refused.text, "").is_accepted and not path.exists()
    assert apply_notes(series.root, "b", "", "First.\n").is_accepted
    assert (series.root / "episodes/b/notes.md").read_text() == "First.\n"


def test_notes_behind_a_link_out_of_the_series_are_refused(
    series: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "notes.md"
    outside.write_text("x")
    (series.root / "episodes/b").mkdir()
    (series.root / "episodes/b/notes.md").symlink_to(outside)
    with pytest.raises(UsageError, match="leads out of the series"):
        apply_notes(series.root, "b", "x", "y")
