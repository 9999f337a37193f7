"""The text of a new catalogue: a few keys are set, others are comments to activate."""

from __future__ import annotations

from publisher.catalogue import schema
from publisher.catalogue.raw import validate_table
from publisher.catalogue.toml_format import toml
from publisher.errors import UsageError

SCHEMA_FILE = "episodes.schema.json"
"""The JSON Schema of the catalogue, beside it; editors such as those with taplo or tombi read it."""

_TEXT = """\
#:schema ./episodes.schema.json
# This file says everything about your series; every text that is published comes from here.
# A line that begins with # is a comment: remove the # to activate the line.
# `publisher check` finds every mistake; `publisher help catalogue` explains every key.

[series]
title = {title}
description = {description}
language = {language}  # the language of the talks: en, fr, ur, ps, fa, ar …
link = {link}  # the address where public/ will be served
author = {author}
timezone = {timezone}  # for dates without an offset; such as Europe/Paris
# owner = {{ name = "…", email = "…" }}  # the e-mail is public; directories write to it
# categories = ["News > Politics", "Society & Culture"]  # Apple's names
# cover = "episodes/cover.png"  # square, 1400 to 3000 pixels; without it, one is drawn
# license = "cc-by-4.0"
# hashtags = ["SouthAsia"]
# subscribe = {{ apple = "https://…", spotify = "https://…" }}

# [audio]
# formats = ["mp3", "opus"]  # the first is what podcast apps play
# intro = "episodes/intro.wav"

# [feed]
# video = true  # offer the videos to podcast apps too, not only the audio

# Everybody who speaks, once. The name is what the public reads; it may be a pseudonym.
#
# [people.first-guest]
# name = "First Guest"
# title = "their current title"

# One block for each talk. `publisher new` adds one; so can you:
#
# [[episode]]
# slug = "a-first-talk"  # its folder in episodes/ and its address; it should never change
# title = "A first talk"
# date = 2026-01-31T18:00:00+01:00  # if in the future: published then, not before
# recording = "recording.mp4"  # in episodes/a-first-talk/
# summary = "A sentence or two about the talk."
# guests = ["first-guest"]
# topics = ["Human rights"]
# chapters = [
#   {{ at = "0:00", title = "Welcome" }},
#   {{ at = "12:40", title = "Questions" }},
# ]
"""


DEFAULTS = {
    "title": "My talk series",
    "author": "My press",
    "description": "What this series is about, in a few sentences.",
    "link": "https://talks.example.org/",
    "language": "en",
    "timezone": "UTC",
}
"""The values of the keys that are not given."""


def starter(title: str = DEFAULTS["title"], **given: str) -> str:
    """A catalogue without talks that passes every check; `given` replaces values of `DEFAULTS`.

    Raises UsageError for a wrong value.
    """
    values = {**DEFAULTS, "title": title, **given}
    _, found, _ = validate_table(values, schema.SeriesTable, "series")
    if found:
        raise UsageError("; ".join(f"{finding.path[0]}: {finding.text}" for finding in found))
    return _TEXT.format(**{key: toml(value) for key, value in values.items()})
