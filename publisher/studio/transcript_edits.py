"""The words of a talk in the studio: reads, edits, adds and searches its transcripts.

Private names are marked on this page only: they are in no message and in no log.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from publisher import files, symlinks, transcripts
from publisher.catalogue import safe_paths
from publisher.catalogue.entries import entry_of, read_files
from publisher.catalogue.fields import language as checked_language
from publisher.catalogue.write import edit_lock, replace_unchanged, retry
from publisher.errors import CatalogueError, UsageError
from publisher.gather.series import EPISODES
from publisher.leaks.checker import LeakChecker
from publisher.model import Transcript
from publisher.studio import history
from publisher.studio.private_words import find_private
from publisher.studio.responses import ConflictError, answered, endpoint, fields_of
from publisher.studio.state import Studio
from publisher.studio.talk_document import talk_document
from publisher.timeline import Timeline
from publisher.transcripts import cue_parts, edit
from publisher.transcripts.cue_parts import CuePart, TranscriptDocument
from publisher.transcripts.cue_text import escaped
from publisher.transcripts.edit import Edited
from publisher.transcripts.edit_rows import RowsConflict, equal_ends
from publisher.transcripts.edit_values import CueConflict, Values, text_of, time_of
from publisher.transcripts.find import Search
from publisher.transcripts.writers import format_stamp

logger = logging.getLogger(__name__)

MAX_EDITS = 1000
MAX_CACHED = 4

Cue = dict[str, object]


def routes(studio: Studio) -> list[BaseRoute]:
    """``/api/talks/<slug>/transcripts/<language>``, there ``/edits`` and ``/replace-preview``; new files."""
    words = _Words(studio)
    base = "/api/talks/{slug}/transcripts"

    def read(request: Request, body: object) -> object:
        return words.read(*_names(request))

    def edits(request: Request, body: object) -> object:
        was, changes = fields_of(body, "was", "edits")
        return words.change(*_names(request), was, changes)

    def preview(request: Request, body: object) -> object:
        return words.preview(*_names(request), body)

    def start(request: Request, body: object) -> object:
        (language,) = fields_of(body, "language")
        return words.start(request.path_params["slug"], language, body)

    def save(request: Request, content: object) -> object:
        language = request.query_params.get("language", "")
        return words.add(request.path_params["slug"], language, content)

    return [
        Route(f"{base}/{{language}}", endpoint(read)),
        Route(f"{base}/{{language}}/edits", endpoint(edits), methods=["POST"]),
        Route(f"{base}/{{language}}/replace-preview", endpoint(preview), methods=["POST"]),
        Route(base, endpoint(start), methods=["POST"]),
        Route("/api/talks/{slug}/transcript-file", _upload(save), methods=["PUT"]),
    ]


def _names(request: Request) -> tuple[str, str]:
    return request.path_params["slug"], request.path_params["language"]


def _upload(save: Callable[[Request, object], object]) -> Callable[[Request], Awaitable[Response]]:
    async def receive(request: Request) -> Response:
        content = bytearray()
        async for block in request.stream():
            content += block
            if len(content) > transcripts.MAX_BYTES:
                text = f"larger than {transcripts.MAX_BYTES >> 20} MB, so not the transcript of a talk"
                return JSONResponse({"error": text}, 413)
        return await run_in_threadpool(answered, save, request, bytes(content))

    return receive


class _Words:
    """The transcripts of all talks; keeps the last ones in memory."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._documents: dict[tuple[Path, str], TranscriptDocument] = {}

    def read(self, slug: str, language: str) -> dict[str, object]:
        """The cues of a transcript, in order of time. Raises UsageError, TranscriptError."""
        document = self._load(self._transcript(slug, language))
        return {
            **_head(document),
            "language": language,
            "cues": self._cues(slug, document, 0, len(document.parts)),
        }

    def change(self, slug: str, language: str, was: object, edits: object) -> dict[str, object]:
        """Makes edits: which cues differ from those of the state `was`, and the edits to undo them.

        ``{"digest", "from", "removed", "cues", "undo", "position"}``: `removed` cues from number `from` are
        now `cues`; `removed` is None if `was` is not the last state, and `cues` are all of them.
        """
        if not isinstance(edits, list) or not 0 < len(edits) <= MAX_EDITS:
            raise UsageError(f"send 1 to {MAX_EDITS} edits")
        if not all(isinstance(one, dict) for one in edits):
            raise UsageError("an edit is an object with op, id and index")
        transcript = self._transcript(slug, language)
        before, edited = retry(self._studio.root, partial(self._write, slug, transcript, edits))
        after = self._keep(edited.document)
        first, removed, end = _difference(before, after) if was == before.digest else (0, None, 0)
        cues = self._cues(slug, after, first, len(after.parts) - end)
        changed = {"from": first, "removed": removed, "cues": cues}
        return {**_head(after), **changed, "undo": list(edited.undo), "position": edited.position}

    def _write(
        self, slug: str, transcript: Transcript, edits: Sequence[Values]
    ) -> tuple[TranscriptDocument, Edited]:
        path, before = transcript.source.path, self._load(transcript)
        edited = self._edited(slug, before, edits)
        if edited.document.content != before.content:
            self._record(slug, "found")
            replace_unchanged(path, before.content, edited.document.content)
            self._record(slug, "edit", path.name)
            logger.info("%s: %d edits of a transcript", slug, len(edits))
        return before, edited

    def _edited(self, slug: str, document: TranscriptDocument, edits: Sequence[Values]) -> Edited:
        try:
            return edit.apply(document, edits)
        except CueConflict as conflict:
            theirs = conflict.theirs
            both = {"yours": conflict.edit, "theirs": _cue(theirs, document) if theirs else None}
            raise ConflictError({"error": str(conflict), "conflicts": [both]}) from conflict
        except RowsConflict as conflict:
            raise ConflictError({"error": str(conflict), "conflicts": []}) from conflict

    def preview(self, slug: str, language: str, body: object) -> dict[str, object]:
        """The places of words; `words`: only whole words, `case`: exactly these letters."""
        text, words, case = fields_of(body, "find", "words", "case")
        document = self._load(self._transcript(slug, language))
        search = Search(str(text), words=bool(words), case=bool(case))
        return {"digest": document.digest, "hits": edit.preview(document, search)}

    def start(self, slug: str, language: object, body: object) -> dict[str, object]:
        """A new WebVTT file with one cue: `start` and `end` in seconds, `text`."""
        values = body if isinstance(body, dict) else {}
        form = (
            f"WEBVTT\n\n{format_stamp(time_of(values, 'start'))} --> {format_stamp(time_of(values, 'end'))}\n"
        )
        text = text_of(values)
        if not text or time_of(values, "end") <= time_of(values, "start"):
            raise UsageError("the first cue needs words, and must end after it starts")
        content = f"{form}{escaped(text, 'vtt')}\n".encode()
        return self.add(slug, language, content)

    def add(self, slug: str, language: object, content: object) -> dict[str, object]:
        """Saves a transcript in a language that has none. Raises UsageError, TranscriptError."""
        tag = _tag(language)
        folder = self._studio.folder(slug)
        symlinks.require_no_link(self._studio.root, f"{EPISODES}/{slug}")
        if not isinstance(content, bytes) or not content:
            raise UsageError("the file is empty")
        kind = "vtt" if content.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT") else "srt"
        path = folder / f"transcript.{tag}.{kind}"
        if not transcripts.read_text(path, transcripts.decode(path, content)):
            raise UsageError("there are no words in this file; it must be WebVTT or SubRip")
        with edit_lock(self._studio.root):
            present = [
                name for end in ("vtt", "srt") if (folder / (name := f"transcript.{tag}.{end}")).exists()
            ]
            if present:
                raise UsageError(f"there is {present[0]} already; edit it, or delete the file first")
            files.write_atomic(path, content)
            self._record(slug, "edit", path.name)
        logger.info("%s: a transcript was added", slug)
        self._studio.refresh()
        return {"language": tag, "file": path.name}

    def _record(self, slug: str, why: str, *names: str) -> None:
        """Stores the present state of the talk in its history; not while the catalogue cannot be parsed."""
        with suppress(CatalogueError):
            entry = entry_of(read_files(self._studio.root), slug)
            history.record(self._studio.root, slug, entry.text, entry.source.file, why, names)

    def _transcript(self, slug: str, language: str) -> Transcript:
        for found in self._studio.episode(slug).transcripts:
            if found.language == language:
                return found
        raise UsageError("there is no transcript in this language")

    def _load(self, transcript: Transcript) -> TranscriptDocument:
        path = transcript.source.path
        try:
            safe_paths.check_file(self._studio.root, path)
        except ValueError as error:
            raise UsageError(f"{path.name}: {error}") from error
        content = files.read_bytes(path)
        known = self._documents.get((path, cue_parts.digest_of(content)))
        return known if known is not None else self._keep(cue_parts.load(path, content))

    def _keep(self, document: TranscriptDocument) -> TranscriptDocument:
        self._documents[document.file.path, document.digest] = document
        while len(self._documents) > MAX_CACHED:
            del self._documents[next(iter(self._documents))]
        return document

    def _cues(self, slug: str, document: TranscriptDocument, first: int, end: int) -> list[Cue]:
        """The cues from number `first` to `end`."""
        timeline = _timeline(talk_document(self._studio, slug))
        private = self._private(document, first, end)
        return [
            {**_cue(part, document), **_published(part, timeline), **private.get(number, {})}
            for number, part in enumerate(document.parts[first:end], start=first)
        ]

    def _private(self, document: TranscriptDocument, first: int, end: int) -> dict[int, Cue]:
        checker = self._studio.opened.context.leak_checker
        if not isinstance(checker, LeakChecker):
            return {}
        # A name may begin in the cue before.
        start = max(0, first - 1)
        found = find_private([part.cue for part in document.parts[start : end + 1]], checker.secrets)
        return {start + number: {"private": kinds} for number, kinds in found.items()}


