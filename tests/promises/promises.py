"""The promises to guests, one row each: how to request it, and what must not be visible afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.cli.conftest import Result
from tests.promises.world import CUES, IDENTIFYING, MIDDLE, NAME, World

Ask = Callable[[World], Result]


@dataclass(frozen=True)
class Promise:
    """`ask` edits and runs the command; `broken` lists what is visible although it must not be.

    `needs_catalogue`: the request is only in the catalogue, which must be readable.
    """

    name: str
    ask: Ask
    broken: Callable[[World], list[str]]
    needs_catalogue: bool = True
    by_release: bool = True
    """Whether a release executes it, which `--only` and slugs can limit."""


def _release(world: World) -> Result:
    return world.run("release", *world.only)


def _edited(old: str, new: str) -> Ask:
    def ask(world: World) -> Result:
        world.edit(old, new)
        return _release(world)

    return ask


def _status(status: str) -> Ask:
    return _edited('slug = "secret"', f'slug = "secret"\nstatus = "{status}"')


def _withdraw(*places: str) -> Ask:
    arguments = ("--from", ",".join(places)) if places else ()
    return lambda world: world.run("withdraw", "secret", "--reason", "asked for", *arguments)


def _everywhere(world: World) -> list[str]:
    found = world.traces(*IDENTIFYING, NAME) + world.own_files()
    return found + (["YouTube: the video"] if world.is_video_seen() else [])


def _in_feed(world: World) -> list[str]:
    found = [path for path in world.traces(*IDENTIFYING, places=("feed",)) if not path.startswith("media/")]
    return found + [title for title in world.items() if "Zanzibar" in title]


def _on_pages(world: World) -> list[str]:
    return world.traces(*IDENTIFYING, NAME, places=("pages",)) and [
        path for path in world.traces(*IDENTIFYING, NAME, places=("pages",)) if not path.endswith(".jpg")
    ]


def _on_youtube(world: World) -> list[str]:
    return ["YouTube: the video"] if world.is_video_seen() else []


def _names_person(world: World) -> list[str]:
    found = world.traces(NAME) + [path for path in world.standing("pages") if "rare-guest" in path]
    if world.is_video_seen() and NAME in str((world.video() or {}).get("snippet")):
        found.append("YouTube: the description")
    return found


def _says_middle(world: World) -> list[str]:
    """Where the word that was cut or muted can still be read or heard."""
    found = world.traces(MIDDLE) + _audio_with_middle(world)
    if world.is_video_seen() and world.fake.channel.contents:
        found.append("YouTube: the video with the words")
    if MIDDLE in world.captions() and world.is_video_seen():
        found.append("YouTube: the captions")
    return found


def _audio_with_middle(world: World) -> list[str]:
    """The media files of the episode from before the cut."""
    return [path for path in world.media() if path in world.before]


def _future(world: World) -> list[str]:
    return world.traces("Upcoming aardvark") + [
        path for path in world.standing("feed", "pages") if "upcoming" in path
    ]


UPCOMING = """
[[episode]]
slug = "upcoming"
title = "Upcoming aardvark"
date = {date}
recording = "recording.wav"
{more}"""


def _added(date: str, more: str = "", series: str = "") -> Ask:
    def ask(world: World) -> Result:
        from tests.cli.conftest import write_tone

        write_tone(world.root / "episodes/upcoming/recording.wav", 1.0, 600.0)
        world.write("episodes/upcoming/transcript.en.vtt", CUES.replace(MIDDLE, "Upcoming aardvark"))
        path = world.root / "episodes.toml"
        text = path.read_text(encoding="utf-8") + UPCOMING.format(date=date, more=more)
        path.write_text(
            text.replace('author = "Example Press"', 'author = "Example Press"' + series, 1), "utf-8"
        )
        return _release(world)

    return ask


AGREED = "{ feed = 2021-01-01, pages = 2021-01-01, youtube = 2021-01-01 }"


def _unasked(world: World) -> Result:
    """A new episode whose guest has not agreed, in a series in which all others have."""
    world.edit(
        'topics = ["Zanzibars", "Examples"]',
        f'topics = ["Zanzibars", "Examples"]\nconsent = {{ plain-guest = {AGREED}, rare-guest = {AGREED} }}',
    )
    world.edit('slug = "second"', f'slug = "second"\nconsent = {{ plain-guest = {AGREED} }}')
    return _added("2021-01-12T12:00:00+00:00", 'guests = ["plain-guest"]\n', "\nrequire_consent = true")(
        world
    )


def _revoked(world: World) -> Result:
    """Every guest has agreed, except one who has revoked the consent."""
    world.edit('author = "Example Press"', 'author = "Example Press"\nrequire_consent = true')
    world.edit(
        'topics = ["Zanzibars", "Examples"]',
        f'topics = ["Zanzibars", "Examples"]\nconsent = {{ plain-guest = {AGREED} }}',
    )
    world.edit('slug = "second"', f'slug = "second"\nconsent = {{ plain-guest = {AGREED} }}')
    return _release(world)


def _new_name(world: World) -> Result:
    """A name that a published episode contains is added to private/people.toml."""
    world.write("private/people.toml", '[people.somebody]\nreal_name = "Unmistakable words"\n')
    return _release(world)


PROMISES = (
    Promise("withdrawn by command", _withdraw(), _everywhere, needs_catalogue=False, by_release=False),
    Promise(
        "removed from the catalogue",
        lambda world: world.run("remove", "secret"),
        _everywhere,
        needs_catalogue=False,
        by_release=False,
    ),
    Promise("withdrawn by its status", _status("withdrawn"), _everywhere),
    Promise("withdrawn from the feed", _withdraw("feed"), _in_feed, needs_catalogue=False, by_release=False),
    Promise(
        "withdrawn from the pages", _withdraw("pages"), _on_pages, needs_catalogue=False, by_release=False
    ),
    Promise(
        "withdrawn from YouTube", _withdraw("youtube"), _on_youtube, needs_catalogue=False, by_release=False
    ),
    Promise(
        "a person hidden by command",
        lambda world: world.run("withdraw", "--person", "rare-guest", "--reason", "asked for"),
        _names_person,
        by_release=False,
    ),
    Promise(
        "a person hidden in the catalogue",
        _edited('name = "Quillfeather Rareguest"', 'name = "Quillfeather Rareguest"\nhidden = true'),
        _names_person,
    ),
    Promise("embargoed", _added("2031-01-01T12:00:00+00:00"), _future),
    Promise("a draft that was published", _status("draft"), _everywhere),
    Promise("a consent that is missing", _unasked, _future),
    Promise("a consent that was revoked", _revoked, _everywhere),
    Promise(
        "cut",
        _edited(
            'topics = ["Zanzibars", "Examples"]',
            'topics = ["Zanzibars", "Examples"]\ncut = [["0:01", "0:02"]]',
        ),
        _says_middle,
    ),
    Promise(
        "muted",
        _edited(
            'topics = ["Zanzibars", "Examples"]',
            'topics = ["Zanzibars", "Examples"]\nmute = [["0:01", "0:02"]]',
        ),
        _says_middle,
    ),
    Promise("a leak that is found", _new_name, _everywhere),
)
