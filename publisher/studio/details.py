"""The details of a talk: the screen with its fields, what it offers in them, and its images."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from publisher import symlinks
from publisher.catalogue import safe_paths
from publisher.catalogue.dates import skipped_by_dst, with_timezone
from publisher.errors import UsageError
from publisher.gather.episode_files import COVERS, THUMBNAILS
from publisher.gather.series import EPISODES
from publisher.model import PLACES
from publisher.studio import pictures
from publisher.studio.responses import endpoint, page
from publisher.studio.state import Studio
from publisher.studio.talk_document import written_values

logger = logging.getLogger(__name__)

TALK_SCREENS = (("Details", ""),)

PICTURES = {"cover": COVERS, "thumbnail": THUMBNAILS}
"""The images of a talk and the names under which each is read, in this order."""

PLACE_NAMES = {"feed": "Feed and apps", "pages": "Site", "youtube": "YouTube"}


def routes(studio: Studio) -> list[BaseRoute]:
    """``/talks/<slug>``, what its fields offer, the date in words, and ``/api/talks/<slug>/picture``."""

    def details(request: Request, body: object) -> Response:
        slug = request.path_params["slug"]
        return page(studio, request, "details.html", episode=_head(studio, slug), places=PLACE_NAMES)

    def offers(request: Request, body: object) -> object:
        return _offers(studio, request.path_params["slug"])

    def moment(request: Request, body: object) -> object:
        return {"text": moment_in_words(request.query_params.get("date", ""), *_clock(studio))}

    def picture(request: Request, body: object) -> Response:
        path = _picture(studio, request.path_params["slug"], request.query_params.get("kind", ""))
        if path is None:
            return JSONResponse({"error": "the talk has no such image"}, 404)
        kind = "image/png" if path.suffix == ".png" else "image/jpeg"
        return FileResponse(path, media_type=kind)

    def put_picture(request: Request, content: bytes) -> object:
        slug, kind = request.path_params["slug"], request.query_params.get("kind", "")
        folder, names = _folder(studio, slug), _names(kind)
        target = pictures.store(folder, kind, content)
        for name in names:
            if name != target.name:
                (folder / name).unlink(missing_ok=True)
        logger.info("%s: a new %s", slug, kind)
        return {"name": target.name}

    def delete_picture(request: Request, body: object) -> object:
        path = _picture(studio, request.path_params["slug"], request.query_params.get("kind", ""))
        if path is not None:
            path.unlink(missing_ok=True)
        return {}

    talk = "/api/talks/{slug}"
    return [
        Route("/talks/{slug}", endpoint(details)),
        Route(f"{talk}/offers", endpoint(offers)),
        Route("/api/moment", endpoint(moment)),
        Route(f"{talk}/picture", endpoint(picture), methods=["GET"]),
        Route(f"{talk}/picture", pictures.upload(put_picture), methods=["PUT"]),
        Route(f"{talk}/picture", endpoint(delete_picture), methods=["DELETE"]),
    ]


def _head(studio: Studio, slug: str) -> object:
    """Slug, title and language of a talk, also of one that has errors. Raises UsageError."""
    episode = studio.opened.series.episode(slug)
    if episode is not None:
        return episode
    values = written_values(studio.root, slug)
    language = values.get("language") or studio.opened.series.language
    return SimpleNamespace(slug=slug, title=str(values.get("title") or slug), language=str(language))


def _clock(studio: Studio) -> tuple[str, datetime]:
    return studio.opened.series.timezone, studio.host.now()


def _offers(studio: Studio, slug: str) -> dict[str, object]:
    """What the fields offer: people, topics, the series' values, which images exist."""
    series = studio.opened.series
    count: dict[str, int] = {}
    for episode in series.episodes:
        for topic in episode.topics:
            count[topic] = count.get(topic, 0) + 1
    return {
        "people": [
            {"id": one.id, "name": one.name, "title": one.title, "hidden": one.hidden}
            for one in series.people.values()
        ],
        "topics": sorted(count, key=lambda topic: (-count[topic], topic)),
        "timezone": series.timezone,
        "language": series.language,
        "explicit": series.explicit,
        "requireConsent": series.require_consent,
        "places": list(PLACES),
        "problems": [asdict(problem) for problem in studio.problems if problem.slug == slug],
        "pictures": {kind: _picture(studio, slug, kind) is not None for kind in PICTURES},
    }


# The date


def moment_in_words(text: str, timezone: str, now: datetime) -> str:
    """A date of the catalogue as a sentence: when the talk is published, in the series' time zone.

    Empty for what is no date; the rules of `check` say why.
    """
    try:
        value: date = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return ""
    if not 1900 <= value.year <= 2200:
        return ""
    if (skipped := skipped_by_dst(value, timezone)) is not None:
        return skipped
    zone = ZoneInfo(timezone)
    moment = with_timezone(value, zone)
    local = moment.astimezone(zone)
    words = f"{local:%A}, {local.day} {local:%B %Y}, {local:%H:%M} in {timezone}"
    if moment.utcoffset() != local.utcoffset():
        words += f" ({moment:%H:%M} at UTC{moment.isoformat()[-6:]})"
    if moment > now:
        return f"Embargo: the first release after {words} publishes it, {_distance(moment - now)} from now."
    return f"Published as of {words}."


def _distance(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    if hours < 1:
        return "less than an hour"
    if hours < 48:
        count, unit = round(hours), "hour"
    else:
        count, unit = round(hours / 24), "day"
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


# Images


def _names(kind: str) -> tuple[str, ...]:
    if kind not in PICTURES:
        raise UsageError("kind must be cover or thumbnail")
    return PICTURES[kind]


def _folder(studio: Studio, slug: str) -> Path:
    """The folder of a talk, also of one that has errors. Raises UsageError without one, or for a link."""
    if studio.opened.series.episode(slug) is None:
        written_values(studio.root, slug)
    symlinks.require_no_link(studio.root, EPISODES, f"{EPISODES}/{slug}")
    return studio.root / EPISODES / slug


def _picture(studio: Studio, slug: str, kind: str) -> Path | None:
    folder = _folder(studio, slug)
    for name in _names(kind):
        with contextlib.suppress(ValueError):
            safe_paths.check_file(studio.root, folder / name)
            return folder / name
    return None
