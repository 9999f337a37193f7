"""Answers to review files: what is proposed, what accepting does, and what is refused."""

from __future__ import annotations

import json
import sys
import tomllib
from datetime import date
from io import BytesIO, TextIOWrapper
from typing import Any

import pytest

from publisher.review import answers, records
from tests.cli.conftest import write_tone
from tests.review.conftest import TRANSCRIPT, Reviewed, seal_answer

CUT = {"kind": "cut", "start": 0.5, "end": 2.5, "note": "my \x1b[31mcousin\u202e"}
WORDS = {
    "script": 0,
    "at": 1.0,
    "was": "We speak about exampels\n& more of them.",
    "text": "We speak about examples & more of them.",
}


def test_accepted_proposals_arrive_in_the_catalogue_in_recording_time(reviewed: Reviewed) -> None:
    path = reviewed.answer(passages=[CUT, {"kind": "mute", "start": 2.2, "end": 2.4}], consent={"feed": True})
    before = reviewed.catalogue
    result = reviewed.run("review", "read", str(path), "--accept", "all")
    assert result.status == 0
    added = set(reviewed.catalogue.splitlines()) - set(before.splitlines())
    # The file's audio has the second from 2 to 3 cut out: 2.5 s of it are 3.5 s of the recording.
    assert added == {
        "cut = [",
        '  ["0:02", "0:03"],',
        '  ["0:00.5", "0:03.5"],',
        "]   # asked for by the team",
        'mute = [["0:03.2", "0:03.4"]]',
        "consent = { first-guest = { feed = 2021-03-01 } }",
    }
    assert reviewed.run("check").status == 0


def test_nothing_is_changed_before_it_is_accepted(reviewed: Reviewed) -> None:
    path, before = reviewed.answer(passages=[CUT], consent={"feed": True, "pages": False}), reviewed.catalogue
    shown = reviewed.run("review", "read", str(path))
    assert "Nothing is accepted yet" in shown.out and reviewed.catalogue == before
    reviewed.run("review", "read", str(path), "--accept", "2")
    assert 'cut = [["0:02", "0:03"]]' in reviewed.catalogue and "feed = 2021-03-01" in reviewed.catalogue


def test_what_was_accepted_already_is_not_added_again(reviewed: Reviewed) -> None:
    path = reviewed.answer(passages=[CUT], corrections=[WORDS], consent={"feed": True})
    reviewed.run("review", "read", str(path), "--accept", "all")
    before = reviewed.catalogue
    again = reviewed.run("review", "read", str(path), "--accept", "all", "--json")
    assert reviewed.catalogue == before and all(one["done"] for one in again.document["proposals"])


def test_times_are_right_after_other_cuts(reviewed: Reviewed) -> None:
    path = reviewed.answer(passages=[{"kind": "mute", "start": 2.5, "end": 2.6}])
    reviewed.edit('cut = [["0:02", "0:03"]]', 'cut = [["0:00", "0:01"]]')
    assert reviewed.run("review", "read", str(path), "--accept", "1").status == 0
    assert 'mute = [["0:03.5", "0:03.6"]]' in reviewed.catalogue


def test_a_correction_keeps_times_voices_and_lines(reviewed: Reviewed) -> None:
    path = reviewed.answer(corrections=[WORDS])
    assert reviewed.run("review", "read", str(path), "--accept", "all").status == 0
    file = reviewed.root / "episodes/first-talk/transcript.en.vtt"
    assert file.read_text(encoding="utf-8") == TRANSCRIPT.replace("exampels", "examples")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"was": "Other words."}, "the words were changed"),
        ({"text": "Zarifa Unlisted speaks."}, "contain a private name"),
    ],
)
def test_a_correction_that_fails_stops_no_other_proposal(
    change: dict[str, str], words: str, reviewed: Reviewed
) -> None:
    path = reviewed.answer(corrections=[WORDS | change], passages=[CUT], consent={"feed": True})
    result = reviewed.run("review", "read", str(path), "--accept", "all")
    assert result.status == 1 and words in result.out
    assert '"0:03.5"' in reviewed.catalogue and "feed = 2021-03-01" in reviewed.catalogue
    file = reviewed.root / "episodes/first-talk/transcript.en.vtt"
    assert file.read_text(encoding="utf-8") == TRANSCRIPT


def test_a_cut_of_everything_is_refused(reviewed: Reviewed) -> None:
    path = reviewed.answer(passages=[{"kind": "cut", "start": 0.0, "end": 3.0}])
    result = reviewed.run("review", "read", str(path), "--accept", "all")
    assert result.status == 1 and "nothing of the talk would be left" in result.out


