"""A series with all that imports lose: scripts, seasons, people, transcripts, soundbites, archive pages."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import wave
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import podcastparser
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from publisher.cli import main

NOW = "2021-03-01T12:00:00+00:00"
podcastparser.Namespace.NAMESPACES["https://podcastindex.org/namespace/1.0"] = "podcast"

NASTY = """\
[series]
title = "«سری» & ]]> Talks"
description = "Talks & <b>more</b>\\n\\n- one ]]>\\n- two"
language = "fa"
link = "{link}"
author = 'A & "B"'
owner = {{ name = "A & B", email = "press@example.org" }}
categories = ["News > Politics", "Society & Culture"]
explicit = true
type = "serial"
license = "cc-by-4.0"
copyright = "© & ]]>"
seasons = {{ 1 = "The first & best" }}
funding = [{{ text = "Give & take", url = "https://example.org/give?a=1&b=2" }}]
location = {{ name = "Lahore", country = "PK" }}

[audio]
formats = ["mp3", "m4a"]

[feed]
limit = 2

[people.host]
name = "Taha Host & Co"
link = "https://host.example.org/?a=1&b=2"

[people.guest]
name = "گلالئی Guest"
title = "activist"

[people.third]
name = "]]> <b>Bold</b>"

[[episode]]
slug = "nasty-fa"
title = "آیا «حقوق بشر» & آزادی؟ ]]> 🎙️"
date = 2021-01-08T18:00:00+03:30
recording = "../recording.wav"
season = 1
number = 1
display_number = "1a"
kind = "trailer"
summary = "«سلام» & <i>not markup</i> ]]>"
guests = [{{ person = "guest", title = "a < b ]]>" }}, "third"]
moderator = "host"
topics = ["A & B", "خبر"]
chapters = [{{ at = "0:00", title = "آغاز & ]]>" }}, {{ at = "0:01.5", title = "<b>سوال</b>", link = "https://example.org/?q=1&r=2" }}]
soundbites = [{{ start = "0:00.5", end = "0:02", title = "Why & how" }}]
links = [{{ title = "<i>& ]]>", url = "https://example.org/?q=&x=1" }}]

[[episode]]
slug = "nasty-en"
title = 'Tom & Jerry''s "]]>" <script>alert(1)</script> &amp; &nbsp; #hash?'
date = 2021-01-09T18:00:00-05:00
recording = "../recording.wav"
language = "en"
explicit = false
moderator = ["host", "third"]
sources = ["guest"]

[[episode]]
slug = "nasty-ps"
title = "د پښتنو غږ"
date = 2021-01-10T00:00:00Z
recording = "../recording.wav"
language = "ps"
season = 2
number = 7
guests = ["guest"]
license = "cc-by-sa-4.0"
location = {{ name = "پېښور" }}

[[episode]]
slug = "bonus"
title = "A talk without anything else"
date = 2021-01-11T12:30:15+00:00
recording = "../recording.wav"
kind = "bonus"
language = "en"
"""
NASTY = NASTY.replace("Jerry''s", "Jerrys")
VTT = "WEBVTT\n\n00:00.000 --> 00:01.200\n<v گلالئی Guest>سلام & ]]> &lt;b&gt;\n\n00:01.200 --> 00:02.500\n<v Taha Host & Co>And \U0001f399?\n"
NOTES = (
    "# Heading ]]>\n\nNotes & «more» [0:01] and a [link](https://example.org/?a=1&b=2).\n\n- one\n  - two\n"
)


def write_nasty(root: Path, link: str) -> None:
    write_tone(root / "episodes" / "recording.wav", 3.0)
    for slug, languages in {"nasty-fa": ("fa", "en"), "nasty-ps": ("ps",), "nasty-en": ()}.items():
        (root / "episodes" / slug).mkdir(parents=True)
        (root / "episodes" / slug / "notes.md").write_text(NOTES, encoding="utf-8")
        for language in languages:
            path = root / "episodes" / slug / f"transcript.{language}.vtt"
            path.write_text(VTT, encoding="utf-8")
    text = NASTY.format(link=link).replace("../recording.wav", "episodes/recording.wav")
    (root / "episodes.toml").write_text(text, encoding="utf-8")


def write_tone(path: Path, seconds: float, frequency: float = 440.0) -> None:
    """A WAV of 48 kHz, mono, 16 bit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        samples = (
            int(6000 * math.sin(math.tau * frequency * n / 48000) * (0.6 + 0.4 * math.sin(n / 2500)))
            for n in range(int(seconds * 48000))
        )
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


def encoded(folder: Path, name: str, *options: str, seconds: float = 1.5) -> bytes:
    """A small media file in the format of the name's suffix."""
    source = folder / "tone.wav"
    if not source.is_file():
        write_tone(source, seconds)
    path = folder / name
    command = [get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(source), *options, str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


def run(root: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """(exit status, standard output) of a command."""
    printed = StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(printed):
        values = {"PUBLISHER_NOW": NOW, "NO_COLOR": "1", "PUBLISHER_IMPORT_LOCAL": "1", **environment}
        for name, value in values.items():
            patched.setenv(name, value)
        with pytest.raises(SystemExit) as stopped:
            main([*arguments, "-C", str(root)])
    return int(stopped.value.code or 0), printed.getvalue()


def document(root: Path, *arguments: str) -> Any:
    return json.loads(run(root, *arguments, "--json")[1])


def public_files(root: Path) -> dict[str, bytes]:
    public = root / "public"
    return {
        path.relative_to(public).as_posix(): path.read_bytes()
        for path in public.rglob("*")
        if path.is_file()
        and path.suffix in (".xml", ".mp3", ".m4a", ".vtt", ".srt", ".json", ".jpg", ".html")
    }


def parsed(xml: bytes) -> dict[str, Any]:
    """A feed as podcastparser reads it."""
    return podcastparser.parse("https://parsed.example.org/feed.xml", BytesIO(xml))  # type: ignore[no-any-return]


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target
