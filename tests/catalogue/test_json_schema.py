"""The JSON Schema accepts what `check` accepts, and refuses what a schema can refuse."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date, time
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from publisher.catalogue.json_schema import catalogue_schema, included_schema
from publisher.catalogue.starter import starter
from publisher.cli.schema import schema_text
from tests.catalogue.conftest import PEOPLE, SERIES, TALK
from tests.catalogue.test_problems import IN_SERIES, IN_TALK, TALKS, WHOLE

ROOT = Path(__file__).parents[2]

# These need a second value, a file, or more than the form of a text.
NOT_REFUSED = {
    "series: missing cover",
    "series: control character",
    "series: former ids",
    "series: podping with a token",
    "series: podping without encryption",
    "series: podping as hub",
    "series: person's photo",
    "talk: person not there",
    "talk: person not there at all",
    "talk: people by their names",
    "talk: person twice",
    "talk: password in an address",
    "talk: chapters out of order",
    "talk: chapters outside",
    "talk: minutes with a dot",
    "talk: nothing between start and end",
    "talk: time without quotes",
    "talk: end before start",
    "talk: cut without effect",
    "talk: chapter cut out",
    "talk: chapters in cuts",
    "talk: topics",
    "talk: two topics of one address",
    "talk: two spellings of a topic",
    "talk: correction",
    "talk: long summary",
    "talk: youtube's rules",
    "talk: chapter's picture",
    "talk: guid twice",
    "talk: slug twice",
    "talk: number twice",
    "talk: topics of one address",
    "talk: video twice",
    "talks: slug that Windows has for itself",
    "talks: date in quotes",
    "talks: recording not there",
    "talks: recording is a folder",
    "talks: nothing to upload",
    "talks: title for YouTube",
    "talks: chapters that YouTube hides",
    "talks: title with a number",
    "whole: link with a question",
    "whole: hour that is left out",
    "whole: link without https",
    "whole: include of nothing",
}


def broken() -> Iterator[tuple[str, str]]:
    """The broken catalogues that are valid TOML."""
    texts = {
        **{f"series: {case}": SERIES + text for case, (text, _) in IN_SERIES.items()},
        **{f"talk: {case}": SERIES + PEOPLE + TALK + text for case, (text, _) in IN_TALK.items()},
        **{f"talks: {case}": f"{SERIES}[[episode]]\n{text}" for case, (text, _) in TALKS.items()},
        **{f"whole: {case}": text for case, (text, _) in WHOLE.items() if isinstance(text, str)},
    }
    for case, text in texts.items():
        try:
            tomllib.loads(text)
        except (ValueError, RecursionError):
            continue
        yield case, text


BROKEN = dict(broken())


def plain(value: object) -> object:
    """A TOML value as JSON has it."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


@cache
def validator() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(catalogue_schema())


def refusals(text: str) -> list[str]:
    return [str(error.message) for error in validator().iter_errors(plain(tomllib.loads(text)))]


@pytest.mark.parametrize("make", [catalogue_schema, included_schema])
def test_the_schema_is_one_of_draft_7(make) -> None:
    jsonschema.Draft7Validator.check_schema(make())


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_catalogue_is_refused_if_a_schema_can_tell(case: str) -> None:
    assert bool(refusals(BROKEN[case])) is (case not in NOT_REFUSED)


def test_the_sample_and_a_new_catalogue_are_accepted() -> None:
    for text in ((ROOT / "episodes.toml").read_text(encoding="utf-8"), starter()):
        assert refusals(text) == []


def test_an_included_file_may_be_a_table_or_its_keys() -> None:
    schema = jsonschema.Draft7Validator(included_schema())
    for text in (TALK, TALK.replace("[[episode]]\n", "")):
        assert list(schema.iter_errors(plain(tomllib.loads(text)))) == []
    assert list(schema.iter_errors({"titel": "x"}))


def test_every_key_has_its_explanation() -> None:
    definitions = catalogue_schema()["definitions"]
    assert isinstance(definitions, dict)
    for name, table in definitions.items():
        for key, value in table["properties"].items():
            assert value.get("description"), f"{name}.{key}"


def test_the_schema_of_the_sample_is_current() -> None:
    """`publisher schema --write` writes it."""
    assert (ROOT / "episodes.schema.json").read_text(encoding="utf-8") == schema_text()


def editor(name: str, *arguments: str) -> list[str]:
    program = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed; make test-all installs it")
    return [program, *arguments]


@pytest.mark.parametrize("line", [("taplo", "lint"), ("tombi", "lint", "--offline")])
@pytest.mark.parametrize(
    ("change", "is_accepted"),
    [
        (("", ""), True),
        (('language = "en"', 'language = "English language"'), False),
        (('slug = "a-talk"', 'slug = "A talk"'), False),
        (('title = "A talk"', 'titel = "A talk"'), False),
    ],
)
def test_editors_accept_and_refuse(
    line: tuple[str, ...], change: tuple[str, str], is_accepted: bool, tmp_path: Path
) -> None:
    text = (SERIES + PEOPLE + TALK).replace(*change) if change[0] else SERIES + PEOPLE + TALK
    (tmp_path / "episodes.toml").write_text(f"#:schema ./episodes.schema.json\n{text}", encoding="utf-8")
    (tmp_path / "episodes.schema.json").write_text(json.dumps(catalogue_schema()), encoding="utf-8")
    command = editor(*line, "episodes.toml")
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert (result.returncode == 0) is is_accepted, result.stderr.decode()


@pytest.mark.parametrize("line", [("taplo", "lint"), ("tombi", "lint", "--offline")])
def test_editors_accept_the_sample(line: tuple[str, ...], tmp_path: Path) -> None:
    for name in ("episodes.toml", "episodes.schema.json"):
        shutil.copy(ROOT / name, tmp_path)
    command = editor(*line, "episodes.toml")
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr.decode()
