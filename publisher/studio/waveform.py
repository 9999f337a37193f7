"""The sound of a talk in the studio: its waveform, its playback file and the joins of its cuts and mutes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from publisher import files
from publisher.errors import MediaError, UsageError
from publisher.media import decode, join, playback_proxy
from publisher.media.ffmpeg import Ffmpeg
from publisher.media.loudness import RATE
from publisher.model import Episode
from publisher.studio.responses import endpoint, page
from publisher.studio.sound_files import SoundFile, SoundFiles
from publisher.studio.state import Studio

TALK_SCREENS = (("Sound and words", "/sound"),)

MAX_SPANS = 1000
"""Cuts or mutes in one request."""

_CHUNK = 1 << 16
_WAIT = 0.1
"""Seconds between two looks whether more of a playback file was written."""

_WAV = "audio/wav"


def routes(studio: Studio) -> list[BaseRoute]:
    """The screen of a talk's sound and its files: waveform.json, waveform.bin, sound.wav, join.wav."""
    sounds: list[SoundFiles] = []

    def sound_files() -> SoundFiles:
        if not sounds:
            context = studio.host.build_context()
            found = SoundFiles(
                context.work, lambda: Ffmpeg.find(context.environment), lambda: studio.is_ended
            )
            sounds.append(found)
        return sounds[0]

    def opened(request: Request, *, again: bool = False) -> tuple[Episode, SoundFile]:
        episode = studio.episode(request.path_params["slug"])
        if episode.recording is None:
            raise UsageError("this talk has no recording that can be read: choose one, and see its problems")
        return episode, sound_files().open(
            decode.recording_of(episode), decode.track_of(episode), again=again
        )

    def screen(request: Request, body: object) -> Response:
        return page(studio, request, "sound.html", episode=studio.episode(request.path_params["slug"]))

    def document(request: Request, body: object) -> object:
        again = request.query_params.get("again") == "1"
        episode, found = opened(request, again=again)
        if "since" not in request.query_params:
            # A page was opened: not a question about progress.
            sound_files().touch(decode.recording_of(episode), decode.track_of(episode))
            sound_files().remove_unused(studio.opened.series)
            _, found = opened(request)
        return waveform_document(found)

    def peaks(request: Request, body: object) -> Response:
        _, found = opened(request)
        if not found.peaks.is_file():
            return JSONResponse({"error": "the waveform is not there yet"}, 404)
        return FileResponse(found.peaks, media_type="application/octet-stream")

    def joined(request: Request, body: object) -> Response:
        episode, found = opened(request)
        context = studio.host.build_context()
        ffmpeg = Ffmpeg.find(context.environment)
        return Response(
            render_join(ffmpeg, context.work, found, episode, request.query_params), media_type=_WAV
        )

    async def sound(request: Request) -> Response:
        return await _sound(request, opened)

    prefix = "/api/talks/{slug}/"
    return [
        Route("/talks/{slug}/sound", endpoint(screen)),
        Route(f"{prefix}waveform.json", endpoint(document)),
        Route(f"{prefix}waveform.bin", endpoint(peaks)),
        Route(f"{prefix}sound.wav", sound),
        Route(f"{prefix}join.wav", endpoint(joined)),
    ]


def waveform_document(found: SoundFile) -> dict[str, object]:
    """What the browser needs to draw a waveform, complete or growing."""
    progress = found.progress
    if found.document is not None:
        shown = {**found.document, "complete": True, "spans": None}
    elif progress is not None:
        expected = round(progress.duration * RATE)
        shown = {
            **progress.layout.document(expected),
            "complete": False,
            "duration": progress.duration,
            "spans": [[start / RATE, end / RATE] for start, end in list(progress.spans)],
            "attempt": progress.attempt,
        }
    else:
        shown = {"complete": False, "spans": []}
    return {
        **shown,
        "key": found.folder.name,
        "sound": found.has_proxy,
        "progress": 1.0 if found.has_proxy else round(progress.share, 3) if progress is not None else 0.0,
        "error": found.error,
    }


