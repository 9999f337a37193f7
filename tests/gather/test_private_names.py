"""private/people.toml: what is not exactly understood is refused, and no word of it is shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.errors import CatalogueError, DecisionNeeded
from publisher.gather import private_names
from publisher.leaks import Secret

NAMES = '[people.guest-a]\nreal_name = "Nemo Exemplarius"\n'
READABLE_BY_ALL = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "series"
    (folder / "private").mkdir(parents=True)
    return folder


def write(root: Path, text: str) -> None:
    (root / "private" / "people.toml").write_text(text, encoding="utf-8")


def refusal(root: Path) -> str:
    with pytest.raises(CatalogueError) as refused:
        private_names.read(root)
    for word in ("Nemo", "Exemplarius", "nemo@example.org", "33699"):
        assert word not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("\n# nobody yet\n", 0),
        ("[people]\n", 0),
        ("never = []\n", 0),
        (NAMES, 1),
        ("\ufeff" + NAMES.replace("\n", "\r\n"), 1),
        ('people.a.real_name = "Nemo Exemplarius"', 1),
        ('people = { a = { real_name = "Nemo Exemplarius", aliases = ["Nemo E.", "Nemo X."] } }', 3),
        (
            'never = "a town"\n[people.a]\nemail = ["nemo@example.org"]\nphone = "33699"\naddress = "Road 1"',
            4,
        ),
        ('[people."1"]\nreal_name = """Nemo\nExemplarius"""', 1),
    ],
)
def test_documented_keys_are_read(root: Path, text: str, count: int) -> None:
    write(root, text)
    assert len(private_names.read(root)) == count


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[people]]\nid = "a"\nreal_name = "Nemo Exemplarius"', ":1: must be tables with an id each"),
        ('\npeople = ["Nemo Exemplarius"]', ":2: must be tables with an id each"),
        ('people = "Nemo Exemplarius"', ":1: must be tables with an id each"),
        ("people = 1", ":1: must be tables with an id each"),
        ('[people]\nguest-a = "Nemo Exemplarius"', ":2: must be a table: [people.some-id]"),
        ('[people]\n"Nemo Exemplarius" = true', ":2: must be a table"),
        ('[people]\nguest-a = ["Nemo Exemplarius"]', ":2: must be a table"),
        ('[people]\nreal_name = "Nemo Exemplarius"', ":2: must be a table"),
        ('[[people.guest-a]]\nreal_name = "Nemo Exemplarius"', ":1: must be a table"),
        ("[people.guest-a]", ":1: contains nothing to search for"),
        (
            "[people.guest-a]\n[people.guest-b]\nreal_name = 'Nemo Exemplarius'",
            ":1: contains nothing to search for",
        ),
        ('[people.a.real_name]\nfirst = "Nemo"', ":1: real_name: must be text"),
        ('[people.a]\nreal_name = { first = "Nemo" }', ":2: real_name: must be text"),
        ('[people.a]\nreal_name = [["Nemo Exemplarius"]]', ":2: real_name: must be text"),
        ('[people.a]\nreal_name = ["Nemo Exemplarius", 33699]', ":2: real_name: must be text"),
        ("[people.a]\nphone = 33699", ":2: phone: must be text"),
        ("[people.a]\nphone = 1999-01-01", ":2: phone: must be text"),
        ("[people.a]\nreal_name = true", ":2: real_name: must be text"),
        ('[people.a]\nreal_name = ""', ":2: real_name: is too short"),
        ('[people.a]\nreal_name = "…"', ":2: real_name: is too short"),
        ('[people.a]\nReal_name = "Nemo Exemplarius"', ":2: Real_name: there is no such key"),
        ('[people.a]\nREAL_NAME = "Nemo Exemplarius"', ":2: REAL_NAME: there is no such key"),
        ('[people.a]\nreal-name = "Nemo Exemplarius"', ":2: real-name: there is no such key"),
        ('[people.a]\n"real name" = "Nemo Exemplarius"', ":2: real name: there is no such key"),
        ('[people.a]\n"Nemo Exemplarius" = "real_name"', ":2: there is no such key"),
        ('[people.a]\nnever = ["Nemo Exemplarius"]', ":2: there is no such key"),
        ('[people.a]\nemail = "x"\n[people.b]\nemail = "y"', ":4: email: is too short"),
        ('[People.a]\nreal_name = "Nemo Exemplarius"', ":1: People: there is no such key"),
        ('[person.a]\nreal_name = "Nemo Exemplarius"', ":1: there is no such key"),
        ('Never = ["Nemo Exemplarius"]', ":1: Never: there is no such key"),
        ('[never]\nwords = ["Nemo Exemplarius"]', ":1: never: must be text"),
        ("[[never]]\nword = 'Nemo Exemplarius'", ":1: never: must be text"),
        ('real_name = "Nemo Exemplarius"', ":1: there is no such key"),
        ('[guest-a]\nreal_name = "Nemo Exemplarius"', ":1: there is no such key"),
        ('["Nemo Exemplarius"]', ":1: there is no such key"),
        (NAMES + NAMES, ":3: this is not TOML; a key or a table occurs twice"),
        (NAMES + 'real_name = "Nemo"', ":3: this is not TOML; a key or a table occurs twice"),
        ('[people.a]\nreal_name = "Nemo', ":2: this is not TOML"),
        ("[people.a]\nreal_name: Nemo", ":2: this is not TOML"),
        ("[people.a\nreal_name = 'Nemo'", ":1: this is not TOML"),
        ('{"people": {"a": {"real_name": "Nemo"}}}', ":1: this is not TOML"),
        ("Nemo Exemplarius", ":1: this is not TOML"),
        ("never = " + "[" * 5000, ": is nested far too deeply"),
        ("[people.a]\nphone = " + "33699" * 2000, ": contains a number that is far too long"),
    ],
)
def test_other_keys_are_refused_with_their_line(root: Path, text: str, words: str) -> None:
    write(root, text)
    assert f"private/people.toml{words}" in refusal(root)


def test_all_problems_are_reported_at_once(root: Path) -> None:
    write(root, "[people.a]\nreal_name = 1\nphone = 2\n[people.b]\n[other]\nx = 1\n")
    assert [line.split(":")[1] for line in refusal(root).splitlines()] == ["2", "3", "4", "5"]


@pytest.mark.parametrize(
    "content", [NAMES.encode("utf-16"), b'never = "\xff"', NAMES.encode("utf-32"), b"\0"]
)
def test_a_file_that_is_not_utf_8_is_refused(root: Path, content: bytes) -> None:
    (root / "private" / "people.toml").write_bytes(content)
    assert "private/people.toml" in refusal(root)


# Where the file is


@pytest.mark.parametrize(
    "name",
    [
        "people.TOML",
        "People.toml",
        "PEOPLE.TOML",
        "people.toml.txt",
        "people.json",
        "people.yaml",
        "people.yml",
        "people.txt",
        "people",
        "People.Toml.txt",
        "people.toml ",
        " people.toml",
        "people .toml",
        ".people.toml",
        "people..toml",
        "people.tml",
        "poeple.toml",
        "peple.toml",
        "people-2021.toml",
        "people (1).toml",
        "people copy.toml",
        "people.csv",
        "people.toml~",
        "people.toml.bak",
        "people.toml.gpg",
        "people.toml.age",
        ".people.toml.swp",
        "#people.toml#",
        "names.toml",
        "guests.toml",
        "\uff50eople.toml",
    ],
)
def test_another_spelling_of_the_file_is_refused(root: Path, name: str) -> None:
    (root / "private" / name).write_text(NAMES, encoding="utf-8")
    assert f"private/{name}: is not read; call it people.toml" in refusal(root)


@pytest.mark.parametrize("name", ["People.toml", "people.toml.txt", "people.json", "people2.toml", "people"])
def test_a_second_file_that_is_not_read_is_refused_too(root: Path, name: str) -> None:
    write(root, NAMES)
    (root / "private" / name).write_text(NAMES, encoding="utf-8")
    assert f"private/{name}: is not read; move its content into people.toml" in refusal(root)


@pytest.mark.parametrize(
    "name",
    [
        "people.toml~",
        ".people.toml.swp",
        "#people.toml#",
        "people.toml.bak",
        "people.toml.gpg",
        "contract.pdf",
    ],
)
def test_backups_and_other_documents_beside_the_file_are_allowed(root: Path, name: str) -> None:
    write(root, NAMES)
    (root / "private" / name).write_bytes(b"x")
    (root / "private" / ".#people.toml").symlink_to("someone@host.1:2")
    (root / "private" / "people").mkdir()
    (root / "private" / "withdrawn").mkdir()
    assert len(private_names.read(root)) == 1


@pytest.mark.parametrize("name", ["people.pdf", "consent.txt", "withdrawn", "notes.md", "README"])
def test_other_documents_alone_are_no_list_of_names(root: Path, name: str) -> None:
    (root / "private" / name).write_bytes(b"x")
    assert private_names.read(root) == ()


@pytest.mark.parametrize("name", ["Private", "PRIVATE", "private ", "privat", "privates", "pirvate"])
def test_another_spelling_of_the_folder_is_refused(root: Path, name: str) -> None:
    (root / "private").rename(root / name)
    (root / name / "people.toml").write_text(NAMES, encoding="utf-8")
    assert f"{name}: is neither read nor ignored by git; call it private" in refusal(root)


def test_the_file_beside_the_folder_is_refused(root: Path) -> None:
    (root / "people.toml").write_text(NAMES, encoding="utf-8")
    assert "people.toml: is neither read here nor ignored by git; move it to private/people.toml" in refusal(
        root
    )


def test_an_included_catalogue_file_may_have_the_same_name(root: Path) -> None:
    (root / "people.toml").write_text('[people.first-guest]\nname = "First Guest"\n', encoding="utf-8")
    assert private_names.read(root) == ()


def dangling(path: Path) -> None:
    path.symlink_to(path.parent / "not-mounted")


def circle(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("place", "make", "words"),
    [
        ("private", dangling, "private: is a broken link"),
        ("private", circle, "private: is a broken link"),
        ("private", Path.touch, "private: is not a folder"),
        ("private", os.mkfifo, "private: is not a folder"),
        ("private/people.toml", dangling, "private/people.toml: is a broken link"),
        ("private/people.toml", circle, "private/people.toml: is a broken link"),
        ("private/people.toml", Path.mkdir, "private/people.toml: is not an ordinary file"),
        ("private/people.toml", os.mkfifo, "private/people.toml: is not an ordinary file"),
        (
            "private/people.toml",
            lambda path: path.symlink_to("/dev/zero"),
            "private/people.toml: is not an ordinary file",
        ),
    ],
)
def test_folders_pipes_and_broken_links_are_refused(
    root: Path, place: str, make: Callable[[Path], object], words: str
) -> None:
    if place == "private":
        (root / "private").rmdir()
    make(root / place)
    assert words in refusal(root)


@pytest.mark.skipif(READABLE_BY_ALL, reason="this user may read everything")
@pytest.mark.parametrize("place", ["private", "private/people.toml"])
def test_an_unreadable_file_is_refused(root: Path, place: str) -> None:
    write(root, NAMES)
    (root / place).chmod(0)
    try:
        assert "private" in refusal(root)
    finally:
        (root / place).chmod(0o700)


def test_a_link_to_another_folder_is_followed(root: Path, tmp_path: Path) -> None:
    write(root, NAMES)
    (root / "private").rename(tmp_path / "volume")
    (root / "private").symlink_to(tmp_path / "volume")
    assert len(private_names.read(root)) == 1


def test_without_a_folder_there_are_no_names(tmp_path: Path) -> None:
    assert private_names.read(tmp_path) == private_names.read(tmp_path / "nowhere") == ()


# A series that had names

FOUND = (Secret("name", "Nemo Exemplarius", "guest-a"),)


def test_names_that_disappeared_need_a_decision(root: Path) -> None:
    work = root / ".publisher"
    private_names.require_names_kept(work, ())
    assert not work.exists()
    private_names.require_names_kept(work, FOUND)
    private_names.require_names_kept(work, FOUND * 2)
    for _ in range(2):
        with pytest.raises(DecisionNeeded, match="--accept-no-private-names"):
            private_names.require_names_kept(work, ())
    private_names.require_names_kept(work, FOUND)
    private_names.accept_no_names(root, work)
    private_names.require_names_kept(work, ())
    private_names.accept_no_names(root, work)


def test_the_stored_count_contains_no_name_and_no_hash_of_one(tmp_path: Path) -> None:
    private_names.require_names_kept(tmp_path, FOUND)
    assert (tmp_path / private_names.COUNT_FILE).read_text(encoding="utf-8") == '{"names": 1}'


@pytest.mark.parametrize("content", [b"", b"garbage", b"{}", b'{"names": 0}'])
def test_a_damaged_count_counts_as_names(tmp_path: Path, content: bytes) -> None:
    (tmp_path / private_names.COUNT_FILE).write_bytes(content)
    with pytest.raises(DecisionNeeded):
        private_names.require_names_kept(tmp_path, ())


def test_a_pipe_instead_of_the_count_counts_as_names_and_is_replaced(root: Path) -> None:
    os.mkfifo(root / private_names.COUNT_FILE)
    with pytest.raises(DecisionNeeded):
        private_names.require_names_kept(root, ())
    private_names.require_names_kept(root, FOUND)
    assert (root / private_names.COUNT_FILE).is_file()


@pytest.mark.skipif(READABLE_BY_ALL, reason="this user may write everywhere")
def test_a_series_on_a_read_only_disk_can_be_checked(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    private_names.require_names_kept(tmp_path, FOUND)
    tmp_path.chmod(0o700)
