"""Generates a JSON Schema of episodes.toml from the same classes that `check` uses, for editors.

Keywords of draft 7 only: taplo ignores later ones. A schema cannot compare two values or look at files, so
it accepts more than `publisher check`, and never less.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterable, Mapping
from types import NoneType, UnionType

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator
from pydantic.fields import FieldInfo

from publisher.catalogue import constants, schema
from publisher.catalogue.dates import MAX_TIME
from publisher.catalogue.fields import TypeDoc, timezones
from publisher.catalogue.load_live import LiveItemTable
from publisher.catalogue.schema_audio import MAX_HIGH_PASS, MIN_HIGH_PASS, MP3_BITRATES
from publisher.catalogue.schema_base import Table, unique
from publisher.catalogue.schema_podcast import LocationTable
from publisher.catalogue.schema_youtube import EpisodeYouTubeTable
from publisher.model import YOUTUBE_CATEGORIES

Schema = dict[str, object]

DRAFT = "http://json-schema.org/draft-07/schema#"
MAX_SLUG = 100


def catalogue_schema() -> Schema:
    """The schema of episodes.toml."""
    tables = _Tables()
    properties: Schema = {name: tables.reference(table) for name, table in schema.TABLES.items()}
    properties |= {
        "people": {
            "type": "object",
            "description": "The people, by their ids.",
            "patternProperties": {_ID: tables.reference(schema.PersonTable)},
            "additionalProperties": False,
        },
        "episode": {
            "type": "array",
            "description": "The talks: one [[episode]] for each.",
            "items": tables.reference(schema.EpisodeTable),
        },
        "live": {
            "type": "array",
            "description": "Announced live streams: one [[live]] for each.",
            "items": tables.reference(LiveItemTable),
        },
        "include": {
            "type": "array",
            "description": "Patterns of further files, each with one talk.",
            "items": {"type": "string"},
        },
    }
    return _document("episodes.toml", properties, ["series"], tables)


def included_schema() -> Schema:
    """The schema of a file that `include` names: one [[episode]], or just its keys."""
    tables = _Tables()
    talk = tables.reference(schema.EpisodeTable)
    # Required keys are those of one of two forms, so they cannot be stated for the file itself.
    own = tables.definitions["EpisodeTable"]
    properties = {**typing.cast(Schema, own["properties"]), "episode": {"type": "array", "items": talk}}
    return _document("An included file of episodes.toml", properties, [], tables)


def _document(title: str, properties: Schema, required: list[str], tables: _Tables) -> Schema:
    return {
        "$schema": DRAFT,
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        "definitions": tables.definitions,
    }


class _Tables:
    """The definitions of the tables that a schema refers to."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def reference(self, table: type[Table]) -> Schema:
        name = table.__name__
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name].update(self._definition(table))
        return {"$ref": f"#/definitions/{name}"}

    def _definition(self, table: type[Table]) -> Schema:
        fields = table.model_fields
        definition: Schema = {
            "type": "object",
            "properties": {key: self._property(field) for key, field in fields.items()},
            "additionalProperties": False,
        }
        required = [key for key, field in fields.items() if field.is_required()]
        if required:
            definition["required"] = required
        if table.__doc__:
            definition["description"] = table.__doc__
        return definition

    def _property(self, field: FieldInfo) -> Schema:
        found = self._of(field.annotation, field.metadata)
        if "$ref" in found:
            # Draft 7 ignores keywords beside $ref.
            found = {"allOf": [found]}
        about: Schema = {"description": field.description} if field.description else {}
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        if isinstance(default, str | int | float | bool):
            about["default"] = default
        return {**about, **found}

    def _of(self, annotation: object, metadata: Iterable[object]) -> Schema:
        """The schema of a type with what its annotation adds."""
        known = tuple(metadata)
        doc = next((part for part in known if isinstance(part, TypeDoc)), None)
        if doc is not None and doc.type in _BY_NAME:
            return _BY_NAME[doc.type](self, doc)
        return {**self._plain(annotation), **_limits(known, annotation)}

    def _plain(self, annotation: object) -> Schema:
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            return self._of(arguments[0], arguments[1:])
        if origin is typing.Literal:
            return {"enum": list(arguments)}
        if origin in (typing.Union, UnionType):
            return next(self._plain(part) for part in arguments if part is not NoneType)
        if origin is list:
            return {"type": "array", "items": self._plain(arguments[0])}
        if origin is dict:
            return self._of_keys(*arguments)
        if isinstance(annotation, type) and issubclass(annotation, Table):
            return self._table(annotation)
        return {"type": _PLAIN[typing.cast(type, annotation)]}

    def _table(self, table: type[Table]) -> Schema:
        reference = self.reference(table)
        return {"anyOf": [_known_license(), reference]} if table is schema.LicenseTable else reference

    def _of_keys(self, key: object, value: object) -> Schema:
        pattern = self._plain(key).get("pattern")
        if pattern is None:
            return {"type": "object", "additionalProperties": self._plain(value)}
        return {
            "type": "object",
            "patternProperties": {pattern: self._plain(value)},
            "additionalProperties": False,
        }

    def credit(self) -> Schema:
        return {"anyOf": [_NOT_EMPTY, self.reference(schema.CreditTable)]}


_PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number"}


def _limits(metadata: Iterable[object], annotation: object) -> Schema:
    is_list = typing.get_origin(annotation) is list
    found: Schema = {}
    for part in metadata:
        if isinstance(part, Ge):
            found["minimum"] = part.ge
        elif isinstance(part, Le):
            found["maximum"] = part.le
        elif isinstance(part, MinLen):
            found["minItems" if is_list else "minLength"] = part.min_length
        elif isinstance(part, MaxLen):
            found["maxItems" if is_list else "maxLength"] = part.max_length
        elif isinstance(part, AfterValidator) and part.func is unique:
            found["uniqueItems"] = True
    return found


# Single values, by the name of their type in the reference

_ID = "^[a-z0-9]+(-[a-z0-9]+)*$"
_NOT_EMPTY: Schema = {"type": "string", "pattern": "\\S"}
_LENGTH = re.compile(r"≤ (\d+) characters")
_DATE: Schema = {"type": "string", "format": "date"}
_DATES: Schema = {
    "anyOf": [
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "date-time-local"},
        _DATE,
    ]
}
_TIME: Schema = {
    "anyOf": [
        {"type": "string", "pattern": "^\\s*(([0-9]{1,3}:)?[0-9]{1,4}:)?[0-9]{1,6}([.,][0-9]{1,9})?\\s*$"},
        {"type": "number", "minimum": 0, "maximum": MAX_TIME},
    ]
}

_Maker = Callable[[_Tables, TypeDoc], Schema]


def _matching(pattern: str, **more: object) -> _Maker:
    return lambda tables, doc: {"type": "string", "pattern": pattern, **more}


def _one_of(values: Iterable[object]) -> _Maker:
    choices = list(values)
    return lambda tables, doc: {"enum": choices}


def _text(tables: _Tables, doc: TypeDoc) -> Schema:
    """A text; its rule contains its length."""
    found = _LENGTH.search(doc.rule)
    limit: Schema = {"maxLength": int(found[1])} if found else {}
    if "no < or >" in doc.rule:
        return {"type": "string", "pattern": "^[^<>]+$", **limit}
    if found or "line" in doc.rule:
        # A blank at either end, also a line feed, is dropped by `check`.
        return {"type": "string", "pattern": "^\\s*\\S([^\\n\\t]*\\S)?\\s*$", **limit}
    return {**_NOT_EMPTY, **limit}


def _address(tables: _Tables, doc: TypeDoc) -> Schema:
    """A web address; without a rule, one with another scheme too."""
    scheme = "[Hh][Tt][Tt][Pp][Ss]?://" if doc.rule else "[A-Za-z][A-Za-z0-9+.-]*:"
    return {"type": "string", "pattern": f"^\\s*{scheme}\\S+\\s*$"}


