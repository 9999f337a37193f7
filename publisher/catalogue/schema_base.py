"""Building blocks of the schema: the base class of tables, the field of a key, and lists.

Contains no key of the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from publisher.catalogue.fields import Hashtag, quoted

REQUIRED: Any = ...


class Table(BaseModel):
    """A TOML table: unknown keys are errors, types are not converted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def field(default: Any, about: str, example: str, **limits: Any) -> Any:
    """One key: its default, its description, an example in TOML, its limits."""
    if isinstance(default, list | dict | Table):
        # pydantic would make a deep copy of such a default for each episode.
        return Field(default_factory=_maker_of(default), description=about, examples=[example], **limits)
    return Field(default, description=about, examples=[example], **limits)


def _maker_of(default: Any) -> Callable[[], Any]:
    # Tables are frozen, so all can share one.
    return (lambda: default) if isinstance(default, Table) else default.copy


def as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def unique(values: list[Any]) -> list[Any]:
    seen = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{quoted(str(value))} occurs twice; write it once")
        seen.add(value)
    return values


def dedupe(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Hashtags = Annotated[list[Hashtag], AfterValidator(dedupe)]
