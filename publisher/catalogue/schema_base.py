"""What the shape of a table is written with: the model all share, one key, and lists.

Knows no key of the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from publisher.catalogue.fields import Hashtag, quoted

REQUIRED: Any = ...


class Table(BaseModel):
    """A TOML table: no unknown keys, no types guessed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def field(default: Any, about: str, example: str, **limits: Any) -> Any:
    """One key: its default, what it is, how it is written in TOML, its limits."""
    if isinstance(default, list | dict | Table):
        # pydantic would copy such a default deeply, for each talk.
        return Field(default_factory=_maker_of(default), description=about, examples=[example], **limits)
    return Field(default, description=about, examples=[example], **limits)


def _maker_of(default: Any) -> Callable[[], Any]:
    # Tables are frozen, so that one serves all.
    return (lambda: default) if isinstance(default, Table) else default.copy


def as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def unique(values: list[Any]) -> list[Any]:
    seen = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{quoted(str(value))} is there twice; write it once")
        seen.add(value)
    return values


def dedupe(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Hashtags = Annotated[list[Hashtag], AfterValidator(dedupe)]
