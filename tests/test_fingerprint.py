from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.fingerprint import fingerprint
from publisher.model import Chapter, Credit, Link, Person, SourceFile


def test_equal_values_have_equal_fingerprints() -> None:
    assert fingerprint(Chapter(12, "Questions")) == fingerprint(Chapter(12.0, "Questions"))
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint(frozenset({"x", "y", "z"})) == fingerprint({"z", "y", "x"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (None, "None"),
        (1, True),
        (1, "1"),
        ("1", b"1"),
        ((), ""),
        (Chapter(0, "A"), Chapter(0, "B")),
        ((1, (2, 3)), ((1, 2), 3)),
        (datetime(2021, 1, 1, tzinfo=UTC), "2021-01-01T00:00:00+00:00"),
        (datetime(2021, 1, 1, tzinfo=UTC), ("date", "2021-01-01T00:00:00+00:00")),
        ({"a": 1}, (("a", 1),)),
        ((Chapter(0, "A"), Chapter(1, "B")), (Chapter(0, "A"), Chapter(1, "C"))),
        ((Chapter(0, "A"),), (Chapter(0, "A", image=SourceFile(Path("a"), "ab")),)),
        ((Chapter(0, "A"), Link("A", "B")), (Link("A", "B"), Chapter(0, "A"))),
        (SourceFile(Path("a"), "ab"), ("SourceFile", "ab")),
    ],
)
def test_different_values_have_different_fingerprints(one: object, other: object) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_the_location_of_a_file_does_not_matter() -> None:
    assert fingerprint(SourceFile(Path("here/a.png"), "ab")) == fingerprint(
        SourceFile(Path("there.png"), "ab")
    )


def test_the_fingerprint_never_changes_between_versions() -> None:
    assert fingerprint((1, "ß", Chapter(1.5, "x"))) == "446414dd4481cacb"


def test_a_value_without_a_stable_form_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot fingerprint a object"):
        fingerprint(object())


def test_people_have_their_own_fingerprints_however_many_there_are() -> None:
    found = {fingerprint(Credit(Person(f"guest-{number}", "A name"), "guest")) for number in range(20_001)}
    assert len(found) == 20_001
    assert fingerprint(Person("a", "Name")) == fingerprint(Person("a", "Name"))
