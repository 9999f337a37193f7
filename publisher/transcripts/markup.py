"""Removes the markup of captions: tags, voice spans, escapes and invisible characters."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

VOICE = re.compile(r"<(/?)v(?:\.[^\s<>]*)*(?:[ \t]+([^<>\n]*))?>", re.IGNORECASE)
TAG = re.compile(r"</?[A-Za-z!?][^<>]*>|<[\d:.]+>")
OVERRIDE = re.compile(r"\{\\[^{}]*\}")
# Invisible characters that reorder or hide the text around them. Persian and Urdu need joiners and
# marks: those are kept.
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufeff\ufff0-\uffff\ud800-\udfff]")
LESS = re.compile(r"<(?=[^\s\d=])")


def voice_pieces(raw: str) -> Iterator[tuple[str | None, int, int]]:
    """The parts of a cue by voice, in order: (speaker, start and end of the text with markup in `raw`).

    The speaker is None before the first voice span, and empty in one without a name and after its end.
    """
    speaker: str | None = None
    end = 0
    for tag in VOICE.finditer(raw):
        yield speaker, end, tag.start()
        speaker = "" if tag[1] else name_of(tag[2])
        end = tag.end()
    yield speaker, end, len(raw)


def clean(raw: str) -> str:
    """Plain text without empty lines, in which no reader finds markup."""
    text = OVERRIDE.sub("", TAG.sub("", raw))
    text = TAG.sub("", HIDDEN.sub("", html.unescape(text)))
    text = LESS.sub("", text).replace("-->", "→")
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def name_of(raw: str | None) -> str:
    """A speaker's name as it is read: without markup and colons, at most 80 characters."""
    return " ".join(clean(raw or "").replace(":", " ").split())[:80]
