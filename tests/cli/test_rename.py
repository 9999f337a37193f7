"""`publisher rename`."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import pytest

from publisher import catalogue, ledger
from publisher.ledger import EpisodeRecord
from publisher.write_batch import WriteBatch
from tests.cli.conftest import Folder, release
from tests.cli.test_release import entries, media


@pytest.mark.released
def test_a_renamed_talk_keeps_guid_date_and_its_old_file_for_a_while(folder: Folder) -> None:
    (before,) = entries(folder)
    files = media(folder)
    result = folder.run("rename", "first-talk", "opening-talk")
    assert result.status == 0, result.err
    assert folder.run("release").status == 0
    (after,) = entries(folder)
    assert (after.id, after.published) == (before.id, before.published)
    assert set(files) < set(media(folder)), "the tags hold the page's address, so there is a newer file too"
    assert after.link.endswith("/episodes/opening-talk/")
    document = folder.run("plan", "--json").document
    assert document["steps"] == []
    assert [remark["kind"] for remark in document["remarks"]] == ["replaced"]


def test_renaming_an_unpublished_talk_leaves_no_redirect(folder: Folder) -> None:
    said = folder.run("rename", "first-talk", "another").out
    assert said == '"first-talk" is now "another".\n'


@pytest.mark.released
def test_the_old_address_redirects_to_the_new_one(folder: Folder) -> None:
    folder.run("rename", "first-talk", "opening-talk")
    folder.run("release")
    page = (folder.root / "public/episodes/first-talk/index.html").read_text(encoding="utf-8")
    assert 'content="0; url=../../episodes/opening-talk/"' in page
    assert 'rel="canonical" href="https://talks.example.org/series/episodes/opening-talk/"' in page
    assert "first-talk" not in (folder.root / "public/sitemap.xml").read_text(encoding="utf-8")


@pytest.mark.released
def test_renaming_back_keeps_the_identity(folder: Folder) -> None:
    guid = entries(folder)[0].id
    folder.run("rename", "first-talk", "opening-talk")
    folder.run("rename", "opening-talk", "first-talk")
    assert folder.run("release").status == 0
    assert [entry.id for entry in entries(folder)] == [guid]


@pytest.mark.parametrize(
    ("old", "new"), [("no-talk", "x"), ("first-talk", "Not A Slug"), ("first-talk", "taken")]
)
def test_an_invalid_rename_is_refused_and_changes_nothing(folder: Folder, old: str, new: str) -> None:
    folder.run("new", "taken", "--title", "Taken", "--draft")
    before = (folder.root / "episodes.toml").read_bytes()
    result = folder.run("rename", old, new)
    assert result.status == 2, result.err
    assert (folder.root / "episodes.toml").read_bytes() == before
    assert (folder.root / "episodes/first-talk/recording.wav").exists()


@pytest.mark.released
def test_a_killed_rename_is_finished_by_the_next_one(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    guid = entries(folder)[0].id

    def killed(root: Path, old: str, new: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(catalogue, "rename_episode", killed)
        assert folder.run("rename", "first-talk", "opening-talk").status == 130
    assert folder.run("rename", "first-talk", "opening-talk").status == 0
    assert folder.run("release").status == 0
    assert [entry.id for entry in entries(folder)] == [guid]


def slug_in_receipts(folder: Folder, slug: str) -> str:
    path = folder.root / "episodes" / slug / "released.json"
    return str(json.loads(path.read_text(encoding="utf-8"))["slug"])


@pytest.mark.released
def test_the_receipts_contain_the_current_slug(folder: Folder) -> None:
    assert slug_in_receipts(folder, "first-talk") == "first-talk"
    folder.run("rename", "first-talk", "opening-talk")
    assert slug_in_receipts(folder, "opening-talk") == "opening-talk"
    folder.run("rename", "opening-talk", "first-talk")
    assert slug_in_receipts(folder, "first-talk") == "first-talk"


@pytest.mark.released
def test_a_rename_killed_before_it_updated_the_receipts_is_finished(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    guid = entries(folder)[0].id
    saved: list[EpisodeRecord] = []

    def killed(root: Path, talk: EpisodeRecord) -> None:
        if saved:
            raise KeyboardInterrupt
        saved.append(talk)
        save_record(root, talk)

    save_record = ledger.save_record
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "save_record", killed)
        assert folder.run("rename", "first-talk", "opening-talk").status == 130
    assert slug_in_receipts(folder, "opening-talk") == "first-talk"
    assert folder.run("rename", "first-talk", "opening-talk").status == 0
    assert slug_in_receipts(folder, "opening-talk") == "opening-talk"
    assert folder.run("release").status == 0
    assert [entry.id for entry in entries(folder)] == [guid]


def test_a_withdrawn_talk_without_a_guid_can_be_renamed(folder: Folder) -> None:
    folder.edit('recording = "recording.wav"', 'recording = "recording.wav"\nstatus = "draft"')
    assert folder.run("withdraw", "first-talk", "--reason", "asked for").status == 0
    assert folder.run("rename", "first-talk", "opening-talk").status == 0
    lock = ledger.load(folder.root).record("opening-talk").withdrawn
    assert lock is not None and lock.reason == "asked for"


# What remains at the old addresses

CUES = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nWords about {0}.\n"


@pytest.fixture(scope="module")
def renamed_once(released_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released series with two transcripts, renamed and released again."""
    root = tmp_path_factory.mktemp("renamed") / "series"
    shutil.copytree(released_once, root)
    for language in ("en", "fr"):
        path = root / f"episodes/first-talk/transcript.{language}.vtt"
        path.write_text(CUES.format("aardvarks"), encoding="utf-8")
    release(root)
    release(root, arguments=("rename", "first-talk", "opening-talk"))
    release(root)
    return root


