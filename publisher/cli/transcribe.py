"""``publisher transcribe``: makes the transcripts of talks, on this machine or on workers of a cluster."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import click

from publisher.cli import completion, console, options, session
from publisher.cli.cluster import ReleaseCluster, connect_engine
from publisher.errors import PublisherError, UsageError
from publisher.gather.series import Session
from publisher.media.ffmpeg import Ffmpeg
from publisher.model import Episode
from publisher.progress import Progress
from publisher.transcribe import engines, job

MAX_TALKS = 8
"""Talks that are decoded at a time for the workers of a cluster."""


@click.command("transcribe")
@click.argument("slugs", nargs=-1, metavar="[SLUG ...]", shell_complete=completion.slugs)
@click.option("--model", help="A model of faster-whisper or its folder, instead of that of [transcribe].")
@click.option(
    "--speaker",
    "speakers",
    multiple=True,
    metavar="PERSON",
    shell_complete=completion.people,
    help="Whose microphone a channel is, the left one first; repeat for the right one.",
)
@click.option("--missing", is_flag=True, help="Transcribe every talk that has a recording and no transcript.")
@click.option(
    "--download", metavar="MODEL", help="Fetch a model of faster-whisper once, and do nothing else."
)
@options.JOBS
@options.CLUSTER
@options.CLUSTER_FOLDER
@options.common
def command(
    slugs: tuple[str, ...],
    model: str | None,
    speakers: tuple[str, ...],
    missing: bool,
    download: str | None,
    jobs: int | None,
    cluster: str | None,
    cluster_folder: str | None,
    directory: Path | None,
    as_json: bool,
) -> int:
    """Make the transcripts of talks; no sound and no word leaves your machines."""
    if download is not None:
        return _download(download, as_json)
    os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})
    root = session.find_root(directory)
    session.require_catalogue(root)
    opened = session.open_series(root, with_errors=True)
    episodes = _selected(opened, slugs, missing)
    for episode in episodes:
        job.require_free(episode)
    workers = ReleaseCluster(cluster, cluster_folder, None, root, jobs)
    names = _names(opened, speakers)
    rows, failed = [], []
    with ExitStack() as stack, console.progress(as_json) as progress:
        engine = _engine(opened, model, jobs, workers, stack) if episodes else None
        results = _made(opened, episodes, engine, names, progress)
        for episode, made in stack.enter_context(closing(results)):
            if isinstance(made, PublisherError):
                failed.append(f"{episode.slug}: {made}")
                continue
            rows.append(_row(episode, made))
            if not as_json:
                captions, unsure = console.count(made.captions, "caption"), console.count(made.unsure, "word")
                text = f"{episode.slug}: {made.path.name}, {captions}; {unsure} to check"
                console.print_line(text, "good")
    if as_json:
        options.print_json({"transcripts": rows, "failed": failed})
    for text in failed:
        console.print_line(text, "bad", err=True)
    if not episodes and not as_json:
        console.print_line("Every talk with a recording has a transcript.")
    return 1 if failed else 0


def _download(model: str, as_json: bool) -> int:
    with console.progress(as_json) as progress:
        task = progress.start(f"fetch the model {model}")
        path = engines.download(model, task.stage)
        task.finish()
    if as_json:
        options.print_json({"model": model, "folder": str(path)})
    else:
        console.print_line(f"The model {model} is on this machine.", "good")
    return 0


def _selected(opened: Session, slugs: tuple[str, ...], missing: bool) -> tuple[Episode, ...]:
    """The talks to transcribe. Raises UsageError."""
    episodes = {episode.slug: episode for episode in opened.series.episodes}
    if missing:
        own = ((episode, {one.language for one in episode.transcripts}) for episode in episodes.values())
        return tuple(
            episode
            for episode, known in own
            if episode.recording is not None and episode.language not in known
        )
    if not slugs:
        raise UsageError("write the talks to transcribe: publisher transcribe SLUG …, or --missing")
    for slug in slugs:
        if slug not in episodes:
            raise UsageError(f'there is no talk "{slug}" in the catalogue{options.suggest(slug, episodes)}')
        if episodes[slug].recording is None:
            raise UsageError(f"{slug} has no recording that can be read; `publisher check` says why")
    return tuple(episodes[slug] for slug in slugs)


def _engine(
    opened: Session, model: str | None, jobs: int | None, workers: ReleaseCluster, stack: ExitStack
) -> engines.Engine:
    written = opened.series.transcribe
    settings = engines.EngineSettings(None if model else written.command, model or written.model)
    if workers.is_used:
        return connect_engine(workers, settings, opened.context, stack)
    return settings.load(opened.series.root, jobs or os.cpu_count() or 1, dict(os.environ))


def _made(
    opened: Session,
    episodes: Sequence[Episode],
    engine: engines.Engine | None,
    names: tuple[str, ...],
    progress: Progress,
) -> Generator[tuple[Episode, job.Result | PublisherError]]:
    """The transcript of each talk, or why there is none, in their order."""
    if engine is None:
        return
    ffmpeg, work = Ffmpeg.find(opened.context.environment), opened.context.work
    try:
        yield from _made_in(work, ffmpeg, episodes, engine, names, progress)
    finally:
        # Ctrl-C does not reach the threads that decode.
        for episode in episodes:
            shutil.rmtree(job.decoded_folder(work, episode), ignore_errors=True)


def _made_in(
    work: Path,
    ffmpeg: Ffmpeg,
    episodes: Sequence[Episode],
    engine: engines.Engine,
    names: tuple[str, ...],
    progress: Progress,
) -> Iterator[tuple[Episode, job.Result | PublisherError]]:
    pool = ThreadPoolExecutor(engine.workers, "recognise")
    talks = ThreadPoolExecutor(min(engine.workers, MAX_TALKS), "transcribe")

    def make(episode: Episode) -> job.Result | PublisherError:
        try:
            return job.transcribe(episode, engine, ffmpeg, work, names, progress, pool)
        except PublisherError as error:
            return error

    try:
        yield from zip(episodes, talks.map(make, episodes), strict=True)
    finally:
        talks.shutdown(wait=False, cancel_futures=True)
        pool.shutdown(wait=False, cancel_futures=True)
        ffmpeg.stop()


def _names(opened: Session, speakers: tuple[str, ...]) -> tuple[str, ...]:
    """The names of people by their ids; other words are names already."""
    people = opened.series.people
    for speaker in speakers:
        if speaker in people and people[speaker].hidden:
            raise UsageError(f"{speaker} is hidden, and must not be named in a transcript")
    return tuple(people[speaker].name if speaker in people else speaker for speaker in speakers)


def _row(episode: Episode, made: job.Result) -> dict[str, object]:
    return {
        "slug": episode.slug,
        "file": made.path.name,
        "language": episode.language,
        "captions": made.captions,
        "words": made.words,
        "unsure": made.unsure,
        "seconds": round(made.duration, 3),
    }
