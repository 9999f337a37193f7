"""Addresses of topics: readable in every script, kept once published, redirected when they change."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Folder, release, write_series

NAME = "حقوق بشر"
HASH = hashlib.sha256(NAME.encode()).hexdigest()[:12]
"""The id of an earlier publisher."""


@pytest.fixture(scope="module")
def persian_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released series with a topic in Persian."""
    root = tmp_path_factory.mktemp("persian") / "series"
    write_series(root)
    path = root / "episodes.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('["Examples"]', f'["{NAME}"]'), encoding="utf-8")
    release(root)
    return root


@pytest.fixture
def persian(folder: Folder, persian_once: Path) -> Folder:
    shutil.rmtree(folder.root)
    shutil.copytree(persian_once, folder.root)
    return folder


def as_of_an_earlier_publisher(folder: Folder) -> None:
    """The receipts that it left, and the page at its address."""
    path = folder.root / "episodes/released.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["topics"]
    path.write_text(json.dumps(document), encoding="utf-8")
    (folder.root / "public/topics/huquq-bashar").rename(folder.root / f"public/topics/{HASH}")


def pages(folder: Folder) -> dict[str, str]:
    """The pages of topics by id."""
    found = sorted((folder.root / "public/topics").glob("*/index.html"))
    return {path.parent.name: path.read_text(encoding="utf-8") for path in found}


def redirects(folder: Folder) -> dict[str, str]:
    """The id that each former address of a topic leads to."""
    moved = {key: page for key, page in pages(folder).items() if "This page has another address now" in page}
    return {
        key: page.partition('content="0; url=../../topics/')[2].partition("/")[0]
        for key, page in moved.items()
    }


def test_a_topic_in_another_script_has_a_readable_address_from_the_start(persian: Folder) -> None:
    assert list(pages(persian)) == ["huquq-bashar"]
    page = (persian.root / "public/episodes/first-talk/index.html").read_text(encoding="utf-8")
    assert 'href="../../topics/huquq-bashar/"' in page


def test_the_address_of_an_earlier_publisher_redirects(persian: Folder) -> None:
    as_of_an_earlier_publisher(persian)
    assert persian.run("release").status == 0
    assert redirects(persian) == {HASH: "huquq-bashar"}
    assert HASH not in (persian.root / "public/sitemap.xml").read_text(encoding="utf-8")
    assert persian.run("plan", "--json").document["steps"] == []


def test_an_id_in_the_catalogue_moves_the_topic_and_its_earlier_addresses(persian: Folder) -> None:
    as_of_an_earlier_publisher(persian)
    assert persian.run("release").status == 0
    persian.edit('language = "en"', f'language = "en"\ntopic_ids = {{ rights = "{NAME}" }}')
    assert persian.run("release").status == 0
    assert redirects(persian) == {HASH: "rights", "huquq-bashar": "rights"}
    persian.edit(f'topic_ids = {{ rights = "{NAME}" }}\n', "")
    assert persian.run("release").status == 0
    assert set(pages(persian)) - redirects(persian).keys() == {"rights"}


def test_two_spellings_can_have_one_id(persian: Folder) -> None:
    persian.edit(f'["{NAME}"]', f'["{NAME}", "Human rights"]')
    persian.edit('language = "en"', f'language = "en"\ntopic_ids = {{ rights = ["{NAME}", "Human rights"] }}')
    assert persian.run("release").status == 0
    assert set(pages(persian)) == {"rights", "huquq-bashar"}


@pytest.mark.parametrize("are_templates_broken", [False, True])
def test_a_topic_without_a_talk_leaves_nothing_at_its_addresses(
    persian: Folder, are_templates_broken: bool
) -> None:
    as_of_an_earlier_publisher(persian)
    assert persian.run("release").status == 0
    if are_templates_broken:
        path = persian.root / "templates/base.html"
        path.parent.mkdir()
        path.write_text("{{ 1/0 }}", encoding="utf-8")
    assert persian.run("withdraw", "first-talk", "--reason", "x").status == int(are_templates_broken)
    assert not [key for key, page in pages(persian).items() if NAME in page or "huquq-bashar" in page]
    assert are_templates_broken or pages(persian) == {}


# People


@pytest.mark.released
def test_the_page_of_a_person_with_another_id_redirects_until_the_person_is_hidden(folder: Folder) -> None:
    folder.edit("[people.first-guest]\n", '[people.the-guest]\nformer_ids = ["first-guest"]\n')
    folder.edit('["first-guest"]\ntopics', '["the-guest"]\ntopics')
    assert folder.run("release").status == 0
    page = folder.root / "public/people/first-guest/index.html"
    assert 'content="0; url=../../people/the-guest/"' in page.read_text(encoding="utf-8")
    folder.edit('name = "First Guest"', 'name = "First Guest"\nhidden = true')
    folder.edit('summary = "First Guest talks about examples."', 'sumary = "A typing error."')
    assert folder.run("release").status == 2
    assert not page.exists()
