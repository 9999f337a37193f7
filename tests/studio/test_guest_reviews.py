"""Guest reviews in the studio: files made by the real command, answers accepted one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.review.conftest import Reviewed, reviewed, reviewed_once  # noqa: F401
from tests.studio.conftest import Client, run_studio
from tests.studio.test_release_control import wait

REVIEWS = "/api/talks/first-talk/reviews"


@pytest.fixture
def client(reviewed: Reviewed) -> Iterator[Client]:  # noqa: F811
    for running in run_studio(reviewed.root):
        yield running.client()


def order(client: Client, **changes: object) -> Any:
    form = {"guest": "first-guest", "language": "", "audio": "opus", "expires": "", "passphrase": True}
    return client.send("POST", REVIEWS, form | changes)


def test_a_file_is_made_downloaded_and_its_passphrase_shown_once(client: Client, reviewed: Reviewed) -> None:  # noqa: F811
    id = order(client, expires="2031-02-12").json["id"]

    def result() -> Any:
        found = client.send("POST", f"{REVIEWS}/made/{id}").json
        return found if found["state"] == "done" else None

    made = wait(result)
    assert len(made["passphrase"]) > 10
    assert client.send("POST", f"{REVIEWS}/made/{id}").status == 409
    stored = [path.read_bytes() for path in (reviewed.root / ".publisher").rglob("*") if path.is_file()]
    assert not any(made["passphrase"].encode() in content for content in stored)
    listed = client.get(REVIEWS).json["reviews"]
    own = next(one for one in listed if one["id"] == made["id"])  # type: ignore[attr-defined]
    assert (own["expires"], own["encrypted"], own["state"]) == ("2031-02-12", True, "open")
    file = client.get(f"{REVIEWS}/{made['id']}/file")
    assert file.fields["content-disposition"].startswith("attachment")
    assert "script-src 'self'" in file.fields["content-security-policy"]


@pytest.mark.parametrize(
    "changes",
    [
        {"guest": "--json"},
        {"guest": "nobody"},
        {"audio": "--passphrase"},
        {"language": "--to"},
        {"expires": "--to=/tmp/x"},
    ],
)
def test_what_would_be_another_option_is_refused(client: Client, changes: dict[str, object]) -> None:
    assert order(client, **changes).status == 400


def test_proposals_are_accepted_one_by_one(client: Client, reviewed: Reviewed) -> None:  # noqa: F811
    passages = [{"kind": "cut", "start": 0.5, "end": 0.8}, {"kind": "mute", "start": 2.2, "end": 2.4}]
    path = reviewed.answer(passages=passages, consent={"feed": True}, remark="<b>Thanks</b>")
    text = path.read_text(encoding="utf-8")
    before = reviewed.catalogue
    shown: Any = client.send("POST", "/api/review-answers", {"text": text}).json
    assert [one["kind"] for one in shown["proposals"]] == ["consent", "cut", "mute"]
    assert shown["comments"][0]["text"] == "<b>Thanks</b>"
    assert reviewed.catalogue == before
    body = {"text": text, "number": 3, "kind": "mute"}
    after: Any = client.send("POST", "/api/review-answers/accept", body).json
    assert [one["done"] for one in after["proposals"]] == [False, False, True]
    added = set(reviewed.catalogue.splitlines()) - set(before.splitlines())
    assert added == {'mute = [["0:03.2", "0:03.4"]]'}
    assert client.send("POST", "/api/review-answers/accept", body | {"kind": "cut"}).status == 400


def test_a_revoked_review_takes_no_answer(client: Client, reviewed: Reviewed) -> None:  # noqa: F811
    text = reviewed.answer(consent={"feed": True}).read_text(encoding="utf-8")
    assert client.send("POST", f"{REVIEWS}/{reviewed.record.id}/revoke").status == 200
    refused = client.send("POST", "/api/review-answers", {"text": text})
    assert refused.status == 400
    assert "revoked" in str(refused.json["error"])
    assert client.get(f"{REVIEWS}/../secret/file").status == 404
