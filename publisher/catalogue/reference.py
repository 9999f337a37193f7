"""Generates docs/catalogue.md from the schema: every key with its type, default, rule and example.

``python -m publisher.catalogue.reference`` writes it to standard output.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from types import NoneType, UnionType

from annotated_types import Ge, Le, MaxLen
from pydantic.fields import FieldInfo

from publisher.catalogue import constants, schema
from publisher.catalogue import schema_podcast as podcast
from publisher.catalogue.fields import TypeDoc
from publisher.catalogue.load_live import LiveItemTable
from publisher.catalogue.messages import table_in_annotation
from publisher.catalogue.schema_audio import AudioTable, BitrateTable
from publisher.catalogue.schema_base import Table
from publisher.catalogue.schema_youtube import EpisodeYouTubeTable, YouTubeTable
from publisher.model import YOUTUBE_CATEGORIES

_INTRODUCTION = """\
# episodes.toml: every key

<!-- Generated from the schema by `python -m publisher.catalogue.reference`; do not edit. -->

The catalogue is one [TOML](https://toml.io) file, in UTF-8, at the top of the series folder. `publisher
check` reports everything that is wrong with it at once, each as

    episodes.toml:41: episode "a-talk": guests: no person "ana" in [people]; did you mean "anna"?

A key that is not in this document is an error, so that a typing mistake is not silently ignored. Write texts
in straight quotes, and texts over several lines between `\"\"\"` and `\"\"\"`; write dates and numbers
without quotes.

**Times** are `"[[hh:]mm:]ss[.fff]"` or numbers of seconds. They always refer to the recording, also when
parts of it are cut. **Files** are paths relative to the series folder, and must be inside it.

A long catalogue may be split: write `include = ["episodes/*/episode.toml"]` at the very top of episodes.toml;
each included file then contains one `[[episode]]`, or just its keys.
"""

_SECTIONS: tuple[tuple[str, type[Table], str], ...] = (
    ("[series]", schema.SeriesTable, ""),
    ("owner", schema.OwnerTable, "series"),
    ("license", schema.LicenseTable, "series"),
    ("funding", schema.FundingTable, "series"),
    ("location", podcast.LocationTable, "series, episode"),
    ("update", podcast.UpdateTable, "series"),
    ("podroll, publisher", podcast.RemoteFeedTable, "series"),
    ("social", podcast.SocialPostTable, "series, episode"),
    ("chat", podcast.ChatTable, "series"),
    ("txt", podcast.TxtTable, "series, episode"),
    ("[audio]", AudioTable, ""),
    ("bitrate", BitrateTable, "audio"),
    ("[feed]", schema.FeedTable, ""),
    ("[youtube]", YouTubeTable, ""),
    ("[deliver]", schema.DeliverTable, ""),
    ("[transcribe]", schema.TranscribeTable, ""),
    ("[people.some-body]", schema.PersonTable, ""),
    ("[[episode]]", schema.EpisodeTable, ""),
    ("guests, moderator, sources", schema.CreditTable, "episode"),
    ("links", schema.LinkTable, "episode"),
    ("consent", schema.ConsentTable, "episode"),
    ("corrections", schema.CorrectionTable, "episode"),
    ("translations.<language>", schema.TranslationTable, "episode"),
    ("chapters", schema.ChapterTable, "episode"),
    ("soundbites", podcast.SoundbiteTable, "episode"),
    ("youtube", EpisodeYouTubeTable, "episode"),
    ("[[live]]", LiveItemTable, ""),
)
_PLAIN = {str: "text", bool: "true or false", int: "whole number", float: "number", NoneType: ""}


def reference() -> str:
    """The document, in Markdown."""
    return "\n".join((_INTRODUCTION, *_sections(), *_lists())).rstrip() + "\n"


def _sections() -> Iterator[str]:
    for title, table, within in _SECTIONS:
        name = f"`{title}` of `{within}`" if within else f"`{title}`"
        yield f"{'###' if within else '##'} {name}\n"
        yield f"{table.__doc__}\n" if table.__doc__ else ""
        yield "| key | type | default | what it is | example |\n|---|---|---|---|---|"
        for key, field in table.model_fields.items():
            yield _row(key, field)
        yield ""


def _row(key: str, field: FieldInfo) -> str:
    rule = _rule(field)
    about = (field.description or "") + (f"; {rule}" if rule else "")
    example = f"`{field.examples[0]}`" if field.examples else ""
    cells = (f"`{key}`", _type(field), _default(field), about, example)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(field: FieldInfo) -> str:
    own = [part.type for part in field.metadata if isinstance(part, TypeDoc)]
    return own[0] if own else _type_name(field.annotation)


def _type_name(annotation: object) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        types = [part.type for part in arguments[1:] if isinstance(part, TypeDoc)]
        return types[0] if types else _type_name(arguments[0])
    if origin is typing.Literal:
        return " or ".join(f'`"{choice}"`' for choice in arguments)
    if origin in (typing.Union, UnionType):
        return next(_type_name(part) for part in arguments if part is not NoneType)
    if origin is list:
        return f"list of {_plural(_type_name(arguments[0]))}"
    if origin is dict:
        return f"table of {_plural(_type_name(arguments[1]))}"
    return "table" if table_in_annotation(annotation) else _PLAIN.get(typing.cast(type, annotation), "value")


def _plural(word: str) -> str:
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("s") else "s")


def _rule(field: FieldInfo) -> str:
    parts = [part.rule for part in _docs_of(field) if part.rule]
    low = next((part.ge for part in field.metadata if isinstance(part, Ge)), None)
    high = next((part.le for part in field.metadata if isinstance(part, Le)), None)
    if low is not None and high is not None:
        parts.append(f"{low} to {high}")
    longest = next((part.max_length for part in field.metadata if isinstance(part, MaxLen)), None)
    if longest is not None:
        parts.append(f"at most {longest}")
    return "; ".join(parts)


def _docs_of(field: FieldInfo) -> Iterator[TypeDoc]:
    yield from (part for part in field.metadata if isinstance(part, TypeDoc))
    yield from _inner_docs(field.annotation)


def _inner_docs(annotation: object) -> Iterator[TypeDoc]:
    if table_in_annotation(annotation) is not None:
        return
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Annotated:
        yield from (part for part in arguments[1:] if isinstance(part, TypeDoc))
        arguments = arguments[:1]
    for argument in arguments:
        yield from _inner_docs(argument)


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if field.is_required():
        return "**required**"
    if default in (None, [], {}) or isinstance(default, Table):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, list):
        return "`[" + ", ".join(f'"{entry}"' for entry in default) + "]`"
    return f'`"{default}"`' if isinstance(default, str) else f"`{default}`"


def _lists() -> Iterator[str]:
    yield "## Apple's categories\n"
    for category, children in constants.APPLE_CATEGORIES.items():
        yield f"- **{category}**" + (f" > {', '.join(children)}" if children else "")
    yield "\n## YouTube's categories\n"
    yield ", ".join(YOUTUBE_CATEGORIES) + "."
    yield "\n## Licences known by their SPDX id\n"
    yield ", ".join(f"`{name}`" for name in sorted(constants.LICENSES)) + "."
    yield "Any other: a table with `name` and `url`."


if __name__ == "__main__":
    import sys

    sys.stdout.buffer.write(reference().encode())
