"""Transcripts as files: WebVTT, SubRip and JSON from whichever one was supplied.

Cues are in published time and hold nothing of what is not published; see `publisher.transcripts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

from publisher import site_paths, transcripts
from publisher.context import BuildContext
from publisher.fingerprint import fingerprint
from publisher.model import Publication, Transcript
from publisher.plan import Document
from publisher.render import library_versions
from publisher.timeline import Timeline, of_release
from publisher.transcripts import Cue

VERSION = 1
"""Part of each file's key: raise it when the same words come out as other bytes."""

WRITERS: Mapping[str, Callable[[tuple[Cue, ...]], str]] = MappingProxyType(
    {"vtt": transcripts.to_vtt, "srt": transcripts.to_srt, "json": transcripts.to_json}
)
"""One row per format: its suffix, and how cues are written in it."""


class TranscriptsRenderer:
    """Renders episodes/<slug>/transcript.<language>.{vtt,srt,json} for every talk with words."""

    name = "transcripts"

    def __init__(self, context: BuildContext) -> None:
        self._context = context

    def documents(self, publication: Publication) -> Iterator[Document]:
        """Three files per talk and language."""
        renderer = (VERSION, library_versions("webvtt-py"))
        for release in publication.releases:
            place = of_release(release)
            for transcript in transcripts.for_release(release):
                yield from _files(renderer, release.episode.slug, transcript, place)


def _files(renderer: object, slug: str, transcript: Transcript, place: Timeline) -> Iterator[Document]:
    suffix = transcript.source.path.suffix.lower()
    key = fingerprint((renderer, suffix, transcript.source.digest, place))
    for name in WRITERS:
        path = site_paths.transcript(slug, transcript.language, name)
        yield Document(path, key, partial(write, transcript, place, name))


def write(transcript: Transcript, place: Timeline, suffix: str) -> bytes:
    """A transcript's file in the format of `suffix`. Raises TranscriptError."""
    cues = transcripts.published_cues(transcript, place)
    return WRITERS[suffix](cues).encode()
