"""Whatever stands in episodes.toml: problems, never an exception."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher import catalogue, files
from publisher.catalogue import schema
from publisher.catalogue.load_live import LiveItemTable
from publisher.catalogue.schema_audio import AudioTable
from publisher.catalogue.toml_format import toml
from tests.catalogue.conftest import PEOPLE, SERIES, TALK, Folder

WORDS = [
    *(SERIES + PEOPLE + TALK).split(),
    *schema.EpisodeTable.model_fields,
    *schema.SeriesTable.model_fields,
    "[audio]",
    "[[episode]]",
    "[episode.audio]",
    "[",
    "]",
    "{",
    "}",
    '"""',
    "'",
    "\n",
    "=",
    ".",
    ",",
    "nan",
    "inf",
    "2021-01-01",
    "0001-01-01T00:00:00+14:00",
    "12:00:00",
    "9" * 30,
    "\0",
    "\ufeff",
    '"\\u202e"',
]


def read(content: bytes) -> catalogue.LoadResult:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "episodes.toml").write_bytes(content)
        return catalogue.read(root, files.sha256)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_give_problems(content: bytes) -> None:
    assert read(content).problems


@given(st.lists(st.sampled_from(WORDS), max_size=30))
@settings(max_examples=200, deadline=None)
def test_tokens_of_a_catalogue_in_any_order_give_problems(words: list[str]) -> None:
    for problem in read(" ".join(words).encode()).problems:
        assert "\n" not in str(problem)


ANYTHING = st.recursive(
    st.one_of(
        st.none().map(lambda _: 0),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=6),
        st.dates().filter(lambda day: day.year > 999),
        st.datetimes().filter(lambda moment: moment.year > 999),
        st.sampled_from(["ann-one", "a-talk", "recording.wav", "0:10", "https://x.org", "upload", ".", "~"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["person", "title", "at", "url", "id", "start", "x"]), inner, max_size=3
        ),
    ),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(sorted(schema.SeriesTable.model_fields)), ANYTHING, max_size=5),
    st.dictionaries(st.sampled_from(sorted(AudioTable.model_fields)), ANYTHING, max_size=3),
    st.dictionaries(st.sampled_from(["ann-one", "B"]), ANYTHING, max_size=2),
    st.lists(
        st.dictionaries(st.sampled_from(sorted(schema.EpisodeTable.model_fields)), ANYTHING, max_size=8),
        max_size=3,
    ),
    st.lists(
        st.dictionaries(st.sampled_from(sorted(LiveItemTable.model_fields)), ANYTHING, max_size=8), max_size=2
    ),
)
@settings(max_examples=300, deadline=None)
def test_any_value_of_any_key_is_accepted_or_refused(
    series: dict[str, object],
    audio: object,
    people: object,
    talks: list[dict[str, object]],
    live: list[object],
) -> None:
    rows = [
        f"series = {toml({'title': 'A', 'description': 'B', 'language': 'en', 'author': 'C', **series})}",
        f"audio = {toml(audio)}",
        f"people = {toml(people)}",
        f"live = {toml(live)}",
        *(
            "[[episode]]\n"
            + "\n".join(
                f"{key} = {toml(value)}"
                for key, value in {
                    "slug": f"a{n}",
                    "title": "A",
                    "date": 2020,
                    "status": "draft",
                    **talk,
                }.items()
            )
            for n, talk in enumerate(talks)
        ),
    ]
    reading = read("\n".join(rows).encode())
    for problem in reading.problems:
        assert problem.text
        assert "\n" not in str(problem)
        assert problem.line is not None


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 100_000 + " = 1",
        "[" + "a." * 100_000 + "a]",
        "x = " + "{ a = " * 100_000,
        "x = [" + "[]," * 300_000 + "]",
        "[[episode]]\n" * 100_000,
        "".join(f"[people.p{n}]\n" for n in range(100_000)),
        "\n".join(f"k{n} = {n}" for n in range(100_000)),
        "[series]\ncategories = [" + '"News",' * 100_000 + "]",
        "[series]\nhashtags = [" + "".join(f'"a{n}",' for n in range(100_000)) + "]",
        SERIES + TALK + "topics = [" + "".join(f'"a{n}",' for n in range(100_000)) + "3]",
        '"' * 1_000_000,
        "=" * 1_000_000,
        "a = " + "[" * 399 + "]" * 399,
        SERIES + TALK + "x = " + "[" * 399 + "]" * 399,
        SERIES + TALK + "guests = " + "[" * 399 + "]" * 399,
        SERIES + TALK + "consent = " + "{a=" * 300 + "1" + "}" * 300,
    ],
    ids=lambda text: repr(text[-30:]),
)
def test_bombs_are_refused(text: str, folder: Folder) -> None:
    reading = folder.read(text)
    assert 0 < len(reading.problems) <= 501
    for problem in reading.problems:
        assert len(problem.text) < 2000