def render_join(ffmpeg: Ffmpeg, work: Path, found: SoundFile, episode: Episode, query: QueryParams) -> bytes:
    """The join that a request describes; its cuts and mutes replace those of the talk.

    Raises UsageError for times that are none, MediaError when the sound is not there yet.
    """
    changed = _with_marks(episode, query)
    duration = decode.recording_of(episode).duration
    at = _time("at", query.get("at", ""))
    until = _time("until", query["until"]) if "until" in query else None
    wanted = join.Join.around(changed, duration, at, until)
    start, end = wanted.recorded(changed, duration)
    if not found.has_samples(round(start * RATE), round(min(end, duration - 0.1) * RATE)):
        raise MediaError("the sound at this time is still being prepared; try again in a few seconds")
    with files.temp_dir(work / "joins") as folder:
        return join.render(ffmpeg, found.proxy, changed, wanted, folder)


def _with_marks(episode: Episode, query: QueryParams) -> Episode:
    """The talk with the cuts, mutes, start and end of a request; those that it does not name stay."""
    if "cut" in query:
        episode = replace(episode, cuts=_spans("cut", query.getlist("cut")))
    if "mute" in query:
        episode = replace(episode, mutes=_spans("mute", query.getlist("mute")))
    if "start" in query:
        episode = replace(episode, start=_time("start", query["start"]) if query["start"] else None)
    if "end" in query:
        episode = replace(episode, end=_time("end", query["end"]) if query["end"] else None)
    return episode


def _spans(name: str, values: list[str]) -> tuple[tuple[float, float], ...]:
    if len(values) > MAX_SPANS:
        raise UsageError(f"{name}: more than {MAX_SPANS} of them")
    pairs = [value.partition("-") for value in values if value]
    spans = tuple((_time(name, start), _time(name, end)) for start, _, end in pairs)
    if any(start >= end for start, end in spans):
        raise UsageError(f"{name}: a span ends before it begins")
    return spans


def _time(name: str, text: str) -> float:
    """A time in seconds as a script writes it. Raises UsageError for anything else."""
    with suppress(ValueError):
        seconds = float(text)
        if len(text) <= 20 and 0 <= seconds <= 24 * 3600:
            return seconds
    raise UsageError(f"{name}: a time in seconds is needed")


async def _sound(request: Request, opened: Callable[[Request], tuple[Episode, SoundFile]]) -> Response:
    """The playback file; while it is written, a response waits for the bytes that are missing."""
    try:
        _, found = await run_in_threadpool(opened, request)
    except UsageError as error:
        return JSONResponse({"error": str(error)}, 400)
    except MediaError as error:
        return JSONResponse({"error": str(error)}, 404)
    if found.has_proxy:
        return FileResponse(found.proxy, media_type=_WAV)
    try:
        size = found.proxy.stat().st_size
    except OSError:
        return JSONResponse({"error": found.error or "the sound is not there yet"}, 404)
    span = _range(request.headers.get("range", ""), size)
    if span is None:
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    headers = {
        "accept-ranges": "bytes",
        "content-length": str(span[1] - span[0]),
        "content-range": f"bytes {span[0]}-{span[1] - 1}/{size}",
    }
    is_part = "range" in request.headers
    if not is_part:
        del headers["content-range"]

    def current() -> SoundFile:
        return opened(request)[1]

    content = _growing(found.proxy, span, current)
    return StreamingResponse(content, 206 if is_part else 200, headers, _WAV)


def _range(text: str, size: int) -> tuple[int, int] | None:
    """The bytes that a Range field asks for, of a file with `size` bytes; None if it has none of them."""
    if not text.startswith("bytes=") or "," in text:
        return 0, size
    first, _, last = text.removeprefix("bytes=").partition("-")
    if not (first + last).isascii() or not (first + last).isdecimal() or len(text) > 60:
        return 0, size
    if not first:
        return max(0, size - int(last)), size
    start, end = int(first), min(size, int(last) + 1 if last else size)
    return (start, end) if start < end else None


async def _growing(
    path: Path, span: tuple[int, int], current: Callable[[], SoundFile]
) -> AsyncIterator[bytes]:
    """The bytes of a file that is being written, as soon as they are there; silence after its end."""
    at, end = span
    async with await anyio.open_file(path, "rb") as file:
        while at < end:
            upto = min(end, at + _CHUNK)
            found = await run_in_threadpool(current)
            if not found.has_samples(_sample_at(at), _sample_at(upto)):
                if found.error:
                    return
                await anyio.sleep(_WAIT)
                continue
            await file.seek(at)
            content = await file.read(upto - at)
            yield content + bytes(upto - at - len(content))
            at = upto


def _sample_at(byte: int) -> int:
    """The sample of the recording at a byte of its playback file."""
    return max(0, byte - playback_proxy.HEADER_BYTES) // playback_proxy.FRAME_BYTES * 2
