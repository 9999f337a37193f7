"""Renders transcript files as WebVTT, SubRip and JSON, from the format that was supplied.

Cues are in published time and contain nothing of cut or muted parts (see `publisher.transcripts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

from publisher import site_paths, transcripts
from publisher.context import BuildContext
from publisher.fingerprint import fingerprint
from publisher.former_slugs import with_former_files
from publisher.model import Publication, Transcript
from publisher.plan import Document
from publisher.render import library_versions
from publisher.timeline import Timeline, of_release
from publisher.transcripts import Cue

VERSION = 2
"""Part of each file's key: raise it when the same transcript is rendered as other bytes."""

WRITERS: Mapping[str, Callable[[tuple[Cue, ...]], str]] = MappingProxyType(
    {"vtt": transcripts.to_vtt, "srt": transcripts.to_srt, "json": transcripts.to_json}
)
"""The function that formats cues, by the suffix of each format."""


class TranscriptsRenderer:
    """Renders episodes/<slug>/transcript.<language>.{vtt,srt,json} of every talk with a transcript."""

    name = "transcripts"

    def __init__(self, context: BuildContext) -> None:
        self._context = context

    def documents(self, publication: Publication) -> Iterator[Document]:
        """Three files per talk and language."""
        return with_former_files(self._documents(publication), publication)

    def _documents(self, publication: Publication) -> Iterator[Document]:
        version = (VERSION, library_versions("webvtt-py"))
        for release in publication.releases:
            timeline = of_release(release)
            for transcript in transcripts.for_release(release):
                yield from _files(version, release.episode.slug, transcript, timeline)


def _files(version: object, slug: str, transcript: Transcript, timeline: Timeline) -> Iterator[Document]:
    suffix = transcript.source.path.suffix.lower()
    key = fingerprint((version, suffix, transcript.source.digest, timeline))
    for name in WRITERS:
        path = site_paths.transcript(slug, transcript.language, name)
        yield Document(path, key, partial(write, transcript, timeline, name))


def write(transcript: Transcript, timeline: Timeline, suffix: str) -> bytes:
    """A transcript's file in the format of `suffix`. Raises TranscriptError."""
    cues = transcripts.published_cues(transcript, timeline)
    return WRITERS[suffix](cues).encode()
