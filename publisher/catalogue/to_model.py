"""Converts schema tables to model values: resolves files, time zones and people."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from publisher import model
from publisher.catalogue import safe_paths, schema, schema_podcast, toml_positions
from publisher.catalogue.dates import with_timezone
from publisher.catalogue.problems import Level, RuleFinding
from publisher.catalogue.raw import CatalogueContext, RawEpisode, ResolvedFiles
from publisher.catalogue.rules_youtube import is_to_upload
from publisher.catalogue.schema_audio import AudioTable
from publisher.catalogue.schema_base import Table
from publisher.catalogue.schema_youtube import YouTubeTable
from publisher.model import SourceFile

_Value = TypeVar("_Value")

NamedFiles = Iterator[tuple[toml_positions.Path, str, Callable[[Path], None] | None]]
"""Files named in a table: (path of the key, file as written, check of the file)."""


# --- files


def series_files(context: CatalogueContext) -> tuple[ResolvedFiles, tuple[tuple[str, RuleFinding], ...]]:
    """The files named in [series], [audio] and [people], and (table, problem) of each invalid one."""
    files, problems = _resolve(context, _files_of_series(context))
    labelled = ((".".join(map(str, found.path[:-1])), found) for found in problems)
    return ResolvedFiles(files), tuple(
        (label, found._replace(path=found.path[-1:])) for label, found in labelled
    )


def _files_of_series(context: CatalogueContext) -> NamedFiles:
    if context.series.cover is not None:
        yield ("series", "cover"), context.series.cover, safe_paths.check_cover
    if context.series.logo is not None:
        yield ("series", "logo"), context.series.logo, partial(safe_paths.check_logo, context.root)
    yield from _jingles(context.audio)
    for person_id, person in context.people.items():
        if person.photo is not None:
            yield ("people", person_id, "photo"), person.photo, safe_paths.check_image


def _jingles(table: AudioTable) -> NamedFiles:
    for key in ("intro", "outro"):
        written = getattr(table, key)
        if written is not None:
            yield ("audio", key), written, None


def _resolve(
    context: CatalogueContext, named: NamedFiles
) -> tuple[dict[toml_positions.Path, SourceFile], list[RuleFinding]]:
    files: dict[toml_positions.Path, SourceFile] = {}
    problems: list[RuleFinding] = []
    for path, written, check in named:
        try:
            found = safe_paths.source_file(context.root, written, context.digest)
            if check is not None:
                check(found.path)
            files[path] = found
        except (ValueError, OSError) as error:
            problems.append(RuleFinding(path, str(error)))
    return files, problems


def episode_files(
    raw_episode: RawEpisode, context: CatalogueContext
) -> tuple[ResolvedFiles, tuple[RuleFinding, ...]]:
    """The files named in an episode, and their problems."""
    files, problems = _resolve(context, _files_of_episode(raw_episode))
    recording: Path | None = None
    written = raw_episode.table.recording
    if written is not None and raw_episode.table.status != "withdrawn":
        try:
            folders = (f"episodes/{raw_episode.table.slug}", "") if raw_episode.slug else ("",)
            recording = safe_paths.resolve(context.root, folders, written)
        except ValueError as error:
            level: Level = "warning" if raw_episode.table.status == "draft" else "error"
            if raw_episode.slug is not None:
                problems.append(RuleFinding(("recording",), str(error), level))
    return ResolvedFiles(files, recording), tuple(problems)


def _files_of_episode(raw_episode: RawEpisode) -> NamedFiles:
    for position, chapter in enumerate(raw_episode.table.chapters):
        if chapter.image is not None:
            yield ("chapters", position, "image"), chapter.image, safe_paths.check_image
    yield from _jingles(raw_episode.table.audio)


# --- tables whose keys are the fields of a model class


def _value(kind: Callable[..., _Value], table: Table) -> _Value:
    return kind(**dict(table))


def _values(kind: Callable[..., _Value], tables: Iterable[Table]) -> tuple[_Value, ...]:
    return tuple(_value(kind, table) for table in tables)


def _optional(kind: Callable[..., _Value], table: Table | None) -> _Value | None:
    return None if table is None else _value(kind, table)


# --- the series


def person(person_id: str, table: schema.PersonTable, found: ResolvedFiles) -> model.Person:
    photo = found.files.get(("people", person_id, "photo"))
    return model.Person(person_id, table.name, table.title, table.bio, table.link, photo, table.hidden)


def series(
    context: CatalogueContext, found: ResolvedFiles, people: Mapping[str, model.Person]
) -> model.Series:
    """The series without its episodes."""
    table = context.series
    return model.Series(
        title=table.title,
        description=table.description,
        language=table.language,
        link=table.link,
        author=table.author,
        root=context.root,
        people=people,
        owner=_optional(model.Owner, table.owner),
        categories=tuple(table.categories),
        explicit=table.explicit,
        cover=found.files.get(("series", "cover")),
        logo=found.files.get(("series", "logo")),
        copyright=table.copyright,
        license=_optional(model.License, table.license),
        timezone=table.timezone,
        type=table.type,
        hashtags=tuple(table.hashtags),
        subscribe=dict(table.subscribe),
        funding=_values(model.Funding, table.funding),
        locked=table.locked,
        guid=table.guid,
        require_consent=table.require_consent,
        audio=audio(context.audio, model.AudioSettings(), found),
        feed_limit=context.feed.limit,
        feed_video=context.feed.video,
        youtube=_channel(context.youtube),
        deliver=_deliver(context.deliver),
        transcribe=model.Transcribe(context.transcribe.model, context.transcribe.command),
        medium=table.medium,
        seasons=dict(table.seasons),
        former_people={old: key for key, person in context.people.items() for old in person.former_ids},
        topic_ids={name: topic_id for topic_id, names in table.topic_ids.items() for name in names},
        locations=_values(model.Location, table.location),
        update_frequency=_update_frequency(table.update, ZoneInfo(table.timezone)),
        podroll=_values(model.RemoteFeed, table.podroll),
        publisher=_optional(model.RemoteFeed, table.publisher),
        social=_values(model.SocialPost, table.social),
        chat=_optional(model.Chat, table.chat),
        txt=_values(model.Txt, table.txt),
        blocked=tuple(table.block),
    )


def _deliver(table: schema.DeliverTable) -> model.Deliver:
    purge: tuple[str, ...] = ()
    with suppress(ValueError):
        # A wrong command is reported by the rules.
        purge = tuple(shlex.split(table.purge or ""))
    return model.Deliver(table.to, table.hub, table.grace, purge)


def _update_frequency(
    table: schema_podcast.UpdateTable | None, zone: ZoneInfo
) -> model.UpdateFrequency | None:
    if table is None:
        return None
    start = with_timezone(table.start, zone) if table.start else None
    return model.UpdateFrequency(table.text, table.rrule, start, table.complete)


def audio(table: AudioTable, base: model.AudioSettings, found: ResolvedFiles) -> model.AudioSettings:
    """`base` with the values that `table` sets."""
    written = table.model_fields_set
    if not written:
        return base
    values: dict[str, object] = {key: getattr(table, key) for key in written}
    if "formats" in written:
        values["formats"] = tuple(table.formats)
    if "bitrate" in written:
        own = {key: getattr(table.bitrate, key) for key in table.bitrate.model_fields_set}
        values["bitrate"] = {**base.bitrate, **own}
    for key in written & {"intro", "outro"}:
        values[key] = found.files.get(("audio", key))
    return replace(base, **values)  # type: ignore[arg-type]


def _channel(table: YouTubeTable) -> model.YouTubeChannel:
    keys = {**dict(table), "hashtags": tuple(table.hashtags)}
    return model.YouTubeChannel(id=keys.pop("channel"), **keys)


# --- an episode


def episode(
    raw_episode: RawEpisode,
    context: CatalogueContext,
    base: model.Series,
    zone: ZoneInfo,
    found: ResolvedFiles,
) -> model.Episode:
    """The model of an episode; people who are not in [people] are omitted."""
    table = raw_episode.table
    return model.Episode(
        slug=table.slug,
        title=table.title,
        date=with_timezone(table.date, zone),
        language=table.language or base.language,
        folder=context.root / "episodes" / table.slug,
        season=table.season,
        number=table.number,
        kind=table.kind,
        explicit=base.explicit if table.explicit is None else table.explicit,
        status=table.status,
        summary=table.summary,
        guests=resolve_credits(table.guests, "guest", base.people),
        moderators=resolve_credits(table.moderator, "moderator", base.people),
        sources=resolve_credits(table.sources, "source", base.people),
        topics=tuple(table.topics),
        links=_values(model.Link, table.links),
        corrections=_values(model.Correction, table.corrections),
        chapters=_chapters(table.chapters, found),
        start=table.start,
        end=table.end,
        cuts=tuple((span.start, span.end) for span in table.cut),
        mutes=tuple((span.start, span.end) for span in table.mute),
        consent={person: _consent(given) for person, given in table.consent.items()},
        guid=table.guid,
        audio=audio(table.audio, base.audio, found),
        video=table.video,
        youtube=_youtube(raw_episode, context, zone),
        recording_path=found.recording,
        translations={
            language: _value(model.Translation, texts) for language, texts in table.translations.items()
        },
        display_number=table.display_number,
        locations=_values(model.Location, table.location),
        soundbites=_values(model.Soundbite, table.soundbites),
        social=_values(model.SocialPost, table.social),
        txt=_values(model.Txt, table.txt),
        license=_optional(model.License, table.license),
        hidden=_hidden((*table.guests, *table.moderator, *table.sources), base.people),
        hidden_guests=_hidden(table.guests, base.people),
    )


def _hidden(table: Iterable[schema.CreditTable], people: Mapping[str, model.Person]) -> tuple[str, ...]:
    """Ids of the hidden people in `table`, each once."""
    ids = dict.fromkeys(entry.person for entry in table)
    return tuple(person for person in ids if person in people and people[person].hidden)


def resolve_credits(
    table: Iterable[schema.CreditTable], role: model.Role, people: Mapping[str, model.Person]
) -> tuple[model.Credit, ...]:
    """The credits of people who are in `people` and not hidden."""
    known = (entry for entry in table if entry.person in people and not people[entry.person].hidden)
    return tuple(model.Credit(people[entry.person], role, entry.title) for entry in known)


def has_all(people: Mapping[str, model.Person], *credits: Iterable[schema.CreditTable]) -> bool:
    """Whether `people` contains everybody in `credits`."""
    return all(credit.person in people for role in credits for credit in role)


def _chapters(table: Iterable[schema.ChapterTable], found: ResolvedFiles) -> tuple[model.Chapter, ...]:
    return tuple(
        model.Chapter(entry.at, entry.title, entry.link, found.files.get(("chapters", position, "image")))
        for position, entry in enumerate(table)
    )


def _consent(table: schema.ConsentTable) -> Mapping[str, date]:
    return {place: getattr(table, place) for place in table.model_fields_set}


def _youtube(raw_episode: RawEpisode, context: CatalogueContext, zone: ZoneInfo) -> model.YouTubeSettings:
    upload, table = is_to_upload(raw_episode, context), raw_episode.table.youtube
    if table is None:
        return model.YouTubeSettings(upload=upload, privacy=context.youtube.privacy)
    return model.YouTubeSettings(
        upload=upload,
        id=table.id,
        # YouTube publishes a scheduled video itself; until then it has to be private.
        privacy=table.privacy or ("private" if table.publish_at else context.youtube.privacy),
        publish_at=with_timezone(table.publish_at, zone) if table.publish_at else None,
        title=table.title,
        tags=tuple(table.tags),
        hashtags=tuple(table.hashtags),
        description=table.description,
    )
