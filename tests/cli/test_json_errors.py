"""With --json, standard output is one JSON document, also after an error."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Folder


@pytest.mark.parametrize("command", ["plan", "release", "status"])
def test_catalogue_errors_are_in_the_document(command: str, folder: Folder) -> None:
    folder.edit('guests = ["first-guest"]', 'guests = ["first-gest"]')
    result = folder.run(command, "--json")
    assert result.status == 2
    assert "first-gest" in result.document["error"]
    (problem,) = result.document["problems"]
    place = (problem["file"], problem["line"], problem["key"])
    assert place == ("episodes.toml", 21, 'episode "first-talk": guests')


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plan", "first-tlak"), 'did you mean "first-talk"?'),
        (("plan", "--only", "audoi"), 'no output "audoi"; did you mean "audio"?'),
        (("plan", "--only", "xyz"), 'no output "xyz"; there are audio, video, youtube, feed, pages, deliver'),
        (("plan", "--only", ""), 'no output ""'),
        (("release", "--only", "audio,delivery"), 'no output "delivery"; did you mean "deliver"?'),
        (
            ("withdraw", "first-talk", "--reason", "x", "--from", "fed"),
            'no place "fed"; did you mean "feed"?',
        ),
        (("release", "--jobs", "0"), "--jobs"),
        (("release", "--nonsense"), "--nonsense"),
        (("new", "second-talk"), "--title"),
        (("new", "first-talk", "--title", "x", "--draft"), "first-talk"),
        (("init",), "exists already"),
        (("rename", "nothing", "other"), "nothing"),
        (("nonsense",), "nonsense"),
        (("stauts",), 'did you mean "status"?'),
        (("publish",), 'did you mean "release"?'),
        (("serve",), 'did you mean "preview"?'),
        (("help", "yuotube"), 'did you mean "youtube"?'),
        (("help", "xyz"), "there are catalogue, commands"),
    ],
)
def test_command_line_errors_are_in_the_document(
    arguments: tuple[str, ...], words: str, folder: Folder
) -> None:
    result = folder.run(*arguments, "--json")
    assert result.status == 2
    assert words in result.document["error"]
    assert result.document["problems"] == []
    assert result.err == ""
