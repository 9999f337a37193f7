"""From shapes to the model: files found, dates given their zone, people put in their places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher import model
from publisher.catalogue import lines, places, shapes
from publisher.catalogue.audio import Audio
from publisher.catalogue.moments import aware
from publisher.catalogue.podcasting import building as podcasting
from publisher.catalogue.talks import Found, House, Talk
from publisher.catalogue.wording import Finding, Level
from publisher.catalogue.youtube.rules import wants_upload
from publisher.catalogue.youtube.shapes import YouTube
from publisher.model import SourceFile

Named = Iterator[tuple[lines.Path, str, Callable[[Path], None] | None]]
"""Files a table names: the key's path, what is written, and what the file must be besides."""


def series_files(house: House) -> tuple[Found, tuple[tuple[str, Finding], ...]]:
    """The files that [series], [audio] and [people] name; what is wrong with them, by table."""
    files: dict[lines.Path, SourceFile] = {}
    problems: list[tuple[str, Finding]] = []
    for path, written, check in _series_named(house):
        found = _look(house, written, check)
        label = ".".join(str(part) for part in path[:-1])
        if isinstance(found, SourceFile):
            files[path] = found
        else:
            problems.append((label, Finding((path[-1],), found)))
    return Found(files), tuple(problems)


def _series_named(house: House) -> Named:
    if house.series.cover is not None:
        yield ("series", "cover"), house.series.cover, places.check_cover
    for key in ("intro", "outro"):
        written = getattr(house.audio, key)
        if written is not None:
            yield ("audio", key), written, None
    for person_id, person in house.people.items():
        if person.photo is not None:
            yield ("people", person_id, "photo"), person.photo, places.check_picture


def _look(house: House, written: str, check: Callable[[Path], None] | None) -> SourceFile | str:
    try:
        found = places.source_file(house.root, written, house.digest)
        if check is not None:
            check(found.path)
    except (ValueError, OSError) as error:
        return str(error)
    return found


def talk_files(talk: Talk, house: House) -> tuple[Found, tuple[Finding, ...]]:
    """The files that a talk names, and what is wrong with them."""
    files: dict[lines.Path, SourceFile] = {}
    problems: list[Finding] = []
    for path, written, check in _talk_named(talk):
        found = _look(house, written, check)
        if isinstance(found, SourceFile):
            files[path] = found
        else:
            problems.append(Finding(path, found))
    recording: Path | None = None
    written_recording = talk.table.recording
    if written_recording is not None and talk.table.status != "withdrawn":
        try:
            folders = (f"episodes/{talk.table.slug}", "") if talk.slug else ("",)
            recording = places.find(house.root, folders, written_recording)
        except ValueError as error:
            level: Level = "warning" if talk.table.status == "draft" else "error"
            if talk.slug is not None:
                problems.append(Finding(("recording",), str(error), level))
    return Found(files, recording), tuple(problems)


def _talk_named(talk: Talk) -> Named:
    for position, chapter in enumerate(talk.table.chapters):
        if chapter.image is not None:
            yield ("chapters", position, "image"), chapter.image, places.check_picture
    if talk.table.audio.model_fields_set:
        for key in ("intro", "outro"):
            written = getattr(talk.table.audio, key)
            if written is not None:
                yield ("audio", key), written, None


def person(person_id: str, table: shapes.Person, found: Found) -> model.Person:
    photo = found.files.get(("people", person_id, "photo"))
    return model.Person(person_id, table.name, table.title, table.bio, table.link, photo, table.hidden)


def series(house: House, found: Found, people: Mapping[str, model.Person]) -> model.Series:
    """The series without its episodes."""
    table = house.series
    zone = ZoneInfo(table.timezone)
    return model.Series(
        title=table.title,
        description=table.description,
        language=table.language,
        link=table.link,
        author=table.author,
        root=house.root,
        people=people,
        owner=model.Owner(table.owner.name, table.owner.email) if table.owner else None,
        categories=tuple(table.categories),
        explicit=table.explicit,
        cover=found.files.get(("series", "cover")),
        copyright=table.copyright,
        license=_license(table.license),
        timezone=table.timezone,
        type=table.type,
        hashtags=tuple(table.hashtags),
        subscribe=dict(table.subscribe),
        funding=tuple(model.Funding(way.text, way.url) for way in table.funding),
        locked=table.locked,
        guid=table.guid,
        require_consent=table.require_consent,
        audio=audio(house.audio, model.AudioSettings(), found),
        feed_limit=house.feed.limit,
        feed_video=house.feed.video,
        youtube=_channel(house.youtube),
        deliver=model.Deliver(house.deliver.to, house.deliver.hub, house.deliver.grace),
        medium=table.medium,
        seasons=dict(table.seasons),
        locations=podcasting.locations(table.location),
        update_frequency=podcasting.update(table.update, zone),
        podroll=tuple(podcasting.remote(feed) for feed in table.podroll),
        publisher=podcasting.remote(table.publisher) if table.publisher else None,
        social=podcasting.posts(table.social),
        chat=podcasting.chat(table.chat),
        txt=podcasting.txts(table.txt),
        blocked=tuple(table.block),
    )


