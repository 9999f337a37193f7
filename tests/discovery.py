"""Checks requests against YouTube's discovery document, which google-api-python-client contains."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

UPLOAD = "/upload/"
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}


class InvalidRequest(Exception):
    """The request does not conform to the discovery document."""


@dataclass(frozen=True)
class Method:
    """One API method and its description in the document."""

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
        for verb, method in inner.get("methods", {}).items():
            yield Method(f"{prefix}{name}.{verb}", method["httpMethod"], "/" + method["path"], method)
        yield from _methods(inner, f"{prefix}{name}.")


def method_of(http: str, path: str) -> Method:
    """The method with this HTTP method and path. Raises InvalidRequest if there is none."""
    plain = path.removeprefix("/upload") if path.startswith(UPLOAD) else path
    method = next(
        (one for one in methods() if one.http == http and re.fullmatch(_path_pattern(one), plain)), None
    )
    if method is None or (path.startswith(UPLOAD) and "mediaUpload" not in method.description):
        raise InvalidRequest(f"there is no method {http} {path}")
    return method


def path_parameters(method: Method, path: str) -> dict[str, str]:
    """The parameters that a request's path contains, such as the id in ``captions/{id}``."""
    match = re.fullmatch(_path_pattern(method), path.removeprefix("/upload"))
    return {name: unquote(value) for name, value in match.groupdict().items()} if match else {}


def _path_pattern(method: Method) -> str:
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(method.path))


def check_parameters(method: Method, parameters: Mapping[str, str]) -> None:
    """Raises InvalidRequest for unknown, missing and malformed parameters."""
    known = {**document()["parameters"], **method.description.get("parameters", {})}
    for name, value in parameters.items():
        if name in ("uploadType", "upload_id"):
            continue
        if name not in known:
            raise InvalidRequest(f"{method.id}: unknown parameter {name}")
        _check_parameter(method, name, value, known[name])
    for name, schema in known.items():
        if schema.get("required") and not parameters.get(name):
            raise InvalidRequest(f"{method.id}: the parameter {name} is required")


def _check_parameter(method: Method, name: str, value: str, schema: Mapping[str, Any]) -> None:
    if schema["type"] == "integer":
        number = int(value)
        if not int(schema.get("minimum", number)) <= number <= int(schema.get("maximum", number)):
            raise InvalidRequest(f"{method.id}: {name}={value} is out of range")
    if "enum" in schema and value not in schema["enum"]:
        raise InvalidRequest(f"{method.id}: {name}={value} is not one of {schema['enum']}")


def check_body(method: Method, body: object) -> None:
    """Raises InvalidRequest for fields that the schema does not contain and values of the wrong type."""
    _check(method.description["request"]["$ref"], {"$ref": method.description["request"]["$ref"]}, body)


def _check(path: str, schema: Mapping[str, Any], value: object) -> None:
    if "$ref" in schema:
        schema = {"type": "object", **document()["schemas"][schema["$ref"]]}
    if not isinstance(value, TYPES[schema["type"]]):
        raise InvalidRequest(f"{path}: {value!r} is not of type {schema['type']}")
    if "enum" in schema and value not in schema["enum"]:
        raise InvalidRequest(f"{path}: {value!r} is not one of {schema['enum']}")
    if isinstance(value, list):
        for item in value:
            _check(f"{path}[]", schema["items"], item)
    if isinstance(value, dict):
        _check_object(path, schema, value)


def _check_object(path: str, schema: Mapping[str, Any], value: Mapping[str, object]) -> None:
    properties, additional = schema.get("properties", {}), schema.get("additionalProperties")
    for name, inner in value.items():
        expected = properties.get(name, additional)
        if expected is None:
            raise InvalidRequest(f"unknown name {name!r} at {path}")
        _check(f"{path}.{name}", expected, inner)
