"""Random changes of lists in every style of writing: the values are those asked for, the rest stays."""

from __future__ import annotations

from pathlib import Path

import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher import catalogue
from tests.catalogue.conftest import SERIES

TITLES = st.sampled_from(["One", "Two, too", "# Three", 'The "four"', "] five", "{ six }", "هفت"])
TIMES = st.integers(0, 3000).map(lambda seconds: f"{seconds // 60}:{seconds % 60:02}")
CHAPTERS = st.lists(st.fixed_dictionaries({"at": TIMES, "title": TITLES}), min_size=1, max_size=5)
CUTS = st.lists(st.lists(TIMES, min_size=2, max_size=2), min_size=1, max_size=4)
TOPICS = st.lists(TITLES, min_size=1, max_size=5)
LISTS = st.one_of(
    st.tuples(st.just("chapters"), CHAPTERS, CHAPTERS),
    st.tuples(st.just("cut"), CUTS, CUTS),
    st.tuples(st.just("topics"), TOPICS, TOPICS),
)
STYLES = ("one line", "block", "block without the last comma", "commented", "wrapped", "spaced")
AFTER = '\n# The next talk.\n[[episode]]\nslug = "b"\ntitle = "B"\ndate = 2021-01-02\n'


def literal(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {literal(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return "'" + str(value) + "'"


def written(values: list[object], style: str) -> str:
    texts = list(map(literal, values))
    match style:
        case "one line":
            return "[" + ", ".join(texts) + "]"
        case "block":
            return "[\n" + "".join(f"    {text},\n" for text in texts) + "]"
        case "block without the last comma":
            return "[\n  " + ",\n  ".join(texts) + "\n] # end"
        case "commented":
            rows = (f"  # above {number}\n  {text}, # beside\n" for number, text in enumerate(texts))
            return "[ # top\n" + "".join(rows) + "  # last\n]"
        case "wrapped":
            return (
                "[" + ",\n   ".join(", ".join(texts[row : row + 2]) for row in range(0, len(texts), 2)) + "]"
            )
    return "[ " + " , ".join(texts) + " ]"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lists=LISTS,
    kept=st.sets(st.integers(0, 4)),
    style=st.sampled_from(STYLES),
    ends=st.sampled_from(["\n", "\r\n"]),
)
def test_a_list_changes_and_nothing_else(
    lists: tuple[str, list[object], list[object]], kept: set[int], style: str, ends: str, tmp_path: Path
) -> None:
    key, old, added = lists
    new = [item for number, item in enumerate(old) if number in kept] + added[: len(added) % 3] or added
    path = tmp_path / "episodes.toml"
    talk = f'[[episode]]\nslug = "a"\ntitle = "A"\ndate = 2021-01-01\n{key} = {written(old, style)}\n'
    before = (SERIES + talk + AFTER).replace("\n", ends)
    path.write_bytes(before.encode())
    catalogue.set_value(tmp_path, "a", key, new)
    after = path.read_bytes().decode()
    assert tomli.loads(after.replace("\r\n", "\n"))["episode"][0][key] == new
    start = before.index(f"{key} = ")
    assert after.startswith(before[:start]) and after.endswith(AFTER.replace("\n", ends))
    assert after.count("\n") == after.count(ends)
    if style == "commented":
        assert [f"# above {number}" in after for number in range(len(old))] == [True] * len(old)
        assert "# top" in after and "# last" in after
    catalogue.set_value(tmp_path, "a", key, new)
    assert path.read_bytes().decode() == after
