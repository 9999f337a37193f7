"""The facts of a video, as a receipt stores them; hostile ones are in `test_hostile_receipts`."""

from __future__ import annotations

import json
from dataclasses import replace

from publisher.model.youtube_facts import FIELD_NAMES, CaptionFacts, YouTubeFacts
from publisher.outputs.youtube.resource import FIELDS


def test_a_receipt_that_is_read_and_written_again_keeps_its_bytes() -> None:
    written = (
        '{"visible": "2026-11-24T12:00:00Z", "id": "vid00000001", "duration": 60, "checked": false, '
        '"agreed": {"title": ["ab", "cd"]}, "captions": {"en": {"words": "ab", "id": "c"}}, "playlist": {}}'
    )
    assert json.dumps(YouTubeFacts.parse(json.loads(written)).to_json()) == written


def test_a_new_fact_comes_last_and_a_removed_fact_leaves_no_key() -> None:
    facts = YouTubeFacts.parse({"visible": "2026-11-24T12:00:00Z", "id": "vid00000001"})
    changed = replace(facts, checked=True, visible=None).with_caption("en", CaptionFacts(left=True))
    assert list(changed.to_json()) == ["id", "checked", "captions"]
    again = replace(changed, id="vid00000002", visible="2026-11-24T12:00:00Z").without_caption("en")
    assert list(again.to_json().items()) == [
        ("id", "vid00000002"),
        ("checked", True),
        ("captions", {}),
        ("visible", "2026-11-24T12:00:00Z"),
    ]


def test_facts_are_equal_in_any_order_of_keys() -> None:
    assert YouTubeFacts.parse({"id": "vid00000001", "checked": True}) == YouTubeFacts(
        checked=True, id="vid00000001"
    )


def test_every_field_of_a_video_can_be_agreed_on() -> None:
    assert tuple(FIELDS) == FIELD_NAMES


def test_unchanged_facts_of_a_receipt_are_stored_as_they_were_read() -> None:
    source = {"later": [1], "thumbnail": "not a digest", "id": "vid00000001"}
    facts = replace(YouTubeFacts.parse(source), source=source)
    assert json.dumps(facts.to_json()) == json.dumps(source)
    assert replace(facts, checked=True).to_json() == {"id": "vid00000001", "checked": True}