def _file(tables: _Tables, doc: TypeDoc) -> Schema:
    outside = {"pattern": r"^\s*(/|~|[A-Za-z]:)|\\|://|(^|/)\.\.(/|$)"}
    return {**_NOT_EMPTY, "not": outside}


def _known_license() -> Schema:
    """The SPDX ids that may be written instead of a table, in any case."""
    names = (
        "".join(f"[{one}{one.upper()}]" if one.isalpha() else re.escape(one) for one in name)
        for name in constants.LICENSES
    )
    return {"type": "string", "pattern": f"^\\s*({'|'.join(names)})\\s*$"}


def _categories() -> list[str]:
    names: Mapping[str, Iterable[str]] = constants.APPLE_CATEGORIES
    return [
        text for parent in names for text in (parent, *(f"{parent} > {child}" for child in names[parent]))
    ]


_BY_NAME: Mapping[str, _Maker] = {
    "text": _text,
    "address": _address,
    "file": _file,
    "e-mail": _matching("^\\s*[^@\\s]+@[^@\\s]+\\.[^@\\s]+\\s*$"),
    "language": _matching("^\\s*[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\\s*$"),
    "slug": _matching(_ID, maxLength=MAX_SLUG),
    "person": lambda tables, doc: _NOT_EMPTY,
    "hashtag": _matching("^\\s*#?[^\\s#<>,.;:!?\"'&/\\\\()@]+\\s*$"),
    "category": _one_of(_categories()),
    "time zone": lambda tables, doc: {"enum": sorted(timezones())},
    "UUID": _matching("^\\s*[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\\s*$"),
    "time": lambda tables, doc: _TIME,
    "date": lambda tables, doc: _DATES,
    "day": lambda tables, doc: _DATE,
    "person or list of persons": lambda tables, doc: {
        "anyOf": [_NOT_EMPTY, tables.reference(schema.CreditTable), _list_of(tables.credit())]
    },
    "list of persons": lambda tables, doc: _list_of(tables.credit()),
    "list of pairs of times": lambda tables, doc: _list_of(
        {"type": "array", "items": _TIME, "minItems": 2, "maxItems": 2}
    ),
    "text or table": lambda tables, doc: {
        "anyOf": [{"enum": ["upload", "off"]}, tables.reference(EpisodeYouTubeTable)]
    },
    "table or list of tables": lambda tables, doc: {
        "anyOf": [tables.reference(LocationTable), _list_of(tables.reference(LocationTable))]
    },
    "true or list of services": lambda tables, doc: {
        "anyOf": [{"type": "boolean"}, _list_of({"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"})]
    },
    "name": lambda tables, doc: {"anyOf": [_NOT_EMPTY, _list_of(_NOT_EMPTY)]},
    "whole number": _one_of(MP3_BITRATES),
    "format": _one_of(constants.AUDIO_FORMATS),
    'number or `"off"`': lambda tables, doc: {
        "anyOf": [{"enum": ["off"]}, {"type": "number", "minimum": MIN_HIGH_PASS, "maximum": MAX_HIGH_PASS}]
    },
    "number": _matching("^[1-9][0-9]{0,3}$"),
    "geo URI": _matching("^\\s*geo:-?[0-9]"),
    "OpenStreetMap object": _matching("^\\s*[NWR][0-9]{1,19}\\s*$"),
    "country": _matching("^\\s*[A-Z]{2}\\s*$"),
    "media type": _matching("^(audio|video|application)/[A-Za-z0-9.+-]+$"),
    "channel id": _matching("^UC[A-Za-z0-9_-]{22}$"),
    "playlist id": _matching("^(PL|UU|FL|OL)[A-Za-z0-9_-]{10,64}$"),
    "video id": _matching("^[A-Za-z0-9_-]{11}$"),
    "tag": _matching("^[^<>,]+$"),
    "YouTube category": _one_of(YOUTUBE_CATEGORIES),
}


def _list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}
