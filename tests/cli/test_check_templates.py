"""`check` reports errors in the series' own templates, including those that occur only when they are rendered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from publisher.cli.deep_check import sample_publication, sample_renderings
from publisher.render.templates import builtin_folder
from tests.cli.conftest import Folder
from tests.conftest import make_series

BUILTIN = builtin_folder()
PAGES = sorted(
    path.name
    for path in BUILTIN.glob("*.html")
    if '{% extends "base.html" %}' in path.read_text(encoding="utf-8")
)
PARTS = sorted(
    path.relative_to(BUILTIN).as_posix()
    for path in BUILTIN.rglob("*")
    if path.suffix in (".html", ".txt", ".xml", ".css") and path.name not in PAGES
)
MISTAKES = {
    "{{ 1/0 }}": "division by zero",
    "{{ nosuch }}": "'nosuch' is undefined",
    "{{ series.nosuch }}": "has no attribute 'nosuch'",
    "{{ series.title + 1 }}": "can only concatenate",
    "{{ 'a' * 10**10 }}": "128 MB",
    "{{ cycler.__init__ }}": "unsafe",
}


def write(folder: Folder, name: str, text: str) -> None:
    path = folder.root / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def check(folder: Folder) -> tuple[int, str]:
    result = folder.run("check")
    assert "Traceback" not in result.out + result.err
    return result.status, result.out


@pytest.mark.parametrize("name", PAGES)
def test_check_reports_an_error_in_a_page_template(name: str, folder: Folder) -> None:
    write(
        folder, name, f'{{% extends "builtin/{name}" %}}\n{{% block main %}}\n{{{{ 1/0 }}}}\n{{% endblock %}}'
    )
    status, said = check(folder)
    assert (status, f"templates/{name}:3: division by zero" in said) == (2, True), said
    assert said.count("division by zero") == 1


def in_macros(text: str, mistake: str) -> str:
    """`text` with an error at the start of each macro, or at its own start if it has no macro."""
    if "{% macro" in text or "{%- macro" in text:
        lines = text.split("\n")
        return "\n".join(_with(line, mistake) for line in lines)
    return mistake + text


def _with(line: str, mistake: str) -> str:
    if "macro" not in line or not line.startswith(("{% macro", "{%- macro")):
        return line
    end = line.index("%}") + 2
    return line[:end] + mistake + line[end:]


@pytest.mark.parametrize("name", PARTS)
def test_check_reports_an_error_in_an_included_template(name: str, folder: Folder) -> None:
    text = (BUILTIN / name).read_text(encoding="utf-8")
    write(folder, name, in_macros(text, "{{ 1/0 }}"))
    status, said = check(folder)
    assert (status, f"templates/{name}:" in said, "division by zero" in said) == (2, True, True), said


@pytest.mark.parametrize("mistake", MISTAKES)
def test_check_reports_every_kind_of_error(mistake: str, folder: Folder) -> None:
    write(
        folder, "topic.html", f'{{% extends "base.html" %}}\n{{% block main %}}\n\n{mistake}{{% endblock %}}'
    )
    status, said = check(folder)
    assert status == 2
    line = next(line for line in said.splitlines() if "templates/topic.html:4: " in line)
    assert MISTAKES[mistake] in line


STATIC = {
    "{% include 'nosuch.html' %}": 'there is no template "nosuch.html"',
    "{% if false %}{% include 'nosuch.html' %}{% endif %}": 'there is no template "nosuch.html"',
    "{% if false %}{{ title | nosuch }}{% endif %}": "there is no filter named 'nosuch'",
    "{% if false %}{% if title is nosuch %}{% endif %}{% endif %}": "there is no test named 'nosuch'",
    "{% import 'builtin/nosuch.html' as x %}": 'there is no template "builtin/nosuch.html"',
    "{% if %}": "Expected an expression",
    "{% nosuch %}": "unknown tag",
    "{% autoescape false %}{% endautoescape %}": "autoescape",
}


@pytest.mark.parametrize("mistake", STATIC)
def test_static_errors_are_reported_in_an_unused_file(mistake: str, folder: Folder) -> None:
    write(folder, "spare.html", f"\n{mistake}")
    status, said = check(folder)
    assert (status, "templates/spare.html:2: " in said, STATIC[mistake] in said) == (2, True, True), said


def test_several_errors_are_reported_at_once(folder: Folder) -> None:
    for name in ("topic.html", "person.html", "youtube.txt", "feed/notes.html"):
        write(folder, name, in_macros((BUILTIN / name).read_text(encoding="utf-8"), "{{ nosuch }}"))
    write(folder, "search.html", "{% if %}")
    _, said = check(folder)
    for name in ("topic.html", "person.html", "youtube.txt", "feed/notes.html", "search.html"):
        assert f"templates/{name}:" in said, said


def test_copies_of_the_built_in_templates_have_no_errors(folder: Folder) -> None:
    shutil.copytree(BUILTIN, folder.root / "templates")
    assert check(folder)[0] == 0


@pytest.mark.parametrize("language", ["en", "ur", "de"])
def test_the_sample_talks_render_without_errors(language: str, tmp_path: Path) -> None:
    shown = sample_publication(make_series(tmp_path, language=language), tmp_path)
    documents = [render() for render in sample_renderings(shown, tmp_path)]
    assert len(documents) > 20 and all(documents)


def test_optional_includes_and_own_files_have_no_errors(folder: Folder) -> None:
    write(folder, "own/part.html", "<p>{{ series.title }}</p>")
    text = "{% include 'own/part.html' %}{% include 'nosuch.html' ignore missing %}"
    write(
        folder,
        "topic.html",
        f'{{% extends "builtin/topic.html" %}}{{% block main %}}{text}{{{{ super() }}}}{{% endblock %}}',
    )
    assert check(folder)[0] == 0


def test_check_writes_nothing_but_its_cache(folder: Folder) -> None:
    write(folder, "topic.html", '{% extends "builtin/topic.html" %}')
    before = set(_files(folder.root))
    check(folder)
    assert {path for path in _files(folder.root) if ".publisher" not in path.parts} == before


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]
