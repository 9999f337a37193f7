"""A talk as its screens need it: values as the catalogue has them now, each time also in seconds, and files.

It is read from the files at each request, so that it contains an edit that was made a moment ago.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from math import isfinite
from pathlib import Path

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from publisher import files, timeline
from publisher.catalogue import toml_source
from publisher.catalogue.dates import parse_time
from publisher.catalogue.load import written_episodes
from publisher.catalogue.problems import ProblemCollector
from publisher.errors import CatalogueError, UsageError
from publisher.fingerprint import fingerprint
from publisher.gather.episode_files import NOTES
from publisher.gather.series import EPISODES
from publisher.studio.responses import endpoint
from publisher.studio.state import Studio


def routes(studio: Studio) -> list[BaseRoute]:
    """``/api/talks/<slug>``: the talk as JSON."""

    def talk(request: Request, body: object) -> object:
        return talk_document(studio, request.path_params["slug"])

    return [Route("/api/talks/{slug}", endpoint(talk))]


def talk_document(studio: Studio, slug: str) -> dict[str, object]:
    """The talk's values (`values`: as written; times also in seconds), its files and kept stretches.

    Raises CatalogueError if the catalogue cannot be parsed at the moment, UsageError without the talk.
    """
    values = written_values(studio.root, slug)
    episode = studio.opened.series.episode(slug)
    recording = episode.recording if episode is not None else None
    duration = recording.duration if recording is not None else None
    marks = _marks(values)
    end = float("inf") if duration is None else duration
    end = min(end, marks["end"]) if isinstance(marks["end"], float) else end
    start = marks["start"] if isinstance(marks["start"], float) else 0.0
    kept = timeline.kept_spans(start, end, marks["cut"])  # type: ignore[arg-type]
    return {
        "slug": slug,
        "version": studio.version,
        "language": str(values.get("language") or studio.opened.series.language),
        "values": values,
        "marks": marks,
        "duration": duration,
        "recording": recording.path.name if recording is not None else None,
        "kept": [[a, b if isfinite(b) else None] for a, b in kept],
        "notes": _notes(studio.root / EPISODES / slug / NOTES),
        "transcripts": [
            {"language": one.language, "file": one.source.path.name}
            for one in (episode.transcripts if episode is not None else ())
        ],
        "error": studio.error,
    }


def written_values(root: Path, slug: str) -> dict[str, object]:
    """The keys of a talk as the catalogue has them, dates as ISO texts."""
    sources, problems = toml_source.read_catalogue(root)
    errors = tuple(problem for problem in problems if problem.level == "error")
    if errors:
        raise CatalogueError(errors)
    ignored = ProblemCollector(sources, ())
    for source in sources:
        for _, raw in written_episodes(source, source is sources[0], ignored):
            if isinstance(raw, dict) and raw.get("slug") == slug:
                return {key: _plain(value) for key, value in raw.items()}
    raise UsageError(f'there is no talk "{slug}" in the catalogue')


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _marks(values: Mapping[str, object]) -> dict[str, object]:
    """Every time of the talk in seconds of the recording; values that are not times are left out."""
    chapters = [
        {**item, "seconds": seconds}
        for item in _tables(values.get("chapters"))
        if (seconds := _seconds(item.get("at"))) is not None
    ]
    soundbites = [
        {**item, "seconds": [a, b]}
        for item in _tables(values.get("soundbites"))
        if (a := _seconds(item.get("start"))) is not None and (b := _seconds(item.get("end"))) is not None
    ]
    return {
        "start": _seconds(values.get("start")),
        "end": _seconds(values.get("end")),
        "cut": list(_spans(values.get("cut"))),
        "mute": list(_spans(values.get("mute"))),
        "chapters": chapters,
        "soundbites": soundbites,
    }


def _tables(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _spans(value: object) -> Iterator[tuple[float, float]]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, list) and len(item) == 2:
            start, end = map(_seconds, item)
            if start is not None and end is not None and start < end:
                yield start, end


def _seconds(value: object) -> float | None:
    try:
        return None if value is None else float(parse_time(value))
    except (ValueError, TypeError):
        return None


def _notes(path: Path) -> dict[str, str]:
    """The text of notes.md and its fingerprint, with which a change says what it is based on."""
    try:
        text = files.read_text(path)
    except FileNotFoundError:
        text = ""
    return {"text": text, "digest": fingerprint([text])}
