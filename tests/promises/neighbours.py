"""Other failures at the time of a promise, one row each: how to cause and how to undo them."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.promises.world import World


@dataclass(frozen=True)
class Neighbour:
    """`happen` causes it and adds to `World.mended` a function that undoes it.

    `unreadable`: nothing of the catalogue can be read. `limits`: it limits a release.
    """

    name: str
    happen: Callable[[World], None]
    unreadable: bool = False
    limits: bool = False
    no_youtube: bool = False
    """Whether YouTube cannot be reached: a video cannot be hidden, and the command reports that."""
    stuck: str = ""
    """A path under public/ that cannot be changed."""
    is_error: bool = False
    """Whether the command must report an error."""


def _nothing(world: World) -> None: ...


def _template(name: str, text: str) -> Callable[[World], None]:
    def happen(world: World) -> None:
        world.write(f"templates/{name}", text)
        world.mended.append(lambda: (world.root / "templates" / name).unlink())

    return happen


TYPO = 'sumary = "typo"\n'


def _typo(slug: str) -> Callable[[World], None]:
    def happen(world: World) -> None:
        line = f'slug = "{slug}"\n'
        world.edit(line, line + TYPO)
        # The entry may have been removed with it.
        world.mended.append(lambda: TYPO in world.catalogue() and world.edit(TYPO, ""))

    return happen


def _not_toml(world: World) -> None:
    world.edit('[[episode]]\nslug = "third"', '[[episode]\nslug = "third"')
    world.mended.append(lambda: world.edit('[[episode]\nslug = "third"', '[[episode]]\nslug = "third"'))


def _vanished(world: World) -> None:
    """The entry of another published talk is deleted from the catalogue."""
    path = world.root / "episodes.toml"
    entry = world.catalogue().partition('[[episode]]\nslug = "third"')[2]
    world.edit(f'[[episode]]\nslug = "third"{entry}', "")

    def mend() -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(f'\n[[episode]]\nslug = "third"{entry}')

    world.mended.append(mend)


def _broken_transcript(world: World) -> None:
    path = "episodes/second/transcript.en.vtt"
    world.write(path, "WEBVTT\n\n1 --> 2\n")
    world.mended.append(lambda: (world.root / path).unlink())


def _damaged(slug: str) -> Callable[[World], None]:
    def happen(world: World) -> None:
        path = world.root / f"episodes/{slug}/released.json"
        before = path.read_bytes()
        path.write_bytes(before[: len(before) // 2])
        world.mended.append(lambda: _restore_receipt(path, before))

    return happen


def _restore_receipt(path: Path, before: bytes) -> None:
    """As from version control, with a lock that was written meanwhile."""
    document = json.loads(before)
    with contextlib.suppress(ValueError, KeyError):
        document |= {"withdrawn": json.loads(path.read_bytes())["withdrawn"]}
    path.write_text(json.dumps(document), encoding="utf-8")


def _gone(path: str) -> Callable[[World], None]:
    def happen(world: World) -> None:
        place = world.root / path
        aside = world.root / "aside"
        place.rename(aside)
        world.mended.append(lambda: aside.rename(place))

    return happen


def _set(name: str, value: str) -> Callable[[World], None]:
    def happen(world: World) -> None:
        before = os.environ.get(name)
        world.monkeypatch.setenv(name, value)

        def mend() -> None:
            if before is None:
                world.monkeypatch.delenv(name)
            else:
                world.monkeypatch.setenv(name, before)

        world.mended.append(mend)

    return happen


def _no_ffmpeg(world: World) -> None:
    _set("PUBLISHER_FFMPEG", str(world.root / "no-such-ffmpeg"))(world)


def _failing_ffmpeg(world: World) -> None:
    """An ffmpeg that lists all features and fails to write any file."""
    from imageio_ffmpeg import get_ffmpeg_exe

    script = world.root.parent / "ffmpeg"
    script.write_text(
        f'#!/bin/sh\nfor word in "$@"; do case "$word" in *.mp3|*.mp4|*.mkv|pipe:*|-) echo broken >&2; exit 1;; esac; done\n'
        f'exec "{get_ffmpeg_exe()}" "$@"\n',
        encoding="utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    _set("PUBLISHER_FFMPEG", str(script))(world)


def _full_disk(world: World) -> None:
    """A disk without free space, except for that of removed files."""
    real_fsync, real_unlink, room = os.fsync, os.unlink, [0]

    def fsync(descriptor: int) -> None:
        state = os.fstat(descriptor)
        if stat.S_ISREG(state.st_mode):
            if state.st_size > room[0]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            room[0] -= state.st_size
        real_fsync(descriptor)

    def unlink(path: str | Path, *, dir_fd: int | None = None) -> None:
        size = os.stat(path, dir_fd=dir_fd, follow_symlinks=False).st_size
        real_unlink(path, dir_fd=dir_fd)
        room[0] += 0 if Path(path).name.startswith(".beside-") else size

    _patched(world, fsync=fsync, unlink=unlink)


def _patched(world: World, **functions: object) -> None:
    """Replaces functions of `os` until it is undone."""
    real = {name: getattr(os, name) for name in functions}
    for name, function in functions.items():
        world.monkeypatch.setattr(os, name, function)
    world.mended.append(lambda: [world.monkeypatch.setattr(os, name, one) for name, one in real.items()])


STUCK = "episodes/secret/chapters.json"


def _read_only_file(world: World) -> None:
    """One file of the episode can be neither written nor removed."""
    real_unlink, real_replace = os.unlink, os.replace
    stuck = (world.public / STUCK).stat()

    def refuse_if_stuck(path: str | Path, dir_fd: int | None = None) -> None:
        with contextlib.suppress(FileNotFoundError):
            state = os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
            if (state.st_dev, state.st_ino) == (stuck.st_dev, stuck.st_ino):
                raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))

    def unlink(path: str | Path, *, dir_fd: int | None = None) -> None:
        refuse_if_stuck(path, dir_fd)
        real_unlink(path, dir_fd=dir_fd)

    def replace(source: str | Path, target: str | Path) -> None:
        refuse_if_stuck(target)
        real_replace(source, target)

    _patched(world, unlink=unlink, replace=replace)


def _killed_at(function: str, number: int) -> Callable[[World], None]:
    """Interrupts the command once, at its `number`-th replaced or removed file."""

    def happen(world: World) -> None:
        real, left = getattr(os, function), [number]

        def stop(*arguments: object, **options: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            return real(*arguments, **options)

        _patched(world, **{function: stop})

    return happen


def _unknown_duration(world: World) -> None:
    """Nothing of the episode was ever made, and its recording's duration is unknown."""
    path = world.root / "episodes/secret/released.json"
    document = json.loads(path.read_bytes())
    for output in ("audio", "video"):
        document["receipts"].pop(output, None)
    path.write_text(json.dumps(document), encoding="utf-8")
    for name in world.media():
        (world.public / name).unlink()
    (world.root / ".publisher/recordings.json").unlink()
    _no_ffmpeg(world)