def _license(table: shapes.License | None) -> model.License | None:
    return model.License(table.name, table.url) if table else None


def audio(table: Audio, base: model.AudioSettings, found: Found) -> model.AudioSettings:
    """`base` with what `table` sets."""
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


def _channel(table: YouTube) -> model.YouTubeChannel:
    return model.YouTubeChannel(
        id=table.channel,
        playlist=table.playlist,
        privacy=table.privacy,
        category=table.category,
        made_for_kids=table.made_for_kids,
        default=table.default,
        hashtags=tuple(table.hashtags),
    )


def episode(talk: Talk, house: House, base: model.Series, zone: ZoneInfo, found: Found) -> model.Episode:
    """A talk as its table says; people that [people] does not hold are left out."""
    table = talk.table
    return model.Episode(
        slug=table.slug,
        title=table.title,
        date=aware(table.date, zone),
        language=table.language or base.language,
        folder=house.root / "episodes" / table.slug,
        season=table.season,
        number=table.number,
        kind=table.kind,
        explicit=base.explicit if table.explicit is None else table.explicit,
        status=table.status,
        summary=table.summary,
        guests=credited(table.guests, "guest", base.people),
        moderators=credited(table.moderator, "moderator", base.people),
        sources=credited(table.sources, "source", base.people),
        topics=tuple(table.topics),
        links=tuple(model.Link(link.title, link.url, link.kind) for link in table.links),
        corrections=tuple(model.Correction(entry.date, entry.text) for entry in table.corrections),
        chapters=_chapters(table.chapters, found),
        start=table.start,
        end=table.end,
        cuts=tuple((span.start, span.end) for span in table.cut),
        mutes=tuple((span.start, span.end) for span in table.mute),
        consent={person: _agreed(consent) for person, consent in table.consent.items()},
        guid=table.guid,
        audio=audio(table.audio, base.audio, found),
        video=table.video,
        youtube=_video(talk, house, zone),
        recording_path=found.recording,
        translations={
            language: model.Translation(words.title, words.summary)
            for language, words in table.translations.items()
        },
        display_number=table.display_number,
        locations=podcasting.locations(table.location),
        soundbites=podcasting.soundbites(table.soundbites),
        social=podcasting.posts(table.social),
        txt=podcasting.txts(table.txt),
        license=_license(table.license),
        hidden=tuple(_hidden((*table.guests, *table.moderator, *table.sources), base.people)),
        hidden_guests=tuple(_hidden(table.guests, base.people)),
    )


def _hidden(table: Iterable[shapes.Credit], people: Mapping[str, model.Person]) -> Iterator[str]:
    """The ids of the people in `table` whom the catalogue hides, each once."""
    ids = dict.fromkeys(entry.person for entry in table)
    return (one for one in ids if one in people and people[one].hidden)


def credited(
    table: list[shapes.Credit], role: model.Role, people: Mapping[str, model.Person]
) -> tuple[model.Credit, ...]:
    known = (entry for entry in table if entry.person in people and not people[entry.person].hidden)
    return tuple(model.Credit(people[entry.person], role, entry.title) for entry in known)


def _chapters(table: list[shapes.Chapter], found: Found) -> tuple[model.Chapter, ...]:
    return tuple(
        model.Chapter(entry.at, entry.title, entry.link, found.files.get(("chapters", position, "image")))
        for position, entry in enumerate(table)
    )


def _agreed(consent: shapes.Consent) -> Mapping[str, date]:
    return {place: getattr(consent, place) for place in consent.model_fields_set}


def _video(talk: Talk, house: House, zone: ZoneInfo) -> model.YouTubeSettings:
    upload, table = wants_upload(talk, house), talk.table.youtube
    if table is None:
        return model.YouTubeSettings(upload=upload, privacy=house.youtube.privacy)
    # A video that YouTube makes public by itself has to be private until then.
    privacy = table.privacy or ("private" if table.publish_at else house.youtube.privacy)
    return model.YouTubeSettings(
        upload=upload,
        id=table.id,
        privacy=privacy,
        publish_at=aware(table.publish_at, zone) if table.publish_at else None,
        title=table.title,
        tags=tuple(table.tags),
        hashtags=tuple(table.hashtags),
        description=table.description,
    )
