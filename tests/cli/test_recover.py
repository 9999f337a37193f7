"""Lost receipts are rebuilt from what is published, and nothing is published twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Folder


def lose_receipts(folder: Folder) -> None:
    for path in (folder.root / "episodes").rglob("*.json"):
        path.unlink()
    shutil.rmtree(folder.root / ".publisher", ignore_errors=True)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.released
def test_after_recover_a_release_changes_no_file(folder: Folder) -> None:
    receipt = folder.root / "episodes" / "first-talk" / "released.json"
    before, known = tree(folder.root / "public"), receipt.read_bytes()
    lose_receipts(folder)
    result = folder.run("recover")
    assert result.status == 0, result.out
    assert receipt.read_bytes() == known
    assert not [step for step in folder.run("plan", "--json").document["steps"] if step["episode"]]
    folder.run("release")
    assert tree(folder.root / "public") == before


@pytest.mark.released
def test_a_published_file_with_other_bytes_is_kept(folder: Folder) -> None:
    (media,) = (folder.root / "public" / "media").iterdir()
    replace_media(folder, media)
    lose_receipts(folder)
    result = folder.run("recover", "--json")
    assert "other bytes" in result.document["unknown"][0]
    assert not [step for step in folder.run("plan", "--json").document["steps"] if step["output"] == "audio"]


@pytest.mark.released
def test_a_file_that_may_contain_what_is_cut_is_made_again(folder: Folder) -> None:
    (media,) = (folder.root / "public" / "media").iterdir()
    replace_media(folder, media)
    lose_receipts(folder)
    folder.edit('slug = "first-talk"', 'slug = "first-talk"\ncut = [["0:01", "0:02"]]')
    result = folder.run("recover", "--json")
    assert "could not be proved" in result.document["unknown"][0]
    folder.run("release")
    (made,) = (folder.root / "public" / "media").iterdir()
    assert made.read_bytes() != media_bytes(media)


def media_bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def replace_media(folder: Folder, media: Path) -> None:
    """As if another ffmpeg had encoded the published file."""
    import hashlib

    content = media.read_bytes() + b"\0" * 417
    name = f"first-talk.{hashlib.sha256(content).hexdigest()[:8]}.mp3"
    media.with_name(name).write_bytes(content)
    media.unlink()
    for path in (folder.root / "public").rglob("*"):
        if path.suffix in (".xml", ".html", ".json"):
            text = path.read_text(encoding="utf-8").replace(media.name, name)
            path.write_text(text.replace(f'length="{len(content) - 417}"', f'length="{len(content)}"'))


@pytest.mark.released
def test_a_talk_whose_page_says_that_it_was_withdrawn_stays_withdrawn(folder: Folder) -> None:
    folder.run("withdraw", "first-talk", "--reason", "asked for")
    lose_receipts(folder)
    shutil.rmtree(folder.root / "private")
    assert "its withdrawal" in folder.run("recover").out
    folder.run("release")
    assert not list((folder.root / "public").glob("media/*"))
    assert (folder.root / "public" / "episodes" / "first-talk" / "index.html").exists()


@pytest.mark.released
def test_a_talk_that_is_not_in_the_feed_is_locked_as_it_may_have_been_withdrawn(folder: Folder) -> None:
    folder.run("withdraw", "first-talk", "--reason", "asked for")
    lose_receipts(folder)
    shutil.rmtree(folder.root / "private")
    shutil.rmtree(folder.root / "public" / "episodes")
    result = folder.run("recover")
    assert result.status == 1
    assert "publisher withdraw first-talk --restore" in result.out
    folder.run("release")
    assert not list((folder.root / "public").glob("media/*"))


@pytest.mark.released
def test_after_recover_the_plan_is_empty(folder: Folder) -> None:
    lose_receipts(folder)
    folder.run("recover")
    assert folder.run("plan", "--json").document["steps"] == []


def test_without_a_published_feed_it_says_so(folder: Folder) -> None:
    folder.edit("https://talks.example.org/series/", "http://127.0.0.1:1/series/")
    result = folder.run("recover")
    assert result.status == 1
    assert "cannot be read" in result.err