def _refusing_youtube(world: World) -> None:
    for method in ("videos.update", "videos.list", "playlistItems.delete", "captions.delete"):
        world.fake.fail(method, "quota", times=999)

    def mend() -> None:
        world.fake.faults.clear()
        (world.root / ".publisher/youtube-quota.json").unlink(missing_ok=True)

    world.mended.append(mend)


def _logged_out(world: World) -> None:
    _set("PUBLISHER_YOUTUBE_CREDENTIALS", str(world.root / "no-credentials.json"))(world)


def _away_youtube(world: World) -> None:
    _set("PUBLISHER_YOUTUBE_ENDPOINT", "http://127.0.0.1:9/")(world)


def _only(output: str) -> Callable[[World], None]:
    def happen(world: World) -> None:
        world.only = ("--only", output)
        world.mended.append(lambda: setattr(world, "only", ()))

    return happen


def _other_talk(world: World) -> None:
    world.only = ("second",)
    world.mended.append(lambda: setattr(world, "only", ()))


def _lost_cache(world: World) -> None:
    import shutil

    shutil.rmtree(world.root / ".publisher")


def _other_edits(world: World) -> None:
    world.edit("A second example", "A second example, edited")
    world.mended.append(lambda: world.edit("A second example, edited", "A second example"))


NEIGHBOURS = (
    Neighbour("nothing else", _nothing),
    Neighbour("another talk is edited", _other_edits),
    Neighbour(
        "the page's template is broken",
        _template("episode.html", "{% extends 'base.html' %}{% block main %}{{ talk."),
        is_error=True,
    ),
    Neighbour("another template is broken", _template("topic.html", "{% if %}"), is_error=True),
    Neighbour(
        "the feed's template is broken",
        _template("feed/notes.html", "{% macro notes() %}{{ 1/0 }}{% endmacro %}"),
        is_error=True,
    ),
    Neighbour("every page fails to render", _template("base.html", "{{ 1/0 }}"), is_error=True),
    Neighbour("YouTube's template is broken", _template("youtube.txt", "{{ nothing.at.all() }}")),
    Neighbour("an error in another talk", _typo("second"), is_error=True),
    Neighbour("an error in the talk itself", _typo("secret")),
    Neighbour("the catalogue is not TOML", _not_toml, unreadable=True, is_error=True),
    Neighbour("another talk's receipt is damaged", _damaged("second"), is_error=True),
    Neighbour("the talk's receipt is damaged", _damaged("secret")),
    Neighbour("another talk's recording is gone", _gone("episodes/second/recording.wav"), is_error=True),
    Neighbour("the talk's recording is gone", _gone("episodes/secret/recording.mkv")),
    Neighbour("another talk has vanished from the catalogue", _vanished, is_error=True),
    Neighbour("another talk's transcript is broken", _broken_transcript, is_error=True),
    Neighbour("ffmpeg is missing", _no_ffmpeg),
    Neighbour("ffmpeg fails", _failing_ffmpeg),
    Neighbour("the duration is unknown", _unknown_duration),
    Neighbour("the disk is full", _full_disk),
    Neighbour("it is stopped at its first new file", _killed_at("replace", 1)),
    Neighbour("it is stopped at its fifth new file", _killed_at("replace", 5)),
    Neighbour("it is stopped at its fourth removed file", _killed_at("unlink", 4)),
    Neighbour("one file cannot be changed", _read_only_file, stuck=STUCK),
    Neighbour("YouTube refuses", _refusing_youtube, no_youtube=True),
    Neighbour("YouTube is away", _away_youtube, no_youtube=True),
    Neighbour("nobody is logged in to YouTube", _logged_out, no_youtube=True),
    Neighbour("the clock has gone back", _set("PUBLISHER_NOW", "1999-01-01T00:00:00+00:00")),
    Neighbour("the cache is lost", _lost_cache),
    *(
        Neighbour(f"only {output} is released", _only(output), limits=True)
        for output in ("audio", "video", "youtube", "feed", "pages")
    ),
    Neighbour("only another talk is released", _other_talk, limits=True),
)
