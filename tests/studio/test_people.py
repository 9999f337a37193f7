"""The people of the catalogue over HTTP: values, checks, photos."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.studio.conftest import CATALOGUE, Client, run_studio


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "episodes.toml").write_text(CATALOGUE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def user(root: Path) -> Iterator[Client]:
    for running in run_studio(root):
        yield running.client()


def photo(path: Path, kind: str) -> bytes:
    Image.new("RGB", (400, 400), "#305297").save(path, kind)
    return path.read_bytes()


def test_a_value_is_checked_before_it_is_written(user: Client, root: Path) -> None:
    found: Any = user.send("POST", "/api/people/ada/check", {"key": "link", "value": "javascript:x"}).json
    assert [problem["key"] for problem in found["problems"]] == ["people.ada: link"]
    fine = user.send("POST", "/api/people/ada/check", {"key": "bio", "value": "A writer."})
    assert fine.json == {"problems": []}
    assert (root / "episodes.toml").read_text(encoding="utf-8") == CATALOGUE
    assert user.send("POST", "/api/people/ada/check", {"key": "hidden", "value": "x"}).status == 400


def test_a_photo_is_stored_shown_replaced_and_removed(user: Client, root: Path, tmp_path: Path) -> None:
    assert user.get("/api/people/ada").json["photo"] is False
    assert user.send("PUT", "/api/people/ada/picture", b"<svg/>").status == 400
    first = photo(tmp_path / "a.png", "PNG")
    assert user.send("PUT", "/api/people/ada/picture", first).status == 200
    assert user.get("/api/people/ada/picture").content == first
    assert 'photo = "episodes/people/ada.png"' in (root / "episodes.toml").read_text(encoding="utf-8")
    assert user.send("PUT", "/api/people/ada/picture", photo(tmp_path / "a.jpg", "JPEG")).status == 200
    assert user.get("/api/people/ada/picture").fields["content-type"] == "image/jpeg"
    assert user.send("DELETE", "/api/people/ada/picture").status == 200
    assert user.get("/api/people/ada/picture").status == 404
    assert (root / "episodes.toml").read_text(encoding="utf-8") == CATALOGUE


def test_no_other_person_is_reached(user: Client) -> None:
    for name in ("nobody", "%2e%2e", "..%2fada", "ada%00"):
        assert user.get(f"/api/people/{name}").status in (400, 404)
        assert user.send("PUT", f"/api/people/{name}/picture", b"\x89PNG").status in (400, 404)
