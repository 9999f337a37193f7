"""The talk as JSON for the screens."""

from __future__ import annotations

from tests.studio.conftest import Client


def test_a_talk_has_its_values_as_written(client: Client) -> None:
    talk = client.get("/api/talks/first").json
    assert talk["values"]["title"] == "First talk"  # type: ignore[index]
    assert talk["values"]["date"] == "2021-02-12T18:00:00+01:00"  # type: ignore[index]


def test_an_unknown_talk_is_named(client: Client) -> None:
    answer = client.get("/api/talks/third")
    assert answer.status == 400
    assert "third" in str(answer.json["error"])
