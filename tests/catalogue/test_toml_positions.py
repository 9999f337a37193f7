from __future__ import annotations

import string

import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.catalogue.toml_format import toml, toml_key
from publisher.catalogue.toml_positions import MAX_DEPTH, KeyPositions

TRICKY = '''\
a.b."c d" = [ # ]
  1, "]", { x = "}", 'y"' = [[]] },
  2021-01-01 10:00:00,
] # end
"quo\\u0074ed" = """
[not.a.table]
key = 3 """""
raw = \'\'\'
# "no comment" \'\'\'\'
[t.u]
v = 1
[[t.w]]
x = 1
[t.w.sub]
y = 2
[[t.w]]
x.z = {
  q = 1,
}
[[t.w.in]]
s = 1
[[t.w.in]]
s = 2
'''


def test_lines_of_every_kind_of_key() -> None:
    lines = KeyPositions(TRICKY)
    expected = {
        ("a", "b", "c d"): 1,
        ("a", "b", "c d", 1): 2,
        ("a", "b", "c d", 2, 'y"', 0): 2,
        ("a", "b", "c d", 3): 3,
        ("quoted",): 5,
        ("raw",): 8,
        ("t",): 10,
        ("t", "u", "v"): 11,
        ("t", "w", 0, "sub", "y"): 15,
        ("t", "w", 1): 16,
        ("t", "w", 1, "x", "z", "q"): 18,
        ("t", "w", 1, "in", 1, "s"): 23,
        ("t", "w", 1, "in", 1, "nothing", "here"): 22,
    }
    assert {path: lines.position_of(path) for path in expected} == expected
    assert lines.position_of(()) is None
    assert set(lines.paths()) >= paths_of(tomli.loads(TRICKY))


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Every path of a document, as deep as lines are told apart."""
    found = {path} if path else set()
    if len(path) >= MAX_DEPTH:
        return found
    if isinstance(value, dict):
        items = list(value.items())
    else:
        items = list(enumerate(value)) if isinstance(value, list) else []
    return found.union(*(paths_of(inner, (*path, key)) for key, inner in items))


KEYS = st.one_of(st.text("ab-_1", min_size=1, max_size=3), st.text(max_size=4))
VALUES = st.recursive(
    st.one_of(
        st.integers(-9, 9), st.booleans(), st.dates().filter(lambda day: day.year > 999), st.text(max_size=12)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
TRIVIA = st.sampled_from(["", ' # ]} """ comment', "\n\n", "\n# [x]\n"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """TOML with tables, arrays of tables, dotted keys, strings and comments of all kinds."""
    rows = []
    for number in range(draw(st.integers(1, 5))):
        header = draw(
            st.sampled_from([None, f"[t{number}]", f"[t{number}.{toml_key('ü')}]", "[[many]]", "[[a.b]]"])
        )
        rows.append((header or "") + draw(TRIVIA))
        for inner in range(draw(st.integers(0, 3))):
            key = f"k{number}{inner}" + "".join(
                f".{toml_key(part)}" for part in draw(st.lists(KEYS, max_size=2))
            )
            rows.append(f"{key} = {draw(written_values())}{draw(TRIVIA)}")
    return "\n".join(rows)


@st.composite
def written_values(draw: st.DrawFn) -> str:
    plain = st.text(string.ascii_letters + '"#[]{}=, \n', max_size=12)
    literal = draw(plain)
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return f"'''{literal}'''"
    if kind == 1:
        return '"""' + literal.replace('"', "'") + '"""'
    return toml(draw(VALUES))


@given(documents())
@settings(max_examples=300, deadline=None)
def test_every_path_a_parser_finds_has_its_line(text: str) -> None:
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError:
        return
    lines = KeyPositions(text)
    expected = paths_of(document)
    assert expected <= set(lines.paths())
    written = text.split("\n")
    for path in expected:
        line = lines.position_of(path)
        assert line is not None
        assert 1 <= line <= len(written)