@pytest.fixture
def renamed(folder: Folder, renamed_once: Path) -> Folder:
    shutil.rmtree(folder.root)
    shutil.copytree(renamed_once, folder.root)
    return folder


def at_old_address(folder: Folder) -> set[str]:
    prefix = "episodes/first-talk/"
    return {path.removeprefix(prefix) for path in folder.public() if path.startswith(prefix)}


def files_with(folder: Folder, word: str) -> list[str]:
    """The files under public/ with a word in their name, content or tags."""
    public, codings = folder.root / "public", ("utf-8", "utf-16-le", "utf-16-be")
    return [
        path
        for path in folder.public()
        if word in path or any(word.encode(coding) in (public / path).read_bytes() for coding in codings)
    ]


def break_templates(folder: Folder) -> Path:
    path = folder.root / "templates/base.html"
    path.parent.mkdir()
    path.write_text("{{ 1/0 }}", encoding="utf-8")
    return path


REDIRECTS = {"index.html", "embed/index.html", "transcript/fr/index.html"}


def test_every_page_redirects_and_every_file_stays_for_the_days_of_grace(
    renamed: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"chapters.json", "cover.jpg", "card.jpg", "oembed.json"}
    kept |= {f"transcript.{language}.{name}" for language in ("en", "fr") for name in ("vtt", "srt", "json")}
    assert at_old_address(renamed) == REDIRECTS | kept
    public = renamed.root / "public/episodes"
    for page in REDIRECTS:
        text = (public / "first-talk" / page).read_text(encoding="utf-8")
        address = f"https://talks.example.org/series/episodes/opening-talk/{page.removesuffix('index.html')}"
        assert f'rel="canonical" href="{address}"' in text
    for name in kept:
        assert (public / "first-talk" / name).read_bytes() == (public / "opening-talk" / name).read_bytes()
    monkeypatch.setenv("PUBLISHER_NOW", "2021-03-09T12:00:00+00:00")
    assert renamed.run("release").status == 0
    assert at_old_address(renamed) == REDIRECTS
    assert not [path for path in media(renamed) if "first-talk" in str(path)]


