from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from publisher import site_paths
from publisher.context import BuildContext
from publisher.model import Chapter, Credit, Person, Publication, Release, SourceFile
from publisher.outputs.images import ImagesRenderer
from publisher.plan import Document
from tests.conftest import make_episode, make_series

ROOT = Path("series")
GULALAI = Person("gulalai-ismail", "Gulalai Ismail", photo=SourceFile(Path("gulalai.jpg"), "a" * 64))
TAHA = Person("taha-siddiqui", "Taha Siddiqui", photo=SourceFile(Path("taha.jpg"), "b" * 64))
NAMELESS = Person("bushra-gohar", "Bushra Gohar")
TALK = make_episode("protests", guests=(Credit(GULALAI, "guest"), Credit(NAMELESS, "guest")))


def published(*talks: object, youtube_id: str | None = None) -> Publication:
    releases = tuple(
        Release(talk, f"guid {talk.slug}", talk.date, recording_duration=900.0, youtube_id=youtube_id)  # type: ignore[attr-defined]
        for talk in talks
    )
    everybody = {person.id: person for person in (GULALAI, TAHA, NAMELESS)}
    return Publication(make_series(ROOT, *talks, people=everybody), releases, "feed guid")  # type: ignore[arg-type]


def documents(publication: Publication) -> dict[str, Document]:
    renderer = ImagesRenderer(BuildContext(public=ROOT / "public", work=ROOT / ".publisher"))
    found = list(renderer.documents(publication))
    assert len({document.path for document in found}) == len(found)
    return {document.path: document for document in found}


def test_every_picture_has_its_place() -> None:
    assert set(documents(published(TALK))) == {
        "assets/cover.jpg",
        "assets/mark.svg",
        *(f"assets/mark-{size}.png" for size in (32, 180, 192, 512)),
        "episodes/protests/cover.jpg",
        "episodes/protests/card.jpg",
        "people/gulalai-ismail/photo.jpg",
    }


def test_the_producer_s_logo_is_published_only_as_pixels() -> None:
    source = SourceFile(Path("logo.svg"), "e" * 64)
    publication = published(TALK)
    shown = documents(replace(publication, series=replace(publication.series, logo=source)))
    assert {path for path in shown if "mark" in path} == {
        f"assets/mark-{size}.png" for size in (32, 96, 180, 192, 512)
    }
    assert all(site_paths.is_managed_file(path) for path in shown)


def test_a_talk_with_a_video_has_its_picture() -> None:
    found = documents(published(TALK, youtube_id="dQw4w9WgXcQ"))
    assert "episodes/protests/thumbnail.jpg" in found


def test_nothing_is_shown_of_who_is_in_no_published_talk() -> None:
    assert not [path for path in documents(published()) if path.startswith(("people/", "episodes/"))]
    assert "people/taha-siddiqui/photo.jpg" not in documents(published(TALK))


@pytest.mark.parametrize("role", ["guests", "moderators", "sources"])
def test_everybody_named_with_a_talk_has_a_portrait(role: str) -> None:
    talk = make_episode("talk", **{role: (Credit(TAHA, "guest"),)})
    assert "people/taha-siddiqui/photo.jpg" in documents(published(talk))


def test_a_changed_title_changes_its_own_pictures_only() -> None:
    other = make_episode("other")
    before, after = (
        documents(published(talk, other)) for talk in (TALK, replace(TALK, title="Another title"))
    )
    changed = {path for path in before if before[path].key != after[path].key}
    assert changed == {"episodes/protests/cover.jpg", "episodes/protests/card.jpg"}


def test_a_moved_chapter_changes_the_line() -> None:
    first, second = (
        documents(published(replace(TALK, chapters=(Chapter(0, "A"), Chapter(at, "B"))))) for at in (100, 200)
    )
    assert first["episodes/protests/card.jpg"].key != second["episodes/protests/card.jpg"].key


def test_a_replaced_photo_changes_the_portrait() -> None:
    other = replace(GULALAI, photo=SourceFile(Path("gulalai.jpg"), "c" * 64))
    talks = (TALK, replace(TALK, guests=(Credit(other, "guest"),)))
    first, second = (documents(published(talk))["people/gulalai-ismail/photo.jpg"].key for talk in talks)
    assert first != second


def test_pictures_are_what_their_names_say(tmp_path: Path, give_photo: Callable[[Path], SourceFile]) -> None:
    person = replace(GULALAI, photo=give_photo(tmp_path / "gulalai.png"))
    talk = replace(TALK, guests=(Credit(person, "guest"),))
    sizes = {
        path: Image.open(BytesIO(document.render())).size
        for path, document in documents(published(talk, youtube_id="dQw4w9WgXcQ")).items()
        if not path.endswith(".svg")
    }
    assert sizes["episodes/protests/cover.jpg"] == (1400, 1400)
    assert sizes["episodes/protests/card.jpg"] == (1200, 630)
    assert sizes["episodes/protests/thumbnail.jpg"] == (1280, 720)
    assert sizes["people/gulalai-ismail/photo.jpg"] == (320, 320)
    assert sizes["assets/cover.jpg"] == (3000, 3000)


@pytest.fixture
def give_photo() -> Callable[[Path], SourceFile]:
    def given(path: Path) -> SourceFile:
        Image.new("RGB", (900, 1200), "navy").save(path)
        return SourceFile(path, "d" * 64)

    return given


def test_deciding_what_to_draw_imports_no_image_library() -> None:
    lines = [
        "import sys",
        "sys.modules['PIL'] = sys.modules['fontTools'] = None",
        "from datetime import UTC, datetime",
        "from pathlib import Path",
        "from publisher.model import Episode, Publication, Release, Series, SourceFile",
        "from publisher.outputs.images import ImagesRenderer",
        "from publisher.context import BuildContext",
        "cover = SourceFile(Path('cover.jpg'), 'd' * 64)",
        "talk = Episode('talk', 'A talk', datetime(2021, 1, 1, tzinfo=UTC), 'ur', Path())",
        "series = Series('S', 'd', 'en', 'https://x.example/', 'A', Path(), (talk,), cover=cover)",
        "shown = Publication(series, (Release(talk, 'guid', talk.date),), 'feed')",
        "print(len(list(ImagesRenderer(BuildContext(Path('p'), Path('w'))).documents(shown))))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "8\n"
