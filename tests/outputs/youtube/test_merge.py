"""The three-way merge of fields, and the fields that an update leaves unchanged."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from publisher.fingerprint import fingerprint
from publisher.outputs.youtube import merge, resource

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

TABLE = [
    ("a", "a", "a", "same"),
    ("b", "a", "a", "push"),
    ("a", "b", "a", "drift"),
    ("b", "c", "a", "conflict"),
    ("b", "b", "a", "agreed"),
    ("a", "a", None, "agreed"),
    ("a", "b", None, "conflict"),
    ("a", "", None, "push"),
]


@pytest.mark.parametrize(("ours", "theirs", "base", "kind"), TABLE)
def test_each_combination_has_its_result(ours: str, theirs: str, base: str | None, kind: str) -> None:
    agreed = {} if base is None else {"title": (fingerprint(base), fingerprint(base))}
    (result,) = merge.compare({"title": ours}, {"title": theirs}, agreed)
    assert result.kind == kind


def test_a_text_that_youtube_stores_differently_is_no_edit() -> None:
    agreed = {"title": (fingerprint("as sent"), fingerprint("as stored"))}
    (result,) = merge.compare({"title": "as sent"}, {"title": "as stored"}, agreed)
    assert result.kind == "same"


@pytest.mark.parametrize(("take", "kind"), [("catalogue", "push"), ("youtube", "agreed"), (None, "conflict")])
def test_a_side_is_taken_only_on_request(take: Any, kind: str) -> None:
    results = merge.compare({"title": "a"}, {"title": "b"}, {})
    assert [one.kind for one in merge.resolve_conflicts(results, take)] == [kind]


def test_taking_a_side_changes_only_conflicts() -> None:
    agreed = {"title": (fingerprint("a"), fingerprint("a"))}
    results = merge.compare({"title": "a"}, {"title": "edited"}, agreed)
    assert [one.kind for one in merge.resolve_conflicts(results, "catalogue")] == ["drift"]
    assert [one.kind for one in merge.resolve_conflicts(results, "catalogue", include_drift=True)] == ["push"]


HELD: dict[str, Any] = {
    "id": "v",
    "snippet": {
        "title": "Old",
        "description": "Text",
        "tags": ["b", "talk-0123456789ab", "a"],
        "categoryId": "22",
        "channelId": "UC",
        "publishedAt": "2020-01-01T00:00:00Z",
        "defaultLanguage": "en",
        "defaultAudioLanguage": "ur",
        "somethingNew": {"kept": True},
    },
    "status": {"privacyStatus": "unlisted", "license": "creativeCommon", "embeddable": False},
    "localizations": {
        "en": {"title": "Old", "description": "Text"},
        "de": {"title": "Alt", "description": "Worte"},
    },
}


def test_an_update_names_only_its_part_and_keeps_unmanaged_fields() -> None:
    parts, body = resource.changed(HELD, {"title": "New"})
    assert parts == ("snippet",)
    expected = deepcopy(HELD["snippet"])
    for name in ("channelId", "publishedAt"):
        del expected[name]
    assert body == {"id": "v", "snippet": {**expected, "title": "New"}}


def test_adding_a_translation_keeps_the_others() -> None:
    parts, body = resource.changed(HELD, {"title": "New", "translations.fr": ("Nouveau", "Texte")})
    assert parts == ("localizations", "snippet")
    assert body["localizations"] == {
        "en": {"title": "New", "description": "Text"},
        "de": {"title": "Alt", "description": "Worte"},
        "fr": {"title": "Nouveau", "description": "Texte"},
    }


def test_tags_are_compared_without_order_and_the_upload_tag_is_kept() -> None:
    assert resource.remote_values(HELD, ["tags"], NOW) == {"tags": ("a", "b")}
    _, body = resource.changed(HELD, {"tags": ("c",)})
    assert body["snippet"]["tags"] == ["c", "talk-0123456789ab"]


def test_a_scheduled_video_is_private_until_its_publication_time() -> None:
    later = datetime(2026, 12, 1, 18, tzinfo=UTC)
    _, body = resource.changed(HELD, {"privacy": resource.scheduled(later)})
    assert body["status"]["privacyStatus"] == "private"
    assert body["status"]["publishAt"] == "2026-12-01T18:00:00Z"
    held = {**HELD, "status": body["status"]}
    assert resource.remote_values(held, ["privacy"], NOW) == {"privacy": "public at 2026-12-01T18:00:00Z"}
    assert resource.remote_values(held, ["privacy"], later) == {"privacy": "public"}


@settings(max_examples=25, deadline=None)
@given(some.dictionaries(some.text(min_size=1, max_size=8), some.integers() | some.text(max_size=8)))
def test_unknown_fields_are_sent_back_unchanged(unknown: dict[str, Any]) -> None:
    unknown = {f"x{name}": value for name, value in unknown.items()}
    held = {**HELD, "status": {**HELD["status"], **unknown}}
    _, body = resource.changed(held, {"privacy": "public"})
    assert {name: body["status"][name] for name in unknown} == unknown


@pytest.mark.parametrize(
    ("written", "seconds"), [("PT1M", 60.0), ("PT1H2M3S", 3723.0), ("P1DT1S", 86401.0), (None, None)]
)
def test_a_duration_is_parsed_as_iso_8601(written: str | None, seconds: float | None) -> None:
    assert resource.duration_of({"contentDetails": {"duration": written}}) == seconds