@pytest.mark.released
def test_the_days_of_grace_begin_with_the_release(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.run("rename", "first-talk", "opening-talk")
    monkeypatch.setenv("PUBLISHER_NOW", "2021-04-01T12:00:00+00:00")
    assert folder.run("release").status == 0
    assert "chapters.json" in at_old_address(folder)
    assert folder.run("plan", "--json").document["steps"] == []


def test_a_withdrawn_talk_leaves_only_tombstones_at_its_old_addresses(renamed: Folder) -> None:
    broken = break_templates(renamed)
    assert renamed.run("withdraw", "opening-talk", "--reason", "x").status == 1
    assert at_old_address(renamed) == set()
    broken.unlink()
    assert renamed.run("release").status == 0
    assert at_old_address(renamed) == {"index.html"}
    page = (renamed.root / "public/episodes/first-talk/index.html").read_text(encoding="utf-8")
    assert "This talk has been withdrawn" in page and "opening-talk" not in page


def test_muted_words_are_gone_from_the_old_addresses_although_a_file_fails(renamed: Folder) -> None:
    renamed.edit('topics = ["Examples"]', 'topics = ["Examples"]\nmute = [["0:00", "0:03"]]')
    broken = renamed.root / "episodes/opening-talk/transcript.fr.vtt"
    broken.write_text("WEBVTT\n\nsoon --> later\nWords\n", encoding="utf-8")
    assert renamed.run("release").status != 0
    assert files_with(renamed, "aardvarks") == []


def test_muted_words_are_gone_from_an_old_address_that_cannot_be_written(
    renamed: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(batch: WriteBatch, path: Path, content: bytes) -> bool:
        if "first-talk" in path.parts and path.name.startswith("transcript"):
            raise OSError(errno.EIO, "Input/output error", str(path))
        return write(batch, path, content)

    write = WriteBatch.write
    monkeypatch.setattr(WriteBatch, "write", refuse)
    renamed.edit('topics = ["Examples"]', 'topics = ["Examples"]\nmute = [["0:00", "0:03"]]')
    assert renamed.run("release").status == 1
    assert files_with(renamed, "aardvarks") == []


def test_a_talk_that_becomes_a_draft_leaves_its_old_addresses_too(renamed: Folder) -> None:
    renamed.edit('slug = "opening-talk"', 'slug = "opening-talk"\nstatus = "draft"')
    assert renamed.run("release").status == 0
    assert at_old_address(renamed) == set()


@pytest.mark.released
def test_a_slug_that_names_somebody_leaves_no_redirect_and_no_file(folder: Folder) -> None:
    guid = entries(folder)[0].id
    said = folder.run("rename", "first-talk", "opening-talk", "--no-redirect").out
    assert "removes everything at the old address" in said
    assert folder.run("release", "--only", "audio").status == 0
    assert files_with(folder, "first-talk") == []
    assert folder.run("release").status == 0
    assert [entry.id for entry in entries(folder)] == [guid]
    assert folder.run("withdraw", "opening-talk", "--reason", "x").status == 0
    assert files_with(folder, "first-talk") == []


def test_a_slug_that_names_somebody_is_gone_although_nothing_can_be_made(renamed: Folder) -> None:
    assert renamed.run("rename", "first-talk", "opening-talk", "--no-redirect").status == 0
    (renamed.root / "episodes/opening-talk/recording.wav").write_bytes(b"x")
    break_templates(renamed)
    assert renamed.run("release").status != 0
    assert files_with(renamed, "first-talk") == []


@pytest.mark.released
def test_a_talk_that_links_to_a_slug_that_names_somebody_is_held_back(folder: Folder) -> None:
    notes = folder.root / "episodes/first-talk/notes.md"
    notes.write_text("See https://talks.example.org/series/episodes/first-talk/ again.", encoding="utf-8")
    said = folder.run("rename", "first-talk", "opening-talk", "--no-redirect").out
    assert "episodes/opening-talk/notes.md still links to episodes/first-talk/" in said
    result = folder.run("release")
    assert (result.status, "held back: notes.md links to a former address" in result.out) == (1, True)
    assert files_with(folder, "first-talk") == []
    (folder.root / "episodes/opening-talk/notes.md").unlink()
    assert folder.run("release").status == 0
    assert len(entries(folder)) == 1


@pytest.mark.released
def test_a_slug_that_was_never_published_is_not_published_by_a_rename(folder: Folder) -> None:
    folder.run("rename", "first-talk", "mistaken-name")
    folder.run("rename", "mistaken-name", "opening-talk")
    assert folder.run("release").status == 0
    assert files_with(folder, "mistaken-name") == []
    assert "index.html" in at_old_address(folder)


# Renamed by hand before the command is run; tests/cli/test_remove.py has the other ways


@pytest.mark.released
@pytest.mark.parametrize("is_copied", [True, False])
def test_a_rename_continues_what_was_done_by_hand(folder: Folder, is_copied: bool) -> None:
    guid = entries(folder)[0].id
    before, after = (folder.root / "episodes" / slug for slug in ("first-talk", "opening-talk"))
    if is_copied:
        shutil.copytree(before, after)
        refused = folder.run("rename", "first-talk", "opening-talk")
        assert (refused.status, "is there already" in refused.err) == (2, True), refused.err
        folder.edit('slug = "first-talk"', 'slug = "opening-talk"')
        assert folder.run("release").status == 3
    else:
        before.rename(after)
    result = folder.run("rename", "first-talk", "opening-talk")
    assert result.status == 0, result.err
    assert folder.run("release").status == 0
    assert [entry.id for entry in entries(folder)] == [guid]
    assert "index.html" in at_old_address(folder)
    assert folder.run("plan", "--json").document["steps"] == []
