"""Converting edits of YouTube's texts into catalogue keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher.model import Chapter, Episode, Recording, Translation, YouTubeSettings
from publisher.outputs.youtube import pull as pulling
from publisher.outputs.youtube import resource, texts
from publisher.render.templates import Templates
from tests.conftest import NOW, make_episode, make_series

TEMPLATES = Templates(Path("series/templates"))


def talk(**fields: Any) -> Episode:
    return make_episode(
        summary="One line.",
        start=5.0,
        chapters=(Chapter(5, "A"), Chapter(25.5, "B", "https://a.example"), Chapter(45, "C")),
        recording=Recording(Path("r"), "d", 100.0, (), has_video=True),
        youtube=YouTubeSettings(upload=True),
        **fields,
    )


def pull(episode: Episode, **theirs: Any) -> dict[str, object]:
    series = make_series(Path("series"), episode)
    edits = pulling.edits(series, episode, TEMPLATES, theirs)
    return {key: value for edit in edits for key, value in edit.keys.items()}


def described(episode: Episode) -> str:
    return texts.compose(make_series(Path("series"), episode), episode, TEMPLATES).original.description


def test_an_edit_within_the_summary_changes_the_summary() -> None:
    text = described(talk()).replace("One line.", "Other words.\n\nAnd more.")
    assert pull(talk(), description=text) == {"summary": "Other words.\n\nAnd more."}


def test_edited_chapters_are_converted_to_times_of_the_recording() -> None:
    text = described(talk()).replace("0:20 B", "0:20 Bee").replace("0:40 C", "0:41 C")
    assert pull(talk(), description=text) == {
        "chapters": [
            {"at": "0:05", "title": "A"},
            {"at": "0:25.5", "title": "Bee", "link": "https://a.example"},
            {"at": "0:46", "title": "C"},
        ]
    }


@pytest.mark.parametrize("line", ["One line more.\n\nOne line.", "0:03 C"])
def test_any_other_edit_becomes_the_description_unchanged(line: str) -> None:
    text = described(talk()).replace("Podcast:", f"{line}\nPodcast:")
    assert pull(talk(), description=text) == {"youtube.description": text}


def test_plain_fields_change_keys_of_the_video() -> None:
    assert pull(talk(), title="T", tags=("a", "b"), privacy="unlisted", language="fr") == {
        "youtube.title": "T",
        "youtube.tags": ["a", "b"],
        "youtube.privacy": "unlisted",
        "youtube.publish_at": None,
        "language": "fr",
    }
    later = NOW.replace(year=2030)
    assert pull(talk(), privacy=resource.scheduled(later)) == {
        "youtube.publish_at": later,
        "youtube.privacy": None,
    }


def test_title_and_summary_of_a_translation_are_found() -> None:
    episode = talk(translations={"fr": Translation("Titre", "Une ligne.")})
    series = make_series(Path("series"), episode)
    words = texts.compose(series, episode, TEMPLATES).translations["fr"]
    text = words.description.replace("Une ligne.", "Deux.")
    assert pull(episode, **{"translations.fr": ("Autre", text)}) == {
        "translations.fr": {"title": "Autre", "summary": "Deux."}
    }


def test_a_setting_of_the_channel_is_not_changed_but_advice_is_given() -> None:
    series = make_series(Path("series"), talk())
    (edit,) = pulling.edits(series, talk(), TEMPLATES, {"category": "27"})
    assert (edit.keys, "[youtube]" in edit.note) == ({}, True)
