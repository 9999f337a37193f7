"""Checks requests against the discovery document that ships with google-api-python-client."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

UPLOAD = "/upload/"
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}


class Invalid(Exception):
    """A request that the interface does not have."""


@dataclass(frozen=True)
class Method:
    """One method of the interface, as the document describes it."""

    id: str
    http: str
    path: str
    description: Mapping[str, Any]


@cache
def document() -> Mapping[str, Any]:
    from googleapiclient.discovery_cache import get_static_doc

    return json.loads(get_static_doc("youtube", "v3"))


@cache
def methods() -> tuple[Method, ...]:
    return tuple(_methods(document(), ""))


def _methods(resource: Mapping[str, Any], prefix: str) -> Iterator[Method]:
    for name, inner in resource.get("resources", {}).items():
        for verb, found in inner.get("methods", {}).items():
            yield Method(f"{prefix}{name}.{verb}", found["httpMethod"], "/" + found["path"], found)
        yield from _methods(inner, f"{prefix}{name}.")


def method_of(http: str, path: str) -> Method:
    """The method that a request means; raises Invalid for none."""
    plain = path.removeprefix("/upload") if path.startswith(UPLOAD) else path
    found = next((one for one in methods() if (one.http, one.path) == (http, plain)), None)
    if found is None or (path.startswith(UPLOAD) and "mediaUpload" not in found.description):
        raise Invalid(f"there is no method {http} {path}")
    return found


def check_parameters(method: Method, given: Mapping[str, str]) -> None:
    """Raises Invalid for unknown, missing and malformed parameters."""
    known = {**document()["parameters"], **method.description.get("parameters", {})}
    for name, value in given.items():
        if name in ("uploadType", "upload_id"):
            continue
        if name not in known:
            raise Invalid(f"{method.id}: unknown parameter {name}")
        _check_parameter(method, name, value, known[name])
    for name, about in known.items():
        if about.get("required") and not given.get(name):
            raise Invalid(f"{method.id}: the parameter {name} is required")


def _check_parameter(method: Method, name: str, value: str, about: Mapping[str, Any]) -> None:
    if about["type"] == "integer":
        number = int(value)
        if not int(about.get("minimum", number)) <= number <= int(about.get("maximum", number)):
            raise Invalid(f"{method.id}: {name}={value} is out of range")
    if "enum" in about and value not in about["enum"]:
        raise Invalid(f"{method.id}: {name}={value} is none of {about['enum']}")


def check_body(method: Method, body: object) -> None:
    """Raises Invalid for fields that the schema does not have, and values of the wrong type."""
    _check(method.description["request"]["$ref"], {"$ref": method.description["request"]["$ref"]}, body)


def _check(place: str, about: Mapping[str, Any], value: object) -> None:
    if "$ref" in about:
        about = {"type": "object", **document()["schemas"][about["$ref"]]}
    if not isinstance(value, TYPES[about["type"]]):
        raise Invalid(f"{place}: {value!r} is no {about['type']}")
    if "enum" in about and value not in about["enum"]:
        raise Invalid(f"{place}: {value!r} is none of {about['enum']}")
    if isinstance(value, list):
        for item in value:
            _check(f"{place}[]", about["items"], item)
    if isinstance(value, dict):
        _check_object(place, about, value)


def _check_object(place: str, about: Mapping[str, Any], value: Mapping[str, object]) -> None:
    properties, others = about.get("properties", {}), about.get("additionalProperties")
    for name, inner in value.items():
        expected = properties.get(name, others)
        if expected is None:
            raise Invalid(f"unknown name {name!r} at {place}")
        _check(f"{place}.{name}", expected, inner)
