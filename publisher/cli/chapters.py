"""``publisher chapters``: shows a talk's chapters, and takes them from the file of another program."""

from __future__ import annotations

from pathlib import Path

import click

from publisher import timeline
from publisher.catalogue.edit import set_value
from publisher.cli import completion, console, options, session
from publisher.errors import UsageError
from publisher.gather.series import Session
from publisher.imports.chapter_files import read_chapters
from publisher.imports.model import ImportedChapter
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import AudioFacts, Chapter, Episode
from publisher.timeline import Timeline, format_time


@click.command("chapters")
@click.argument("slug", shell_complete=completion.slugs)
@click.option(
    "--from",
    "source",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Labels of Audacity, chapters of Podlove, mp4chaps or Hindenburg, markers of Audition …",
)
@click.option("--published", is_flag=True, help="The file's times are those of the published audio.")
@click.option("--replace", is_flag=True, help="Replace the chapters that the talk has.")
@options.common
def command(
    slug: str, source: Path | None, published: bool, replace: bool, directory: Path | None, as_json: bool
) -> int:
    """Show a talk's chapters, or take them from the file of another program."""
    root = session.find_root(directory)
    session.require_catalogue(root)
    opened = session.open_series(root, with_errors=True)
    episode = _episode(opened, slug)
    placed = _timeline(opened, episode)
    if source is None:
        _print(episode.chapters, placed, as_json)
        return 0
    if not source.is_file():
        raise UsageError(f"there is no file {source}")
    ffmpeg = Ffmpeg.find(opened.context.environment)
    found = read_chapters(source, ffmpeg.metadata)
    chapters = tuple(_in_recording(chapter, placed, published) for chapter in found)
    if episode.chapters and not replace:
        count = console.count(len(episode.chapters), "chapter")
        raise UsageError(
            f"{slug} has {count} already; --replace replaces them by the {len(chapters)} of {source.name}"
        )
    outside = [chapter for chapter in chapters if not placed.contains(chapter.at)]
    set_value(root, slug, "chapters", [_written(chapter) for chapter in chapters])
    _print(chapters, placed, as_json)
    for chapter in outside:
        text = f"{format_time(chapter.at)} {chapter.title}: not in the published part of the recording"
        console.print_line(text, "warn", err=True)
    return 0


def _episode(opened: Session, slug: str) -> Episode:
    known = {episode.slug: episode for episode in opened.series.episodes}
    if slug not in known:
        raise UsageError(f'there is no talk "{slug}" in the catalogue{options.suggest(slug, known)}')
    return known[slug]


def _timeline(opened: Session, episode: Episode) -> Timeline:
    """The talk's timeline; open-ended without a recording, without an intro before its first release."""
    duration = episode.recording.duration if episode.recording is not None else float("inf")
    receipt = opened.state.ledger.record(episode.slug).receipts.get("audio")
    facts = receipt.facts if receipt is not None else None
    intro = facts.intro_duration if isinstance(facts, AudioFacts) else None
    return timeline.of_recording(episode, duration, intro or 0.0)


def _in_recording(chapter: ImportedChapter, placed: Timeline, is_published: bool) -> Chapter:
    at = placed.recorded(chapter.at) if is_published else chapter.at
    return Chapter(round(at, 3), chapter.title, chapter.link)


def _written(chapter: Chapter) -> dict[str, object]:
    link = {"link": chapter.link} if chapter.link else {}
    return {"at": format_time(chapter.at), "title": chapter.title, **link}


def _print(chapters: tuple[Chapter, ...], placed: Timeline, as_json: bool) -> None:
    rows = [
        {
            "at": format_time(chapter.at),
            "seconds": chapter.at,
            "published": placed.published(chapter.at) if placed.contains(chapter.at) else None,
            "title": chapter.title,
            "link": chapter.link,
        }
        for chapter in chapters
    ]
    if as_json:
        options.print_json({"chapters": rows})
        return
    if not rows:
        console.print_line("No chapters yet; --from FILE takes them from the file of another program.")
    for row in rows:
        console.print_line(f"{row['at']:>10}  {row['title']}")