def test_a_refusal_removes_the_consent_and_names_what_holds_the_talk(reviewed: Reviewed) -> None:
    reviewed.edit("topics", "consent = { first-guest = { feed = 2021-01-01, youtube = 2021-01-01 } }\ntopics")
    path = reviewed.answer(consent={"youtube": False})
    result = reviewed.run("review", "read", str(path), "--accept", "all")
    assert result.status == 1
    assert "publisher withdraw first-talk --from youtube --reason 'refused by a guest'" in result.out
    assert "consent = { first-guest = { feed = 2021-01-01" in reviewed.catalogue
    assert "youtube" not in reviewed.catalogue


def test_a_refusal_holds_the_talk_where_consent_is_required(reviewed: Reviewed) -> None:
    reviewed.edit('timezone = "Europe/Paris"', "require_consent = true")
    reviewed.edit("topics", "consent = { first-guest = { feed = 2021-01-01 } }\ntopics")
    path = reviewed.answer(consent={"feed": False})
    result = reviewed.run("review", "read", str(path), "--accept", "all")
    assert result.status == 0 and "held back from the feed" in result.out
    status = reviewed.run("status", "--json").document["episodes"][0]
    assert status["places"]["feed"] == "held"


def test_texts_of_the_guest_reach_the_terminal_without_controls(reviewed: Reviewed) -> None:
    path = reviewed.answer(passages=[CUT], remark="a\u202eb\x1b[2J\u2066c\nnext")
    shown = reviewed.run("review", "read", str(path)).out
    assert "\x1b" not in shown and "\u202e" not in shown and "my [31mcousin" in shown
    assert "Comment: ab[2Jc\n   next" in shown


def test_a_text_with_line_breaks_and_words_around_it_is_read(reviewed: Reviewed, monkeypatch: Any) -> None:
    text = reviewed.answer(consent={"feed": True}).read_text(encoding="utf-8").strip()
    wrapped = "Salam!\n" + "\n> ".join(text[at : at + 60] for at in range(0, len(text), 60)) + "\nGoodbye"
    message = wrapped.replace("\n> ", "\r\n \u200f").encode()
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(message)))
    assert "agrees to the feed" in reviewed.run("review", "read", "-").out


def altered(text: str) -> str:
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]


def resealed(reviewed: Reviewed, key: bytes | None = None, content: bytes | None = None) -> str:
    made = content if content is not None else json.dumps({"version": 1, "made": 1}).encode()
    record = reviewed.record
    return answers.to_text(record.id, seal_answer(made, key or record.key_bytes, record.id))


def form(**fields: Any) -> bytes:
    return json.dumps({"version": 1, "made": 1, **fields}).encode()


