"""Hostile templates reach only the values they are given, and end.

``PUBLISHER_TEST_HOSTILE=1`` tries every bomb (`make hostile`); the default is those of `ALWAYS`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from publisher.errors import RenderError
from publisher.render.templates import MAX_RUNAWAYS, Templates
from tests.hostile.templates import BOMBS, ESCAPES, MAY_END, MISTAKES, SECRET, folder_with, render

REPOSITORY = Path(__file__).parent.parent.parent
MEMORY = 512 << 20
"""Memory limit of the process in bytes, Python and its libraries included."""

ALWAYS = (
    "a long range",
    "ranges in ranges",
    "a text times a number",
    "squares",
    "doubled text by blocks",
    "nested lists in a loop",
    "itself included",
    "a macro twice in itself",
    "blocks in blocks",
    "opening comments",
)
EVERY = bool(os.environ.get("PUBLISHER_TEST_HOSTILE") or os.environ.get("PUBLISHER_TEST_ALL"))
CHOSEN = list(BOMBS) if EVERY else list(ALWAYS)
REFUSED = re.compile(
    r"refused: templates/(?:one|two|tree\d+)\.html(?::\d+: .+| has \d+ kB; 256 kB are allowed)"
)


def rendered(name: str) -> str:
    """The result of rendering a bomb in a process of its own."""
    command = [sys.executable, "-m", "tests.hostile.templates", str(MEMORY), "bombs", name]
    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ran.stdout, ran.stderr
    (_, *said) = json.loads(ran.stdout.splitlines()[-1])
    # A template at which the process ended has no result.
    return str(said[0]) if said else f"ended the process: {ran.stderr[-800:]}"


@pytest.mark.parametrize("name", CHOSEN)
def test_a_template_that_grows_is_stopped_with_its_place(name: str) -> None:
    said = rendered(name)
    if name in MAY_END and said.startswith("first line"):
        return
    assert REFUSED.fullmatch(said), said
    assert "more memory than there is" not in said, "the system stopped it, not the budget"


@pytest.mark.parametrize("name", ESCAPES)
def test_a_template_reaches_nothing_but_what_it_is_given(name: str) -> None:
    said = render(ESCAPES[name])
    assert re.fullmatch(r"refused: templates/one\.html:2: .{5,300}", said), said
    assert SECRET not in said
    assert "/tmp" not in said and "site-packages" not in said


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_is_reported_with_file_and_line(name: str) -> None:
    said = render(MISTAKES[name])
    assert re.fullmatch(r"refused: templates/(one\.html:2|two\.html:1): .{5,300}", said), said


def test_a_mistake_in_a_macro_that_is_called_often_has_its_line_too(tmp_path: Path) -> None:
    folder = folder_with("{% macro m(x) %}\n{{ 1/x }}\n{% endmacro %}")
    templates = Templates(folder / "templates")
    assert templates.render_macro("one.html", "en", "m", {"x": 1}) == "1.0\n"
    with pytest.raises(RenderError, match=r"templates/one\.html:3: division by zero"):
        templates.render_macro("one.html", "en", "m", {"x": 0})


def test_a_mistake_below_a_built_in_template_is_found_in_the_series_own() -> None:
    folder = folder_with("{% import 'parts.html' as parts %}\n{{ parts.time('x') }}")
    with pytest.raises(RenderError, match=r"templates/one\.html:3: .*\(in the built-in parts\.html:\d+\)"):
        Templates(folder / "templates").render("one.html", "en", {})


def test_a_template_that_does_not_end_is_not_tried_for_every_page() -> None:
    folder = folder_with("{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ 'a' * 10**9 if long }}")
    templates = Templates(folder / "templates")
    for _ in range(MAX_RUNAWAYS):
        with pytest.raises(RenderError, match="128 MB"):
            templates.render("one.html", "en", {"long": True})
    with pytest.raises(RenderError, match=r"templates/one\.html: was stopped 2 times and is not tried again"):
        templates.render("one.html", "en", {"long": False})


def test_a_part_that_does_not_end_is_not_tried_for_other_pages() -> None:
    folder = folder_with("{{ 'a' * 10**9 }}")
    own = folder / "templates"
    (own / "page.html").write_text("{% extends 'frame.html' %}", encoding="utf-8")
    (own / "frame.html").write_text("{% include 'one.html' %}", encoding="utf-8")
    (own / "other.html").write_text("sound", encoding="utf-8")
    templates = Templates(own)
    for _ in range(MAX_RUNAWAYS):
        with pytest.raises(RenderError, match="128 MB"):
            templates.render("one.html", "en", {})
    with pytest.raises(RenderError, match=r"templates/one\.html: was stopped 2 times"):
        templates.render("page.html", "en", {})
    assert templates.render("other.html", "en", {}) == "sound"


def test_a_part_of_a_built_in_page_is_bounded_as_well() -> None:
    folder = folder_with("")
    (folder / "templates/parts.html").write_text("{{ 'a' * 10**9 }}", encoding="utf-8")
    with pytest.raises(RenderError, match=r"templates/parts\.html:1: makes more than 128 MB"):
        Templates(folder / "templates").render("404.html", "en", {})


def test_each_rendering_has_the_whole_budget(tmp_path: Path) -> None:
    # 200 000 steps each time: together more than one rendering may take.
    folder = folder_with("{% for x in range(99999) %}{{ x }}{% endfor %}")
    templates = Templates(folder / "templates")
    for _ in range(12):
        templates.render("one.html", "en", {})


def _link(own: Path, outside: Path) -> None:
    (own / "one.html").unlink()
    (own / "one.html").symlink_to(outside / "one.html")


def _link_folder(own: Path, outside: Path) -> None:
    (own / "parts").symlink_to(outside)
    (own / "one.html").write_text("{% include 'parts/one.html' %}", encoding="utf-8")


def _link_all(own: Path, outside: Path) -> None:
    own.rename(own.parent / "before")
    own.symlink_to(outside)


def _link_within(own: Path, outside: Path) -> None:
    """A link to a folder of the series in which there is a link that leads out."""
    (own.parent / "shared").mkdir()
    (own.parent / "shared/one.html").symlink_to(outside / "one.html")
    (own / "parts").symlink_to(own.parent / "shared")
    (own / "one.html").write_text("{% include 'parts/one.html' %}", encoding="utf-8")


def _link_to_private(own: Path, outside: Path) -> None:
    (own.parent / "private").mkdir()
    (own.parent / "private/one.html").write_text(SECRET, encoding="utf-8")
    (own / "one.html").unlink()
    (own / "one.html").symlink_to("../private/one.html")


def _link_to_device(own: Path, outside: Path) -> None:
    (own / "one.html").unlink()
    (own / "one.html").symlink_to("/dev/zero")


def _link_to_itself(own: Path, outside: Path) -> None:
    (own / "one.html").unlink()
    (own / "one.html").symlink_to("one.html")


def _link_to_nothing(own: Path, outside: Path) -> None:
    own.rename(own.parent / "before")
    own.symlink_to(own.parent / "not-mounted")


def _pipe(own: Path, outside: Path) -> None:
    (own / "one.html").unlink()
    os.mkfifo(own / "one.html")


def _folder(own: Path, outside: Path) -> None:
    (own / "one.html").unlink()
    (own / "one.html").mkdir()


def _no_folder(own: Path, outside: Path) -> None:
    own.rename(own.parent / "before")
    own.write_text("x", encoding="utf-8")


def _bytes(own: Path, outside: Path) -> None:
    (own / "one.html").write_bytes(b"a\nb\n\xff\xfe")


PLACES: Mapping[Callable[[Path, Path], None], str] = {
    _link: r"templates/one\.html leads out of the series folder",
    _link_folder: r"templates/parts(/one\.html)? leads out of the series folder",
    _link_all: r"templates leads out of the series folder",
    _link_within: r"templates/parts/one\.html leads out of the series folder",
    _link_to_private: r"templates/one\.html leads into private/",
    _link_to_device: r"templates/one\.html leads out of the series folder",
    _link_to_itself: r"templates/one\.html cannot be read: ",
    _link_to_nothing: r"templates cannot be read: ",
    _pipe: r"templates/one\.html is not an ordinary file",
    _folder: r"templates/one\.html is a folder",
    _no_folder: r"templates is not a folder",
    _bytes: r"templates/one\.html:3: is not UTF-8",
}


@pytest.mark.parametrize("spoil", PLACES)
def test_a_template_is_read_from_the_series_folder_only(
    spoil: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    own = folder_with("x") / "templates"
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "one.html").write_text(SECRET, encoding="utf-8")
    spoil(own, outside)
    templates = Templates(own)
    assert len(templates.fingerprint) == 16
    assert templates.resolve_language("fr") == "fr"
    with pytest.raises(RenderError, match=PLACES[spoil]):
        templates.render("one.html", "en", {})
    if spoil is not _folder:
        assert any(re.match(PLACES[spoil], str(error)) for error in templates.broken_templates())


@pytest.mark.parametrize("name", ["assets/player.js", "translations/fr.po", "assets/own.css", "youtube.txt"])
def test_files_that_are_no_pages_are_read_from_the_series_folder_only(name: str, tmp_path: Path) -> None:
    own = folder_with("x") / "templates"
    (own / name).parent.mkdir(exist_ok=True)
    (tmp_path / "outside").write_text(SECRET, encoding="utf-8")
    (own / name).symlink_to(tmp_path / "outside")
    templates = Templates(own)
    with pytest.raises(RenderError, match=rf"templates/{name} leads out of the series folder"):
        templates.language("fr") if name.endswith(".po") else templates.text(name)
    assert [
        str(error).split(" ")[0] for error in templates.broken_templates() if "leads out" in str(error)
    ] == [f"templates/{name}"]


def test_links_within_the_series_are_followed(tmp_path: Path) -> None:
    folder = folder_with("{% include 'parts/a.html' %}")
    (folder / "shared").mkdir()
    (folder / "shared/a.html").write_text("shared", encoding="utf-8")
    (folder / "templates/parts").symlink_to("../shared")
    (folder / "shared/round").symlink_to("../shared")
    templates = Templates(folder / "templates")
    assert templates.render("one.html", "en", {}).endswith("shared")
    before = templates.fingerprint
    (folder / "shared/a.html").write_text("changed", encoding="utf-8")
    assert Templates(folder / "templates").fingerprint != before
