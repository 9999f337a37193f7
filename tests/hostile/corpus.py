"""Hostile input: recordings, texts, catalogues, receipts, links and templates, each with the expected outcome.

A case changes a valid series with one talk and a recording of one second. A refused case ends with a
message and exit status 1 or 2; a harmless one is published.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.hostile import media

SERIES = """\
[series]
title = "Example Talks"
description = "Talks."
language = "en"
link = "https://talks.example.org/"
author = "Example Press"
"""
TALK = """
[[episode]]
slug = "a-talk"
title = "A talk"
date = 2021-01-08T18:00:00+01:00
recording = "recording.wav"
"""
CUE = "00:00:00.000 --> 00:00:01.000\n"

FOREIGN_FILES = (
    "index.html", "feed.xml", "lock", "digests.json", "released.json", "notes.txt", ".beside-letter.txt.0a1b2c3d", "victim.txt",
    "media/song.mp3", "media/a-talk.0a1b2c3d.mp3", "episodes/a-talk/index.html", "a-talk/index.html", "a-talk.0a1b2c3d.mp3",
    "audio/song.wav", "videos/a-talk.0a1b2c3d.mp4", "0a1b2c3d4e5f/letter.txt", "ann/photo.jpg", "embed/index.html",
)  # fmt: skip


class Folder:
    """A valid series for one case; beside it the folders `outside`, and `theirs` with file names like ours."""

    def __init__(self, root: Path) -> None:
        self.root, self.episode = root, root / "episodes/a-talk"
        self.foreign = root.parent / "theirs"
        for name in FOREIGN_FILES:
            path = self.foreign / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"theirs: {name}", encoding="utf-8")
        self.outside = root.parent / "outside"
        self.episode.mkdir(parents=True)
        self.outside.mkdir()
        self.write_catalogue(SERIES + TALK)
        self.write("recording.wav", media.sound())
        (self.outside / "recording.wav").write_bytes(media.sound())
        for name in ("notes.md", "transcript.en.vtt", "episode.toml"):
            (self.outside / name).write_text("SECRET-OF-THIS-MACHINE\n", encoding="utf-8")
        (self.outside / "cover.png").write_bytes(media.png(1400, 1400, rows=1400))

    def write_catalogue(self, text: str) -> None:
        (self.root / "episodes.toml").write_text(text, encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        path = self.root / "episodes.toml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def write(self, name: str, content: bytes | str) -> None:
        path = self.episode / name
        path.unlink(missing_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def set_recording(self, name: str, content: bytes | str) -> None:
        """Replaces the talk's recording by a file with this name."""
        (self.episode / "recording.wav").unlink()
        self.write(name, content)
        self.edit('"recording.wav"', f"'{name}'")

    def link(self, name: str, target: str | Path) -> None:
        path = self.episode / name
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def replace_with_link(self, name: str, target: Path | None = None) -> None:
        """Replaces a folder or file of the series by a symbolic link."""
        place = self.root / name
        if place.is_dir():
            shutil.rmtree(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(target or self.foreign)

    def write_receipts(self, slug: str = "a-talk", **values: object) -> None:
        """Writes receipts of a talk; `values` override the valid ones."""
        path = self.root / "episodes" / slug / "released.json"
        path.parent.mkdir(exist_ok=True)
        valid = {
            "schema": 1,
            "slug": slug,
            "guid": f"guid-of-{slug}",
            "published": "2021-01-08T18:00:00+01:00",
        }
        path.write_text(json.dumps({**valid, **values}), encoding="utf-8")

    def make_fifo(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    def make_folder(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        path.mkdir()


@dataclass(frozen=True)
class Case:
    """`spoil` prepares the input. A refusal must print `words` ("*": anything); a `harmless` case is published."""

    name: str
    prepare: Callable[[Folder], object]
    message: str = ""
    harmless: bool = False


def refused(name: str, message: str, prepare: Callable[[Folder], object]) -> Case:
    return Case(name, prepare, message)


def harmless(name: str, prepare: Callable[[Folder], object]) -> Case:
    return Case(name, prepare, harmless=True)


def either(name: str, prepare: Callable[[Folder], object]) -> Case:
    """A case that may be refused or published, within the limits of time and memory."""
    return Case(name, prepare, "*")


def _playlist(target: str) -> str:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n"


def _outside_recording(folder: Folder) -> str:
    return str(folder.outside / "recording.wav")


RECORDINGS = (
    refused("m3u8 of a local file", "recording", lambda f: f.set_recording("t.mp4", _playlist(_outside_recording(f)))),
    refused("m3u8 of an address", "recording", lambda f: f.set_recording("t.mp4", _playlist("http://127.0.0.1:9/x.ts"))),
    refused("m3u8 of a data address", "recording", lambda f: f.set_recording("t.mp4", _playlist("data:audio/wav;base64,AAAA"))),
    refused("ffconcat", "recording", lambda f: f.set_recording("t.mp4", f"ffconcat version 1.0\nfile '{_outside_recording(f)}'\n")),
    refused("concat of many", "recording", lambda f: f.set_recording("t.mp4", f"concat:{_outside_recording(f)}|{_outside_recording(f)}")),
    refused("DASH", "recording", lambda f: f.set_recording("t.mp4", '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet><Representation><BaseURL>file:///etc/passwd</BaseURL></Representation></AdaptationSet></Period></MPD>')),
    refused("SDP", "recording", lambda f: f.set_recording("t.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n")),
    refused("playlist in an mp4", "recording", lambda f: f.set_recording("t.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + _playlist(_outside_recording(f)).encode())),
    either("mp4 whose picture is in another file", lambda f: f.set_recording("t.mp4", media.external_data(_outside_recording(f)))),
    refused("image sequence", "", lambda f: f.set_recording("t%03d.mp4", "x")),
    refused("subtitles as recording", "recording", lambda f: f.set_recording("t.mp4", "1\n00:00:00,000 --> 00:00:01,000\nx\n")),
    refused("a text as recording", "recording", lambda f: f.set_recording("t.mp4", "Dear producer, " * 1000)),
    refused("garbage", "recording", lambda f: f.set_recording("t.mp4", media.noise(200_000))),
    refused("garbage with the header of an mp3", "", lambda f: f.set_recording("t.mp3", b"ID3\4\0\0\x7f\x7f\x7f\x7f" + media.noise(200_000))),
    refused("nothing", "empty", lambda f: f.set_recording("t.mp4", b"")),
    refused("zeros", "recording", lambda f: f.set_recording("t.mp4", bytes(3_000_000))),
    refused("cut off", "", lambda f: f.set_recording("t.mp4", media.video()[: len(media.video()) // 2])),
    either("cut off late", lambda f: f.set_recording("t.mkv", media.recording("-c:v", "mpeg4", "-c:a", "aac", suffix=".mkv")[:-3000])),
    refused("10^9 seconds", "", lambda f: f.set_recording("t.mp4", media.huge_duration())),
    refused("packets of an hour", "", lambda f: f.set_recording("t.mp4", media.hour_long_packets())),
    refused("64 streams", "streams", lambda f: f.set_recording("t.mkv", media.many_streams(64))),
    either("30000 × 30000 pixels in the headers", lambda f: f.set_recording("t.mp4", media.huge_picture())),
    refused("16000 × 16000 pixels", "pixels", lambda f: f.set_recording("t.mkv", media.huge_stream(16_000))),
    either("30000 × 30000 pixels", lambda f: f.set_recording("t.mkv", media.huge_stream(30_000))),
    *(
        refused(f"a cover of 16000 × 16000 pixels in {kind}", "pixels", lambda f, kind=kind, options=options: f.set_recording(f"t.{kind}", media.with_cover(media.png(16_000, 16_000, rows=16_000), *options, suffix=f".{kind}")))  # type: ignore[misc]
        for kind, options in (("mp3", ("-c:a", "libmp3lame", "-disposition:v", "attached_pic")), ("m4a", ("-c:a", "aac", "-disposition:v", "attached_pic")), ("mkv", ("-c:a", "aac")))
    ),
    refused("100 hours of FLAC with an open header", "86400 are allowed", lambda f: f.set_recording("t.flac", media.silent_flac(360_000))),
    refused("25 hours of FLAC with an open header", "86400 are allowed", lambda f: f.set_recording("t.flac", media.silent_flac(90_000))),
    refused("no sound", "contains no audio", lambda f: f.set_recording("t.mp4", media.recording("-c:v", "mpeg4", "-an"))),
)  # fmt: skip

UNDECLARED_DURATIONS = (
    *(
        harmless(f"{kind} without a declared duration", lambda f, kind=kind, options=options: (f.set_recording(f"t.{kind}", media.tone(*options, suffix=f".{kind}", to_pipe=True)), f.edit('title = "A talk"', 'title = "A talk"\nend = "0:01.9"\ncut = [["0:01", "0:01.2"]]\nchapters = [{ at = 0, title = "A" }, { at = 1.5, title = "B" }]')))  # type: ignore[misc]
        for kind, options in (
            ("webm", ("-c:a", "libopus", "-f", "webm")),
            ("mkv", ("-c:a", "flac", "-f", "matroska")),
            ("flac", ("-c:a", "flac", "-f", "flac")),
            ("aac", ("-c:a", "aac", "-f", "adts")),
            ("ac3", ("-c:a", "ac3", "-f", "ac3")),
            ("ts", ("-c:a", "aac", "-f", "mpegts")),
            ("mpg", ("-c:a", "mp2", "-f", "mpeg")),
            ("wav", ("-f", "wav")),
            ("au", ("-f", "au")),
            ("caf", ("-f", "caf")),
            ("wv", ("-c:a", "wavpack", "-f", "wv")),
            ("avi", ("-c:a", "pcm_s16le", "-f", "avi")),
            ("asf", ("-c:a", "wmav2", "-f", "asf")),
            ("mp3", ("-c:a", "libmp3lame", "-q:a", "9", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3")),
            ("mp4", ("-c:a", "aac", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov")),
        )
    ),
    refused("FLAC that declares a second and contains 100 hours", "86400 are allowed", lambda f: f.set_recording("t.flac", media.flac_declaring(8000, 360_000))),
    refused("FLAC that declares 100 hours and contains a minute", "86400 are allowed", lambda f: f.set_recording("t.flac", media.flac_declaring(8000 * 360_000, 60))),
    refused("23 hours of FLAC in a small file", "too small", lambda f: f.set_recording("t.flac", media.silent_flac(82_000))),
    refused("a WAV of 100 hours at one sample a second", "", lambda f: f.set_recording("t.wav", media.wav(1, 360_000))),
    either("a WAV of a day at eight samples a second", lambda f: f.set_recording("t.wav", media.wav(8, 80_000))),
    refused("Matroska with a pause of 26 hours", "86400 are allowed", lambda f: f.set_recording("t.mkv", media.with_long_pause())),
    either("a million empty Ogg pages", lambda f: f.set_recording("t.opus", media.empty_pages(1_000_000))),
    refused("a constant signal", "silent", lambda f: f.set_recording("t.wav", media.wav(8000, 5, level=60))),
)  # fmt: skip

JOINED = (
    *(
        refused(f"two {kind} in one", "another recording begins in it at 0:02", lambda f, kind=kind, options=options: f.set_recording(f"t.{kind}", media.joined(*options, suffix=f".{kind}")))  # type: ignore[misc]
        for kind, options in (
            ("wav", ()), ("w64", ()), ("aiff", ()), ("flac", ()), ("mp4", ("-c:a", "aac")), ("m4a", ("-c:a", "aac")),
            ("mov", ("-c:a", "pcm_s16le")), ("mkv", ("-c:a", "aac")), ("webm", ("-c:a", "libopus")), ("mka", ("-c:a", "flac")),
            ("ogg", ("-c:a", "libvorbis", "-ar", "44100")), ("avi", ("-c:a", "pcm_s16le")),
        )
    ),
    *(
        harmless(f"two {kind} of different sample rates in one", lambda f, kind=kind, options=options: f.set_recording(f"t.{kind}", media.joined(*options, "-ar", "44100", suffix=f".{kind}")))  # type: ignore[misc]
        for kind, options in (("mp3", ("-c:a", "libmp3lame")), ("aac", ("-c:a", "aac")), ("ac3", ("-c:a", "ac3")), ("ts", ("-c:a", "aac")), ("mpg", ("-c:a", "mp2")))
    ),
)  # fmt: skip

NAMES = (
    *(
        harmless(f"a file called {name}", lambda f, name=name: f.set_recording(name, media.sound()))  # type: ignore[misc]
        for name in ("-i", "-f.wav", "pipe:0", "pipe:.wav", "concat:a|b.wav", "file:x.wav", "%03d.wav", "a b;$(id).wav", "*.wav", "[a].wav", "x?y.wav", "«å».wav")
    ),
    refused("an address", "address", lambda f: f.edit('"recording.wav"', '"http://127.0.0.1:9/x.mp4"')),
    refused("an address of data", "", lambda f: f.edit('"recording.wav"', '"data:audio/wav;base64,AAAA"')),
    refused("standard input", "", lambda f: f.edit('"recording.wav"', '"-"')),
    refused("a name of two lines", "one line", lambda f: (f.write("a\nb.wav", media.sound()), f.edit('"recording.wav"', '"a\\nb.wav"'))),
    refused("a name with a NUL", "control", lambda f: f.edit('"recording.wav"', '"a\\u0000.wav"')),
    harmless("a file whose name has two lines", lambda f: f.write("x\n[31m.md", "x")),
    refused("a transcript with a strange language", "language", lambda f: f.write("transcript.<script>.vtt", "WEBVTT\n")),
)  # fmt: skip


def _link_outside(folder: Folder, name: str) -> None:
    folder.link(name, folder.outside / name)


PATHS = (
    refused("a recording that links outside", "out of the series", lambda f: _link_outside(f, "recording.wav")),
    refused("notes that link outside", "out of the series", lambda f: _link_outside(f, "notes.md")),
    refused("a transcript that links outside", "out of the series", lambda f: _link_outside(f, "transcript.en.vtt")),
    refused("a cover that links outside", "out of the series", lambda f: _link_outside(f, "cover.png")),
    refused("a link to itself", "", lambda f: f.link("notes.md", "notes.md")),
    refused("a link to a device", "", lambda f: f.link("recording.wav", "/dev/zero")),
    refused("notes that are a device", "", lambda f: f.link("notes.md", "/dev/zero")),
    refused("a talk's folder that links outside", "", lambda f: (f.root.joinpath("episodes/x").symlink_to(f.outside), f.edit('slug = "a-talk"', 'slug = "x"'))),
    refused("a recording with a parent path", "..", lambda f: f.edit('"recording.wav"', '"../../../outside/recording.wav"')),
    refused("a recording with an absolute path", "path", lambda f: f.edit('"recording.wav"', f'"{_outside_recording(f)}"')),
    refused("a recording with a home path", "path", lambda f: f.edit('"recording.wav"', '"~/x.wav"')),
    refused("a series cover with a parent path", "..", lambda f: f.edit("[series]", '[series]\ncover = "../outside/cover.png"')),
    refused("a photo with a parent path", "..", lambda f: f.edit("\n[[episode]]", '\n[people.a]\nname = "A"\nphoto = "../outside/cover.png"\n[[episode]]')),
    refused("an intro with a parent path", "..", lambda f: f.edit("\n[[episode]]", '\n[audio]\nintro = "../outside/recording.wav"\n[[episode]]')),
    refused("an include with a parent path", "..", lambda f: f.edit("[series]", 'include = ["../outside/episode.toml"]\n[series]')),
    refused("an include that links outside", "out of the series", lambda f: (f.link("episode.toml", f.outside / "episode.toml"), f.edit("[series]", 'include = ["episodes/*/episode.toml"]\n[series]'))),
    refused("a photo through a linked folder", "out of the series", lambda f: (f.root.joinpath("photos").symlink_to(f.outside), f.edit("\n[[episode]]", '\n[people.a]\nname = "A"\nphoto = "photos/cover.png"\n[[episode]]'))),
    refused("templates that link outside", "out of the series", lambda f: (f.root.joinpath("templates").mkdir(), f.root.joinpath("templates/episode.html").symlink_to(f.outside / "notes.md"))),
    refused("a pipe as recording", "not an ordinary file", lambda f: f.make_fifo(f.episode / "recording.wav")),
    refused("a pipe as notes", "not an ordinary file", lambda f: f.make_fifo(f.episode / "notes.md")),
    refused("a pipe as transcript", "not an ordinary file", lambda f: f.make_fifo(f.episode / "transcript.en.vtt")),
    refused("a pipe as cover", "not an ordinary file", lambda f: f.make_fifo(f.episode / "cover.png")),
    refused("a pipe as catalogue", "", lambda f: f.make_fifo(f.root / "episodes.toml")),
    refused("a pipe as receipt", "released.json", lambda f: f.make_fifo(f.episode / "released.json")),
    refused("a pipe as template", "not an ordinary file", lambda f: (f.root.joinpath("templates").mkdir(), f.make_fifo(f.root / "templates/episode.html"))),
    refused("a folder as recording", "folder", lambda f: f.make_folder(f.episode / "recording.wav")),
    refused("a folder as notes", "folder", lambda f: f.make_folder(f.episode / "notes.md")),
    refused("a folder as transcript", "folder", lambda f: f.make_folder(f.episode / "transcript.en.vtt")),
    refused("a folder as cover", "folder", lambda f: f.make_folder(f.episode / "cover.jpg")),
    refused("a folder as catalogue", "episodes.toml", lambda f: f.make_folder(f.root / "episodes.toml")),
    refused("a folder as receipt", "released.json", lambda f: f.make_folder(f.episode / "released.json")),
    refused("a folder as list of people", "people.toml", lambda f: (f.root.joinpath("private").mkdir(), f.make_folder(f.root / "private/people.toml"))),
    refused("a file where public/ goes", "public", lambda f: f.root.joinpath("public").write_text("x")),
    refused("a file where .publisher/ goes", ".publisher", lambda f: f.root.joinpath(".publisher").write_text("x")),
)  # fmt: skip

IMAGES = (
    refused("a cover of 100000 pixels a side", "", lambda f: f.write("cover.png", media.png(100_000, 100_000))),
    refused("a cover of 30000 pixels a side", "pixels", lambda f: f.write("cover.png", media.png(30_000, 30_000, rows=30))),
    either("a cover that decompresses to far more rows than declared", lambda f: f.write("cover.png", media.png(6000, 6000, rows=20_000))),
    either("a comment of 400 MB in a cover", lambda f: f.write("cover.png", media.png(1400, 1400, 1400, media.text_bomb()))),
    refused("a JPEG of 65500 pixels a side", "", lambda f: f.write("cover.jpg", media.jpeg(65500, 65500))),
    refused("a cover that ends early", "", lambda f: f.write("cover.jpg", media.jpeg(1400, 1400))),
    refused("a cover of noise", "", lambda f: f.write("cover.png", b"\x89PNG\r\n\x1a\n" + media.noise(100_000))),
    refused("an SVG as cover", "", lambda f: f.write("cover.png", '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>')),
    refused("a photo of 30000 pixels a side", "", lambda f: (f.write("p.png", media.png(30_000, 30_000, rows=30)), f.edit("\n[[episode]]", '\n[people.a]\nname = "A"\nphoto = "episodes/a-talk/p.png"\n[[episode]]'), f.edit('title = "A talk"', 'title = "A talk"\nguests = ["a"]'))),
    refused("a series cover that is no picture", "", lambda f: (f.write("c.png", "x"), f.edit("[series]", '[series]\ncover = "episodes/a-talk/c.png"'))),
)  # fmt: skip


def _append(folder: Folder, text: str) -> None:
    folder.write_catalogue(SERIES + TALK + text)


CATALOGUES = (
    refused("nested arrays", "", lambda f: _append(f, "x = " + "[" * 200_000)),
    refused("nested tables", "", lambda f: _append(f, "x = " + "{a=" * 200_000)),
    refused("a dotted key of 10^6 parts", "", lambda f: _append(f, "a" + ".a" * 10**6 + " = 1")),
    refused("a header of 10^6 parts", "", lambda f: _append(f, "[" + "a." * 10**6 + "a]")),
    refused("an array of 10^6 arrays", "", lambda f: _append(f, "x = [" + "[]," * 10**6 + "]")),
    refused("an array that fills the limit", "", lambda f: _append(f, "x = [" + "{}," * (2 * 10**6) + "]")),
    refused("as many tables as are read", "", lambda f: _append(f, "x = [" + "{a=1}," * 190_000 + "]")),
    refused("as many headers as are read", "", lambda f: _append(f, "".join(f"[x{n}]\n" for n in range(190_000)))),
    refused("as many keys as are read", "", lambda f: _append(f, "".join(f"x{n}=1\n" for n in range(290_000)))),
    refused("as many numbers as fit", "", lambda f: _append(f, "x = [" + "1," * 390_000 + "]")),
    refused("10^6 headers", "", lambda f: _append(f, "".join(f"[x{n}]\n" for n in range(10**6)))),
    refused("10^6 keys", "", lambda f: _append(f, "".join(f"x{n}=1\n" for n in range(10**6)))),
    refused("10^5 talks", "", lambda f: _append(f, "[[episode]]\n" * 10**5)),
    refused("a number of 10^6 digits", "number", lambda f: _append(f, "x = " + "9" * 10**6)),
    refused("a number too large for a date", "", lambda f: _append(f, "season = 99999999999999999999\nend = 1e308\nstart = nan")),
    refused("100 MB", "MB", lambda f: _append(f, "#" * 10**8)),
    refused("7 MB of one text", "characters", lambda f: _append(f, 'summary = "' + "a" * (7 * 10**6) + '"')),
    refused("bytes that are no text", "UTF-8", lambda f: f.root.joinpath("episodes.toml").write_bytes(media.noise(10**6))),
    refused("UTF-16", "UTF-8", lambda f: f.root.joinpath("episodes.toml").write_bytes((SERIES + TALK).encode("utf-16"))),
    refused("an include that names 10^5 things", "", lambda f: f.edit("[series]", 'include = ["' + "*/" * 10**4 + '*.toml"]\n[series]')),
    refused("nested receipts", "released.json", lambda f: f.write("released.json", "[" * 10**6)),
    refused("a receipt of another kind", "released.json", lambda f: f.write("released.json", '{"schema": 1, "receipts": {"audio": {"inputs": {}, "facts": {"enclosures": [{"path": "../../../etc/passwd", "length": 3}]}}}}')),
)  # fmt: skip


def _notes(folder: Folder, text: str) -> None:
    folder.write("notes.md", text)


NOTES = (
    *(
        either(f"notes of {label}", lambda f, text=text: _notes(f, text))  # type: ignore[misc]
        for label, text in {
            "nested quotes": ">" * 10**5 + "x",
            "nested quotes in lines": "".join(">" * n + "x\n" for n in range(480)),
            "nested lists": "".join("  " * n + "- x\n" for n in range(340)),
            "nested lists in a line": "- " * 10**5 + "x",
            "opening brackets": "[" * 10**5,
            "brackets": "[" * 50_000 + "]" * 50_000,
            "links in links": "[a](" * 32_000,
            "images": "![" * 64_000,
            "stars": "*" * 10**5,
            "stars and words": "*a **b " * 18_000,
            "underscores": "_a __b " * 18_000,
            "backticks": "".join("`" * n + " " for n in range(480)),
            "one long reference": "[a]: http://e.org/" + "x" * 60_000 + "\n\n" + "[a] " * 15_000,
            "one long title": "[a]: b '" + "x" * 60_000 + "'\n\n" + "[a] " * 15_000,
            "nested emphasis": "*a " * 20_000 + " a*" * 20_000,
            "overrides": "\u202ea \u2067b\u202c " * 18_000,
            "references": "".join(f"[a{n}]: x\n" for n in range(6_000)) + "[a1]" * 10_000,
            "tables": "a|" * 1000 + "\n" + "-|" * 1000 + "\n" + ("x|" * 1000 + "\n") * 60,
            "short rows of a wide table": "a|" * 15_000 + "\n" + "-|" * 15_000 + "\n" + "x\n" * 30_000,
            "entities": "&" * 128_000,
            "angles": "<" * 128_000,
            "comments": "<!--" * 32_000,
            "times": "[0:01] " * 18_000,
            "one long word": "a" * 128_000,
            "words": "word " * 25_000,
            "paragraphs": "a\n\n" * 42_000,
            "headings": "# a\n" * 32_000,
            "addresses": "http://a " * 14_000,
            "closing signs": "http://a" + ")" * 120_000,
        }.items()
    ),
    refused("notes of 300 kB", "kB", lambda f: _notes(f, "a" * 300_000)),
    harmless("notes with ]]>", lambda f: _notes(f, "a ]]> b <![CDATA[ c ]]]]>> d\n")),
    harmless("notes with HTML", lambda f: _notes(f, "<script>alert(1)</script><svg onload=alert(1)><iframe src=x> [a](javascript:alert(1)) <?xml ?> <!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;\n")),
    refused("notes with NUL", "control", lambda f: _notes(f, "a\0b")),
    refused("notes in UTF-16", "UTF-16", lambda f: f.write("notes.md", "a".encode("utf-16"))),
    refused("notes in Latin-1", "UTF-8", lambda f: f.write("notes.md", "Zoë".encode("latin-1"))),
    harmless("Jinja in every text", lambda f: (_notes(f, "{{ 7*7 }} {% include '/etc/passwd' %}"), f.edit('title = "A talk"', "title = '{{ 987*654321 }}{% raw %}'\nsummary = '{{ config }} {{ cycler.__init__.__globals__ }} {# x'\ntopics = ['{{ 987*654321 }}']"))),
    harmless("XML in every text", lambda f: f.edit('title = "A talk"', "title = '</title><script>alert(1)</script> ]]> &amp; \"'\nsummary = '<![CDATA[x]]> <!ENTITY>'\ntopics = ['</script>']")),
)  # fmt: skip


def _cues(folder: Folder, text: str | bytes, name: str = "transcript.en.vtt") -> None:
    folder.write(name, text)


TRANSCRIPTS = (
    refused("10^6 cues", "kB", lambda f: _cues(f, "WEBVTT\n\n" + (CUE + "x\n\n") * 10**6)),
    refused("too many cues", "25000", lambda f: _cues(f, "WEBVTT\n\n" + (CUE + "x\n\n") * 26_000)),
    either("as many cues as the limit takes", lambda f: _cues(f, "WEBVTT\n\n" + (CUE + "x\n\n") * 25_000)),
    either("as many cues in SubRip", lambda f: _cues(f, ("1\n00:00:00,000 --> 00:00:01,000\nx\n\n") * 25_000, "transcript.en.srt")),
    either("a huge cue", lambda f: _cues(f, "WEBVTT\n\n" + CUE + "word " * (8 * 10**5))),
    refused("a cue of 10^6 lines", "lines", lambda f: _cues(f, "WEBVTT\n\n" + CUE + "x\n" * 10**6)),
    either("a cue of 140 000 lines", lambda f: _cues(f, "WEBVTT\n\n" + CUE + "x\n" * 140_000)),
    either("a cue of opening tags", lambda f: _cues(f, "WEBVTT\n\n" + CUE + "<" * 10**6)),
    either("a cue of voices", lambda f: _cues(f, "WEBVTT\n\n" + CUE + "<v A>x" * 25_000)),
    either("a cue of unclosed voices", lambda f: _cues(f, "WEBVTT\n\n" + CUE + "<v " * 25_000)),
    either("a cue of overrides", lambda f: _cues(f, "WEBVTT\n\n" + CUE + "{\\" * 10**6)),
    either("a cue of entities", lambda f: _cues(f, "WEBVTT\n\n" + CUE + "&lt;" * 900_000)),
    either("a cue of colons", lambda f: _cues(f, "WEBVTT\n\n" + (CUE + "Abc def ghi jkl: x\n\n") * 25_000)),
    either("a header of 8 MB", lambda f: _cues(f, "WEBVTT " + "x" * (4 * 10**6))),
    either("STYLE and REGION blocks", lambda f: _cues(f, "WEBVTT\n\nSTYLE\n::cue { background: url(http://x/) }\n\nREGION\nid:x\n\n" + CUE + "x\n")),
    either("notes that never end", lambda f: _cues(f, "WEBVTT\n\nNOTE\n" + "x\n" * 140_000)),
    refused("no header", "WEBVTT", lambda f: _cues(f, CUE + "x\n")),
    refused("times of 10^5 digits", "times", lambda f: _cues(f, "WEBVTT\n\n" + "9" * 10**5 + ":00:00.000 --> 00:00:01.000\nx\n")),
    refused("NUL bytes", "control", lambda f: _cues(f, "WEBVTT\n\n" + CUE + "a\0b\n")),
    refused("UTF-16", "UTF-16", lambda f: _cues(f, ("WEBVTT\n\n" + CUE + "x\n").encode("utf-16"))),
    refused("UTF-32", "", lambda f: _cues(f, ("WEBVTT\n\n" + CUE + "x\n").encode("utf-32"))),
    refused("UTF-7", "", lambda f: _cues(f, b"+/v8-WEBVTT\n\n")),
    refused("Latin-1", "UTF-8", lambda f: _cues(f, "WEBVTT\n\nZoë".encode("latin-1"))),
    harmless("markup in words", lambda f: _cues(f, "WEBVTT\n\n" + CUE + "<script>alert(1)</script> ]]> {{ 987*654321 }} <img src=x onerror=alert(1)>\n")),
)  # fmt: skip

PARENT_PATH = "../../../theirs/victim"
ENCLOSURE = {
    "path": "media/a-talk.0a1b2c3d.mp3",
    "format": "mp3",
    "type": "audio/mpeg",
    "length": 9,
    "duration": 1.0,
    "digest": "0a1b2c3d" * 8,
}
DURATIONS = {"recording_duration": 1.0, "intro_duration": 0.0, "outro_duration": 0.0}


def _audio_facts(**values: object) -> dict[str, object]:
    """Receipts of one audio file; `values` override its valid facts."""
    return {"audio": {"inputs": {}, "facts": {"enclosures": [{**ENCLOSURE, **values}], **DURATIONS}}}


def _facts(output: str, **facts: object) -> dict[str, object]:
    return {output: {"inputs": {}, "facts": facts}}


def _replaced(path: object) -> list[dict[str, object]]:
    return [{"path": path, "at": "2020-01-01T00:00:00+00:00"}]


RECEIPTS = (
    harmless("valid receipts", lambda f: f.write_receipts(former=["an-old-slug"], replaced=_replaced("media/an-old-slug.0a1b2c3d.mp3"))),
    harmless("an output of a later publisher", lambda f: f.write_receipts(receipts=_facts("later", any=[1, "x"]))),
    *(
        refused(f"a former slug: {label}", "former", lambda f, slug=slug: f.write_receipts(former=[slug]))  # type: ignore[misc]
        for label, slug in {
            "a parent path": PARENT_PATH, "an absolute path": "/tmp/victim", "a folder up": "..", "itself": ".", "nothing": "", "backslashes": "..\\..\\x", "a drive": "C:x",
            "NUL": "a\0b", "two lines": "a\nb", "capitals": "A-Talk", "another script": "ta\u0142k", "a device": "nul", "a megabyte": "a" * 10**6,
            "a number": 5, "a list": ["x"], "half a character": "\ud800", "a tag": "<script>alert(1)</script>", "a template": "{{ 987*654321 }}",
        }.items()
    ),
    refused("10^5 former slugs", "former", lambda f: f.write_receipts(former=[f"slug-{n}" for n in range(10**5)])),
    *(
        refused(f"a replaced file: {label}", "path", lambda f, path=path: f.write_receipts(replaced=_replaced(path)))  # type: ignore[misc]
        for label, path in {
            "a parent path": PARENT_PATH, "an absolute path": "/etc/hostname", "through media": "media/../../theirs/victim.txt", "of another talk": "media/b.0a1b2c3d.mp3",
            "the feed": "feed.xml", "a page": "episodes/a-talk/index.html", "backslashes": "media\\..\\..\\x", "a drive": "C:/x", "another suffix": "media/a-talk.0a1b2c3d.html",
            "NUL": "media/a-talk.0a1b2c3d.mp3\0", "a number": 5,
        }.items()
    ),
    *(
        refused(f"an audio file whose {key} is {label}", key, lambda f, key=key, value=value: f.write_receipts(receipts=_audio_facts(**{key: value})))  # type: ignore[misc]
        for key, label, value in (
            ("path", "a parent path", PARENT_PATH), ("path", "of another talk", "media/b.0a1b2c3d.mp3"), ("path", "another content's", "media/a-talk.ffffffff.mp3"),
            ("type", "a page's", "text/html"), ("type", "two headers", "audio/mpeg\r\nX: y"), ("format", "unknown", "exe"), ("digest", "short", "0a1b2c3d"),
            ("length", "negative", -1), ("length", "10^400", 10**400), ("length", "a text", "9"), ("duration", "10^300", 1e300),
            ("duration", "negative", -1.0), ("loudness", "a list", []), ("bitrate", "10^12", 10**12),
        )
    ),
    refused("an audio file of infinite duration", "Infinity", lambda f: f.write_receipts(receipts=_audio_facts(duration=float("inf")))),
    refused("an audio file whose length is no number", "NaN", lambda f: f.write_receipts(receipts=_audio_facts(length=float("nan")))),
    refused("an outgoing video with a parent path", "path", lambda f: f.write_receipts(receipts=_facts("video", path="videos/" + PARENT_PATH, length=9, duration=1.0, digest="0" * 64))),
    refused("a file under an output that has none", "path", lambda f: f.write_receipts(receipts=_facts("audio", path="media/b.0a1b2c3d.mp3", length=9))),
    refused("a video's id that is markup", "id", lambda f: f.write_receipts(receipts=_facts("youtube", id='x" onload="alert(1)', checked=True))),
    refused("an upload to a file", "uri", lambda f: f.write_receipts(receipts=_facts("youtube", session={"uri": "file:///etc/passwd", "size": 1}))),
    refused("a video visible from no date", "visible", lambda f: f.write_receipts(receipts=_facts("youtube", id="dQw4w9WgXcQ", checked=True, visible="soon"))),
    *(
        refused(f"published {label}", "published", lambda f, date=date: f.write_receipts(published=date))  # type: ignore[misc]
        for label, date in {"in year 1": "0001-01-01T00:00:00+00:00", "in year 9999": "9999-12-31T23:59:59+00:00", "without a zone": "2021-01-08T18:00:00", "soon": "soon", "never": 5}.items()
    ),
    *(
        refused(f"a guid of {label}", "guid", lambda f, guid=guid: f.write_receipts(guid=guid))  # type: ignore[misc]
        for label, guid in {"nothing": "", "control characters": "\x1b[31mx", "two lines": "a\nb", "a megabyte": "x" * 10**6, "a number": 5, "no text": None}.items()
    ),
    refused("the receipts of another talk", "move episodes/a-talk/released.json to episodes/b-talk/", lambda f: f.write_receipts(slug="a-talk", **{"guid": "x"}) or f.write("released.json", '{"schema": 1, "slug": "b-talk", "guid": "x"}')),
    refused("two talks with one guid", "episodes/b-talk/released.json", lambda f: (f.write_receipts(guid="x"), f.write_receipts("b-talk", guid="x"))),
    refused("a key twice", "guid", lambda f: f.write("released.json", '{"schema": 1, "guid": "a", "guid": "b"}')),
    refused("a key of a later publisher", "newer", lambda f: f.write_receipts(later=1)),
    refused("a number of 10^5 digits", "number", lambda f: f.write("released.json", '{"schema": 1, "x": ' + "9" * 10**5 + "}")),
    refused("a lock for no places", "places", lambda f: f.write_receipts(withdrawn={"day": "2021-03-01", "reason": "x", "places": []})),
    refused("an address of the feed that is a script", "address", lambda f: f.root.joinpath("episodes/released.json").write_text('{"schema": 1, "guid": "x", "address": "javascript:alert(1)"}')),
    refused("receipts that are a link", "link", lambda f: f.link("released.json", f.foreign / "released.json")),
    refused("receipts that are a dangling link", "link", lambda f: f.link("released.json", f.foreign / "nowhere")),
    refused("the feed's receipts that are a link", "link", lambda f: f.replace_with_link("episodes/released.json", f.foreign / "released.json")),
)  # fmt: skip

LINKED = (
    "public", ".publisher", "public/media", "public/episodes", "public/episodes/a-talk", "public/episodes/b-talk", "public/episodes/a-talk/embed", "public/assets",
    "public/people", "public/people/ann", "public/topics", "public/search/0", "public/feed", "public/page/2", "public/seasons", "public/subscribe",
    ".publisher/audio", ".publisher/video", ".publisher/videos", ".publisher/later/deep",
)  # fmt: skip
LINKS = (
    *(refused(f"{name} is a link", f"{name}: a link", lambda f, name=name: f.replace_with_link(name)) for name in LINKED),  # type: ignore[misc]
    *(
        refused(f"{name} is a link to a file", f"{name}: a link", lambda f, name=name: f.replace_with_link(name, f.foreign / "victim.txt"))  # type: ignore[misc]
        for name in (".publisher/lock", ".publisher/holder.txt", ".publisher/digests.json", "public/episodes/a-talk/index.html", "public/media/a-talk.0a1b2c3d.mp3")
    ),
    refused("episodes is a link to its former folder", "link", lambda f: (shutil.move(f.root / "episodes", f.root / "archive"), f.replace_with_link("episodes", f.root / "archive"))),
    refused("a talk's folder is a link inside the series", "link", lambda f: (shutil.move(f.episode, f.root / "archive"), f.replace_with_link("episodes/a-talk", f.root / "archive"))),
    refused("public is a link to the series", "link", lambda f: f.replace_with_link("public", f.root)),
    refused("public is a link to private, with a marker", "link", lambda f: (f.root.joinpath("private").mkdir(), f.root.joinpath("private/.publisher-folder").write_text("public\n"), f.replace_with_link("public", f.root / "private"))),
    refused("public is a link to itself", "link", lambda f: f.replace_with_link("public", f.root / "public")),
    refused("public is a dangling link", "link", lambda f: f.replace_with_link("public", f.root.parent / "nowhere")),
    refused("a marker that is a pipe", "link", lambda f: (f.make_fifo(f.root.parent / "theirs/.publisher-folder"), f.replace_with_link("public"))),
    refused("a marker for another folder", "link", lambda f: (f.foreign.joinpath(".publisher-folder").write_text("public/media\n"), f.replace_with_link("public"))),
    harmless("a link of the producer under public", lambda f: f.replace_with_link("public/archive")),
    harmless("a linked folder of photos", lambda f: f.replace_with_link("episodes/photos", f.foreign / "ann")),
    harmless("a page at the root that is a link", lambda f: f.replace_with_link("public/index.html", f.foreign / "victim.txt")),
    harmless("a hard link to a page", lambda f: (f.root.joinpath("public").mkdir(), os.link(f.foreign / "victim.txt", f.root / "public/index.html"))),
)  # fmt: skip


def _template(folder: Folder, name: str, text: str) -> None:
    path = folder.root / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _linked_template(folder: Folder, name: str, target: str | Path) -> None:
    path = folder.root / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


GLOBALS = "{{ cycler.__init__.__globals__.os.popen('touch ../outside/pwned').read() }}"
MAIN = "{% extends 'base.html' %}{% block main %}\n"

TEMPLATES = (
    refused("a template that starts a program", "templates/episode.html:1", lambda f: _template(f, "episode.html", GLOBALS)),
    refused("a frame that starts a program", "templates/base.html:1", lambda f: _template(f, "base.html", GLOBALS)),
    refused("a style that starts a program", "templates/assets/own.css:1", lambda f: _template(f, "assets/own.css", GLOBALS)),
    refused("notes in the feed that start a program", "templates/feed/notes.html:1", lambda f: _template(f, "feed/notes.html", GLOBALS)),
    refused("a template that reads a file", "templates/subscribe.html:2", lambda f: _template(f, "subscribe.html", MAIN + "{{ series.root.joinpath('../outside/notes.md').read_text() }}{% endblock %}")),
    refused("a template that divides by zero", "templates/index.html:2: division by zero", lambda f: _template(f, "index.html", MAIN + "{{ 1/0 }}{% endblock %}")),
    refused("a template that includes itself", "templates/episode.html:1", lambda f: _template(f, "episode.html", "{% include 'episode.html' %}")),
    refused("a frame that extends itself", "templates/base.html:1", lambda f: _template(f, "base.html", "{% extends 'base.html' %}")),
    refused("a frame that does not end", "templates/base.html:1", lambda f: _template(f, "base.html", "{% for x in range(99999) %}{% for y in range(99999) %}{{ x }}{% endfor %}{% endfor %}")),
    refused("a sitemap that calls itself twice", "templates/sitemap.xml:1", lambda f: _template(f, "sitemap.xml", "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(99) }}")),
    refused("a part that takes all memory", "templates/player.html:1", lambda f: _template(f, "player.html", "{% set x = 'a' * 10**10 %}")),
    refused("a part that doubles a text", "templates/bar.html:1", lambda f: _template(f, "bar.html", "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}")),
    refused("a template that is nested", "templates/404.html:1", lambda f: _template(f, "404.html", "{{ " + "(" * 50_000 + ")" * 50_000 + " }}")),
    refused("a template of 50 MB", "templates/404.html has", lambda f: _template(f, "404.html", "a" * (50 * 10**6))),
    refused("a template in UTF-16", "templates/404.html:1", lambda f: (_template(f, "404.html", ""), f.root.joinpath("templates/404.html").write_bytes("a".encode("utf-16")))),
    refused("a template that is a device", "templates/404.html leads out", lambda f: _linked_template(f, "404.html", "/dev/zero")),
    refused("a template that links to itself", "templates/404.html cannot be read", lambda f: _linked_template(f, "404.html", "404.html")),
    refused("a template that is a folder", "templates/404.html is a folder", lambda f: f.root.joinpath("templates/404.html").mkdir(parents=True)),
    refused("a template in private/", "private/", lambda f: (f.root.joinpath("private").mkdir(), f.root.joinpath("private/x").write_text("SECRET-OF-THIS-MACHINE"), _linked_template(f, "404.html", "../private/x"))),
    refused("templates/ that links outside", "templates leads out of the series", lambda f: f.root.joinpath("templates").symlink_to(f.outside)),
    refused("templates/ that links to nothing", "templates cannot be read", lambda f: f.root.joinpath("templates").symlink_to("not-mounted")),
    refused("templates/ that is a file", "templates is not a folder", lambda f: f.root.joinpath("templates").write_text("x")),
    refused("a script that links outside", "templates/assets/player.js leads out", lambda f: _linked_template(f, "assets/player.js", f.outside / "notes.md")),
    refused("words that link outside", "templates/translations/en.po leads out", lambda f: _linked_template(f, "translations/en.po", f.outside / "notes.md")),
    refused("words with 10^9 plurals", "templates/translations/en.po", lambda f: _template(f, "translations/en.po", 'msgid ""\nmsgstr "Plural-Forms: nplurals=1000000000; plural=0;\\n"\n\nmsgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\n')),
    refused("words of 10^9 letters", "templates/translations/en.po:3", lambda f: _template(f, "translations/en.po", '\n\nmsgid "Published by %(author)s."\nmsgstr "%(author)1000000000s"\n')),
    refused("escaping switched off", "templates/404.html:1", lambda f: _template(f, "404.html", "{% autoescape false %}{{ series.title }}{% endautoescape %}")),
)  # fmt: skip

CASES: tuple[tuple[str, tuple[Case, ...]], ...] = (
    ("recording", RECORDINGS),
    ("undeclared duration", UNDECLARED_DURATIONS),
    ("joined", JOINED),
    ("name", NAMES),
    ("path", PATHS),
    ("image", IMAGES),
    ("catalogue", CATALOGUES),
    ("notes", NOTES),
    ("template", TEMPLATES),
    ("transcript", TRANSCRIPTS),
    ("receipt", RECEIPTS),
    ("link", LINKS),
)
