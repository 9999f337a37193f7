"""These tests draw with the fonts from pip only: system fonts would change the pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.images import fonts, typesetting
from publisher.model import Credit, Episode, Person, Series, SourceFile

SYSTEM_FOLDERS = fonts.FOLDERS
NO_FOLDERS: dict[str, tuple[str, ...]] = dict.fromkeys(SYSTEM_FOLDERS, ())


def clear_caches() -> None:
    for remembered in (
        fonts.installed,
        typesetting.runs,
        typesetting.overhang,
    ):
        remembered.cache_clear()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def only_packaged_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(fonts, "FOLDERS", NO_FOLDERS)
    clear_caches()
    yield
    clear_caches()


@pytest.fixture
def give(tmp_path: Path) -> Callable[[str, bytes], SourceFile]:
    """Writes a file as a producer would give it."""

    def given(name: str, content: bytes) -> SourceFile:
        path = tmp_path / name
        path.write_bytes(content)
        return SourceFile(path, hashlib.sha256(content).hexdigest())

    return given


def series(**fields: Any) -> Series:
    told: dict[str, Any] = {
        "title": "South Asia Press Talk",
        "description": "Talks.",
        "language": "en",
        "link": "https://talks.example.org/",
        "author": "South Asia Press",
        "root": Path(),
    }
    return Series(**(told | fields))


def episode(title: str = "Pashtuns under attack?", names: tuple[str, ...] = (), **fields: Any) -> Episode:
    told: dict[str, Any] = {
        "slug": "talk",
        "title": title,
        "date": datetime(2020, 11, 28, 17, tzinfo=UTC),
        "language": "en",
        "folder": Path(),
        "guests": tuple(Credit(Person(f"p{i}", name), "guest") for i, name in enumerate(names)),
    }
    return Episode(**(told | fields))
