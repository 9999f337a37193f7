"""Whether a title begins with the talk's number, in catalogue and feed."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher import catalogue
from publisher.outputs.feed.validate import advise
from tests.outputs.feed.samples import publication, release, render

SERIES = """\
[series]
title = "Example Talks"
description = "Talks."
language = "en"
link = "https://talks.example.org/"
author = "Example Press"
[[episode]]
slug = "a-talk"
title = "{title}"
date = 2021-01-08
status = "draft"
"""
TITLES = {
    True: (
        "Ep. 12: A talk", "ep 7", "Episode 3", "EPISODE #3: x", "Épisode 4", "Folge 5 – x", "No. 7: x", "no 7", "#8",
        "# 8 x", "Nr. 4 x", "№ 5", "Nº 6", "Ep.12", "قسط ۱۲", "قسمت ۳: x", "الحلقة ٣", "Episode: 4", "\u200fقسط 12",
    ),
    False: (
        "A talk", "Episodes of 1979", "Epoch 3", "Nobody's 3", "#10years", "#pashtuns", "No man", "12 Angry Men", "1984",
        "A talk, Ep. 12", "Episode One", "Folgen 3", "Note 3", "قسطنطنیہ 5",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("title", "expected"), [(title, expected) for expected, titles in TITLES.items() for title in titles]
)
def test_catalogue_and_feed_agree_on_numbered_titles(title: str, expected: bool, tmp_path: Path) -> None:
    (tmp_path / "episodes.toml").write_text(SERIES.format(title=title), encoding="utf-8")
    problems = catalogue.read(tmp_path, lambda path: "").problems
    warned = any("begins with the number" in problem.text for problem in problems)
    advised = any(
        "Apple asks" in text for text in advise(render(publication([release(title=title)]))["feed.xml"])
    )
    assert (warned, advised) == (expected, expected), problems
