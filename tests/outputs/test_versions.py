"""A renderer whose bytes change gets another version; a maker's inputs stay as receipts hold them.

``python -m tests.outputs.test_versions`` writes rendered_digests.json for the versions of now.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from publisher.context import BuildContext
from publisher.images import covers, logo, palette
from publisher.model import (
    AudioSettings,
    Chapter,
    Credit,
    Episode,
    Person,
    Publication,
    Recording,
    SourceFile,
)
from publisher.outputs import chapters, feed, images, transcripts
from publisher.outputs.audio import inputs
from publisher.outputs.pages import PagesRenderer, renderer
from publisher.outputs.video import maker
from publisher.outputs.youtube import desired
from publisher.plan import Document
from publisher.render import library_versions
from tests.conftest import make_series
from tests.outputs.feed import samples as feed_samples
from tests.outputs.pages import samples as pages_samples

DIGESTS = Path(__file__).with_name("rendered_digests.json")
FONTS = ("pillow", "fontpkg-noto-serif", "fontpkg-noto-sans")

Row = tuple[Callable[[Path], Iterable[Document]], tuple[int, ...], tuple[str, ...], str]
"""What renders the samples, its versions, the libraries that decide with it, the file to edit."""


def pages_of(folder: Path) -> Publication:
    return pages_samples.publication(folder)


def pictured(folder: Path) -> Publication:
    """One talk with a drawn cover, card and thumbnail, in Latin letters, whose fonts are packages."""
    return Publication(make_series(folder), (feed_samples.release(youtube_id="dQw4w9WgXcQ"),), "guid")


def context(folder: Path) -> BuildContext:
    return BuildContext(folder / "public", folder)


RENDERERS: dict[str, Row] = {
    "feed": (
        lambda folder: feed.FeedRenderer(context(folder)).documents(
            Publication(feed_samples.series(), (feed_samples.full_release(),), GUID)
        ),
        (feed.VERSION,),
        feed.LIBRARIES,
        "outputs/feed/__init__.py",
    ),
    "pages": (
        lambda folder: PagesRenderer(context(folder)).documents(pages_of(folder)),
        (renderer.VERSION, palette.VERSION),
        renderer.LIBRARIES,
        "outputs/pages/renderer.py",
    ),
    "chapters": (
        lambda folder: chapters.ChaptersRenderer(context(folder)).documents(pages_of(folder)),
        (chapters.VERSION,),
        (),
        "outputs/chapters.py",
    ),
    "transcripts": (
        lambda folder: transcripts.TranscriptsRenderer(context(folder)).documents(pages_of(folder)),
        (transcripts.VERSION,),
        ("webvtt-py",),
        "outputs/transcripts.py",
    ),
    "images": (
        lambda folder: images.ImagesRenderer(context(folder)).documents(pictured(folder)),
        (covers.VERSION, palette.VERSION, logo.VERSION),
        FONTS,
        "images/covers.py, palette.py or logo.py",
    ),
}
GUID = "9f3c2d11-abed-4ada-8bad-0123456789ab"


def digest_of(documents: Iterable[Document]) -> str:
    """One SHA-256 over all paths and bytes."""
    digest = hashlib.sha256()
    for document in sorted(documents, key=lambda one: one.path):
        content = hashlib.sha256(document.render()).hexdigest()
        digest.update(f"{document.path} {content}\n".encode())
    return digest.hexdigest()


def rendered_now(name: str, folder: Path) -> dict[str, object]:
    documents, versions, libraries, _ = RENDERERS[name]
    return {
        "versions": list(versions),
        "libraries": dict(zip(libraries, library_versions(*libraries), strict=True)),
        "digest": digest_of(documents(folder)),
    }


@pytest.mark.parametrize("name", RENDERERS)
def test_other_bytes_have_another_version(name: str, tmp_path: Path) -> None:
    before = json.loads(DIGESTS.read_text(encoding="utf-8"))[name]
    now = rendered_now(name, tmp_path)
    if now["libraries"] != before["libraries"]:
        pytest.skip("other versions of libraries render other bytes: their versions are in the keys")
    write = "then run `python -m tests.outputs.test_versions`"
    assert now["digest"] == before["digest"] or now["versions"] != before["versions"], (
        f"{name} renders other bytes than before, but its version is the same, so nothing published "
        f"would be rendered again. If the change is meant, raise VERSION in publisher/{RENDERERS[name][3]}, {write}"
    )
    assert now == before, f"the version of {name} was raised: {write}"


@pytest.mark.parametrize(
    ("name", "module"),
    [("feed", feed), ("pages", renderer), ("chapters", chapters), ("transcripts", transcripts)],
)
def test_another_version_gives_another_key(
    name: str, module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {document.path: document.key for document in RENDERERS[name][0](tmp_path)}
    monkeypatch.setattr(module, "VERSION", 99)
    after = {document.path: document.key for document in RENDERERS[name][0](tmp_path)}
    assert before.keys() == after.keys()
    assert all(after[path] != key for path, key in before.items())


@pytest.mark.parametrize("name", ["feed", "pages", "transcripts"])
def test_another_version_of_a_library_gives_another_key(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {document.path: document.key for document in RENDERERS[name][0](tmp_path)}
    monkeypatch.setattr("importlib.metadata.version", lambda library: "99")
    after = {document.path: document.key for document in RENDERERS[name][0](tmp_path)}
    assert all(after[path] != key for path, key in before.items())


RECORDING = Recording(Path("a.mp4"), "ab" * 32, 60.0, (), has_video=True)
TALK = Episode(
    slug="talk",
    title="The talk",
    date=datetime(2020, 11, 28, tzinfo=UTC),
    language="en",
    folder=Path("episodes/talk"),
    guests=(Credit(Person("guest", "Guest"), "guest"),),
    chapters=(Chapter(0, "Welcome"),),
    cuts=((10.0, 20.0),),
    cover=None,
    recording=RECORDING,
)


def test_receipts_hold_the_same_inputs_as_before() -> None:
    """Other fingerprints would encode and upload again what is published."""
    series = make_series(Path("series"), TALK)
    cover = SourceFile(Path("cover.jpg"), "cd" * 32)
    found = {
        "audio": inputs.inputs(series, TALK, RECORDING),
        "video": maker.inputs(TALK, RECORDING),
        "published video": maker.published_inputs(TALK, RECORDING),
        "thumbnail": desired._thumbnail_key(series, TALK),
        "cover": covers.series_cover_key(make_series(Path("series"), cover=cover)),
        "palette": palette.palette_key(series),
        "mark": logo.logo_key(series),
    }
    assert found == json.loads(DIGESTS.read_text(encoding="utf-8"))["in receipts"]


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        ({}, set()),
        ({"mutes": ((30.0, 31.0),)}, {"mute_with"}),
        ({"mutes": ((30.0, 31.0),), "audio": AudioSettings(mute_with="silence")}, set()),
        ({"audio": AudioSettings(mute_with="silence")}, set()),
        ({"audio": AudioSettings(high_pass=None, denoise=True)}, {"high_pass", "denoise"}),
    ],
)
def test_receipts_name_a_later_key_only_if_it_changes_the_sound(
    edit: dict[str, object], named: set[str]
) -> None:
    talk = replace(TALK, **edit)  # type: ignore[arg-type]
    series = make_series(Path("series"), talk)
    for found in (inputs.inputs(series, talk, RECORDING), maker.inputs(talk, RECORDING)):
        assert set(found) & {"mute_with", "high_pass", "denoise"} == named


def main() -> None:
    """Writes the digests of what is rendered now; what receipts hold is never written anew."""
    kept = {"in receipts": json.loads(DIGESTS.read_text(encoding="utf-8"))["in receipts"]}
    for name in RENDERERS:
        with tempfile.TemporaryDirectory() as folder:
            kept[name] = rendered_now(name, Path(folder))
    DIGESTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