def _tag(language: object) -> str:
    try:
        return checked_language(str(language))
    except ValueError as error:
        raise UsageError(f"language: {error}") from error


def _head(document: TranscriptDocument) -> dict[str, object]:
    return {
        "digest": document.digest,
        "file": document.file.path.name,
        "rolling": document.is_rolling,
        "speakers": list(document.speakers),
    }


def _cue(part: CuePart, document: TranscriptDocument) -> Cue:
    """A cue as JSON; `unsure`: ranges of its text, `times`: (character, seconds) of single words."""
    cue: Cue = {
        "id": part.id,
        "start": part.cue.start,
        "end": part.cue.end,
        "speaker": part.cue.speaker,
        "text": part.cue.text,
    }
    if not part.is_editable:
        return {**cue, "locked": True}
    unsure, times = document.unsure(part), document.word_times(part)
    return cue | ({"unsure": unsure} if unsure else {}) | ({"times": times} if times else {})


def _timeline(talk: Mapping[str, Any]) -> Timeline:
    kept = tuple((start, inf if end is None else end) for start, end in talk["kept"])
    return Timeline(kept, mutes=tuple(map(tuple, talk["marks"]["mute"])))


def _published(part: CuePart, timeline: Timeline) -> Cue:
    """When a cue is published (seconds; None: never), and whether its words are left out."""
    found = transcripts.to_published_time([part.cue], timeline)
    if not found:
        return {"published": None}
    return {"published": found[0].start, **({"withheld": True} if found[0].redacted else {})}


def _difference(before: TranscriptDocument, after: TranscriptDocument) -> tuple[int, int, int]:
    """The cues to show again: (first, number of the old ones, number of equal cues after them)."""
    old, new = (
        [(part.id, part.cue.speaker, part.is_editable) for part in one.parts] for one in (before, after)
    )
    first, end = equal_ends(old, new)
    # A private name may begin in the cue before, or end in the one after.
    first, end = max(0, first - 1), max(0, end - 1)
    return first, len(old) - first - end, end
