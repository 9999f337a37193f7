"""A document's key changes with the code and the libraries that render it."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.render import program
from publisher.render.program import program_key


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "outputs/feed").mkdir(parents=True)
    (tmp_path / "outputs/feed/rss.py").write_text("A = 1\n", encoding="utf-8")
    (tmp_path / "timeline.py").write_text("B = 1\n", encoding="utf-8")
    monkeypatch.setattr(program, "PACKAGE", tmp_path)
    return tmp_path


def key_now(*sources: str, libraries: tuple[str, ...] = ()) -> str:
    program_key.cache_clear()
    program._digest.cache_clear()
    return program_key(sources, libraries)


@pytest.mark.parametrize("changed", ["outputs/feed/rss.py", "timeline.py"])
def test_other_code_gives_another_key(changed: str, package: Path) -> None:
    before = key_now("outputs/feed", "timeline.py")
    assert key_now("outputs/feed", "timeline.py") == before
    (package / changed).write_text("C = 2\n", encoding="utf-8")
    assert key_now("outputs/feed", "timeline.py") != before


def test_another_version_of_a_library_gives_another_key(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key_now("timeline.py", libraries=("feedgen",))
    monkeypatch.setattr(program.metadata, "version", lambda name: "99")
    assert key_now("timeline.py", libraries=("feedgen",)) != before


def test_every_renderer_names_sources_that_exist() -> None:
    from publisher.outputs import chapters, feed, transcripts
    from publisher.outputs.pages import renderer

    named = (feed.SOURCES, chapters.SOURCES, chapters.PICTURE_SOURCES, transcripts.SOURCES, renderer.SOURCES)
    for source in {source for sources in named for source in sources}:
        assert program._modules(source), source
        assert all(path.is_file() for path in program._modules(source)), source