REFUSED: dict[str, tuple[Any, str]] = {
    "empty": (lambda reviewed, text: "", "no answer to a review"),
    "incomplete": (lambda reviewed, text: text[:-9], "not complete"),
    "altered": (lambda reviewed, text: altered(text), "damaged on its way"),
    "two": (lambda reviewed, text: text + resealed(reviewed), "several answers"),
    "oversized": (lambda reviewed, text: text + " " * answers.MAX_BYTES, "larger than"),
    "another key": (lambda reviewed, text: resealed(reviewed, b"k" * 32), "was not made by the review file"),
    "foreign": (lambda reviewed, text: answers.to_text("0" * 16, b"x" * 40), "not to a review made here"),
    "no JSON": (lambda reviewed, text: resealed(reviewed, content=b"{"), "another form"),
    "unknown key": (lambda reviewed, text: resealed(reviewed, content=form(run="rm")), "another form"),
    "unknown place": (lambda r, t: resealed(r, content=form(consent={"radio": True})), "another form"),
    "wrong type": (lambda r, t: resealed(r, content=form(consent={"feed": "yes"})), "another form"),
    "not finite": (lambda r, t: resealed(r, content=form(comments=[{"at": 1e999, "text": "x"}])), "another form"),
    "negative": (lambda r, t: resealed(r, content=form(comments=[{"at": -1, "text": "x"}])), "another form"),
    "reversed": (lambda r, t: resealed(r, content=form(passages=[{"kind": "cut", "start": 2, "end": 1}])), "another form"),
    "too many": (lambda r, t: resealed(r, content=form(comments=[{"at": 1, "text": "x"}] * 301)), "another form"),
    "too long": (lambda r, t: resealed(r, content=form(remark="x" * 2001)), "another form"),
    "no transcript": (
        lambda r, t: resealed(r, content=form(corrections=[{"script": 7, "at": 1, "was": "a", "text": "b"}])),
        "that the review file did not contain",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_answer_is_refused_with_the_reason(name: str, reviewed: Reviewed) -> None:
    path, before = reviewed.answer(consent={"feed": True}), reviewed.catalogue
    make, words = REFUSED[name]
    path.write_text(make(reviewed, path.read_text(encoding="utf-8").strip()), encoding="utf-8")
    result = reviewed.run("review", "read", str(path), "--accept", "all")
    assert (result.status, reviewed.catalogue) == (2, before)
    assert words in result.err


def test_an_expired_or_revoked_review_takes_no_answers(reviewed: Reviewed, monkeypatch: Any) -> None:
    path = reviewed.answer(consent={"feed": True})
    monkeypatch.setenv("PUBLISHER_NOW", "2021-03-21T12:00:00+00:00")
    assert "expired on 2021-03-20" in reviewed.run("review", "read", str(path)).err
    monkeypatch.setenv("PUBLISHER_NOW", "2021-03-20T12:00:00+00:00")
    assert reviewed.run("review", "read", str(path)).status == 0
    assert reviewed.run("review", "revoke", reviewed.record.id[:6]).status == 0
    assert "was revoked" in reviewed.run("review", "read", str(path)).err


def test_an_older_answer_takes_nothing_back(reviewed: Reviewed) -> None:
    reviewed.run("review", "read", str(reviewed.answer(consent={"feed": False}, made=200)))
    result = reviewed.run("review", "read", str(reviewed.answer(consent={"feed": True}, made=100)))
    assert result.status == 2 and "has sent a newer answer" in result.err


def test_an_answer_about_another_recording_is_refused(reviewed: Reviewed) -> None:
    path, before = reviewed.answer(passages=[CUT], consent={"feed": True}), reviewed.catalogue
    write_tone(reviewed.root / "episodes/first-talk/recording.wav", seconds=4.5)
    result = reviewed.run("review", "read", str(path), "--accept", "all")
    assert (result.status, reviewed.catalogue) == (2, before) and "was replaced" in result.err


def test_an_error_in_another_talk_stops_no_answer(reviewed: Reviewed) -> None:
    path = reviewed.answer(consent={"feed": True})
    other = '\n[[episode]]\nslug = "broken"\ntitle = "T"\ndate = 2021-01-01\nguests = ["nobody-known"]\n'
    (reviewed.root / "episodes.toml").write_text(reviewed.catalogue + other, encoding="utf-8")
    assert reviewed.run("review", "read", str(path), "--accept", "all").status == 0
    assert "feed = 2021-03-01" in reviewed.catalogue


def test_withdrawals_name_the_copies_that_cannot_be_called_back(reviewed: Reviewed) -> None:
    record = reviewed.record
    (reviewed.root / records.FOLDER / "0000000000000000.json").write_text("damaged", encoding="utf-8")
    receipt = reviewed.run("withdraw", "first-talk", "--reason", "asked").out
    assert f"The review file {record.id} of first-talk, made for first-guest on 2021-03-01" in receipt
    hidden = reviewed.run("withdraw", "--person", "second-guest", "--reason", "asked").out
    assert f"The review file {record.id}" in hidden


def test_status_and_list_show_what_became_of_a_file(reviewed: Reviewed) -> None:
    assert "waits for the answer of first-guest to a review until 2021-03-20" in reviewed.run("status").out
    reviewed.run("review", "read", str(reviewed.answer()))
    found = {one["id"]: one["state"] for one in reviewed.run("review", "list", "--json").document["reviews"]}
    assert found[reviewed.record.id] == "answered" and sorted(found.values()) == ["answered", "open"]
    assert "reviews: works: 2 files made, 1 without an answer" in reviewed.run("doctor").out


def test_consents_of_two_answers_stand_in_one_line(reviewed: Reviewed) -> None:
    reviewed.edit("topics", "consent = { second-guest = { feed = 2021-01-01 } }\ntopics")
    for made, place in enumerate(("pages", "feed")):
        path = reviewed.answer(consent={place: True}, made=made)
        assert reviewed.run("review", "read", str(path), "--accept", "all").status == 0
    expected = (
        "consent = { second-guest = { feed = 2021-01-01 }, "
        "first-guest = { pages = 2021-03-01, feed = 2021-03-01 } }"
    )
    assert expected in reviewed.catalogue


def test_consents_below_a_header_stay_there(reviewed: Reviewed) -> None:
    table = "\n[episode.consent.first-guest]\nyoutube = 2021-01-01   # by telephone\n"
    (reviewed.root / "episodes.toml").write_text(reviewed.catalogue + table, encoding="utf-8")
    path = reviewed.answer(consent={"feed": True, "youtube": False})
    assert (
        "consent.first-guest.feed = 2021-03-01"
        in reviewed.run("review", "read", str(path), "--accept", "all").out
    )
    days = tomllib.loads(reviewed.catalogue)["episode"][0]["consent"]["first-guest"]
    assert days == {"feed": date(2021, 3, 1)}
