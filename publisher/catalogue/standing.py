"""The tables that stand once, and [people]: what talks refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from publisher.addresses import topic_slug
from publisher.catalogue import shapes
from publisher.catalogue.complaints import Complaints
from publisher.catalogue.places import Digest
from publisher.catalogue.source import Source
from publisher.catalogue.tables import Table
from publisher.catalogue.talks import House, Place, shape
from publisher.catalogue.values import closest, identifier
from publisher.catalogue.wording import Finding, kind_of

TOP = ("include", *shapes.TABLES, "people", "episode", "live")


def house(root: Path, main: Source, digest: Digest, complaints: Complaints) -> tuple[House, bool]:
    """What the catalogue says beside its talks, and whether [series] can be used.

    What is wrong goes to `complaints`; a table that cannot be used is taken for an empty one.
    """
    document = main.document
    _check_top(main, complaints)
    tables: dict[str, Table | None] = {}
    for name, model_of in shapes.TABLES.items():
        tables[name] = _table(main, name, model_of, complaints)
    people = dict(_people(main, complaints))
    written = document.get("people")
    return House(
        root=root,
        digest=digest,
        people=people,
        known=_ids(written if isinstance(written, dict) else {}),
        **{name: tables[name] or _blank(name) for name in tables},  # type: ignore[arg-type]
    ), tables["series"] is not None


def _ids(written: Mapping[str, object]) -> frozenset[str]:
    # An id that is written wrongly is complained about where it stands, once.
    return frozenset((*written, *map(topic_slug, written)))


def _blank(name: str) -> Table:
    if name != "series":
        return shapes.TABLES[name]()
    needed = {
        "title": "-",
        "description": "-",
        "language": "en",
        "link": "https://example.org/",
        "author": "-",
    }
    return shapes.Series.model_validate(needed)


def _check_top(main: Source, complaints: Complaints) -> None:
    for key in main.document:
        if key in TOP or complaints.is_full:
            continue
        text = f"there is no such table; {_table_meant(key)}"
        complaints.add(Place(main, (), ""), main.document, Finding((key,), text))


def _table_meant(key: str) -> str:
    meant = closest(key, TOP)
    if meant is not None:
        return f"did you mean {_written_as(meant)}?"
    for name, table in (("series", shapes.Series), ("episode", shapes.Episode)):
        if key in table.model_fields:
            return f"put it below {_written_as(name)}"
    return f"delete it (there are {', '.join(map(_written_as, TOP))})"


def _written_as(name: str) -> str:
    """How a table, or `include`, stands in the file."""
    written = {"include": "include", "people": "[people.…]", "episode": "[[episode]]", "live": "[[live]]"}
    return written.get(name, f"[{name}]")


def _table(main: Source, name: str, table: type[Table], complaints: Complaints) -> Table | None:
    place = Place(main, (name,), name)
    raw = main.document.get(name)
    if raw is None:
        if name == "series":
            text = "is missing; write [series] with title, description, language, link and author"
            complaints.add(Place(main, (), ""), main.document, Finding((name,), text))
        return None if name == "series" else table()
    if not isinstance(raw, dict):
        complaints.add(place, raw, Finding((), _not_a_table(name, raw)))
        return None
    shaped, found, _ = shape(raw, table, name)
    for finding in found:
        complaints.add(place, raw, finding)
    return shaped


def _not_a_table(name: str, raw: object) -> str:
    if isinstance(raw, list):
        return f"stands once; write [{name}] with one pair of brackets"
    return f"must be a table, not {kind_of(raw)}; write [{name}]"


def _people(main: Source, complaints: Complaints) -> Iterator[tuple[str, shapes.Person]]:
    people = main.document.get("people", {})
    if not isinstance(people, dict):
        text = "must be tables, one per person: [people.some-body] with a name"
        complaints.add(Place(main, (), ""), main.document, Finding(("people",), text))
        return
    for person_id, raw in people.items():
        if complaints.is_full:
            return
        place = Place(main, ("people", person_id), f"people.{person_id}")
        if not isinstance(raw, dict):
            text = f"must be a table, not {kind_of(raw)}; write [people.{person_id}] with a name"
            complaints.add(place, raw, Finding((), text))
            continue
        try:
            identifier(person_id)
        except ValueError as error:
            complaints.add(place, raw, Finding((), str(error)))
        person, found, _ = shape(raw, shapes.Person, "people")
        for finding in found:
            complaints.add(place, raw, finding)
        if person is not None:
            yield person_id, person
