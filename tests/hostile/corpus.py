"""Everything that somebody who sends a recording or a text could try. Each case is a folder and what comes of it.

A case writes into a series that is sound otherwise: its talk has a recording of a second, and
``episodes.toml`` can be told more. REFUSED ends in a message and exit 1 or 2; HARMLESS is published.
"""

from __future__ import annotations

import os
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


class Folder:
    """The series that a case spoils; `outside` lies beside it."""

    def __init__(self, root: Path) -> None:
        self.root, self.talk = root, root / "episodes/a-talk"
        self.outside = root.parent / "outside"
        self.talk.mkdir(parents=True)
        self.outside.mkdir()
        self.catalogue(SERIES + TALK)
        self.put("recording.wav", media.sound())
        (self.outside / "recording.wav").write_bytes(media.sound())
        for name in ("notes.md", "transcript.en.vtt", "episode.toml"):
            (self.outside / name).write_text("SECRET-OF-THIS-MACHINE\n", encoding="utf-8")
        (self.outside / "cover.png").write_bytes(media.png(1400, 1400, rows=1400))

    def catalogue(self, text: str) -> None:
        (self.root / "episodes.toml").write_text(text, encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        path = self.root / "episodes.toml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def put(self, name: str, content: bytes | str) -> None:
        path = self.talk / name
        path.unlink(missing_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def record(self, name: str, content: bytes | str) -> None:
        """Another recording for the talk."""
        (self.talk / "recording.wav").unlink()
        self.put(name, content)
        self.edit('"recording.wav"', f"'{name}'")

    def link(self, name: str, target: str | Path) -> None:
        path = self.talk / name
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def fifo(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    def folder(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        path.mkdir()


@dataclass(frozen=True)
class Case:
    """`spoil` makes it; `words` have to be said when it is refused, and what is published is `harmless`."""

    name: str
    spoil: Callable[[Folder], object]
    words: str = ""
    harmless: bool = False


def refused(name: str, words: str, spoil: Callable[[Folder], object]) -> Case:
    return Case(name, spoil, words)


def harmless(name: str, spoil: Callable[[Folder], object]) -> Case:
    return Case(name, spoil, harmless=True)


def either(name: str, spoil: Callable[[Folder], object]) -> Case:
    """Refused or published, as long as it is soon over."""
    return Case(name, spoil, "*")


def _playlist(target: str) -> str:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n"


def _private(folder: Folder) -> str:
    return str(folder.outside / "recording.wav")


RECORDINGS = (
    refused("m3u8 of a local file", "recording", lambda f: f.record("t.mp4", _playlist(_private(f)))),
    refused("m3u8 of an address", "recording", lambda f: f.record("t.mp4", _playlist("http://127.0.0.1:9/x.ts"))),
    refused("m3u8 of a data address", "recording", lambda f: f.record("t.mp4", _playlist("data:audio/wav;base64,AAAA"))),
    refused("ffconcat", "recording", lambda f: f.record("t.mp4", f"ffconcat version 1.0\nfile '{_private(f)}'\n")),
    refused("concat of many", "recording", lambda f: f.record("t.mp4", f"concat:{_private(f)}|{_private(f)}")),
    refused("DASH", "recording", lambda f: f.record("t.mp4", '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet><Representation><BaseURL>file:///etc/passwd</BaseURL></Representation></AdaptationSet></Period></MPD>')),
    refused("SDP", "recording", lambda f: f.record("t.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n")),
    refused("playlist in an mp4", "recording", lambda f: f.record("t.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + _playlist(_private(f)).encode())),
    either("mp4 whose picture is elsewhere", lambda f: f.record("t.mp4", media.elsewhere(_private(f)))),
    refused("image sequence", "", lambda f: f.record("t%03d.mp4", "x")),
    refused("subtitles as recording", "recording", lambda f: f.record("t.mp4", "1\n00:00:00,000 --> 00:00:01,000\nx\n")),
    refused("a text as recording", "recording", lambda f: f.record("t.mp4", "Dear producer, " * 1000)),
    refused("garbage", "recording", lambda f: f.record("t.mp4", media.noise(200_000))),
    refused("garbage that begins as mp3", "", lambda f: f.record("t.mp3", b"ID3\4\0\0\x7f\x7f\x7f\x7f" + media.noise(200_000))),
    refused("nothing", "empty", lambda f: f.record("t.mp4", b"")),
    refused("zeros", "recording", lambda f: f.record("t.mp4", bytes(3_000_000))),
    refused("cut off", "", lambda f: f.record("t.mp4", media.video()[: len(media.video()) // 2])),
    either("cut off late", lambda f: f.record("t.mkv", media.honest("-c:v", "mpeg4", "-c:a", "aac", suffix=".mkv")[:-3000])),
    refused("10^9 seconds", "", lambda f: f.record("t.mp4", media.endless())),
    refused("packets of an hour", "", lambda f: f.record("t.mp4", media.gaping())),
    refused("64 streams", "streams", lambda f: f.record("t.mkv", media.many_streams(64))),
    either("30000 × 30000 pixels in the headers", lambda f: f.record("t.mp4", media.immense())),
    refused("16000 × 16000 pixels", "pixels", lambda f: f.record("t.mkv", media.immense_stream(16_000))),
    either("30000 × 30000 pixels", lambda f: f.record("t.mkv", media.immense_stream(30_000))),
    refused("no sound", "no sound", lambda f: f.record("t.mp4", media.honest("-c:v", "mpeg4", "-an"))),
)  # fmt: skip

NAMES = (
    *(
        harmless(f"a file called {name}", lambda f, name=name: f.record(name, media.sound()))  # type: ignore[misc]
        for name in ("-i", "-f.wav", "pipe:0", "pipe:.wav", "concat:a|b.wav", "file:x.wav", "%03d.wav", "a b;$(id).wav", "*.wav", "[a].wav", "x?y.wav", "«å».wav")
    ),
    refused("an address", "address", lambda f: f.edit('"recording.wav"', '"http://127.0.0.1:9/x.mp4"')),
    refused("an address of data", "", lambda f: f.edit('"recording.wav"', '"data:audio/wav;base64,AAAA"')),
    refused("standard input", "", lambda f: f.edit('"recording.wav"', '"-"')),
    refused("a name of two lines", "one line", lambda f: (f.put("a\nb.wav", media.sound()), f.edit('"recording.wav"', '"a\\nb.wav"'))),
    refused("a name with a NUL", "control", lambda f: f.edit('"recording.wav"', '"a\\u0000.wav"')),
    harmless("files beside with names of two lines", lambda f: f.put("x\n[31m.md", "x")),
    refused("a transcript with a strange language", "language", lambda f: f.put("transcript.<script>.vtt", "WEBVTT\n")),
)  # fmt: skip


def _outward(folder: Folder, name: str) -> None:
    folder.link(name, folder.outside / name)


PLACES = (
    refused("a recording that links outside", "out of the series", lambda f: _outward(f, "recording.wav")),
    refused("notes that link outside", "out of the series", lambda f: _outward(f, "notes.md")),
    refused("a transcript that links outside", "out of the series", lambda f: _outward(f, "transcript.en.vtt")),
    refused("a cover that links outside", "out of the series", lambda f: _outward(f, "cover.png")),
    refused("a link to itself", "", lambda f: f.link("notes.md", "notes.md")),
    refused("a link to a device", "", lambda f: f.link("recording.wav", "/dev/zero")),
    refused("notes that are a device", "", lambda f: f.link("notes.md", "/dev/zero")),
    refused("a talk's folder that links outside", "", lambda f: (f.root.joinpath("episodes/x").symlink_to(f.outside), f.edit('slug = "a-talk"', 'slug = "x"'))),
    refused("a recording up and away", "..", lambda f: f.edit('"recording.wav"', '"../../../outside/recording.wav"')),
    refused("a recording from the root", "path", lambda f: f.edit('"recording.wav"', f'"{_private(f)}"')),
    refused("a recording at home", "path", lambda f: f.edit('"recording.wav"', '"~/x.wav"')),
    refused("a series cover up and away", "..", lambda f: f.edit("[series]", '[series]\ncover = "../outside/cover.png"')),
    refused("a photo up and away", "..", lambda f: f.edit("\n[[episode]]", '\n[people.a]\nname = "A"\nphoto = "../outside/cover.png"\n[[episode]]')),
    refused("an intro up and away", "..", lambda f: f.edit("\n[[episode]]", '\n[audio]\nintro = "../outside/recording.wav"\n[[episode]]')),
    refused("an include up and away", "..", lambda f: f.edit("[series]", 'include = ["../outside/episode.toml"]\n[series]')),
    refused("an include that links outside", "out of the series", lambda f: (f.link("episode.toml", f.outside / "episode.toml"), f.edit("[series]", 'include = ["episodes/*/episode.toml"]\n[series]'))),
    refused("a photo through a linked folder", "out of the series", lambda f: (f.root.joinpath("photos").symlink_to(f.outside), f.edit("\n[[episode]]", '\n[people.a]\nname = "A"\nphoto = "photos/cover.png"\n[[episode]]'))),
    refused("templates that link outside", "out of the series", lambda f: (f.root.joinpath("templates").mkdir(), f.root.joinpath("templates/episode.html").symlink_to(f.outside / "notes.md"))),
    refused("a pipe as recording", "not an ordinary file", lambda f: f.fifo(f.talk / "recording.wav")),
    refused("a pipe as notes", "not an ordinary file", lambda f: f.fifo(f.talk / "notes.md")),
    refused("a pipe as transcript", "not an ordinary file", lambda f: f.fifo(f.talk / "transcript.en.vtt")),
    refused("a pipe as cover", "not an ordinary file", lambda f: f.fifo(f.talk / "cover.png")),
    refused("a pipe as catalogue", "", lambda f: f.fifo(f.root / "episodes.toml")),
    refused("a pipe as receipt", "released.json", lambda f: f.fifo(f.talk / "released.json")),
    refused("a pipe as template", "not an ordinary file", lambda f: (f.root.joinpath("templates").mkdir(), f.fifo(f.root / "templates/episode.html"))),
    refused("a folder as recording", "folder", lambda f: f.folder(f.talk / "recording.wav")),
    refused("a folder as notes", "folder", lambda f: f.folder(f.talk / "notes.md")),
    refused("a folder as transcript", "folder", lambda f: f.folder(f.talk / "transcript.en.vtt")),
    refused("a folder as cover", "folder", lambda f: f.folder(f.talk / "cover.jpg")),
    refused("a folder as catalogue", "episodes.toml", lambda f: f.folder(f.root / "episodes.toml")),
    refused("a folder as receipt", "released.json", lambda f: f.folder(f.talk / "released.json")),
    refused("a folder as list of people", "people.toml", lambda f: (f.root.joinpath("private").mkdir(), f.folder(f.root / "private/people.toml"))),
    refused("a file where public/ goes", "public", lambda f: f.root.joinpath("public").write_text("x")),
    refused("a file where .publisher/ goes", ".publisher", lambda f: f.root.joinpath(".publisher").write_text("x")),
)  # fmt: skip

PICTURES = (
    refused("a cover of 100000 pixels a side", "", lambda f: f.put("cover.png", media.png(100_000, 100_000))),
    refused("a cover of 30000 pixels a side", "pixels", lambda f: f.put("cover.png", media.png(30_000, 30_000, rows=30))),
    either("a cover that unpacks for ever", lambda f: f.put("cover.png", media.png(6000, 6000, rows=20_000))),
    either("a comment of 400 MB in a cover", lambda f: f.put("cover.png", media.png(1400, 1400, 1400, media.text_bomb()))),
    refused("a JPEG of 65500 pixels a side", "", lambda f: f.put("cover.jpg", media.jpeg(65500, 65500))),
    refused("a cover that ends early", "", lambda f: f.put("cover.jpg", media.jpeg(1400, 1400))),
    refused("a cover of noise", "", lambda f: f.put("cover.png", b"\x89PNG\r\n\x1a\n" + media.noise(100_000))),
    refused("an SVG as cover", "", lambda f: f.put("cover.png", '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>')),
    refused("a photo of 30000 pixels a side", "", lambda f: (f.put("p.png", media.png(30_000, 30_000, rows=30)), f.edit("\n[[episode]]", '\n[people.a]\nname = "A"\nphoto = "episodes/a-talk/p.png"\n[[episode]]'), f.edit('title = "A talk"', 'title = "A talk"\nguests = ["a"]'))),
    refused("a series cover that is no picture", "", lambda f: (f.put("c.png", "x"), f.edit("[series]", '[series]\ncover = "episodes/a-talk/c.png"'))),
)  # fmt: skip


def _more(folder: Folder, text: str) -> None:
    folder.catalogue(SERIES + TALK + text)


CATALOGUES = (
    refused("nested arrays", "", lambda f: _more(f, "x = " + "[" * 200_000)),
    refused("nested tables", "", lambda f: _more(f, "x = " + "{a=" * 200_000)),
    refused("a dotted key of 10^6 parts", "", lambda f: _more(f, "a" + ".a" * 10**6 + " = 1")),
    refused("a header of 10^6 parts", "", lambda f: _more(f, "[" + "a." * 10**6 + "a]")),
    refused("an array of 10^6 arrays", "", lambda f: _more(f, "x = [" + "[]," * 10**6 + "]")),
    refused("an array that fills the limit", "", lambda f: _more(f, "x = [" + "{}," * (2 * 10**6) + "]")),
    refused("as many tables as are read", "", lambda f: _more(f, "x = [" + "{a=1}," * 190_000 + "]")),
    refused("as many headers as are read", "", lambda f: _more(f, "".join(f"[x{n}]\n" for n in range(190_000)))),
    refused("as many keys as are read", "", lambda f: _more(f, "".join(f"x{n}=1\n" for n in range(290_000)))),
    refused("as many numbers as fit", "", lambda f: _more(f, "x = [" + "1," * 390_000 + "]")),
    refused("10^6 headers", "", lambda f: _more(f, "".join(f"[x{n}]\n" for n in range(10**6)))),
    refused("10^6 keys", "", lambda f: _more(f, "".join(f"x{n}=1\n" for n in range(10**6)))),
    refused("10^5 talks", "", lambda f: _more(f, "[[episode]]\n" * 10**5)),
    refused("a number of 10^6 digits", "number", lambda f: _more(f, "x = " + "9" * 10**6)),
    refused("a number too large for a date", "", lambda f: _more(f, "season = 99999999999999999999\nend = 1e308\nstart = nan")),
    refused("100 MB", "MB", lambda f: _more(f, "#" * 10**8)),
    refused("7 MB of one text", "characters", lambda f: _more(f, 'summary = "' + "a" * (7 * 10**6) + '"')),
    refused("bytes that are no text", "UTF-8", lambda f: f.root.joinpath("episodes.toml").write_bytes(media.noise(10**6))),
    refused("UTF-16", "UTF-8", lambda f: f.root.joinpath("episodes.toml").write_bytes((SERIES + TALK).encode("utf-16"))),
    refused("an include that names 10^5 things", "", lambda f: f.edit("[series]", 'include = ["' + "*/" * 10**4 + '*.toml"]\n[series]')),
    refused("nested receipts", "released.json", lambda f: f.put("released.json", "[" * 10**6)),
    refused("a receipt of another kind", "released.json", lambda f: f.put("released.json", '{"schema": 1, "receipts": {"audio": {"inputs": {}, "facts": {"enclosures": [{"path": "../../../etc/passwd", "length": 3}]}}}}')),
)  # fmt: skip


def _notes(folder: Folder, text: str) -> None:
    folder.put("notes.md", text)


NOTES = (
    *(
        either(f"notes of {shown}", lambda f, text=text: _notes(f, text))  # type: ignore[misc]
        for shown, text in {
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
    refused("notes in UTF-16", "UTF-16", lambda f: f.put("notes.md", "a".encode("utf-16"))),
    refused("notes in Latin-1", "UTF-8", lambda f: f.put("notes.md", "Zoë".encode("latin-1"))),
    harmless("Jinja in every text", lambda f: (_notes(f, "{{ 7*7 }} {% include '/etc/passwd' %}"), f.edit('title = "A talk"', "title = '{{ 987*654321 }}{% raw %}'\nsummary = '{{ config }} {{ cycler.__init__.__globals__ }} {# x'\ntopics = ['{{ 987*654321 }}']"))),
    harmless("XML in every text", lambda f: f.edit('title = "A talk"', "title = '</title><script>alert(1)</script> ]]> &amp; \"'\nsummary = '<![CDATA[x]]> <!ENTITY>'\ntopics = ['</script>']")),
)  # fmt: skip


def _cues(folder: Folder, text: str | bytes, name: str = "transcript.en.vtt") -> None:
    folder.put(name, text)


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
    ("name", NAMES),
    ("place", PLACES),
    ("picture", PICTURES),
    ("catalogue", CATALOGUES),
    ("notes", NOTES),
    ("template", TEMPLATES),
    ("transcript", TRANSCRIPTS),
)
